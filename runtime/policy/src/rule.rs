//! One line of policy: what it does, to whom, and where it was written.
//!
//! Owns scopes and origins. Refuses to weigh one rule against another: that is [`crate::Effective`]'s
//! business.

use std::fmt;
use std::sync::Arc;

use ringfence_identity::{Caller, PrincipalName, TenantName};
use ringfence_tool::{ComponentName, Digest, FunctionName};

use crate::grant::{Capability, Grant};
use crate::subject::Subject;

/// Where a rule was written. Told to whoever asks why something is allowed or denied.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody wrote it: it holds from the start.
    Baseline,
    /// An option of the command line.
    CommandLine,
    /// A line of a file.
    File {
        /// The file's name, for people.
        name: Arc<str>,
        /// Which line, from 1.
        line: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Baseline => f.write_str("default"),
            Self::CommandLine => f.write_str("command line"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
        }
    }
}

/// Whom a rule is about. What is not said is anybody and anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Scope {
    /// Callers of this tenant alone.
    pub tenant: Option<TenantName>,
    /// This principal of it alone.
    pub principal: Option<PrincipalName>,
    /// Functions of this component alone.
    pub component: Option<ComponentName>,
    /// This function of it alone.
    pub function: Option<FunctionName>,
    /// A component of these bytes alone.
    pub digest: Option<Digest>,
}

impl Scope {
    /// Whether a rule of this scope is about `subject`, when `caller` calls it.
    pub fn covers(&self, caller: &Caller, subject: &Subject<'_>) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, found: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == found)
        }
        is(self.tenant.as_ref(), caller.tenant())
            && is(self.principal.as_ref(), caller.principal())
            && is(self.component.as_ref(), subject.component)
            && is(self.digest.as_ref(), subject.digest)
            && is(self.function.as_ref(), subject.function)
    }

    /// Whether one call could be in both scopes.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.zip(other).is_none_or(|(one, other)| one == other)
        }
        agree(self.tenant.as_ref(), other.tenant.as_ref())
            && agree(self.principal.as_ref(), other.principal.as_ref())
            && agree(self.component.as_ref(), other.component.as_ref())
            && agree(self.function.as_ref(), other.function.as_ref())
            && agree(self.digest.as_ref(), other.digest.as_ref())
    }

    /// How narrow it is: installation < tenant < tool < principal. Within tools a function is narrower
    /// than its component, and bytes are narrower than a name.
    pub fn rank(&self) -> u8 {
        let bits = [
            self.tenant.is_some(),
            self.component.is_some(),
            self.function.is_some(),
            self.digest.is_some(),
            self.principal.is_some(),
        ];
        bits.iter()
            .rev()
            .fold(0, |rank, bit| (rank << 1) | u8::from(*bit))
    }
}

/// What happens to a call that needs a person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Mode {
    /// It is denied.
    #[default]
    Deny,
    /// A person is asked.
    Ask,
    /// It is allowed.
    Allow,
}

impl Mode {
    /// Every mode, the strictest first.
    pub const ALL: [Self; 3] = [Self::Deny, Self::Ask, Self::Allow];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It allows something, or limits a budget.
    Allow(Grant),
    /// It says whether the tool can be called at all.
    Call(Mode),
    /// It says what happens to dangerous calls.
    Dangerous(Mode),
    /// It denies something, whatever else allows it.
    Deny(Capability),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.effect {
            Effect::Allow(grant) => write!(f, "{grant}"),
            Effect::Call(mode) => write!(f, "call = {}", mode.word()),
            Effect::Dangerous(mode) => write!(f, "dangerous = {}", mode.word()),
            Effect::Deny(capability) => write!(f, "{capability}"),
        }
    }
}

/// One line of policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub effect: Effect,
    /// To whom.
    pub scope: Scope,
    /// Where it was written.
    pub origin: Origin,
}
