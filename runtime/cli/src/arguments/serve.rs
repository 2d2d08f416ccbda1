//! `ringfence serve`: its options.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ringfence_catalog::Naming;

use super::approvals::Asking;
use super::audit::Recording;
use super::common::{Access, Logging};
use super::pin::Pins;

/// Serve tools to MCP clients: over standard input and output, over HTTP, or both.
///
/// Every exported function becomes a tool. Without `--http` one client starts this command and
/// speaks the Model Context Protocol with it over standard input and output; nothing but the
/// protocol is ever written to standard output, whatever a tool prints. Every call leaves one record,
/// which `ringfence audit` shows. Folders are watched: a tool that is added, changed or removed shows up in the
/// client.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence serve                                    what comes with ringfence, and what is installed
  ringfence serve --grant fs.read=./docs:/docs       and let them read one directory
  ringfence serve ./my-tool.wasm ./tools/            your own tool, and a folder of them
  claude mcp add ringfence -- ringfence serve        add it to Claude Code
  codex mcp add ringfence -- ringfence serve         add it to Codex
  ringfence serve --http 127.0.0.1:8080              for many clients: http://127.0.0.1:8080/mcp")]
pub(crate) struct ServeArguments {
    /// Components, or folders of them. With none, the tools that come with ringfence, and those that you
    /// installed with `ringfence add`.
    #[arg(value_name = "TOOL.wasm|DIR")]
    pub(crate) tools: Vec<PathBuf>,

    /// What clients call the tools.
    #[arg(long, value_name = "NAMES", value_enum, default_value_t = Names::Prefixed)]
    pub(crate) names: Names,

    #[command(flatten)]
    pub(crate) listen: Listen,

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

/// What clients call the tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Names {
    /// The component's name, and the function's: `text_stats`.
    #[default]
    Prefixed,
    /// The function's name alone, where no two components have the same.
    Bare,
}

impl From<Names> for Naming {
    fn from(names: Names) -> Self {
        match names {
            Names::Prefixed => Self::Prefixed,
            Names::Bare => Self::Bare,
        }
    }
}

/// Over what clients reach the server.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Over what clients reach the server")]
pub(crate) struct Listen {
    /// Serve MCP over HTTP at `/mcp` of this address, and over WebSocket at `/ws`.
    ///
    /// Standard input and output are left alone then, unless `--stdio` is there, too. Only addresses of
    /// this machine: everybody who can connect may call every tool. Port 0 takes a free one; the log says
    /// which.
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,

    /// Serve a client over standard input and output as well.
    #[arg(long, requires = "http")]
    pub(crate) stdio: bool,

    /// Do not serve WebSocket.
    #[arg(long, requires = "http")]
    pub(crate) no_websocket: bool,

    /// Serve health and metrics at `/healthz`, `/readyz` and `/metrics` of this address, and `/approvals` for
    /// those that have its key.
    #[arg(long, value_name = "ADDR", requires = "http")]
    pub(crate) admin: Option<SocketAddr>,

    /// The file with the key for `/approvals` of that address, 32 characters or more [default: `admin.key` in
    /// the state directory, made when it is not there].
    #[arg(long, value_name = "FILE", requires = "admin")]
    pub(crate) admin_key: Option<PathBuf>,

    /// Another name that clients reach the server by; repeat for more.
    ///
    /// Requests that name any other host, or come from a web page of any other, are refused. The
    /// names of this machine are always there.
    #[arg(long = "allow-host", value_name = "HOST", requires = "http")]
    pub(crate) hosts: Vec<String>,

    /// Listen on an address that other machines can reach, although there is no authentication yet.
    ///
    /// Everybody who can connect may call every tool. Only behind something that decides who can.
    #[arg(long, requires = "http")]
    pub(crate) allow_unauthenticated: bool,
}
