//! Who gets a name, what stays when a file breaks, and what is reported.

use std::fs;
use std::path::Path;

use super::*;

/// A component that exports one function without parameters or result.
fn component(function: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func (export "{function}") (canon lift (core func $i "f"))))"#
    ))
    .unwrap()
}

fn names(catalog: &Catalog) -> Vec<String> {
    catalog
        .tools()
        .map(|tool| tool.definition().name.to_string())
        .collect()
}

fn directory(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn load(path: &Path) -> Arc<Catalog> {
    Catalog::load([Source::Directory(path.to_owned())])
}

#[test]
fn a_directory_gives_its_components_in_the_order_of_their_names() {
    let run = component("run");
    let folder = directory(&[
        ("b.wasm", &run),
        ("a.wasm", &run),
        ("notes.txt", b"no tool"),
        (".hidden.wasm", &run),
    ]);
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/c.wasm"), &run).unwrap();
    let catalog = load(folder.path());
    assert_eq!(names(&catalog), ["a_run", "b_run"]);
    assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
}

#[test]
fn a_broken_file_does_not_stop_the_others() {
    let folder = directory(&[("a.wasm", b"\0asm nonsense"), ("b.wasm", &component("run"))]);
    let catalog = load(folder.path());
    assert_eq!(names(&catalog), ["b_run"]);
    let [problem] = catalog.problems() else {
        panic!("{:?}", catalog.problems())
    };
    assert!(problem.to_string().contains("a.wasm"), "{problem}");
}

#[test]
fn the_first_component_with_a_name_has_it() {
    let folder = directory(&[
        ("tool.wasm", &component("one")),
        ("Tool.wasm", &component("two")),
    ]);
    let catalog = load(folder.path());
    // Upper case sorts first.
    assert_eq!(names(&catalog), ["tool_two"]);
    let [problem] = catalog.problems() else {
        panic!("{:?}", catalog.problems())
    };
    let text = problem.to_string();
    assert!(
        text.contains("/tool.wasm") && text.contains("/Tool.wasm"),
        "{text}"
    );
}

#[test]
fn the_same_function_name_in_two_components_is_two_tools() {
    let folder = directory(&[("a.wasm", &component("run")), ("b.wasm", &component("run"))]);
    let catalog = load(folder.path());
    assert_eq!(
        catalog.tool("a_run").unwrap().component().name().as_str(),
        "a"
    );
    assert_eq!(
        catalog.tool("b_run").unwrap().component().name().as_str(),
        "b"
    );
    assert_eq!(
        catalog
            .function("b", "run")
            .unwrap()
            .definition()
            .name
            .as_str(),
        "b_run"
    );
    assert!(catalog.tool("c_run").is_none());
    assert!(catalog.function("a", "walk").is_none());
}

fn offered(catalog: &Catalog) -> Vec<String> {
    catalog
        .tools()
        .map(|tool| tool.name().to_string())
        .collect()
}

#[test]
fn bare_functions_go_by_their_own_names_alone() {
    let folder = directory(&[
        ("a.wasm", &component("run")),
        ("b.wasm", &component("walk")),
    ]);
    let sources = [Source::Directory(folder.path().to_owned())];
    let catalog = Catalog::load_named(sources, Naming::Bare);
    assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
    assert_eq!(offered(&catalog), ["run", "walk"]);
    assert_eq!(
        catalog.tool("walk").unwrap().component().name().as_str(),
        "b"
    );
    assert!(catalog.tool("b_walk").is_none());
    assert_eq!(
        catalog.function("b", "walk").unwrap().name().as_str(),
        "walk"
    );

    fs::write(folder.path().join("c.wasm"), component("rest")).unwrap();
    let (next, changed) = catalog.rescan();
    assert!(changed);
    assert_eq!(offered(&next), ["run", "walk", "rest"]);
    assert_eq!(next.naming(), Naming::Bare);
}

#[test]
fn bare_names_that_two_components_have_stay_prefixed() {
    let folder = directory(&[
        ("a.wasm", &component("run")),
        ("b.wasm", &component("walk")),
        ("c.wasm", &component("RUN")),
    ]);
    let sources = [Source::Directory(folder.path().to_owned())];
    let catalog = Catalog::load_named(sources, Naming::Bare);
    assert_eq!(offered(&catalog), ["a_run", "walk", "c_RUN"]);
    assert!(catalog.tool("run").is_none());
    assert!(catalog.tool("c_RUN").is_some());
    let problems: Vec<_> = catalog.problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("a.wasm") && problems[0].contains("`a_run` by `c`"));
    assert!(problems[1].contains("c.wasm") && problems[1].contains("`c_RUN` by `a`"));
}

