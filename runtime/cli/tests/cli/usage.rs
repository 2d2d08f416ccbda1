//! Help, completions and usage errors.

use crate::harness::run;

#[test]
fn no_command_shows_the_help() {
    run([])
        .exits(2)
        .prints("")
        .says(&["Usage:", "ringfence demo", "Commands:"]);
}

#[test]
fn help_and_version_are_answers() {
    let help = run(["--help"]).exits(0);
    assert!(help.stdout.contains("Start here:") && help.stderr.is_empty());
    let version = run(["--version"]).exits(0);
    assert!(version.stdout.starts_with("ringfence 0."), "{version:?}");
    let call = run(["call", "--help"]).exits(0).stdout;
    assert!(
        call.contains("Exit codes:") && call.contains("7  a limit stopped the tool"),
        "{call}"
    );
}

#[test]
fn help_fits_a_terminal() {
    for command in [
        "audit",
        "call",
        "check",
        "completions",
        "demo",
        "inspect",
        "pack",
        "pin",
        "policy",
        "secret",
        "serve",
    ] {
        let help = run([command, "--help"]).exits(0).stdout;
        let long: Vec<&str> = help
            .lines()
            .filter(|line| line.chars().count() > 100)
            .collect();
        assert!(long.is_empty(), "{command}: {long:#?}");
        assert!(help.contains("Examples:"), "{command}");
    }
}

#[test]
fn a_typing_error_is_a_usage_error() {
    run(["cal"]).exits(2).prints("").says(&["call"]);
    run(["call", "text", "stats", "{}", "--recipt"])
        .exits(2)
        .prints("")
        .says(&["--receipt"]);
    run(["call", "text", "stats", "{}", "--timeout", "0"])
        .exits(2)
        .says(&["such as `5`"]);
    run(["call", "text", "stats", "{}", "--memory", "1TiB"])
        .exits(2)
        .says(&["128MiB"]);
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(["completions", shell]).exits(0);
        let commands = [
            "audit", "call", "check", "demo", "inspect", "pack", "pin", "policy", "secret", "serve",
        ];
        for command in commands {
            assert!(script.stdout.contains(command), "{shell} lacks {command}");
        }
        assert_eq!(script.stderr, "");
    }
    run(["completions", "cmd"]).exits(2).prints("");
}

#[test]
fn the_documented_exit_codes_are_those_of_the_help() {
    let page = std::fs::read_to_string("../../docs/exit-codes.md").unwrap();
    let row = |line: &str| {
        let mut cells = line.split('|').skip(1).map(|cell| cell.trim().to_owned());
        let code = cells.next()?.parse::<u8>().ok()?;
        Some((code, cells.next()?))
    };
    let documented: Vec<(u8, String)> = page.lines().filter_map(row).collect();
    let help = run(["call", "--help"]).exits(0).stdout;
    let (_, table) = help.split_once("Exit codes:\n").unwrap();
    let row = |line: &str| {
        let (code, meaning) = line.trim().split_once("  ")?;
        Some((code.parse::<u8>().ok()?, meaning.to_owned()))
    };
    let helped: Vec<(u8, String)> = table.lines().map_while(row).collect();
    assert_eq!(documented, helped);
    // Numbers are right-aligned, the first row's as well.
    assert!(table.starts_with("   0  "), "{table}");
    assert_eq!(helped.len(), 19);
}
