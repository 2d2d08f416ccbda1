//! Approvals: what a person was asked, and what became of it.
//!
//! Owns the life of each: asked, then given, refused or expired; given, then used or revoked; refused, then
//! given after all or revoked. Every
//! step is one change that only happens from the state before it, so that two who answer at once, or
//! two calls that use one answer, never both succeed. Refuses to know what is dangerous, who may
//! answer, and how anybody is asked.

mod entry;
mod error;
mod extent;

use std::time::{Duration, SystemTime};

use ringfence_identity::TenantName;

pub use self::entry::{ApprovalEntry, ApprovalKey, ApprovalQuestion, ApprovalState, Asker};
use self::entry::{COLUMNS, entry};
pub use self::error::ApprovalError;
pub use self::extent::{Extent, Given};
use crate::database::Database;
use crate::dialect::{Change, Row};
use crate::error::StateError;
use crate::state::State;

/// Questions of one principal that nobody has answered. A model that tries one call after another would
/// otherwise bury the one that matters.
pub const OPEN_MAX: u32 = 32;

/// Entries of one list: the newest. Bounds what one look at the queue reads.
pub const LISTED_MAX: u32 = 1_000;

/// How long an operator's no holds: the same call is denied without a question, until then or until the operator
/// takes the no back. A model that tries again until somebody gives in would otherwise make a question of
/// each try.
pub const REFUSED_FOR: Duration = Duration::from_hours(1);

/// How long a settled entry is kept to be looked at.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// What a person was asked, and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Approvals<'s> {
    state: &'s State,
}

/// What becomes of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// It is open under this id, and was not before.
    New(String),
    /// It is open under this id already.
    Open(String),
    /// The operator has said no under this id, and that holds.
    Refused(String),
}

impl<'s> Approvals<'s> {
    pub(crate) fn new(state: &'s State) -> Self {
        Self { state }
    }

