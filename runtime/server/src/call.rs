//! The life of a call.
//!
//! Owns the order of its stages: [`Funnel::call`] is the only way from a request to a guest, for
//! every transport and for the command line. Refuses to know how requests arrive and how answers
//! leave.

mod error;
mod prepared;

use std::sync::{Arc, PoisonError, RwLock};

use ringfence_catalog::{Catalog, Tool};
use ringfence_identity::Caller;
use ringfence_policy::{Policy, Reach, Subject};
use ringfence_sandbox::{Answer, CallEvents, Sandbox};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

pub use self::error::{Blame, CallError};
use self::prepared::PreparedTools;
use crate::audit::Record;

/// What somebody wants to have called.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRequest {
    /// What ties the answer, the log and the audit record together.
    pub id: String,
    /// What to call.
    pub target: Target,
    /// With what. Missing arguments are an empty object.
    pub arguments: Map<String, Value>,
}

/// What to call. The names are the caller's: nothing says that they exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A component's function, as the command line names it.
    Function {
        /// The component.
        component: String,
        /// The function within it.
        function: String,
    },
    /// A tool, as MCP clients name it.
    Tool(String),
}

/// Where every call passes through.
#[derive(Debug)]
pub struct Funnel {
    catalog: RwLock<Arc<Catalog>>,
    policy: Policy,
    sandbox: Arc<Sandbox>,
    prepared: PreparedTools,
}

impl Funnel {
    /// A funnel to the tools of `catalog`.
    pub fn new(catalog: Arc<Catalog>, policy: Policy, sandbox: Arc<Sandbox>) -> Arc<Self> {
        let prepared = PreparedTools::new(Arc::clone(&sandbox));
        Arc::new(Self {
            catalog: RwLock::new(catalog),
            policy,
            sandbox,
            prepared,
        })
    }

    /// Makes one call.
    ///
    /// Whatever happens, also when the future is dropped, one audit record is left behind.
    ///
    /// # Errors
    ///
    /// Why no guest was run. How a guest ended is in the [`Answer`].
    pub async fn call(
        &self,
        caller: &Caller,
        request: CallRequest,
        events: Arc<dyn CallEvents>,
        cancel: CancellationToken,
    ) -> Result<Answer, CallError> {
        let mut record = Record::open(caller, &request);
        let result = self
            .stages(caller, &request, events, cancel, &mut record)
            .await;
        record.close(&result);
        result
    }

    /// The stages: a line each, each spending what the one before has made.
    async fn stages(
        &self,
        caller: &Caller,
        request: &CallRequest,
        events: Arc<dyn CallEvents>,
        cancel: CancellationToken,
        record: &mut Record,
    ) -> Result<Answer, CallError> {
        let tool = self.lookup(&request.target)?;
        record.found(&tool);
        let (component, function) = (tool.component(), &tool.definition().function);
        let prepared = until(&cancel, self.prepared.prepare(component)).await??;
        let arguments = prepared.arguments(function, &request.arguments)?;
        let digest = component.digest();
        let (component, reach) = (component.name(), Reach::of(component));
        let subject = Subject {
            component,
            digest: &digest,
            function,
            reach,
        };
        let permit = self
            .policy
            .decide(caller, &subject, prepared.timeout(function))?;
        let slot = until(&cancel, self.sandbox.admit(&prepared)).await??;
        Ok(self
            .sandbox
            .invoke(&prepared, permit, slot, arguments, events, cancel)
            .await)
    }

    fn lookup(&self, target: &Target) -> Result<Tool, CallError> {
        let catalog = self.catalog();
        match target {
            Target::Function {
                component,
                function,
            } => match catalog.component(component) {
                None => Err(CallError::UnknownTool(component.clone())),
                Some(_) => catalog.function(component, function).ok_or_else(|| {
                    CallError::UnknownFunction {
                        component: component.clone(),
                        function: function.clone(),
                    }
                }),
            },
            Target::Tool(name) => catalog
                .tool(name)
                .ok_or_else(|| CallError::UnknownTool(name.clone())),
        }
    }

    /// The tools of this moment.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is granted.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Serves other tools from now on. Calls that run already end as they began.
    pub fn replace(&self, next: Arc<Catalog>) {
        self.prepared.retain(&next);
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

/// The output of `stage`, unless the caller gives up first.
async fn until<T>(
    cancel: &CancellationToken,
    stage: impl Future<Output = T>,
) -> Result<T, CallError> {
    cancel
        .run_until_cancelled(stage)
        .await
        .ok_or(CallError::Cancelled)
}
