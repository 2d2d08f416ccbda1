//! From a guest's bytes to an answer, through every room that a call passes.
//!
//! Owns the order: read, prepare, decide, admit, run. Refuses to know what should come of it.

use std::sync::Arc;

use ringfence_egress::Egress;
use ringfence_identity::Caller;
use ringfence_policy::{Budget, Grant, Policy, PolicyFile, Reach, Subject};
use ringfence_sandbox::{
    Answer, ArgumentError, ArtifactCache, Compiler, Directories, Outcome, PrepareError, Prepared,
    Sandbox, Settings, Silent, Worker,
};
use ringfence_tool::{Component, FunctionName, ReadError};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// A sandbox and what is allowed in it.
#[derive(Debug, Clone)]
pub struct Harness {
    sandbox: Arc<Sandbox>,
    policy: Policy,
}

/// A guest that can be called.
#[derive(Debug, Clone)]
pub struct Guest {
    /// What was read from its bytes.
    pub component: Arc<Component>,
    /// What the engine made of it.
    pub prepared: Prepared,
}

/// A guest that cannot be called.
#[derive(Debug, Error)]
pub enum Refused {
    /// Its bytes were not accepted.
    #[error("refused at reading: {0}")]
    Reading(#[from] ReadError),
    /// The engine did not take it.
    #[error("refused at preparation: {0}")]
    Preparation(#[from] PrepareError),
}

impl Refused {
    /// Where it was refused, as the heads of the guests' files say it.
    pub fn stage(&self) -> &'static str {
        match self {
            Self::Reading(_) => "refused at reading",
            Self::Preparation(_) => "refused at preparation",
        }
    }
}

impl Harness {
    /// A sandbox where each call has `budget`, and nothing is granted.
    pub fn new(budget: Budget) -> Self {
        Self::granting(Vec::new(), budget, |_| None)
    }

    /// A sandbox where `grants` hold, with room for few calls at once: its pools are soon as large as
    /// they get, so that what grows afterwards leaks.
    ///
    /// # Panics
    ///
    /// When a grant cannot be used.
    pub fn narrow(grants: Vec<Grant>, budget: Budget) -> Self {
        let settings = Settings {
            small_slots: 16,
            large_slots: 8,
            ..Settings::default()
        };
        Self::within(settings, grants, budget, |_| None)
    }

    /// A sandbox where `grants` hold, with the host's variables as `variable` says.
    ///
    /// # Panics
    ///
    /// When a grant cannot be used.
    pub fn granting(
        grants: Vec<Grant>,
        budget: Budget,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        Self::within(Settings::default(), grants, budget, variable)
    }

    /// A sandbox that compiles in `worker`, and keeps nothing of it.
    ///
    /// # Panics
    ///
    /// Never: nothing is granted.
    pub fn compiling(worker: Worker) -> Self {
        let settings = Settings {
            compiler: Compiler::Worker(worker),
            ..Settings::default()
        };
        Self::within(settings, Vec::new(), Budget::default(), |_| None)
    }

    /// A sandbox where `grants` hold, and whose way out is `egress`. What it compiles is kept in `cache`.
    ///
    /// # Panics
    ///
    /// When a grant cannot be used.
    pub fn reaching(
        grants: Vec<Grant>,
        egress: Egress,
        cache: ArtifactCache,
        budget: Budget,
    ) -> Self {
        let settings = Settings {
            cache: Some(cache),
            egress: Some(egress),
            ..Settings::default()
        };
        Self::within(settings, grants, budget, |_| None)
    }

    /// A sandbox where the policy file holds whose text is `rules`. What it compiles is kept in `cache`.
    ///
    /// # Panics
    ///
    /// When the text is none, or a grant cannot be used.
    #[expect(clippy::expect_used, reason = "a broken file is a broken test")]
    pub fn ruled(rules: &str, cache: ArtifactCache, budget: Budget) -> Self {
        let file = PolicyFile::parse("policy.toml", rules).expect("a policy file");
        let policy = Policy::new(Vec::new(), budget).expect("no grant contradicts another");
        let policy = policy.with_file(file).expect("the file's rules agree");
        let settings = Settings {
            cache: Some(cache),
            ..Settings::default()
        };
        Self::under(settings, policy, |_| None)
    }

