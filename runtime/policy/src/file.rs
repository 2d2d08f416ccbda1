//! The policy file.
//!
//! Owns its format: text in, rules with their lines out. Refuses to open a file, and to guess: a key
//! that is not known, a grant that is half understood, two lines that contradict each other and a
//! text that was cut short are errors, so no fault makes a policy weaker than what was written.
//!
//! The book's page "The policy file" says how to write one.

mod duplicate;
mod error;
mod read;
mod seal;

use std::collections::BTreeSet;
use std::sync::Arc;

use ringfence_identity::TenantName;

use crate::conflict::conflicts;
use crate::rule::Rule;

pub use error::{PolicyFileError, PolicyFileProblem};

/// Bytes in a policy file. Bounds what a broken writer can make every start read.
pub const POLICY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A policy file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    name: Arc<str>,
    rules: Vec<Rule>,
    tenants: BTreeSet<TenantName>,
    sealed: bool,
}

impl PolicyFile {
    /// Reads the text of a policy file. `name` is what people are told when they ask where a rule
    /// stands.
    ///
    /// # Errors
    ///
    /// What is wrong, on which line, and what was probably meant.
    pub fn parse(name: &str, text: &str) -> Result<Self, PolicyFileError> {
        let name: Arc<str> = name.into();
        let at = |line, problem| PolicyFileError {
            name: Arc::clone(&name),
            line,
            problem,
        };
        if text.len() > POLICY_BYTES_MAX {
            return Err(at(1, PolicyFileProblem::TooLong));
        }
        let sealed = seal::check(text).map_err(|(line, problem)| at(line, problem))?;
        let read = read::read(&name, text).map_err(|(line, problem)| at(line, problem))?;
        conflicts(&read.rules).map_err(|conflict| {
            let line = read::line_of(conflict.origin());
            at(line, PolicyFileProblem::Conflict(conflict))
        })?;
        Ok(Self {
            name: Arc::clone(&name),
            rules: read.rules,
            tenants: read.tenants,
            sealed,
        })
    }

    /// What people are told when they ask where a rule stands.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every rule, in the order in which it was written.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The tenants that the file speaks of. Callers of others are denied.
    pub fn tenants(&self) -> impl Iterator<Item = &TenantName> {
        self.tenants.iter()
    }

    /// Whether the file carries a digest of itself, so that no flipped bit goes unseen.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// `text` with a digest of itself at its end, instead of the one it may have.
    ///
    /// # Errors
    ///
    /// It is not a policy file.
    pub fn seal(name: &str, text: &str) -> Result<String, PolicyFileError> {
        let sealed = seal::seal(text);
        Self::parse(name, &sealed)?;
        Ok(sealed)
    }

    pub(crate) fn into_parts(self) -> (Vec<Rule>, BTreeSet<TenantName>) {
        (self.rules, self.tenants)
    }
}
