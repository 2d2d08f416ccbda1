//! `ringfence demo`: its options.

use clap::Args;

/// See it work: a tool answers, and hostile ones are stopped at every limit.
///
/// Needs nothing: the tools, good and bad, are in this program, and the only directory that they
/// can reach is a temporary one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence demo
  ringfence demo --json                              the table, for programs")]
pub(crate) struct DemoArguments {
    /// Print the outcome of each step as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,

    /// Compile every tool anew instead of keeping machine code between runs.
    #[arg(long)]
    pub(crate) no_cache: bool,
}
