//! `ringfence approvals`: its subcommands and options, and how long calls wait for an answer.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use ringfence_server::admin::GIVEN_FOR_MAX;
use ringfence_server::approvals::PATIENCE_MAX;

use super::audit::Recording;

/// Decide about calls that can do harm: list, show, approve, deny, revoke.
///
/// Where the policy says `dangerous = "ask"` or `call = "ask"`, a person is asked before a call runs: in the
/// client, where it can show a question, and here. An answer is bound to the caller, its client, the bytes of
/// the tool, what that may touch, and the arguments that were shown.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  ringfence approvals list                           what waits for an answer, and what holds
  ringfence approvals show 5f0c2d9e81b7a346          what exactly is asked
  ringfence approvals approve 5f0c2d9e81b7a346       yes, once
  ringfence approvals approve ID --for 1h            yes, for an hour, with the same arguments
  ringfence approvals deny ID                        no, to the same call for an hour
  ringfence approvals revoke ID                      take a yes or a no back; calls that run with a yes end

Exit codes:
   8  it was not approved, because the person said no
  14  no such approval, it is settled already, or the state cannot be read or written"
)]
pub(crate) struct ApprovalsArguments {
    #[command(subcommand)]
    pub(crate) command: ApprovalsCommand,
}

/// What to do with approvals.
#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// Show what waits for an answer, and which answers hold.
    List {
        /// Show what is over, too.
        #[arg(long)]
        all: bool,

        /// Print everything as one JSON array.
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        place: StatePlace,
    },
    /// Show one: the tool, its digest, who calls, what the call could touch, and its arguments.
    Show {
        /// Which.
        #[arg(value_name = "ID")]
        id: String,

        /// Print it as one JSON object.
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        place: StatePlace,
    },
    Approve(ApproveArguments),
    /// Say no: the same call is denied for an hour, or until the no is taken back.
    Deny {
        /// Which.
        #[arg(value_name = "ID")]
        id: String,

        #[command(flatten)]
        place: StatePlace,

        #[command(flatten)]
        recording: Recording,
    },
    /// Take a yes back, at once: calls that run with it are ended. Or a no: the next such call is asked about.
    Revoke {
        /// Which.
        #[arg(value_name = "ID")]
        id: String,

        #[command(flatten)]
        place: StatePlace,

        #[command(flatten)]
        recording: Recording,
    },
}

/// Say yes: once, for a time, or until the tool changes.
///
/// Shows the question first, and asks whether that is meant.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence approvals approve 5f0c2d9e81b7a346
  ringfence approvals approve 5f0c2d9e81b7a346 --for 1h --yes")]
pub(crate) struct ApproveArguments {
    /// Which.
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    /// For as many calls as come in this time, such as `10m` or `2h`; at most 30 days.
    #[arg(long = "for", value_name = "TIME", value_parser = lasting, conflicts_with = "until_changed")]
    pub(crate) lasts: Option<Duration>,

    /// Until the tool, or what it may touch, changes.
    #[arg(long)]
    pub(crate) until_changed: bool,

    /// For other arguments as well, not only for those that are shown.
    #[arg(long)]
    pub(crate) any_arguments: bool,

    /// Do not ask. Needed where standard input is no terminal.
    #[arg(long)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) place: StatePlace,

    #[command(flatten)]
    pub(crate) recording: Recording,
}

/// Where the state is.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StatePlace {
    /// The folder of ringfence's state [default: your state directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

/// How calls get a person's word.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Calls that a person has to approve of")]
pub(crate) struct Asking {
    /// How long a call waits for the operator's answer before it is told to come back [default: 30].
    ///
    /// Many clients give up after 60 seconds. Up to 600. A client that can show a question is given ten
    /// minutes.
    #[arg(long, value_name = "SECONDS", value_parser = waiting)]
    pub(crate) approval_wait: Option<Duration>,
}

/// A number of seconds that a call can wait.
fn waiting(text: &str) -> Result<Duration, String> {
    let max = PATIENCE_MAX.as_secs();
    let seconds = text.parse::<u64>().ok().filter(|seconds| *seconds <= max);
    let seconds = seconds.ok_or_else(|| format!("expected whole seconds from 0 to {max}"))?;
    Ok(Duration::from_secs(seconds))
}

/// How long a yes holds: a whole number of seconds, minutes, hours or days.
fn lasting(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time up to 30 days, such as `10m`, `2h` or `7d`".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = text
        .strip_suffix(unit)
        .and_then(|number| number.parse().ok())
        .ok_or_else(wrong)?;
    let lasts = number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .filter(|lasts| !lasts.is_zero() && *lasts <= GIVEN_FOR_MAX);
    lasts.ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_holds_for_a_time_that_a_person_can_write() {
        assert_eq!(lasting("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(lasting("30d"), Ok(Duration::from_hours(30 * 24)));
        for wrong in [
            "",
            "0m",
            "10",
            "31d",
            "m",
            "1.5h",
            "-1h",
            "99999999999999999999d",
            "10µ",
        ] {
            assert!(lasting(wrong).is_err(), "{wrong}");
        }
        assert_eq!(waiting("0"), Ok(Duration::ZERO));
        assert!(waiting("601").is_err() && waiting("-1").is_err());
    }
}
