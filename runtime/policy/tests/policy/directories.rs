//! Questions about files and directories, and what a part of one is told from the whole.

use ringfence_policy::{FileOperation, FileOperations};

use crate::setup::Setup;

fn may(setup: &Setup, operation: FileOperation, path: &str) -> bool {
    setup.effective().file(operation, path).is_ok()
}

#[test]
fn a_path_is_compared_by_whole_parts() {
    let setup = Setup::grants(&["fs.read=/srv/data:/data"]);
    for path in [
        "/data",
        "/data/a",
        "/data/a/b.txt",
        "/data/..a",
        "/data/a..b",
    ] {
        assert!(may(&setup, FileOperation::Read, path), "{path}");
    }
    for path in [
        "/data_x",
        "/datax/a",
        "/",
        "/dat",
        "/data/../etc",
        "/data/.",
        "/data//a",
        "data",
        "",
        "/data/",
        "/DATA/a",
        "/data/\n",
        "/data/a/..",
    ] {
        assert!(!may(&setup, FileOperation::Read, path), "{path}");
    }
}

#[test]
fn each_kind_allows_what_it_says_and_nothing_else() {
    for (kind, allowed) in [
        ("list", "list"),
        ("read", "list read"),
        ("create", "create"),
        ("change", "change"),
        ("delete", "delete"),
        ("write", "change create delete list read"),
    ] {
        let setup = Setup::grants(&[&format!("fs.{kind}=/srv:/data")]);
        let may: Vec<_> = FileOperation::ALL
            .iter()
            .filter(|operation| may(&setup, **operation, "/data/a"))
            .map(|operation| operation.word())
            .collect();
        assert_eq!(may.join(" "), allowed, "{kind}");
    }
}

#[test]
fn the_deeper_mount_counts_alone() {
    let setup = Setup::grants(&["fs.write=/srv/a:/w", "fs.read=/srv/b:/w/sub"]);
    assert!(may(&setup, FileOperation::Delete, "/w/x"));
    assert!(may(&setup, FileOperation::Read, "/w/sub/x"));
    assert!(!may(&setup, FileOperation::Delete, "/w/sub/x"));
    assert!(may(&setup, FileOperation::Delete, "/w/subx"));
}

#[test]
fn a_pattern_lets_through_its_matches_and_the_way_to_them() {
    let setup = Setup::grants(&["fs.read=/srv:/docs/a/**/*.md"]);
    assert!(may(&setup, FileOperation::Read, "/docs/a/x.md"));
    assert!(may(&setup, FileOperation::Read, "/docs/a/b/x.md"));
    assert!(may(&setup, FileOperation::List, "/docs/a/b"));
    assert!(!may(&setup, FileOperation::Read, "/docs/a/b"));
    assert!(!may(&setup, FileOperation::Read, "/docs/a/x.txt"));
    assert!(!may(&setup, FileOperation::List, "/docs"));
}

#[test]
fn a_denial_wins_over_every_scope_and_is_named() {
    let setup = Setup::file(
        "[default]\ndeny = [\"fs.write=/w/**/.git\"]\n[tool.tool]\nallow = [\"fs.write=/srv:/w\"]\n\
         [tenant.acme.principal.eve.tool.tool_run]\nallow = [\"fs.write=/srv:/w\"]",
    )
    .by("acme/eve");
    assert!(may(&setup, FileOperation::Change, "/w/a"));
    assert!(may(&setup, FileOperation::Read, "/w/.git/config"));
    for path in ["/w/.git", "/w/.git/config", "/w/a/b/.git/hooks/x"] {
        let refusal = setup
            .effective()
            .file(FileOperation::Change, path)
            .unwrap_err();
        assert_eq!(
            refusal.to_string(),
            format!("change {path}: denied, by policy.toml:3")
        );
    }
}

#[test]
fn a_directory_with_rules_inside_is_not_moved_out_from_under_them() {
    let setup =
        Setup::file("[default]\nallow = [\"fs.write=/srv:/w\"]\ndeny = [\"fs.read=/w/a/keys\"]");
    let effective = setup.effective();
    assert!(effective.rename("/w/b", "/w/c", true).is_ok());
    assert!(effective.rename("/w/a/x", "/w/c", false).is_ok());
    assert!(effective.rename("/w/a", "/w/c", true).is_err());
    assert!(effective.rename("/w/c", "/w/a", true).is_err());
    assert!(effective.rename("/w/c", "/elsewhere", false).is_err());
    assert!(effective.is_divided("/w") && effective.is_divided("/w/a"));
    assert!(!effective.is_divided("/w/a/x") && !effective.is_divided("/w/b"));
    let creating = Setup::grants(&["fs.create=/srv:/w", "fs.read=/srv:/w"]);
    assert!(creating.effective().rename("/w/a", "/w/b", false).is_err());
}

