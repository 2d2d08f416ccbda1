//! The policy file: what it means, and what becomes of one that is broken.

use proptest::prelude::*;
use ringfence_identity::Caller;
use ringfence_policy::{
    Budget, Effect, Grant, Kind, Kinds, Mode, Origin, Policy, PolicyFile, PolicyFileProblem, Reach,
    Subject,
};
use ringfence_tool::Digest;

/// The file that the book explains.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

fn error(text: &str) -> String {
    PolicyFile::parse("policy.toml", text)
        .unwrap_err()
        .to_string()
}

/// A file with one table.
fn one(table: &str) -> String {
    format!("version = 1\n[default]\n{table}\n[end]\n")
}

#[test]
fn every_rule_knows_its_line_and_its_scope() {
    let file = PolicyFile::parse("policy.toml", EXAMPLE).unwrap();
    let rules: Vec<_> = file
        .rules()
        .iter()
        .map(|rule| {
            let Origin::File { line, name } = &rule.origin else {
                panic!("{rule:?}")
            };
            assert_eq!(&**name, "policy.toml");
            let verb = match &rule.effect {
                Effect::Allow(_) => "allow",
                Effect::Deny(_) => "deny",
                _ => "set",
            };
            let scope = &rule.scope;
            let scope = [
                scope.tenant.as_ref().map(ToString::to_string),
                scope.principal.as_ref().map(ToString::to_string),
                scope.component.as_ref().map(ToString::to_string),
                scope.function.as_ref().map(ToString::to_string),
                scope
                    .digest
                    .as_ref()
                    .map(|digest| digest.to_string()[..14].to_owned()),
            ];
            let scope: Vec<_> = scope.into_iter().flatten().collect();
            format!("{line}: {verb} {rule} [{}]", scope.join(" "))
        })
        .collect();
    insta::assert_snapshot!(rules.join("\n"));
    let tenants: Vec<_> = file.tenants().map(ToString::to_string).collect();
    assert_eq!(tenants, ["acme"]);
}

#[test]
fn the_book_shows_the_file_that_is_tested() {
    let page = include_str!("../../../../docs/policy.md");
    assert!(page.contains(EXAMPLE.split_once("version").unwrap().1));
    // Every kind has its line in the book's table.
    for kind in Kind::ALL {
        assert!(page.contains(&format!("`{kind}")), "{kind}");
    }
}

#[test]
fn a_line_says_what_is_on_it() {
    let lines: Vec<_> = EXAMPLE.lines().collect();
    for rule in PolicyFile::parse("p", EXAMPLE).unwrap().rules() {
        let Origin::File { line, .. } = rule.origin else {
            panic!("{rule:?}")
        };
        let text = match &rule.effect {
            Effect::Allow(Grant::Budget(limit)) => limit.kind().word().to_owned(),
            Effect::Allow(_) | Effect::Deny(_) => rule.to_string(),
            Effect::Call(_) => "call".to_owned(),
            Effect::Dangerous(_) => "dangerous".to_owned(),
        };
        assert!(lines[line - 1].contains(&text), "{line}: {text}");
    }
}

