//! `wasi:keyvalue/batch`: many keys of one bucket at once, all of them or none.

use wasmtime::component::Resource;

use super::wit::batch::Host;
use super::{Failed, Open, View};

impl Host for View<'_> {
    async fn get_many(
        &mut self,
        bucket: Resource<Open>,
        keys: Vec<String>,
    ) -> Result<Vec<Option<(String, Vec<u8>)>>, Failed> {
        let open = self.use_bucket(&bucket, 0)?;
        let (values, target) = (open.bucket.values(&keys).await?, open.target.clone());
        let received = values.iter().flatten().map(Vec::len).sum();
        self.note(&target, "get", 0, received);
        let pair = |(key, value): (String, Option<Vec<u8>>)| value.map(|value| (key, value));
        Ok(keys.into_iter().zip(values).map(pair).collect())
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Open>,
        entries: Vec<(String, Vec<u8>)>,
    ) -> Result<(), Failed> {
        let sizes = entries.iter().map(|(key, value)| key.len() + value.len());
        let written = sizes.sum();
        let open = self.use_bucket(&bucket, written)?;
        open.bucket.set_all(&entries).await?;
        let target = open.target.clone();
        self.note(&target, "set", written, 0);
        Ok(())
    }

    async fn delete_many(
        &mut self,
        bucket: Resource<Open>,
        keys: Vec<String>,
    ) -> Result<(), Failed> {
        let open = self.use_bucket(&bucket, 0)?;
        open.bucket.delete(&keys).await?;
        let target = open.target.clone();
        self.note(&target, "delete", 0, 0);
        Ok(())
    }
}
