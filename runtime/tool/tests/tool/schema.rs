//! What clients are told: golden schemas, words, and the checks that schemas promise.

use std::time::Duration;

use ringfence_tool::{Component, WitSource, pack};
use serde_json::{Value, json};

use crate::support::{component, definition, read, try_manifest, world};

/// Every WIT value type, as a parameter and as a result.
const EVERYTHING: &str = "
    /// A place on a map.
    record point {
        /// Degrees east.
        x: f64,
        y: f64,
        /// What people call it.
        label: option<string>,
    }
    variant shape {
        /// Nothing at all.
        empty,
        everywhere,
        /// Around a point.
        circle(tuple<point, f32>),
        maybe(option<u8>),
    }
    /// How to look.
    enum mode {
        /// Skips what is hard.
        fast,
        thorough,
    }
    flags access { read, write }
    record nested { shapes: list<shape>, twice: option<option<bool>>, outcome: result<u16, string> }

    /// Takes all that there is.
    export everything: func(
        truth: bool, letter: char, text: string, bytes: list<u8>,
        a: s8, b: s16, c: s32, d: s64, e: u8, f: u16, g: u32, h: u64, i: f32, j: f64,
        place: point, form: shape, how: mode, may: access, pair: tuple<string, u8>,
        items: list<option<string>>, perhaps: option<u32>, perhaps-twice: option<option<u32>>,
        deep: nested, nothing: result, half: result<_, string>,
    );
    export truth: func() -> bool;
    export number: func() -> f64;
    export perhaps: func() -> option<string>;
    export deep: func() -> result<nested, string>;
    export twice: func() -> option<option<point>>;
    export items: func() -> result<list<tuple<string, option<f32>>>>;
    export nothing: func() -> result<_, string>;
";

fn documented() -> Component {
    let text = format!("package acme:test@1.0.0;\nworld tool {{\n{EVERYTHING}\n}}");
    let component = component(&[&text]);
    let wit = [WitSource {
        path: "wit/tool.wit",
        text: &text,
    }];
    read(pack(&component, &wit, None, "name = \"test\"").unwrap())
}

#[test]
fn every_type_has_a_schema() {
    let component = documented();
    let definitions: Vec<Value> = component
        .definitions()
        .iter()
        .map(|definition| {
            json!({
                "name": definition.name.as_str(),
                "description": &*definition.description,
                "inputSchema": &*definition.input_schema,
                "outputSchema": definition.output_schema.as_deref(),
            })
        })
        .collect();
    assert_eq!(component.interface().unavailable, []);
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_json_snapshot!("every_type", definitions);
    });
}

#[test]
fn schemas_are_valid_2020_12() {
    for definition in documented().definitions() {
        let schemas = std::iter::once(&definition.input_schema).chain(&definition.output_schema);
        for schema in schemas {
            let schema = Value::Object((**schema).clone());
            jsonschema::draft202012::meta::validate(&schema).unwrap();
            jsonschema::draft202012::new(&schema).unwrap();
        }
    }
}

#[test]
fn a_description_is_never_empty() {
    let bare = read(world("export word-count: func(text: string) -> u32;"));
    assert_eq!(
        &*definition(&bare, "word-count").description,
        "Word count (no description given)"
    );
    let about = try_manifest(
        "export word-count: func(text: string) -> u32;",
        "name = \"text\"\ndescription = \"Works on text.\"\ndeprecated = \"use `words` instead\"",
    );
    assert_eq!(
        &*definition(&about.unwrap(), "word-count").description,
        "Deprecated: use `words` instead\n\nWord count. Part of: Works on text."
    );
}

#[test]
fn poisoned_documentation_is_neutralised() {
    let text = "package acme:test;\nworld tool {\n/// Adds.\u{200b}\u{e0041}\u{202e} Fine\u{7}.\nexport add: func();\n}";
    let component = component(&["package acme:test; world tool { export add: func(); }"]);
    let docs = json!({"worlds": {"root": {"func_exports": {"add": {"docs": "Adds.\u{200b}\u{e0041}\u{202e} Fine\u{7}.\u{1b}[2J"}}}}});
    let section = [b"\x01", docs.to_string().as_bytes()].concat();
    let read = read(crate::support::with_section(
        component,
        "package-docs",
        &section,
    ));
    assert_eq!(
        &*definition(&read, "add").description,
        "Adds. Fine.[2J",
        "{text}"
    );
}

