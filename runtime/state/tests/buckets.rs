//! Buckets keep what they are given, for whom they are given it, and no more than they may.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use ringfence_identity::TenantName;
use ringfence_state::{
    BATCH_MAX, Bucket, BucketError, KEY_BYTES_MAX, KEYS_MAX, PAGE_KEYS_MAX, State, VALUE_BYTES_MAX,
};

const QUOTA: u64 = 64 * 1024 * 1024;

fn tenant(name: &str) -> TenantName {
    name.parse().unwrap()
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("state");
    (scratch, folder)
}

fn notes(folder: &Path, quota: u64) -> Bucket {
    State::lazily(folder.to_owned())
        .buckets()
        .of(&tenant("one"))
        .bucket("notes", quota)
}

#[tokio::test]
async fn what_was_kept_is_there_for_the_next_process() {
    let (_scratch, folder) = folder();
    let bucket = notes(&folder, QUOTA);
    bucket.set("a\0b", b"\xff\0 1").await.unwrap();
    bucket.set("a\0b", b"\xff\0 2").await.unwrap();
    bucket.set("", b"").await.unwrap();

    let bucket = notes(&folder, QUOTA);
    assert_eq!(bucket.value("a\0b").await.unwrap().unwrap(), b"\xff\0 2");
    assert_eq!(bucket.value("").await.unwrap().unwrap(), b"");
    assert_eq!(bucket.value("a").await.unwrap(), None);
    assert!(bucket.has("").await.unwrap());
    assert!(!bucket.has("a").await.unwrap());
}

#[tokio::test]
async fn nobody_sees_the_bucket_of_another_tenant_or_another_bucket() {
    let (_scratch, folder) = folder();
    let state = State::lazily(folder);
    let one = state.buckets().of(&tenant("one")).bucket("notes", QUOTA);
    one.set("canary", b"secret").await.unwrap();
    for (name, bucket) in [("two", "notes"), ("one", "other"), ("on", "enotes")] {
        let other = state.buckets().of(&tenant(name)).bucket(bucket, QUOTA);
        assert_eq!(other.value("canary").await.unwrap(), None);
        assert_eq!(other.keys(None).await.unwrap().keys, Vec::<String>::new());
        other.delete(&["canary"]).await.unwrap();
        other.set("canary", b"mine").await.unwrap();
    }
    assert_eq!(one.value("canary").await.unwrap().unwrap(), b"secret");
}

#[tokio::test]
async fn a_full_bucket_takes_nothing_more_until_something_goes() {
    let (_scratch, folder) = folder();
    let bucket = notes(&folder, 10);
    bucket.set("abcd", b"123456").await.unwrap();
    let refused = bucket.set("e", b"").await.unwrap_err();
    assert!(matches!(
        refused,
        BucketError::Full {
            quota: 10,
            needed: 11,
            ..
        }
    ));
    // In place of what is there, it is the difference that counts.
    bucket.set("abcd", b"654321").await.unwrap();
    assert!(bucket.set("abcd", b"6543210").await.is_err());
    assert_eq!(bucket.value("abcd").await.unwrap().unwrap(), b"654321");
    bucket.delete(&["abcd", "absent"]).await.unwrap();
    bucket.set("efgh", b"123456").await.unwrap();

    // A smaller quota lets through what makes the bucket smaller, and nothing else.
    let smaller = notes(&folder, 4);
    assert!(smaller.set("efgh", b"1234567").await.is_err());
    smaller.set("efgh", b"1234").await.unwrap();
    assert!(smaller.add("n", 1).await.is_err());
}

#[tokio::test]
async fn a_batch_happens_whole_or_not_at_all() {
    let (_scratch, folder) = folder();
    let bucket = notes(&folder, 12);
    bucket
        .set_all(&[("a", "1"), ("b", "22"), ("a", "4")])
        .await
        .unwrap();
    let values = bucket.values(&["b".into(), "x".into(), "a".into()]).await;
    assert_eq!(
        values.unwrap(),
        [Some(b"22".to_vec()), None, Some(b"4".to_vec())]
    );
    let refused = bucket.set_all(&[("c", "3"), ("d", "0123456789")]).await;
    assert!(matches!(refused, Err(BucketError::Full { .. })));
    assert_eq!(bucket.keys(None).await.unwrap().keys, ["a", "b"]);
    bucket.delete(&["a", "b"]).await.unwrap();
    assert!(bucket.keys(None).await.unwrap().keys.is_empty());
}

