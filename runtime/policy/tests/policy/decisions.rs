//! What becomes of a call: allowed, a person is asked, or denied.

use ringfence_policy::{Annotations, Denial, Grant, Tier};

use crate::setup::Setup;

const DANGEROUS: &str = "[tool.tool]\nallow = [\"fs.write=/srv:/w\", \"env=A\"]";

#[test]
fn a_dangerous_call_needs_somebodys_word() {
    let denied = Setup::file(DANGEROUS);
    let denial = denied.decide().unwrap_err();
    assert!(matches!(denial, Denial::Dangerous { .. }));
    let words = denial.to_string();
    assert!(
        words.contains("`tool_run`") && words.contains("`fs.write=/w`"),
        "{words}"
    );
    assert!(
        !words.contains("/srv") && !words.contains("env=A"),
        "{words}"
    );

    let asked = Setup::file(&format!("[default]\ndangerous = \"ask\"\n{DANGEROUS}"));
    assert!(matches!(asked.decide(), Err(Denial::ApprovalNeeded(_))));
    let allowed = Setup::file(&format!(
        "[default]\ndangerous = \"deny\"\n{DANGEROUS}\ndangerous = \"allow\""
    ));
    assert_eq!(allowed.decide().unwrap().grants().len(), 2);
}

#[test]
fn a_tool_that_is_not_dangerous_needs_nobody() {
    for mode in ["deny", "ask", "allow"] {
        let setup = Setup::file(&format!(
            "[default]\ndangerous = \"{mode}\"\n[tool.tool]\nallow = [\"env=A\"]"
        ));
        assert!(setup.decide().is_ok(), "{mode}");
    }
}

#[test]
fn a_denial_names_a_few_of_what_makes_a_tool_dangerous() {
    let words = |count: usize| {
        let grants: Vec<_> = (0..count).map(|at| format!("\"tools=t{at}_x\"")).collect();
        let text = format!("[tool.tool]\nallow = [{}]", grants.join(", "));
        Setup::file(&text).decide().unwrap_err().to_string()
    };
    assert!(words(5).contains("`tools=t4_x`; set"), "{}", words(5));
    assert!(
        words(7).contains("`tools=t4_x`, 2 more; set"),
        "{}",
        words(7)
    );
}

#[test]
fn a_question_says_what_a_person_is_asked_about() {
    let words = |text: &str| Setup::file(text).decide().unwrap_err().to_string();
    assert_eq!(
        words(&format!("[default]\ndangerous = \"ask\"\n{DANGEROUS}")),
        "a person has to approve of `tool_run` with `fs.write=/w`, and nobody can be asked here. Grant \
         it on the command line, or set `dangerous = \"allow\"` for it in the policy file"
    );
    let every_call = words("[default]\ncall = \"ask\"\nallow = [\"env=A\"]");
    assert!(
        every_call.starts_with("a person has to approve of `tool_run`, and nobody"),
        "{every_call}"
    );
}

#[test]
fn an_answer_is_bound_to_all_that_was_asked() {
    let needed = |text: &str, caller: &str, tool: &str| {
        let setup = Setup::file(&format!("[tenant.acme]\n{text}"));
        match setup.by(caller).calls(tool).decide() {
            Err(Denial::ApprovalNeeded(needed)) => needed,
            other => panic!("{other:?}"),
        }
    };
    let text = format!("dangerous = \"ask\"\ncall = \"ask\"\n{DANGEROUS}");
    let first = needed(&text, "acme/eve", "tool_run");
    assert_eq!(first.caller().to_string(), "acme/eve");
    assert_eq!(first.component().as_str(), "tool");
    assert_eq!(first.function().as_str(), "run");
    assert_eq!(*first.digest(), ringfence_tool::Digest::of(b"component"));
    // Another line for the same rule is the same question.
    let moved = needed(&format!("# moved\n{text}"), "acme/eve", "tool_run");
    assert_eq!(moved.binding(), first.binding());
    for other in [
        needed(&text, "acme/bob", "tool_run"),
        needed(&text, "acme/eve", "tool_walk"),
        needed(&text, "acme/eve", "other_run"),
        needed(&text.replace("/srv:", "/etc:"), "acme/eve", "tool_run"),
        needed(
            &text.replace("\"env=A\"", "\"tools=*\""),
            "acme/eve",
            "tool_run",
        ),
    ] {
        assert_ne!(other.binding(), first.binding(), "{other}");
    }
    let approval = first.clone().approve();
    assert_eq!(*approval.question(), *first);
}

