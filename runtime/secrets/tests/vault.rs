//! A vault as others find it: on the disk, at the same time, and after damage.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ringfence_identity::TenantName;
use ringfence_secrets::{KeySource, SecretName, SecretValue, Secrets, Vault};
use tempfile::TempDir;

const CANARY: &str = "canary-4f1c9b7e2d";

struct Place {
    _root: TempDir,
    folder: PathBuf,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("secrets");
        Self {
            _root: root,
            folder,
        }
    }

    fn vault(&self) -> Vault {
        Vault::new(self.folder.clone(), Vault::default_key(&self.folder))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn tenant() -> TenantName {
    "local".parse().unwrap()
}

fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec()).unwrap()
}

fn held(vault: Vault, secret: &str) -> String {
    let secrets = Secrets::open(vault).unwrap().of(&tenant());
    let value = secrets.header_for(&name(secret)).unwrap();
    String::from_utf8(value.expose().to_vec()).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn what_was_set_is_there_and_replaced_and_removed() {
    let place = Place::new();
    assert_eq!(
        place
            .vault()
            .set(&tenant(), &name("A"), value(CANARY))
            .unwrap(),
        1
    );
    assert_eq!(
        place
            .vault()
            .set(&tenant(), &name("B"), value("other-value"))
            .unwrap(),
        1
    );
    assert_eq!(
        place
            .vault()
            .set(&tenant(), &name("A"), value("second-value"))
            .unwrap(),
        2
    );
    assert_eq!(
        place
            .vault()
            .replace(&tenant(), &name("A"), value("third-value"))
            .unwrap(),
        3
    );
    assert_eq!(held(place.vault(), "A"), "third-value");
    let listed = place.vault().list(&tenant()).unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|secret| (secret.name.as_str(), secret.version))
        .collect();
    assert_eq!(listed, [("A", 3), ("B", 1)]);

    let error = place
        .vault()
        .replace(&tenant(), &name("C"), value(CANARY))
        .unwrap_err();
    assert_eq!(error.to_string(), "there is no secret `C`");
    place.vault().remove(&tenant(), &name("A")).unwrap();
    place.vault().remove(&tenant(), &name("A")).unwrap_err();
    assert_eq!(place.vault().list(&tenant()).unwrap().len(), 1);
}

#[test]
fn a_tenant_has_nothing_of_another() {
    let place = Place::new();
    let other: TenantName = "other".parse().unwrap();
    place
        .vault()
        .set(&other, &name("A"), value(CANARY))
        .unwrap();
    assert!(place.vault().list(&tenant()).unwrap().is_empty());
    place.vault().remove(&tenant(), &name("A")).unwrap_err();
    let secrets = Secrets::open(place.vault()).unwrap();
    assert!(secrets.of(&tenant()).is_empty());
    // Not even whether a guess is right: what is not theirs is not scrubbed from what they say.
    assert_eq!(secrets.of(&tenant()).scrubber().text(CANARY), CANARY);
    assert_eq!(secrets.of(&other).scrubber().text(CANARY), "[secret A]");
}

#[test]
fn no_file_holds_a_value_in_any_encoding() {
    let place = Place::new();
    place
        .vault()
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    place.vault().rotate().unwrap();
    let digits: Vec<String> = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let hex = digits.concat();
    let mut forms = vec![CANARY.into(), hex.clone(), hex.to_uppercase()];
    forms.push(CANARY.chars().rev().collect());
    for before in ["", "x", "xx"] {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(format!("{before}{CANARY}"));
            forms.push(text[4..text.len() - 4].to_owned());
        }
    }
    let mut files = 0;
    for entry in fs::read_dir(&place.folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for form in &forms {
            assert!(!text.contains(form.as_str()), "{form} in {text}");
        }
        files += 1;
    }
    assert_eq!(files, 3, "vault, key and lock");
}

#[test]
fn nobody_else_can_read_what_is_written() {
    let place = Place::new();
    place
        .vault()
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    assert_eq!(mode(&place.folder), 0o700);
    for file in ["vault", "key", "lock"] {
        assert_eq!(mode(&place.file(file)), 0o600, "{file}");
    }
}

