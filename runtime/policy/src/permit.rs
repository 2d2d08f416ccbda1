//! Leave to run one call.
//!
//! Owns the proof that policy was asked. Its fields are private and it cannot be cloned: whoever
//! holds one got it from [`crate::Policy::decide`], [`crate::Policy::approved`] or
//! [`crate::Policy::describe`], and hands it over to run the call.

use std::sync::Arc;

use ringfence_identity::Caller;
use ringfence_tool::{Digest, FunctionName};

use crate::budget::Budget;
use crate::effective::Effective;
use crate::grant::Grant;

/// Leave for one caller to run one function of one component once, with these capabilities and
/// within this budget.
#[derive(Debug)]
#[must_use = "a permit that is dropped is a call that was allowed and never made"]
pub struct Permit {
    caller: Caller,
    digest: Digest,
    function: FunctionName,
    effective: Arc<Effective>,
    budget: Budget,
}

impl Permit {
    pub(crate) fn new(
        caller: Caller,
        digest: Digest,
        function: FunctionName,
        effective: Arc<Effective>,
        budget: Budget,
    ) -> Self {
        Self {
            caller,
            digest,
            function,
            effective,
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
        self.effective.grants()
    }

    /// What the call may touch, to be asked at each effect.
    pub fn effective(&self) -> &Arc<Effective> {
        &self.effective
    }

    /// How much the call may use.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }
}
