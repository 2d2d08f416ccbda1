//! What a tool reaches without a grant, and with one.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ringfence_audit::Recorder;
use ringfence_policy::Grant;
use ringfence_sandbox::{Outcome, Silent};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::access::{self, Streams};
use crate::arguments::Access;
use crate::call::answer;
use crate::direct::Direct;
use crate::failure::Failure;
use crate::load;

/// The directory as the tool sees it.
const GUEST: &str = "/demo";

/// What stands in the file that the tool is to read.
const NOTE: &str = "a note that only a granted tool can read";

/// One call of the tool `files`.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// What was granted.
    pub(super) grant: Option<String>,
    /// What was called.
    pub(super) function: &'static str,
    /// With what.
    pub(super) arguments: Value,
    /// What came of it, in words.
    pub(super) answer: String,
    /// Whether it returned.
    pub(super) returned: bool,
    /// Whether it ended as it must.
    pub(super) right: bool,
}

/// Reads and writes a file in a temporary directory: without a grant, with a grant to read, and
/// with one to write.
///
/// # Errors
///
/// The directory cannot be made, or the tool cannot be loaded.
pub(super) async fn steps(
    access: &Access,
    cancel: &CancellationToken,
) -> Result<Vec<Step>, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::Runtime)?;
    fs::write(folder.path().join("note.txt"), NOTE).map_err(Failure::Runtime)?;
    let read = json!({"path": format!("{GUEST}/note.txt")});
    let write = json!({"path": format!("{GUEST}/new.txt"), "text": "hello"});
    let plan = [
        (None, "read", &read, false),
        (Some("fs.read"), "read", &read, true),
        (Some("fs.read"), "write", &write, false),
        (Some("fs.write"), "write", &write, true),
    ];
    let mut steps = Vec::new();
    for (kind, function, arguments, allowed) in plan {
        let grant = kind.map(|kind| grant(kind, folder.path())).transpose()?;
        let direct = direct(access, grant.clone())?;
        let map = arguments.as_object().cloned().unwrap_or_default();
        let outcome = call(&direct, function, map, cancel).await?;
        let returned = matches!(outcome, Outcome::Returned(_));
        let new = folder.path().join("new.txt").exists();
        steps.push(Step {
            grant: grant.map(|grant| grant.to_string()),
            function,
            arguments: arguments.clone(),
            answer: words(&outcome),
            returned,
            // The tool's word is not enough: what is on the disk counts.
            right: returned == allowed && new == (function == "write" && allowed),
        });
    }
    Ok(steps)
}

fn grant(kind: &str, folder: &Path) -> Result<Grant, Failure> {
    format!("{kind}={}:{GUEST}", folder.display())
        .parse()
        .map_err(|error| Failure::Grants(Box::new(error)))
}

fn direct(access: &Access, grant: Option<Grant>) -> Result<Direct, Failure> {
    let access = Access {
        grants: grant.into_iter().collect(),
        ..access.clone()
    };
    let enforced = access::open(&access, None, Streams::Tool)?;
    Direct::new(
        load::catalog("files")?,
        enforced.policy,
        enforced.sandbox,
        Recorder::off(),
    )
    .ok_or_else(|| Failure::UnknownTool {
        tool: "files".into(),
        known: Vec::new(),
    })
}

async fn call(
    direct: &Direct,
    function: &str,
    arguments: Map<String, Value>,
    cancel: &CancellationToken,
) -> Result<Outcome, Failure> {
    let called = direct
        .call(
            "files",
            function,
            arguments,
            Arc::new(Silent),
            cancel.clone(),
        )
        .await;
    match called?.outcome {
        Outcome::Cancelled => Err(Failure::Interrupted),
        outcome => Ok(outcome),
    }
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Returned(output) => answer::text(output),
        Outcome::ToolError(error) => error.text.clone(),
        other => other.word().to_owned(),
    }
}
