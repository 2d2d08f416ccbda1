//! `tool.toml`: what an author says about a component that its types cannot say.
//!
//! Owns the format and its limits. Everything in it is a claim or a request, never a permission:
//! requests are granted elsewhere, and nothing here makes a tool look safer. Refuses to know where
//! the text came from; [`check`] compares it with the interface.

mod check;
mod constraints;
mod pattern;
mod raw;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use thiserror::Error;

pub use constraints::{ArgumentError, Constraints};
pub use pattern::Pattern;

use crate::interface::Interface;
use crate::name::ComponentName;

/// What an author says about a component. Without a manifest, nothing.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// What the component is called; its file's name where there is no manifest.
    pub name: Option<ComponentName>,
    /// Its version.
    pub version: Option<semver::Version>,
    /// A short name, for people.
    pub title: Option<Arc<str>>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Who wrote it.
    pub authors: Vec<Arc<str>>,
    /// An SPDX expression.
    pub license: Option<Arc<str>>,
    /// What kind of tool it is, for lists.
    pub category: Option<Arc<str>>,
    /// Words to find it by.
    pub tags: Vec<Arc<str>>,
    /// What to use instead, when it should no longer be used.
    pub deprecated: Option<Arc<str>>,
    /// How long a call may take. It can only lower the host's limit.
    pub timeout: Option<Duration>,
    /// The capabilities it asks for.
    pub requests: Vec<Request>,
    /// What is said about each function.
    pub functions: BTreeMap<Arc<str>, FunctionManifest>,
}

/// A capability that a component asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which: a kind such as `fs.read`, or a whole grant. Read by whoever decides.
    pub capability: Arc<str>,
    /// Why, for whoever is asked.
    pub reason: Arc<str>,
}

/// What an author says about one function.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct FunctionManifest {
    /// A short name, for people.
    pub title: Option<Arc<str>>,
    /// What it does. Replaces the WIT documentation.
    pub description: Option<Arc<str>>,
    /// How long a call may take.
    pub timeout: Option<Duration>,
    /// Calls to learn from.
    pub examples: Vec<Example>,
    /// What its parameters must satisfy beyond their types.
    pub params: BTreeMap<Arc<str>, Constraints>,
    line: usize,
}

/// A call to learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The arguments.
    pub arguments: Map<String, Value>,
    /// What comes back.
    pub result: Option<Value>,
}

/// Why text is not a usable manifest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It is not UTF-8.
    #[error("it is not UTF-8 text")]
    Encoding,
    /// It is not TOML, or not the TOML of a manifest.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Where, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A value is of the right kind but cannot be used.
    #[error("line {line}: `{key}` {message}")]
    Value {
        /// Where, from 1.
        line: usize,
        /// Which.
        key: String,
        /// What is wrong with it.
        message: String,
    },
    /// It speaks of something that the component has not.
    #[error("line {line}: there is no {kind} `{name}`{}", hint(.nearest.as_deref()))]
    Unknown {
        /// Where, from 1.
        line: usize,
        /// What kind of thing.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What the author may have meant.
        nearest: Option<String>,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest
        .map(|nearest| format!("; did you mean `{nearest}`?"))
        .unwrap_or_default()
}

impl Manifest {
    /// Reads a manifest. Its fit to an interface is checked when a component is read.
    ///
    /// # Errors
    ///
    /// When the text is not TOML, has a key that is not known, or a value is too long, out of range
    /// or holds hidden characters.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        raw::parse(text)
    }

    /// What is said about a function, if anything.
    pub fn function(&self, name: &str) -> Option<&FunctionManifest> {
        self.functions.get(name)
    }

    /// Compares it with what the component exports.
    pub(crate) fn check(&self, interface: &Interface) -> Result<(), ManifestError> {
        check::check(self, interface)
    }
}
