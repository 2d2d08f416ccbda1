//! `ringfence compile`: the worker that every other command starts for itself.

use clap::Args;

/// Compile the component on standard input, for the ringfence that started this process.
///
/// It reads and writes frames that only the same build understands. It is no way to compile components by
/// hand: they are compiled when they are installed or first called.
#[derive(Debug, Args)]
#[command(
    hide = true,
    after_help = "\
Example:
  ringfence compile < FRAME        what `ringfence serve` does for each component"
)]
pub(crate) struct CompileArguments {}