    #[expect(
        clippy::expect_used,
        reason = "a grant that does not work is a broken test"
    )]
    fn within(
        settings: Settings,
        grants: Vec<Grant>,
        budget: Budget,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let policy = Policy::new(grants, budget).expect("the grants agree");
        Self::under(settings, policy, variable)
    }

    #[expect(
        clippy::expect_used,
        reason = "a grant that does not work is a broken test"
    )]
    fn under(
        settings: Settings,
        policy: Policy,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let directories =
            Directories::open(&policy, &[], variable).expect("what is granted can be opened");
        let settings = Settings {
            directories,
            ..settings
        };
        Self {
            sandbox: Sandbox::new(settings),
            policy,
        }
    }

    /// The same sandbox, with another budget for the calls made through what is returned.
    ///
    /// # Panics
    ///
    /// Never: the grants were accepted before.
    #[expect(clippy::expect_used, reason = "the same grants were accepted before")]
    pub fn with(&self, budget: Budget) -> Self {
        let policy =
            Policy::new(self.policy.grants().cloned().collect(), budget).expect("the grants agree");
        Self {
            sandbox: Arc::clone(&self.sandbox),
            policy,
        }
    }

    /// Reads `bytes` and nothing more.
    ///
    /// # Errors
    ///
    /// As [`Component::read`].
    pub fn read(name: &str, bytes: Vec<u8>) -> Result<Arc<Component>, Refused> {
        Ok(Arc::new(Component::read(bytes.into(), name)?))
    }

    /// Makes what was read ready to be called.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::prepare`].
    pub fn prepare(&self, component: Arc<Component>) -> Result<Guest, Refused> {
        let prepared = self.sandbox.prepare(&component)?;
        Ok(Guest {
            component,
            prepared,
        })
    }

    /// Reads and prepares.
    ///
    /// # Errors
    ///
    /// When either is refused.
    pub fn load(&self, name: &str, bytes: Vec<u8>) -> Result<Guest, Refused> {
        self.prepare(Self::read(name, bytes)?)
    }

    /// Makes one call.
    ///
    /// # Errors
    ///
    /// When the arguments do not fit; nothing ran.
    pub async fn call(
        &self,
        guest: &Guest,
        function: &str,
        arguments: &str,
    ) -> Result<Answer, ArgumentError> {
        self.call_until(guest, function, arguments, CancellationToken::new())
            .await
    }

    /// Makes one call that ends when `cancel` says so.
    ///
    /// # Errors
    ///
    /// When the arguments do not fit; nothing ran.
    ///
    /// # Panics
    ///
    /// When policy or admission refuses: no test of the sandbox gets that far.
    #[expect(
        clippy::expect_used,
        reason = "refusals before the sandbox are tested elsewhere"
    )]
    pub async fn call_until(
        &self,
        guest: &Guest,
        function: &str,
        arguments: &str,
        cancel: CancellationToken,
    ) -> Result<Answer, ArgumentError> {
        let function: FunctionName = function.parse().expect("the function's name is one");
        let mut json = serde_json::Deserializer::from_str(arguments);
        let arguments = guest.prepared.arguments(&function, &mut json)?;
        let subject = Subject {
            component: guest.component.name(),
            digest: guest.prepared.digest(),
            function: &function,
            reach: Reach::of(&guest.component),
        };
        let permit = self
            .policy
            .decide(
                &Caller::local(),
                &subject,
                guest.prepared.timeout(&function),
            )
            .expect("the local caller may call");
        let slot = self
            .sandbox
            .admit(&guest.prepared)
            .await
            .expect("there is room");
        let answer = self
            .sandbox
            .invoke(
                &guest.prepared,
                permit,
                slot,
                arguments,
                Arc::new(Silent),
                cancel,
            )
            .await;
        Ok(answer)
    }
}

/// How a call ended, in the words of the heads of the guests' files.
pub fn ending(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Limit(limit) => format!("limit({})", limit.word()),
        other => other.word().to_owned(),
    }
}
