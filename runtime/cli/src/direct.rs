//! Calls from this process, without a protocol.
//!
//! Owns the translation of what became of one into a [`Failure`]. The call itself is the server's:
//! the same funnel as for every client.

use std::sync::Arc;

use ringfence_audit::Recorder;
use ringfence_catalog::Catalog;
use ringfence_identity::Caller;
use ringfence_policy::{Denial, Policy};
use ringfence_sandbox::{Answer, CallEvents, Outcome, Output, Sandbox};
use ringfence_server::approvals::Approvals;
use ringfence_server::{CallError, CallRequest, Funnel, Target};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// A way to call the functions of one component.
#[derive(Debug, Clone)]
pub(crate) struct Direct {
    component: String,
    funnel: Arc<Funnel>,
}

impl Direct {
    /// A way to the first component of `catalog`, whose calls are written down by `audit`. Nothing when it is empty.
    pub(crate) fn new(
        catalog: Arc<Catalog>,
        policy: Policy,
        sandbox: Arc<Sandbox>,
        audit: Recorder,
    ) -> Option<Self> {
        Self::asking(catalog, policy, sandbox, audit, None)
    }

    /// The same, where a person can be asked about calls that need one.
    pub(crate) fn asking(
        catalog: Arc<Catalog>,
        policy: Policy,
        sandbox: Arc<Sandbox>,
        audit: Recorder,
        approvals: Option<Approvals>,
    ) -> Option<Self> {
        let component = catalog.components().next()?.name().to_string();
        Some(Self {
            component,
            funnel: Funnel::asking(catalog, policy, sandbox, audit, approvals),
        })
    }

    /// Calls `function`. `tool` is what the person calls the component.
    ///
    /// # Errors
    ///
    /// Why no guest was run. How one ended is in the answer.
    pub(crate) async fn call(
        &self,
        tool: &str,
        function: &str,
        arguments: Map<String, Value>,
        events: Arc<dyn CallEvents>,
        cancel: CancellationToken,
    ) -> Result<Answer, Failure> {
        let request = CallRequest {
            id: "command-line".into(),
            target: Target::Function {
                component: self.component.clone(),
                function: function.to_owned(),
            },
            arguments,
        };
        let called = self
            .funnel
            .call(&Caller::local(), &request, events, cancel)
            .await;
        called.map_err(|error| self.refused(tool, function, error))
    }

    fn refused(&self, tool: &str, function: &str, error: CallError) -> Failure {
        let (tool, function) = (tool.to_owned(), function.to_owned());
        match error {
            CallError::Arguments(error) => Failure::Arguments {
                tool,
                function,
                reason: format!("at `{}`: {}", error.path, error.message),
            },
            CallError::Cancelled => Failure::Interrupted,
            CallError::Denied(denial) => Failure::Denied {
                tool,
                function,
                asked: matches!(&denial, Denial::ApprovalNeeded(needed) if needed.is_always()),
                reason: denial.to_string(),
            },
            // Whoever runs this command is who wrote the policy.
            CallError::Hidden { internal, .. } => Failure::Denied {
                tool,
                function,
                reason: internal.to_string(),
                asked: false,
            },
            CallError::Refused { .. } | CallError::Revoked { .. } => Failure::Denied {
                tool,
                function,
                reason: error.to_string(),
                asked: true,
            },
            CallError::Unanswered { .. } | CallError::TooManyQuestions => Failure::Unanswered {
                tool,
                function,
                reason: error.to_string(),
            },
            CallError::Overloaded(error) => Failure::Overloaded {
                retry_ms: error.retry_after.as_millis(),
            },
            CallError::UnknownFunction { .. } | CallError::UnknownTool(_) => {
                let known = self.functions();
                Failure::UnknownFunction {
                    tool,
                    function,
                    known,
                }
            }
            CallError::Unrecorded { internal } => Failure::Unrecorded {
                tool,
                function,
                reason: internal.to_string(),
            },
            // Whoever runs this command is whom the log is for.
            CallError::Unusable { internal, .. } => Failure::Load {
                path: tool.into(),
                reason: internal.to_string(),
            },
            other => Failure::Host {
                tool,
                function,
                reason: other.to_string(),
            },
        }
    }

    fn functions(&self) -> Vec<String> {
        let catalog = self.funnel.catalog();
        let component = catalog.component(&self.component);
        let functions = component
            .into_iter()
            .flat_map(|found| &found.interface().functions);
        functions
            .map(|function| function.name.to_string())
            .collect()
    }
}

/// What the tool returned, or how else it ended.
///
/// # Errors
///
/// Every ending but a return.
pub(crate) fn returned(outcome: &Outcome, tool: &str, function: &str) -> Result<Output, Failure> {
    let (tool, function) = (tool.to_owned(), function.to_owned());
    Err(match outcome {
        Outcome::Cancelled => Failure::Interrupted,
        Outcome::HostFault(reason) => Failure::Host {
            tool,
            function,
            reason: reason.clone(),
        },
        Outcome::Limit(limit) => Failure::Limit {
            tool,
            function,
            limit: limit.to_string(),
            word: limit.word(),
        },
        Outcome::Returned(output) => return Ok(output.clone()),
        Outcome::ToolError(error) => Failure::Tool {
            tool,
            function,
            reason: error.text.clone(),
        },
        Outcome::Trapped(trap) => Failure::Trapped {
            tool,
            function,
            reason: trap.reason.clone(),
            last_words: trap.last_words.clone(),
        },
        Outcome::Unasked(ability) => Failure::Tool {
            tool,
            function,
            reason: format!("it asked its client {ability}, and nobody can do that here"),
        },
    })
}
