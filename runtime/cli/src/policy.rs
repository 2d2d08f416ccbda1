//! Policy files: from a path to rules, explained and checked.
//!
//! Owns reading the file. What its text means is the business of `ringfence-policy`.

mod check;
mod explain;
mod seal;
mod watch;

pub(crate) use watch::Watched;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use ringfence_policy::{POLICY_BYTES_MAX, Policy, PolicyFile};

use crate::arguments::{Access, CheckArguments, PolicyArguments, PolicyCommand};
use crate::console::Console;
use crate::failure::Failure;

/// A policy that was read.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) policy: Policy,
    /// Whether its file carries a seal, which fits.
    pub(crate) is_sealed: bool,
}

/// Answers one question about a policy, or seals one.
///
/// # Errors
///
/// The policy or the tool cannot be read, or the file or standard output cannot be written.
pub(crate) fn run(arguments: &PolicyArguments, console: Console) -> Result<(), Failure> {
    match &arguments.command {
        PolicyCommand::Explain(arguments) => explain::run(arguments, console),
        PolicyCommand::Seal(arguments) => seal::run(arguments, console),
        PolicyCommand::Verify(arguments) => seal::verify(arguments, console),
    }
}

/// Looks for what is probably wrong with a file.
///
/// # Errors
///
/// Something is, the file or a tool cannot be read, or standard output cannot be written.
pub(crate) fn check(arguments: &CheckArguments, console: Console) -> Result<(), Failure> {
    check::run(arguments, console)
}

/// The policy that `access` names: what the command line grants, and what the file says.
///
/// # Errors
///
/// The file cannot be read or is none, or something contradicts something else. There is no policy
/// then: a weaker one than the file says is none.
pub(crate) fn of(access: &Access) -> Result<Loaded, Failure> {
    let granted = Policy::new(access.grants.clone(), access.budget())
        .map_err(|error| Failure::Grants(Box::new(error)))?;
    let Some(path) = &access.policy else {
        return Ok(Loaded {
            policy: granted,
            is_sealed: false,
        });
    };
    let file = read(path)?;
    let is_sealed = file.is_sealed();
    if access.require_seal && !is_sealed {
        return Err(Failure::SealRequired { path: path.clone() });
    }
    let policy = granted
        .with_file(file)
        .map_err(|error| Failure::Policy(Box::new(error)))?;
    Ok(Loaded { policy, is_sealed })
}

fn read(path: &Path) -> Result<PolicyFile, Failure> {
    PolicyFile::parse(&path.display().to_string(), &text(path)?)
        .map_err(|error| Failure::Policy(Box::new(error)))
}

fn text(path: &Path) -> Result<String, Failure> {
    let unread = |reason: String| Failure::PolicyUnread {
        path: path.to_path_buf(),
        reason,
    };
    let file = File::open(path).map_err(|error| unread(error.to_string()))?;
    let mut bytes = Vec::new();
    // One byte more than there may be, so that a longer file is refused and not cut.
    let bytes_max = POLICY_BYTES_MAX as u64 + 1;
    file.take(bytes_max)
        .read_to_end(&mut bytes)
        .map_err(|error| unread(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| unread("it is not UTF-8".to_owned()))
}
