//! `ringfence pack`: its options.

use std::path::PathBuf;

use clap::Args;

/// Make a tool out of what a compiler built: add its manifest, and the words of its WIT.
///
/// Takes a component, or a core module that bindings were generated for. The same input gives the
/// same bytes. Packing again replaces what was packed before.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence pack built.wasm --manifest tool.toml --wit wit -o my-tool.wasm
  ringfence inspect ./my-tool.wasm                   see what came of it")]
pub(crate) struct PackArguments {
    /// The component or core module.
    #[arg(value_name = "BUILT.wasm")]
    pub(crate) built: PathBuf,

    /// The manifest: name, version, constraints, and the capabilities that the tool asks for.
    #[arg(long, value_name = "FILE", default_value = "tool.toml")]
    pub(crate) manifest: PathBuf,

    /// The folder of its WIT files, whose comments become the descriptions that clients see.
    #[arg(long, value_name = "DIR")]
    pub(crate) wit: Option<PathBuf>,

    /// The world that it was built for, where the WIT files have more than one.
    #[arg(long, value_name = "NAME", requires = "wit")]
    pub(crate) world: Option<String>,

    /// Where to write the tool.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}
