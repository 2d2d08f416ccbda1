//! The schema, and its history.
//!
//! Owns the steps that lead from nothing to what this version of the product knows. A step is never
//! changed once it was published: add another.

use std::path::Path;

use crate::dialect::{BEGIN_CHANGE, Pool};
use crate::error::StateError;

/// The steps, in order. The version of a schema is the number of steps it has taken.
const STEPS: &[&str] = &[
    include_str!("../migrations/0001-buckets.sql"),
    include_str!("../migrations/0002-approvals.sql"),
    include_str!("../migrations/0003-approvals-and-calls.sql"),
    include_str!("../migrations/0004-approvals-of-all.sql"),
];

/// Brings the database up to date, or refuses one that is ahead.
///
/// Whoever calls this holds the folder, so that no two processes take one step. Each step is taken
/// whole: a process that ends in between leaves the database as it was before.
pub(crate) async fn bring_up_to_date(pool: &Pool, file: &Path) -> Result<(), StateError> {
    let failed = || StateError::failed("bring up to date");
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)",
    )
    .execute(pool)
    .await
    .map_err(failed())?;
    let found: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_version")
        .fetch_one(pool)
        .await
        .map_err(failed())?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StateError::Newer {
            path: file.to_owned(),
            found,
            known,
        });
    }
    for (version, step) in (1_i64..).zip(STEPS) {
        if version <= found {
            continue;
        }
        let mut change = pool.begin_with(BEGIN_CHANGE).await.map_err(failed())?;
        sqlx::raw_sql(*step)
            .execute(&mut *change)
            .await
            .map_err(failed())?;
        sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
            .bind(version)
            .execute(&mut *change)
            .await
            .map_err(failed())?;
        change.commit().await.map_err(failed())?;
    }
    Ok(())
}
