//! What changes a bucket: each within one change, which checks the quota before it lasts.

use sqlx::Row as _;

use super::{Bucket, BucketError, KEYS_MAX, VALUE_BYTES_MAX, check_batch, check_key};
use crate::database::Database;
use crate::dialect::Change;
use crate::error::StateError;

/// What a bucket comes to, before and during a change.
struct Usage {
    bytes: u64,
    keys: u64,
    next: i64,
}

impl Bucket {
    /// Keeps `value` under `key`, in place of what was there.
    ///
    /// # Errors
    ///
    /// The key or the value is too large, the bucket is full, or state cannot be written.
    pub async fn set(&self, key: &str, value: &[u8]) -> Result<(), BucketError> {
        self.set_all(&[(key, value)]).await
    }

    /// Keeps each value under its key, all of them or none.
    ///
    /// # Errors
    ///
    /// There are too many, a key or a value is too large, the bucket is full, or state cannot be
    /// written.
    pub async fn set_all<K: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        entries: &[(K, V)],
    ) -> Result<(), BucketError> {
        check_batch(entries.len())?;
        for (key, value) in entries {
            check_key(key.as_ref())?;
            let length = value.as_ref().len();
            if length > VALUE_BYTES_MAX {
                return Err(BucketError::ValueTooLarge(length));
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        let mut change = self.state.database().await?.change().await?;
        let mut usage = self.usage(&mut change).await?;
        let before = usage.bytes;
        for (key, value) in entries {
            self.put(&mut change, &mut usage, key.as_ref(), value.as_ref())
                .await?;
        }
        self.settle(change, &usage, before).await
    }

    /// Adds to the number that is kept under `key` in decimal digits, 0 when there is none, and tells the
    /// sum.
    ///
    /// # Errors
    ///
    /// The key is too long, the value is no number, the sum is too large, the bucket is full, or state
    /// cannot be written.
    pub async fn add(&self, key: &str, delta: u64) -> Result<u64, BucketError> {
        check_key(key)?;
        let mut change = self.state.database().await?.change().await?;
        let mut usage = self.usage(&mut change).await?;
        let before = usage.bytes;
        let value: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT value FROM bucket_entry WHERE tenant = $1 AND bucket = $2 AND key = $3",
        )
        .bind(self.tenant.as_str())
        .bind(&self.name)
        .bind(key.as_bytes())
        .fetch_optional(&mut *change)
        .await
        .map_err(StateError::failed("read"))?;
        let number = match value {
            None => 0,
            Some(digits) => std::str::from_utf8(&digits)
                .ok()
                .and_then(|digits| digits.parse::<u64>().ok())
                .ok_or(BucketError::NotANumber)?,
        };
        let sum = number.checked_add(delta).ok_or(BucketError::Overflow)?;
        self.put(&mut change, &mut usage, key, sum.to_string().as_bytes())
            .await?;
        self.settle(change, &usage, before).await?;
        Ok(sum)
    }

    /// Forgets what is kept under each of `keys`. What is not there need not be forgotten.
    ///
    /// # Errors
    ///
    /// There are too many keys, one is too long, or state cannot be written.
    pub async fn delete<K: AsRef<str>>(&self, keys: &[K]) -> Result<(), BucketError> {
        check_batch(keys.len())?;
        for key in keys {
            check_key(key.as_ref())?;
        }
        if keys.is_empty() {
            return Ok(());
        }
        let mut change = self.state.database().await?.change().await?;
        let mut usage = self.usage(&mut change).await?;
        let before = usage.bytes;
        for key in keys {
            let key = key.as_ref();
            let removed: Option<i64> = sqlx::query_scalar(
                "DELETE FROM bucket_entry WHERE tenant = $1 AND bucket = $2 AND key = $3 \
                 RETURNING length(value)",
            )
            .bind(self.tenant.as_str())
            .bind(&self.name)
            .bind(key.as_bytes())
            .fetch_optional(&mut *change)
            .await
            .map_err(StateError::failed("change"))?;
            if let Some(length) = removed {
                let held = u64::try_from(length).unwrap_or(0) + key.len() as u64;
                usage.bytes = usage.bytes.saturating_sub(held);
                usage.keys = usage.keys.saturating_sub(1);
            }
        }
        self.settle(change, &usage, before).await
    }

    /// What the bucket holds; it is made when it is not there. Whoever has this is the only one to change
    /// the bucket until the change ends.
    async fn usage(&self, change: &mut Change) -> Result<Usage, StateError> {
        let failed = || StateError::failed("change");
        let row = sqlx::query(
            "INSERT INTO bucket (tenant, name) VALUES ($1, $2) \
             ON CONFLICT (tenant, name) DO UPDATE SET name = excluded.name \
             RETURNING bytes, keys, next",
        )
        .bind(self.tenant.as_str())
        .bind(&self.name)
        .fetch_one(&mut **change)
        .await
        .map_err(failed())?;
        let bytes: i64 = row.try_get(0).map_err(failed())?;
        let keys: i64 = row.try_get(1).map_err(failed())?;
        Ok(Usage {
            bytes: u64::try_from(bytes).unwrap_or(0),
            keys: u64::try_from(keys).unwrap_or(0),
            next: row.try_get(2).map_err(failed())?,
        })
    }

    /// Writes one entry, and counts it.
    async fn put(
        &self,
        change: &mut Change,
        usage: &mut Usage,
        key: &str,
        value: &[u8],
    ) -> Result<(), BucketError> {
        let failed = || StateError::failed("change");
        let old: Option<i64> = sqlx::query_scalar(
            "SELECT length(value) FROM bucket_entry WHERE tenant = $1 AND bucket = $2 AND key = $3",
        )
        .bind(self.tenant.as_str())
        .bind(&self.name)
        .bind(key.as_bytes())
        .fetch_optional(&mut **change)
        .await
        .map_err(failed())?;
        let written = sqlx::query(
            "INSERT INTO bucket_entry (tenant, bucket, key, number, value) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant, bucket, key) DO UPDATE SET value = excluded.value",
        )
        .bind(self.tenant.as_str())
        .bind(&self.name)
        .bind(key.as_bytes())
        .bind(usage.next)
        .bind(value)
        .execute(&mut **change)
        .await;
        written.map_err(failed())?;
        if let Some(length) = old {
            usage.bytes = usage
                .bytes
                .saturating_sub(u64::try_from(length).unwrap_or(0));
        } else {
            usage.bytes += key.len() as u64;
            usage.keys += 1;
            usage.next += 1;
        }
        usage.bytes += value.len() as u64;
        if old.is_none() && usage.keys > KEYS_MAX {
            return Err(BucketError::TooManyKeys);
        }
        Ok(())
    }

    /// Ends a change: keeps its sums, or drops it when they are more than the bucket may hold. What makes a
    /// bucket smaller is let through even where the quota is smaller still.
    async fn settle(
        &self,
        mut change: Change,
        usage: &Usage,
        before: u64,
    ) -> Result<(), BucketError> {
        if usage.bytes > self.quota && usage.bytes > before {
            return Err(BucketError::Full {
                bucket: self.name.clone(),
                quota: self.quota,
                needed: usage.bytes,
            });
        }
        sqlx::query(
            "UPDATE bucket SET bytes = $3, keys = $4, next = $5 WHERE tenant = $1 AND name = $2",
        )
        .bind(self.tenant.as_str())
        .bind(&self.name)
        .bind(i64::try_from(usage.bytes).unwrap_or(i64::MAX))
        .bind(i64::try_from(usage.keys).unwrap_or(i64::MAX))
        .bind(usage.next)
        .execute(&mut *change)
        .await
        .map_err(StateError::failed("change"))?;
        Ok(Database::commit(change).await?)
    }
}
