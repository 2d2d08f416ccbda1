//! Tools that somebody has to have signed: what is installed, and what of it is served later.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::fs;
use std::sync::Arc;

use ringfence_catalog::{
    Catalog, Fault, Naming, Offer, PinMode, Pinning, Shelf, ShelfError, Source,
};
use ringfence_signatures::{Evidence, Payload, Signature, SigningKey, Trust};
use ringfence_tool::{Component, ComponentName, Digest};
use tempfile::TempDir;

/// A component that differs from others by this number.
fn bytes(code: u32) -> Vec<u8> {
    wat::parse_str(format!("(component (core module (memory {code})))")).unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).unwrap().0
}

fn trust(seed: u8) -> Arc<Trust> {
    Arc::new(Trust::in_key("test", key(seed).public()))
}

struct Desk {
    folder: TempDir,
    evidence: Digest,
}

impl Desk {
    fn shelf(&self, trust: Option<Arc<Trust>>) -> Shelf {
        let folder = self.folder.path();
        Shelf::new(folder.join("ringfence.lock"), folder.join("store")).trusting(trust)
    }

    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            evidence: Digest::of(b""),
        }
    }

    /// Installs a component as if it came from a registry, with a signature by this key over `signed`.
    fn install(
        &mut self,
        code: u32,
        by: u8,
        signed: impl FnOnce(&Digest) -> Digest,
        instead_of: Option<u32>,
    ) -> Result<(), ShelfError> {
        let trusting = self.shelf(Some(trust(1)));
        let lease = trusting.begin()?;
        let component = bytes(code);
        let digest = lease.put(&component)?;
        let manifest = format!(
            r#"{{"layers":[{{"mediaType":"application/wasm","digest":"{digest}","size":1}}]}}"#
        );
        let manifest = lease.put(manifest.as_bytes())?;
        let payload = Payload {
            manifest: signed(&manifest),
        };
        let payload = payload.write("registry.example/x");
        let signature = Signature::Simple {
            signature: key(by).sign(&payload).unwrap(),
            payload,
            key: None,
        };
        self.evidence = lease.put(&Evidence::new([signature]).write())?;
        let offer = Offer {
            component: Arc::new(Component::read(component.into(), "x").unwrap()),
            source: "oci://registry.example/x:1".into(),
            resolved: Some(manifest),
            evidence: Some(self.evidence),
            instead_of: instead_of.map(|code| Digest::of(&bytes(code))),
        };
        trusting.install(&lease, offer, "test").map(drop)
    }

    fn load(&self, trust: Option<Arc<Trust>>) -> Arc<Catalog> {
        let lock = self.folder.path().join("ringfence.lock");
        let pinning = Pinning::open(lock, PinMode::Off).unwrap();
        let store = self.shelf(None).store().clone();
        let only = None;
        let sources = vec![Source::Installed { store, only, trust }];
        Catalog::load_pinned(sources, Naming::default(), Some(Arc::new(pinning)))
    }
}

#[track_caller]
fn refused(catalog: &Catalog, why: &str) {
    assert!(catalog.component("x").is_none(), "it is served");
    let [problem] = catalog.problems() else {
        panic!("{:?}", catalog.problems())
    };
    assert!(problem.to_string().contains(why), "{problem}");
    assert!(!problem.kept);
}

#[test]
fn what_nobody_signed_is_not_installed() {
    let mut desk = Desk::new();
    for (by, of, why) in [
        (2, None, "and not by `test`"),
        (1, Some(Digest::of(b"another")), "made for something else"),
    ] {
        let refused = desk.install(1, by, |digest| of.unwrap_or(*digest), None);
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let lock = desk.shelf(None).lock().unwrap();
    assert_eq!(lock.installed().count(), 0);
    desk.install(1, 1, |digest| *digest, None).unwrap();
    let lock = desk.shelf(None).lock().unwrap();
    let (_, _, installed) = lock.installed().next().unwrap();
    let by = installed.signed_by.clone().unwrap();
    assert!(by.starts_with("test, ed25519 key sha256:"), "{by}");
    // What it was decided by stays as long as it.
    let swept = desk.shelf(None).store().sweep().unwrap();
    assert_eq!(swept.kept, 3);
}

#[test]
fn who_signed_is_asked_whenever_it_is_loaded() {
    let mut desk = Desk::new();
    desk.install(1, 1, |digest| *digest, None).unwrap();
    let served = desk.load(Some(trust(1)));
    assert!(served.component("x").is_some());
    refused(&desk.load(Some(trust(2))), "and not by `test`");
    refused(&desk.load(None), "the file that says who has to is gone");
    // It was loaded before, and is not served on.
    let folder = desk.folder.path().join("store/sha256");
    let piece = folder.join(desk.evidence.hex());
    let kept = fs::read(&piece).unwrap();
    fs::write(&piece, b"{}").unwrap();
    refused(&served.rescan().0, "is not what was put there");
    fs::remove_file(&piece).unwrap();
    refused(&served.rescan().0, "is not in the store");
    fs::write(&piece, kept).unwrap();
    assert!(served.rescan().0.component("x").is_some());
}

#[test]
fn nobody_goes_back_to_what_is_trusted_no_more() {
    let mut desk = Desk::new();
    desk.install(1, 1, |digest| *digest, None).unwrap();
    desk.install(2, 1, |digest| *digest, Some(1)).unwrap();
    let name: ComponentName = "x".parse().unwrap();
    let back = |trust| desk.shelf(trust).roll_back(&name, "test");
    for trust in [Some(trust(2)), None] {
        match back(trust) {
            Err(ShelfError::Untrusted { fault, .. }) => {
                assert!(matches!(*fault, Fault::Unsigned(_) | Fault::TrustGone));
            }
            other => panic!("{other:?}"),
        }
    }
    let pinned = back(Some(trust(1))).unwrap();
    assert_eq!(pinned.pin.digest(), Digest::of(&bytes(1)));
}
