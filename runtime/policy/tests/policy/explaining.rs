//! What people are told: why something is allowed or denied, and what probably should not be.

use ringfence_policy::{Kinds, Known, LintKind, Policy, PolicyFile, Reach, check};
use ringfence_tool::{ComponentName, Digest};

use crate::setup::Setup;

#[test]
fn an_explanation_names_the_line_of_each_answer() {
    let text = "[default]\nbudget = { wall = \"5s\" }\n\
                [tool.tool]\nallow = [\n\"fs.read=/srv/data:/data\",\n\"env=LANG\",\n\"net=https://a.example\",\n]\n\
                deny = [\"net=*://*/admin\"]";
    let setup = Setup::file(text).asking(&["fs.read", "fs.write", "net", "kv=notes"]);
    insta::assert_snapshot!(setup.explain().to_string());
}

#[test]
fn an_explanation_of_a_dangerous_tool_says_what_to_do() {
    let setup =
        Setup::file("[tool.tool]\nallow = [\"fs.write=/srv:/w\", \"tools=*\"]\n[tenant.acme]")
            .by("acme/eve");
    insta::assert_snapshot!(setup.explain().to_string());
    let nothing = Setup::file("").asking(&["fs.write=/w", "socket", "secret=TOKEN"]);
    insta::assert_snapshot!(nothing.explain().to_string());
    let everything = Setup::file("");
    insta::assert_snapshot!(everything.explain().to_string());
}