#[test]
fn a_fault_is_named_with_its_line_and_what_was_meant() {
    for (table, wanted) in [
        (
            "alow = []",
            &["policy.toml:3:", "unknown key `alow`", "`allow`"][..],
        ),
        (
            "allow = [\n\"env=LANG\",\n\"fs.raed=/a:/b\"\n]",
            &["policy.toml:5:", "`fs.raed`", "`fs.read`"],
        ),
        (
            "deny = [\"net=ftp://a.example\"]",
            &["policy.toml:3:", "`http` or `https`"],
        ),
        (
            "allow = [\"fs.read=docs:/docs\"]",
            &["policy.toml:3:", "relative", "absolute"],
        ),
        (
            "allow = \"env=A\"",
            &["policy.toml:3:", "`allow` must be a list of texts"],
        ),
        (
            "allow = [\"env=A\", 7]",
            &["policy.toml:3:", "`allow` must be a list of texts"],
        ),
        ("dangerous = \"yes\"", &["policy.toml:3:", "`\"ask\"`"]),
        ("call = true", &["policy.toml:3:", "`call` must be"]),
        (
            "budget = { wal = \"1s\" }",
            &["policy.toml:3:", "`wal`", "`wall`"],
        ),
        (
            "budget = { wall = 30 }",
            &["policy.toml:3:", "a time such as"],
        ),
        ("budget = { wall = \"1h\" }", &["policy.toml:3:"]),
        (
            "budget = { memory = true }",
            &["policy.toml:3:", "`memory` must be"],
        ),
        (
            "budget = { wall = \"9999s\" }",
            &["policy.toml:3:", "within the limits"],
        ),
        (
            "allow = [\n\"env=A\",\n\"env=A\"]",
            &["policy.toml:5:", "`env=A` is also on line 4"],
        ),
        (
            "deny = [\"env\",\n\"env\"]",
            &["policy.toml:4:", "also on line 3"],
        ),
        (
            "allow = [\"env=A\"]\ndeny = [\"env=A\"]",
            &["policy.toml:4:", "allowed on line 3 and denied here"],
        ),
        (
            "allow = [\"fs.read=/a:/x\"]\ndeny = [\"fs.read=/x\"]",
            &["policy.toml:4:", "allowed on line 3"],
        ),
        (
            "allow = [\"fs.read=/a:/x\",\n\"fs.list=/b:/x\"]",
            &["policy.toml:4:", "two directories", "policy.toml:3"],
        ),
        (
            "allow = [\"kv=a:1KiB\",\n\"kv=a\"]",
            &["policy.toml:4:", "two quotas"],
        ),
        (
            "allow = [\"secret=A->a.example\",\n\"secret=B->a.example\"]",
            &["policy.toml:4:", "two secrets"],
        ),
        (
            "allow = [\"budget.wall=1s\"]\nbudget = { wall = \"2s\" }",
            &["policy.toml:4:", "also on line 3"],
        ),
        (
            "deny = [\"budget.wall=1s\"]",
            &["policy.toml:3:", "lowered, not denied"],
        ),
        ("tool = {}", &["policy.toml:3:", "unknown key `tool`"]),
        ("allow = []\nallow = []", &["policy.toml:4:"]),
        (
            "[tool.Files]",
            &["policy.toml:3:", "a component such as `files`"],
        ),
        (
            "[tool.files]\ndigest = \"sha256:12\"",
            &["policy.toml:4:", "`digest` must be"],
        ),
        (
            "[tool.files]\nprincipal = {}",
            &["policy.toml:4:", "unknown key `principal`"],
        ),
        ("[tenant.\"a b\"]", &["policy.toml:3:", "a tenant's name"]),
        (
            "[tenant.acme.tenant.x]",
            &["policy.toml:3:", "unknown key `tenant`"],
        ),
        (
            "[tenant.acme.principal.\"e/e\"]",
            &["policy.toml:3:", "a principal's name"],
        ),
        (
            "[defaults]",
            &["policy.toml:3:", "unknown key `defaults`", "`default`"],
        ),
        ("[end.x]", &["policy.toml:", "x"]),
        (
            "budget = { wall = \"5s\" }\n[tool.t]\nbudget = { wall = \"6s\" }",
            &["policy.toml:5:", "line 3", "can only lower"],
        ),
        ("x = 'torn", &["policy.toml:3:"]),
    ] {
        let error = error(&one(table));
        for part in wanted {
            assert!(error.contains(part), "{table}\n{error}");
        }
    }
}

#[test]
fn a_fault_knows_its_line_and_a_file_its_name() {
    let error = PolicyFile::parse("p", &one("allow = [\n\"env=A\",\n7]")).unwrap_err();
    assert_eq!(
        (error.line(), error.to_string().starts_with("p:5: ")),
        (5, true)
    );
    let file = PolicyFile::parse("policy.toml", &one("")).unwrap();
    assert_eq!(file.name(), "policy.toml");
}

#[test]
fn a_version_that_is_not_known_is_refused() {
    for text in [
        "[end]\n",
        "version = 2\n[end]\n",
        "version = \"1\"\n[end]\n",
        "version = 0x1\n[end]\n",
    ] {
        let error = PolicyFile::parse("p", text).unwrap_err();
        assert_eq!(error.problem(), &PolicyFileProblem::Version, "{text}");
    }
}

