//! The life of a call.
//!
//! Owns the order of its stages: [`Funnel::call`] is the only way from a request to a guest, for
//! every transport and for the command line. Refuses to know how requests arrive and how answers
//! leave.

mod children;
mod disabled;
mod error;
mod lineage;
mod prepared;

use std::pin::pin;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::task::Poll;
use std::time::Duration;

use futures_util::poll;
use ringfence_audit::Recorder;
use ringfence_catalog::Catalog;
use ringfence_identity::Caller;
use ringfence_policy::{ApprovalNeeded, Denial, Permit, Policy, Reach, Subject};
use ringfence_sandbox::{
    Answer, CallEvents, Directories, Overloaded, Prepared, Sandbox, Slot, Stop,
};
use ringfence_tool::{Component, ComponentName, FunctionName, ProviderFunction};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

pub use self::error::{Blame, CallError};
pub(crate) use self::lineage::{Lineage, Maker};
use self::prepared::PreparedTools;
use crate::approvals::{self, Approvals, Guard, Wanted, Word};
use crate::audit::Record;
use crate::json::canonical;
use crate::metrics::Metrics;
use crate::offer::tools::Tools;

/// Between two looks whether calls still run.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What somebody wants to have called.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRequest {
    /// What its client calls the request, as records say it.
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
    /// Something that a component describes itself.
    Provided {
        /// The component.
        component: ComponentName,
        /// Which of its functions provides it.
        function: ProviderFunction,
        /// What it is called: a tool, a prompt, the identifier of a resource.
        item: String,
    },
}

impl Target {
    /// What people call it.
    pub fn item(&self) -> &str {
        match self {
            Self::Function { function, .. } => function,
            Self::Tool(item) | Self::Provided { item, .. } => item,
        }
    }
}

/// What a target leads to.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) component: Arc<Component>,
    pub(crate) function: FunctionName,
    /// What it says of itself is asked, not what it does.
    describes: bool,
    /// What clients call it.
    pub(crate) name: String,
}

/// Where every call passes through.
#[derive(Debug)]
pub struct Funnel {
    /// Itself, for calls that go on from a guest.
    me: Weak<Self>,
    catalog: RwLock<Arc<Catalog>>,
    policy: RwLock<Arc<Policy>>,
    /// What guests can call.
    tools: RwLock<Arc<Tools>>,
    sandbox: Arc<Sandbox>,
    prepared: PreparedTools,
    audit: Recorder,
    /// Where a person can be asked. Without, nobody is, and what needs one is denied.
    approvals: Option<Approvals>,
    metrics: Metrics,
    /// Nothing may run any more.
    ended: CancellationToken,
}

/// What a call may do, and the person's word that it may, where it needed one.
struct Permitted {
    permit: Permit,
    word: Option<Word>,
}

impl Funnel {
    /// A funnel to the tools of `catalog`, whose calls are written down by `audit`.
    pub fn new(
        catalog: Arc<Catalog>,
        policy: Policy,
        sandbox: Arc<Sandbox>,
        audit: Recorder,
    ) -> Arc<Self> {
        Self::asking(catalog, policy, sandbox, audit, None)
    }

    /// The same, where a person can be asked about calls that need one.
    pub fn asking(
        catalog: Arc<Catalog>,
        policy: Policy,
        sandbox: Arc<Sandbox>,
        audit: Recorder,
        approvals: Option<Approvals>,
    ) -> Arc<Self> {
        let prepared = PreparedTools::new(Arc::clone(&sandbox));
        let tools = Arc::new(Tools::new(&catalog, &[]));
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            tools: RwLock::new(tools),
            catalog: RwLock::new(catalog),
            policy: RwLock::new(Arc::new(policy)),
            sandbox,
            prepared,
            audit,
            approvals,
            metrics: Metrics::new(),
            ended: CancellationToken::new(),
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
        request: &CallRequest,
        events: Arc<dyn CallEvents>,
        cancel: CancellationToken,
    ) -> Result<Answer, CallError> {
        let lineage = Lineage::default();
        self.begin(caller, request, events, cancel, &lineage).await
    }

