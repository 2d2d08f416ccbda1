//! A validated component's types → [`Interface`] and imports.
//!
//! Owns which exports are tools. It reads the validator's own tables, which hold no cycle and no
//! dangling reference, rather than decoding the binary a second time. Refuses to know how large a
//! component may be: that was settled before ([`crate::scan`]).

mod outline;
mod provider;
mod shape;
mod signature;
mod value;

use std::sync::Arc;

pub(crate) use signature::Signature;

use crate::docs::Docs;
use crate::error::ReadError;
use crate::interface::{Export, Function, Interface, Unavailable};
use crate::name::{self, ComponentName, ToolName};
use crate::provides::Provided;
use outline::Outline;

/// An interface that a component imports, or a single function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The interface, such as `wasi:filesystem/types@0.2.6`, or the name of a single function.
    pub name: Arc<str>,
    /// The functions of it that the component refers to.
    pub functions: Vec<Arc<str>>,
}

/// What a component offers and asks for.
#[derive(Debug)]
pub(crate) struct Contract {
    exports: Vec<Exported>,
    imports: Vec<Import>,
}

/// An exported function, or why its types cannot be offered.
type Exported = (Export, Result<Signature, String>);

impl Contract {
    /// Validates everything but function bodies, which the engine does when it compiles them, and
    /// reads the exports.
    ///
    /// # Errors
    ///
    /// When the component is invalid or needs a feature that the engine has not.
    pub(crate) fn read(component: &[u8], docs: &Docs) -> Result<Self, ReadError> {
        let outline = Outline::read(component)?;
        let (exports, imports) = signature::read(&outline, docs);
        Ok(Self { exports, imports })
    }

    /// Names the functions, and tells those that can be called from those that cannot, and from
    /// those that are for the host.
    pub(crate) fn name(
        self,
        component: &ComponentName,
        docs: &Docs,
    ) -> (Interface, Provided, Vec<Import>) {
        let mut interface = Interface::default();
        let mut tools = Vec::new();
        let mut others = Vec::new();
        let (described, exports): (Vec<_>, Vec<_>) = self
            .exports
            .into_iter()
            .partition(|(export, _)| provider::is_provider(export));
        for (export, signature) in exports {
            match not_a_tool(&export, signature.as_ref().ok()) {
                Some(reason) => others.push(Unavailable { export, reason }),
                None => tools.push((export, signature)),
            }
        }
        // A function whose types are not supported today still takes part in naming, so that
        // supporting them one day renames nothing.
        let exports: Vec<_> = tools.iter().map(|(export, _)| export).collect();
        let names = name::derive(component, &exports);
        for ((export, signature), name) in tools.into_iter().zip(names) {
            let tool_name = name
                .as_ref()
                .and_then(|name| ToolName::join(component, name).ok());
            let reason = match (signature, name, tool_name) {
                (Ok(Signature { params, result, .. }), Some(name), Some(tool_name)) => {
                    let docs = docs.function(&export);
                    interface.functions.push(Function {
                        name,
                        tool_name,
                        export,
                        docs,
                        params,
                        result,
                    });
                    continue;
                }
                (Err(reason), ..) => reason,
                (Ok(_), ..) => "its name cannot be told from another function's".to_owned(),
            };
            interface.unavailable.push(Unavailable { export, reason });
        }
        interface.unavailable.extend(others);
        let (provided, unavailable) = provider::read(described, component, docs);
        interface.unavailable.extend(unavailable);
        (interface, provided, self.imports)
    }
}

/// Why an export is none of the author's functions, where it is not.
fn not_a_tool(export: &Export, signature: Option<&Signature>) -> Option<String> {
    let has_param = |name: &str| {
        let params = signature.map(|signature| signature.params.as_slice());
        params
            .unwrap_or_default()
            .iter()
            .any(|param| &*param.name == name)
    };
    match (export.interface.as_deref(), &*export.function) {
        (Some(interface), _) if interface.starts_with("wasi:") => Some(format!(
            "`{interface}` is an entry point of WASI, not a typed tool; export functions of your \
             own"
        )),
        (None, "init") if has_param("shim") && has_param("script") => {
            Some("it was left behind by the JavaScript toolchain".to_owned())
        }
        // The Python toolchain's own start-up.
        (Some("exports"), "init") if has_param("symbols") || has_param("app-name") => {
            Some("it was left behind by the Python toolchain".to_owned())
        }
        (_, function) if function.starts_with('[') => {
            Some("it belongs to a resource; only plain functions can be tools".to_owned())
        }
        _ => None,
    }
}
