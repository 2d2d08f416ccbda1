//! Rules about files, found by path.
//!
//! Owns the index: a path looks up itself and each directory above it. Refuses to know what a rule
//! says beyond where it begins.

use std::collections::HashMap;

use crate::grant::GuestPath;

/// Rules by the guest path that they begin at.
#[derive(Debug, Clone)]
pub(super) struct Tree<T> {
    rules: HashMap<Box<str>, Vec<T>>,
    /// The most parts of any of those paths. Bounds how many prefixes of a guest's path are tried.
    depth: usize,
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self {
            rules: HashMap::new(),
            depth: 0,
        }
    }
}

impl<T> Tree<T> {
    pub(super) fn insert(&mut self, path: &GuestPath, rule: T) {
        let path = path.as_str();
        self.depth = self.depth.max(path.split('/').count());
        self.rules.entry(path.into()).or_default().push(rule);
    }

    /// The rules at each directory above `path` and at itself, from the root down. `path` is normal.
    pub(super) fn above<'t>(&'t self, path: &'t str) -> impl Iterator<Item = &'t [T]> {
        let root = self.rules.get("/");
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1);
        let below = ends
            .chain((path != "/").then_some(path.len()))
            .take(self.depth)
            .filter_map(|end| path.get(..end).and_then(|above| self.rules.get(above)));
        root.into_iter().chain(below).map(Vec::as_slice)
    }
}