#[test]
fn an_answer_is_bound_to_what_is_not_dangerous_as_well() {
    const ALLOW: &str = "\"net=https://a.example\", \"fs.read=/srv:/w\", \"fs.write=/srv:/w\"";

    let asked = |tables: &str| match Setup::file(tables).decide() {
        Err(Denial::ApprovalNeeded(needed)) => needed,
        other => panic!("{other:?}"),
    };
    let policy = |allow: &str, more: &str| {
        format!("[tool.tool]\ncall = \"ask\"\ndangerous = \"allow\"\nallow = [{allow}]\n{more}")
    };
    let first = asked(&policy(ALLOW, ""));
    let with = |grant: &str| asked(&policy(&format!("{ALLOW}, \"{grant}\""), ""));
    let mut bindings = vec![first.binding()];
    for more in [
        "net=https://b.example",
        "net=https://a.example:8443",
        "fs.read=/etc:/etc",
        "secret=TOKEN->a.example",
        "secret=OTHER->a.example",
        "secret=TOKEN->b.example",
        "secret=TOKEN->a.example:x-api-key",
        "kv=notes",
        "kv=notes:2MiB",
        "env=HOME",
        "config=key",
        "clock.precise",
        "stdin",
        "socket=tcp:a.example:5432",
        "net=https://[10.0.0.0/8]",
        "tools=text_*",
        "budget.wall=1s",
        "budget.wall=2s",
    ] {
        let needed = with(more);
        let listed = needed.capabilities().iter();
        let listed: Vec<_> = listed.map(|one| one.grant.to_string()).collect();
        assert!(listed.contains(&more.to_owned()), "{more}: {listed:?}");
        assert!(!bindings.contains(&needed.binding()), "{more}");
        assert!(!first.clone().approve().answers(&needed), "{more}");
        bindings.push(needed.binding());
    }
    // Without a denial more could be touched than when somebody said yes.
    for denied in [
        "fs.read=/w/private",
        "socket=tcp:10.0.0.1:80",
        "net=GET https://a.example/x",
    ] {
        let less = asked(&policy(ALLOW, &format!("deny = [\"{denied}\"]")));
        assert_ne!(less.binding(), first.binding(), "{denied}");
    }
    // What bears on nothing that is granted changes nothing, and neither does the order of rules.
    let same = [
        policy(ALLOW, "deny = [\"env=HOME\"]"),
        policy(
            "\"fs.write=/srv:/w\", \"fs.read=/srv:/w\", \"net=https://a.example\"",
            "[default]\nallow = [\"net=https://a.example\"]",
        ),
    ];
    for same in same {
        assert_eq!(asked(&same).binding(), first.binding(), "{same}");
        assert!(first.clone().approve().answers(&asked(&same)), "{same}");
    }
}

#[test]
fn a_question_names_what_is_dangerous_first() {
    let setup = Setup::file(
        "[default]\nallow = [\"env=A\"]\n[tool.tool]\ncall = \"ask\"\ndangerous = \"allow\"\nallow = [\"env=A\", \"budget.wall=1s\", \
         \"fs.write=/srv:/w\", \"tools=*\"]",
    );
    let Err(Denial::ApprovalNeeded(needed)) = setup.decide() else {
        panic!()
    };
    let listed = needed.capabilities().iter();
    let listed: Vec<_> = listed.map(|one| one.grant.to_string()).collect();
    assert_eq!(
        listed,
        ["fs.write=/srv:/w", "tools=*", "env=A", "budget.wall=1s"]
    );
    assert_eq!(needed.dangerous(), 2);
}

#[test]
fn a_range_that_a_name_may_lead_into_is_part_of_the_question() {
    let text = |more: &str| {
        format!(
            "[tool.tool]\ncall = \"ask\"\ndangerous = \"allow\"\nallow = [\"net=https://a.example\"{more}]"
        )
    };
    let asked = |more: &str| {
        let setup = Setup::file(&text(more)).asking(&["net=https://a.example"]);
        match setup.decide() {
            Err(Denial::ApprovalNeeded(needed)) => needed,
            other => panic!("{other:?}"),
        }
    };
    let range = asked(", \"net=https://[10.0.0.0/8]\"");
    assert_ne!(range.binding(), asked("").binding());
    assert_eq!(range.capabilities().len(), 2);
    // Ranges for sockets lead no request anywhere.
    let sockets = asked(", \"socket=tcp:[10.0.0.0/8]:443\"");
    assert_eq!(sockets.binding(), asked("").binding());
}

