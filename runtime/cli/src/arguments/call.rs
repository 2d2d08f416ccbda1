//! `ringfence call`: its options.

use clap::Args;

use super::approvals::Asking;
use super::audit::Recording;
use super::common::{Access, Logging};
use super::pin::Pins;
use crate::exit_code;

/// Call one function of one tool, and print what it returns.
///
/// The call goes the same way as one from an MCP client: the same checks, sandbox, limits and
/// record. The result goes to standard output, a string as it is and everything else as JSON;
/// progress, log lines and whatever the tool printed go to standard error.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ringfence call text stats '{{\"text\": \"one two\"}}'
  ringfence call ./my-tool.wasm add '{{\"a\": 1, \"b\": 2}}' --receipt
  ringfence call files list '{{\"path\": \"/docs\"}}' --grant fs.read=./docs:/docs
  cat arguments.json | ringfence call data query - --json | jq .result

Exit codes:
{}", exit_code::TABLE))]
pub(crate) struct CallArguments {
    /// The name of a tool that comes with ringfence or is installed, or the path of a component.
    ///
    /// Text with a slash in it, or that ends in `.wasm`, is a path.
    #[arg(value_name = "TOOL")]
    pub(crate) tool: String,

    /// The function, as `ringfence inspect` lists it.
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: String,

    /// The arguments: a JSON object, or `-` to read one from standard input.
    #[arg(value_name = "JSON", default_value = "{}")]
    pub(crate) arguments: String,

    /// Print what the call cost on standard error.
    #[arg(long)]
    pub(crate) receipt: bool,

    /// Print everything as one JSON object: outcome, result, receipt, and what the tool printed.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) pins: Pins,

    #[command(flatten)]
    pub(crate) access: Access,

    #[command(flatten)]
    pub(crate) asking: Asking,

    #[command(flatten)]
    pub(crate) recording: Recording,

    #[command(flatten)]
    pub(crate) logging: Logging,
}
