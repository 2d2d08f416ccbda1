//! What is in a bucket.

use sqlx::Row as _;

use super::{BATCH_BYTES_MAX, Bucket, BucketError, Keys, PAGE_KEYS_MAX, check_batch, check_key};
use crate::error::StateError;

impl Bucket {
    /// What is kept under `key`.
    ///
    /// # Errors
    ///
    /// The key is too long, or state cannot be read.
    pub async fn value(&self, key: &str) -> Result<Option<Vec<u8>>, BucketError> {
        check_key(key)?;
        let value = sqlx::query_scalar(
            "SELECT value FROM bucket_entry WHERE tenant = $1 AND bucket = $2 AND key = $3",
        )
        .bind(self.tenant.as_str())
        .bind(&self.name)
        .bind(key.as_bytes())
        .fetch_optional(self.state.database().await?.readers())
        .await
        .map_err(StateError::failed("read"))?;
        Ok(value)
    }

    /// Whether something is kept under `key`.
    ///
    /// # Errors
    ///
    /// The key is too long, or state cannot be read.
    pub async fn has(&self, key: &str) -> Result<bool, BucketError> {
        check_key(key)?;
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT number FROM bucket_entry WHERE tenant = $1 AND bucket = $2 AND key = $3",
        )
        .bind(self.tenant.as_str())
        .bind(&self.name)
        .bind(key.as_bytes())
        .fetch_optional(self.state.database().await?.readers())
        .await
        .map_err(StateError::failed("read"))?;
        Ok(found.is_some())
    }

    /// Keys, after those of an earlier page. A key that is there all along is on one page, whatever comes
    /// and goes meanwhile.
    ///
    /// # Errors
    ///
    /// State cannot be read.
    pub async fn keys(&self, after: Option<u64>) -> Result<Keys, BucketError> {
        let Ok(after) = i64::try_from(after.unwrap_or(0)) else {
            // No entry has such a number.
            return Ok(Keys {
                keys: Vec::new(),
                next: None,
            });
        };
        let rows = sqlx::query(
            "SELECT key, number FROM bucket_entry WHERE tenant = $1 AND bucket = $2 AND number > $3 \
             ORDER BY number LIMIT $4",
        )
        .bind(self.tenant.as_str())
        .bind(&self.name)
        .bind(after)
        .bind(i64::from(PAGE_KEYS_MAX) + 1)
        .fetch_all(self.state.database().await?.readers())
        .await
        .map_err(StateError::failed("read"))?;
        let full = rows.len() > PAGE_KEYS_MAX as usize;
        let mut keys = Vec::with_capacity(rows.len());
        let mut last = None;
        for row in rows.iter().take(PAGE_KEYS_MAX as usize) {
            let key: Vec<u8> = row.try_get(0).map_err(StateError::failed("read"))?;
            let number: i64 = row.try_get(1).map_err(StateError::failed("read"))?;
            // Only text is ever written.
            keys.push(String::from_utf8_lossy(&key).into_owned());
            last = u64::try_from(number).ok();
        }
        Ok(Keys {
            keys,
            next: last.filter(|_| full),
        })
    }

    /// What is kept under each of `keys`, all of one moment.
    ///
    /// # Errors
    ///
    /// There are too many keys or bytes, a key is too long, or state cannot be read.
    pub async fn values(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, BucketError> {
        check_batch(keys.len())?;
        for key in keys {
            check_key(key)?;
        }
        let database = self.state.database().await?;
        let failed = || StateError::failed("read");
        let mut moment = database.readers().begin().await.map_err(failed())?;
        let mut values = Vec::with_capacity(keys.len());
        let mut bytes = 0;
        for key in keys {
            let value: Option<Vec<u8>> = sqlx::query_scalar(
                "SELECT value FROM bucket_entry WHERE tenant = $1 AND bucket = $2 AND key = $3",
            )
            .bind(self.tenant.as_str())
            .bind(&self.name)
            .bind(key.as_bytes())
            .fetch_optional(&mut *moment)
            .await
            .map_err(failed())?;
            bytes += value.as_ref().map_or(0, Vec::len);
            if bytes > BATCH_BYTES_MAX {
                return Err(BucketError::BatchTooManyBytes);
            }
            values.push(value);
        }
        moment.rollback().await.map_err(failed())?;
        Ok(values)
    }
}