    /// Asks, under `id`, for at most `patience`. The same question that is open already is not asked twice, and
    /// one to which the operator has said no is not asked at all as long as that holds.
    ///
    /// # Errors
    ///
    /// Too many questions of this principal are open, or state cannot be written.
    pub async fn ask(
        self,
        id: &str,
        question: &ApprovalQuestion,
        patience: Duration,
    ) -> Result<Asking, ApprovalError> {
        let failed = || StateError::failed("ask in");
        let key = &question.key;
        let now = now();
        let mut change = self.state.database().await?.change().await?;
        let known: Option<(String, String)> = sqlx::query_as(
            "SELECT id, state FROM approval WHERE tenant = $1 AND principal = $2 AND client = $3 \
             AND binding = $4 AND arguments = $5 AND state IN ('asked', 'refused') AND ends_at > $6 \
             ORDER BY state DESC LIMIT 1",
        )
        .bind(key.tenant.as_str())
        .bind(&key.principal)
        .bind(&key.client)
        .bind(&key.binding[..])
        .bind(&key.arguments[..])
        .bind(now)
        .fetch_optional(&mut *change)
        .await
        .map_err(failed())?;
        if let Some((id, state)) = known {
            return Ok(if state == "refused" {
                Asking::Refused(id)
            } else {
                Asking::Open(id)
            });
        }
        let waiting: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM approval WHERE tenant = $1 AND principal = $2 \
             AND state = 'asked' AND ends_at > $3",
        )
        .bind(key.tenant.as_str())
        .bind(&key.principal)
        .bind(now)
        .fetch_one(&mut *change)
        .await
        .map_err(failed())?;
        if waiting >= i64::from(OPEN_MAX) {
            return Err(ApprovalError::TooMany);
        }
        sqlx::query(
            "INSERT INTO approval (tenant, id, principal, client, tool, digest, binding, arguments, \
             capabilities, shown, state, any_arguments, asked_at, ends_at, call, request, parent, \
             dangerous, more, maker) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'asked', 0, $11, $12, \
             $13, $14, $15, $16, $17, $18)",
        )
        .bind(key.tenant.as_str())
        .bind(id)
        .bind(&key.principal)
        .bind(&key.client)
        .bind(&question.tool)
        .bind(&question.digest)
        .bind(&key.binding[..])
        .bind(&key.arguments[..])
        .bind(question.capabilities.join("\n"))
        .bind(&question.shown)
        .bind(now)
        .bind(after(now, patience))
        .bind(&question.asker.call)
        .bind(&question.asker.request)
        .bind(&question.asker.parent)
        .bind(i64::from(question.dangerous))
        .bind(i64::from(question.more))
        .bind(&question.asker.maker)
        .execute(&mut *change)
        .await
        .map_err(failed())?;
        Database::commit(change).await?;
        Ok(Asking::New(id.to_owned()))
    }

    /// Takes a yes that holds for `key`, if there is one: one that is for once is used up by that. Gives its
    /// id. A yes for longer is taken before one for once, and none where the operator has said no to just this.
    ///
    /// # Errors
    ///
    /// State cannot be written.
    pub async fn take(self, key: &ApprovalKey) -> Result<Option<String>, StateError> {
        let failed = || StateError::failed("use an approval in");
        // Nearly always there is none, and then nothing is locked.
        let found = |once: &'static str| {
            format!(
                "SELECT id FROM approval WHERE tenant = $1 AND principal = $2 AND client = $3 \
                 AND binding = $4 AND (arguments = $5 OR any_arguments = 1) AND state = 'given' \
                 AND (ends_at IS NULL OR ends_at > $6) AND extent {once} 'once' \
                 AND NOT EXISTS (SELECT 1 FROM approval WHERE tenant = $1 AND principal = $2 \
                 AND client = $3 AND binding = $4 AND arguments = $5 AND state = 'refused' \
                 AND ends_at > $6) ORDER BY decided_at LIMIT 1"
            )
        };
        let database = self.state.database().await?;
        for once in ["<>", "="] {
            let statement = found(once);
            let id: Option<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
                .bind(key.tenant.as_str())
                .bind(&key.principal)
                .bind(&key.client)
                .bind(&key.binding[..])
                .bind(&key.arguments[..])
                .bind(now())
                .fetch_optional(database.readers())
                .await
                .map_err(failed())?;
            let Some(id) = id else { continue };
            if once == "<>" || self.use_up(&key.tenant, &id).await? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Answers a question that is open: yes, or, with nothing, no to those who ask it now. A yes may also take the
    /// place of a no that holds.
    ///
    /// # Errors
    ///
    /// There is no such question, somebody was faster, or state cannot be written.
    pub async fn answer(
        self,
        id: &str,
        given: Option<Given>,
        by: &str,
    ) -> Result<ApprovalEntry, ApprovalError> {
        let now = now();
        let ends = given.and_then(|given| given.extent.lasts());
        self.settle(id, given, ends.map(|lasts| after(now, lasts)), by)
            .await
    }

    /// Answers a question that is open: no, to whoever asks the same for as long as `lasts`.
    ///
    /// # Errors
    ///
    /// There is no such question, somebody was faster, or state cannot be written.
    pub async fn refuse(
        self,
        id: &str,
        by: &str,
        lasts: Duration,
    ) -> Result<ApprovalEntry, ApprovalError> {
        self.settle(id, None, Some(after(now(), lasts)), by).await
    }

    async fn settle(
        self,
        id: &str,
        given: Option<Given>,
        ends: Option<i64>,
        by: &str,
    ) -> Result<ApprovalEntry, ApprovalError> {
        let state = if given.is_some() { "given" } else { "refused" };
        let extent = given.map(|given| given.extent.word());
        let any = given.is_some_and(|given| given.any_arguments);
        let mut change = self.state.database().await?.change().await?;
        let statement = format!(
            "UPDATE approval SET state = $3, extent = $4, ends_at = $5, any_arguments = $6, \
             decided_at = $2, decided_by = $7 \
             WHERE id = $1 AND (state = 'asked' OR state = 'refused' AND $3 = 'given') AND ends_at > $2 \
             RETURNING {COLUMNS}"
        );
        let row: Option<Row> = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(id)
            .bind(now())
            .bind(state)
            .bind(extent)
            .bind(ends)
            .bind(i64::from(any))
            .bind(by)
            .fetch_optional(&mut *change)
            .await
            .map_err(StateError::failed("answer in"))?;
        self.decided(id, change, row).await
    }

    /// Takes a yes back, or a no that holds. Calls that run with a yes are for whoever runs them to end: see
    /// [`revoked`](Self::revoked).
    ///
    /// # Errors
    ///
    /// There is no such approval, it was never decided or is gone already, or state cannot be written.
    pub async fn revoke(self, id: &str, by: &str) -> Result<ApprovalEntry, ApprovalError> {
        let mut change = self.state.database().await?.change().await?;
        let statement = format!(
            "UPDATE approval SET state = 'revoked', decided_at = $2, decided_by = $3 \
             WHERE id = $1 AND (state IN ('given', 'used') OR state = 'refused' AND ends_at > $2) \
             RETURNING {COLUMNS}"
        );
        let row: Option<Row> = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(id)
            .bind(now())
            .bind(by)
            .fetch_optional(&mut *change)
            .await
            .map_err(StateError::failed("revoke in"))?;
        self.decided(id, change, row).await
    }

    /// Which of `ids` were revoked.
    ///
    /// # Errors
    ///
    /// State cannot be read.
    pub async fn revoked(self, ids: &[String]) -> Result<Vec<String>, StateError> {
        let readers = self.state.database().await?.readers();
        let mut revoked = Vec::new();
        for id in ids {
            let found: Option<i64> =
                sqlx::query_scalar("SELECT 1 FROM approval WHERE id = $1 AND state = 'revoked'")
                    .bind(id)
                    .fetch_optional(readers)
                    .await
                    .map_err(StateError::failed("read"))?;
            if found.is_some() {
                revoked.push(id.clone());
            }
        }
        Ok(revoked)
    }

    /// The approval with this id.
    ///
    /// # Errors
    ///
    /// State cannot be read.
    pub async fn find(self, id: &str) -> Result<Option<ApprovalEntry>, StateError> {
        let statement = format!("SELECT {COLUMNS} FROM approval WHERE id = $1");
        let row: Option<Row> = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(id)
            .fetch_optional(self.state.database().await?.readers())
            .await
            .map_err(StateError::failed("read"))?;
        row.as_ref().map(entry).transpose()
    }

    /// The newest [`LISTED_MAX`], of one tenant or of all; those that wait for an answer or hold, or all.
    ///
    /// # Errors
    ///
    /// State cannot be read.
    pub async fn list(
        self,
        tenant: Option<&TenantName>,
        all: bool,
    ) -> Result<Vec<ApprovalEntry>, StateError> {
        let waiting = if all {
            ""
        } else {
            "AND (state IN ('asked', 'refused') AND ends_at > $2 \
             OR state = 'given' AND (ends_at IS NULL OR ends_at > $2))"
        };
        let statement = format!(
            "SELECT {COLUMNS} FROM approval WHERE ($1 IS NULL OR tenant = $1) AND $2 > 0 {waiting} \
             ORDER BY asked_at DESC, id LIMIT {LISTED_MAX}"
        );
        let rows: Vec<Row> = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(tenant.map(TenantName::as_str))
            .bind(now())
            .fetch_all(self.state.database().await?.readers())
            .await
            .map_err(StateError::failed("read"))?;
        rows.iter().map(entry).collect()
    }

    /// Ends what is past its time, and forgets what was settled long ago. Each that ends is told to one
    /// caller alone.
    ///
    /// # Errors
    ///
    /// State cannot be written.
    pub async fn expire(self) -> Result<Vec<ApprovalEntry>, StateError> {
        let failed = || StateError::failed("expire in");
        let now = now();
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM approval WHERE state IN ('asked', 'given') AND ends_at <= $1 LIMIT 1",
        )
        .bind(now)
        .fetch_optional(self.state.database().await?.readers())
        .await
        .map_err(failed())?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        let mut change = self.state.database().await?.change().await?;
        let statement = format!(
            "UPDATE approval SET state = 'expired', decided_at = $1 \
             WHERE state IN ('asked', 'given') AND ends_at <= $1 RETURNING {COLUMNS}"
        );
        let rows: Vec<Row> = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(now)
            .fetch_all(&mut *change)
            .await
            .map_err(failed())?;
        let ended: Result<Vec<_>, _> = rows.iter().map(entry).collect();
        let ended = ended?;
        sqlx::query("DELETE FROM approval WHERE state NOT IN ('asked', 'given') AND asked_at < $1")
            .bind(now - millis(KEPT))
            .execute(&mut *change)
            .await
            .map_err(failed())?;
        Database::commit(change).await?;
        Ok(ended)
    }

    /// Uses up a yes for one call, unless another has.
    async fn use_up(self, tenant: &TenantName, id: &str) -> Result<bool, StateError> {
        let mut change = self.state.database().await?.change().await?;
        let done = sqlx::query(
            "UPDATE approval SET state = 'used', used_at = $3 \
             WHERE tenant = $1 AND id = $2 AND state = 'given'",
        )
        .bind(tenant.as_str())
        .bind(id)
        .bind(now())
        .execute(&mut *change)
        .await
        .map_err(StateError::failed("change"))?;
        let done = done.rows_affected() == 1;
        Database::commit(change).await?;
        Ok(done)
    }

    /// What a change has made of an approval, once that is kept; or why it has changed nothing.
    async fn decided(
        self,
        id: &str,
        change: Change,
        changed: Option<Row>,
    ) -> Result<ApprovalEntry, ApprovalError> {
        let Some(row) = changed else {
            drop(change);
            return Err(self.settled(id).await);
        };
        let entry = entry(&row)?;
        Database::commit(change).await?;
        Ok(entry)
    }

    /// Why a step from another state was not possible.
    async fn settled(self, id: &str) -> ApprovalError {
        match self.find(id).await {
            Ok(Some(mut entry)) => {
                // Nobody may have said so yet.
                if entry.state == ApprovalState::Asked {
                    (entry.state, entry.decided) = (ApprovalState::Expired, entry.ends);
                }
                ApprovalError::Settled {
                    id: id.to_owned(),
                    found: Box::new(entry),
                }
            }
            Ok(None) => ApprovalError::Unknown(id.to_owned()),
            Err(error) => error.into(),
        }
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    millis(since.unwrap_or_default())
}

fn after(now: i64, later: Duration) -> i64 {
    now.saturating_add(millis(later))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
