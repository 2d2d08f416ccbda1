//! Tools that are installed, changed, gone back to, and what of them is served.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use ringfence_catalog::{
    Catalog, EARLIER_MAX, Naming, Offer, PinMode, Pinning, Shelf, ShelfError, Source,
};
use ringfence_tool::{Component, ComponentName, Digest};
use tempfile::TempDir;

/// A component with one function, and code that tells it from others.
fn bytes(code: u32) -> Vec<u8> {
    wat::parse_str(format!(
        "(component
            (core module $m (func (export \"f\") (result i32) i32.const {code}))
            (core instance $i (instantiate $m))
            (func $l (result u32) (canon lift (core func $i \"f\")))
            (export \"run\" (func $l)))"
    ))
    .unwrap()
}

struct Desk {
    folder: TempDir,
    shelf: Shelf,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(
            folder.path().join("ringfence.lock"),
            folder.path().join("store"),
        );
        Self { folder, shelf }
    }

    fn install(&self, code: u32, instead_of: Option<u32>) -> Result<Digest, ShelfError> {
        let lease = self.shelf.begin()?;
        let bytes = bytes(code);
        let digest = lease.put(&bytes)?;
        let offer = Offer {
            component: Arc::new(Component::read(bytes.into(), "x").unwrap()),
            source: format!("file:/x{code}.wasm"),
            resolved: None,
            evidence: None,
            instead_of: instead_of.map(digest_of),
        };
        self.shelf.install(&lease, offer, "test")?;
        Ok(digest)
    }

    fn catalog(&self) -> Arc<Catalog> {
        let lock = self.folder.path().join("ringfence.lock");
        let pinning = Pinning::open(lock, PinMode::Off).unwrap();
        let store = self.shelf.store().clone();
        let sources = vec![Source::Installed {
            store,
            only: None,
            trust: None,
        }];
        Catalog::load_pinned(sources, Naming::default(), Some(Arc::new(pinning)))
    }

    fn piece(&self, code: u32) -> PathBuf {
        let pieces = self.folder.path().join("store/sha256");
        pieces.join(digest_of(code).hex())
    }
}

fn digest_of(code: u32) -> Digest {
    Digest::of(&bytes(code))
}

fn name() -> ComponentName {
    "x".parse().unwrap()
}

/// The digest of what is served, when anything is.
fn served(catalog: &Catalog) -> Option<Digest> {
    catalog.component("x").map(|component| component.digest())
}

#[test]
fn what_is_installed_is_served_as_it_was_locked() {
    let desk = Desk::new();
    assert_eq!(served(&desk.catalog()), None);
    desk.install(1, None).unwrap();
    let first = desk.catalog();
    assert_eq!(served(&first), Some(digest_of(1)));
    assert_eq!(first.origin("x").unwrap().to_string(), "installed:x");

    desk.install(2, Some(1)).unwrap();
    let (second, changed) = first.rescan();
    assert!(changed);
    assert_eq!(served(&second), Some(digest_of(2)));
    assert_eq!(
        served(&first),
        Some(digest_of(1)),
        "a snapshot never changes"
    );

    assert!(desk.shelf.enable(&name(), false).unwrap());
    assert!(!desk.shelf.enable(&name(), false).unwrap());
    let (third, changed) = second.rescan();
    assert!(changed && served(&third).is_none());
    desk.shelf.enable(&name(), true).unwrap();
    assert_eq!(served(&third.rescan().0), Some(digest_of(2)));

    desk.shelf.remove(&name()).unwrap();
    assert_eq!(served(&second.rescan().0), None);
    assert!(matches!(
        desk.shelf.remove(&name()),
        Err(ShelfError::Unknown { .. })
    ));
}

#[test]
fn h50_bytes_that_were_changed_in_the_store_do_not_run() {
    let desk = Desk::new();
    desk.install(1, None).unwrap();
    let good = desk.catalog();
    fs::write(desk.piece(1), bytes(2)).unwrap();
    let start = desk.catalog();
    assert_eq!(served(&start), None);
    let problem = start.problems().first().unwrap().to_string();
    assert!(problem.contains("not what was put there"), "{problem}");
    // What runs goes on with what it has.
    assert_eq!(served(&good.rescan().0), Some(digest_of(1)));
    // What has never been read as what it is now is not served by halves either.
    desk.shelf.begin().unwrap().put(&bytes(1)).unwrap();
    desk.install(3, Some(1)).unwrap();
    fs::remove_file(desk.piece(3)).unwrap();
    let (next, _) = good.rescan();
    assert_eq!(served(&next), None);
    assert_eq!(next.disabled().len(), 1);
}

#[test]
fn nobody_installs_over_what_they_have_not_seen() {
    let desk = Desk::new();
    assert!(matches!(
        desk.install(2, Some(1)),
        Err(ShelfError::Changed(_))
    ));
    desk.install(1, None).unwrap();
    desk.install(2, Some(1)).unwrap();
    for seen in [None, Some(1), Some(3)] {
        assert!(
            matches!(desk.install(3, seen), Err(ShelfError::Changed(_))),
            "{seen:?}"
        );
    }
    assert_eq!(served(&desk.catalog()), Some(digest_of(2)));
}

#[test]
fn what_was_approved_from_a_file_is_not_replaced_by_installing() {
    let desk = Desk::new();
    let path = desk.folder.path().join("x.wasm");
    fs::write(&path, bytes(1)).unwrap();
    let lock = desk.folder.path().join("ringfence.lock");
    let pinning = Arc::new(Pinning::open(lock, PinMode::FirstUse).unwrap());
    Catalog::load_pinned([Source::File(path)], Naming::default(), Some(pinning));
    for instead_of in [None, Some(1)] {
        let refused = desk.install(2, instead_of);
        assert!(
            matches!(refused, Err(ShelfError::Pinned { .. })),
            "{refused:?}"
        );
    }
    assert!(desk.shelf.remove(&name()).is_err());
    assert!(desk.shelf.enable(&name(), false).is_err());
    assert!(desk.shelf.roll_back(&name(), "test").is_err());
}

#[test]
fn going_back_and_forth_ends_where_it_began() {
    let desk = Desk::new();
    desk.install(1, None).unwrap();
    let nothing = desk.shelf.roll_back(&name(), "test");
    assert!(matches!(nothing, Err(ShelfError::NoEarlier(_))));
    desk.install(2, Some(1)).unwrap();
    let whole = |desk: &Desk| {
        let lock = desk.shelf.lock().unwrap();
        let entry = lock.entry("x").unwrap();
        let installed = entry.installed.clone().unwrap();
        (entry.pin.clone(), entry.source.clone(), installed)
    };
    let before = whole(&desk);
    let pinned = desk.shelf.roll_back(&name(), "test").unwrap();
    assert_eq!(pinned.pin.digest(), digest_of(1));
    assert_eq!(pinned.replaced.unwrap().digest(), digest_of(2));
    assert_eq!(whole(&desk).1.as_deref(), Some("file:/x1.wasm"));
    assert_eq!(served(&desk.catalog()), Some(digest_of(1)));
    desk.shelf.roll_back(&name(), "test").unwrap();
    assert_eq!(whole(&desk), before);
}

#[test]
fn what_can_be_gone_back_to_is_kept_and_nothing_else() {
    let desk = Desk::new();
    desk.install(0, None).unwrap();
    let last = u32::try_from(EARLIER_MAX).unwrap() + 2;
    for code in 1..=last {
        desk.install(code, Some(code - 1)).unwrap();
    }
    let swept = desk.shelf.store().sweep().unwrap();
    assert_eq!((swept.kept, swept.removed), (EARLIER_MAX as u64 + 1, 2));
    assert!(!desk.piece(0).exists() && !desk.piece(1).exists());
    desk.shelf.roll_back(&name(), "test").unwrap();
    assert_eq!(desk.shelf.store().sweep().unwrap().removed, 0);
    // Gone, whoever took it: then there is no way back, and what is there stays.
    fs::remove_file(desk.piece(last)).unwrap();
    assert!(desk.shelf.roll_back(&name(), "test").is_err());
    assert_eq!(served(&desk.catalog()), Some(digest_of(last - 1)));
    desk.shelf.remove(&name()).unwrap();
    assert_eq!(desk.shelf.store().sweep().unwrap().kept, 0);
}
