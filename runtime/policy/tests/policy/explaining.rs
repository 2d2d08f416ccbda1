//! What people are told: why something is allowed or denied, and what probably should not be.

use ringfence_policy::{Kinds, Known, LintKind, Policy, PolicyFile, Reach, Verdict, check};
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

/// What the tool asks for and nothing grants.
fn missing(tables: &str, asking: &[&str]) -> Vec<String> {
    let explained = Setup::file(tables).asking(asking).explain();
    let lines = explained.lines.iter();
    let lines = lines.filter(|line| line.verdict == Verdict::NoGrant);
    lines.map(|line| line.capability.to_string()).collect()
}

#[test]
fn what_is_missing_is_what_no_rule_speaks_of() {
    assert_eq!(
        missing(
            "[default]\nallow = [\"config=c\"]\ndeny = [\"env=A\", \"kv=x\", \"net\"]",
            &[
                "env=A",
                "env=B",
                "kv",
                "net",
                "net=https://a.example",
                "config=c",
                "config=d"
            ]
        ),
        ["env=B", "kv", "config=d"]
    );
    let given =
        "[tool.tool]\nallow = [\"net=GET https://a.example\", \"kv=a\", \"secret=S->a.example\"]";
    assert_eq!(
        missing(
            given,
            &[
                "net=*://*.example",
                "kv=a",
                "secret=S",
                "net=https://b.example",
                "kv=b",
                "secret=T"
            ]
        ),
        ["net=https://b.example", "kv=b", "secret=T"]
    );
    let get = "[tool.tool]\nallow = [\"net=GET https://a.example\"]";
    let asked = ["net=GET https://a.example", "net=POST https://a.example"];
    assert_eq!(missing(get, &asked), [asked[1]]);
    // Of files, where the tool sees some and may not do all that it asks for.
    let read = "[tool.tool]\nallow = [\"fs.read=/a:/w\", \"fs.read=/b:/x\"]";
    assert_eq!(missing(read, &["fs.write=/w"]), ["fs.write=/w"]);
    assert_eq!(missing(read, &["fs.read=/w"]), [""; 0]);
    assert_eq!(
        missing(read, &["fs.read=/elsewhere"]),
        ["fs.read=/elsewhere"]
    );
    assert_eq!(missing(read, &["fs.write"]), ["fs.write=/w", "fs.write=/x"]);
    // Several lines may say together what is asked for.
    let together = "[tool.tool]\nallow = [\"fs.read=/a:/w\", \"fs.create=/a:/w\", \"fs.change=/a:/w\", \"fs.delete=/a:/w\"]";
    assert_eq!(missing(together, &["fs.write=/w"]), [""; 0]);
    let most = together.replace(", \"fs.delete=/a:/w\"", "");
    assert_eq!(missing(&most, &["fs.write=/w"]), ["fs.write=/w"]);
}

