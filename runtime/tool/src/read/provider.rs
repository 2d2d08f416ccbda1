//! The interfaces by which a component describes itself, told from its tools.
//!
//! Owns which exports these are, and that they have the types that the host will pass and expect: a
//! component can export anything by their names. Refuses to know when they are called.

use super::Exported;
use super::shape;
use super::signature::Signature;
use crate::docs::Docs;
use crate::interface::{Export, Function, Unavailable};
use crate::name::{ComponentName, ToolName};
use crate::provides::{Provided, ProviderFunction};

/// What the interfaces are called, their versions aside.
const INTERFACES: [&str; 4] = [
    "ringfence:tool/provider@",
    "ringfence:tool/resources@",
    "ringfence:tool/prompts@",
    "ringfence:tool/completion@",
];

/// Whether an export is for the host to call, and no tool whatever its types are.
pub(super) fn is_provider(export: &Export) -> bool {
    export.interface.as_deref().is_some_and(|interface| {
        INTERFACES
            .iter()
            .any(|provider| interface.starts_with(provider))
    })
}

/// Reads `exports`, which are all for the host. An interface is served whole or not at all: who
/// describes what it cannot give is of no use.
pub(super) fn read(
    exports: Vec<Exported>,
    component: &ComponentName,
    docs: &Docs,
) -> (Provided, Vec<Unavailable>) {
    let mut provided = Provided::default();
    let mut unavailable = Vec::new();
    let (mut known, others): (Vec<_>, Vec<_>) = exports
        .into_iter()
        .partition(|(export, _)| function(export).is_some());
    for interface in
        ProviderFunction::ALL.chunk_by(|one, other| one.interface() == other.interface())
    {
        let (found, rest) = known
            .into_iter()
            .partition(|(export, _)| function(export).is_some_and(|one| interface.contains(&one)));
        known = rest;
        whole(
            found,
            interface,
            component,
            docs,
            &mut provided,
            &mut unavailable,
        );
    }
    let unknown = others.into_iter().map(|(export, _)| Unavailable {
        reason: unknown(&export),
        export,
    });
    unavailable.extend(unknown);
    (provided, unavailable)
}

/// Reads what there is of one interface.
fn whole(
    found: Vec<Exported>,
    interface: &[ProviderFunction],
    component: &ComponentName,
    docs: &Docs,
    provided: &mut Provided,
    unavailable: &mut Vec<Unavailable>,
) {
    if found.is_empty() {
        return;
    }
    let missing = interface.iter().filter(|which| {
        !found
            .iter()
            .any(|(export, _)| function(export) == Some(**which))
    });
    let before = unavailable.len();
    unavailable.extend(missing.map(|which| Unavailable {
        export: Export {
            interface: Some(which.interface().into()),
            function: which.export().into(),
        },
        reason: format!(
            "it is missing, and `{}` is only served whole",
            which.interface()
        ),
    }));
    let mut ready = Vec::new();
    for (export, signature) in found {
        match recognised(&export, signature, component, docs) {
            Ok(one) => ready.push(one),
            Err(reason) => unavailable.push(Unavailable { export, reason }),
        }
    }
    let broken = unavailable.len() > before;
    for (which, function) in ready {
        if broken {
            let reason = format!(
                "another function of `{}` is not as it must be, and it is only served whole",
                which.interface()
            );
            let export = function.export;
            unavailable.push(Unavailable { export, reason });
        } else {
            provided.add(which, function);
        }
    }
}

fn recognised(
    export: &Export,
    signature: Result<Signature, String>,
    component: &ComponentName,
    docs: &Docs,
) -> Result<(ProviderFunction, Function), String> {
    let which = function(export).ok_or_else(|| unknown(export))?;
    let Signature {
        params,
        result,
        shape,
    } = signature?;
    if shape.is_none_or(|shape| shape.to_string() != shape::provider(which)) {
        return Err(format!(
            "its type is not the one that `{}` has; build against the WIT that ships with ringfence",
            which.interface()
        ));
    }
    let name = which.name().parse().map_err(|error| format!("{error}"))?;
    let function = Function {
        tool_name: ToolName::join(component, &name).map_err(|error| error.to_string())?,
        name,
        export: export.clone(),
        docs: docs.function(export),
        params,
        result,
    };
    Ok((which, function))
}

fn function(export: &Export) -> Option<ProviderFunction> {
    ProviderFunction::ALL.into_iter().find(|which| {
        export.interface.as_deref() == Some(which.interface())
            && *export.function == *which.export()
    })
}

fn unknown(export: &Export) -> String {
    let interface = export.interface.as_deref().unwrap_or_default();
    let known = ProviderFunction::ALL
        .into_iter()
        .find(|which| {
            let (name, _) = which.interface().split_once('@').unwrap_or_default();
            interface.split('@').next() == Some(name)
        })
        .map(ProviderFunction::interface);
    match known {
        Some(known) if known != interface => {
            format!("`{interface}` is not a version that is served; export `{known}`")
        }
        _ => format!("`{interface}` has no such function"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::Outline;
    use super::super::signature;
    use super::*;

    /// A component that exports everything, of the WIT that ships with the product.
    fn everything() -> Vec<u8> {
        let mut shared = wit_parser::SourceMap::default();
        for (name, text) in [
            (
                "completion.wit",
                include_str!("../../../../wit/completion.wit"),
            ),
            ("prompts.wit", include_str!("../../../../wit/prompts.wit")),
            ("provider.wit", include_str!("../../../../wit/provider.wit")),
            (
                "resources.wit",
                include_str!("../../../../wit/resources.wit"),
            ),
            ("types.wit", include_str!("../../../../wit/types.wit")),
        ] {
            shared.push_str(name, text);
        }
        let mut resolve = wit_parser::Resolve::default();
        let shared = shared.parse().map_err(|(_, error)| error).unwrap();
        resolve.push_group(shared).unwrap();
        let tool = "package acme:tool;
            world tool {
                export ringfence:tool/provider@0.1.0;
                export ringfence:tool/resources@0.1.0;
                export ringfence:tool/prompts@0.1.0;
                export ringfence:tool/completion@0.1.0;
            }";
        let package = resolve.push_source("tool.wit", tool).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module =
            wit_component::dummy_module(&resolve, world, wit_parser::ManglingAndAbi::Standard32);
        let encoding = wit_component::StringEncoding::UTF8;
        wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
        let mut encoder = wit_component::ComponentEncoder::default()
            .module(&module)
            .unwrap();
        encoder.encode().unwrap()
    }

    #[test]
    fn the_interfaces_have_the_types_that_ship() {
        let component = everything();
        let outline = Outline::read(&component).unwrap();
        let (exports, _) = signature::read(&outline, &Docs::default());
        let shipped: Vec<_> = exports
            .into_iter()
            .map(|(export, signature)| {
                let shape = signature.unwrap().shape.unwrap();
                (function(&export).unwrap(), shape.to_string())
            })
            .collect();
        assert_eq!(shipped.len(), ProviderFunction::ALL.len());
        let known: Vec<_> = shipped
            .iter()
            .map(|(which, _)| (*which, shape::provider(*which).to_owned()))
            .collect();
        assert_eq!(known, shipped);
    }
}