#[test]
fn an_empty_file_is_not_a_policy_and_a_policy_without_rules_grants_nothing() {
    assert_eq!(
        PolicyFile::parse("p", "").unwrap_err().problem(),
        &PolicyFileProblem::NoEnd
    );
    let nothing = PolicyFile::parse("p", "version = 1\n[end]\n").unwrap();
    assert!(nothing.rules().is_empty() && !nothing.is_sealed());
    let most = 4 << 20;
    let end = "\nversion = 1\n[end]\n";
    let whole = |bytes: usize| format!("#{}{end}", "x".repeat(bytes - 1 - end.len()));
    assert!(PolicyFile::parse("p", &whole(most)).is_ok());
    let long = PolicyFile::parse("p", &whole(most + 1)).unwrap_err();
    assert_eq!(long.problem(), &PolicyFileProblem::TooLong);
}

#[test]
fn two_scopes_that_never_meet_may_disagree() {
    let text = "version = 1\n[tenant.a]\nallow = [\"fs.read=/a:/x\"]\n[tenant.b]\nallow = [\"fs.read=/b:/x\"]\n[end]\n";
    PolicyFile::parse("p", text).unwrap();
    let meet = text.replace("tenant.b", "tool.b");
    let error = PolicyFile::parse("p", &meet).unwrap_err().to_string();
    assert!(error.contains("two directories"), "{error}");
    // Each part of a scope keeps two apart, alone.
    let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
    for (one, other, meet) in [
        ("tenant.a.principal.p", "tenant.a.principal.q", false),
        ("tenant.a.principal.p", "tenant.a", true),
        ("tool.a_f", "tool.a_g", false),
        ("tool.a_f", "tool.b_f", false),
        ("tool.a_f", "tool.a", true),
        (
            &*format!("tool.\"{one}\""),
            &*format!("tool.\"{other}\""),
            false,
        ),
        (&*format!("tool.\"{one}\""), "tool.a", true),
        ("tenant.a.tool.a", "tenant.b.tool.a", false),
    ] {
        let text = format!(
            "version = 1\n[{one}]\nallow = [\"fs.read=/a:/x\"]\n[{other}]\nallow = [\"fs.read=/b:/x\"]\n[end]\n"
        );
        assert_eq!(
            PolicyFile::parse("p", &text).is_err(),
            meet,
            "{one} {other}"
        );
    }
}

#[test]
fn secrets_share_a_host_and_not_a_header() {
    let first = "secret=A->a.example";
    for (second, may) in [
        ("secret=B->a.example", false),
        ("secret=B->a.example:8443", true),
        ("secret=B->http://a.example:443", true),
        ("secret=B->b.example", true),
        ("secret=B->a.example:x-key", true),
        ("secret=A->a.example:8443", true),
    ] {
        let text = one(&format!("allow = [\"{first}\", \"{second}\"]"));
        assert_eq!(PolicyFile::parse("p", &text).is_ok(), may, "{second}");
    }
    // One bucket may be named twice with one quota, one directory twice with two kinds.
    let same = "[tool.t]\nallow = [\"kv=a\", \"fs.read=/a:/x\"]\n[tool.t_f]\nallow = [\"kv=a\", \"fs.create=/a:/x\"]";
    PolicyFile::parse("p", &one(same)).unwrap();
}

#[test]
fn a_file_and_the_command_line_must_agree() {
    let file = PolicyFile::parse("p", &one("allow = [\"fs.read=/a:/x\"]")).unwrap();
    let grant = "fs.read=/b:/x".parse().unwrap();
    let error = Policy::new(vec![grant], Budget::default())
        .unwrap()
        .with_file(file);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("command line") && error.contains("p:3"),
        "{error}"
    );
}