#[test]
fn an_explanation_says_what_becomes_of_a_call() {
    let text = |call: &str| {
        let setup = Setup::file(&format!("[default]\ncall = \"{call}\"")).asking(&["fs.list=/w"]);
        setup.explain().to_string()
    };
    assert_eq!(
        text("allow"),
        "tool_run for local/local: allowed (normal)\n  list /w: denied, no grant\n"
    );
    assert!(
        text("ask").starts_with("tool_run for local/local: a person is asked (normal)\n  a person")
    );
    assert!(
        text("deny").starts_with("tool_run for local/local: denied (normal)\n  this tool is not")
    );
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
fn a_warning_says_where_what_and_what_to_write_instead() {
    let tools: &[(&str, &[&str])] = &[("files", &["fs.read"])];
    let read = "allow = [\"fs.read=/srv/a:/a\"]";
    for (tables, tools, words) in [
        (
            "[tool.t]\nallow = [\"net=http://a.example\"]".to_owned(),
            &[][..],
            "policy.toml:3: leak: `net=http://a.example` goes over the network in clear; write `https` \
             instead",
        ),
        (
            "[tool.t]\nallow = [\"socket=udp:a.example:1-101\"]".to_owned(),
            &[],
            "policy.toml:3: broad: `socket=udp:a.example:1-101` reaches 101 ports; name the ports that \
             the tool needs",
        ),
        (
            format!("[tool.t]\n{read}\ndeny = [\"fs.list\"]"),
            &[],
            "policy.toml:3: denied: `fs.read=/srv/a:/a` never holds, policy.toml:4 denies it; keep one \
             of the two",
        ),
        (
            "[default]\nallow = [\"env=LANG\"]".to_owned(),
            tools,
            "policy.toml:3: idle: no tool that is here asks for `env=LANG`; remove the line",
        ),
        (
            format!("[tool.filez]\n{read}"),
            tools,
            "policy.toml:3: unknown-tool: `fs.read=/srv/a:/a` is for `filez`, and no such tool is here; \
             did you mean `files`?",
        ),
        (
            format!("[tool.something-else]\n{read}"),
            tools,
            "policy.toml:3: unknown-tool: `fs.read=/srv/a:/a` is for `something-else`, and no such tool \
             is here; remove the rule, or load the tool",
        ),
        (
            "[default]\nallow = [\"env=A\", \"stdin\", \"socket=tcp:a.example:1\"]\ndangerous = \"allow\"\n\
             call = \"ask\"".to_owned(),
            &[],
            "policy.toml:3: note: combination: `socket=tcp:a.example:1` lets out what `env=A` (policy.toml:3) \
             reads when a text from `stdin` (policy.toml:3) says so; a person is asked each time, and has to \
             see it then",
        ),
        (
            "[default]\nallow = [\"env=A\", \"stdin\", \"socket=tcp:a.example:1\"]\ndangerous = \"allow\"".to_owned(),
            &[],
            "policy.toml:3: combination: `socket=tcp:a.example:1` lets out what `env=A` (policy.toml:3) \
             reads when a text from `stdin` (policy.toml:3) says so; have a person asked with `dangerous \
             = \"ask\"`, name the hosts and safe methods, or give the tools to different principals",
        ),
    ] {
        let found = lints(&tables, tools);
        assert!(found.iter().any(|(_, text)| text == words), "{words}\n{found:#?}");
    }
}

#[test]
fn what_a_directory_gives_away_is_said() {
    for (host, words) in [
        ("/", "the whole host"),
        ("/home", "everybody's home"),
        ("/Users", "everybody's home"),
        ("/home/ada", "a whole home"),
        ("/root", "a whole home"),
        ("/etc/ssl", "the host's own state"),
        ("/srv", "a whole branch of the host"),
        ("/srv/ada/.ssh", "what other programs log in with"),
    ] {
        let found = lints(&format!("[tool.t]\nallow = [\"fs.read={host}:/x\"]"), &[]);
        let said = format!("`fs.read={host}:/x` gives away {words}; ");
        assert!(found[0].1.contains(&said), "{host}: {found:?}");
    }
}

#[test]
fn what_is_just_wide_enough_is_not_named() {
    for (grant, is_named) in [
        ("net=https://a.example:1-100", false),
        ("net=https://a.example:1-101", true),
        ("net=http://[8.0.0.0/8]", false),
        ("net=http://[8.0.0.0/7]", true),
        ("net=http://[2002::/16]", false),
        ("net=http://[2002::/15]", true),
        ("net=http://[192.0.0.192]", true),
        ("net=http://100.100.100.200", true),
        ("net=http://[fd00:ec2::254]", true),
        ("tools=a*", false),
        ("env=TOKE", false),
    ] {
        let found = lints(&format!("[tool.t]\nallow = [\"{grant}\"]"), &[]);
        assert_eq!(!found.is_empty(), is_named, "{grant}: {found:?}");
    }
    for mode in ["ask", "deny"] {
        assert_eq!(
            lints(&format!("[default]\ndangerous = \"{mode}\""), &[]),
            []
        );
    }
    // Who it is for is said.
    assert_eq!(lints("[tool.t]\ndangerous = \"allow\"", &[]), []);
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
    // Any of the three is missing, or different people have them; where somebody is asked, it is said.
    for asked in [
        three.replace("\"allow\"", "\"ask\""),
        format!("{three}\ncall = \"ask\""),
        format!("{three}\n[default]\ncall = \"ask\""),
    ] {
        let found = lints(&asked, &[]);
        assert_eq!(found.len(), 1, "{asked}: {found:?}");
        assert!(found[0].1.contains(": note: combination: "), "{found:?}");
        assert!(found[0].1.contains("asked each time"), "{found:?}");
    }
    for harmless in [
        three.replace("fs.read", "fs.list"),
        format!("{three}\ncall = \"deny\""),
        three.replace("dangerous = \"allow\"", ""),
        three.replace("POST ", ""),
        three
            .replace("[tool.notes]", "[tenant.a.tool.notes]")
            .replace("[tool.post]", "[tenant.b.tool.post]"),
    ] {
        assert_eq!(lints(&harmless, &[]), [], "{harmless}");
    }
    // Leave for another tool is none for this one.
    let elsewhere = three.replace(
        "dangerous = \"allow\"",
        "[tool.other]\ndangerous = \"allow\"",
    );
    assert_eq!(lints(&elsewhere, &[]), []);
    // What everybody has is said once, whoever else there is.
    let others =
        format!("{three}\n[tenant.a]\nallow = [\"env=A\"]\n[tenant.b]\nallow = [\"env=A\"]");
    assert_eq!(lints(&others, &[]).len(), 1);
    let two = format!(
        "{three}\n[tenant.a.tool.x]\nallow = [\"socket=tcp:a.example:1\"]\ndangerous = \"allow\"\n{}",
        "[tenant.a.tool.y]\nallow = [\"env=A\"]"
    );
    assert_eq!(lints(&two, &[]).len(), 1, "the first way out is enough");
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

#[test]
fn an_explanation_does_not_say_that_nobody_can_be_asked() {
    for tables in [
        "[default]\ndangerous = \"ask\"\nallow = [\"tools=*\"]",
        "[default]\ncall = \"ask\"",
    ] {
        let explained = Setup::file(tables).explain().to_string();
        assert!(explained.contains("a person is asked"), "{explained}");
        assert!(!explained.contains("nobody"), "{explained}");
    }
}
