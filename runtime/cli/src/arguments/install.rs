//! What has to do with installed tools: its commands and their options.

use std::path::PathBuf;

use clap::Args;
use ringfence_registry::IpNet;
use ringfence_tool::ComponentName;

use super::audit::Recording;
use crate::exit_code;

/// Install tools: from a registry, from behind HTTPS, or from a file.
///
/// What comes is kept in ringfence's state under the digest of its bytes, and the lock says what is
/// installed: that is what `ringfence serve` serves from now on, until you update it, wherever its name
/// leads by then. Installing grants nothing. A tool about which something is suspicious is shown first.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  ringfence add oci://registry.example/org/tool:1.0           from a registry; the tag is resolved once
  ringfence add oci://registry.example/org/tool@sha256:…      exactly this one
  ringfence add https://example.com/t.wasm#sha256=…  from behind HTTPS
  ringfence add ./tool.wasm                          a copy of a file
  ringfence add tool --registry registry.example/org          by its name there

Exit codes:
{}", exit_code::TABLE))]
pub(crate) struct AddArguments {
    /// Where from: `oci://…`, `https://…#sha256=…`, a path, or a name within `--registry`.
    #[arg(value_name = "SOURCE", required = true)]
    pub(crate) sources: Vec<String>,

    /// Where names lead: a registry, and what stands before the names in it.
    #[arg(long, value_name = "HOST/PATH")]
    pub(crate) registry: Option<String>,

    /// Install what something is suspicious about as well, without asking.
    #[arg(long)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) trusting: Trusting,

    #[command(flatten)]
    pub(crate) place: ShelfPlace,

    #[command(flatten)]
    pub(crate) reaching: Reaching,

    #[command(flatten)]
    pub(crate) compiled: Compiled,

    #[command(flatten)]
    pub(crate) recording: Recording,
}

/// Ask the sources of installed tools again, and show what would change before anything does.
///
/// The tag of a registry may lead to another tool by now, and a file may hold another. What is different
/// is told in words: what it asks for, what it can be called with, what it says. Nothing changes without a
/// yes. What was installed before can be gone back to with `ringfence rollback`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence update                                   everything that is installed
  ringfence update tool --yes                        without asking, after a look at it
  ringfence update tool --from oci://registry.example/org/tool:2.0")]
pub(crate) struct UpdateArguments {
    /// Names of installed tools; without any, all of them.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<ComponentName>,

    /// Another source for the one tool that is named.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) from: Option<String>,

    /// Change what is different without asking.
    #[arg(long)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) trusting: Trusting,

    #[command(flatten)]
    pub(crate) place: ShelfPlace,

    #[command(flatten)]
    pub(crate) reaching: Reaching,

    #[command(flatten)]
    pub(crate) compiled: Compiled,

    #[command(flatten)]
    pub(crate) recording: Recording,
}

/// Where machine code is kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct Compiled {
    /// Keep machine code in this folder: the one that `serve` is given [default: the user's cache].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// Take installed tools out. A server that runs takes it up.
///
/// Their bytes stay in the store until `ringfence gc`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence remove tool
  ringfence remove tool && ringfence gc              and its bytes as well")]
pub(crate) struct RemoveArguments {
    #[command(flatten)]
    pub(crate) named: Named,
}

/// Serve installed tools again that were disabled. A server that runs takes it up.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence enable tool")]
pub(crate) struct EnableArguments {
    #[command(flatten)]
    pub(crate) named: Named,
}

/// Keep installed tools, and do not serve them. A server that runs takes it up.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence disable tool")]
pub(crate) struct DisableArguments {
    #[command(flatten)]
    pub(crate) named: Named,
}

/// Go back to what was installed before the last update. Doing it again goes forth again.
///
/// Nothing is fetched: what was installed before is in the store.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence rollback tool")]
pub(crate) struct RollbackArguments {
    #[command(flatten)]
    pub(crate) named: Named,

    #[command(flatten)]
    pub(crate) trusting: Trusting,
}

/// Installed tools that something is done with.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Their names.
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<ComponentName>,

    #[command(flatten)]
    pub(crate) place: ShelfPlace,

    #[command(flatten)]
    pub(crate) recording: Recording,
}

/// Show what is installed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence list
  ringfence list --json | jq -r '.[].name'")]
pub(crate) struct ListArguments {
    /// Print everything as one JSON array.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) place: ShelfPlace,
}

/// Show what is known of an installed tool: where it is from, what it asks for, what it was before.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence info tool
  ringfence inspect tool                             what it offers, and its limits")]
pub(crate) struct InfoArguments {
    /// Its name.
    #[arg(value_name = "NAME")]
    pub(crate) name: ComponentName,

    #[command(flatten)]
    pub(crate) place: ShelfPlace,
}

/// Find tools by words, among those that are installed and those that come with ringfence.
///
/// Every word has to be in a tool's name, title, description, category, tags or functions.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence search json
  ringfence search read file --json")]
pub(crate) struct SearchArguments {
    /// Words.
    #[arg(value_name = "WORD", required = true)]
    pub(crate) words: Vec<String>,

    /// Print everything as one JSON array.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) place: ShelfPlace,
}

/// Remove from the store what no lock names.
///
/// What an installation that runs has fetched stays, and what can be gone back to as well.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence gc")]
pub(crate) struct GcArguments {
    #[command(flatten)]
    pub(crate) place: ShelfPlace,
}

/// Where installed tools are kept.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Where installed tools are kept")]
pub(crate) struct ShelfPlace {
    /// The lock that says what is installed [default: `ringfence.lock` in the folder of ringfence's state].
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Option<PathBuf>,

    /// The folder of ringfence's state, in which the store is [default: your state directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

/// Who has to have signed what.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Who has to have signed")]
pub(crate) struct Trusting {
    /// A trust file: whose signature tools from which source need [default: `trust.toml` in the folder of
    /// ringfence's state, where there is one].
    ///
    /// A file that cannot be read in full is refused.
    #[arg(long, value_name = "TRUST.toml")]
    pub(crate) trust: Option<PathBuf>,
}

/// How sources are reached.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How sources are reached")]
pub(crate) struct Reaching {
    /// Let the host that is asked be in this range of addresses that are not public; repeat for more.
    ///
    /// Only that host: where it leads to is public, or not reached.
    #[arg(long = "allow-private-registry", value_name = "CIDR")]
    pub(crate) private: Vec<IpNet>,

    /// Speak to registries in the clear. They have to be in a range that is named.
    #[arg(long, requires = "private")]
    pub(crate) plain_http: bool,

    /// Fetch nothing: only what is in the store already, and files.
    #[arg(long)]
    pub(crate) offline: bool,

    /// Where `docker login` keeps credentials [default: `config.json` in `DOCKER_CONFIG` or `~/.docker`].
    #[arg(long, value_name = "FILE")]
    pub(crate) registry_config: Option<PathBuf>,
}