#[tokio::test]
async fn too_large_is_refused_before_anything_is_opened() {
    let (_scratch, folder) = folder();
    let bucket = notes(&folder, QUOTA);
    let key = "k".repeat(KEY_BYTES_MAX + 1);
    let keys = vec![String::from("k"); BATCH_MAX + 1];
    let long = |result: Result<(), BucketError>| matches!(result, Err(BucketError::KeyTooLong(_)));
    assert!(long(bucket.value(&key).await.map(drop)));
    assert!(long(bucket.has(&key).await.map(drop)));
    assert!(long(bucket.add(&key, 1).await.map(drop)));
    assert!(long(bucket.set(&key, b"").await));
    assert!(long(bucket.delete(&[&key]).await));
    assert!(long(
        bucket.values(std::slice::from_ref(&key)).await.map(drop)
    ));
    let value = vec![0; VALUE_BYTES_MAX + 1];
    let refused = bucket.set("k", &value).await;
    assert!(matches!(refused, Err(BucketError::ValueTooLarge(_))));
    for refused in [
        bucket.values(&keys).await.map(drop),
        bucket.delete(&keys).await,
        bucket.set_all(&vec![("k", ""); BATCH_MAX + 1]).await,
    ] {
        assert!(matches!(refused, Err(BucketError::BatchTooLarge(_))));
    }
    assert!(!folder.exists());
}

#[tokio::test]
async fn one_value_in_every_place_of_a_batch_is_not_laid_out_a_thousand_times() {
    let (_scratch, folder) = folder();
    let bucket = notes(&folder, QUOTA);
    bucket.set("k", &vec![7; VALUE_BYTES_MAX]).await.unwrap();
    let keys = vec![String::from("k"); BATCH_MAX];
    let refused = bucket.values(&keys).await;
    assert!(matches!(refused, Err(BucketError::BatchTooManyBytes)));
    assert_eq!(bucket.values(&keys[..8]).await.unwrap().len(), 8);
}

#[tokio::test]
async fn a_bucket_has_so_many_keys_and_no_more() {
    let (_scratch, folder) = folder();
    let bucket = notes(&folder, QUOTA);
    bucket.set_all(&[("7", ""), ("8", "")]).await.unwrap();
    // As if all others were there, which would take a minute to write.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("state.db"));
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("UPDATE bucket SET keys = $1")
        .bind(i64::try_from(KEYS_MAX).unwrap())
        .execute(&pool)
        .await
        .unwrap();
    let refused = bucket.set("one more", b"").await;
    assert!(matches!(refused, Err(BucketError::TooManyKeys)));
    bucket.set("7", b"again").await.unwrap();
    bucket.delete(&["8"]).await.unwrap();
    bucket.set("one more", b"").await.unwrap();
}

#[tokio::test]
async fn each_key_is_on_one_page_whatever_comes_and_goes() {
    let (_scratch, folder) = folder();
    let bucket = notes(&folder, QUOTA);
    let page = usize::try_from(PAGE_KEYS_MAX).unwrap();
    let keys: Vec<_> = (0..page + 20)
        .map(|number| (format!("{number}"), ""))
        .collect();
    bucket.set_all(&keys).await.unwrap();
    let first = bucket.keys(None).await.unwrap();
    assert_eq!(first.keys.len(), page);
    // Writing over a key does not move it, and what was on the first page may go.
    bucket.set("1", b"again").await.unwrap();
    bucket.delete(&["0", "2"]).await.unwrap();
    let second = bucket.keys(first.next).await.unwrap();
    assert_eq!(second.next, None);
    let seen: Vec<_> = first.keys.into_iter().chain(second.keys).collect();
    let all: Vec<_> = keys.into_iter().map(|(key, _)| key).collect();
    assert_eq!(seen, all);
    for beyond in [first.next.unwrap() + 20, u64::MAX] {
        let nothing = bucket.keys(Some(beyond)).await.unwrap();
        assert!(nothing.keys.is_empty() && nothing.next.is_none());
    }
}

