//! Components that describe themselves.

use ringfence_tool::{Component, ProviderFunction, Provides};

use crate::support::{read, reason, world};

/// A component with an instance of `name` that exports so-called `functions`, which do nothing.
fn forged(name: &str, functions: &[&str]) -> Component {
    let exports = functions.iter().fold(String::new(), |exports, function| {
        exports + "(export \"" + function + "\" (func $f))"
    });
    let text = format!(
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $p {exports})
            (export "{name}" (instance $p)))"#
    );
    read(wat::parse_str(text).unwrap())
}

#[test]
fn what_a_component_describes_itself_is_recognised() {
    let component = read(world(
        "export ringfence:tool/provider@0.1.0;
         export ringfence:tool/resources@0.1.0;
         export ringfence:tool/prompts@0.1.0;
         export ringfence:tool/completion@0.1.0;",
    ));
    let all = Provides {
        tools: true,
        resources: true,
        prompts: true,
        completion: true,
    };
    assert_eq!(component.provides(), all);
    for which in ProviderFunction::ALL {
        let function = component.provider_function(which).unwrap();
        assert_eq!(&*function.export.function, which.export());
        assert_eq!(
            function.export.interface.as_deref(),
            Some(which.interface())
        );
    }
    assert_eq!(component.provider_functions().count(), 8);
    assert_eq!(component.definitions(), []);
    assert_eq!(component.interface().unavailable, []);
}

#[test]
fn each_interface_counts_alone_and_beside_plain_functions() {
    let component = read(world(
        "export ringfence:tool/prompts@0.1.0;
         export describe: func() -> string;
         export get: func(name: string) -> string;",
    ));
    let prompts = Provides {
        prompts: true,
        ..Provides::default()
    };
    assert_eq!(component.provides(), prompts);
    assert!(component.provides().any());
    assert_eq!(
        component.provider_function(ProviderFunction::Describe),
        None
    );
    let names: Vec<_> = component
        .definitions()
        .iter()
        .map(|definition| definition.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["test_describe", "test_get"],
        "the author's own functions keep their plain names"
    );
    let get = component.provider_function(ProviderFunction::Get).unwrap();
    assert!(!names.contains(&get.tool_name.as_str()));
}

#[test]
fn a_plain_component_describes_nothing_itself() {
    let component = read(world("export call: func();"));
    assert!(!component.provides().any());
}

#[test]
fn an_interface_of_other_types_is_not_served() {
    let component = forged("ringfence:tool/provider@0.1.0", &["describe", "call"]);
    assert!(!component.provides().any());
    assert_eq!(component.definitions(), []);
    for function in ["describe", "call"] {
        let reason = reason(&component, function);
        assert!(reason.starts_with("its type is not the one"), "{reason}");
    }
}

#[test]
fn an_interface_that_is_not_whole_is_not_served() {
    let component = forged("ringfence:tool/completion@0.1.0", &["suggest"]);
    assert!(!component.provides().any());
    assert_eq!(
        reason(&component, "suggest"),
        "`ringfence:tool/completion@0.1.0` has no such function"
    );

    let component = forged("ringfence:tool/prompts@0.1.0", &["get"]);
    assert!(!component.provides().any());
    assert!(reason(&component, "describe-prompts").starts_with("it is missing"));
}

#[test]
fn an_interface_of_another_version_is_not_served() {
    let component = forged("ringfence:tool/provider@0.9.0", &["describe"]);
    assert!(!component.provides().any());
    assert_eq!(component.definitions(), []);
    assert_eq!(
        reason(&component, "describe"),
        "`ringfence:tool/provider@0.9.0` is not a version that is served; export \
         `ringfence:tool/provider@0.1.0`"
    );
}
