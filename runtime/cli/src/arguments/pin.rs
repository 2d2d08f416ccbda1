//! `ringfence pin`: its subcommands and options, and those by which others go by pins.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ringfence_tool::{ComponentName, Digest};

use super::audit::Recording;
use super::install::Trusting;

/// Approve tools as they are, and see what has changed about them: list, show, approve, remove.
///
/// `ringfence serve` remembers each component of yours that it serves: its bytes, its interface, what its
/// manifest says and asks for. One that is not as it was is disabled, and so is a new one about which
/// something is suspicious, until you have looked at it. Tools that come with ringfence are part of it.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  ringfence pin list                                 what is approved, and what has changed
  ringfence pin show my-tool                         the difference in words, and what to look at
  ringfence pin show ./my-tool.wasm                  one that nobody has approved yet
  ringfence pin approve my-tool                      approve of it as it is now
  ringfence pin approve my-tool --digest sha256:…    and of nothing else
  ringfence pin remove my-tool                       forget it

Exit codes:
   3  there is no such tool, or it cannot be loaded
  14  nothing is approved under that name, the digest is another, or the lock cannot be read or written"
)]
pub(crate) struct PinArguments {
    #[command(subcommand)]
    pub(crate) command: PinCommand,
}

/// What to do with pins.
#[derive(Debug, Subcommand)]
pub(crate) enum PinCommand {
    /// Show what was approved, and whether it still is what it was.
    List {
        /// Print everything as one JSON array.
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        place: PinPlace,
    },
    /// Show what has changed about a tool, and what is suspicious about it.
    Show {
        /// The name of a tool that was approved, or the path of a component.
        #[arg(value_name = "TOOL")]
        tool: String,

        #[command(flatten)]
        place: PinPlace,
    },
    /// Approve of tools as they are now.
    ///
    /// Each file is read again, and exactly what was read is approved. A server that runs takes it up.
    Approve {
        /// Names of tools that were approved before, or paths of components.
        #[arg(value_name = "TOOL", required = true)]
        tools: Vec<String>,

        /// Approve only when it still has this digest, which `show` shows.
        #[arg(long, value_name = "DIGEST")]
        digest: Option<Digest>,

        #[command(flatten)]
        place: PinPlace,

        #[command(flatten)]
        recording: Recording,
    },
    /// Forget tools. One that is served again is new.
    Remove {
        /// Their names.
        #[arg(value_name = "NAME", required = true)]
        names: Vec<ComponentName>,

        #[command(flatten)]
        place: PinPlace,

        #[command(flatten)]
        recording: Recording,
    },
}

/// Where pins are kept.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PinPlace {
    /// The lock [default: `ringfence.lock` in the folder of ringfence's state].
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Option<PathBuf>,

    /// The folder of ringfence's state [default: your state directory].
    #[arg(long, value_name = "DIR", conflicts_with = "lock")]
    pub(crate) state_dir: Option<PathBuf>,
}

/// Whether components have to be what was approved.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which tools are approved")]
pub(crate) struct Pins {
    /// What becomes of a component that nobody approved [default: first-use for `serve`, off for `call`].
    ///
    /// One that is not what was approved is disabled, unless this is `off`.
    #[arg(long, value_name = "MODE", value_enum)]
    pub(crate) pin: Option<Pin>,

    /// Where approvals are kept [default: `ringfence.lock` in the folder of ringfence's state].
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) trusting: Trusting,
}

/// What becomes of a component that nobody approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pin {
    /// It is approved as it is, unless something about it is suspicious.
    FirstUse,
    /// It is disabled until `ringfence pin approve`.
    Required,
    /// Nothing is looked at: every component is taken as it is.
    Off,
}
