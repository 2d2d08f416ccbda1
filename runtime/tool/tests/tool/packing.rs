//! Packing: what goes in comes out again, and other tools can still read it.

use ringfence_tool::{PackError, WitSource, pack};
use wit_parser::decoding::{DecodedWasm, decode};

use crate::support::{component, definition, module, read};

const MAIN: &str = "
package acme:geo@1.0.0;

/// Distances.
interface distance {
    use shared:types/places@2.0.0.{place};
    /// How people measure.
    enum unit {
        /// A thousand metres.
        kilometre,
        mile,
    }
    /// How far it is between two places.
    between: func(a: place, b: place, unit: unit) -> f64;
}

/// Tools for maps.
world maps {
    /// Greets.
    export greet: func(name: string) -> string;
    export distance;
    /// Small things.
    export inline: interface {
        /// Pings.
        ping: func();
    }
}
";
const PLACES: &str = "
package shared:types@2.0.0;
interface places {
    /// Somewhere.
    record place {
        /// Degrees east.
        longitude: f64,
        latitude: f64,
    }
}
";
const WIT: &[WitSource<'_>] = &[
    WitSource {
        path: "wit/maps.wit",
        text: MAIN,
    },
    WitSource {
        path: "wit/deps/places.wit",
        text: PLACES,
    },
];
const MANIFEST: &str = "name = \"maps\"\nversion = \"1.0.0\"\n";

#[test]
fn documentation_and_manifest_come_back() {
    let packed = pack(&component(&[PLACES, MAIN]), WIT, None, MANIFEST).unwrap();
    let component = read(packed);
    assert_eq!(component.name().as_str(), "maps");
    let description = |name: &str| definition(&component, name).description.to_string();
    assert_eq!(description("greet"), "Greets.");
    assert_eq!(description("between"), "How far it is between two places.");
    assert_eq!(description("ping"), "Pings.");
    let between = definition(&component, "between").input_schema.clone();
    assert_eq!(between["properties"]["a"]["description"], "Somewhere.");
    assert_eq!(
        between["properties"]["a"]["properties"]["longitude"]["description"],
        "Degrees east."
    );
    assert_eq!(
        between["properties"]["unit"]["description"],
        "How people measure.\n- `kilometre`: A thousand metres."
    );
}

#[test]
fn other_tools_can_read_it() {
    let packed = pack(&component(&[PLACES, MAIN]), WIT, None, MANIFEST).unwrap();
    let DecodedWasm::Component(resolve, world) = decode(&packed).unwrap() else {
        panic!()
    };
    let greet = &resolve.worlds[world].exports[&wit_parser::WorldKey::Name("greet".to_owned())];
    let wit_parser::WorldItem::Function(greet) = greet else {
        panic!()
    };
    assert_eq!(greet.docs.contents.as_deref(), Some("Greets."));
}

#[test]
fn packing_is_deterministic_and_replaces_what_was_there() {
    let bytes = component(&[PLACES, MAIN]);
    let once = pack(&bytes, WIT, None, MANIFEST).unwrap();
    assert_eq!(pack(&bytes, WIT, None, MANIFEST).unwrap(), once);
    assert_eq!(pack(&once, WIT, None, MANIFEST).unwrap(), once);
    let renamed = pack(&once, &[], None, "name = \"other\"").unwrap();
    let component = read(renamed.clone());
    assert_eq!(component.name().as_str(), "other");
    assert_eq!(
        &*definition(&component, "greet").description,
        "Greet (no description given)"
    );
    assert_eq!(pack(&renamed, WIT, None, MANIFEST).unwrap(), once);
}

#[test]
fn a_core_module_becomes_a_component() {
    let packed = pack(&module(&[PLACES, MAIN]), WIT, None, MANIFEST).unwrap();
    let component = read(packed.clone());
    assert_eq!(
        &**component.bytes(),
        packed.as_slice(),
        "reading has nothing left to adapt"
    );
    assert_eq!(&*definition(&component, "ping").description, "Pings.");
}

#[test]
fn a_module_that_says_nothing_is_given_the_world() {
    let module =
        wat::parse_str("(module (func (export \"add\") (param i32 i32) (result i32) unreachable))")
            .unwrap();
    let text =
        "package acme:a; world one { export add: func(a: u32, b: u32) -> u32; } world two {}";
    let wit = [WitSource {
        path: "a.wit",
        text,
    }];
    let component = read(pack(&module, &wit, Some("one"), MANIFEST).unwrap());
    assert_eq!(component.definitions()[0].name.as_str(), "maps_add");
    let error = pack(&module, &wit, None, MANIFEST).unwrap_err();
    assert!(matches!(error, PackError::Wit(_)), "{error}");
    let error = pack(&module, &[], None, MANIFEST).unwrap_err().to_string();
    assert!(
        error.starts_with("a core module without an interface"),
        "{error}"
    );
}

#[test]
fn mistakes_are_named() {
    let bytes = component(&[PLACES, MAIN]);
    let error = |wit: &[WitSource<'_>], manifest: &str| {
        pack(&bytes, wit, None, manifest).unwrap_err().to_string()
    };
    let found = error(
        &[WitSource {
            path: "wit/a.wit",
            text: "package a:b;\nworld {",
        }],
        MANIFEST,
    );
    assert!(
        found.starts_with("WIT: ") && found.contains("wit/a.wit:2:7"),
        "{found}"
    );
    let found = error(&WIT[..1], MANIFEST);
    assert!(
        found.starts_with("WIT: ") && found.contains("shared:types@2.0.0"),
        "{found}"
    );
    assert_eq!(error(WIT, "nam = 1").split(": ").next(), Some("manifest"));
    assert_eq!(
        error(WIT, "name = \"a\"\n[functions.gret]"),
        "what was packed cannot be used: manifest: line 2: there is no function `gret`; did you mean `greet`?"
    );
}