#[test]
fn the_manifest_adds_what_types_cannot_say() {
    let component = try_manifest(
        "export find: func(text: string, limit: u32, mode: option<string>, tags: list<string>) -> u32;",
        r#"
        name = "finder"
        timeout-ms = 5000
        [functions.find]
        title = "Find"
        description = "Finds text."
        timeout-ms = 1000
        examples = [{ arguments = { text = "a", tags = [] }, result = 3 }]
        [functions.find.params.text]
        description = "What to find."
        min-length = 1
        max-length = 10
        pattern = "^[a-z]+$"
        [functions.find.params.limit]
        minimum = 1
        maximum = 100
        default = 10
        [functions.find.params.mode]
        enum = ["fast", "thorough"]
        [functions.find.params.tags]
        max-items = 2
        examples = [["x"]]
        "#,
    )
    .unwrap();
    let find = definition(&component, "find");
    assert_eq!(find.title.as_deref(), Some("Find"));
    assert_eq!(find.timeout, Some(Duration::from_secs(1)));
    assert_eq!(
        Value::Object((*find.input_schema).clone()),
        json!({
            "type": "object",
            "properties": {
                "text": {
                    "type": "string", "description": "What to find.",
                    "minLength": 1, "maxLength": 10, "pattern": "^[a-z]+$",
                },
                "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
                "mode": {"type": "string", "enum": ["fast", "thorough"]},
                "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "examples": [["x"]]},
            },
            "required": ["text", "tags"],
            "additionalProperties": false,
            "examples": [{"text": "a", "tags": []}],
        })
    );
    assert_eq!(
        find.output_schema.as_deref().unwrap()["examples"],
        json!([{"result": 3}])
    );
}

const FIND: &str =
    "export find: func(text: string, limit: u64, mode: option<string>, tags: list<string>);";
const FIND_MANIFEST: &str = r#"
    name = "finder"
    [functions.find.params]
    text = { min-length = 1, max-length = 3, pattern = "^[a-zé]+$" }
    limit = { minimum = 1, maximum = 9223372036854775807, default = 10 }
    mode = { enum = ["fast", "thorough"] }
    tags = { min-items = 1, max-items = 2 }
"#;

#[test]
fn missing_arguments_take_their_default() {
    let component = try_manifest(FIND, FIND_MANIFEST).unwrap();
    let find = definition(&component, "find");
    assert!(find.is_constrained());
    let Value::Object(mut arguments) = json!({"text": "éé", "mode": null, "tags": ["x"]}) else {
        panic!()
    };
    find.admit(&mut arguments).unwrap();
    assert_eq!(
        Value::Object(arguments),
        json!({"text": "éé", "mode": null, "tags": ["x"], "limit": 10})
    );
}

#[test]
fn arguments_are_refused_as_the_schema_promises() {
    let component = try_manifest(FIND, FIND_MANIFEST).unwrap();
    let find = definition(&component, "find");
    let schema = Value::Object((*find.input_schema).clone());
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let good = json!({"text": "éé", "tags": ["x"]});
    assert!(schema.is_valid(&good));
    for (argument, error) in [
        (
            json!({"text": ""}),
            "`text`: must have at least 1 character",
        ),
        (
            json!({"text": "abcd"}),
            "`text`: must have at most 3 characters",
        ),
        (
            json!({"text": "A"}),
            "`text`: must match the pattern `^[a-zé]+$`",
        ),
        (json!({"limit": 0}), "`limit`: must be at least 1"),
        (
            json!({"limit": u64::MAX}),
            "`limit`: must be at most 9223372036854775807",
        ),
        (
            json!({"limit": 1_u64 << 63}),
            "`limit`: must be at most 9223372036854775807",
        ),
        (
            json!({"mode": "slow"}),
            "`mode`: must be one of \"fast\", \"thorough\"",
        ),
        (json!({"tags": []}), "`tags`: must have at least 1 item"),
        (
            json!({"tags": ["a", "b", "c"]}),
            "`tags`: must have at most 2 items",
        ),
    ] {
        let mut arguments = good.as_object().unwrap().clone();
        arguments.extend(argument.as_object().unwrap().clone());
        assert_eq!(find.admit(&mut arguments).unwrap_err().to_string(), error);
        assert!(!schema.is_valid(&Value::Object(arguments)), "{argument}");
    }
}
