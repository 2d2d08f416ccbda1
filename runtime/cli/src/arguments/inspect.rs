//! `ringfence inspect`: its options.

use clap::Args;

/// Show what a tool offers, what it asks for, and the limits it would run under.
///
/// Nothing of the tool runs: everything shown is read from its bytes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence inspect text                             a tool that comes with ringfence
  ringfence inspect ./my-tool.wasm                   one of your own, before you trust it
  ringfence inspect ./my-tool.wasm --json | jq '.functions[].inputSchema'")]
pub(crate) struct InspectArguments {
    /// The path of a component, or the name of a tool that comes with ringfence or is installed.
    #[arg(value_name = "TOOL.wasm")]
    pub(crate) tool: String,

    /// Show the input and output schemas, too.
    #[arg(long, conflicts_with = "json")]
    pub(crate) schema: bool,

    /// Print everything as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