#[test]
fn another_name_gives_a_file_no_more_than_its_own() {
    let setup = Setup::file(
        "[default]\nallow = [\"fs.write=/srv:/w\", \"fs.read=/pub:/pub\", \"fs.create=/pub:/pub\"]\n\
         deny = [\"fs.read=/w/keys\", \"fs.change=/w/log\"]",
    );
    let effective = setup.effective();
    // It may be deleted and it may be made elsewhere, and would be readable there.
    let refusal = effective.rename("/w/keys/a", "/w/a", false).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "list /w/keys/a: denied, by policy.toml:4"
    );
    assert!(effective.link("/w/keys/a", "/w/a").is_err());
    assert!(effective.link("/w/keys/a", "/w/keys/b").is_err());
    assert!(effective.rename("/w/log/a", "/w/a", false).is_err());
    assert!(effective.link("/w/log/a", "/pub/a").is_ok());
    assert!(effective.link("/w/a", "/w/log/a").is_ok());
    assert!(effective.link("/w/a", "/elsewhere/a").is_err());
    assert!(effective.link("/elsewhere/a", "/w/a").is_err());
    assert!(effective.link("/w/a", "/pub/a").is_ok());
}

#[test]
fn a_directory_on_the_way_is_not_what_the_pattern_covers() {
    let setup = Setup::grants(&[
        "fs.read=/srv:/w/**/*.md",
        "fs.list=/srv:/w/*.log",
        "fs.list=/srv:/w/notes",
    ]);
    let effective = setup.effective();
    for path in ["/w", "/w/sub", "/w/a.txt", "/w/sub/a.log"] {
        assert!(effective.is_only_way(path), "{path}");
    }
    for path in [
        "/w/a.md",
        "/w/sub/a.md",
        "/w/a.log",
        "/w/notes",
        "/w/notes/a.txt",
    ] {
        assert!(!effective.is_only_way(path), "{path}");
    }
    // What is no path can be handed out as nothing.
    assert!(effective.is_divided("w/notes") && effective.is_divided(""));
}

#[test]
fn what_is_alike_below_a_directory_is_what_may_be_done_with_each_part_of_it() {
    let alike = |setup: &Setup, path: &str| setup.effective().alike(&path.parse().unwrap());
    let whole = Setup::grants(&["fs.read=/srv:/w", "fs.create=/srv:/w", "fs.read=/b:/b/*.md"]);
    let all = alike(&whole, "/w").unwrap();
    for operation in FileOperation::ALL {
        assert_eq!(all.contains(operation), may(&whole, operation, "/w/any/a"));
    }
    assert_eq!(alike(&whole, "/b"), None);
    assert_eq!(alike(&whole, "/elsewhere").unwrap(), FileOperations::NONE);
    let inside = Setup::grants(&["fs.read=/srv:/w", "fs.read=/b:/w/b"]);
    assert_eq!(alike(&inside, "/w"), None);
    assert!(alike(&inside, "/w/b").is_some());
    let denied = Setup::file("[default]\nallow = [\"fs.write=/srv:/w\"]\ndeny = [\"fs.write\"]");
    assert!(!alike(&denied, "/w").unwrap().writes());
}

#[test]
fn a_tool_that_asks_for_a_part_of_a_directory_divides_it() {
    let divided = |asking: &str, path: &str| {
        let setup = Setup::grants(&["fs.read=/srv:/w"]).asking(&[asking]);
        setup.effective().is_divided(path)
    };
    assert!(divided("fs.read=/w/a", "/w") && !divided("fs.read=/w/a", "/w/a"));
    assert!(!divided("fs.read=/w/a", "/w/b") && !divided("fs.read", "/w"));
    for path in ["/w", "/w/sub"] {
        assert!(divided("fs.read=/w/*.md", path), "{path}");
    }
    assert!(!divided("fs.read=/w/*.md", "/x") && !divided("fs.read=/w", "/w"));
}

#[test]
fn a_directory_goes_to_tools_that_ask_for_some_of_it() {
    let granted = |asking: &str| {
        let setup = Setup::grants(&["fs.write=/srv:/w"]).asking(&[asking]);
        setup.granted().join(" ")
    };
    assert_eq!(granted("fs.read=/docs"), "");
    for asking in ["fs.read=/w", "fs.read=/w/a", "fs.read=/", "fs.read"] {
        assert_eq!(granted(asking), "fs.read=/srv:/w", "{asking}");
    }
}

#[test]
fn a_denied_pattern_divides_each_directory_on_the_way() {
    let setup = Setup::file(
        "[default]\ndeny = [\"fs.read=/w/**/keys\"]\n[tool.tool]\nallow = [\"fs.read=/srv:/w\", \"fs.read=/b:/b\"]",
    );
    let effective = setup.effective();
    for path in ["/", "/w", "/w/sub", "/w/sub/deeper"] {
        assert!(effective.is_divided(path), "{path}");
    }
    assert!(!effective.is_divided("/b"));
}