#[tokio::test]
async fn adding_counts_every_time_however_many_add() {
    let (_scratch, folder) = folder();
    let mut adders = tokio::task::JoinSet::new();
    for _ in 0..4 {
        // Each has a database of its own, as another process has.
        let bucket = notes(&folder, QUOTA);
        adders.spawn(async move {
            for _ in 0..25 {
                bucket.add("count", 2).await.unwrap();
            }
        });
    }
    adders.join_all().await;
    let bucket = notes(&folder, QUOTA);
    assert_eq!(bucket.add("count", 0).await.unwrap(), 200);
    assert_eq!(bucket.value("count").await.unwrap().unwrap(), b"200");

    bucket.set("word", b"seven").await.unwrap();
    assert!(matches!(
        bucket.add("word", 1).await,
        Err(BucketError::NotANumber)
    ));
    bucket
        .set("large", u64::MAX.to_string().as_bytes())
        .await
        .unwrap();
    assert!(matches!(
        bucket.add("large", 1).await,
        Err(BucketError::Overflow)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_at_once_never_pass_the_quota() {
    let (_scratch, folder) = folder();
    let quota = 1000;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let bucket = notes(&folder, quota);
        writers.spawn(async move {
            let mut kept = 0;
            for entry in 0..20 {
                let key = format!("{writer}-{entry:02}");
                match bucket.set(&key, &[b'x'; 16]).await {
                    Ok(()) => kept += 1,
                    Err(BucketError::Full { .. }) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            kept
        });
    }
    let kept: usize = writers.join_all().await.into_iter().sum();
    // Each entry has 20 bytes: so many fit, and every one that was acknowledged is there.
    assert_eq!(kept, 50);
    let keys = notes(&folder, quota).keys(None).await.unwrap().keys;
    assert_eq!(keys.len(), kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_is_given_up_holds_nobody_up() {
    let (_scratch, folder) = folder();
    let bucket = notes(&folder, QUOTA);
    bucket.set("k", b"1").await.unwrap();
    for round in 0..200 {
        let given_up = bucket.set("k", b"2");
        // Given up at whatever point it has come to after so many turns.
        tokio::select! {
            biased;
            _ = given_up => {}
            () = async { for _ in 0..round % 40 { tokio::task::yield_now().await; } } => {}
        }
    }
    bucket.set("k", b"3").await.unwrap();
    assert_eq!(bucket.value("k").await.unwrap().unwrap(), b"3");
}

#[derive(Debug, Clone)]
enum Step {
    Set(Vec<(u8, u8)>),
    Delete(Vec<u8>),
    Add(u8, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::collection::vec((0..6u8, 0..12u8), 0..4).prop_map(Step::Set),
        prop::collection::vec(0..6u8, 0..4).prop_map(Step::Delete),
        (0..6u8, 0..200u64).prop_map(|(key, delta)| Step::Add(key, delta)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// A bucket is a map that refuses to grow past its quota.
    #[test]
    fn a_bucket_is_a_map_with_a_quota(steps in prop::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            const QUOTA: usize = 40;
            let (_scratch, folder) = folder();
            let bucket = notes(&folder, QUOTA as u64);
            let size = |map: &BTreeMap<String, Vec<u8>>| {
                map.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>()
            };
            let mut model: BTreeMap<String, Vec<u8>> = BTreeMap::new();
            for step in steps {
                let mut next = model.clone();
                let (possible, done) = match step {
                    Step::Set(entries) => {
                        let entries: Vec<_> = entries
                            .into_iter()
                            .map(|(key, length)| (format!("key{key}"), vec![b'x'; usize::from(length)]))
                            .collect();
                        next.extend(entries.iter().cloned());
                        (true, bucket.set_all(&entries).await.is_ok())
                    }
                    Step::Delete(keys) => {
                        let keys: Vec<_> = keys.iter().map(|key| format!("key{key}")).collect();
                        next.retain(|key, _| !keys.contains(key));
                        (true, bucket.delete(&keys).await.is_ok())
                    }
                    Step::Add(key, delta) => {
                        let key = format!("key{key}");
                        let number = match model.get(&key) {
                            None => Some(0),
                            Some(value) => std::str::from_utf8(value).unwrap().parse::<u64>().ok(),
                        };
                        let sum = number.map(|number| number + delta);
                        if let Some(sum) = sum {
                            next.insert(key.clone(), sum.to_string().into_bytes());
                        }
                        (sum.is_some(), bucket.add(&key, delta).await.is_ok())
                    }
                };
                let fits = size(&next) <= QUOTA || size(&next) <= size(&model);
                assert_eq!(done, possible && fits);
                if done {
                    model = next;
                }
                let mut keys = bucket.keys(None).await.unwrap().keys;
                let values = bucket.values(&keys).await.unwrap();
                let held: BTreeMap<_, _> =
                    keys.drain(..).zip(values.into_iter().map(Option::unwrap)).collect();
                assert_eq!(held, model);
            }
        });
    }
}
