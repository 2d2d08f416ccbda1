//! Guests made of a world and a core module, and one call of one.

use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_policy::{Budget, Permit, Policy, PolicyFile, Reach, Subject};
use ringfence_sandbox::{Answer, CallEvents, Prepared, Sandbox, Settings};
use ringfence_tool::{Component, FunctionName};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap};

/// The package that tools share with the host.
const RINGFENCE: &[(&str, &str)] = &[
    ("announce.wit", include_str!("../../../../wit/announce.wit")),
    ("client.wit", include_str!("../../../../wit/client.wit")),
    (
        "completion.wit",
        include_str!("../../../../wit/completion.wit"),
    ),
    ("host.wit", include_str!("../../../../wit/host.wit")),
    ("prompts.wit", include_str!("../../../../wit/prompts.wit")),
    ("provider.wit", include_str!("../../../../wit/provider.wit")),
    (
        "resources.wit",
        include_str!("../../../../wit/resources.wit"),
    ),
    ("tools.wit", include_str!("../../../../wit/tools.wit")),
    ("types.wit", include_str!("../../../../wit/types.wit")),
];

/// What the tests import of WASI: proposals whole, and of WASI itself only what is used.
const WASI: &[&[&str]] = &[
    &[include_str!("../../wit/config/world.wit"), include_str!("../../wit/config/store.wit")],
    &[
        include_str!("../../wit/keyvalue/world.wit"),
        include_str!("../../wit/keyvalue/store.wit"),
        include_str!("../../wit/keyvalue/atomic.wit"),
        include_str!("../../wit/keyvalue/batch.wit"),
    ],
    &["package wasi:clocks@0.2.12;
       interface monotonic-clock { now: func() -> u64; resolution: func() -> u64; }
       interface wall-clock {
         record datetime { seconds: u64, nanoseconds: u32 }
         now: func() -> datetime;
         resolution: func() -> datetime;
       }"],
    &["package wasi:io@0.2.12;
       interface error { resource error; }
       interface streams {
         use error.{error};
         variant stream-error { last-operation-failed(error), closed }
         resource input-stream {
           blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
         }
         resource output-stream {
           blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
         }
       }"],
    &["package wasi:cli@0.2.12;
       interface stdin { use wasi:io/streams@0.2.12.{input-stream}; get-stdin: func() -> input-stream; }
       interface stdout { use wasi:io/streams@0.2.12.{output-stream}; get-stdout: func() -> output-stream; }
       interface stderr { use wasi:io/streams@0.2.12.{output-stream}; get-stderr: func() -> output-stream; }"],
];

/// A component that is ready to be called.
pub(crate) struct Guest {
    pub(crate) component: Component,
    pub(crate) prepared: Prepared,
    sandbox: Arc<Sandbox>,
}

/// A component for a world that holds `items`, of a core module in text.
pub(crate) fn component(items: &str, module: &str) -> Component {
    let mut resolve = Resolve::default();
    let mut shared = SourceMap::default();
    for (name, text) in RINGFENCE {
        shared.push_str(name, *text);
    }
    let shared = shared.parse().map_err(|(_, error)| error).unwrap();
    resolve.push_group(shared).unwrap();
    for package in WASI {
        let mut sources = SourceMap::default();
        for (number, text) in package.iter().enumerate() {
            sources.push_str(&format!("{number}.wit"), *text);
        }
        let package = sources.parse().map_err(|(_, error)| error).unwrap();
        resolve.push_group(package).unwrap();
    }
    let world = format!("package acme:test@1.0.0;\nworld tool {{\n{items}\n}}");
    let package = resolve.push_source("test.wit", &world).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut encoder = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap();
    Component::read(encoder.encode().unwrap().into(), "test").unwrap()
}

impl Guest {
    pub(crate) fn new(component: Component) -> Self {
        Self::with(component, Settings::default())
    }

    pub(crate) fn with(component: Component, settings: Settings) -> Self {
        let sandbox = Sandbox::new(settings);
        let prepared = sandbox.prepare(&component).unwrap();
        Self {
            component,
            prepared,
            sandbox,
        }
    }

    /// Calls a function under what `permit` makes of the subject.
    pub(crate) async fn run(
        &self,
        function: &FunctionName,
        arguments: &Value,
        events: Arc<dyn CallEvents>,
        cancel: CancellationToken,
        permit: impl FnOnce(&Subject<'_>) -> Permit,
    ) -> Answer {
        let arguments = self.prepared.arguments(function, arguments).unwrap();
        let permit = permit(&Subject {
            component: self.component.name(),
            digest: self.prepared.digest(),
            function,
            reach: Reach::of(&self.component),
        });
        let slot = self.sandbox.admit(&self.prepared).await.unwrap();
        self.sandbox
            .invoke(&self.prepared, permit, slot, arguments, events, cancel)
            .await
    }

    /// Calls a function that is a tool, as `caller` and with `grants`.
    pub(crate) async fn granted(
        &self,
        caller: &Caller,
        grants: &[&str],
        function: &str,
        arguments: &Value,
        events: Arc<dyn CallEvents>,
    ) -> Answer {
        let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        // Callers of a tenant that no file names are denied.
        let named = format!("version = 1\n[tenant.{}]\n[end]\n", caller.tenant());
        let named = PolicyFile::parse("test.toml", &named).unwrap();
        let policy = Policy::new(grants, Budget::default()).unwrap();
        let policy = policy.with_file(named).unwrap();
        let function = function.parse().unwrap();
        let cancel = CancellationToken::new();
        self.run(&function, arguments, events, cancel, |subject| {
            policy.decide(caller, subject, None).unwrap()
        })
        .await
    }

    /// Calls a function that is a tool.
    pub(crate) async fn call(
        &self,
        function: &str,
        arguments: &Value,
        budget: Budget,
        events: Arc<dyn CallEvents>,
        cancel: CancellationToken,
    ) -> Answer {
        let policy = Policy::new(Vec::new(), budget).unwrap();
        let function = function.parse().unwrap();
        self.run(&function, arguments, events, cancel, |subject| {
            policy.decide(&Caller::local(), subject, None).unwrap()
        })
        .await
    }
}
