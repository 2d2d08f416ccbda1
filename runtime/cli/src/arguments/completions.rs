//! `ringfence completions`: its options.

use clap::Args;
use clap_complete::Shell;

/// Print a script that teaches your shell to complete `ringfence` commands.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringfence completions bash > ~/.local/share/bash-completion/completions/ringfence
  ringfence completions zsh > ~/.zfunc/_ringfence
  ringfence completions fish > ~/.config/fish/completions/ringfence.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}