#[test]
fn what_the_command_line_grants_is_approved() {
    let setup = Setup::grants(&["fs.write=/srv:/w", "tools=*"]);
    assert_eq!(setup.effective().tier(), Tier::Dangerous);
    assert!(setup.decide().is_ok());
}

#[test]
fn an_approval_is_to_one_question() {
    let text = format!(
        "[default]\ndangerous = \"ask\"\n{DANGEROUS}\n[tenant.acme]\n[tenant.other]\nallow = [\"net=POST https://a.example\"]"
    );
    let setup = Setup::file(&text);
    let Err(Denial::ApprovalNeeded(needed)) = setup.decide() else {
        panic!()
    };
    assert_eq!(needed.tool(), "tool_run");
    assert_eq!((needed.capabilities().len(), needed.dangerous()), (2, 1));
    let approval = needed.approve();
    let approved = |setup: &Setup| {
        setup.with(|caller, subject| {
            setup
                .policy
                .approved(caller, subject, None, &approval)
                .is_ok()
        })
    };
    assert!(approved(&setup));
    assert!(approved(&Setup::file(&text)), "the same policy, read again");
    assert!(
        !approved(&Setup::file(&text).by("acme/local")),
        "another caller"
    );
    assert!(
        !approved(&Setup::file(&text).calls("tool_other")),
        "another function"
    );
    let more = text.replace("\"env=A\"", "\"env=A\", \"fs.write=/srv/x:/x\"");
    assert!(!approved(&Setup::file(&more)), "more to touch");
    let moved = text.replace("/srv:", "/etc:");
    assert!(!approved(&Setup::file(&moved)), "another directory");
    let denied = text.replace("\"ask\"", "\"deny\"");
    assert!(!approved(&Setup::file(&denied)), "denied since");
    let elsewhere = setup.with(|caller, subject| {
        let mut other = subject.clone();
        let digest = ringfence_tool::Digest::of(b"other bytes");
        other.digest = &digest;
        setup
            .policy
            .approved(caller, &other, None, &approval)
            .is_ok()
    });
    assert!(!elsewhere, "other bytes");
}

#[test]
fn the_mode_of_the_narrower_scope_holds() {
    let text = "[default]\ncall = \"deny\"\n[tool.tool]\ncall = \"allow\"\n[tool.tool_never]\ncall = \"deny\"\n\
                [tenant.acme]\ncall = \"ask\"\n[tenant.acme.principal.eve]\ncall = \"deny\"\n\
                [tenant.acme.principal.eve.tool.tool]\ncall = \"allow\"";
    let setup = || Setup::file(text);
    assert!(matches!(
        setup().calls("other_run").decide(),
        Err(Denial::Call(_))
    ));
    assert!(setup().decide().is_ok());
    assert!(matches!(
        setup().calls("tool_never").decide(),
        Err(Denial::Call(_))
    ));
    assert!(setup().by("acme/bob").decide().is_ok());
    assert!(matches!(
        setup().by("acme/bob").calls("other_run").decide(),
        Err(Denial::ApprovalNeeded(_))
    ));
    assert!(matches!(
        setup().by("acme/eve").calls("other_run").decide(),
        Err(Denial::Call(_))
    ));
    assert!(setup().by("acme/eve").decide().is_ok());
}

#[test]
fn what_policy_could_never_permit_is_not_listed() {
    let listed =
        |setup: &Setup| setup.with(|caller, subject| setup.policy.could_permit(caller, subject));
    assert!(!listed(&Setup::file(DANGEROUS)));
    assert!(listed(&Setup::file(&format!(
        "[default]\ndangerous = \"ask\"\n{DANGEROUS}"
    ))));
    assert!(!listed(&Setup::file("[tool.tool]\ncall = \"deny\"")));
    assert!(listed(&Setup::file("[tool.tool]\ncall = \"ask\"")));
    assert!(!listed(&Setup::file("").by("acme/eve")));
    assert!(listed(&Setup::file("[tenant.acme]").by("acme/eve")));
}

#[test]
fn a_caller_of_a_tenant_that_nobody_wrote_of_is_denied() {
    let setup = Setup::file("[default]\nallow = [\"env=A\"]\n[tenant.acme]").by("other/eve");
    assert_eq!(
        setup.decide().unwrap_err(),
        Denial::UnknownCaller("other/eve".into())
    );
}

