//! What of the host no grant reaches, however its path is written.

use std::fs;
use std::os::unix::fs::symlink;

use crate::harness::{guest, run};

#[test]
fn h29_no_grant_reaches_the_kernel_or_the_devices() {
    let add = guest("plain", "add");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("inner")).unwrap();
    for (name, target) in [
        ("proc", "/proc"),
        ("sys", "/sys"),
        ("dev", "/dev"),
        ("null", "/dev/null"),
        ("environ", "/proc/self/environ"),
        ("root", "/"),
        ("inner/own", "/proc/self"),
        ("twice", "inner/own/fd"),
    ] {
        symlink(target, path(name)).unwrap();
    }
    let up = "/..".repeat(20);
    let written = [
        "/".to_owned(),
        "/proc".to_owned(),
        "//proc//".to_owned(),
        "/proc/.".to_owned(),
        "/proc/self".to_owned(),
        "/proc/self/fd".to_owned(),
        "/proc/self/environ".to_owned(),
        "/proc/self/root".to_owned(),
        "/proc/1/root/proc".to_owned(),
        "/proc/self/task/../root/sys".to_owned(),
        "/sys".to_owned(),
        "/sys/kernel".to_owned(),
        "/dev".to_owned(),
        "/dev/shm".to_owned(),
        "/dev/null".to_owned(),
        "/dev/fd".to_owned(),
        "/run".to_owned(),
        path(&format!("inner{up}/proc")),
        path(&format!("inner{up}/sys/../dev")),
        path("proc"),
        path("sys"),
        path("sys/kernel"),
        path("dev"),
        path("null"),
        path("environ"),
        path("root"),
        path("root/proc"),
        path("inner/own"),
        path("twice"),
    ];
    let mut refused = 0;
    for host in &written {
        if fs::metadata(host).is_err() {
            // Not every system has all of them.
            continue;
        }
        refused += 1;
        for (kind, rest) in [("read", "/x"), ("list", "/x/**"), ("write", "/x")] {
            let grant = format!("fs.{kind}={host}:{rest}");
            let run = run(["call", &add, "add", r#"{"a":1,"b":2}"#, "--grant", &grant]);
            let run = run.exits(2).prints("");
            // A device is neither a directory nor a file, and a file takes no pattern.
            let said = [
                "give away the host",
                "neither a directory",
                "a pattern needs",
            ];
            let said = said.iter().any(|said| run.stderr.contains(said));
            assert!(said, "{grant}: {}", run.stderr);
        }
    }
    assert!(refused > 20, "{refused}");

    // The same from a file, and for a server.
    let policy = path("policy.toml");
    let grant = format!("fs.read={}:/x", path("proc"));
    let rules = format!("version = 1\n[default]\nallow = [{grant:?}]\n[end]\n");
    fs::write(&policy, rules).unwrap();
    run(["serve", &add, "--policy", &policy])
        .exits(2)
        .says(&["give away the host"]);
}
