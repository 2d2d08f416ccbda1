//! The smallest grants of files for what was wanted.
//!
//! Owns the choice: a file by its own path; a pattern where a file was not there before, where a folder
//! was read, and where several files of one folder were wanted; a whole folder where nothing less will
//! do. Refuses to say whether they are enough: that is asked of the policy itself.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_policy::{Access, FileKind, FileOperation, FileOperations, Kind};

use super::proposal::Line;
use super::scratch::{Before, Place, Scratch};
use super::seen::Accesses;

/// So many files of one folder, wanted in the same way, become a pattern.
const SEVERAL: usize = 3;

/// What may be done with a file that gets another name has to be allowed under its old one.
const HELD: [FileOperation; 3] = [
    FileOperation::Change,
    FileOperation::List,
    FileOperation::Read,
];

/// What a grant is about, as the tool sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    path: String,
    pattern: Option<String>,
}

/// What is to be allowed where, and which accesses that is for.
type Spots = BTreeMap<Spot, (FileOperations, BTreeSet<Access>)>;

/// Grants for what was wanted of files that are in `scratch`.
pub(super) fn propose(scratch: &Scratch, accesses: &Accesses) -> Vec<Line> {
    let mut spots = Spots::new();
    let mut exact: BTreeMap<String, FileOperations> = BTreeMap::new();
    for (path, operations) in operations(accesses) {
        let Some((place, rest)) = scratch.place(&path) else {
            continue;
        };
        let lists = FileOperations::NONE.with(FileOperation::List);
        let before = place.before(rest);
        if before == Before::Directory {
            let listed = operations.intersection(lists);
            add(&mut spots, inside(&path), listed, &path, accesses);
            let others = operations.without(lists);
            let spot = match rest {
                "" => whole(&path),
                _ => Spot {
                    pattern: Some("*".to_owned()),
                    path: parent(&path).to_owned(),
                },
            };
            add(&mut spots, spot, others, &path, accesses);
        } else if is_nameable(place, before, operations) && !path.contains(['*', '?']) {
            exact.insert(path, operations);
        } else {
            let spot = pattern_for(place, rest, &path);
            add(&mut spots, spot, operations, &path, accesses);
        }
    }
    for (folder, operations, files) in alike(&exact) {
        let spot = Spot {
            path: folder,
            pattern: Some(common(&files)),
        };
        for file in files {
            exact.remove(&file);
            add(&mut spots, spot.clone(), operations, &file, accesses);
        }
    }
    for (path, operations) in exact {
        add(&mut spots, whole(&path), operations, &path, accesses);
    }
    for access in accesses.keys() {
        if let Access::Rename {
            from,
            to,
            directory: true,
        } = access
        {
            let both = ancestor(scratch, from, to);
            let all = operations(accesses).into_iter();
            let all = all.filter(|(path, _)| is_below(path, &both));
            let all = all.fold(FileOperations::NONE, |all, (_, one)| all.union(one));
            let spot = spots.entry(whole(&both)).or_default();
            spot.0 = spot.0.union(all);
            spot.1.insert(access.clone());
        }
    }
    lines(scratch, spots)
}

/// The same, each folder of `scratch` as a whole: what is left when nothing less is enough.
pub(super) fn widely(scratch: &Scratch, accesses: &Accesses) -> Vec<Line> {
    let mut spots = Spots::new();
    for (path, operations) in operations(accesses) {
        if let Some((place, _)) = scratch.place(&path) {
            let spot = whole(place.guest.as_str());
            add(&mut spots, spot, operations, &path, accesses);
        }
    }
    lines(scratch, spots)
}

/// What was wanted of each path.
fn operations(accesses: &Accesses) -> BTreeMap<String, FileOperations> {
    let mut wanted: BTreeMap<String, FileOperations> = BTreeMap::new();
    for access in accesses.keys() {
        if let Access::File { operation, path } = access {
            let known = wanted.entry(path.clone()).or_default();
            *known = known.with(*operation);
        }
    }
    // What is handed on from name to name takes no more rounds than there are names.
    for _ in 0..accesses.len() {
        let mut changed = false;
        for access in accesses.keys() {
            let (Access::Rename { from, to, .. } | Access::Link { from, to }) = access else {
                continue;
            };
            let held = HELD
                .into_iter()
                .fold(FileOperations::NONE, FileOperations::with);
            let held = wanted
                .get(to)
                .map_or(FileOperations::NONE, |to| to.intersection(held));
            let known = wanted.entry(from.clone()).or_default();
            changed |= known.union(held) != *known;
            *known = known.union(held);
        }
        if !changed {
            break;
        }
    }
    wanted
}

