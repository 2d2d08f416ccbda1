//! What all callers share: a resolver, and whom to trust.

use std::sync::Arc;

use crate::limits::Limits;
use crate::outgoing::Outgoing;
use crate::resolve::{Resolve, SystemResolver};
use crate::rules::Rules;
use crate::tls::Trust;

/// The way out of this process. One for all callers; what one of them does is its [`Outgoing`].
#[derive(Debug, Clone)]
pub struct Egress {
    resolver: Arc<dyn Resolve>,
    trust: Trust,
}

impl Egress {
    /// A way out by this resolver, to hosts that these authorities vouch for.
    pub fn new(resolver: Arc<dyn Resolve>, trust: Trust) -> Self {
        Self { resolver, trust }
    }

    /// A way out by the system's resolver, to hosts that the bundled authorities vouch for.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemResolver::default()), Trust::bundled())
    }

    /// The way out for one caller: within `limits`, and where `rules` give leave.
    pub fn outgoing(&self, rules: Arc<dyn Rules>, limits: Limits) -> Outgoing {
        Outgoing::new(self.clone(), rules, limits)
    }

    pub(crate) fn resolver(&self) -> &dyn Resolve {
        &*self.resolver
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }
}
