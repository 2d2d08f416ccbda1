//! `--policy`, `policy explain` and `check`.

use std::path::Path;

use tempfile::TempDir;

use crate::harness::run;

/// A folder with `policy.toml` in it, and the file's path.
fn policy(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// A policy that lets `files` read this folder.
fn reading(folder: &Path) -> String {
    let folder = folder.display();
    format!("version = 1\n[tool.files]\nallow = [\"fs.read={folder}:/docs\"]\n[end]\n")
}

#[test]
fn an_explanation_names_the_line_that_decides() {
    let docs = tempfile::tempdir().unwrap();
    let (_folder, path) = policy(&reading(docs.path()));
    let explained = run(["policy", "explain", "files", "read", "--policy", &path]).exits(0);
    let granted = format!("read /docs: granted by {path}:3");
    assert!(explained.stdout.contains(&granted), "{}", explained.stdout);
    let denied = "write /docs: denied, no grant";
    assert!(explained.stdout.contains(denied), "{}", explained.stdout);
    // Every function, when none is named.
    let all = run(["policy", "explain", "files", "--policy", &path]).exits(0);
    assert!(all.stdout.contains("files_write for local/local"));
    run(["policy", "explain", "files", "raed", "--policy", &path])
        .exits(3)
        .says(&["`read`"]);
}

/// What is shown to people as an example is one.
#[test]
fn the_example_of_the_documentation_has_nothing_wrong_with_it() {
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../policy/tests/policy/example.toml"
    );
    let checked = run(["check", example]).exits(0).stdout;
    for line in checked.lines() {
        assert!(line.contains(": note: "), "{line}");
    }
    assert!(checked.contains("asked each time"), "{checked}");
}

#[test]
fn what_is_sealed_does_not_change_unseen() {
    let docs = tempfile::tempdir().unwrap();
    let (folder, path) = policy(&reading(docs.path()));
    run(["policy", "verify", &path])
        .exits(1)
        .says(&["policy seal"]);
    let strictly = [
        "call",
        "files",
        "list",
        "{}",
        "--audit",
        "off",
        "--require-seal",
        "--policy",
        &path,
    ];
    run(strictly)
        .exits(2)
        .says(&["`--require-seal`", "policy seal"]);
    run(["policy", "seal", &path]).exits(0).says(&["sealed"]);
    run(strictly).exits(0);
    let verified = run(["policy", "verify", &path]).exits(0).stdout;
    assert!(verified.contains("sealed and unchanged"), "{verified}");
    let sealed = std::fs::read_to_string(&path).unwrap();

    // An edit by hand: refused, until somebody seals it again.
    std::fs::write(&path, sealed.replace("/docs", "/dogs")).unwrap();
    let explain = ["policy", "explain", "files", "read", "--policy", &path];
    for command in [&["policy", "verify", &path][..], &explain] {
        let command: Vec<_> = command.to_vec();
        let run = crate::harness::finish(crate::harness::ringfence(command).spawn().unwrap());
        run.exits(2).says(&["seal"]);
    }
    run(["policy", "seal", &path]).exits(0);
    run(["policy", "verify", &path]).exits(0);
    run(explain).exits(0);
    let again = std::fs::read_to_string(&path).unwrap();
    assert_eq!(again.matches("seal = ").count(), 1, "{again}");
    // Nothing else was left, and what is no policy stays as it is.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    std::fs::write(&path, "version = 1\n").unwrap();
    run(["policy", "seal", &path]).exits(2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "version = 1\n");
}

#[test]
fn a_stranger_is_denied_and_told_why() {
    let explained = run(["policy", "explain", "files", "read", "--as", "acme/eve"]).exits(0);
    let text = &explained.stdout;
    assert!(text.contains("files_read for acme/eve: denied"), "{text}");
    run(["policy", "explain", "files", "--as", "eve"])
        .exits(2)
        .says(&["TENANT/PRINCIPAL"]);
}

#[test]
fn a_file_grants_what_it_says_and_nothing_else() {
    let docs = tempfile::tempdir().unwrap();
    std::fs::write(docs.path().join("note.txt"), "what it says").unwrap();
    let (_folder, path) = policy(&reading(docs.path()));
    let read = r#"{"path": "/docs/note.txt"}"#;
    let call = [
        "call", "files", "read", read, "--policy", &path, "--audit", "off",
    ];
    run(call).exits(0).says(&[]);
    let write = r#"{"path": "/docs/note.txt", "content": "x"}"#;
    let call = [
        "call", "files", "write", write, "--policy", &path, "--audit", "off",
    ];
    let written = run(call);
    assert_ne!(written.code, 0, "{written:?}");
    let kept = std::fs::read_to_string(docs.path().join("note.txt")).unwrap();
    assert_eq!(kept, "what it says");
}

#[test]
fn a_broken_file_stops_everything_and_says_where() {
    let read = r#"{"path": "/docs/note.txt"}"#;
    for (text, said) in [
        (
            "version = 1\n[tool.files]\nalow = []\n[end]\n",
            "policy.toml:3",
        ),
        (
            "version = 1\n[tool.files]\nallow = [\"fs.read=/a\"]\n[end]\n",
            "policy.toml:3",
        ),
        // Torn: the end is missing.
        ("version = 1\n[tool.files]\nallow = []\n", "[end]"),
    ] {
        let (_folder, path) = policy(text);
        let call = [
            "call", "files", "read", read, "--policy", &path, "--audit", "off",
        ];
        run(call).exits(2).prints("").says(&[said]);
        run(["check", &path]).exits(2).says(&[said]);
        run(["policy", "explain", "files", "--policy", &path])
            .exits(2)
            .says(&[said]);
    }
    run(["check", "/no/such/policy.toml"])
        .exits(2)
        .says(&["/no/such/policy.toml"]);
}

#[test]
fn a_check_finds_what_gives_too_much_away() {
    let (_folder, path) = policy(
        "version = 1\n[default]\nallow = [\n    \"net=https://*\",\n    \"env=LANG\",\n]\n[end]\n",
    );
    let checked = run(["check", &path]).exits(1);
    let text = &checked.stdout;
    assert!(text.contains(&format!("{path}:4: broad")), "{text}");
    let docs = tempfile::tempdir().unwrap();
    let (_folder, path) = policy(&reading(docs.path()));
    run(["check", &path]).exits(0);
}
