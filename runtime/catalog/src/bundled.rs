//! The tools that are part of this program.
//!
//! Owns which they are. Their sources are in `guest-tools/`, and what is embedded here is built from
//! them: `guest-tools/prebuilt/provenance.toml` says from which and how.

use crate::source::Source;

/// A component that was built before this program.
macro_rules! prebuilt {
    ($name:literal) => {
        Source::Bundled {
            name: $name,
            bytes: include_bytes!(concat!("../../../guest-tools/prebuilt/", $name, ".wasm")),
        }
    };
}

/// The tools that ship with ringfence, in the order they are served.
pub fn bundled() -> Vec<Source> {
    vec![
        prebuilt!("codec"),
        prebuilt!("data"),
        prebuilt!("fetch"),
        prebuilt!("files"),
        prebuilt!("netscan"),
        prebuilt!("text"),
        prebuilt!("time"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn every_bundled_tool_loads_under_its_own_name() {
        let catalog = Catalog::load(bundled());
        assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
        let names: Vec<_> = catalog
            .components()
            .map(|tool| tool.name().as_str())
            .collect();
        assert_eq!(
            names,
            ["codec", "data", "fetch", "files", "netscan", "text", "time"]
        );
        for component in catalog.components() {
            assert!(
                component.manifest().name.is_some(),
                "{} has no manifest",
                component.name()
            );
            assert!(
                !component.definitions().is_empty(),
                "{} offers nothing",
                component.name()
            );
            assert!(
                component.interface().unavailable.is_empty(),
                "{}",
                component.name()
            );
        }
    }
}