fn lints(tables: &str, tools: &[(&str, &[&str])]) -> Vec<(LintKind, String)> {
    let text = format!("version = 1\n{tables}\n[end]\n");
    let file = PolicyFile::parse("policy.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    let policy = Policy::default().with_file(file).unwrap();
    let names: Vec<ComponentName> = tools
        .iter()
        .map(|(name, _)| name.parse().unwrap())
        .collect();
    let digest = Digest::of(b"component");
    let known: Vec<_> = names
        .iter()
        .zip(tools)
        .map(|(component, (_, requests))| Known {
            component,
            digest: &digest,
            reach: Reach::new(
                Kinds::ALL,
                Some(requests.iter().map(|text| text.parse().unwrap()).collect()),
            ),
        })
        .collect();
    let found = check(policy.rules(), &known);
    found
        .iter()
        .map(|lint| (lint.kind, lint.to_string()))
        .collect()
}

#[test]
fn what_gives_away_too_much_is_named() {
    for (grant, kind) in [
        ("fs.read=/:/host", LintKind::Broad),
        ("fs.read=/home:/home", LintKind::Broad),
        ("fs.read=/home/ada:/home", LintKind::Broad),
        ("fs.read=/root:/root", LintKind::Broad),
        ("fs.read=/Users/ada:/home", LintKind::Broad),
        ("fs.read=/home/ada/.ssh:/ssh", LintKind::Broad),
        ("fs.read=/etc/ssl:/ssl", LintKind::Broad),
        ("fs.write=/var:/var", LintKind::Broad),
        ("net=https://*", LintKind::Broad),
        ("net=https://*.com", LintKind::Broad),
        ("net=* https://a.example", LintKind::Broad),
        ("net=http://a.example", LintKind::Leak),
        ("net=https://a.example:1-2000", LintKind::Broad),
        ("net=http://[0.0.0.0/0]", LintKind::Broad),
        ("net=http://169.254.169.254", LintKind::Broad),
        ("net=http://[fd00::/8]", LintKind::Broad),
        ("socket=tcp:*:443", LintKind::Broad),
        ("socket=tcp:a.example:*", LintKind::Broad),
        ("env=GITHUB_TOKEN", LintKind::Leak),
        ("tools=*", LintKind::Broad),
    ] {
        let found = lints(&format!("[tool.t]\nallow = [\"{grant}\"]"), &[]);
        assert!(
            found
                .iter()
                .any(|(found, text)| *found == kind && text.starts_with("policy.toml:3: ")),
            "{grant}: {found:?}"
        );
    }
    for grant in [
        "fs.read=/home/ada/docs:/docs",
        "fs.write=/srv/work:/work",
        "fs.read=/var/lib/x:/x",
        "net=https://a.example",
        "net=GET,POST https://*.a.example/v1",
        "net=http://[10.0.0.0/8]:8080",
        "net=http://[10.1.0.0/16]",
        "socket=tcp:10.0.0.5:5432",
        "env=LANG",
        "tools=text_*",
        "secret=T->a.example",
        "kv=notes",
    ] {
        let found = lints(&format!("[tool.t]\nallow = [\"{grant}\"]"), &[]);
        assert_eq!(found, [], "{grant}");
    }
    let found = lints("[default]\ndangerous = \"allow\"", &[]);
    assert_eq!(found[0].0, LintKind::Broad);
}

#[test]
fn private_data_untrusted_content_and_a_way_out_are_named_together() {
    let three = "[tool.notes]\nallow = [\"fs.read=/srv/notes:/notes\"]\n[tool.fetch]\nallow = [\"net=https://news.example\"]\n\
                 [tool.post]\nallow = [\"net=POST https://chat.example\"]\ndangerous = \"allow\"";
    let found = lints(three, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, LintKind::Combination);
    let text = &found[0].1;
    for part in [
        "policy.toml:7:",
        "policy.toml:3",
        "policy.toml:5",
        "\"ask\"",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // Any of the three is missing, somebody is asked, or different people have them.
    for harmless in [
        three.replace("fs.read", "fs.list"),
        three.replace("\"allow\"", "\"ask\""),
        three.replace("dangerous = \"allow\"", ""),
        three.replace("POST ", ""),
        three
            .replace("[tool.notes]", "[tenant.a.tool.notes]")
            .replace("[tool.post]", "[tenant.b.tool.post]"),
    ] {
        assert_eq!(lints(&harmless, &[]), [], "{harmless}");
    }
    let one_person = three.replace("[tool.", "[tenant.a.principal.p.tool.");
    assert_eq!(lints(&one_person, &[]).len(), 1);
}

#[test]
fn what_does_nothing_here_is_named() {
    let tools: &[(&str, &[&str])] = &[("files", &["fs.read"]), ("fetch", &["net"])];
    let kinds = |tables: &str| -> Vec<LintKind> {
        lints(tables, tools)
            .into_iter()
            .map(|(kind, _)| kind)
            .collect()
    };
    assert_eq!(
        kinds("[default]\nallow = [\"fs.write=/srv/a:/a\", \"net=https://a.example\"]"),
        []
    );
    assert_eq!(kinds("[default]\nallow = [\"env=LANG\"]"), [LintKind::Idle]);
    assert_eq!(
        kinds("[tool.fetch]\nallow = [\"fs.read=/srv/a:/a\"]"),
        [LintKind::Idle]
    );
    assert_eq!(kinds("[default]\nallow = [\"budget.wall=1s\"]"), []);
    let found = lints("[tool.file]\nallow = [\"fs.read=/srv/a:/a\"]", tools);
    assert!(
        found[0].0 == LintKind::UnknownTool && found[0].1.contains("`files`"),
        "{found:?}"
    );
    let other = format!(
        "[tool.files]\ndigest = \"{}\"\nallow = [\"fs.read=/srv/a:/a\"]",
        Digest::of(b"other")
    );
    let found = lints(&other, tools);
    assert!(
        found[0].0 == LintKind::UnknownTool && found[0].1.contains("new digest"),
        "{found:?}"
    );
    assert_eq!(
        kinds("[default]\ndeny = [\"fs.read\"]\n[tool.files]\nallow = [\"fs.read=/srv/a:/a\"]"),
        [LintKind::Denied]
    );
    assert_eq!(
        kinds("[tenant.x]\ndeny = [\"fs.read\"]\n[tool.files]\nallow = [\"fs.read=/srv/a:/a\"]"),
        []
    );
}
