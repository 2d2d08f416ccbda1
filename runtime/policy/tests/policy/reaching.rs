//! What a component can make use of: what it imports, narrowed to what its manifest asks for.

use ringfence_identity::Caller;
use ringfence_policy::{Capability, Grant, Kind, Kinds, Reach};
use ringfence_tool::Component;

use crate::setup::Setup;

/// A component that imports these, with a manifest that asks for these.
fn component(imports: &[&str], requests: &[&str]) -> Component {
    let mut text = String::from("(component ");
    if !requests.is_empty() {
        let mut manifest = "name = \\\"tool\\\"\\n".to_owned();
        for request in requests {
            manifest.push_str(&format!(
                "[[requests]]\\ncapability = \\\"{request}\\\"\\nreason = \\\"r\\\"\\n"
            ));
        }
        text.push_str(&format!("(@custom \"ringfence:manifest\" \"{manifest}\")"));
    }
    for import in imports {
        text.push_str(&format!("(import \"{import}\" (instance))"));
    }
    text.push(')');
    let bytes = wat::parse_str(&text).unwrap().into();
    Component::read(bytes, "tool").unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn words(kinds: Kinds) -> String {
    let words: Vec<_> = kinds.iter().map(Kind::word).collect();
    words.join(" ")
}

#[test]
fn an_import_is_the_most_that_a_component_can_use() {
    let files = "fs.change fs.create fs.delete fs.list fs.read fs.write";
    for (import, kinds) in [
        ("ringfence:tool/tools@0.1.0", "tools"),
        ("wasi:cli/environment@0.2.6", "env"),
        ("wasi:cli/stderr@0.2.6", "stdout"),
        ("wasi:cli/stdin@0.2.6", "stdin"),
        ("wasi:cli/stdout@0.2.6", "stdout"),
        ("wasi:cli/exit@0.2.6", ""),
        ("wasi:clocks/wall-clock@0.2.6", "clock.precise"),
        ("wasi:config/store@0.2.0-rc.1", "config"),
        ("wasi:filesystem/types@0.2.6", files),
        ("wasi:http/outgoing-handler@0.2.6", "net secret"),
        ("wasi:http/types@0.2.6", ""),
        ("wasi:keyvalue/store@0.2.0-draft2", "kv"),
        ("wasi:random/random@0.2.6", "random"),
        ("wasi:sockets/tcp@0.2.6", "socket"),
        ("somebody:else/thing@1.0.0", ""),
    ] {
        let reach = Reach::of(&component(&[import], &[]));
        assert_eq!(words(reach.kinds()), kinds, "{import}");
        assert_eq!(reach.requests(), None);
    }
    let both = component(&["wasi:cli/stderr@0.2.6", "wasi:cli/stdout@0.2.6"], &[]);
    assert_eq!(words(Reach::of(&both).kinds()), "stdout");
    let two = component(&["wasi:cli/stdin@0.2.6", "wasi:random/random@0.2.6"], &[]);
    assert_eq!(words(Reach::of(&two).kinds()), "random stdin");
}

#[test]
fn a_manifest_narrows_what_is_imported() {
    let imports = [
        "wasi:cli/environment@0.2.6",
        "wasi:filesystem/types@0.2.6",
        "wasi:random/random@0.2.6",
    ];
    let reach = |requests: &[&str]| Reach::of(&component(&imports, requests));
    assert_eq!(words(reach(&["env=LANG"]).kinds()), "env random");
    assert_eq!(
        words(reach(&["fs.read=/docs"]).kinds()),
        "fs.list fs.read random"
    );
    // What it asks for and does not import, it cannot use.
    assert_eq!(
        words(reach(&["net", "fs.create"]).kinds()),
        "fs.create random"
    );
    let asked: Vec<Capability> = vec!["env=LANG".parse().unwrap(), "net".parse().unwrap()];
    assert_eq!(reach(&["env=LANG", "net"]).requests(), Some(&asked[..]));
}

#[test]
fn what_every_function_may_do_is_what_no_rule_says_of_one_alone() {
    let setup = Setup::file(
        "[default]\nallow = [\"env=A\", \"fs.read=/srv:/d\"]\n[tool.tool]\nallow = [\"env=B\"]\n\
         [tool.tool_run]\nallow = [\"env=C\"]\n[tool.other]\nallow = [\"env=D\"]\n\
         [tenant.acme]\nallow = [\"env=E\"]",
    );
    let tool = component(&["wasi:cli/environment@0.2.6"], &["env"]);
    let granted = |caller: &Caller| -> Vec<String> {
        let granted = setup.policy.granted_to(caller, &tool);
        granted.iter().map(ToString::to_string).collect()
    };
    assert_eq!(granted(&Caller::local()), ["env=A", "env=B"]);
    let eve = Caller::new("acme".parse().unwrap(), "eve".parse().unwrap());
    assert_eq!(granted(&eve), ["env=A", "env=B", "env=E"]);
}

#[test]
fn what_a_policy_says_can_be_listed() {
    let setup = Setup::file(
        "[default]\nallow = [\"env=A\"]\ncall = \"ask\"\n\
         deny = [\"fs.read=/x\", \"random\", \"env=B\", \"net=*://*/admin\", \"fs.list\"]\n\
         [tenant.acme]\nallow = [\"kv=notes\"]",
    );
    let grants: Vec<_> = setup.policy.grants().map(Grant::to_string).collect();
    assert_eq!(grants, ["env=A", "kv=notes"]);
    let rules: Vec<_> = setup
        .policy
        .rules()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(rules.len(), 8, "{rules:?}");
    // What a host has to ask about at each effect.
    let partial: Vec<_> = setup
        .policy
        .partial_denials()
        .map(Capability::to_string)
        .collect();
    assert_eq!(partial, ["fs.read=/x", "random"]);
}
