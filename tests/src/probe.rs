//! A guest that checks nothing, so that what stops it is the host.
//!
//! Owns its calls: in this process, with a resolver of the test's own, and through the program, over pipes
//! and over HTTP. Refuses to know what it should reach.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use ringfence_policy::Budget;
use ringfence_sandbox::{Answer, ArtifactCache, Outcome, Output, Receipt};
use serde_json::{Value, json};

use crate::both::Both;
use crate::harness::{Guest, Harness, ending};
use crate::network::Script;
use crate::{binary, serving};

/// What a host answers that has something to say.
pub const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nset-cookie: a=b\r\n\r\nhello";

/// What every denial is to a guest.
pub const DENIED: &str = "ErrorCode::HttpRequestDenied";

/// The probe, and what is granted to it.
#[derive(Debug)]
pub struct Probe {
    /// The sandbox.
    pub harness: Harness,
    /// The guest in it.
    pub guest: Guest,
}

#[expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test without its guest cannot go on"
)]
impl Probe {
    /// The probe, where these grants hold and names lead where `resolver` says.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn new(resolver: &Arc<Script>, grants: &[&str]) -> Self {
        Self::within(resolver, grants, Budget::default())
    }

    /// The same, with another budget.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn within(resolver: &Arc<Script>, grants: &[&str], budget: Budget) -> Self {
        Self::tool("probe", resolver, grants, budget)
    }

    /// Another tool in the probe's place.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn tool(name: &str, resolver: &Arc<Script>, grants: &[&str], budget: Budget) -> Self {
        let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        // One compilation for all of them.
        let cache = binary::beside("-test-artifacts");
        let cache = ArtifactCache::open(cache).unwrap();
        let harness = Harness::reaching(grants, resolver.egress(), cache, budget);
        let bytes = std::fs::read(serving::prebuilt(name)).unwrap();
        let guest = harness.load(name, bytes).unwrap();
        Self { harness, guest }
    }

    /// Nothing can be looked up.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn alone(grants: &[&str]) -> Self {
        Self::new(&Script::new(&[]), grants)
    }

    /// One call.
    ///
    /// # Panics
    ///
    /// When the arguments do not fit.
    pub async fn answer(&self, function: &str, arguments: &Value) -> Answer {
        let arguments = arguments.to_string();
        let called = self.harness.call(&self.guest, function, &arguments);
        called.await.unwrap()
    }

    /// What one call gave back, or the name of the error.
    ///
    /// # Panics
    ///
    /// When it ended in another way.
    pub async fn call(
        &self,
        function: &str,
        arguments: &Value,
    ) -> (Result<Value, String>, Receipt) {
        let answer = self.answer(function, arguments).await;
        let result = match answer.outcome {
            Outcome::Returned(Output::Json(json)) => Ok(serde_json::from_str(&json).unwrap()),
            Outcome::Returned(Output::Nothing) => Ok(Value::Null),
            Outcome::ToolError(error) => Err(named(&error.text)),
            other => panic!("{function} {arguments}: {}", ending(&other)),
        };
        (result, answer.receipt)
    }

    /// One request for the root of `authority`.
    ///
    /// # Panics
    ///
    /// As [`Probe::call`].
    pub async fn get(&self, authority: &str) -> (Result<Value, String>, Receipt) {
        self.call("request", &get(authority)).await
    }
}

/// The name of an error, of those that come with an explanation.
fn named(text: &str) -> String {
    let after = text.split_once("name: \"").map(|(_, after)| after);
    let name = after.and_then(|after| after.split('"').next());
    name.unwrap_or(text).to_owned()
}

/// The arguments of a request for the root of `authority`.
pub fn get(authority: &str) -> Value {
    json!({ "method": "GET", "scheme": "http", "authority": authority, "path": "/" })
}

/// What to serve the probe with, where `grants` hold. `folder` keeps its state.
pub fn served(folder: &Path, grants: &[&str]) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![serving::prebuilt("probe").into()];
    for (option, value) in [
        ("--state-dir", folder.join("state")),
        ("--cache-dir", binary::beside("-test-cache")),
    ] {
        arguments.push(option.into());
        arguments.push(value.into());
    }
    for grant in grants {
        arguments.push("--grant".into());
        arguments.push(grant.into());
    }
    arguments
}

/// Makes calls of the probe through the program, over pipes and over HTTP: each says whether it must
/// fail. Gives the answers to each.
///
/// # Panics
///
/// When one does not end so.
#[expect(
    clippy::unwrap_used,
    reason = "a test without its program cannot go on"
)]
pub async fn both_ways(grants: &[&str], calls: &[(&str, Value, bool)]) -> Vec<[Value; 2]> {
    let folder = tempfile::tempdir().unwrap();
    let mut both = Both::start(&served(folder.path(), grants)).await;
    let mut heard = Vec::new();
    for (tool, given, denied) in calls {
        let answers = both.call(tool, given.clone()).await;
        for answer in &answers {
            assert_eq!(
                answer.pointer("/result/isError"),
                Some(&Value::Bool(*denied)),
                "{given}: {answer}"
            );
        }
        heard.push(answers);
    }
    heard
}

/// The same through the program, where nothing of it may be done.
///
/// # Panics
///
/// When something of it is.
pub async fn denied_both_ways(grants: &[&str], calls: Vec<(&str, Value)>) {
    let calls = calls.into_iter().map(|(tool, given)| (tool, given, true));
    for answers in both_ways(grants, &calls.collect::<Vec<_>>()).await {
        for answer in answers {
            let receipt = answer.pointer("/result/_meta/ringfence~1receipt");
            assert!(receipt.is_some_and(Value::is_object), "{answer}");
            let reached = receipt.and_then(|receipt| receipt.get("reached")?.as_array());
            assert!(reached.is_none_or(Vec::is_empty), "{answer}");
        }
    }
}
