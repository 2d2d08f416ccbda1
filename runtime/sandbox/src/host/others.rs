//! Other tools, as a guest that calls them sees them.
//!
//! Owns the trait that such a call leaves the sandbox through, and its data. Refuses to know which tools
//! there are and who decides: whoever makes a call makes those of its guest, by the same way.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ringfence_policy::Refusal;
use tokio_util::sync::CancellationToken;

use super::events::CallEvents;
use crate::content::Content;

/// What becomes of a call by a guest.
pub type Calling<'a> = Pin<Box<dyn Future<Output = ChildEnded> + Send + 'a>>;

/// Makes the calls of one guest: in the name of its caller, and through everything that a call passes.
///
/// The guest's permit was asked before. Nothing here may take that for more than it is: what the call may
/// do is for policy to decide anew.
pub trait OtherTools: Send + Sync {
    /// What the caller could call, of what is `granted` to the guest, in the order of names. Must return
    /// at once.
    fn list(&self, granted: &dyn Fn(&str) -> bool) -> Vec<ListedTool>;

    /// Makes a call that is granted to the guest. The future is dropped when the guest is stopped.
    fn call(&self, wanted: ChildCall) -> Calling<'_>;

    /// Writes down that the guest wanted to call what is not granted to it.
    fn refuse<'a>(
        &'a self,
        name: &'a str,
        why: &'a Refusal,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// A tool that a guest can call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTool {
    /// What it is called.
    pub name: String,
    /// What it does, in its author's words.
    pub description: String,
    /// JSON Schema of its arguments, as text.
    pub input_schema: String,
}

/// What a guest wants to have called.
#[expect(
    missing_debug_implementations,
    reason = "whoever hears of a call need not show themselves"
)]
pub struct ChildCall {
    /// What it is called.
    pub name: String,
    /// With what: text that should be a JSON object. Nobody has looked at it.
    pub arguments: String,
    /// How much time the guest has left, and so the call.
    pub left: Duration,
    /// Who hears of the call, and answers what it asks: whoever is behind the guest's own.
    pub events: Arc<dyn CallEvents>,
    /// Stops the call with the guest.
    pub cancel: CancellationToken,
}

/// How the call of a guest ended.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildEnded {
    /// What the guest gets.
    pub result: Result<Called, ChildError>,
    /// In one word, for the receipt.
    pub word: &'static str,
    /// Instructions of the call and of all below it.
    pub fuel: u64,
    /// Processor time of the same.
    pub cpu: Duration,
}

/// What a tool gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The blocks.
    pub content: Vec<Content>,
    /// The structured result, as the text of a JSON object.
    pub structured: Option<String>,
    /// Whether it says that it failed.
    pub is_error: bool,
}

/// Why a guest gets no answer. The texts are for its author and its caller, as those of any call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in `wit/tools.wit`, case by case")]
pub enum ChildError {
    Unknown,
    InvalidArguments(String),
    Denied(String),
    TooDeep,
    TooMany,
    Busy,
    TimedOut,
    Cancelled,
    Failed(String),
}
