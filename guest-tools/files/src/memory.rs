//! A file system in memory, for tests.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::disk::{Disk, Entry, Fault, How, Kind, Stat};
use crate::path::Place;

/// Files by place; directories are the places with no content.
pub(crate) struct Memory {
    roots: Vec<String>,
    nodes: RefCell<BTreeMap<Place, Option<Vec<u8>>>>,
    read_only: bool,
}

impl Memory {
    pub(crate) fn new(roots: &[&str]) -> Self {
        let nodes = (0..roots.len())
            .map(|root| (Place::root(root), None))
            .collect();
        Self {
            roots: roots.iter().map(ToString::to_string).collect(),
            nodes: RefCell::new(nodes),
            read_only: false,
        }
    }

    /// With these files in the first directory.
    pub(crate) fn with(self, files: &[(&str, &[u8])]) -> Self {
        for (path, bytes) in files {
            let place = Place {
                root: 0,
                path: (*path).to_owned(),
            };
            let mut nodes = self.nodes.borrow_mut();
            for ancestor in place.ancestors() {
                nodes.insert(ancestor, None);
            }
            nodes.insert(place, Some(bytes.to_vec()));
        }
        self
    }

    pub(crate) fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }

    pub(crate) fn text(&self, path: &str) -> String {
        let place = Place {
            root: 0,
            path: path.to_owned(),
        };
        String::from_utf8(self.nodes.borrow()[&place].clone().unwrap()).unwrap()
    }

    fn stat_of(node: Option<&Vec<u8>>) -> Stat {
        match node {
            Some(bytes) => Stat {
                kind: Kind::File,
                size: bytes.len() as u64,
            },
            None => Stat {
                kind: Kind::Directory,
                size: 0,
            },
        }
    }
}

impl Disk for Memory {
    fn roots(&self) -> &[String] {
        &self.roots
    }

    fn stat(&self, place: &Place) -> Result<Stat, Fault> {
        let nodes = self.nodes.borrow();
        nodes
            .get(place)
            .map(|node| Self::stat_of(node.as_ref()))
            .ok_or(Fault::Missing)
    }

    fn entries(&self, place: &Place, limit: usize) -> Result<Vec<Entry>, Fault> {
        if self.stat(place)?.kind != Kind::Directory {
            return Err(Fault::NotDirectory);
        }
        // Reversed, because no file system promises an order.
        let nodes = self.nodes.borrow();
        let inside = nodes.iter().rev().filter_map(|(child, node)| {
            let name = if place.path.is_empty() {
                child.path.as_str()
            } else {
                child.path.strip_prefix(&place.path)?.strip_prefix('/')?
            };
            let here = child.root == place.root && !name.is_empty() && !name.contains('/');
            let kind = Self::stat_of(node.as_ref()).kind;
            here.then(|| Entry {
                name: name.to_owned(),
                kind,
            })
        });
        Ok(inside.take(limit).collect())
    }

    fn read(&self, place: &Place, offset: u64, length: usize) -> Result<Vec<u8>, Fault> {
        let nodes = self.nodes.borrow();
        let bytes = nodes
            .get(place)
            .ok_or(Fault::Missing)?
            .as_ref()
            .ok_or(Fault::IsDirectory)?;
        let start = usize::try_from(offset).unwrap().min(bytes.len());
        Ok(bytes[start..bytes.len().min(start + length)].to_vec())
    }

    fn write(&self, place: &Place, bytes: &[u8], how: How) -> Result<(), Fault> {
        if self.read_only {
            return Err(Fault::Denied);
        }
        if place
            .ancestors()
            .any(|ancestor| self.stat(&ancestor).is_err())
        {
            return Err(Fault::Missing);
        }
        let mut nodes = self.nodes.borrow_mut();
        match (nodes.get_mut(place), how) {
            (Some(None), _) => return Err(Fault::IsDirectory),
            (Some(_), How::Create) => return Err(Fault::Exists),
            (Some(Some(content)), How::Append) => content.extend_from_slice(bytes),
            _ => {
                nodes.insert(place.clone(), Some(bytes.to_vec()));
            }
        }
        Ok(())
    }

    fn make_directory(&self, place: &Place) -> Result<(), Fault> {
        if self.read_only {
            return Err(Fault::Denied);
        }
        let mut nodes = self.nodes.borrow_mut();
        if nodes.contains_key(place) {
            return Err(Fault::Exists);
        }
        nodes.insert(place.clone(), None);
        Ok(())
    }
}
