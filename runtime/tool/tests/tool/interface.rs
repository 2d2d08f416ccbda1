//! What is read from a component.

use ringfence_tool::{Digest, Float, Payload, Type};

use crate::support::{component, definition, module, read, reason, try_read, with_section, world};

#[test]
fn world_functions_and_interfaces_are_tools() {
    let component = read(component(&["
        package acme:geo@1.2.0;
        interface distance {
            record point { x: f64, y: f64 }
            between: func(a: point, b: point) -> f64;
        }
        world tool {
            export greet: func(name: string) -> string;
            export distance;
            export inline: interface { ping: func(); }
        }"]));
    let names: Vec<_> = component
        .interface()
        .functions
        .iter()
        .map(|function| function.tool_name.as_str())
        .collect();
    assert_eq!(names, ["test_greet", "test_between", "test_ping"]);
    let exports: Vec<_> = component
        .interface()
        .functions
        .iter()
        .map(|function| function.export.interface.as_deref())
        .collect();
    assert_eq!(
        exports,
        [None, Some("acme:geo/distance@1.2.0"), Some("inline")]
    );
    let between = &component.interface().functions[1];
    assert_eq!(between.result.ok, Payload::Value(Type::Float(Float::F64)));
    let Type::Record(point) = &between.params[0].ty else {
        panic!("{:?}", between.params)
    };
    assert_eq!(point.name.as_deref(), Some("point"));
    assert_eq!(component.interface().unavailable, []);
}

#[test]
fn the_digest_is_that_of_the_given_bytes() {
    let bytes = world("export f: func();");
    assert_eq!(read(bytes.clone()).digest(), Digest::of(&bytes));
    assert_eq!(&**read(bytes.clone()).bytes(), bytes.as_slice());
}

#[test]
fn imports_are_the_interfaces_and_their_functions() {
    let component = read(world(
        "import ringfence:tool/host@0.1.0;
         import beep: func();
         export f: func();",
    ));
    let imports = component.imports();
    let host = imports
        .iter()
        .find(|import| &*import.name == "ringfence:tool/host@0.1.0")
        .unwrap();
    let functions: Vec<_> = host.functions.iter().map(|name| &**name).collect();
    assert_eq!(
        functions,
        ["progress", "log", "cancelled", "deadline", "background"]
    );
    let beep = imports
        .iter()
        .find(|import| &*import.name == "beep")
        .unwrap();
    assert_eq!(beep.functions.len(), 1);
}

#[test]
fn content_is_told_by_its_owner() {
    let component = read(component(&["
        package acme:test@1.0.0;
        interface pictures {
            use ringfence:tool/types@0.1.0.{content as block, tool-error};
            draw: func() -> result<list<block>, tool-error>;
        }
        interface mine {
            variant content { text(string) }
            fake: func() -> content;
        }
        world tool {
            use ringfence:tool/types@0.1.0.{content};
            export one: func() -> content;
            export many: func() -> list<content>;
            export maybe: func() -> result<content, string>;
            export wrapped: func() -> option<content>;
            export pictures;
            export mine;
        }"]));
    let carried = |name: &str| {
        let function = component
            .interface()
            .functions
            .iter()
            .find(|function| function.name.as_str() == name);
        match function
            .unwrap_or_else(|| panic!("{name}: {:?}", component.interface()))
            .result
            .ok
        {
            Payload::Nothing => "nothing",
            Payload::Value(_) => "value",
            Payload::Content(_) => "content",
            Payload::Contents(_) => "contents",
        }
    };
    let found = ["one", "many", "maybe", "wrapped", "draw", "fake"].map(carried);
    assert_eq!(
        found,
        [
            "content", "contents", "content", "value", "contents", "value"
        ]
    );
    assert_eq!(definition(&component, "one").output_schema, None);
    assert!(definition(&component, "fake").output_schema.is_some());
}

#[test]
fn resources_make_a_function_unavailable_and_no_other() {
    let component = read(component(&["
        package acme:test;
        interface files {
            resource file { constructor(path: string); size: func() -> u64; }
            open: func(path: string) -> file;
            close: func(file: file);
            count: func() -> u32;
        }
        world tool { export files; }"]));
    let names: Vec<_> = component
        .definitions()
        .iter()
        .map(|definition| definition.name.as_str())
        .collect();
    assert_eq!(names, ["test_count"]);
    assert_eq!(
        reason(&component, "open"),
        "result: it holds a resource, which JSON cannot"
    );
    assert_eq!(
        reason(&component, "close"),
        "parameter `file`: it holds a resource, which JSON cannot"
    );
    assert_eq!(
        reason(&component, "[method]file.size"),
        "it belongs to a resource; only plain functions can be tools"
    );
}

#[test]
fn what_a_toolchain_leaves_behind_is_no_tool() {
    let component = read(component(&[
        "package wasi:cli@0.2.6;\ninterface run { run: func() -> result; }",
        "package acme:test;
        world tool {
            export run: func();
            export init: func(shim: string, script: string, entry-path: string, disable-gc: bool);
            export exports: interface { init: func(app-name: string); }
            export wasi:cli/run@0.2.6;
        }",
    ]));
    let names: Vec<_> = component
        .definitions()
        .iter()
        .map(|definition| definition.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["test_run"],
        "the author's own function keeps its plain name"
    );
    let reasons: Vec<_> = component
        .interface()
        .unavailable
        .iter()
        .map(|unavailable| &*unavailable.reason)
        .collect();
    assert_eq!(
        reasons,
        [
            "it was left behind by the JavaScript toolchain",
            "it was left behind by the Python toolchain",
            "`wasi:cli/run@0.2.6` is an entry point of WASI, not a typed tool; export functions of your own",
        ]
    );
}

#[test]
fn a_plain_init_is_a_tool() {
    let component = read(world("export init: func(seed: u32);"));
    assert_eq!(component.definitions()[0].name.as_str(), "test_init");
}

#[test]
fn functions_of_one_name_take_their_interface() {
    let component = read(component(&["
        package acme:test;
        interface maps { get: func(); }
        interface lists { get: func(); resource r; take: func(r: r); }
        world tool { export maps; export lists; export take: func(); }"]));
    let names: Vec<_> = component
        .definitions()
        .iter()
        .map(|definition| definition.name.as_str())
        .collect();
    assert_eq!(names, ["test_take", "test_maps_get", "test_lists_get"]);
}

#[test]
fn a_core_module_that_embeds_its_interface_is_adapted() {
    let bytes =
        module(&["package acme:test; world tool { export greet: func(name: string) -> string; }"]);
    let component = read(bytes.clone());
    assert_eq!(component.definitions()[0].name.as_str(), "test_greet");
    assert_eq!(component.digest(), Digest::of(&bytes));
    assert_ne!(&**component.bytes(), bytes.as_slice());
    assert_eq!(component.imports(), []);
}

#[test]
fn a_preview_1_module_gets_the_adapter() {
    // What a C library compiled for preview 1 looks like: it reads the clock through WASI.
    let text = r#"(module
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "now") (result i64)
            (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 8)))
            (i64.load (i32.const 8))))"#;
    let mut module = wat::parse_str(text).unwrap();
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve
        .push_source(
            "t.wit",
            "package acme:test; world tool { export now: func() -> u64; }",
        )
        .unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        wit_component::StringEncoding::UTF8,
    )
    .unwrap();
    let component = read(module);
    assert_eq!(component.definitions()[0].name.as_str(), "test_now");
    let imports: Vec<_> = component
        .imports()
        .iter()
        .map(|import| &*import.name)
        .collect();
    assert!(
        imports
            .iter()
            .any(|name| name.starts_with("wasi:clocks/wall-clock@0.2.")),
        "{imports:?}"
    );
    assert!(component.footprint().modules >= 2);
}

#[test]
fn a_plain_program_is_told_what_to_do() {
    let module = wat::parse_str("(module (func (export \"_start\")))").unwrap();
    let error = try_read(module).unwrap_err().to_string();
    assert!(
        error.starts_with("a core module without an interface"),
        "{error}"
    );
    assert!(error.contains("`wasm-tools component new`"), "{error}");
}

#[test]
fn the_footprint_counts_what_the_engine_will_need() {
    let component = read(
        wat::parse_str(
            "(component
        (core module (memory 3) (table 7 funcref) (func) (func))
        (core module (memory 17 20) (func)))",
        )
        .unwrap(),
    );
    let footprint = component.footprint();
    assert_eq!(
        (footprint.modules, footprint.functions, footprint.memories),
        (2, 3, 2)
    );
    assert_eq!((footprint.memory_pages, footprint.table_elements), (17, 7));
}

#[test]
fn names_come_from_the_manifest_or_the_file() {
    let bytes = world("export f: func();");
    assert_eq!(read(bytes.clone()).name().as_str(), "test");
    let named = with_section(bytes, "ringfence:manifest", b"name = \"other\"");
    assert_eq!(read(named).definitions()[0].name.as_str(), "other_f");
}
