//! Manifests: what is accepted, and how mistakes are named.

use std::time::Duration;

use ringfence_tool::{Manifest, ReadError};

use crate::support::{try_manifest, try_read, with_section, world};

const WORLD: &str = "
    record stats { words: u32 }
    export stats: func(text: string, mode: option<string>) -> stats;
    export shrink: func(factor: f32, count: u8, items: list<u32>) -> result<_, string>;
";

fn parse_error(text: &str) -> String {
    Manifest::parse(text).unwrap_err().to_string()
}

/// What is wrong with `about` as the rest of a manifest for [`WORLD`].
fn fit_error(about: &str) -> String {
    match try_manifest(WORLD, &format!("name = \"text\"\n{about}")) {
        Err(ReadError::Manifest(error)) => error.to_string(),
        other => panic!("{about}: {other:?}"),
    }
}

#[test]
fn everything_can_be_said() {
    let manifest = Manifest::parse(
        r#"
        name = "text"
        version = "0.1.0-rc.1"
        title = "Text"
        description = "Works on text."
        authors = ["Ann", "Bo"]
        license = "Apache-2.0"
        category = "text"
        tags = ["diff", "regex"]
        deprecated = "use `words`"
        timeout-ms = 5000
        [[requests]]
        capability = "fs.read"
        reason = "to list and read files"
        [functions.stats]
        examples = [{ arguments = { text = "a b" }, result = { words = 2 } }]
        "#,
    )
    .unwrap();
    assert_eq!(manifest.name.unwrap().as_str(), "text");
    assert_eq!(manifest.version.unwrap().pre.as_str(), "rc.1");
    assert_eq!(manifest.timeout, Some(Duration::from_secs(5)));
    assert_eq!(&*manifest.requests[0].capability, "fs.read");
    assert_eq!(
        manifest.functions["stats"].examples[0].arguments["text"],
        "a b"
    );
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (text, error) in [
        ("", "line 1, column 1: missing field `name`"),
        (
            "name = \"a\"\nnmae = 1",
            "line 2, column 1: unknown field `nmae`, expected one of",
        ),
        (
            "name = \"a\"\n  version = 1",
            "line 2, column 13: invalid type: integer `1`, expected a string",
        ),
        ("name = ", "line 1, column 8: "),
        (
            "name = \"../a\"",
            "line 1: `name` is not usable: component name \"../a\" must be lowercase words",
        ),
        (
            "name = \"a\"\nversion = \"1\"",
            "line 2: `version` is not a semantic version: ",
        ),
        (
            "name = \"a\"\ntitle = \"\"",
            "line 2: `title` is empty; leave it out instead",
        ),
        (
            "name = \"a\"\n\ntitle = \"x\u{200b}y\"",
            "line 3: `title` holds the hidden character U+200B; remove it",
        ),
        (
            "name = \"a\"\ntimeout-ms = 0",
            "line 2: `timeout-ms` must lie between 1 and 600000",
        ),
        (
            "name = \"a\"\ntimeout-ms = -1",
            "line 2, column 14: invalid value: integer `-1`, expected u64",
        ),
        (
            "name = \"a\"\n[functions.f.params.p]\nmin-length = 2\nmax-length = 1",
            "line 2: `min-length` and `min-items` must not exceed their maximum",
        ),
        (
            "name = \"a\"\n[functions.f.params.p]\npattern = \"(?=a)\"",
            "line 3: `pattern` uses `(?`, which clients read differently",
        ),
        (
            "name = \"a\"\n[functions.f.params.p]\nminimum = \"1\"",
            "line 2: `minimum` must be a number",
        ),
        (
            "name = \"a\"\n[functions.f.params.p]\nmaximum = nan",
            "line 3: `maximum` must be a finite number",
        ),
        (
            "name = \"a\"\n[functions.f.params.p]\ndefault = 2026-01-01",
            "line 3: `default` is a date",
        ),
        (
            "name = \"a\"\n[functions.f]\nread-only = true",
            "line 3, column 1: unknown field `read-only`",
        ),
    ] {
        let found = parse_error(text);
        assert!(
            found.starts_with(error),
            "{text}\n  expected {error}\n  found    {found}"
        );
    }
}

