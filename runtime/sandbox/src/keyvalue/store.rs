//! `wasi:keyvalue/store`: one bucket, one key at a time.

use wasmtime::component::Resource;

use super::wit::store::{Error, Host, HostBucket, KeyResponse};
use super::{Failed, Open, View};

impl Host for View<'_> {
    async fn open(&mut self, name: String) -> Result<Resource<Open>, Failed> {
        self.keyvalue.spend(0)?;
        let open = self.keyvalue.granted(&name)?;
        Ok(self.table.push(open)?)
    }

    fn convert_error(&mut self, failed: Failed) -> wasmtime::Result<Error> {
        match failed {
            Failed::Told(error) => Ok(error),
            Failed::Trap(error) => Err(error),
        }
    }
}

impl HostBucket for View<'_> {
    async fn get(
        &mut self,
        bucket: Resource<Open>,
        key: String,
    ) -> Result<Option<Vec<u8>>, Failed> {
        let open = self.use_bucket(&bucket, 0)?;
        let (value, target) = (open.bucket.value(&key).await?, open.target.clone());
        self.note(&target, "get", 0, value.as_ref().map_or(0, Vec::len));
        Ok(value)
    }

    async fn set(
        &mut self,
        bucket: Resource<Open>,
        key: String,
        value: Vec<u8>,
    ) -> Result<(), Failed> {
        let written = key.len() + value.len();
        let open = self.use_bucket(&bucket, written)?;
        open.bucket.set(&key, &value).await?;
        let target = open.target.clone();
        self.note(&target, "set", written, 0);
        Ok(())
    }

    async fn delete(&mut self, bucket: Resource<Open>, key: String) -> Result<(), Failed> {
        let open = self.use_bucket(&bucket, 0)?;
        open.bucket.delete(&[key]).await?;
        let target = open.target.clone();
        self.note(&target, "delete", 0, 0);
        Ok(())
    }

    async fn exists(&mut self, bucket: Resource<Open>, key: String) -> Result<bool, Failed> {
        let open = self.use_bucket(&bucket, 0)?;
        let (has, target) = (open.bucket.has(&key).await?, open.target.clone());
        self.note(&target, "get", 0, 0);
        Ok(has)
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Open>,
        cursor: Option<u64>,
    ) -> Result<KeyResponse, Failed> {
        let open = self.use_bucket(&bucket, 0)?;
        let (page, target) = (open.bucket.keys(cursor).await?, open.target.clone());
        self.note(&target, "list", 0, page.keys.iter().map(String::len).sum());
        Ok(KeyResponse {
            keys: page.keys,
            cursor: page.next,
        })
    }

    async fn drop(&mut self, bucket: Resource<Open>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}
