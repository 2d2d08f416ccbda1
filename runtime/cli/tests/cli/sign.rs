//! Keys, files that are signed, and whose signature counts. What registries keep is tested with a real one.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::harness::{Run, finish, ringfence};

/// A component that differs from others by this number.
fn component(code: u32) -> Vec<u8> {
    wat::parse_str(format!(
        "(component
            (core module $m (func (export \"f\") (result i32) i32.const {code}))
            (core instance $i (instantiate $m))
            (func $l (result u32) (canon lift (core func $i \"f\")))
            (export \"run\" (func $l)))"
    ))
    .unwrap()
}

/// A folder with two keys, and one of state.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::create_dir(desk.path("state")).unwrap();
        for name in ["one", "two"] {
            desk.run(&["keygen", &desk.text(name)]).exits(0);
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let state = self.text("state");
        let mut all = arguments.to_vec();
        if !["keygen", "sign"].contains(&arguments[0]) {
            all.extend(["--state-dir", &state]);
        }
        if ["add", "update", "call"].contains(&arguments[0]) {
            all.extend(["--audit", "off"]);
        }
        finish(ringfence(all).spawn().unwrap())
    }

    fn trust(&self, rules: &str) {
        let key = "version = 1\n[key.k]\nfile = \"../one.pub\"\n";
        fs::write(
            self.path("state/trust.toml"),
            format!("{key}{rules}\n[end]\n"),
        )
        .unwrap();
    }
}

#[test]
fn a_key_is_made_once_and_for_its_owner_alone() {
    let desk = Desk::new();
    let made = fs::read(desk.path("one")).unwrap();
    desk.run(&["keygen", &desk.text("one")])
        .exits(1)
        .says(&["failed to write"]);
    fs::remove_file(desk.path("one.pub")).unwrap();
    desk.run(&["keygen", &desk.text("one")]).exits(1);
    assert_eq!(fs::read(desk.path("one")).unwrap(), made);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let bits = |name| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((bits("two"), bits("two.pub")), (0o600, 0o644));
        fs::write(desk.path("x.wasm"), component(1)).unwrap();
        fs::set_permissions(desk.path("two"), fs::Permissions::from_mode(0o640)).unwrap();
        desk.run(&["sign", &desk.text("x.wasm"), "--key", &desk.text("two")])
            .exits(2)
            .says(&["others can read it", "chmod 600"]);
    }
}

#[test]
fn a_file_is_signed_beside_it_and_taken_by_that() {
    let desk = Desk::new();
    let file = desk.text("frog.wasm");
    fs::write(&file, component(1)).unwrap();
    let (one, two) = (desk.text("one.pub"), desk.text("two.pub"));
    let verify = |key: &str| desk.run(&["verify", &file, "--key", key]);
    verify(&one).exits(17).says(&["it is not signed"]);
    desk.run(&["sign", &file, "--key", &desk.text("one")])
        .exits(0);
    let said = verify(&one).exits(0).stdout;
    assert!(said.starts_with("signed file:"), "{said}");
    verify(&two).exits(17).says(&["it is signed, and not by"]);
    desk.run(&["verify", &file])
        .exits(2)
        .says(&["nobody has to have signed"]);

    desk.trust("[[rule]]\nsource = \"file:**\"\nkeys = [\"k\"]");
    desk.run(&["add", &file])
        .exits(0)
        .says(&["signed   k, ed25519 key sha256:"]);
    desk.run(&["call", "frog", "run"]).exits(0);
    let update = || desk.run(&["update", "--yes"]);
    fs::write(&file, component(2)).unwrap();
    update().exits(17).says(&["not by `k`"]);
    fs::write(format!("{file}.sig"), "no text of Base64").unwrap();
    update().exits(17).says(&["is no signature"]);
    fs::remove_file(format!("{file}.sig")).unwrap();
    update().exits(17).says(&["it is not signed"]);
    desk.run(&["call", "frog", "run"]).exits(0).prints("1\n");
}

#[test]
fn a_trust_file_that_is_not_whole_lets_nothing_in() {
    let desk = Desk::new();
    let file = desk.text("frog.wasm");
    fs::write(&file, component(1)).unwrap();
    desk.run(&["add", &file, "--trust", &desk.text("none.toml")])
        .exits(2)
        .says(&["failed to read the trust file", "there is no such file"]);
    desk.trust("[[rule]]\nsource = \"file:**\"\nkey = [\"k\"]");
    desk.run(&["add", &file])
        .exits(2)
        .says(&["trust.toml:6: unknown key `key`: did you mean `keys`?"]);
    fs::write(
        desk.path("state/trust.toml"),
        "version = 1\nrequire = true\n[end]\n",
    )
    .unwrap();
    desk.run(&["add", &file])
        .exits(17)
        .says(&["has no rule for `file:"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = fs::Permissions::from_mode(0o666);
        fs::set_permissions(desk.path("state/trust.toml"), open).unwrap();
        desk.run(&["add", &file])
            .exits(2)
            .says(&["others can write it", "chmod o-w"]);
    }
}
