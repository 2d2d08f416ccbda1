//! Machine code that was compiled before.
//!
//! Owns the folder of artefacts, and the proof that each is our own: a keyed hash over the artefact,
//! the component's digest, the profile and the engine's fingerprint. Refuses to map anything that
//! does not carry it, because mapping machine code is running it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ringfence_tool::Digest;

use crate::engine::{Profile, fingerprint};

const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = 32;

/// The largest artefact that is read back. Bounds what a damaged or planted file makes us load.
pub(crate) const ARTIFACT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A folder of compiled components, authenticated with a key that only this user can read.
#[derive(Debug, Clone)]
pub struct ArtifactCache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
}

/// An artefact whose origin has been proved: these bytes are what this very build compiled.
///
/// Only [`ArtifactCache::load`] and the compiler make one.
pub(crate) struct Artifact(Vec<u8>);

impl Artifact {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl ArtifactCache {
    /// Opens the cache in `folder`, and makes folder and key when they are missing.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, belongs to others too, or holds a key of the wrong size.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        make_private_folder(&folder)?;
        let path = folder.join("key");
        let key = match read_key(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_key(&folder, &path)?;
                read_key(&path)?
            }
            other => other?,
        };
        Ok(Self { folder, key })
    }

    /// The folder, which no grant may reach.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The artefact for a component, when there is one and it is ours.
    pub(crate) fn load(&self, digest: &Digest, profile: Profile) -> Option<Artifact> {
        let path = self.path(digest, profile);
        let size = fs::metadata(&path).ok()?.len();
        if size > ARTIFACT_BYTES_MAX {
            return None;
        }
        let mut bytes = fs::read(&path).ok()?;
        let at = bytes.len().checked_sub(MAC_BYTES)?;
        let (artifact, mac) = bytes.split_at(at);
        // `blake3::Hash` compares in constant time.
        let expected = self.mac(artifact, digest, profile);
        if expected != blake3::Hash::from_slice(mac).ok()? {
            tracing::warn!(path = %path.display(), "dropped a cached artefact that is not ours");
            return None;
        }
        bytes.truncate(at);
        Some(Artifact(bytes))
    }

    /// Keeps what was just compiled. A cache that cannot be written costs time, not the call.
    pub(crate) fn store(&self, artifact: &Artifact, digest: &Digest, profile: Profile) {
        let path = self.path(digest, profile);
        if let Err(error) = self.write(&path, artifact, digest, profile) {
            tracing::warn!(%error, path = %path.display(), "failed to cache an artefact");
        }
    }

    fn write(
        &self,
        path: &Path,
        artifact: &Artifact,
        digest: &Digest,
        profile: Profile,
    ) -> io::Result<()> {
        // A reader sees the old file, none, or the whole new one.
        let temporary = self.folder.join(format!(
            ".{}.{}.{:x}",
            digest.hex(),
            std::process::id(),
            random()?
                .iter()
                .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte)),
        ));
        let written = (|| {
            let mut file = create_private(&temporary)?;
            file.write_all(artifact.bytes())?;
            file.write_all(self.mac(artifact.bytes(), digest, profile).as_bytes())?;
            drop(file);
            fs::rename(&temporary, path)
        })();
        if written.is_err() {
            // Nothing more can be done about the leftover.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn mac(&self, artifact: &[u8], digest: &Digest, profile: Profile) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        let engine = fingerprint();
        for part in [
            profile.name().as_bytes(),
            engine.as_bytes(),
            digest.as_bytes(),
            artifact,
        ] {
            // Lengths first, so that no two lists of parts hash the same.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize()
    }

    fn path(&self, digest: &Digest, profile: Profile) -> PathBuf {
        let engine = blake3::hash(fingerprint().as_bytes()).to_hex();
        let engine = engine.get(..8).unwrap_or_default();
        self.folder.join(format!(
            "{}-{}-{engine}.cwasm",
            digest.hex(),
            profile.name()
        ))
    }
}

/// What the compiler just made needs no proof.
pub(crate) fn compiled(bytes: Vec<u8>) -> Artifact {
    Artifact(bytes)
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let metadata = fs::symlink_metadata(folder)?;
        let owner = rustix::process::geteuid().as_raw();
        if !metadata.is_dir() || metadata.uid() != owner {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the artefact folder must be a directory of this user's own",
            ));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn read_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    fs::read(path)?.try_into().map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "`{}` is not a key; delete it and the artefacts beside it",
                path.display()
            ),
        )
    })
}

/// Makes the key so that of two that open the same folder at once, both end with the same one.
fn make_key(folder: &Path, path: &Path) -> io::Result<()> {
    // Processes differ in their ids, and threads in the turn that they take.
    static TURN: AtomicU64 = AtomicU64::new(0);
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".key.{}.{turn}", std::process::id()));
    let _ = fs::remove_file(&temporary);
    create_private(&temporary)?.write_all(&random()?)?;
    // Linking fails when another process was first: its key counts.
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn random() -> io::Result<[u8; KEY_BYTES]> {
    let mut bytes = [0; KEY_BYTES];
    let mut rest: &mut [u8] = &mut bytes;
    while !rest.is_empty() {
        let count = rustix::rand::getrandom(&mut *rest, rustix::rand::GetRandomFlags::empty())?;
        rest = rest.get_mut(count..).unwrap_or_default();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, ArtifactCache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = ArtifactCache::open(folder.path().join("artefacts")).unwrap();
        (folder, cache)
    }

    #[test]
    fn all_who_open_a_new_folder_at_once_get_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            ArtifactCache::open(folder.path().join("artefacts"))
                .unwrap()
                .key
        };
        let keys: Vec<_> = std::thread::scope(|scope| {
            let openers: Vec<_> = (0..16).map(|_| scope.spawn(open)).collect();
            let openers = openers.into_iter();
            openers.map(|opener| opener.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| Some(key) == keys.first()));
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let (_folder, cache) = cache();
        let digest = Digest::of(b"tool");
        cache.store(&compiled(b"machine code".to_vec()), &digest, Profile::Small);
        assert_eq!(
            cache.load(&digest, Profile::Small).unwrap().bytes(),
            b"machine code"
        );
        // The same key on the next start.
        let again = ArtifactCache::open(cache.folder().to_owned()).unwrap();
        assert!(again.load(&digest, Profile::Small).is_some());
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused() {
        let (_folder, cache) = cache();
        let digest = Digest::of(b"tool");
        cache.store(&compiled(b"machine code".to_vec()), &digest, Profile::Small);
        let path = cache.path(&digest, Profile::Small);
        let good = fs::read(&path).unwrap();
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(
                cache.load(&digest, Profile::Small).is_none(),
                "byte {index}"
            );
        }
        fs::write(&path, b"short").unwrap();
        assert!(cache.load(&digest, Profile::Small).is_none());
    }

    #[test]
    fn an_artefact_of_another_tool_or_profile_is_refused() {
        let (_folder, cache) = cache();
        let (tool, other) = (Digest::of(b"tool"), Digest::of(b"other"));
        cache.store(&compiled(b"machine code".to_vec()), &tool, Profile::Small);
        fs::copy(
            cache.path(&tool, Profile::Small),
            cache.path(&other, Profile::Small),
        )
        .unwrap();
        fs::copy(
            cache.path(&tool, Profile::Small),
            cache.path(&tool, Profile::Large),
        )
        .unwrap();
        assert!(cache.load(&other, Profile::Small).is_none());
        assert!(cache.load(&tool, Profile::Large).is_none());
    }
}
