//! What is written down, as data.
//!
//! Owns the kinds of event and what each says. Everything is borrowed: writing an event down costs no
//! allocation. Names, reasons and words may be anybody's text; they are escaped and cut when they are
//! written.

use std::time::Duration;

use crate::key::ArgumentsDigest;

/// Something that is written down.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Somebody was asked to approve a call, or answered.
    Approval(Approval<'a>),
    /// A call ended, in whichever way. One for every call.
    Call(Call<'a>),
    /// Something other than a call was refused.
    Denial(Denial<'a>),
    /// Something was granted.
    Grant(Change<'a>),
    /// A dangerous call is about to run.
    Intent(Intent<'a>),
    /// A policy was loaded, or refused.
    Policy(PolicyChange<'a>),
    /// Something was granted no longer.
    Revocation(Change<'a>),
    /// A secret was set or removed.
    Secret(Secret<'a>),
    /// A process began to serve.
    Start(Start<'a>),
    /// A process ends.
    Stop(Stop<'a>),
}

/// The kinds of all records, as searches name them: of events, and those that a log writes about itself.
pub const KINDS: [&str; 14] = [
    "approval",
    "call",
    "damaged",
    "denial",
    "gap",
    "grant",
    "intent",
    "policy",
    "revocation",
    "rotated",
    "secret",
    "start",
    "stop",
    "torn",
];

impl Event<'_> {
    /// Its kind, as records and searches name it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Approval(_) => "approval",
            Self::Call(_) => "call",
            Self::Denial(_) => "denial",
            Self::Grant(_) => "grant",
            Self::Intent(_) => "intent",
            Self::Policy(_) => "policy",
            Self::Revocation(_) => "revocation",
            Self::Secret(_) => "secret",
            Self::Start(_) => "start",
            Self::Stop(_) => "stop",
        }
    }
}

/// In whose name.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The person or program within it.
    pub principal: &'a str,
}

/// Which call. Records of one call say the same, whatever they are about.
#[derive(Debug, Clone, Copy)]
pub struct CallName<'a> {
    /// What tells it from all other calls, of any process.
    pub call: &'a str,
    /// What its client calls the request. Others may be called alike.
    pub request: &'a str,
    /// The call whose guest made this one.
    pub parent: Option<&'a str>,
}

/// What is called.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tool<'a> {
    /// What clients call it, whether it exists or not.
    pub name: &'a str,
    /// The component, where the name leads to one.
    pub component: Option<&'a str>,
    /// Its function.
    pub function: Option<&'a str>,
    /// The SHA-256 of the component's bytes.
    pub digest: Option<&'a [u8; 32]>,
}

/// What a call touched of one thing that was granted: a path by its grant, a host, a secret by its
/// name.
#[derive(Debug, Clone, Copy)]
pub struct Touched<'a> {
    /// Of which kind: `fs.read`, `net`, `secret` and so on.
    pub kind: &'a str,
    /// Which one.
    pub name: &'a str,
    /// How often.
    pub times: u64,
    /// How many bytes came in.
    pub bytes_in: u64,
    /// How many bytes went out.
    pub bytes_out: u64,
}

/// What a call cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Instructions, roughly.
    pub fuel: u64,
    /// Time.
    pub wall: Duration,
    /// Processor time.
    pub cpu: Duration,
    /// The most memory that was held at once, in bytes.
    pub peak_memory_bytes: u64,
    /// Bytes of the result.
    pub result_bytes: u64,
    /// Bytes that the guest printed.
    pub output_bytes: u64,
}

/// A call that ended.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Who called.
    pub caller: Caller<'a>,
    /// Which call it was.
    pub name: CallName<'a>,
    /// What was called.
    pub tool: Tool<'a>,
    /// With what, as a digest.
    pub arguments: Option<&'a ArgumentsDigest>,
    /// How it ended, in one word.
    pub outcome: &'a str,
    /// The limit that stopped it.
    pub limit: Option<&'a str>,
    /// Why, where that can be said.
    pub reason: Option<&'a str>,
    /// From the request to the end.
    pub took: Duration,
    /// What it cost. Nothing when no guest ran.
    pub cost: Option<Cost>,
    /// What was granted to it.
    pub capabilities: &'a [String],
    /// What it touched of that.
    pub touched: &'a [Touched<'a>],
    /// What its guest tried to reach and was denied, and why.
    pub denied: &'a [String],
    /// How often more was denied than anybody has kept.
    pub denied_more: u64,
}

