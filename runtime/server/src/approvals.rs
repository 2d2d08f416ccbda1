//! A person's word on calls that can do harm.
//!
//! Owns how it is got: from an answer that was given before, from the client that can be asked, and
//! always also from the operator's queue, whoever is first. What is decided is kept in `ringfence-state`;
//! what is dangerous says `ringfence-policy`. Refuses to let anybody decide who is not a person outside
//! the model's reach: a client shows the question to its user, and the queue needs the state directory or
//! the key of the admin listener.

mod form;
mod queue;
mod running;
mod shown;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use ringfence_audit::{ApprovalState as Step, Recorder};
use ringfence_policy::{Approval, ApprovalNeeded, Capability, Grant};
use ringfence_sandbox::{CallEvents, ClientAnswer};
use ringfence_state::{
    ApprovalError, ApprovalKey, ApprovalQuestion, ApprovalState, Asker, Asking, State, StateError,
};
use tokio_util::sync::CancellationToken;

use self::form::Said;
pub(crate) use self::running::Guard;
use self::running::Running;
pub(crate) use self::shown::shown;
use crate::audit::Record;
use crate::call::{CallError, Maker};
use crate::protocol::seal::random;

/// How long a question waits for its answer. Whoever asked may be gone long before; the answer then
/// holds for the call that comes back.
pub const ASKED_FOR: Duration = Duration::from_mins(10);

/// How long a call waits for the operator unless somebody says otherwise. Clients give up after a minute,
/// many of them, and then nobody reads why.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The most that a call can be made to wait.
pub const PATIENCE_MAX: Duration = ASKED_FOR;

/// Between two looks whether the operator has answered.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Grants that a question keeps to be read, of as many as the call could touch. A person reads no more, and is
/// told how many there are; what the answer is bound to is all of them.
const KEPT_MAX: usize = 64;

/// How often one call asks anew because another one used up the answer. Bounds two calls that take
/// answers from each other for ever.
const ROUNDS_MAX: usize = 3;

/// Where calls get a person's word, and where persons give it. Clones are one.
#[derive(Debug, Clone)]
pub struct Approvals {
    state: State,
    audit: Recorder,
    patience: Duration,
    running: Arc<Running>,
}

/// What a call wants a person's word for.
pub(crate) struct Wanted<'w> {
    /// What policy asks.
    pub(crate) needed: ApprovalNeeded,
    /// What clients call the tool.
    pub(crate) tool: &'w str,
    /// The tool that makes the call, where a tool does.
    pub(crate) maker: Option<&'w Maker>,
    /// A digest of the arguments.
    pub(crate) arguments: [u8; 32],
    /// The arguments, for a person to read: without secrets.
    pub(crate) shown: String,
}

/// A person's word, for one call.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) approval: Approval,
    id: String,
}

/// What became of a question while a call waited for it.
enum Became {
    /// Somebody said yes, and some call may have used that up already.
    Given,
    /// Somebody said no: the operator, whose no holds, or somebody else.
    Refused { by_operator: bool },
    /// It is over, and nobody has said anything.
    Over,
    /// Nobody has answered yet.
    Open,
}

impl Approvals {
    /// Approvals that are kept in `state`, where a call waits for the operator as long as `patience`, and
    /// every step is written down by `audit`.
    pub fn new(state: State, audit: Recorder, patience: Duration) -> Self {
        Self {
            state,
            audit,
            patience: patience.min(PATIENCE_MAX),
            running: Arc::default(),
        }
    }

    /// Gets a person's word for what is wanted, or says why there is none.
    ///
    /// # Errors
    ///
    /// Somebody said no, nobody has said anything yet, or nothing can be kept.
    pub(crate) async fn obtain(
        &self,
        wanted: Wanted<'_>,
        events: &dyn CallEvents,
        record: &Record<'_>,
    ) -> Result<Word, CallError> {
        let question = question(&wanted, events.client(), record);
        for _ in 0..ROUNDS_MAX {
            self.expire().await?;
            let approvals = self.state.approvals();
            if let Some(id) = approvals.take(&question.key).await? {
                record.approval(Step::Used, &id, &question.capabilities, None, None);
                let approval = wanted.needed.approve();
                return Ok(Word { approval, id });
            }
            let id = match approvals.ask(&new_id(), &question, ASKED_FOR).await? {
                Asking::New(id) => {
                    record.approval(Step::Asked, &id, &question.capabilities, None, None);
                    tracing::warn!(
                        tool = wanted.tool,
                        caller = %wanted.needed.caller(),
                        "a call waits for a person: `ringfence approvals show {id}`"
                    );
                    id
                }
                Asking::Open(id) => id,
                Asking::Refused(id) => return Err(CallError::Refused { standing: Some(id) }),
            };
            match self.wait(&id, &wanted, &question, events).await? {
                Became::Given => {}
                Became::Refused { by_operator } => {
                    let standing = by_operator.then_some(id);
                    return Err(CallError::Refused { standing });
                }
                Became::Over | Became::Open => return Err(CallError::Unanswered { id }),
            }
        }
        Err(CallError::TooManyQuestions)
    }

    /// Lets `cancel` go off when the word is taken back, as long as the guard is held.
    pub(crate) fn guard(&self, word: &Word, cancel: &CancellationToken) -> Guard {
        self.running.guard(&self.state, &word.id, cancel)
    }