#[test]
fn budgets_are_set_once_and_only_lowered_after() {
    let file = || {
        let text = "version = 1\n[default]\nbudget = { memory = \"128MiB\", wall = \"20s\" }\n\
                    [tool.t]\nallow = [\"budget.memory=1MiB\"]\nbudget = { fuel = 1000 }\n[end]\n";
        PolicyFile::parse("p", text).unwrap()
    };
    let budget = |policy: &Policy, component: &str| {
        let (component, function) = (component.parse().unwrap(), "f".parse().unwrap());
        let digest = Digest::of(b"t");
        let reach = Reach::default();
        let subject = Subject {
            component: &component,
            digest: &digest,
            function: &function,
            reach,
        };
        let permit = policy.decide(&Caller::local(), &subject, None).unwrap();
        permit.budget().clone()
    };
    let policy = Policy::default().with_file(file()).unwrap();
    let (tool, other) = (budget(&policy, "t"), budget(&policy, "u"));
    assert_eq!(
        (tool.memory_bytes, tool.wall.as_secs(), tool.fuel),
        (1 << 20, 20, 1000)
    );
    assert_eq!(
        (other.memory_bytes, other.wall.as_secs(), other.fuel),
        (128 << 20, 20, Budget::default().fuel)
    );

    // What the command line lowered stays lowered, what it raised is lowered by the file.
    let mut said = Budget::default();
    (said.wall, said.memory_bytes) = (std::time::Duration::from_secs(5), 256 << 20);
    let policy = Policy::new(Vec::new(), said)
        .unwrap()
        .with_file(file())
        .unwrap();
    let other = budget(&policy, "u");
    assert_eq!((other.memory_bytes, other.wall.as_secs()), (128 << 20, 5));

    let grant = "budget.wall=3s".parse().unwrap();
    let policy = Policy::new(vec![grant], Budget::default()).unwrap();
    assert_eq!(budget(&policy, "u").wall.as_secs(), 3);
}

#[test]
fn a_key_that_is_there_twice_is_named_with_both_lines() {
    for (text, second, first) in [
        (
            "version = 1\n[tool.a]\nallow = []\n\nallow = []\n[end]\n",
            5,
            3,
        ),
        ("version = 1\n[tool.a]\n[tool.b]\n[tool.a]\n[end]\n", 4, 2),
    ] {
        let error = PolicyFile::parse("policy.toml", text)
            .unwrap_err()
            .to_string();
        let words = format!("on line {first} already");
        assert!(
            error.starts_with(&format!("policy.toml:{second}:")),
            "{error}"
        );
        assert!(error.contains(&words), "{error}");
    }
}

#[test]
fn sealing_twice_is_sealing_once() {
    let sealed = PolicyFile::seal("p", EXAMPLE).unwrap();
    assert_eq!(PolicyFile::seal("p", &sealed).unwrap(), sealed);
    let file = PolicyFile::parse("p", &sealed).unwrap();
    assert!(file.is_sealed());
    assert_eq!(
        file.rules(),
        PolicyFile::parse("p", EXAMPLE).unwrap().rules()
    );
    let changed = sealed.replace("20-25", "20-65");
    assert_eq!(
        PolicyFile::parse("p", &changed).unwrap_err().problem(),
        &PolicyFileProblem::Seal
    );
    assert!(PolicyFile::seal("p", "version = 1\n").is_err());
}

