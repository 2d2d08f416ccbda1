//! Why a call did not reach a guest, and whose fault that is.
//!
//! Owns two texts for each: what the caller may read, and what only the log may say.

use std::sync::Arc;

use ringfence_policy::Denial;
use ringfence_sandbox::{ArgumentError, Overloaded, Receipt};
use ringfence_tool::ComponentName;
use thiserror::Error;

use super::lineage::{DEPTH_MAX, DESCENDANTS_MAX};

/// Why a call did not reach a guest. Its text is for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The arguments do not fit the tool's schema.
    #[error(transparent)]
    Arguments(#[from] ArgumentError),
    /// The caller gave up.
    #[error("the call was cancelled")]
    Cancelled,
    /// Policy does not allow it.
    #[error("denied: {0}")]
    Denied(#[from] Denial),
    /// Nobody approved the component as it is. The text is ours alone: nothing of it is the tool's.
    #[error("{0}")]
    Disabled(String),
    /// Policy never allows it to this caller, for whom it is not there: hidden equals absent.
    #[error("unknown tool `{name}`")]
    Hidden {
        /// What was asked for.
        name: String,
        /// Why, for the log.
        internal: Arc<str>,
    },
    /// A person was asked, and said no.
    #[error("{}", refusal(.standing.as_deref()))]
    Refused {
        /// Under which id the operator said no, which holds for calls to come. Nothing where somebody else
        /// did.
        standing: Option<String>,
    },
    /// A person said yes, and took it back while the call ran.
    #[error("denied: a person had approved of this call, and took that back while it ran")]
    Revoked {
        /// What it cost and touched until then.
        receipt: Box<Receipt>,
    },
    /// A person has to be asked, and too many questions of this caller wait already.
    #[error(
        "denied: a person has to approve of this call, and too many questions wait for an answer already"
    )]
    TooManyQuestions,
    /// A person was asked, and has not answered in time.
    #[error(
        "a person has to approve of this call, and nobody has answered yet. `ringfence approvals show {id}` \
         shows what is asked. When it is approved, make the same call again"
    )]
    Unanswered {
        /// Under which id it is asked.
        id: String,
    },
    /// A person has to be asked, and no answer could be kept.
    #[error(
        "a person has to approve of this call, and no approval can be kept now; try again later"
    )]
    Unkept {
        /// Why, for the log.
        internal: Arc<str>,
    },
    /// There is no room.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// Tools call each other too deeply.
    #[error(
        "tools call each other too deeply: at most {DEPTH_MAX} below the one that was called first"
    )]
    TooDeep,
    /// A call and all below it call too often.
    #[error("too many calls below the one that was called first: at most {DESCENDANTS_MAX}")]
    TooManyCalls,
    /// The component has no such function.
    #[error("component `{component}` has no function `{function}`")]
    UnknownFunction {
        /// The component.
        component: String,
        /// What it has not.
        function: String,
    },
    /// There is no such tool, or not for this caller.
    #[error("unknown tool `{0}`")]
    UnknownTool(String),
    /// The call can do harm, and its record cannot be written.
    #[error("this call can change something, and no record of it can be kept now; try again later")]
    Unrecorded {
        /// Why, for the log.
        internal: Arc<str>,
    },
    /// The engine does not take the component.
    #[error("component `{component}` cannot be run; the server's log says why")]
    Unusable {
        /// The component.
        component: ComponentName,
        /// Why, for the log.
        internal: Arc<str>,
    },
}

/// Whose fault something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Whoever calls: another request would work.
    Caller,
    /// This host: the same request may work later.
    Host,
    /// Whoever set up the policy, on purpose or not.
    Policy,
    /// Whoever wrote the tool.
    Tool,
}

fn refusal(standing: Option<&str>) -> String {
    match standing {
        Some(id) => format!(
            "denied by the operator, who was asked about this call (approval `{id}`) and said no. Do not try \
             it again: until the operator says otherwise, that is the answer"
        ),
        None => {
            "denied: a person was asked about this call, and said no. Do not try it again".into()
        }
    }
}

impl CallError {
    /// A denial, as whoever called `name` may know of it.
    pub(crate) fn denied(name: &str, denial: &Denial) -> Self {
        match denial {
            Denial::ApprovalNeeded(_) => Self::Denied(denial.clone()),
            never => Self::Hidden {
                name: name.to_owned(),
                internal: never.to_string().into(),
            },
        }
    }

    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Arguments(_)
            | Self::Cancelled
            | Self::TooDeep
            | Self::TooManyCalls
            | Self::UnknownFunction { .. }
            | Self::UnknownTool(_) => Blame::Caller,
            Self::Denied(_)
            | Self::Disabled(_)
            | Self::Hidden { .. }
            | Self::Refused { .. }
            | Self::Revoked { .. }
            | Self::TooManyQuestions
            | Self::Unanswered { .. } => Blame::Policy,
            Self::Overloaded(_) | Self::Unkept { .. } | Self::Unrecorded { .. } => Blame::Host,
            Self::Unusable { .. } => Blame::Tool,
        }
    }

    /// What only the log may say.
    pub fn internal(&self) -> Option<&str> {
        match self {
            Self::Hidden { internal, .. }
            | Self::Unkept { internal }
            | Self::Unrecorded { internal }
            | Self::Unusable { internal, .. } => Some(internal),
            _ => None,
        }
    }

    /// What a guest cost and touched that was stopped. Nothing where none ran.
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Revoked { receipt } => Some(receipt),
            _ => None,
        }
    }

    /// One word for records and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Arguments(_) => "invalid-arguments",
            Self::Cancelled => "cancelled",
            Self::Denied(_) | Self::Hidden { .. } => "denied",
            Self::Disabled(_) => "disabled",
            Self::Overloaded(_) => "overloaded",
            Self::Refused { .. } => "refused",
            Self::Revoked { .. } => "revoked",
            Self::TooDeep => "too-deep",
            Self::TooManyCalls => "too-many-calls",
            Self::TooManyQuestions => "too-many-questions",
            Self::Unanswered { .. } => "unanswered",
            Self::Unkept { .. } => "unkept",
            Self::UnknownFunction { .. } | Self::UnknownTool(_) => "unknown-tool",
            Self::Unrecorded { .. } => "unrecorded",
            Self::Unusable { .. } => "unusable",
        }
    }
}
