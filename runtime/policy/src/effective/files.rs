//! Questions about files.
//!
//! Owns the answers, each with the line that decides: what may be done at a path, whether one name may
//! become another one, and whether everything below a directory is alike. Refuses to open a file, to
//! follow a link, and to know what is on a disk.

use super::{Effective, Granted, Refusal, RefusalReason};
use crate::grant::{
    Capability, FileKind, FileOperation, FileOperations, Grant, GuestPath, Kind, is_normal,
};
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
            let wanted = format!("{} {path}", operation.word());
            let (grant, base) = self.narrowest(operation, path);
            let refusal = Refusal::new(wanted, [grant], reason);
            match base {
                Some(base) => refusal.below(&base),
                None => refusal,
            }
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
        // What a tool does not ask for no grant gives it.
        if self.reach.asks_file(operation, path) {
            granted.ok_or_else(|| refuse(RefusalReason::NotGranted))
        } else {
            Err(refuse(RefusalReason::NotRequested))
        }
    }

    /// The narrowest grant for `operation` at `path`, and what HOST stands for in it, where that is not the
    /// thing itself: for what is new, or goes, that is the directory that it is in; and below what is
    /// mounted already it is that, as what is mounted deeper would hide it.
    fn narrowest(&self, operation: FileOperation, path: &str) -> (String, Option<String>) {
        let kind = Kind::from(match operation {
            FileOperation::Change => FileKind::Change,
            FileOperation::Create => FileKind::Create,
            FileOperation::Delete => FileKind::Delete,
            FileOperation::List => FileKind::List,
            FileOperation::Read => FileKind::Read,
        });
        let mounted = self.index.granted.files.above(path).last();
        let mounted = mounted.and_then(|places| places.first());
        let mounted = mounted.and_then(|place| match self.granted.get(*place) {
            Some(Granted {
                grant: Grant::Files(files),
                ..
            }) => Some(files.guest.as_str()),
            _ => None,
        });
        let within = matches!(operation, FileOperation::Create | FileOperation::Delete);
        let base = match mounted {
            Some(base) => Some(base),
            None if within || !path.chars().all(is_said) => {
                path.rsplit_once('/').map(|(base, _)| {
                    // Where a name on the way cannot be written, what is above it is the base.
                    let said = base.find(|letter| !is_said(letter));
                    let said = said.and_then(|at| base.get(..at)?.rsplit_once('/'));
                    said.map_or(base, |(base, _)| base)
                })
            }
            None => None,
        };
        let base = base.map(|base| if base.is_empty() { "/" } else { base });
        match base.filter(|base| *base != path) {
            Some(base) => {
                let pattern = only(
                    path.strip_prefix(base)
                        .unwrap_or(path)
                        .trim_start_matches('/'),
                );
                let slash = if base == "/" { "" } else { "/" };
                let grant = format!("{kind}=HOST:{base}{slash}{pattern}");
                (grant, Some(base.to_owned()))
            }
            None => (format!("{kind}=HOST:{path}"), None),
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
        let moved = [
            self.judge(FileOperation::Delete, from),
            self.judge(FileOperation::Create, to),
            // What is there under the new name is gone.
            self.judge(FileOperation::Delete, to),
        ];
        let granted = self.all(moved, from, to)?;
        if directory && (self.is_divided(from) || self.is_divided(to)) {
            let wanted = format!("rename {from} to {to}");
            return Err(Refusal::new(wanted, [], RefusalReason::Divided));
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
        let linked = [
            self.judge(FileOperation::Read, from),
            self.judge(FileOperation::Create, to),
        ];
        self.all(linked, from, to)
    }

    /// The second of these answers where each is a yes, and nothing more may be done under the name `to`
    /// than under `from`. Otherwise all that stands in the way.
    fn all<'e, const N: usize>(
        &'e self,
        answers: [Result<&'e Granted, Refusal>; N],
        from: &str,
        to: &str,
    ) -> Result<&'e Granted, Refusal> {
        let mut granted = None;
        let mut refused: Option<Refusal> = None;
        let mut refuse = |refusal: Refusal| {
            refused = Some(match refused.take() {
                None => refusal,
                Some(first) => first.and(refusal),
            });
        };
        for (place, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(one) if place == 1 => granted = Some(one),
                Ok(_) => {}
                Err(refusal) => refuse(refusal),
            }
        }
        for operation in HELD {
            if self.judge(operation, to).is_ok()
                && let Err(refusal) = self.judge(operation, from)
            {
                refuse(refusal);
            }
        }
        match (refused, granted) {
            (None, Some(granted)) => Ok(granted),
            (Some(refusal), _) => Err(refusal),
            (None, None) => {
                let wanted = format!("rename {from} to {to}");
                Err(Refusal::new(wanted, [], RefusalReason::Unclear))
            }
        }
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

/// Whether a letter of a name stands for itself in a grant, and can be shown.
fn is_said(letter: char) -> bool {
    (' '..='~').contains(&letter) && !r#"*?:\`"'"#.contains(letter)
}

/// A pattern for what is at `rest`, and for hardly anything else: a grant has to have a pattern to be about
/// what is in a directory, and it begins at its first name.
fn only(rest: &str) -> String {
    let mut pattern: String = rest
        .chars()
        .map(|letter| if is_said(letter) { letter } else { '?' })
        .collect();
    let first = pattern.find('/').unwrap_or(pattern.len());
    let has_one = pattern.get(..first).is_some_and(|name| name.contains('?'));
    if !has_one && first > 0 {
        // What is shown of a name is ASCII.
        pattern.replace_range(first - 1..first, "?");
    }
    pattern
}