#[test]
fn tiers_and_annotations_follow_from_grants() {
    use Tier::{Dangerous, Elevated, Normal};
    for (grant, tier, annotations) in [
        ("random", Normal, "read"),
        ("config=a", Normal, "read"),
        ("kv=a", Normal, "destructive"),
        ("stdin", Normal, "read"),
        ("stdout", Normal, "read"),
        ("budget.wall=1s", Normal, "read"),
        ("clock.precise", Elevated, "read"),
        ("env=A", Elevated, "read"),
        ("secret=A->a.example", Elevated, "read"),
        ("fs.list=/a:/a", Elevated, "read"),
        ("fs.read=/a:/a", Elevated, "read"),
        ("fs.create=/a:/a", Dangerous, "write"),
        ("fs.change=/a:/a", Dangerous, "destructive"),
        ("fs.delete=/a:/a", Dangerous, "destructive"),
        ("fs.write=/a:/a", Dangerous, "destructive"),
        ("net=https://a.example", Elevated, "read open"),
        ("net=POST https://a.example", Dangerous, "destructive open"),
        ("net=https://*.example", Dangerous, "read open"),
        ("net=https://*", Dangerous, "read open"),
        ("net=https://10.0.0.1", Dangerous, "read open"),
        ("socket=tcp:a.example:1", Dangerous, "destructive open"),
        ("tools=a_b", Dangerous, "destructive open"),
    ] {
        let grant: Grant = grant.parse().unwrap();
        assert_eq!(Tier::of(&grant), tier, "{grant}");
        let found = Annotations::of([&grant]);
        let words = match (found.read_only, found.destructive) {
            (true, false) => "read",
            (false, false) => "write",
            (false, true) => "destructive",
            (true, true) => "both",
        };
        let open = if found.open_world { " open" } else { "" };
        assert_eq!(format!("{words}{open}"), annotations, "{grant}");
    }
    let nothing = Annotations::of([]);
    assert!(nothing.read_only && !nothing.destructive && !nothing.open_world);
}

#[test]
fn what_was_weighed_is_remembered_for_that_pair_alone() {
    let setup = Setup::file(
        "[tenant.acme]\nallow = [\"env=A\"]\n[tenant.acme.principal.eve]\nallow = [\"env=B\"]\n[tool.tool_run]\nallow = [\"env=C\"]",
    );
    // One policy throughout: a copy of it would remember nothing.
    let granted = |caller: &str, tool: &str| {
        let asking = Setup::grants(&[]).by(caller).calls(tool);
        asking.with(|caller, subject| {
            let grants = setup.policy.effective(caller, subject);
            let grants = grants.grants().iter().map(ToString::to_string);
            grants.collect::<Vec<_>>().join(" ")
        })
    };
    for _ in 0..2 {
        assert_eq!(granted("acme/eve", "tool_run"), "env=A env=B env=C");
        assert_eq!(granted("acme/bob", "tool_run"), "env=A env=C");
        assert_eq!(granted("acme/eve", "tool_other"), "env=A env=B");
        assert_eq!(granted("acme/eve", "other_run"), "env=A env=B");
        assert_eq!(granted("local/local", "tool_run"), "env=C");
    }
    // More callers than are remembered change nothing.
    let (policy, reach) = (&setup.policy, &setup.reach);
    for number in 0..5000 {
        let caller = Setup::grants(&[]).by(&format!("acme/p{number}")).caller;
        let same = Setup {
            policy: Setup::grants(&[]).policy,
            caller,
            tool: "tool_run".to_owned(),
            reach: reach.clone(),
        };
        let count = same.with(|caller, subject| policy.effective(caller, subject).grants().len());
        assert_eq!(count, 2);
    }
}

#[test]
fn a_rule_for_some_bytes_is_for_no_others() {
    let digest = ringfence_tool::Digest::of(b"component");
    for text in [
        format!("[tool.tool]\ndigest = \"{digest}\"\nallow = [\"env=A\"]"),
        format!("[tool.\"{digest}\"]\nallow = [\"env=A\"]"),
    ] {
        let setup = Setup::file(&text);
        assert_eq!(setup.granted(), ["env=A"]);
        let granted = setup.with(|caller, subject| {
            let mut other = subject.clone();
            let bytes = ringfence_tool::Digest::of(b"the next version");
            other.digest = &bytes;
            setup.policy.effective(caller, &other).grants().len()
        });
        assert_eq!(granted, 0, "{text}");
    }
}
