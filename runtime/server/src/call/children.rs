//! Calls that a guest makes.
//!
//! Owns their way back into the funnel: each is a call like any other, of the same caller, with a record of
//! its own. Refuses to decide: what the guest may call its permit says, and what becomes of the call the
//! stages do.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ringfence_identity::Caller;
use ringfence_policy::Refusal;
use ringfence_sandbox::{
    Abilities, Answer, ArgumentError, Asked, CallEvents, Called, Calling, ChildCall, ChildEnded,
    ChildError, Content, Limit, ListedTool, LogLevel, News, OtherTools, Outcome, Output, Printed,
    Question, Receipt, StandardInput, Standstill,
};
use serde_json::{Map, Value};
use tokio::sync::mpsc::Sender;

use super::lineage::{DEPTH_MAX, Family, Maker};
use super::{CallError, CallRequest, Found, Funnel, Lineage, Target};
use crate::audit::Record;
use crate::offer::provided;
use crate::offer::schema::Schema;
use crate::offer::tools::Tools;
use crate::protocol::wire;

/// The interface through which guests call. Who does not import it is handed nothing.
const IMPORT: &str = "ringfence:tool/tools";

/// Tools that a guest can list. Bounds what one request makes the host write; what is granted is mostly far
/// less.
const LISTED_MAX: usize = 1000;

impl Funnel {
    /// Whoever listens to a call, with other tools where its guest can call some.
    pub(super) fn with_tools(
        &self,
        caller: &Caller,
        found: &Found,
        events: Arc<dyn CallEvents>,
        record: &Record<'_>,
    ) -> Arc<dyn CallEvents> {
        let mut imports = found.component.imports().iter();
        if !imports.any(|import| import.name.starts_with(IMPORT)) {
            return events;
        }
        // It is there: it is being called.
        let Some(funnel) = self.me.upgrade() else {
            return events;
        };
        let lineage = record.lineage();
        let tools = Arc::new(Children {
            funnel,
            caller: caller.clone(),
            call: Arc::clone(record.call()),
            request: record.request().id.clone(),
            maker: Maker {
                tool: found.name.as_str().into(),
                digest: found.component.digest(),
            },
            depth: lineage.depth() + 1,
            family: lineage.family(),
        });
        Arc::new(WithTools { events, tools })
    }
}

/// The calls that one guest makes.
struct Children {
    funnel: Arc<Funnel>,
    caller: Caller,
    /// The call whose guest it is.
    call: Arc<str>,
    /// The client's request, for which all of them are made.
    request: String,
    /// Its tool.
    maker: Maker,
    /// How many calls are above those that it makes.
    depth: u32,
    family: Family,
}

/// The schema of structured results, where a tool describes itself and says one.
type Described = Option<Option<Arc<Schema>>>;

impl Children {
    fn request(&self, name: String) -> CallRequest {
        CallRequest {
            id: self.request.clone(),
            target: Target::Tool(name),
            arguments: Map::new(),
        }
    }

    async fn made(&self, wanted: ChildCall) -> ChildEnded {
        let lineage = Lineage::below(
            self.depth,
            &self.call,
            &self.maker,
            wanted.left,
            &self.family,
        );
        let mut request = self.request(wanted.name);
        let aimed = self.aim(&mut request, &wanted.arguments);
        let (ended, provided) = match aimed {
            Ok(provided) => {
                let (events, cancel) = (wanted.events, wanted.cancel);
                let call = self
                    .funnel
                    .begin(&self.caller, &request, events, cancel, &lineage);
                (call.await, provided)
            }
            Err(error) => {
                let refused = self
                    .funnel
                    .refuse_child(&self.caller, &request, error, &lineage);
                (refused.await, None)
            }
        };
        end(ended, &provided, &request.id)
    }

    /// Points `request` at what its name means, with `arguments`. Gives the schema of structured results of a tool
    /// that describes itself.
    fn aim(&self, request: &mut CallRequest, arguments: &str) -> Result<Described, CallError> {
        if self.depth > DEPTH_MAX {
            return Err(CallError::TooDeep);
        }
        if !self.family.grow() {
            return Err(CallError::TooManyCalls);
        }
        let arguments = object(arguments)?;
        let tools = self.funnel.tools();
        let name = request.target.item();
        let Some(tool) = tools.provided(name) else {
            request.arguments = arguments;
            return Ok(None);
        };
        let name = name.to_owned();
        // What this caller could never use answers as if it were not there; the funnel says so.
        if tool.backing.is_visible(&self.funnel.policy(), &self.caller) {
            tool.input
                .check(&arguments)
                .map_err(|unfit| CallError::Arguments(unfit.into()))?;
        }
        (request.target, request.arguments) = tool.aim(name, arguments);
        Ok(Some(tool.output.clone()))
    }
}

impl OtherTools for Children {
    fn list(&self, granted: &dyn Fn(&str) -> bool) -> Vec<ListedTool> {
        let (tools, policy): (Arc<Tools>, _) = (self.funnel.tools(), self.funnel.policy());
        let granted = tools
            .listed(&policy, &self.caller)
            .filter(|(name, _)| granted(name))
            .take(LISTED_MAX);
        granted.map(|(_, listed)| listed.to_tool()).collect()
    }

    fn call(&self, wanted: ChildCall) -> Calling<'_> {
        Box::pin(self.made(wanted))
    }

    fn refuse<'a>(
        &'a self,
        name: &'a str,
        why: &'a Refusal,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let request = self.request(name.to_owned());
            let error = CallError::Hidden {
                name: name.to_owned(),
                internal: why.to_string().into(),
            };
            let left = Duration::ZERO;
            let lineage = Lineage::below(self.depth, &self.call, &self.maker, left, &self.family);
            let refused = self
                .funnel
                .refuse_child(&self.caller, &request, error, &lineage);
            drop(refused.await);
        })
    }
}

