//! A directory that is being read.
//!
//! Owns what of a directory a guest sees: the names that it may list. Refuses to read the disk: it is
//! handed what is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorType, DirectoryEntry};
use wasmtime_wasi::p2::{FsResult, ReaddirIterator};

use super::Files;
use super::opened::Opened;
use super::path;

/// What is left to be read.
pub(super) struct Listing(Box<dyn Iterator<Item = FsResult<DirectoryEntry>> + Send>);

impl Listing {
    /// Those of `entries`, which are in `directory`, that may be listed.
    pub(super) fn of(files: &Arc<Files>, directory: String, entries: ReaddirIterator) -> Self {
        let files = Arc::clone(files);
        let shown = move |entry: &FsResult<DirectoryEntry>| match entry {
            Ok(entry) => {
                let path = path::child(&directory, &entry.name);
                files.shows(&path, matches!(entry.type_, DescriptorType::Directory))
            }
            Err(_) => true,
        };
        Self(Box::new(entries.into_iter().filter(shown)))
    }

    /// What is mounted in `directory`, or somewhere below it.
    pub(super) fn on_the_way(files: &Files, directory: &str) -> Self {
        let mut entries = BTreeMap::new();
        for (rest, opened) in files.below(directory) {
            let (name, is_file) = match rest.split_once('/') {
                Some((name, _)) => (name, false),
                None => (rest, matches!(opened, Opened::File { .. })),
            };
            let type_ = if is_file {
                DescriptorType::RegularFile
            } else {
                DescriptorType::Directory
            };
            let name = name.to_owned();
            entries.insert(name.clone(), DirectoryEntry { type_, name });
        }
        Self(Box::new(entries.into_values().map(Ok)))
    }

    /// The next one.
    pub(super) fn next(&mut self) -> FsResult<Option<DirectoryEntry>> {
        self.0.next().transpose()
    }
}
