//! What one database says differently from others.
//!
//! Owns the kind of database, how it is opened, and the words of SQL that are its own. Everything else in
//! this room is SQL that more than one database understands: `$1` for a parameter, `BYTEA` for
//! bytes (which `SQLite` keeps as they are given), `ON CONFLICT`, `RETURNING`.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Sqlite, SqlitePool, Transaction};

/// The database.
pub(crate) type Kind = Sqlite;

/// A row of it.
pub(crate) type Row = sqlx::sqlite::SqliteRow;

/// Connections to it.
pub(crate) type Pool = SqlitePool;

/// Several statements that happen together or not at all.
pub(crate) type Change = Transaction<'static, Kind>;

/// Begins a change that nobody else changes anything beside: one that first reads and then writes would
/// otherwise fail whenever another wrote in between.
pub(crate) const BEGIN_CHANGE: &str = "BEGIN IMMEDIATE";

/// How long a statement waits for another process that writes. Longer than any write of ours takes; a
/// process that is stopped while it writes must not hold all others for ever.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(5);

/// The most that the write-ahead log keeps of the disk once it has been copied into the database: one large
/// batch would otherwise hold its size for good.
const LOG_BYTES_KEPT: &str = "16777216";

/// How the database at `path` is opened.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // Readers see the last whole state while somebody writes.
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged is on the disk.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_WAIT)
        .foreign_keys(true)
        .pragma("journal_size_limit", LOG_BYTES_KEPT)
        // Whoever could change the file must not have us run functions of their choice.
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// Whether `error` says that somebody else wrote for too long.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    match error {
        // Extended codes have the kind in their lowest byte: 5 is busy, 6 is locked.
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| matches!(code & 0xff, 5 | 6)),
        sqlx::Error::PoolTimedOut => true,
        _ => false,
    }
}