    async fn wait(
        &self,
        id: &str,
        wanted: &Wanted<'_>,
        question: &ApprovalQuestion,
        events: &dyn CallEvents,
    ) -> Result<Became, CallError> {
        let by_client = async {
            if events.abilities().form {
                let asked = form::question(id, wanted, question);
                match events.ask(vec![asked]).await.as_deref() {
                    Ok([ClientAnswer::Declined]) => return Some(Said::No),
                    Ok([ClientAnswer::Accepted(values)]) => return Some(form::said(values)),
                    // Nobody has decided anything, so the operator may.
                    _ => {}
                }
            }
            tokio::time::sleep(self.patience).await;
            None
        };
        let said = tokio::select! {
            biased;
            became = self.by_operator(id) => return Ok(became?),
            said = by_client => said,
        };
        let Some(said) = said else {
            return Ok(Became::Open);
        };
        let by = match question.key.client.as_str() {
            "" => format!("the client of {}", wanted.needed.caller()),
            client => format!("{client} of {}", wanted.needed.caller()),
        };
        // The no of a client's user is to this call: who wants to be asked again only has to say so.
        match self.answer(id, said.given(), &by).await {
            Ok(_) if said == Said::No => Ok(Became::Refused { by_operator: false }),
            Ok(_) => Ok(Became::Given),
            // The operator was faster; whatever it was, it holds.
            Err(ApprovalError::Settled { .. } | ApprovalError::Unknown(_)) => {
                Ok(self.look(id).await?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Looks until somebody else has decided.
    async fn by_operator(&self, id: &str) -> Result<Became, StateError> {
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            let became = self.look(id).await?;
            if !matches!(became, Became::Open) {
                return Ok(became);
            }
        }
    }

    async fn look(&self, id: &str) -> Result<Became, StateError> {
        self.expire().await?;
        let found = self.state.approvals().find(id).await?;
        let Some(found) = found else {
            return Ok(Became::Over);
        };
        Ok(match found.state {
            ApprovalState::Asked => Became::Open,
            ApprovalState::Given | ApprovalState::Used => Became::Given,
            ApprovalState::Refused => Became::Refused {
                by_operator: found.is_standing_refusal(),
            },
            _ => Became::Over,
        })
    }
}

/// What tells an approval from others: something that a person can type, and nobody can guess.
fn new_id() -> String {
    format!("{:016x}", u64::from_le_bytes(random()))
}

/// What an answer is bound to: what policy says, the tool as clients call it, and the one that makes the call.
/// All tools that a component describes itself are one function to policy. Who lets one tool make a call has
/// not let another, nor said yes to what they ask for themselves.
fn binding(wanted: &Wanted<'_>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(wanted.needed.binding().as_bytes());
    hasher.update(wanted.tool.as_bytes());
    if let Some(maker) = wanted.maker {
        // No name has one in it.
        hasher.update(&[0]);
        hasher.update(maker.digest.as_bytes());
        hasher.update(maker.tool.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

fn question(wanted: &Wanted<'_>, client: String, record: &Record<'_>) -> ApprovalQuestion {
    let needed = &wanted.needed;
    let capabilities = needed.capabilities();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    ApprovalQuestion {
        key: ApprovalKey {
            tenant: needed.caller().tenant().clone(),
            principal: needed.caller().principal().to_string(),
            client,
            binding: binding(wanted),
            arguments: wanted.arguments,
        },
        asker: Asker {
            call: record.call().to_string(),
            request: record.request().id.clone(),
            parent: record.lineage().parent().map(str::to_owned),
            maker: wanted.maker.map(|maker| maker.tool.to_string()),
        },
        tool: wanted.tool.to_owned(),
        digest: needed.digest().to_string(),
        capabilities: capabilities
            .iter()
            .take(KEPT_MAX)
            .map(|granted| granted.grant.to_string())
            .collect(),
        dangerous: count(needed.dangerous().min(KEPT_MAX)),
        more: count(capabilities.len().saturating_sub(KEPT_MAX)),
        shown: wanted.shown.clone(),
    }
}

/// What a tool could touch, as its caller may read it: without the host's side. Whether each is dangerous. Of two
/// that read alike one is left.
fn touched(needed: &ApprovalNeeded) -> Vec<(String, bool)> {
    let mut touched: Vec<(String, bool)> = Vec::new();
    let mut seen = HashSet::new();
    for (place, granted) in needed.capabilities().iter().enumerate() {
        let text = match &granted.grant {
            // Where it goes, and how much it may use, is nothing of the host's.
            Grant::Secret(_) | Grant::Budget(_) => granted.grant.to_string(),
            grant => match Capability::of(grant) {
                Some(capability) => capability.to_string(),
                None => grant.to_string(),
            },
        };
        if seen.insert(text.clone()) {
            touched.push((text, place < needed.dangerous()));
        }
    }
    touched
}

impl From<StateError> for CallError {
    /// An approval cannot be kept: better no call than one that nobody can take back.
    fn from(error: StateError) -> Self {
        unkept(&error)
    }
}

impl From<ApprovalError> for CallError {
    fn from(error: ApprovalError) -> Self {
        match error {
            ApprovalError::TooMany => Self::TooManyQuestions,
            error => unkept(&error),
        }
    }
}

fn unkept(error: &dyn std::error::Error) -> CallError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    CallError::Unkept {
        internal: text.into(),
    }
}
