//! Questions about files.
//!
//! Owns the answers, each with the line that decides: what may be done at a path, whether one name may
//! become another one, and whether everything below a directory is alike. Refuses to open a file, to
//! follow a link, and to know what is on a disk.

use super::{Effective, Granted, Refusal, RefusalReason};
use crate::grant::{Capability, FileOperation, FileOperations, Grant, GuestPath, Kind, is_normal};
use crate::subtract::taken;
use crate::witness::Access;

/// What a name lets one do with what it names. Whoever gives a file another name must not gain any
/// of these by it.
const HELD: [FileOperation; 3] = [
    FileOperation::Change,
    FileOperation::List,
    FileOperation::Read,
];

impl Effective {
    /// Whether the tool may do `operation` with `path`, which is absolute and normal.
    ///
    /// Of two grants that begin at different directories the deeper one counts alone: it is what is
    /// mounted there.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn file(&self, operation: FileOperation, path: &str) -> Result<&Granted, Refusal> {
        self.saw(|| Access::File {
            operation,
            path: path.to_owned(),
        });
        self.judge(operation, path)
    }

    /// The same, for who wants to know without the tool wanting it: to show what may be listed, to
    /// choose how to open.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn judge(&self, operation: FileOperation, path: &str) -> Result<&Granted, Refusal> {
        let refuse = |reason| {
            let kind = match operation {
                FileOperation::List | FileOperation::Read => Kind::FsRead,
                _ => Kind::FsWrite,
            };
            let wanted = format!("{} {path}", operation.word());
            Refusal::new(wanted, format!("{kind}=HOST:{path}"), reason)
        };
        if !is_normal(path) {
            return Err(refuse(RefusalReason::Unclear));
        }
        if let Some(place) = self.denies_file(operation, path) {
            return Err(refuse(self.denied_at(place)));
        }
        let mounted = self.index.granted.files.above(path).last();
        let places = mounted.into_iter().flatten().copied();
        let fits = |place: &usize| {
            matches!(self.granted.get(*place), Some(Granted { grant: Grant::Files(files), .. })
                if files.covers(operation, path))
        };
        let granted = self.first(places.filter(fits));
        let granted = granted.ok_or_else(|| refuse(RefusalReason::NotGranted))?;
        if self.reach.asks_file(operation, path) {
            Ok(granted)
        } else {
            Err(refuse(RefusalReason::NotRequested))
        }
    }

    /// Whether the tool may give `from` the name `to` instead of its own. For a directory this also
    /// asks whether any rule is about something below it, which would slip from under that rule.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn rename(&self, from: &str, to: &str, directory: bool) -> Result<&Granted, Refusal> {
        self.saw(|| Access::Rename {
            from: from.to_owned(),
            to: to.to_owned(),
            directory,
        });
        self.judge(FileOperation::Delete, from)?;
        let granted = self.judge(FileOperation::Create, to)?;
        // What is there under the new name is gone.
        self.judge(FileOperation::Delete, to)?;
        self.gains_nothing(from, to)?;
        if directory && (self.is_divided(from) || self.is_divided(to)) {
            let wanted = format!("rename {from} to {to}");
            let grant = format!("fs.write=HOST:{from}");
            return Err(Refusal::new(wanted, grant, RefusalReason::Unclear));
        }
        Ok(granted)
    }

    /// Whether the tool may give the file `from` the name `to` as well, which is no less than to read it.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn link(&self, from: &str, to: &str) -> Result<&Granted, Refusal> {
        self.saw(|| Access::Link {
            from: from.to_owned(),
            to: to.to_owned(),
        });
        self.judge(FileOperation::Read, from)?;
        let granted = self.judge(FileOperation::Create, to)?;
        self.gains_nothing(from, to)?;
        Ok(granted)
    }

    /// Whether what may be done with a file under the name `to` may be done under `from`, too.
    fn gains_nothing(&self, from: &str, to: &str) -> Result<(), Refusal> {
        for operation in HELD {
            if self.judge(operation, to).is_ok() {
                self.judge(operation, from)?;
            }
        }
        Ok(())
    }

    /// Whether some rule is about a part of what is below `path`, so that the directory cannot be
    /// handed out, linked or moved as a whole.
    pub fn is_divided(&self, path: &str) -> bool {
        let Ok(path) = path.parse::<GuestPath>() else {
            return true;
        };
        let by_grant = self.grants.iter().any(|grant| match grant {
            Grant::Files(files) => {
                (files.guest != path && path.below(files.guest.as_str()).is_some())
                    || (files.glob.is_some() && crate::reach::touch(&files.guest, &path))
            }
            _ => false,
        });
        by_grant
            || self.denied.iter().any(|denied| match &denied.capability {
                Capability::Files(files) => files.may_lie_below(&path),
                _ => false,
            })
            || self.reach.divides(&path)
    }

    /// What the tool may do with `path` and everything below it, all of it alike. Nothing where some
    /// rule is about a part of that: there, each effect has to be asked about.
    pub fn alike(&self, path: &GuestPath) -> Option<FileOperations> {
        if self.is_divided(path.as_str()) {
            return None;
        }
        let all = FileOperation::ALL.into_iter();
        let may = all.filter(|operation| self.judge(*operation, path.as_str()).is_ok());
        Some(may.fold(FileOperations::NONE, FileOperations::with))
    }

    /// Whether `path` may be listed only as a directory on the way to what some pattern covers. A file of
    /// that name is not covered, and nothing is to be told of it.
    pub fn is_only_way(&self, path: &str) -> bool {
        let mounted = self.index.granted.files.above(path).last();
        let mut places = mounted.into_iter().flatten();
        !places.any(|place| match self.granted.get(*place) {
            Some(Granted {
                grant: Grant::Files(files),
                ..
            }) => {
                let rest = files.guest.below(path);
                let fits = |rest| files.glob.as_ref().is_none_or(|glob| glob.covers(rest));
                rest.is_some_and(fits) && files.covers(FileOperation::List, path)
            }
            _ => false,
        })
    }

    fn denies_file(&self, operation: FileOperation, path: &str) -> Option<usize> {
        let everywhere = self.index.denied_operations.iter();
        let everywhere = everywhere
            .filter(|(operations, _)| operations.contains(operation))
            .map(|(_, place)| *place);
        let here = self.index.denied.files.above(path).flatten().copied();
        let here = here.filter(|place| {
            matches!(
                self.denied.get(*place).map(|denied| &denied.capability),
                Some(Capability::Files(files))
                    if taken(files.kind).contains(operation) && files.holds(path)
            )
        });
        everywhere.chain(here).min()
    }
}
