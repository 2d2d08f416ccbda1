//! Why a command failed: what, where, what to do, and the exit code.
//!
//! Owns the one translation of every error into words for a person. Refuses to print: the console
//! does.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use ringfence_audit::{Fault, ReadError};
use ringfence_catalog::{LockError, ShelfError};
use ringfence_registry::{FetchError, PublishError};
use ringfence_secrets::{InvalidValue, SecretName, VaultError};
use ringfence_signatures::TrustError;
use ringfence_state::{ApprovalError, StateError};
use ringfence_tool::{ComponentName, Digest, nearest};
use thiserror::Error;

use crate::console::{Console, Style};
use crate::escape::escape;
use crate::exit_code;

/// The deepest chain of causes that is shown. Nothing of ours is as deep; what wraps itself would
/// go on for ever.
const CAUSES_MAX: usize = 8;

/// What to do about a registry that may not be reached.
const PRIVATE_REGISTRY: &str = "if it is meant to be on a private network, name its range: \
                                `--allow-private-registry CIDR`, and `--plain-http` where it has no TLS";

/// Why a command failed. Each variant reads well after "error: ".
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The key of the admin listener cannot be used.
    #[error("failed to use the admin key in `{}`: {reason}", .path.display())]
    AdminKey { path: PathBuf, reason: String },
    /// Nothing becomes of an approval.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// A call needs a person's word, and has none.
    #[error("the call of `{function}` of `{tool}` has to wait: {reason}")]
    Unanswered {
        tool: String,
        function: String,
        reason: String,
    },
    /// The person at the terminal did not mean it.
    #[error("`{id}` was not approved")]
    NotApproved { id: String },
    /// Nobody is there to be asked whether it is meant.
    #[error("nothing is approved of unseen: there is no terminal to ask at")]
    Unconfirmed,
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The arguments do not fit the function.
    #[error("the arguments of `{function}` of `{tool}` do not fit: {reason}")]
    Arguments {
        tool: String,
        function: String,
        reason: String,
    },
    /// The arguments could not be read from standard input.
    #[error("failed to read the arguments from standard input")]
    ArgumentsInput(#[source] io::Error),
    /// The arguments on standard input have no end, or nearly none.
    #[error("the arguments on standard input are longer than {max} bytes")]
    ArgumentsLong { max: u64 },
    /// A name that clients may know the server by is none.
    #[error("`--allow-host`: {0}")]
    AllowedHost(String),
    /// The audit log is not as it was written.
    #[error("the audit log is not whole: `{}:{}`: {}", .0.place.file.display(), .0.place.line, .0.kind.words())]
    AuditBroken(Fault),
    /// The folder that was named for the audit log cannot be used.
    #[error("failed to open the audit log in `{}`: {reason}", .folder.display())]
    AuditOpen { folder: PathBuf, reason: String },
    /// The audit log cannot be read.
    #[error("failed to read the audit log")]
    AuditRead(#[source] Box<ReadError>),
    /// An address cannot be listened on.
    #[error("failed to listen on `{address}`: {reason}")]
    Bind { address: SocketAddr, reason: String },
    /// There is no place for the audit log.
    #[error("there is no home directory to keep the audit log in")]
    Homeless(&'static str),
    /// The server ended before its calls did.
    #[error("calls were still running when the time to end was over, and were cut")]
    Cut,
    /// The calls to learn from cannot be read.
    #[error("failed to read the calls in `{}`: {reason}", .path.display())]
    Calls { path: PathBuf, reason: String },
    /// A folder cannot be copied.
    #[error("failed to copy `{}` for the tool to work on", .path.display())]
    Scratch {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The call was stopped by a signal.
    #[error("interrupted")]
    Interrupted,
    /// Standard input cannot be both.
    #[error("standard input is granted to the tool, and cannot hold its arguments, too")]
    InputTaken,
    /// Policy says no.
    #[error("the call of `{function}` of `{tool}` is denied: {reason}")]
    Denied {
        tool: String,
        function: String,
        reason: String,
        /// Whether a person is asked, or was.
        asked: bool,
    },
    /// A step of the demonstration did not end as it must.
    #[error("{count} of the steps did not end as they must")]
    Demo { count: usize },
    /// A grant names nothing usable, or two of them contradict each other.
    #[error("failed to apply the grants")]
    Grants(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// We failed.
    #[error("the host failed to run `{function}` of `{tool}`: {reason}")]
    Host {
        tool: String,
        function: String,
        reason: String,
    },
    /// A limit stopped the tool.
    #[error("`{function}` of `{tool}` was stopped: it reached its limit on {limit}")]
    Limit {
        tool: String,
        function: String,
        limit: String,
        word: &'static str,
    },
    /// Something is probably wrong with a policy file.
    #[error("{}", if *.count == 1 { "one thing is probably wrong".to_owned() } else { format!("{count} things are probably wrong") })]
    Lints { count: usize },
    /// A tool cannot be loaded.
    #[error("failed to load the tool `{}`: {reason}", .path.display())]
    Load { path: PathBuf, reason: String },
    /// No room for the call.
    #[error("too many calls at once: try again in {retry_ms} ms")]
    Overloaded { retry_ms: u128 },
    /// What was built cannot be packed.
    #[error("failed to pack `{}`", .path.display())]
    Pack {
        path: PathBuf,
        source: Box<ringfence_tool::PackError>,
    },
    /// A tool that was to be installed has the name of one that comes with ringfence.
    #[error("`{name}` is the name of a tool that comes with ringfence")]
    BundledName { name: ComponentName },
    /// A key cannot be used.
    #[error("the key in `{}` cannot be used: {reason}", .path.display())]
    Key { path: PathBuf, reason: String },
    /// Nothing says whose signature counts.
    #[error("nobody has to have signed `{source_text}`, so there is nothing to verify")]
    NobodyHasToSign { source_text: String },
    /// A tool cannot be pushed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// What lies beside a tool as its signature is none.
    #[error("what lies beside `{wanted}` is no signature: {reason}")]
    Signature { wanted: String, reason: String },
    /// The trust file is none.
    #[error("failed to apply the trust file")]
    Trust(#[source] TrustError),
    /// The trust file cannot be read.
    #[error("failed to read the trust file `{}`: {reason}", .path.display())]
    TrustUnread { path: PathBuf, reason: String },
    /// Whoever has to have signed a tool did not.
    #[error("`{tool}` is not taken: {reason}")]
    Untrusted { tool: String, reason: String },
    /// The person at the terminal did not mean it.
    #[error("nothing was changed")]
    Declined,
    /// What was named is disabled.
    #[error("{0}")]
    Disabled(String),
    /// A tool cannot be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Another tool is installed under the name.
    #[error("another `{name}` is installed already")]
    Installed { name: ComponentName, wanted: String },
    /// What was fetched is no tool.
    #[error("`{wanted}` is no tool that can be used: {reason}")]
    NoTool { wanted: String, reason: String },
    /// Something is not here, and nothing may be fetched.
    #[error("`{wanted}` is not in the store, and nothing is fetched")]
    Offline { wanted: String },
    /// What is installed cannot be read or changed.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// Text names no source.
    #[error("`{text}` is no source: {reason}")]
    Source { text: String, reason: String },
    /// Nobody is there to be asked whether a change is meant.
    #[error("nothing was changed: there is no terminal to ask at")]
    Unsaid,
    /// One source for several tools.
    #[error("`--from` is the source of one tool, and that has to be named")]
    UpdateFrom,
    /// The source of a tool has another by now.
    #[error("the source of `{name}` has a tool named `{found}` now")]
    UpdateOther {
        name: ComponentName,
        found: ComponentName,
    },
    /// The lock cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A tool is not what a person meant to approve.
    #[error("`{name}` has the digest {found}, not {wanted}")]
    PinDigest {
        name: String,
        wanted: Digest,
        found: Digest,
    },
    /// Another tool stands where the one that was approved was read from.
    #[error("`{}` is now a tool named `{found}`, not `{name}`", .path.display())]
    PinElsewhere {
        name: String,
        path: PathBuf,
        found: String,
    },
    /// A tool was approved, and not from a file.
    #[error("it is not known where `{name}` was read from")]
    PinSource { name: String },
    /// No tool was approved under that name.
    #[error("nothing is approved under the name `{name}`")]
    PinUnknown { name: String, known: Vec<String> },
    /// A policy file is none, or contradicts the command line.
    #[error("failed to apply the policy")]
    Policy(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A policy file cannot be read.
    #[error("failed to read the policy `{}`: {reason}", .path.display())]
    PolicyUnread { path: PathBuf, reason: String },
    /// A grant names a secret that is not there.
    #[error("a grant names the secret `{0}`, and there is none")]
    NoSecret(String),
    /// A secret cannot be read from standard input or the terminal.
    #[error("failed to read the secret `{name}` from {place}: {reason}")]
    SecretInput {
        name: SecretName,
        place: &'static str,
        reason: String,
    },
    /// What was given cannot be a secret.
    #[error("`{name}` cannot have this value: {reason}")]
    SecretValue {
        name: SecretName,
        reason: InvalidValue,
    },
    /// The values for tools cannot be read.
    #[error("failed to read values for tools from `{}`: {reason}", .path.display())]
    Values { path: PathBuf, reason: String },
    /// There is no place for state.
    #[error("there is no home directory to keep state in")]
    StateFolder,
    /// The vault cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Standard output cannot be written.
    #[error("failed to write to standard output")]
    Print(#[from] io::Error),
    /// A file that was named cannot be read.
    #[error("failed to read `{}`: {reason}", .path.display())]
    Read { path: PathBuf, reason: String },
    /// The threads, timers or signals could not be set up.
    #[error("failed to start")]
    Runtime(#[source] io::Error),
    /// The tool returned an error on purpose.
    #[error("`{function}` of `{tool}` failed: {reason}")]
    Tool {
        tool: String,
        function: String,
        reason: String,
    },
    /// The tool broke.
    #[error("`{function}` of `{tool}` broke: {reason}")]
    Trapped {
        tool: String,
        function: String,
        reason: String,
        last_words: Option<String>,
    },
    /// The tool has no such function.
    #[error("`{tool}` has no function `{function}`")]
    UnknownFunction {
        tool: String,
        function: String,
        known: Vec<String>,
    },
    /// No tool of that name comes with ringfence or is installed.
    #[error("there is no tool `{tool}`")]
    UnknownTool { tool: String, known: Vec<String> },
    /// The call can change something, and its record cannot be written.
    #[error("the call of `{function}` of `{tool}` is refused: {reason}")]
    Unrecorded {
        tool: String,
        function: String,
        reason: String,
    },
    /// A file that was named cannot be written.
    #[error("failed to write `{}`: {reason}", .path.display())]
    Write { path: PathBuf, reason: String },
    /// A policy file must have a seal, and has none.
    #[error("`{}` has no seal, and `--require-seal` asks for one", .path.display())]
    SealRequired { path: PathBuf },
    /// A policy file was sealed when it was read before, and is not now.
    #[error("`{}` had a seal when it was read before, and has none now", .path.display())]
    SealGone { path: PathBuf },
    /// A policy file carries no seal.
    #[error("`{}` has no seal: nobody would see that it changed", .path.display())]
    Unsealed { path: PathBuf },
}

impl Failure {
    /// The exit code of its class.
    #[expect(clippy::too_many_lines, reason = "a table: a line for each")]
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Arguments { .. } | Self::ArgumentsInput(_) | Self::ArgumentsLong { .. } => {
                exit_code::ARGUMENTS
            }
            Self::AuditBroken(_) => exit_code::AUDIT_BROKEN,
            Self::AuditOpen { .. }
            | Self::AuditRead(_)
            | Self::Homeless(_)
            | Self::Unrecorded { .. } => exit_code::AUDIT,
            Self::Cut => exit_code::CUT,
            Self::Declined
            | Self::Denied { .. }
            | Self::Disabled(_)
            | Self::NotApproved { .. }
            | Self::Unanswered { .. } => exit_code::DENIED,
            Self::Load { .. }
            | Self::NoTool { .. }
            | Self::Pack { .. }
            | Self::Read { .. }
            | Self::Shelf(ShelfError::Unknown { .. })
            | Self::UnknownFunction { .. }
            | Self::UnknownTool { .. } => exit_code::TOOL,
            Self::Shelf(ShelfError::Untrusted { .. })
            | Self::Signature { .. }
            | Self::Untrusted { .. } => exit_code::UNSIGNED,
            Self::Approval(_)
            | Self::BundledName { .. }
            | Self::Installed { .. }
            | Self::UpdateOther { .. }
            | Self::Lock(_)
            | Self::PinDigest { .. }
            | Self::PinElsewhere { .. }
            | Self::PinSource { .. }
            | Self::PinUnknown { .. }
            | Self::Shelf(_)
            | Self::State(_) => exit_code::STATE,
            Self::Fetch(_) | Self::Offline { .. } | Self::Publish(_) => exit_code::FETCH,
            Self::AdminKey { .. }
            | Self::AllowedHost(_)
            | Self::Unconfirmed
            | Self::Calls { .. }
            | Self::Scratch { .. }
            | Self::Bind { .. }
            | Self::Grants(_)
            | Self::InputTaken
            | Self::Key { .. }
            | Self::NobodyHasToSign { .. }
            | Self::Trust(_)
            | Self::TrustUnread { .. }
            | Self::Policy(_)
            | Self::PolicyUnread { .. }
            | Self::SealRequired { .. }
            | Self::Source { .. }
            | Self::Unsaid
            | Self::UpdateFrom
            | Self::Values { .. } => exit_code::USAGE,
            Self::Host { .. } | Self::Runtime(_) => exit_code::HOST_FAULT,
            Self::Interrupted => exit_code::INTERRUPTED,
            Self::Limit { .. } => exit_code::LIMIT,
            Self::Overloaded { .. } => exit_code::OVERLOADED,
            Self::SecretInput { .. } | Self::SecretValue { .. } => exit_code::ARGUMENTS,
            Self::NoSecret(_) | Self::StateFolder | Self::Vault(_) => exit_code::SECRET,
            // Whoever read our output has seen enough, as `| head` does.
            Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe => exit_code::OK,
            Self::Demo { .. }
            | Self::Lints { .. }
            | Self::Print(_)
            | Self::SealGone { .. }
            | Self::Unsealed { .. }
            | Self::Write { .. } => exit_code::FAILED,
            Self::Tool { .. } => exit_code::TOOL_ERROR,
            Self::Trapped { .. } => exit_code::TRAPPED,
        }
    }

    /// What the person can do about it.
    #[expect(clippy::too_many_lines, reason = "a table: a line for each")]
    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Arguments { tool, .. } => {
                format!("`ringfence inspect {tool} --schema` shows what it takes")
            }
            Self::ArgumentsLong { .. } => "pass large data as a file, and grant its folder".into(),
            Self::Demo { .. } => "please report this, with the output above".into(),
            Self::Denied { tool, function, asked, .. } => if *asked {
                "that is for whoever answers `ringfence approvals`; no grant changes it".into()
            } else {
                format!("`ringfence policy explain {tool} {function}`, with the same options, says which line decides")
            },
            Self::Unconfirmed => {
                "look at it with `ringfence approvals show ID`, and add `--yes`".into()
            }
            Self::SealGone { path } | Self::SealRequired { path } | Self::Unsealed { path } => {
                format!("look at it, and seal it with `ringfence policy seal {}`", path.display())
            }
            Self::AdminKey { .. } => "name another file with `--admin-key`".into(),
            Self::Unanswered { .. } => {
                "answer with `ringfence approvals approve ID` or `deny ID`, and call again".into()
            }
            Self::AllowedHost(_) => {
                "a host is a name or an address, without scheme and port".into()
            }
            Self::AuditBroken(_) => {
                "keep a copy of the folder before anything else; once it is known what happened, \
                 `--from NUMBER` verifies what came after"
                    .into()
            }
            Self::AuditOpen { .. } => {
                "name another folder with `--audit DIR`, or keep no record with `--audit off`"
                    .into()
            }
            Self::AuditRead(_) => "name its folder with `--dir DIR`".into(),
            Self::Homeless(option) => format!("name a folder with `{option}`"),
            Self::Unrecorded { .. } => {
                "make room for the audit log, or name another folder with `--audit DIR`".into()
            }
            Self::Calls { .. } => {
                "each line is one call: `{\"function\": \"read\", \"arguments\": {}}`".into()
            }
            Self::Scratch { .. } => {
                "name a folder that is there and can be read: `--scratch ./docs:/docs`".into()
            }
            Self::Bind { .. } => "name another address: `127.0.0.1:0` takes a free port".into(),
            Self::Grants(_) => {
                "a grant looks like `fs.read=./docs:/docs`, `net=https://example.com` or `env=LANG`; \
                 `docs/policy.md` lists every kind"
                    .into()
            }
            Self::InputTaken => "name the arguments on the command line, or leave `--grant stdin` out".into(),
            Self::Values { .. } => {
                "a line is `KEY = \"VALUE\"`; those of one tenant stand below `[tenant.NAME]`".into()
            }
            Self::Policy(_) => "`docs/policy.md` describes the file; nothing of it was applied".into(),
            Self::PolicyUnread { .. } => {
                "name the policy file, or leave `--policy` out to grant with `--grant` alone".into()
            }
            Self::Limit { word: "wall", .. } => "allow more with `--timeout SECONDS`".into(),
            Self::Limit { word: "memory", .. } => "allow more with `--memory SIZE`".into(),
            Self::Limit {
                word: "result" | "host-call-data",
                ..
            } => "ask the tool for less at once".into(),
            Self::UnknownFunction {
                function, known, ..
            } => choices("its functions are", function, known),
            Self::UnknownTool { tool, known } => format!(
                "{}; a path has a slash in it or ends in `.wasm`",
                choices("the tools that come with ringfence or are installed are", tool, known)
            ),
            Self::BundledName { .. } => {
                "give it another name in its manifest: `ringfence pack` puts one in".into()
            }
            Self::Trust(_) | Self::TrustUnread { .. } => {
                "`docs/installing.md` describes the file; nothing is installed or served without it".into()
            }
            Self::NobodyHasToSign { .. } => {
                "name the public key with `--key FILE`, or write a rule into the trust file".into()
            }
            Self::Shelf(ShelfError::Untrusted { .. }) | Self::Untrusted { .. } => {
                "`docs/installing.md` says what each reason means; ask whoever published it before the rule is changed"
                    .into()
            }
            Self::Publish(error) if error.is_denied() => PRIVATE_REGISTRY.into(),
            Self::Fetch(error) if error.is_denied() => PRIVATE_REGISTRY.into(),
            Self::Installed { name, wanted } => {
                format!("`ringfence update {name} --from {wanted}` shows the difference")
            }
            Self::Offline { .. } => "leave `--offline` out to fetch it".into(),
            Self::Shelf(ShelfError::Unknown { name, known }) => choices("installed are", name, known),
            Self::Unsaid => "add `--yes` when you mean it".into(),
            Self::UpdateOther { name, .. } => {
                format!("install it under its own name, and `ringfence remove {name}` if it takes its place")
            }
            Self::SecretInput { name, .. } => {
                format!("pass it on standard input: `ringfence secret set {name} < FILE`")
            }
            Self::SecretValue { .. } => "nothing was stored".into(),
            Self::PinDigest { name, .. } => {
                format!("it has changed since: look at it again with `ringfence pin show {name}`")
            }
            Self::PinElsewhere { .. } | Self::PinSource { .. } => {
                "name its file: `ringfence pin approve ./TOOL.wasm`".into()
            }
            Self::PinUnknown { name, known } => format!(
                "{}; one that is new is named by its path: `ringfence pin show ./{name}.wasm`",
                choices("approved are", name, known)
            ),
            Self::NoSecret(name) => format!("set it: `ringfence secret set {name}`"),
            Self::StateFolder => "name a folder with `--state-dir`".into(),
            Self::Vault(VaultError::Unknown { name, known, .. }) => {
                let known: Vec<String> = known.iter().map(ToString::to_string).collect();
                choices("the secrets are", name.as_str(), &known)
            }
            Self::Host { .. } => "please report this, with the log: `--log-level debug`".into(),
            Self::Approval(_)
            | Self::ArgumentsInput(_)
            | Self::Cut
            | Self::Declined
            | Self::Disabled(_)
            | Self::Fetch(_)
            | Self::Key { .. }
            | Self::Publish(_)
            | Self::Signature { .. }
            | Self::NoTool { .. }
            | Self::Shelf(_)
            | Self::Source { .. }
            | Self::UpdateFrom
            | Self::Lock(_)
            | Self::Interrupted
            | Self::Limit { .. }
            | Self::Lints { .. }
            | Self::Load { .. }
            | Self::NotApproved { .. }
            | Self::Overloaded { .. }
            | Self::Pack { .. }
            | Self::Print(_)
            | Self::Read { .. }
            | Self::Runtime(_)
            | Self::State(_)
            | Self::Tool { .. }
            | Self::Trapped { .. }
            | Self::Vault(_)
            | Self::Write { .. } => return None,
        })
    }

    /// It and what caused it, on one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        for _ in 0..CAUSES_MAX {
            let Some(error) = cause else { break };
            let words = error.to_string();
            if !text.ends_with(&words) {
                let _ = write!(text, ": {words}");
            }
            cause = error.source();
        }
        text
    }

    /// Shows it on standard error, unless there is nothing to say.
    pub(crate) fn show(&self, console: Console) {
        if self.exit_code() == exit_code::OK {
            return;
        }
        let label = console.paint_note(Style::Bad, "error:");
        let mut said = self.to_string();
        let mut text = format!("{label} {}\n", escape(&said));
        let mut cause = self.source();
        for _ in 0..CAUSES_MAX {
            let Some(error) = cause else { break };
            let words = error.to_string();
            // Many an error ends with what caused it, for those who print it alone.
            if !said.ends_with(&words) {
                let _ = writeln!(text, "  caused by: {}", escape(&words));
                said = words;
            }
            cause = error.source();
        }
        if let Self::Trapped {
            last_words: Some(words),
            ..
        } = self
        {
            text.push_str("  it said last:\n");
            for line in escape(words).lines() {
                let _ = writeln!(text, "    | {line}");
            }
        }
        if let Some(help) = self.help() {
            let label = console.paint_note(Style::Hint, "help:");
            let _ = writeln!(text, "  {label} {}", escape(&help));
        }
        console.note(&text);
    }
}

/// The nearest of the known names, or all of them.
fn choices(all: &str, wanted: &str, known: &[String]) -> String {
    match nearest(wanted, known.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`? {all} {}", quoted(known)),
        None => format!("{all} {}", quoted(known)),
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_left_is_no_failure() {
        let gone = Failure::Print(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(gone.exit_code(), exit_code::OK);
        let full = Failure::Print(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.exit_code(), exit_code::FAILED);
    }
}
