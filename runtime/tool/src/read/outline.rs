//! A component's imports and exports, with the validator's tables that explain them.
//!
//! Owns validation, and which WebAssembly features there are. Refuses to know what a type is in
//! WIT.

use std::sync::Arc;

use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;
use wasmparser::{Parser, Payload, ValidPayload, Validator, WasmFeatures};

use crate::error::ReadError;
use crate::nesting::check_name;

/// What the sandbox's engine can run. A component that needs more is refused here, with the
/// feature's name, rather than when it is compiled.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        .union(WasmFeatures::EXTENDED_CONST)
        .union(WasmFeatures::TAIL_CALL)
        .union(WasmFeatures::COMPONENT_MODEL)
        .difference(WasmFeatures::GC_TYPES)
}

/// A named import or export.
pub(super) type Item = (Arc<str>, ComponentEntityType);

/// What stands at a component's outermost level.
pub(super) struct Outline {
    pub(super) types: Types,
    pub(super) imports: Vec<Item>,
    pub(super) exports: Vec<Item>,
}

impl Outline {
    /// Validates `component`.
    pub(super) fn read(component: &[u8]) -> Result<Self, ReadError> {
        let mut validator = Validator::new_with_features(features());
        let mut parser = Parser::new(0);
        parser.set_features(features());
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let mut depth = 0_usize;
        let mut types = None;
        for payload in parser.parse_all(component) {
            let payload = payload?;
            match validator.payload(&payload)? {
                // The outermost component ends last.
                ValidPayload::End(found) => types = Some(found),
                ValidPayload::Ok | ValidPayload::Parser(_) | ValidPayload::Func(..) => {}
            }
            match payload {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        imports.push(name(import?.name.name)?);
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        exports.push(name(export?.name.name)?);
                    }
                }
                _ => {}
            }
        }
        let types = types.ok_or_else(|| ReadError::Invalid {
            offset: component.len(),
            message: "unexpected end".to_owned(),
        })?;
        let view = types.as_ref();
        let imports = imports.into_iter().filter_map(|name: Arc<str>| {
            view.component_item_for_import(&name)
                .map(|item| (name, item.ty))
        });
        let exports = exports.into_iter().filter_map(|name: Arc<str>| {
            view.component_item_for_export(&name)
                .map(|item| (name, item.ty))
        });
        let (imports, exports) = (imports.collect(), exports.collect());
        Ok(Self {
            types,
            imports,
            exports,
        })
    }
}

fn name(name: &str) -> Result<Arc<str>, ReadError> {
    check_name(name)?;
    Ok(name.into())
}