fn add(spots: &mut Spots, spot: Spot, operations: FileOperations, path: &str, accesses: &Accesses) {
    if operations.is_empty() {
        return;
    }
    let (known, reasons) = spots.entry(spot).or_default();
    *known = known.union(operations);
    let about = accesses.keys().filter(|access| {
        matches!(access, Access::File { operation, path: wanted }
            if wanted == path && operations.contains(*operation))
    });
    reasons.extend(about.cloned());
}

/// Whether a grant can name the file itself: it has to be there when the policy is loaded. Of a folder
/// that was made up nobody knows.
fn is_nameable(place: &Place, before: Before, operations: FileOperations) -> bool {
    match before {
        Before::File => true,
        Before::Missing => place.host.is_none() && !operations.contains(FileOperation::Create),
        Before::Directory | Before::Other => false,
    }
}

/// A pattern for something that is not there, in the nearest folder that is.
fn pattern_for(place: &Place, rest: &str, path: &str) -> Spot {
    let name = pattern_of(path);
    let mut folder = rest.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut deep = "";
    while place.host.is_some() && place.before(folder) != Before::Directory && !folder.is_empty() {
        folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        deep = "**/";
    }
    Spot {
        path: child(place.guest.as_str(), folder),
        pattern: Some(format!("{deep}{name}")),
    }
}

/// A pattern that fits files of the same ending.
fn pattern_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let plain = |ending: &&str| {
        !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    match ending.filter(plain) {
        Some(ending) => format!("*.{ending}"),
        None => "*".to_owned(),
    }
}

fn common(files: &[String]) -> String {
    let patterns: BTreeSet<_> = files.iter().map(|file| pattern_of(file)).collect();
    match (patterns.len(), patterns.into_iter().next()) {
        (1, Some(pattern)) => pattern,
        _ => "*".to_owned(),
    }
}

/// Several files of one folder of which the same was wanted.
fn alike(exact: &BTreeMap<String, FileOperations>) -> Vec<(String, FileOperations, Vec<String>)> {
    let mut groups: Vec<(String, FileOperations, Vec<String>)> = Vec::new();
    for (path, operations) in exact {
        let folder = parent(path);
        let known = groups
            .iter_mut()
            .find(|(known, wanted, _)| known == folder && wanted == operations);
        match known {
            Some((_, _, files)) => files.push(path.clone()),
            None => groups.push((folder.to_owned(), *operations, vec![path.clone()])),
        }
    }
    groups.retain(|(_, _, files)| files.len() >= SEVERAL);
    groups
}

fn lines(scratch: &Scratch, spots: Spots) -> Vec<Line> {
    let mut lines = Vec::new();
    for (Spot { path, pattern }, (operations, accesses)) in spots {
        let Some((place, rest)) = scratch.place(&path) else {
            continue;
        };
        let host = place.host(rest);
        let guest = match &pattern {
            Some(pattern) => child(&path, pattern),
            None => path.clone(),
        };
        for kind in kinds(operations) {
            let about = |access: &Access| match access {
                Access::File { operation, .. } => kind.operations().contains(*operation),
                _ => kind.operations().writes(),
            };
            lines.push(Line {
                grant: format!("{}={}:{guest}", Kind::from(kind), host.display()),
                accesses: accesses
                    .iter()
                    .filter(|access| about(access))
                    .cloned()
                    .collect(),
            });
        }
    }
    lines
}

/// The kinds that together allow exactly these; reading includes to list.
fn kinds(operations: FileOperations) -> Vec<FileKind> {
    let mut left = operations;
    if left.contains(FileOperation::Read) {
        left = left.with(FileOperation::List);
    }
    let mut kinds = Vec::new();
    for kind in FileKind::ALL {
        let says = kind.operations();
        if !left.is_empty() && left.intersection(says) == says {
            left = left.without(says);
            kinds.push(kind);
        }
    }
    kinds
}

fn whole(path: &str) -> Spot {
    Spot {
        path: path.to_owned(),
        pattern: None,
    }
}

fn inside(path: &str) -> Spot {
    Spot {
        path: path.to_owned(),
        pattern: Some("*".to_owned()),
    }
}

fn child(folder: &str, name: &str) -> String {
    match (folder, name) {
        (_, "") => folder.to_owned(),
        ("/", _) => format!("/{name}"),
        _ => format!("{folder}/{name}"),
    }
}

fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| folder == "/" || rest.is_empty() || rest.starts_with('/'))
}

/// The nearest folder that both are in and that was there before.
fn ancestor(scratch: &Scratch, one: &str, other: &str) -> String {
    let mut folder = parent(one);
    while folder != "/" {
        let before = scratch
            .place(folder)
            .map(|(place, rest)| place.before(rest));
        if is_below(other, folder) && before == Some(Before::Directory) {
            break;
        }
        folder = parent(folder);
    }
    folder.to_owned()
}
