//! What is put into the store, damaged in it, and removed from it.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::PathBuf;
use std::thread;

use ringfence_catalog::{Store, StoreError};
use ringfence_tool::Digest;
use tempfile::TempDir;

const MAX: u64 = 1 << 20;

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("state/store"));
    (folder, store)
}

fn piece(store: &Store, digest: &Digest) -> PathBuf {
    store.folder().join("sha256").join(digest.hex())
}

fn files(store: &Store) -> usize {
    fs::read_dir(store.folder().join("sha256")).unwrap().count()
}

#[test]
fn what_is_put_in_comes_out() {
    let (_folder, store) = store();
    let lease = store.lease().unwrap();
    let digest = lease.put(b"one").unwrap();
    assert_eq!(digest, Digest::of(b"one"));
    assert_eq!(*store.read(&digest, MAX).unwrap(), *b"one");
    assert!(store.has(&digest));
    let absent = Digest::of(b"two");
    assert!(matches!(store.read(&absent, MAX), Err(StoreError::Missing(found)) if found == absent));
    assert!(matches!(
        store.read(&digest, 2),
        Err(StoreError::TooLarge(2))
    ));
}

#[test]
fn h51_what_came_as_something_else_is_not_kept() {
    let (_folder, store) = store();
    let lease = store.lease().unwrap();
    let wanted = Digest::of(b"honest");
    let mut incoming = lease.incoming(MAX).unwrap();
    incoming.take(b"evil").unwrap();
    let refused = incoming.keep(Some(wanted));
    assert!(
        matches!(refused, Err(StoreError::Digest { found, .. }) if found == Digest::of(b"evil"))
    );
    // More than was said, in one piece and in many.
    let mut incoming = lease.incoming(4).unwrap();
    assert!(matches!(
        incoming.take(b"12345"),
        Err(StoreError::TooLarge(4))
    ));
    drop(incoming);
    let mut incoming = lease.incoming(4).unwrap();
    for _ in 0..4 {
        incoming.take(b"1").unwrap();
    }
    assert!(incoming.take(b"1").is_err());
    drop(incoming);
    assert_eq!(files(&store), 0, "nothing of it is left");
}

#[test]
fn what_was_changed_on_the_disk_is_noticed_and_replaced() {
    let (_folder, store) = store();
    let lease = store.lease().unwrap();
    let digest = lease.put(b"one").unwrap();
    for broken in [b"one ".as_slice(), b"onf", b""] {
        fs::write(piece(&store, &digest), broken).unwrap();
        let read = store.read(&digest, MAX);
        assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
        lease.put(b"one").unwrap();
        assert_eq!(*store.read(&digest, MAX).unwrap(), *b"one");
    }
    fs::remove_file(piece(&store, &digest)).unwrap();
    fs::create_dir(piece(&store, &digest)).unwrap();
    assert!(store.read(&digest, MAX).is_err());
}

#[cfg(unix)]
#[test]
fn a_link_leads_to_nothing_but_what_was_asked_for() {
    let (folder, store) = store();
    let lease = store.lease().unwrap();
    let digest = lease.put(b"one").unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, b"secret").unwrap();
    fs::remove_file(piece(&store, &digest)).unwrap();
    std::os::unix::fs::symlink(&elsewhere, piece(&store, &digest)).unwrap();
    assert!(matches!(
        store.read(&digest, MAX),
        Err(StoreError::Damaged(_))
    ));
    // Putting it in again replaces the link, and writes through to nothing.
    lease.put(b"one").unwrap();
    assert_eq!(fs::read(&elsewhere).unwrap(), b"secret");
    assert_eq!(*store.read(&digest, MAX).unwrap(), *b"one");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_place_holds_nobody() {
    let (_folder, store) = store();
    let lease = store.lease().unwrap();
    let digest = lease.put(b"one").unwrap();
    fs::remove_file(piece(&store, &digest)).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(piece(&store, &digest))
        .status();
    assert!(made.unwrap().success());
    let read = store.read(&digest, MAX);
    assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
    lease.put(b"one").unwrap();
    assert_eq!(*store.read(&digest, MAX).unwrap(), *b"one");
}

#[cfg(unix)]
#[test]
fn a_store_that_others_may_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, store) = store();
    drop(store.lease().unwrap());
    fs::set_permissions(store.folder(), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(store.lease(), Err(StoreError::Exposed { .. })));
}

#[test]
fn many_writers_of_the_same_and_of_different_pieces_agree() {
    let (_folder, store) = store();
    thread::scope(|scope| {
        for writer in 0..4_u8 {
            let store = &store;
            scope.spawn(move || {
                for round in 0..8_u8 {
                    let lease = store.lease().unwrap();
                    lease.put(&[round]).unwrap();
                    lease.put(&[round, writer]).unwrap();
                }
            });
        }
    });
    assert_eq!(files(&store), 8 + 8 * 4);
    for round in 0..8_u8 {
        assert_eq!(*store.read(&Digest::of(&[round]), MAX).unwrap(), [round]);
    }
}

#[test]
fn what_nobody_names_goes_and_only_when_nobody_is_at_it() {
    let (_folder, store) = store();
    let lease = store.lease().unwrap();
    lease.put(b"one").unwrap();
    // What somebody who was killed left.
    fs::write(store.folder().join("sha256/.new-0123"), "half").unwrap();
    thread::scope(|scope| {
        let sweeping = scope.spawn(|| store.sweep().unwrap());
        // It cannot go on while there is a lease, however long one looks.
        thread::park_timeout(std::time::Duration::from_millis(50));
        assert_eq!(files(&store), 2);
        drop(lease);
        assert_eq!(sweeping.join().unwrap().removed, 2);
    });
    assert_eq!(files(&store), 0);
}

#[test]
fn nothing_goes_while_a_lock_cannot_say_what_it_needs() {
    let (folder, store) = store();
    let lease = store.lease().unwrap();
    lease.put(b"one").unwrap();
    let elsewhere = folder.path().join("project");
    fs::create_dir(&elsewhere).unwrap();
    let lock = elsewhere.join("ringfence.lock");
    lease.note(&lock).unwrap();
    lease.note(&lock).unwrap();
    drop(lease);
    fs::write(&lock, "cut sho").unwrap();
    assert!(matches!(store.sweep(), Err(StoreError::Root(_))));
    fs::remove_dir_all(&elsewhere).unwrap();
    let refused = store.sweep();
    assert!(
        matches!(refused, Err(StoreError::RootGone { .. })),
        "{refused:?}"
    );
    assert_eq!(files(&store), 1);
    // Whoever takes the lock and its guard away, and not the folder, means it.
    fs::create_dir(&elsewhere).unwrap();
    assert_eq!(store.sweep().unwrap().removed, 1);
    assert_eq!(
        fs::read_dir(store.folder().join("roots")).unwrap().count(),
        0
    );
}