/// A dangerous call that is about to run.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// Who calls.
    pub caller: Caller<'a>,
    /// Which call it is.
    pub name: CallName<'a>,
    /// What is called.
    pub tool: Tool<'a>,
    /// With what, as a digest.
    pub arguments: Option<&'a ArgumentsDigest>,
    /// What is granted to it.
    pub capabilities: &'a [String],
}

/// Something other than a call that was refused.
#[derive(Debug, Clone, Copy)]
pub struct Denial<'a> {
    /// Who asked, where that is known.
    pub caller: Option<Caller<'a>>,
    /// The identifier of the request.
    pub request: &'a str,
    /// What was asked for.
    pub asked: &'a str,
    /// Why it was refused.
    pub reason: &'a str,
}

/// Where an approval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalState {
    /// Somebody was asked.
    Asked,
    /// Nobody answered in time.
    Expired,
    /// Somebody said yes.
    Given,
    /// Somebody said no.
    Refused,
    /// A call was made with it.
    Used,
}

impl ApprovalState {
    /// As records name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Expired => "expired",
            Self::Given => "given",
            Self::Refused => "refused",
            Self::Used => "used",
        }
    }
}

/// An approval that was asked for, given, refused, used or forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Approval<'a> {
    /// Where it is.
    pub state: ApprovalState,
    /// What tells it from others.
    pub id: &'a str,
    /// Whose call it is about.
    pub caller: Caller<'a>,
    /// Which call asked, or used it. Nothing where it is about no call.
    pub name: Option<CallName<'a>>,
    /// The tool.
    pub tool: Tool<'a>,
    /// With what, as a digest.
    pub arguments: Option<&'a ArgumentsDigest>,
    /// What it wants to touch.
    pub capabilities: &'a [String],
    /// Who answered. Nothing while nobody has.
    pub by: Option<&'a str>,
    /// How far it goes: once, for a time, until the tool changes.
    pub scope: Option<&'a str>,
}

/// Something that was granted, or is no longer.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Who did it.
    pub by: &'a str,
    /// To whom. Nothing for everybody.
    pub caller: Option<Caller<'a>>,
    /// The call that it was granted for. Nothing where no call asked.
    pub name: Option<CallName<'a>>,
    /// For which tool. Nothing for all.
    pub tool: Option<&'a str>,
    /// What.
    pub grant: &'a str,
    /// Where it is written: a file and line, a flag, an approval.
    pub source: &'a str,
}

/// What became of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyState {
    /// It holds from now on.
    Loaded,
    /// It is wrong; the one before still holds.
    Rejected,
}

/// A policy that was loaded or refused.
#[derive(Debug, Clone, Copy)]
pub struct PolicyChange<'a> {
    /// What became of it.
    pub state: PolicyState,
    /// Where it came from.
    pub source: &'a str,
    /// What tells this version from others.
    pub version: Option<&'a str>,
    /// What is wrong with it.
    pub reason: Option<&'a str>,
}

/// What became of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretState {
    /// It is gone.
    Removed,
    /// It has another value.
    Rotated,
    /// It is there.
    Set,
}

/// A secret that was set, changed or removed. Its value is nowhere.
#[derive(Debug, Clone, Copy)]
pub struct Secret<'a> {
    /// What became of it.
    pub state: SecretState,
    /// Its name.
    pub name: &'a str,
    /// Who did it.
    pub by: &'a str,
    /// The hosts that it is bound to.
    pub hosts: &'a [String],
}

/// A process that begins to serve.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// Its version.
    pub version: &'a str,
    /// What it does.
    pub command: &'a str,
}

/// A process that ends.
#[derive(Debug, Clone, Copy)]
pub struct Stop<'a> {
    /// Why.
    pub reason: &'a str,
}
