//! What the engine refuses of a directory that was handed to it.
//!
//! Owns saying so, and what would help: the engine knows no grants, and a guest hears an error code alone.
//! Looked at only where something is tried that may be refused, so that reading costs nothing. Refuses to
//! decide: the engine has done that.

use ringfence_policy::FileOperation;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use super::Files;
use super::path;
use super::touched::Place;

/// Characters of such a path in a denial. Bounds what a guest can write into a receipt by making up paths.
const PATH_CHARS_MAX: usize = 128;

/// What somebody tries with a directory of the engine's that the engine will refuse, and why.
#[derive(Debug)]
pub(super) struct Refused(Option<String>);

impl Files {
    /// What there is to say when the engine refuses `operation` with `path` from its `descriptor`. Nothing is said
    /// of what it would not refuse for want of a grant.
    pub(super) fn refused(&self, descriptor: u32, path: &str, operation: Tried) -> Refused {
        let leads_out = path::leads_out(path);
        if operation == Tried::Look && !leads_out {
            return Refused(None);
        }
        let Some(place) = self.touched.place(descriptor) else {
            return Refused(None);
        };
        if leads_out {
            return Refused(Some(out(&place.path, path)));
        }
        let Tried::Change(operation) = operation else {
            return Refused(None);
        };
        if place.writes {
            return Refused(None);
        }
        let refusal = path::join(&place.path, path)
            .ok()
            .and_then(|joined| self.effective.file(operation, &joined.path).err());
        Refused(refusal.map(|refusal| refusal.to_string()))
    }

    /// Where `path` from the engine's `descriptor` is, when that is a directory.
    pub(super) fn place_below(&self, descriptor: u32, path: &str) -> Option<Place> {
        let place = self.touched.place(descriptor)?;
        let joined = path::join(&place.path, path).ok()?;
        Some(Place {
            path: joined.path.into(),
            writes: place.writes,
        })
    }

    /// Notes that `path` leads out of `base`, where it does.
    pub(super) fn noted_out(&self, base: &str, path: &str) {
        if path::leads_out(path) {
            self.touched.deny(out(base, path));
        }
    }

    /// Notes that the engine has refused it, where it has.
    pub(super) fn told<T>(&self, done: FsResult<T>, refused: Refused) -> FsResult<T> {
        done.inspect_err(|error| {
            if let (Some(why), Some(ErrorCode::NotPermitted)) = (refused.0, error.downcast_ref()) {
                self.touched.deny(why);
            }
        })
    }
}

/// Why a path is refused that leads out of where it begins.
fn out(base: &str, path: &str) -> String {
    let path: String = path.chars().take(PATH_CHARS_MAX).collect();
    format!("`{path}` leads out of `{base}`: no grant lets a path do that")
}

/// What somebody tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried {
    /// What every directory that is handed out is granted for.
    Look,
    /// What takes a grant to write.
    Change(FileOperation),
}
