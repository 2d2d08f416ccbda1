//! One approval, as it is kept.

use std::fmt;
use std::time::{Duration, SystemTime};

use ringfence_identity::TenantName;
use sqlx::Row as _;

use crate::dialect::Row;
use crate::error::StateError;

/// What an answer is bound to. Nothing else can use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalKey {
    /// Whose call.
    pub tenant: TenantName,
    /// Within the tenant.
    pub principal: String,
    /// The program that the principal calls with, as it calls itself.
    pub client: String,
    /// The caller, the tool's bytes, its function and what it may touch, as one digest.
    pub binding: [u8; 32],
    /// A digest of the arguments.
    pub arguments: [u8; 32],
}

/// The call that asks. The first, where several ask the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asker {
    /// What tells it from all other calls.
    pub call: String,
    /// What its client calls the request.
    pub request: String,
    /// The call whose guest makes it.
    pub parent: Option<String>,
    /// The tool of that call, as clients call it.
    pub maker: Option<String>,
}

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalQuestion {
    /// What the answer will be bound to.
    pub key: ApprovalKey,
    /// The call that asks.
    pub asker: Asker,
    /// What clients call the tool.
    pub tool: String,
    /// The digest of its bytes, as text.
    pub digest: String,
    /// What it could touch, one grant each, the dangerous first.
    pub capabilities: Vec<String>,
    /// How many of these are dangerous.
    pub dangerous: u32,
    /// How many there are besides these.
    pub more: u32,
    /// The arguments, as a person may read them.
    pub shown: String,
}

/// Where an approval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalState {
    /// Nobody has answered.
    Asked,
    /// Its time is over.
    Expired,
    /// Somebody said yes.
    Given,
    /// Somebody said no.
    Refused,
    /// A yes was taken back.
    Revoked,
    /// A yes for once was made use of.
    Used,
}

impl ApprovalState {
    /// As tables and programs name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Expired => "expired",
            Self::Given => "given",
            Self::Refused => "refused",
            Self::Revoked => "revoked",
            Self::Used => "used",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [
            Self::Asked,
            Self::Expired,
            Self::Given,
            Self::Refused,
            Self::Revoked,
            Self::Used,
        ]
        .into_iter()
        .find(|state| state.word() == word)
    }
}

impl fmt::Display for ApprovalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalEntry {
    /// What tells it from others. Nobody can guess it.
    pub id: String,
    /// What was asked.
    pub question: ApprovalQuestion,
    /// Where it is.
    pub state: ApprovalState,
    /// How far a yes goes: `once`, `until` or `unchanged`.
    pub extent: Option<String>,
    /// Whether a yes holds for other arguments, too.
    pub any_arguments: bool,
    /// When it was asked.
    pub asked: SystemTime,
    /// When the question, the yes, or the no is worth nothing any more.
    pub ends: Option<SystemTime>,
    /// When it was decided.
    pub decided: Option<SystemTime>,
    /// By whom.
    pub by: Option<String>,
    /// When a yes for one call was used up.
    pub used: Option<SystemTime>,
}

impl ApprovalEntry {
    /// Whether it is a no that holds for calls to come: the operator's does for a time.
    pub fn is_standing_refusal(&self) -> bool {
        let holds = self.ends.is_some_and(|ends| ends > SystemTime::now());
        self.state == ApprovalState::Refused && holds
    }
}

/// The columns that [`entry`] reads, in its order.
pub(super) const COLUMNS: &str = "tenant, id, principal, client, tool, digest, binding, arguments, \
     capabilities, shown, state, extent, any_arguments, asked_at, ends_at, decided_at, decided_by, \
     call, request, parent, used_at, dangerous, more, maker";

/// Reads one row of [`COLUMNS`].
pub(super) fn entry(row: &Row) -> Result<ApprovalEntry, StateError> {
    read(row).map_err(StateError::failed("read"))
}

fn read(row: &Row) -> Result<ApprovalEntry, sqlx::Error> {
    let broken = |what: &str| sqlx::Error::Decode(format!("`{what}` of an approval").into());
    let tenant: String = row.try_get(0)?;
    let digest = |at: usize, what: &str| {
        let bytes: Vec<u8> = row.try_get(at)?;
        <[u8; 32]>::try_from(bytes).map_err(|_| broken(what))
    };
    let state: String = row.try_get(10)?;
    let capabilities: String = row.try_get(8)?;
    let any: i64 = row.try_get(12)?;
    Ok(ApprovalEntry {
        id: row.try_get(1)?,
        question: ApprovalQuestion {
            key: ApprovalKey {
                tenant: tenant.parse().map_err(|_| broken("tenant"))?,
                principal: row.try_get(2)?,
                client: row.try_get(3)?,
                binding: digest(6, "binding")?,
                arguments: digest(7, "arguments")?,
            },
            asker: Asker {
                call: row.try_get(17)?,
                request: row.try_get(18)?,
                parent: row.try_get(19)?,
                maker: row.try_get(23)?,
            },
            tool: row.try_get(4)?,
            digest: row.try_get(5)?,
            capabilities: capabilities.lines().map(str::to_owned).collect(),
            dangerous: count(row.try_get(21)?),
            more: count(row.try_get(22)?),
            shown: row.try_get(9)?,
        },
        state: ApprovalState::from_word(&state).ok_or_else(|| broken("state"))?,
        extent: row.try_get(11)?,
        any_arguments: any != 0,
        asked: time(row.try_get(13)?),
        ends: row.try_get::<Option<i64>, _>(14)?.map(time),
        decided: row.try_get::<Option<i64>, _>(15)?.map(time),
        by: row.try_get(16)?,
        used: row.try_get::<Option<i64>, _>(20)?.map(time),
    })
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

fn time(millis: i64) -> SystemTime {
    let since = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
    SystemTime::UNIX_EPOCH + since
}
