//! The state: one handle for all that is kept.
//!
//! A noun that is kept has a file of its own beside this one, a step in `schema.rs`, and a method here. It
//! reads through `Database::readers`, and changes within `Database::change` and `Database::commit`.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::approval::Approvals;
use crate::bucket::Buckets;
use crate::database::Database;
use crate::error::StateError;

/// What outlives the process. Clones share one database.
#[derive(Debug, Clone)]
pub struct State {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    database: OnceCell<Database>,
}

impl State {
    /// The state in `folder`. Nothing is touched before something is read or written; what is wrong with
    /// the folder shows then, and is looked at anew each time until it is mended.
    pub fn lazily(folder: PathBuf) -> Self {
        Self {
            shared: Arc::new(Shared {
                folder,
                database: OnceCell::new(),
            }),
        }
    }

    /// What a person was asked, and what became of it.
    pub fn approvals(&self) -> Approvals<'_> {
        Approvals::new(self)
    }

    /// What key-value buckets hold.
    pub fn buckets(&self) -> Buckets<'_> {
        Buckets::new(self)
    }

    /// The database, opened when it is not yet.
    pub(crate) async fn database(&self) -> Result<&Database, StateError> {
        self.shared
            .database
            .get_or_try_init(|| Database::open(self.shared.folder.clone()))
            .await
    }
}
