//! The tool that a decision is about.
//!
//! Owns what policy needs to know of a component: its identity, and what it could make use of.
//! Refuses to know how it is run.

use ringfence_tool::{ComponentName, Digest, FunctionName};

use crate::reach::Reach;

/// What a call is about: one function of one component, pinned by digest.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The component's name.
    pub component: &'a ComponentName,
    /// The component's bytes.
    pub digest: &'a Digest,
    /// The function.
    pub function: &'a FunctionName,
    /// What the component could make use of.
    pub reach: Reach,
}