#[test]
fn what_others_can_read_is_refused_with_the_remedy() {
    let place = Place::new();
    place
        .vault()
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    for file in ["vault", "key"] {
        for bits in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(place.file(file), Permissions::from_mode(bits)).unwrap();
            let error = place
                .vault()
                .set(&tenant(), &name("B"), value(CANARY))
                .unwrap_err();
            let said = format!(
                "{error} {}",
                std::error::Error::source(&error)
                    .map(ToString::to_string)
                    .unwrap_or_default()
            );
            assert!(said.contains("chmod 600") && said.contains(file), "{said}");
            Secrets::open(place.vault()).unwrap_err();
        }
        fs::set_permissions(place.file(file), Permissions::from_mode(0o400)).unwrap();
        assert_eq!(held(place.vault(), "A"), CANARY);
        fs::set_permissions(place.file(file), Permissions::from_mode(0o600)).unwrap();
    }
    fs::set_permissions(&place.folder, Permissions::from_mode(0o770)).unwrap();
    let error = place
        .vault()
        .set(&tenant(), &name("B"), value(CANARY))
        .unwrap_err();
    assert!(error.to_string().contains("chmod 700"), "{error}");
}

#[test]
fn a_vault_that_was_changed_is_an_error_and_stays_as_it_is() {
    let place = Place::new();
    place
        .vault()
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    let whole = fs::read(place.file("vault")).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..whole.len())
        .step_by(7)
        .map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        })
        .collect();
    damaged.push(Vec::new());
    damaged.push(whole[..whole.len() / 2].to_vec());
    for bytes in damaged {
        fs::write(place.file("vault"), &bytes).unwrap();
        Secrets::open(place.vault()).unwrap_err();
        place
            .vault()
            .set(&tenant(), &name("A"), value("another-value"))
            .unwrap_err();
        place.vault().remove(&tenant(), &name("A")).unwrap_err();
        place.vault().rotate().unwrap_err();
        assert_eq!(fs::read(place.file("vault")).unwrap(), bytes);
    }
    fs::write(place.file("vault"), &whole).unwrap();
    assert_eq!(held(place.vault(), "A"), CANARY);
}

#[test]
fn another_key_opens_nothing_and_a_lost_one_is_not_made_anew() {
    let (place, other) = (Place::new(), Place::new());
    place
        .vault()
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    other
        .vault()
        .set(&tenant(), &name("A"), value("other-value"))
        .unwrap();
    let key = fs::read(place.file("key")).unwrap();

    let wrong = Vault::new(place.folder.clone(), KeySource::File(other.file("key")));
    let error = wrong
        .set(&tenant(), &name("A"), value("new-value-1"))
        .unwrap_err();
    assert!(
        error.to_string().contains("was sealed with the key"),
        "{error}"
    );

    fs::remove_file(place.file("key")).unwrap();
    for error in [
        place
            .vault()
            .set(&tenant(), &name("A"), value("new-value-1"))
            .unwrap_err(),
        place.vault().list(&tenant()).unwrap_err(),
    ] {
        assert!(error.to_string().contains("is not: restore it"), "{error}");
    }
    assert!(!place.file("key").exists());
    place.vault().rotate().unwrap_err();

    fs::write(place.file("key"), key).unwrap();
    fs::set_permissions(place.file("key"), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(held(place.vault(), "A"), CANARY);
}

#[test]
fn rotating_leaves_every_secret_and_no_use_for_the_old_key() {
    let place = Place::new();
    place
        .vault()
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    place
        .vault()
        .set(&tenant(), &name("B"), value("other-value"))
        .unwrap();
    let (old_key, old_vault) = (
        fs::read(place.file("key")).unwrap(),
        fs::read_to_string(place.file("vault")).unwrap(),
    );
    let rotated = place.vault().rotate().unwrap();
    assert!(rotated.secrets == 2 && rotated.key, "{rotated:?}");
    assert_eq!(held(place.vault(), "A"), CANARY);
    assert_eq!(held(place.vault(), "B"), "other-value");

    // Every sealed text is another one.
    let new_vault = fs::read_to_string(place.file("vault")).unwrap();
    let sealed = |text: &str| -> Vec<String> {
        text.split('"')
            .filter(|part| part.len() > 40)
            .map(str::to_owned)
            .collect()
    };
    // The key, both values, and the whole.
    assert_eq!(sealed(&old_vault).len(), 4);
    assert!(
        sealed(&old_vault)
            .iter()
            .all(|part| !new_vault.contains(part))
    );
    fs::write(place.file("key"), old_key).unwrap();
    Secrets::open(place.vault()).unwrap_err();
}

#[test]
fn a_rotation_that_was_cut_short_leaves_a_vault_that_opens() {
    let place = Place::new();
    place
        .vault()
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    let old = (
        fs::read(place.file("key")).unwrap(),
        fs::read(place.file("vault")).unwrap(),
    );
    place.vault().rotate().unwrap();
    let new = (
        fs::read(place.file("key")).unwrap(),
        fs::read(place.file("vault")).unwrap(),
    );
    // Between its steps both keys are there, and one of the vaults.
    let both = [&old.0[..], &new.0].concat();
    for vault in [&old.1, &new.1] {
        fs::write(place.file("key"), &both).unwrap();
        fs::write(place.file("vault"), vault).unwrap();
        assert_eq!(held(place.vault(), "A"), CANARY);
        place.vault().rotate().unwrap();
        assert_eq!(held(place.vault(), "A"), CANARY);
        assert_eq!(
            fs::read_to_string(place.file("key"))
                .unwrap()
                .lines()
                .count(),
            1
        );
    }
}

#[test]
fn a_command_gives_the_key_and_a_newer_one_is_taken_up() {
    let place = Place::new();
    let (old, new) = ("1".repeat(64), "2".repeat(64));
    let command = |words: &[&str]| {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        Vault::new(place.folder.clone(), KeySource::Command(words))
    };
    command(&["echo", &old])
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    assert!(!place.file("key").exists());
    command(&["echo", &new]).list(&tenant()).unwrap_err();
    let both = format!("{old}\n{new}");
    assert!(command(&["echo", &both]).rotate().unwrap().key);
    assert_eq!(held(command(&["echo", &new]), "A"), CANARY);
    command(&["echo", &old]).list(&tenant()).unwrap_err();
    assert!(!command(&["echo", &new]).rotate().unwrap().key);
}

#[test]
fn of_two_that_set_at_once_neither_is_lost() {
    let place = Place::new();
    thread::scope(|scope| {
        for setter in 0..4 {
            let vault = place.vault();
            scope.spawn(move || {
                for round in 0..8 {
                    let own = name(&format!("S{setter}_{round}"));
                    vault.set(&tenant(), &own, value(CANARY)).unwrap();
                    vault
                        .set(&tenant(), &name("SHARED"), value(CANARY))
                        .unwrap();
                }
            });
        }
        for _ in 0..20 {
            place.vault().list(&tenant()).unwrap();
        }
    });
    let listed = place.vault().list(&tenant()).unwrap();
    assert_eq!(listed.len(), 33);
    let shared = listed
        .iter()
        .find(|secret| secret.name.as_str() == "SHARED")
        .unwrap();
    assert_eq!(shared.version, 32);
}

#[test]
fn a_file_that_was_left_behind_is_never_written_through() {
    let place = Place::new();
    place
        .vault()
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    let target = place.file("elsewhere");
    fs::write(&target, "untouched").unwrap();
    symlink(&target, place.file("vault.new")).unwrap();
    place
        .vault()
        .set(&tenant(), &name("A"), value("second-value"))
        .unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), "untouched");
    assert_eq!(held(place.vault(), "A"), "second-value");
}

