//! `ringfence completions`.

use clap::CommandFactory as _;

use crate::arguments::{CommandLine, CompletionsArguments};
use crate::console::Console;
use crate::failure::Failure;

/// Prints the script.
///
/// # Errors
///
/// Standard output cannot be written.
pub(crate) fn run(arguments: &CompletionsArguments, console: Console) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut command = CommandLine::command();
    clap_complete::generate(arguments.shell, &mut command, "ringfence", &mut script);
    Ok(console.print(&String::from_utf8_lossy(&script))?)
}