    /// Makes one call, which may come from another one.
    async fn begin(
        &self,
        caller: &Caller,
        request: &CallRequest,
        events: Arc<dyn CallEvents>,
        cancel: CancellationToken,
        lineage: &Lineage,
    ) -> Result<Answer, CallError> {
        let record = Record::open(caller, request, lineage, &self.audit, &self.metrics);
        // One that another call makes ends with that one.
        let cancel = if lineage.is_root() {
            cancel.child_token()
        } else {
            cancel
        };
        let result = {
            let stages = self.stages(caller, request, events, cancel.clone(), &record);
            let mut stages = pin!(stages);
            tokio::select! {
                biased;
                result = &mut stages => result,
                () = self.ended.cancelled(), if lineage.is_root() => {
                    cancel.cancel();
                    stages.await
                }
            }
        };
        record.close(&result).await;
        result
    }

    /// Writes down a call that was refused before it got here.
    pub(crate) async fn refuse(
        &self,
        caller: &Caller,
        request: &CallRequest,
        error: CallError,
    ) -> Result<Answer, CallError> {
        self.refuse_child(caller, request, error, &Lineage::default())
            .await
    }

    /// The same, of a call that may come from another one.
    async fn refuse_child(
        &self,
        caller: &Caller,
        request: &CallRequest,
        error: CallError,
        lineage: &Lineage,
    ) -> Result<Answer, CallError> {
        let record = Record::open(caller, request, lineage, &self.audit, &self.metrics);
        let result = Err(error);
        record.close(&result).await;
        result
    }

