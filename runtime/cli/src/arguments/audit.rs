//! `ringfence audit`: its options, and those by which others keep the log.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};
use ringfence_audit::{Durability, KINDS, Mark, Query, Timestamp};

use ringfence_server::OUTCOMES;

use crate::exit_code;

/// Read the record of what was done, and check that nobody changed it.
///
/// Every call leaves one record: who called what, how it ended, what it cost, and what it was granted.
/// What it was given appears as a digest. Each record carries a keyed hash of itself and of the one
/// before, so that a change, a deletion or an insertion shows.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = format!("\
Examples:
  ringfence audit tail -f                            what happens, as it happens
  ringfence audit search --outcome denied --since 1d what was refused since yesterday
  ringfence audit verify                             whether the log is whole

Exit codes:
{}", exit_code::TABLE))]
pub(crate) struct AuditArguments {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    Search(SearchArguments),
    Tail(TailArguments),
    Verify(VerifyArguments),
}

/// Show the records that are asked for, oldest first.
///
/// Everything that is named must be there. Times are a day, a second of UTC, or how long ago.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence audit search --tool text_stats --since 2h
  ringfence audit search --denied --since 1d         tools that tried what they were not granted
  ringfence audit search --request 7 --json | jq .")]
pub(crate) struct SearchArguments {
    /// Not before: `2026-11-22`, `2026-11-22T08:30:00Z`, `90m`, `12h`, `7d`.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,

    /// Before.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,

    /// The kind of event.
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(KINDS))]
    pub(crate) event: Option<String>,

    /// The tenant in whose name it was done.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,

    /// The person or program in whose name it was done.
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: Option<String>,

    /// The tool as clients call it, or its component.
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,

    /// How the call ended: `returned`, `denied`, `limit` and so on.
    #[arg(long, value_name = "WORD", value_parser = PossibleValuesParser::new(OUTCOMES))]
    pub(crate) outcome: Option<String>,

    /// The call, by the name that nothing else has: how it ended, what was asked about it, who said yes, and
    /// what its tool has called.
    #[arg(long, value_name = "ID", value_parser = call_name)]
    pub(crate) call: Option<String>,

    /// What the client called its request: all calls that were made for it.
    #[arg(long, value_name = "ID")]
    pub(crate) request: Option<String>,

    /// The call that made it: only what the tool of that one has called.
    #[arg(long, value_name = "ID", value_parser = call_name)]
    pub(crate) parent: Option<String>,

    /// Calls in which something was denied: a file, a host, a secret, another tool.
    ///
    /// The tool ran, and tried what it was not granted. `--json` shows what, and which grant would allow it;
    /// calls that were refused as a whole are those with `--outcome denied`.
    #[arg(long)]
    pub(crate) denied: bool,

    /// Stop after so many.
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,

    #[command(flatten)]
    pub(crate) shown: Shown,
}

impl SearchArguments {
    pub(crate) fn query(&self) -> Query {
        Query {
            since: self.since,
            until: self.until,
            event: self.event.clone(),
            tenant: self.tenant.clone(),
            principal: self.principal.clone(),
            tool: self.tool.clone(),
            outcome: self.outcome.clone(),
            call: self.call.clone(),
            request: self.request.clone(),
            parent: self.parent.clone(),
            denied: self.denied,
        }
    }
}

/// The name of a call as records have it. Another text is none, and finding nothing would look like an answer.
fn call_name(text: &str) -> Result<String, String> {
    let is_hexadecimal = |part: &str| {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        !part.is_empty() && part.bytes().all(digit)
    };
    match text.split_once('-') {
        Some((process, count))
            if process.len() == 16 && is_hexadecimal(process) && is_hexadecimal(count) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("expected what records have as `call`, such as `4f1c9b7e2d5a6c80-1f`".into()),
    }
}

/// Show the last records.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence audit tail -n 50
  ringfence audit tail -f --json | jq .tool")]
pub(crate) struct TailArguments {
    /// How many.
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) count: usize,

    /// Go on with those that come, until it is interrupted.
    #[arg(short, long)]
    pub(crate) follow: bool,

    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Check that every record is as it was written, and that none is missing.
///
/// Says the first thing that is wrong, and where. Whoever can read the key beside the log could make
/// another log that looks as whole: keep the mark that this prints somewhere else, and compare.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ringfence audit verify
  ringfence audit verify --dir ./backup/audit --json
  ringfence audit verify --mark 1234:5f0c…           it must still have that record

Exit codes:
{}", exit_code::TABLE))]
pub(crate) struct VerifyArguments {
    /// Begin with this record: older files were moved away, or what is wrong before it is known.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<u64>,

    /// A record that must be there: its number and hash, as an earlier run printed them.
    #[arg(long, value_name = "NUMBER:HASH")]
    pub(crate) mark: Option<Mark>,

    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Which log, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct Shown {
    /// The folder of the log [default: where `serve` and `call` keep it].
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a record of every call is kept.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "The record of every call")]
pub(crate) struct Recording {
    /// Where the record of every call is kept: a folder, `-` for standard error, or `off`
    /// [default: your state directory].
    ///
    /// Read it with `ringfence audit`. A call that can change something is refused while its record
    /// cannot be kept; with `off` nothing is kept, and nothing refused for it.
    #[arg(long = "audit", value_name = "DIR|-|off")]
    pub(crate) target: Option<Target>,

    /// What must have happened to a record before its call is answered.
    #[arg(
        long = "audit-durability",
        value_name = "WHEN",
        value_enum,
        default_value_t
    )]
    pub(crate) durability: WrittenWhen,
}

/// Where the record of every call is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// In a folder.
    Folder(PathBuf),
    /// Nowhere.
    Off,
    /// On standard error.
    Stderr,
}

impl std::str::FromStr for Target {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "-" => Self::Stderr,
            "off" => Self::Off,
            folder => Self::Folder(folder.into()),
        })
    }
}

/// What must have happened to a record before its call is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WrittenWhen {
    /// Nothing: it is with the operating system within milliseconds. A call that can change something
    /// still waits, before it runs.
    #[default]
    Os,
    /// It is with the operating system: it survives the end of this process.
    Answer,
    /// It is on the disk: it survives a loss of power.
    Disk,
}

impl From<WrittenWhen> for Durability {
    fn from(when: WrittenWhen) -> Self {
        match when {
            WrittenWhen::Os => Self::Os,
            WrittenWhen::Answer => Self::Answer,
            WrittenWhen::Disk => Self::Disk,
        }
    }
}
