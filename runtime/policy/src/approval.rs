//! A question to a person, and the answer.
//!
//! Owns what the answer is bound to: the caller, the bytes of the tool, its function, and everything
//! that the call could touch. When one of these changes, the answer is to another question.
//! Refuses to ask, to remember, and to know the arguments of the call: that is for whoever keeps
//! approvals.

mod touchable;

use std::fmt::{self, Write as _};

use ringfence_identity::Caller;
use ringfence_tool::{ComponentName, Digest, FunctionName};

use crate::denial::named;
use crate::effective::{Effective, Granted};
use crate::rule::Mode;
use crate::subject::Subject;
use touchable::Touchable;

/// What a binding begins with. Another number for each change of what goes into it: an answer that was
/// given by a version which bound it to less then answers nothing, instead of holding for more.
const BINDING: &str = "ringfence approval 2";

/// A call that a person has to approve of first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalNeeded {
    caller: Caller,
    component: ComponentName,
    digest: Digest,
    function: FunctionName,
    touchable: Touchable,
    words: String,
    /// Whether every call is asked about, whatever the tool is granted.
    always: bool,
}

impl ApprovalNeeded {
    /// The question, when there is one to ask.
    pub(crate) fn of(
        caller: &Caller,
        subject: &Subject<'_>,
        effective: &Effective,
    ) -> Option<Self> {
        let danger =
            effective.dangerous().mode == Mode::Ask && effective.unapproved().next().is_some();
        if !danger && effective.call().mode != Mode::Ask {
            return None;
        }
        Some(Self {
            caller: caller.clone(),
            component: subject.component.clone(),
            digest: *subject.digest,
            function: subject.function.clone(),
            touchable: Touchable::of(effective),
            words: named(effective),
            always: effective.call().mode == Mode::Ask,
        })
    }

    /// Who wants to call.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Which tool.
    pub fn tool(&self) -> String {
        format!("{}_{}", self.component, self.function)
    }

    /// Of which component.
    pub fn component(&self) -> &ComponentName {
        &self.component
    }

    /// Which of its functions.
    pub fn function(&self) -> &FunctionName {
        &self.function
    }

    /// Of which bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Everything that the call could touch, the dangerous first, and the limits that hold for it.
    pub fn capabilities(&self) -> &[Granted] {
        self.touchable.capabilities()
    }

    /// How many of [`capabilities`](Self::capabilities) are dangerous: they come first.
    pub fn dangerous(&self) -> usize {
        self.touchable.dangerous()
    }

    /// Whether every call is asked about, whatever the tool is granted.
    pub fn is_always(&self) -> bool {
        self.always
    }

    /// What an answer is bound to, as one digest: the caller, the bytes, the function, and everything that
    /// the call could touch, with the host's side of it. Where a rule stands in a file is no part of it.
    pub fn binding(&self) -> Digest {
        let of_subject = [
            BINDING.to_owned(),
            self.caller.tenant().to_string(),
            self.caller.principal().to_string(),
            self.component.to_string(),
            self.function.to_string(),
            self.digest.to_string(),
        ];
        let mut text = String::new();
        for part in of_subject.into_iter().chain(self.touchable.canonical()) {
            // With its length, no part can pass for the end of another.
            // Writing to a string cannot fail.
            let _ = write!(text, "{}:{part},", part.len());
        }
        Digest::of(text.as_bytes())
    }

    /// What a person has to approve of, without what to do where nobody can be asked.
    pub fn what(&self) -> String {
        let mut text = format!("a person has to approve of `{}`", self.tool());
        if !self.words.is_empty() {
            text.push_str(" with ");
            text.push_str(&self.words);
        }
        text
    }

    /// A person's yes. Whoever calls this has asked one, outside of the model's reach.
    pub fn approve(self) -> Approval {
        Approval(self)
    }
}

impl fmt::Display for ApprovalNeeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what())?;
        // Where every call is asked about, no grant and no other mode changes that.
        f.write_str(if self.always {
            ", and nobody can be asked here. Policy has every call of it asked about: make it where a \
             person can answer, with `ringfence approvals`, or change `call` in the policy file"
        } else {
            ", and nobody can be asked here. Grant it on the command line, or set \
             `dangerous = \"allow\"` for it in the policy file"
        })
    }
}

/// A person's yes to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval(ApprovalNeeded);

impl Approval {
    /// What was approved of.
    pub fn question(&self) -> &ApprovalNeeded {
        &self.0
    }

    /// Whether it answers `needed`: the same caller, bytes, function, and all that could be touched.
    pub fn answers(&self, needed: &ApprovalNeeded) -> bool {
        // Why it was asked is no part of the question, nor where its rules stand.
        self.0.binding() == needed.binding()
    }
}