#[test]
fn text_is_bounded() {
    let long = |bytes: usize| "x".repeat(bytes);
    for (text, error) in [
        (format!("name = \"{}\"", long(41)), "`name`"),
        (
            format!("name = \"a\"\ntitle = \"{}\"", long(201)),
            "`title` has 201 bytes, more than 200",
        ),
        (
            format!("name = \"a\"\ndescription = \"{}\"", long(4097)),
            "`description` has 4097 bytes",
        ),
        (
            format!("name = \"a\"\ntags = [{}]", "\"t\",".repeat(33)),
            "`tags` has 33 entries, more than 32",
        ),
        (
            format!(
                "name = \"a\"\n[functions.f.params.p]\ndefault = \"{}\"",
                long(5000)
            ),
            "`default` has a value of more than 4096 bytes",
        ),
        (
            format!(
                "name = \"a\"\n[functions.f.params.p]\nenum = [{}]",
                "1,".repeat(257)
            ),
            "`enum` has 257 entries, more than 256",
        ),
    ] {
        let found = parse_error(&text);
        assert!(found.contains(error), "expected {error}, found {found}");
    }
    let deep = format!(
        "name = \"a\"\n[functions.f.params.p]\ndefault = {}{}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert!(Manifest::parse(&deep).is_err());
}

#[test]
fn what_does_not_fit_the_interface_is_an_error() {
    for (about, error) in [
        (
            "[functions.stat]",
            "line 2: there is no function `stat`; did you mean `stats`?",
        ),
        (
            "[functions.frobnicate]",
            "line 2: there is no function `frobnicate`",
        ),
        (
            "[functions.stats.params.txt]",
            "line 2: there is no parameter `txt`; did you mean `text`?",
        ),
        (
            "[functions.stats.params.text]\nminimum = 1",
            "line 2: `text` is given a range, but is not a number",
        ),
        (
            "[functions.shrink.params.items]\nmin-length = 1",
            "line 2: `items` is given a length, but is not a string",
        ),
        (
            "[functions.shrink.params.count]\nmaximum = 256",
            "line 2: `count` has a maximum that is not an integer between 0 and 255",
        ),
        (
            "[functions.shrink.params.count]\nminimum = 5\nmaximum = 4",
            "line 2: `count` has a minimum above its maximum",
        ),
        (
            "[functions.shrink.params.count]\ndefault = \"1\"",
            "line 2: `count` does not accept \"1\" of its own: it is not an integer between 0 and 255",
        ),
        (
            "[functions.stats.params.mode]\nenum = [\"a\"]\ndefault = \"b\"",
            "line 2: `mode` does not accept \"b\" of its own: it must be one of \"a\"",
        ),
        (
            "[functions.stats.params.mode]\nenum = []",
            "line 2: `mode` has an empty `enum`, which accepts nothing",
        ),
        (
            "[functions.stats]\nexamples = [{ arguments = {} }]",
            "line 2: `examples` leave out `text`, which is required",
        ),
        (
            "[functions.stats]\nexamples = [{ arguments = { text = 1 } }]",
            "line 2: `examples` give `text`, which is not a string",
        ),
        (
            "[functions.stats]\nexamples = [{ arguments = { text = \"\", t = 1 } }]",
            "line 2: `examples` give `t`, which is not a parameter",
        ),
        (
            "[functions.stats]\nexamples = [{ arguments = { text = \"\" }, result = { words = -1 } }]",
            "line 2: `examples` have a result that has a field `words` that is not an integer between 0 and 4294967295",
        ),
        (
            "[functions.shrink]\nexamples = [{ arguments = { factor = 1, count = 1, items = [] }, result = 1 }]",
            "line 2: `examples` have a result, but the function returns no value",
        ),
    ] {
        assert_eq!(fit_error(about), error);
    }
}

#[test]
fn a_function_that_cannot_be_called_is_named_with_the_reason() {
    let deep = format!(
        "export deep: func(a: {}u8{});",
        "list<".repeat(30),
        ">".repeat(30)
    );
    let error = try_manifest(&deep, "name = \"a\"\n[functions.deep]")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "manifest: line 2: `deep` cannot be called: parameter `a`: its type is nested more than 24 deep"
    );
}

#[test]
fn what_fits_is_accepted() {
    let component = try_manifest(
        WORLD,
        r#"
        name = "text"
        [functions.stats]
        examples = [{ arguments = { text = "a b" }, result = { words = 2 } }]
        [functions.shrink]
        examples = [{ arguments = { factor = 1, items = [1, 2] } }]
        params = { count = { minimum = 1, maximum = 255, default = 1 }, factor = { minimum = -0.5 } }
        "#,
    );
    component.unwrap();
}

#[test]
fn a_broken_manifest_refuses_the_component() {
    let bytes = with_section(world(WORLD), "ringfence:manifest", b"name = \"\xff\"");
    assert_eq!(
        try_read(bytes).unwrap_err().to_string(),
        "manifest: it is not UTF-8 text"
    );
    let twice = with_section(world(WORLD), "ringfence:manifest", b"name = \"a\"");
    let twice = with_section(twice, "ringfence:manifest", b"name = \"b\"");
    let error = try_read(twice).unwrap_err().to_string();
    assert!(
        error.starts_with("more than one `ringfence:manifest` section"),
        "{error}"
    );
}