#[test]
fn prefixed_names_are_the_only_ones_unless_asked() {
    let folder = directory(&[("a.wasm", &component("run"))]);
    let catalog = load(folder.path());
    assert_eq!(catalog.naming(), Naming::Prefixed);
    assert_eq!(offered(&catalog), ["a_run"]);
    assert!(catalog.tool("run").is_none());
}

#[test]
fn a_file_s_name_never_becomes_a_path() {
    let folder = directory(&[("x%2f..%2fetc%2fpasswd.wasm", &component("run"))]);
    let catalog = load(folder.path());
    assert_eq!(names(&catalog), ["x-2f-2fetc-2fpasswd_run"]);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_only_when_it_is_named() {
    let folder = directory(&[("real.bin", &component("run"))]);
    let link = folder.path().join("link.wasm");
    std::os::unix::fs::symlink(folder.path().join("real.bin"), &link).unwrap();
    let catalog = load(folder.path());
    assert!(names(&catalog).is_empty());
    assert!(matches!(
        catalog.problems(),
        [Problem {
            fault: Fault::Link,
            ..
        }]
    ));
    assert_eq!(names(&Catalog::load([Source::File(link)])), ["link_run"]);
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::load([
        Source::File(folder.path().to_owned()),
        Source::File(folder.path().join("missing.wasm")),
        Source::Directory(folder.path().join("missing")),
    ]);
    let faults: Vec<_> = catalog
        .problems()
        .iter()
        .map(|problem| &problem.fault)
        .collect();
    assert!(
        matches!(
            faults[..],
            [Fault::NotAFile, Fault::Unreadable(_), Fault::Unreadable(_)]
        ),
        "{faults:?}"
    );
}

#[test]
fn a_file_larger_than_a_component_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.wasm");
    // Sparse: it takes no room.
    fs::File::create(&path)
        .unwrap()
        .set_len(ringfence_tool::COMPONENT_BYTES_MAX as u64 + 1)
        .unwrap();
    let catalog = Catalog::load([Source::File(path)]);
    assert!(matches!(
        catalog.problems(),
        [Problem {
            fault: Fault::TooLarge { .. },
            ..
        }]
    ));
}

#[test]
fn a_directory_gives_so_many_components_and_says_what_it_left_out() {
    let run = component("run");
    let folder = tempfile::tempdir().unwrap();
    for number in 0..=crate::DIRECTORY_TOOLS_MAX {
        fs::write(folder.path().join(format!("t{number:04}.wasm")), &run).unwrap();
    }
    let catalog = load(folder.path());
    assert_eq!(catalog.components().count(), crate::DIRECTORY_TOOLS_MAX);
    assert!(matches!(
        catalog.problems(),
        [Problem {
            fault: Fault::TooMany { .. },
            ..
        }]
    ));
}

#[test]
fn a_rescan_sees_what_changed_and_shares_what_did_not() {
    let folder = directory(&[("a.wasm", &component("run"))]);
    let first = load(folder.path());
    let (same, changed) = first.rescan();
    assert!(!changed);
    assert!(Arc::ptr_eq(
        first.component("a").unwrap(),
        same.component("a").unwrap()
    ));

    fs::write(folder.path().join("b.wasm"), component("walk")).unwrap();
    let (added, changed) = same.rescan();
    assert!(changed);
    assert_eq!(names(&added), ["a_run", "b_walk"]);
    assert_eq!(names(&same), ["a_run"], "a snapshot never changes");

    fs::remove_file(folder.path().join("a.wasm")).unwrap();
    let (removed, changed) = added.rescan();
    assert!(changed);
    assert_eq!(names(&removed), ["b_walk"]);
}

#[test]
fn a_broken_replacement_keeps_the_last_good_component() {
    let folder = directory(&[("a.wasm", &component("run"))]);
    let first = load(folder.path());
    let whole = component("walk");
    fs::write(folder.path().join("a.wasm"), &whole[..whole.len() / 2]).unwrap();
    let (broken, changed) = first.rescan();
    assert!(!changed);
    assert_eq!(names(&broken), ["a_run"]);
    let [problem] = broken.problems() else {
        panic!("{:?}", broken.problems())
    };
    assert!(problem.kept);
    assert!(
        problem.to_string().ends_with("is still served"),
        "{problem}"
    );

    fs::write(folder.path().join("a.wasm"), &whole).unwrap();
    let (whole, changed) = broken.rescan();
    assert!(changed && whole.problems().is_empty());
    assert_eq!(names(&whole), ["a_walk"]);
}
