//! Why bytes are not a usable component.
//!
//! Owns the words for it. Each says what is wrong, where, and what to do about it.

use thiserror::Error;

use crate::manifest::ManifestError;

/// Why [`crate::Component::read`] refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes do not begin as WebAssembly does.
    #[error("not a WebAssembly binary: {0}")]
    NotWasm(&'static str),
    /// A size, count or depth is beyond what is read.
    #[error("{what}: {found} is more than {max}")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// How much there is; where counting stopped early, how much at least.
        found: u64,
        /// How much there may be.
        max: u64,
    },
    /// The binary breaks the format's rules.
    #[error("invalid WebAssembly at byte {offset}: {message}")]
    Invalid {
        /// Where.
        offset: usize,
        /// What is wrong.
        message: String,
    },
    /// The binary needs a WebAssembly feature that the sandbox has switched off.
    #[error("needs the WebAssembly feature `{feature}`, which is off in the sandbox: {advice}")]
    Feature {
        /// The feature's name.
        feature: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A core module that says nothing about its interface.
    #[error(
        "a core module without an interface: it has no `component-type` section. Build a WASI \
         reactor (a library) against a WIT world with wit-bindgen, give it the world that it was built \
         for with `ringfence pack MODULE --wit DIR`, or turn it into a component with `wasm-tools \
         component new`; a program with only `_start` is not a tool"
    )]
    NoInterface,
    /// A core module that could not be made into a component.
    #[error("the core module cannot be made into a component: {0}")]
    Adapt(String),
    /// A component within it imports a component, whose weight cannot be known.
    #[error("a component that imports components; compose them when you build the tool")]
    ComponentImport,
    /// A section that may stand once stands more often.
    #[error("more than one `{0}` section; build the component again from its module")]
    Duplicate(&'static str),
    /// The manifest section is no manifest, or does not fit the interface.
    #[error("manifest: {0}")]
    Manifest(#[from] ManifestError),
}

impl ReadError {
    pub(crate) fn check(what: &'static str, found: u64, max: u64) -> Result<(), Self> {
        if found > max {
            Err(Self::Limit { what, found, max })
        } else {
            Ok(())
        }
    }
}

impl From<wasmparser::Error> for ReadError {
    fn from(error: wasmparser::Error) -> Self {
        if let Some(features) = error.missing_wasm_feature() {
            let names: Vec<_> = features.iter_names().map(|(name, _)| name).collect();
            let asynchronous = features.intersects(
                wasmparser::WasmFeatures::CM_ASYNC
                    .union(wasmparser::WasmFeatures::CM_ERROR_CONTEXT),
            );
            return Self::Feature {
                feature: names.join("`, `").to_ascii_lowercase().replace('_', "-"),
                advice: if asynchronous {
                    "WASI 0.3 and asynchronous exports are not supported; build the component for \
                     WASI 0.2 with synchronous functions (componentize-qjs: `--sync`)"
                } else {
                    "build the component without it"
                },
            };
        }
        Self::Invalid {
            offset: error.offset(),
            message: error.message().to_owned(),
        }
    }
}
