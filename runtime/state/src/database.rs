//! The open database.
//!
//! Owns its connections: one that writes, so that writers of one process wait in line rather than collide,
//! and a few that read beside it. Refuses to know what is in it.

use std::path::PathBuf;

use sqlx::sqlite::SqlitePoolOptions;

use crate::dialect::{self, BEGIN_CHANGE, BUSY_WAIT, Change, Pool};
use crate::error::StateError;
use crate::folder::Folder;
use crate::schema;

/// Connections that read. Each holds a thread and up to 2 MiB of pages.
const READERS_MAX: u32 = 2;

/// The open database.
#[derive(Debug)]
pub(crate) struct Database {
    writer: Pool,
    readers: Pool,
}

impl Database {
    /// Opens the database in `folder`, makes it where there is none, and brings it up to date.
    pub(crate) async fn open(folder: PathBuf) -> Result<Self, StateError> {
        let ready = tokio::task::spawn_blocking(move || Folder::ready(&folder))
            .await
            .map_err(|error| StateError::Failed {
                action: "open",
                source: error.into(),
            })??;
        let options = dialect::options(ready.file());
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(BUSY_WAIT)
                .max_lifetime(None)
                // A connection is a file of our own: there is nobody who could have hung up.
                .test_before_acquire(false)
                .connect_lazy_with(options.clone())
        };
        let opened = Self {
            writer: pool(1),
            readers: pool(READERS_MAX),
        };
        schema::bring_up_to_date(&opened.writer, ready.file()).await?;
        Ok(opened)
    }

    /// For statements that read.
    pub(crate) fn readers(&self) -> &Pool {
        &self.readers
    }

    /// Begins a change, once no other is going on. What is dropped before it is committed never
    /// happened.
    pub(crate) async fn change(&self) -> Result<Change, StateError> {
        self.writer
            .begin_with(BEGIN_CHANGE)
            .await
            .map_err(StateError::failed("change"))
    }

    /// Makes a change last. When this returns, it is on the disk.
    pub(crate) async fn commit(change: Change) -> Result<(), StateError> {
        change.commit().await.map_err(StateError::failed("change"))
    }
}
