//! A component as an artifact: what can be known without running it.
//!
//! Owns the order of reading: measure, adapt, validate, decode, describe. Refuses to know where the
//! bytes came from and what may be done with them.

use bytes::Bytes;
use wasmparser::Encoding;

use crate::adapt::adapt;
use crate::definition::ToolDefinition;
use crate::digest::Digest;
use crate::docs::{Cleaned, Docs};
use crate::error::ReadError;
use crate::interface::{Function, Interface, Unavailable};
use crate::manifest::{Manifest, ManifestError};
use crate::name::ComponentName;
use crate::provides::{Provided, ProviderFunction, Provides};
use crate::read::{Contract, Import};
use crate::scan::{Footprint, scan};
use crate::schema;

/// Functions that a component offers. More than any client lists, and each has a schema in memory.
const FUNCTIONS_MAX: usize = 1_000;

/// A component that was read. Cheap to share behind an [`Arc`](std::sync::Arc), not to clone.
#[derive(Debug)]
pub struct Component {
    name: ComponentName,
    digest: Digest,
    bytes: Bytes,
    manifest: Manifest,
    interface: Interface,
    provided: Provided,
    imports: Vec<Import>,
    definitions: Vec<ToolDefinition>,
    footprint: Footprint,
    cleaned: Vec<Cleaned>,
}

impl Component {
    /// Reads a component, or a core module for WASI preview 1 that embeds its interface.
    ///
    /// `fallback_name` names it where it has no manifest; anything that cannot stand in a name is
    /// replaced, so that a file's name will do.
    ///
    /// Function bodies are not validated here: the engine does that when it compiles them.
    ///
    /// # Errors
    ///
    /// When the bytes pass a limit, are not a valid component, need a feature that the sandbox has
    /// switched off, or carry a manifest that does not fit. A function whose types cannot be
    /// offered is no error: see [`Interface::unavailable`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ringfence_tool::Component;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bytes = wat::parse_str("(component (core module (memory 2)))")?;
    /// let component = Component::read(bytes.into(), "my_tool.wasm")?;
    /// assert_eq!(component.name().as_str(), "my-tool-wasm");
    /// assert_eq!(component.footprint().memory_pages, 2);
    /// assert!(component.definitions().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn read(bytes: Bytes, fallback_name: &str) -> Result<Self, ReadError> {
        let outer = scan(&bytes)?;
        let digest = Digest::of(&bytes);
        let manifest = outer
            .manifest
            .map(parse_manifest)
            .transpose()?
            .unwrap_or_default();
        let docs = Docs::read(outer.docs, outer.interface_docs);
        let (bytes, footprint) = match outer.encoding {
            Encoding::Component => {
                // The view ends here, so that the bytes can move.
                let footprint = outer.footprint;
                (bytes, footprint)
            }
            Encoding::Module => {
                let adapted = adapt(&bytes, &outer.interfaces)?;
                let footprint = scan(&adapted)?.footprint;
                (adapted.into(), footprint)
            }
        };
        let name = manifest
            .name
            .clone()
            .unwrap_or_else(|| ComponentName::from_hint(fallback_name));
        let (mut interface, provided, imports) = Contract::read(&bytes, &docs)?.name(&name, &docs);
        withdraw_oversized(&mut interface);
        manifest.check(&interface)?;
        let definitions = define(&mut interface, &manifest);
        Ok(Self {
            name,
            digest,
            bytes,
            manifest,
            interface,
            provided,
            imports,
            definitions,
            footprint,
            cleaned: docs.cleaned(),
        })
    }

    /// What it is called: the first part of its tools' names.
    pub fn name(&self) -> &ComponentName {
        &self.name
    }

    /// The digest of the bytes that were given to [`Self::read`].
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The component's bytes: those given, or what a core module was adapted to. Those that are part of
    /// the program are not copied.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What its author says about it. Empty where there is no manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What it exports.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// What it describes itself when it runs: tools, resources, prompts, suggestions.
    pub fn provides(&self) -> Provides {
        self.provided.provides()
    }

    /// A function for the host to call, where the component exports its interface whole. It is not
    /// among [`Interface::functions`], and no client can name it.
    pub fn provider_function(&self, which: ProviderFunction) -> Option<&Function> {
        self.provided.get(which)
    }

    /// Every such function that there is.
    pub fn provider_functions(&self) -> impl Iterator<Item = &Function> {
        self.provided.all()
    }

    /// What it imports: the upper bound of what it can ask the host for. No evidence that it uses
    /// it: several toolchains import all of WASI whatever the code does.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// What clients are told about its tools, in the order of [`Interface::functions`].
    pub fn definitions(&self) -> &[ToolDefinition] {
        &self.definitions
    }

    /// Documentation from which hidden characters were taken, as its author wrote it: no client sees
    /// it, and whoever judges the component should.
    pub fn cleaned(&self) -> &[Cleaned] {
        &self.cleaned
    }

    /// How large it is, to choose an engine profile by.
    pub fn footprint(&self) -> Footprint {
        self.footprint
    }
}

fn parse_manifest(section: &[u8]) -> Result<Manifest, ManifestError> {
    Manifest::parse(std::str::from_utf8(section).map_err(|_| ManifestError::Encoding)?)
}

/// Moves functions whose types expand beyond the budget to those that cannot be called, so that
/// nobody after this has to fear walking a type.
fn withdraw_oversized(interface: &mut Interface) {
    let functions = std::mem::take(&mut interface.functions);
    for function in functions {
        if interface.functions.len() >= FUNCTIONS_MAX {
            interface.unavailable.push(Unavailable {
                export: function.export,
                reason: format!("a component offers at most {FUNCTIONS_MAX} functions"),
            });
            continue;
        }
        match schema::check(&function) {
            Ok(()) => interface.functions.push(function),
            Err(reason) => interface.unavailable.push(Unavailable {
                export: function.export,
                reason: reason.to_string(),
            }),
        }
    }
}

/// Describes each function. One whose schema grows past the budget by what the manifest adds is
/// withdrawn too.
fn define(interface: &mut Interface, manifest: &Manifest) -> Vec<ToolDefinition> {
    let mut definitions = Vec::with_capacity(interface.functions.len());
    let functions = std::mem::take(&mut interface.functions);
    for function in functions {
        match ToolDefinition::new(&function, manifest) {
            Ok(definition) => {
                definitions.push(definition);
                interface.functions.push(function);
            }
            Err(reason) => interface.unavailable.push(Unavailable {
                export: function.export,
                reason: reason.to_string(),
            }),
        }
    }
    definitions
}
