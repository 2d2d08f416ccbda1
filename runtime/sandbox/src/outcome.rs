//! How a call ended.
//!
//! Owns the distinction that everything downstream rests on: whose fault it was. A tool's own error
//! is data, a trap is the tool's bug, a limit is the policy's doing, a host fault is ours.

use std::fmt;

use crate::content::Content;
use crate::host::Ability;

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The client gave up, and the guest was stopped.
    Cancelled,
    /// The host failed. The text is for the log alone: it may name what a client must not see.
    HostFault(String),
    /// A limit stopped the guest.
    Limit(Limit),
    /// The tool returned.
    Returned(Output),
    /// The tool returned an error on purpose.
    ToolError(ToolError),
    /// The guest broke.
    Trapped(Trap),
    /// The guest asked what its client cannot be asked, and was stopped.
    Unasked(Ability),
}

impl Outcome {
    /// One word for records and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::HostFault(_) => "host-fault",
            Self::Limit(_) => "limit",
            Self::Returned(_) => "returned",
            Self::ToolError(_) => "tool-error",
            Self::Trapped(_) => "trapped",
            Self::Unasked(_) => "unasked",
        }
    }
}

/// What a tool returned.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Content blocks, as the tool wants them shown.
    Content(Vec<Content>),
    /// A value, as JSON text.
    Json(String),
    /// Nothing: the function has no result.
    Nothing,
}

/// What a tool says went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolError {
    /// The name of the case, for programs, where the error is a variant or an enum: `not-found` of
    /// `ringfence:tool/types.tool-error`, for one.
    pub case: Option<String>,
    /// The tool's own words, the case included.
    pub text: String,
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The limit that stopped a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Processor time.
    Cpu,
    /// Instructions.
    Fuel,
    /// Live handles.
    Handles,
    /// Data of one host call, or of the result.
    HostCallData,
    /// Core instances, memories or tables.
    Instances,
    /// Linear memory.
    Memory,
    /// Random data of one request.
    Random,
    /// The result as JSON or content.
    Result,
    /// Linear memory of all calls together.
    SharedMemory,
    /// The call stack.
    Stack,
    /// Table elements.
    Tables,
    /// Time, waiting included.
    Wall,
}

impl Limit {
    /// One word for records, metrics and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Fuel => "fuel",
            Self::Handles => "handles",
            Self::HostCallData => "host-call-data",
            Self::Instances => "instances",
            Self::Memory => "memory",
            Self::Random => "random",
            Self::Result => "result",
            Self::SharedMemory => "shared-memory",
            Self::Stack => "stack",
            Self::Tables => "tables",
            Self::Wall => "wall",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "processor time",
            Self::Fuel => "instructions",
            Self::Handles => "open handles",
            Self::HostCallData => "data passed in one host call",
            Self::Instances => "instances",
            Self::Memory => "memory",
            Self::Random => "random data in one request",
            Self::Result => "result size",
            Self::SharedMemory => "memory of all calls together",
            Self::Stack => "call stack",
            Self::Tables => "table elements",
            Self::Wall => "time",
        })
    }
}

/// A guest that broke: an `unreachable`, an access out of bounds, an exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// What happened, in the engine's words. Says nothing of the host.
    pub reason: String,
    /// The last lines that the guest wrote to standard error, which is where a panic is explained.
    /// The guest's own text: escaped, at most 2 KiB.
    pub last_words: Option<String>,
}
