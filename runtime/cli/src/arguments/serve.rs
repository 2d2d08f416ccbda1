//! `ringfence serve`: its options.

use std::path::PathBuf;

use clap::Args;

use super::common::{Access, Logging};

/// Serve tools to an MCP client over standard input and output.
///
/// Every exported function becomes a tool. The client starts this command and speaks the Model
/// Context Protocol with it; nothing but the protocol is ever written to standard output, whatever
/// a tool prints. Every call leaves one record on standard error. Folders are watched: a tool that
/// is added, changed or removed shows up in the client.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence serve                                    the tools that come with ringfence
  ringfence serve --grant fs.read=./docs:/docs       and let them read one directory
  ringfence serve ./my-tool.wasm ./tools/            your own tool, and a folder of them
  claude mcp add ringfence -- ringfence serve        add it to Claude Code
  codex mcp add ringfence -- ringfence serve         add it to Codex")]
pub(crate) struct ServeArguments {
    /// Components, or folders of them. With none, the tools that come with ringfence.
    #[arg(value_name = "TOOL.wasm|DIR")]
    pub(crate) tools: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) access: Access,

    #[command(flatten)]
    pub(crate) logging: Logging,
}
