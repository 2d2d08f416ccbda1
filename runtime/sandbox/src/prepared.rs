//! A component that is ready to be called.
//!
//! Owns machine code, resolved imports and the place of each function, so that a call looks nothing
//! up by name. Made once for a component, used by every call of it at the same time.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use ringfence_tool::{Component as Tool, Digest, Function, FunctionName, ToolDefinition};
use serde::de::{Deserialize as _, Deserializer};
use thiserror::Error;
use wasmtime::Engine;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use crate::arguments::{self, ArgumentError, Arguments};
use crate::cache::{Artifact, ArtifactCache};
use crate::compiler::Compiler;
use crate::engine::{Profile, slots_per_call};
use crate::guest::Guest;

/// A component that is ready to be called. Cheap to clone.
#[derive(Clone)]
pub struct Prepared(Arc<Inner>);

struct Inner {
    digest: Digest,
    profile: Profile,
    slots: u32,
    tolled: bool,
    instance: InstancePre<Guest>,
    functions: HashMap<FunctionName, Entry>,
}

/// A function, found.
pub(crate) struct Entry {
    pub(crate) function: Function,
    pub(crate) index: ComponentExportIndex,
    /// What clients are told about it; nothing where it is for the host.
    definition: Option<ToolDefinition>,
    timeout: Option<Duration>,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Prepared").field(&self.0.digest).finish()
    }
}

/// A component that the engine does not take.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// It does not compile, or its machine code does not load.
    #[error("failed to compile the component: {0}")]
    Compile(String),
    /// Compiling it takes more than one component may.
    #[error("failed to compile the component: {0}")]
    Exhausted(String),
    /// The worker that compiles could not be run, which says nothing of the component.
    #[error("failed to run the compiler: {0}")]
    Compiler(io::Error),
    /// It imports what no tool may have.
    #[error("failed to link the component: {0}; `ringfence inspect` lists what a tool can import")]
    Link(String),
    /// An export that was read from its bytes is not there. A fault of ours.
    #[error("function `{0}` was read from the component and is not in it")]
    MissingExport(FunctionName),
}

impl PrepareError {
    /// Whether the component is to blame: trying again would lead to the same.
    pub fn is_lasting(&self) -> bool {
        !matches!(self, Self::Compiler(_))
    }
}

impl Prepared {
    /// Compiles `tool`, or loads what was compiled before, and resolves its imports.
    pub(crate) fn new(
        tool: &Tool,
        profile: Profile,
        linker: &Linker<Guest>,
        compiler: &Compiler,
        cache: Option<&ArtifactCache>,
    ) -> Result<Self, PrepareError> {
        let component = machine_code(tool, profile, linker.engine(), compiler, cache)?;
        let instance = linker
            .instantiate_pre(&component)
            .map_err(|error| PrepareError::Link(format!("{error:#}")))?;
        let mut functions = HashMap::new();
        let tools = tool.interface().functions.iter();
        let tools = tools.zip(tool.definitions().iter().map(Some));
        let provider = tool.provider_functions().map(|function| (function, None));
        for (function, definition) in tools.chain(provider) {
            let missing = || PrepareError::MissingExport(function.name.clone());
            let holder = match &function.export.interface {
                Some(name) => Some(
                    component
                        .get_export_index(None, &**name)
                        .ok_or_else(missing)?,
                ),
                None => None,
            };
            let index = component
                .get_export_index(holder.as_ref(), &*function.export.function)
                .ok_or_else(missing)?;
            let entry = Entry {
                function: function.clone(),
                index,
                definition: definition.cloned(),
                timeout: match definition {
                    Some(definition) => definition.timeout,
                    None => tool.manifest().timeout,
                },
            };
            functions.insert(function.name.clone(), entry);
        }
        Ok(Self(Arc::new(Inner {
            digest: tool.digest(),
            profile,
            slots: slots(&component, tool),
            // Without a function to call, there is nothing to take a toll for.
            tolled: tool
                .imports()
                .iter()
                .any(|import| !import.functions.is_empty()),
            instance,
            functions,
        })))
    }

