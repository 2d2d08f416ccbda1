//! Leave to run one call.
//!
//! Owns the proof that policy was asked. Its fields are private and it cannot be cloned: whoever
//! holds one got it from [`crate::Policy::decide`] or [`crate::Policy::describe`], and hands it over
//! to run the call.

use ringfence_identity::Caller;
use ringfence_tool::{Digest, FunctionName};

use crate::budget::Budget;
use crate::grant::Grant;

/// Leave for one caller to run one function of one component once, with these capabilities and
/// within this budget.
#[derive(Debug)]
#[must_use = "a permit that is dropped is a call that was allowed and never made"]
pub struct Permit {
    caller: Caller,
    digest: Digest,
    function: FunctionName,
    grants: Vec<Grant>,
    budget: Budget,
}

impl Permit {
    pub(crate) fn new(
        caller: Caller,
        digest: Digest,
        function: FunctionName,
        grants: Vec<Grant>,
        budget: Budget,
    ) -> Self {
        Self {
            caller,
            digest,
            function,
            grants,
            budget,
        }
    }

    /// In whose name the call runs.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The component whose function may be called, and no other bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The function that may be called.
    pub fn function(&self) -> &FunctionName {
        &self.function
    }

    /// What the call may touch.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// How much the call may use.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }
}