/// Every grant, denial and mode that `weaker` gives and `stronger` does not.
fn gained(weaker: &PolicyFile, stronger: &PolicyFile) -> Vec<String> {
    let rules = |file: &PolicyFile| -> Vec<_> {
        file.rules()
            .iter()
            .map(|rule| (rule.effect.clone(), rule.scope.clone()))
            .collect()
    };
    let (after, before) = (rules(weaker), rules(stronger));
    let opens = |effect: &Effect| {
        !matches!(
            effect,
            Effect::Deny(_) | Effect::Call(Mode::Deny) | Effect::Dangerous(Mode::Deny)
        )
    };
    let more = after
        .iter()
        .filter(|rule| opens(&rule.0) && !before.contains(rule));
    let lost = before
        .iter()
        .filter(|rule| !matches!(rule.0, Effect::Allow(_)) && !after.contains(rule));
    more.chain(lost)
        .map(|(effect, scope)| format!("{effect:?} {scope:?}"))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A file that was cut short is refused, wherever it was cut.
    #[test]
    fn a_torn_file_is_refused(end in 0..EXAMPLE.len(), sealed in any::<bool>()) {
        let whole = if sealed { PolicyFile::seal("p", EXAMPLE).unwrap() } else { EXAMPLE.to_owned() };
        let end = if sealed { whole.len() - EXAMPLE.len() + end } else { end };
        prop_assume!(whole.is_char_boundary(end));
        let text = &whole[..end];
        if let Ok(file) = PolicyFile::parse("p", text) {
            // Only the line break at the very end, or a seal as a whole, can be missing unseen.
            let original = PolicyFile::parse("p", &whole).unwrap();
            prop_assert_eq!(file.rules(), original.rules(), "{}", text);
        }
    }

    /// A byte that changed is seen by the seal, or changes nothing.
    #[test]
    fn a_sealed_file_with_another_byte_is_refused_or_the_same(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let whole = PolicyFile::seal("p", EXAMPLE).unwrap();
        let mut bytes = whole.clone().into_bytes();
        *at.get_mut(&mut bytes) = byte;
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(file) = PolicyFile::parse("p", &text)
        {
            let original = PolicyFile::parse("p", &whole).unwrap();
            prop_assert_eq!(gained(&file, &original), Vec::<String>::new());
        }
    }

    /// A piece that is missing anywhere is seen by the seal.
    #[test]
    fn a_sealed_file_with_a_hole_is_refused(from in any::<prop::sample::Index>(), length in 1_usize..200) {
        let whole = PolicyFile::seal("p", EXAMPLE).unwrap();
        let from = from.index(whole.len());
        let to = (from + length).min(whole.len());
        prop_assume!(whole.is_char_boundary(from) && whole.is_char_boundary(to));
        let text = format!("{}{}", &whole[..from], &whole[to..]);
        if let Ok(file) = PolicyFile::parse("p", &text) {
            let original = PolicyFile::parse("p", &whole).unwrap();
            prop_assert_eq!(gained(&file, &original), Vec::<String>::new(), "{}", text);
        }
    }

    /// Whatever the text, there is an answer.
    #[test]
    fn no_text_breaks_the_reader(text in "(\\[(default|tool\\.t|tenant\\.a|end)\\]\n|allow = \\[\"\\PC*\"\\]\n|version = 1\n|\\PC{0,20}\n){0,6}") {
        let _ = PolicyFile::parse("p", &text);
        let _ = PolicyFile::seal("p", &text);
    }
}

/// A flip in one bit of any byte of a sealed file: all of them, not a sample.
#[test]
fn no_single_bit_of_a_sealed_file_can_flip_unseen() {
    let whole = PolicyFile::seal("p", EXAMPLE).unwrap();
    let original = PolicyFile::parse("p", &whole).unwrap();
    let mut read = 0;
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            if let Ok(file) = PolicyFile::parse("p", &text) {
                read += 1;
                assert_eq!(
                    gained(&file, &original),
                    Vec::<String>::new(),
                    "byte {at}, bit {bit}"
                );
            }
        }
    }
    // At most the last line break can become something that reads the same.
    assert!(read <= 8, "{read}");
}

#[test]
fn a_request_to_read_reaches_no_kind_that_writes() {
    let reach = Reach::new(Kinds::ALL, Some(vec!["fs.read".parse().unwrap()]));
    let kinds: Vec<_> = reach.kinds().iter().map(Kind::word).collect();
    assert_eq!(kinds, ["fs.list", "fs.read", "random"]);
}

#[test]
fn a_digest_is_said_twice_only_where_it_is_the_same() {
    let (one_tool, other) = (Digest::of(b"one"), Digest::of(b"other"));
    let named = |digest: Digest| {
        one(&format!(
            "[tool.\"{one_tool}\"]\ndigest = \"{digest}\"\nallow = [\"env=LANG\"]"
        ))
    };
    assert!(PolicyFile::parse("p", &named(one_tool)).is_ok());
    let error = error(&named(other));
    assert!(error.contains("the digest that names it"), "{error}");
}

#[test]
fn a_limit_is_a_plain_number_and_may_be_all_that_the_installation_gives() {
    let error = error(&one("budget = { fuel = 0x10 }"));
    assert!(error.contains("a size, a time or a number"), "{error}");
    let same = one("budget = { wall = \"5s\" }\n[tool.t]\nbudget = { wall = \"5s\" }");
    assert!(PolicyFile::parse("p", &same).is_ok());
}
