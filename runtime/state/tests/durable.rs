//! What was acknowledged is there, however the process ended; and what cannot be trusted is refused.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ringfence_identity::TenantName;
use ringfence_state::{Bucket, BucketError, State, StateError};

fn bucket(folder: &Path) -> Bucket {
    let tenant: TenantName = "local".parse().unwrap();
    State::lazily(folder.to_owned())
        .buckets()
        .of(&tenant)
        .bucket("notes", 1024 * 1024)
}

/// Another process, which writes one key after the other and says each when it was acknowledged.
fn writer(folder: &Path, prefix: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "writes_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = format!("{}\n{prefix}\n", folder.display());
    // Kept open: the writer waits for nothing else.
    child
        .stdin
        .as_mut()
        .unwrap()
        .write_all(said.as_bytes())
        .unwrap();
    child
}

#[tokio::test]
#[ignore = "run by the tests below, in a process of its own"]
async fn writes_until_it_is_killed() {
    let mut lines = std::io::stdin().lines();
    let (Some(folder), Some(prefix)) = (lines.next(), lines.next()) else {
        return;
    };
    let (bucket, prefix) = (bucket(&PathBuf::from(folder.unwrap())), prefix.unwrap());
    let mut stdout = std::io::stdout();
    for number in 0.. {
        let key = format!("{prefix}{number}");
        bucket.set(&key, key.as_bytes()).await.unwrap();
        if writeln!(stdout, "\nkept {key}").is_err() {
            return;
        }
    }
}

fn acknowledged(
    lines: impl Iterator<Item = std::io::Result<String>>,
) -> impl Iterator<Item = String> {
    lines.filter_map(|line| Some(line.unwrap().strip_prefix("kept ")?.to_owned()))
}

#[tokio::test]
async fn every_acknowledged_write_survives_a_kill() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("state");
    let mut writers: Vec<_> = ["a", "b"].map(|prefix| writer(&folder, prefix)).into();
    let mut outputs: Vec<_> = writers
        .iter_mut()
        .map(|writer| acknowledged(BufReader::new(writer.stdout.take().unwrap()).lines()))
        .collect();
    let mut kept = Vec::new();
    for output in &mut outputs {
        kept.extend(output.take(20));
    }
    assert_eq!(kept.len(), 40, "the writers write");
    for writer in &mut writers {
        writer.kill().unwrap();
        writer.wait().unwrap();
    }
    for output in outputs {
        kept.extend(output);
    }
    let bucket = bucket(&folder);
    for key in &kept {
        let value = bucket.value(key).await.unwrap();
        assert_eq!(value.as_deref(), Some(key.as_bytes()), "{key}");
    }
    bucket.set("after", b"").await.unwrap();
}

#[tokio::test]
async fn nothing_is_touched_before_it_is_used_and_nobody_else_can_read_it_then() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("outer/state");
    let bucket = bucket(&folder);
    assert!(!scratch.path().join("outer").exists());
    bucket.set("k", b"v").await.unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

async fn refusal(folder: &Path) -> StateError {
    let refused = bucket(folder).value("k").await;
    let error = refused.err().and_then(|error| match error {
        BucketError::State(error) => Some(error),
        _ => None,
    });
    error.unwrap()
}

#[tokio::test]
async fn what_others_can_read_or_replace_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("state");
    bucket(&folder).set("k", b"v").await.unwrap();
    let file = folder.join("state.db");
    let allow = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(&file, 0o640);
    assert!(matches!(
        refusal(&folder).await,
        StateError::Exposed { mode: 0o640, .. }
    ));
    allow(&file, 0o600);
    allow(&folder, 0o770);
    assert!(matches!(
        refusal(&folder).await,
        StateError::ExposedFolder { .. }
    ));
    allow(&folder, 0o700);
    assert_eq!(bucket(&folder).value("k").await.unwrap().unwrap(), b"v");

    let other = scratch.path().join("other");
    std::fs::create_dir(&other).unwrap();
    symlink(&file, other.join("state.db")).unwrap();
    assert!(matches!(refusal(&other).await, StateError::Unfit { .. }));
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_refused_and_so_is_what_is_no_database() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("state");
    bucket(&folder).set("k", b"v").await.unwrap();
    let file = folder.join("state.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("INSERT INTO schema_version (version) VALUES (900)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let refused = refusal(&folder).await;
    assert!(
        matches!(refused, StateError::Newer { found: 900, .. }),
        "{refused:?}"
    );

    // What is wrong is looked at anew, so that it can be mended while the process runs.
    let bucket = bucket(&folder);
    let torn = std::fs::read(&file).unwrap();
    std::fs::write(&file, b"not a database, but as long as a header of one is, and then some more of it to be sure of that").unwrap();
    assert!(matches!(
        bucket.value("k").await,
        Err(BucketError::State(StateError::Failed { .. }))
    ));
    std::fs::write(&file, torn).unwrap();
    assert!(matches!(
        bucket.value("k").await,
        Err(BucketError::State(StateError::Newer { .. }))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_it_at_once() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("state");
    let mut openers = tokio::task::JoinSet::new();
    for opener in 0..8 {
        let bucket = bucket(&folder);
        openers.spawn(async move { bucket.set(&format!("{opener}"), b"").await });
    }
    for opened in openers.join_all().await {
        opened.unwrap();
    }
    assert_eq!(bucket(&folder).keys(None).await.unwrap().keys.len(), 8);
}