    /// The component's identity.
    pub fn digest(&self) -> &Digest {
        &self.0.digest
    }

    /// The time that the author allows this function, when the manifest says so.
    pub fn timeout(&self, function: &FunctionName) -> Option<Duration> {
        self.entry(function)?.timeout
    }

    /// Reads the arguments of a call from a JSON object: text, or parsed.
    ///
    /// Nothing runs yet. What passes here is what the function's input schema accepts, and `null`
    /// for what is optional.
    ///
    /// # Errors
    ///
    /// The place and the expectation, for the caller to correct; also when there is no such
    /// function.
    pub fn arguments<'de, D: Deserializer<'de>>(
        &self,
        function: &FunctionName,
        json: D,
    ) -> Result<Arguments, ArgumentError> {
        let entry = self.entry(function).ok_or_else(|| ArgumentError {
            path: "/".into(),
            message: format!("there is no function `{function}`"),
        })?;
        let params = &entry.function.params;
        let constrained = entry
            .definition
            .as_ref()
            .filter(|definition| definition.is_constrained());
        let values = if let Some(definition) = constrained {
            // Defaults and constraints speak of JSON, so the arguments become a tree first.
            let mut tree = serde_json::Map::deserialize(json).map_err(|error| ArgumentError {
                path: "/".into(),
                message: format!("expected an object: {error}"),
            })?;
            definition
                .admit(&mut tree)
                .map_err(|broken| ArgumentError {
                    path: format!("/{}", broken.param),
                    message: broken.message,
                })?;
            arguments::read(params, &tree)?
        } else {
            arguments::read(params, json)?
        };
        Ok(Arguments {
            function: function.clone(),
            values,
        })
    }

    pub(crate) fn profile(&self) -> Profile {
        self.0.profile
    }

    /// How many slots one call takes.
    pub(crate) fn slots(&self) -> u32 {
        self.0.slots
    }

    /// Whether the component can call the host at all.
    pub(crate) fn is_tolled(&self) -> bool {
        self.0.tolled
    }

    pub(crate) fn instance(&self) -> &InstancePre<Guest> {
        &self.0.instance
    }

    pub(crate) fn entry(&self, function: &FunctionName) -> Option<&Entry> {
        self.0.functions.get(function)
    }
}

fn slots(component: &Component, tool: &Tool) -> u32 {
    let instances = u32::try_from(tool.footprint().instances).unwrap_or(u32::MAX);
    let (memories, tables) = component
        .resources_required()
        .map_or((0, 0), |needs| (needs.num_memories, needs.num_tables));
    slots_per_call(memories, instances, tables)
}

fn machine_code(
    tool: &Tool,
    profile: Profile,
    engine: &Engine,
    compiler: &Compiler,
    cache: Option<&ArtifactCache>,
) -> Result<Component, PrepareError> {
    let failed = |error: wasmtime::Error| PrepareError::Compile(format!("{error:#}"));
    if let Some(artifact) = cache.and_then(|cache| cache.load(&tool.digest(), profile)) {
        match load(engine, &artifact) {
            Ok(component) => return Ok(component),
            // Ours, and still not for this engine, as after a change of processor: make it anew.
            Err(error) => tracing::info!(%error, "a cached artefact is stale"),
        }
    }
    let artifact = compiler.compile(engine, tool.bytes())?;
    if let Some(cache) = cache {
        cache.store(&artifact, &tool.digest(), profile);
    }
    load(engine, &artifact).map_err(failed)
}

/// Maps machine code. The only `unsafe` in the product.
#[expect(unsafe_code, reason = "deserialising artefacts has no safe form")]
fn load(engine: &Engine, artifact: &Artifact) -> wasmtime::Result<Component> {
    // JUSTIFICATION: compiling at every start would take seconds; loading takes microseconds.
    // SAFETY: the bytes must be the unmodified output of this engine's compiler. `Artifact` is only
    // made by that compiler or by the cache, which checks a keyed hash over the bytes, the engine's
    // fingerprint and the digest first. They are copied from memory, so that no file changes below.
    unsafe { Component::deserialize(engine, artifact.bytes()) }
}