/// Arguments that a guest wrote.
fn object(text: &str) -> Result<Map<String, Value>, CallError> {
    let unfit = |message: String| {
        CallError::Arguments(ArgumentError {
            path: "/".into(),
            message,
        })
    };
    match crate::json::parse(text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Err(unfit("the arguments must be a JSON object".into())),
        Err(fault) => Err(unfit(fault.to_string())),
    }
}

/// What the guest gets of a call, and what the call cost.
fn end(ended: Result<Answer, CallError>, provided: &Described, request: &str) -> ChildEnded {
    match ended {
        Ok(answer) => {
            let (word, receipt) = (answer.outcome.word(), answer.receipt);
            let (fuel, cpu) = spent(&receipt);
            ChildEnded {
                result: returned(answer.outcome, provided, request),
                word,
                fuel,
                cpu,
            }
        }
        Err(error) => {
            let result = Err(refused(&error));
            // A receipt is for the caller, for whom hidden is absent.
            let word = match result {
                Err(ChildError::Unknown) => "unknown-tool",
                _ => error.word(),
            };
            let (fuel, cpu) = error.receipt().map(spent).unwrap_or_default();
            ChildEnded {
                result,
                word,
                fuel,
                cpu,
            }
        }
    }
}

/// Fuel and processor time of a call and of all below it.
fn spent(receipt: &Receipt) -> (u64, Duration) {
    let below = &receipt.children;
    let fuel = receipt.fuel.saturating_add(below.fuel);
    (fuel, receipt.cpu.saturating_add(below.cpu))
}

/// How a guest ended, for the guest that called.
fn returned(outcome: Outcome, provided: &Described, request: &str) -> Result<Called, ChildError> {
    let failed = |text: String| Err(ChildError::Failed(text));
    match outcome {
        Outcome::Returned(Output::Json(json)) => match provided {
            None => Ok(Called {
                content: Vec::new(),
                structured: Some(format!(r#"{{"result":{json}}}"#)),
                is_error: false,
            }),
            Some(schema) => match provided::fitting_result(&json, schema.as_deref()) {
                Ok((content, structured)) => Ok(Called {
                    content,
                    structured: structured.map(|members| Value::Object(members).to_string()),
                    is_error: false,
                }),
                Err(text) => failed(text),
            },
        },
        Outcome::Returned(Output::Content(content)) => Ok(Called {
            content,
            structured: None,
            is_error: false,
        }),
        Outcome::Returned(Output::Nothing) => Ok(Called {
            content: Vec::new(),
            structured: None,
            is_error: false,
        }),
        Outcome::ToolError(error) => Ok(Called {
            content: vec![Content::Text {
                text: error.text,
                audience: None,
            }],
            structured: None,
            is_error: true,
        }),
        Outcome::Cancelled => Err(ChildError::Cancelled),
        Outcome::Limit(Limit::Wall) => Err(ChildError::TimedOut),
        Outcome::Limit(limit) => failed(wire::limit_text(limit)),
        Outcome::Trapped(trap) => failed(wire::trap_text(&trap)),
        Outcome::Unasked(ability) => failed(wire::unasked_text(ability)),
        Outcome::HostFault(_) => failed(wire::host_fault_text(request)),
    }
}

/// Why no guest ran, for the guest that called.
fn refused(error: &CallError) -> ChildError {
    let text = || error.to_string();
    match error {
        CallError::Hidden { .. }
        | CallError::UnknownFunction { .. }
        | CallError::UnknownTool(_) => ChildError::Unknown,
        CallError::Arguments(_) => ChildError::InvalidArguments(text()),
        CallError::Cancelled => ChildError::Cancelled,
        CallError::Denied(_)
        | CallError::Disabled(_)
        | CallError::Refused { .. }
        | CallError::Revoked { .. }
        | CallError::TooManyQuestions
        | CallError::Unanswered { .. } => ChildError::Denied(text()),
        CallError::Overloaded(_) => ChildError::Busy,
        CallError::TooDeep => ChildError::TooDeep,
        CallError::TooManyCalls => ChildError::TooMany,
        CallError::Unkept { .. } | CallError::Unrecorded { .. } | CallError::Unusable { .. } => {
            ChildError::Failed(text())
        }
    }
}

/// Whoever listens to a call, and other tools for its guest.
struct WithTools {
    events: Arc<dyn CallEvents>,
    tools: Arc<Children>,
}

impl CallEvents for WithTools {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.events.progress(done, total, message);
    }

    fn log(&self, level: LogLevel, message: String) {
        self.events.log(level, message);
    }

    fn client(&self) -> String {
        self.events.client()
    }

    fn abilities(&self) -> Abilities {
        self.events.abilities()
    }

    fn ask(&self, questions: Vec<Question>) -> Asked<'_> {
        self.events.ask(questions)
    }

    fn tools(&self) -> Option<Arc<dyn OtherTools>> {
        Some(Arc::clone(&self.tools) as _)
    }

    fn standstill(&self) -> Option<Standstill> {
        self.events.standstill()
    }

    fn standard_input(&self) -> Option<StandardInput> {
        self.events.standard_input()
    }

    fn standard_output(&self) -> Option<Sender<Printed>> {
        self.events.standard_output()
    }

    fn background(&self) -> bool {
        self.events.background()
    }

    fn announce(&self, news: News) {
        self.events.announce(news);
    }
}