#[test]
fn a_change_is_seen_and_calls_keep_what_they_began_with() {
    let place = Place::new();
    place
        .vault()
        .set(&tenant(), &name("A"), value(CANARY))
        .unwrap();
    let secrets = Secrets::open(place.vault()).unwrap();
    let before = secrets.of(&tenant());
    assert!(!secrets.refresh().unwrap());
    place
        .vault()
        .set(&tenant(), &name("A"), value("second-value"))
        .unwrap();
    assert!(secrets.refresh().unwrap());
    let after = secrets.of(&tenant());
    assert_eq!(
        after.header_for(&name("A")).unwrap().expose(),
        b"second-value"
    );
    assert_eq!(
        before.header_for(&name("A")).unwrap().expose(),
        CANARY.as_bytes()
    );
    assert_eq!(before.scrubber().text(CANARY), "[secret A]");

    fs::write(place.file("vault"), "torn").unwrap();
    secrets.refresh().unwrap_err();
    assert_eq!(
        secrets.of(&tenant()).scrubber().text("second-value"),
        "[secret A]"
    );
}

#[test]
fn a_tenant_has_room_for_so_much_and_no_more() {
    let place = Place::new();
    let large = "x".repeat(64 * 1024);
    place
        .vault()
        .set(&tenant(), &name("A"), value(&large))
        .unwrap();
    place
        .vault()
        .set(&tenant(), &name("B"), value(&large))
        .unwrap();
    let error = place
        .vault()
        .set(&tenant(), &name("C"), value(CANARY))
        .unwrap_err();
    assert!(error.to_string().contains("no room"), "{error}");
    // Replacing counts once.
    place
        .vault()
        .set(&tenant(), &name("B"), value(&large))
        .unwrap();
    place
        .vault()
        .set(&"other".parse().unwrap(), &name("C"), value(CANARY))
        .unwrap();
}