    /// Waits until no call runs, for at most `patience`. Those that were given up end when somebody
    /// looks after them, and leave their records then.
    pub async fn idle(&self, patience: Duration) {
        let looked = async {
            while self.metrics.calls_running() > 0 {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let _ = tokio::time::timeout(patience, looked).await;
    }

    /// Stops every call that runs, whoever waits for it, and each that would begin, and waits until they have
    /// left their records, for at most `patience`.
    pub async fn end(&self, patience: Duration) {
        self.ended.cancel();
        // What runs longer leaves as if the process had been killed.
        self.idle(patience).await;
    }

    /// The stages: a line each, each spending what the one before has made.
    async fn stages(
        &self,
        caller: &Caller,
        request: &CallRequest,
        events: Arc<dyn CallEvents>,
        cancel: CancellationToken,
        record: &Record<'_>,
    ) -> Result<Answer, CallError> {
        let found = self.lookup(&request.target).map_err(|error| {
            let (catalog, policy) = (self.catalog(), self.policy());
            disabled::instead_of(error, &request.target, &catalog, &policy, caller)
        });
        let found = record.found(found?);
        let (component, function) = (&found.component, &found.function);
        let subject = Subject {
            component: component.name(),
            digest: &component.digest(),
            function,
            reach: Reach::of(component),
        };
        if !found.describes {
            let admitted = self.policy().admits(caller, &subject);
            admitted.map_err(|denial| CallError::denied(&found.name, &denial))?;
        }
        let prepared = until(&cancel, self.prepared.prepare(component)).await??;
        let arguments = prepared.arguments(function, &request.arguments)?;
        let timeout = record.lineage().within(prepared.timeout(function));
        let permitted = if found.describes {
            Permitted::freely(self.policy().describe(caller, &subject, timeout))
        } else {
            match self.policy().decide(caller, &subject, timeout) {
                Ok(permit) => Permitted::freely(permit),
                Err(Denial::ApprovalNeeded(needed)) => {
                    // Apart: few calls ask, and those that do not should not carry what it takes.
                    let asked = self.asked(*needed, &subject, timeout, &*events, record);
                    let asked = Box::pin(asked);
                    until(&cancel, asked).await??
                }
                Err(denial) => return Err(CallError::denied(&found.name, &denial)),
            }
        };
        let guard = self.guard(&permitted, &cancel);
        let cancel = guard.as_ref().map_or(cancel, Guard::token);
        let permit = permitted.permit;
        let slot = until(&cancel, self.admit(&prepared, record.lineage())).await??;
        until(&cancel, record.intent(&permit)).await??;
        let events = self.with_tools(caller, found, events, record);
        let stop = Stop {
            cancel,
            last: Some(record.last()),
        };
        let answer = self
            .sandbox
            .invoke(&prepared, permit, slot, arguments, events, stop)
            .await;
        match guard {
            Some(guard) if guard.is_revoked() => Err(CallError::Revoked {
                receipt: Box::new(answer.receipt),
            }),
            _ => Ok(answer),
        }
    }

    /// What a call may do once a person has said yes to it.
    async fn asked(
        &self,
        needed: ApprovalNeeded,
        subject: &Subject<'_>,
        timeout: Option<Duration>,
        events: &dyn CallEvents,
        record: &Record<'_>,
    ) -> Result<Permitted, CallError> {
        let Some(approvals) = &self.approvals else {
            return Err(CallError::Denied(Denial::ApprovalNeeded(Box::new(needed))));
        };
        let caller = needed.caller().clone();
        let arguments = &record.request().arguments;
        let wanted = Wanted {
            tool: &record.name(),
            arguments: canonical::digest(arguments),
            maker: record.lineage().maker(),
            shown: approvals::shown(&self.sandbox, &needed, arguments, record.lineage().maker()),
            needed,
        };
        let standstill = events.standstill();
        let word = approvals.obtain(wanted, events, record).await?;
        drop(standstill);
        // Asked anew: what was approved of holds only while policy still says the same.
        let permit = self
            .policy()
            .approved(&caller, subject, timeout, &word.approval)
            .map_err(|denial| CallError::denied(&record.name(), &denial))?;
        Ok(Permitted {
            permit,
            word: Some(word),
        })
    }

    fn guard(&self, permitted: &Permitted, cancel: &CancellationToken) -> Option<Guard> {
        let (approvals, word) = (self.approvals.as_ref()?, permitted.word.as_ref()?);
        Some(approvals.guard(word, cancel))
    }

    /// Room for one call. One that another call makes waits less, and finds room where others do not.
    async fn admit(&self, prepared: &Prepared, lineage: &Lineage) -> Result<Slot, Overloaded> {
        if lineage.is_root() {
            self.sandbox.admit(prepared).await
        } else {
            self.sandbox.admit_child(prepared).await
        }
    }

    fn lookup(&self, target: &Target) -> Result<Found, CallError> {
        let catalog = self.catalog();
        let tool = match target {
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
            Target::Provided {
                component,
                function,
                item,
            } => {
                let unknown = || CallError::UnknownTool(item.clone());
                let component = catalog.component(component.as_str()).ok_or_else(unknown)?;
                let exported = component.provider_function(*function).ok_or_else(unknown)?;
                return Ok(Found {
                    component: Arc::clone(component),
                    function: exported.name.clone(),
                    describes: function.describes(),
                    name: item.clone(),
                });
            }
        }?;
        Ok(Found {
            component: Arc::clone(tool.component()),
            function: tool.definition().function.clone(),
            describes: false,
            name: tool.name().to_string(),
        })
    }

    /// The tools of this moment.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What guests can call at this moment.
    fn tools(&self) -> Arc<Tools> {
        Arc::clone(&self.tools.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets guests call these from now on.
    pub(crate) fn offer(&self, tools: Arc<Tools>) {
        *self.tools.write().unwrap_or_else(PoisonError::into_inner) = tools;
    }

    /// What has happened, in numbers.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What is written down, and whether it can be.
    pub fn audit(&self) -> &Recorder {
        &self.audit
    }

    /// Where a person is asked, where one can be.
    pub fn approvals(&self) -> Option<&Approvals> {
        self.approvals.as_ref()
    }

    /// What is granted at this moment.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Decides by another policy from now on, whose grants stand for `directories`. Calls that run
    /// already go on with what they were granted.
    pub fn enforce(&self, policy: Policy, directories: Directories) {
        // First what the new grants stand for: a call in between must not find less than it was granted
        // and fail, where it can be helped.
        self.sandbox.replace_directories(directories);
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// Serves other tools from now on. Calls that run already end as they began.
    pub fn replace(&self, next: Arc<Catalog>) {
        self.prepared.retain(&next);
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

impl Permitted {
    /// Without anybody's word.
    fn freely(permit: Permit) -> Self {
        Self { permit, word: None }
    }
}

/// The output of `stage`, unless the caller gives up first.
async fn until<T>(
    cancel: &CancellationToken,
    stage: impl Future<Output = T>,
) -> Result<T, CallError> {
    if cancel.is_cancelled() {
        return Err(CallError::Cancelled);
    }
    let mut stage = pin!(stage);
    // Nearly always there is nothing to wait for.
    if let Poll::Ready(output) = poll!(stage.as_mut()) {
        return Ok(output);
    }
    cancel
        .run_until_cancelled(stage)
        .await
        .ok_or(CallError::Cancelled)
}
