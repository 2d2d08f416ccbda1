//! `ringfence secret`: its subcommands and options.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ringfence_identity::TenantName;
use ringfence_secrets::{KeySource, SecretName};

use super::audit::Recording;

/// Keep secrets for tools, which never see them: set, list, remove, rotate.
///
/// A tool that was granted a secret finds a placeholder in the environment variable of its name,
/// `{{secret:NAME}}`, and puts that into a header. The value goes out only in that header of requests
/// to the host that the grant names, and is removed from whatever a tool says.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  ringfence secret set GITHUB_TOKEN                  asks, and shows nothing of what is typed
  ringfence secret set GITHUB_TOKEN < token.txt      reads a file
  ringfence secret list                              names, versions and ages; never values
  ringfence secret rotate GITHUB_TOKEN < new.txt     a new value, where there is one already
  ringfence secret rotate                            a new key for the vault, the same values
  ringfence secret remove GITHUB_TOKEN

Exit codes:
   4  the value is too short, too long, or cannot be read; nothing was stored
  13  no such secret, or the vault cannot be opened or written; the message says what to do"
)]
pub(crate) struct SecretArguments {
    #[command(subcommand)]
    pub(crate) command: SecretCommand,
}

/// What to do with a secret.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Set a secret from standard input, or from what is typed at the terminal.
    ///
    /// One line break at the end of the input is not part of the value, because editors and `echo`
    /// add it; `--exact` takes every byte. At least 8 bytes, at most 64 KiB. A value that was there
    /// is replaced, and gets the next version.
    Set {
        /// What it is called, such as `GITHUB_TOKEN`.
        #[arg(value_name = "NAME")]
        name: SecretName,

        /// Take every byte of the input, a line break at its end included.
        #[arg(long)]
        exact: bool,

        #[command(flatten)]
        place: SecretPlace,

        #[command(flatten)]
        recording: Recording,
    },
    /// Show names, versions and ages. Values are never shown.
    List {
        /// Print everything as one JSON array.
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        place: SecretPlace,
    },
    /// Remove a secret.
    Remove {
        /// What it is called.
        #[arg(value_name = "NAME")]
        name: SecretName,

        #[command(flatten)]
        place: SecretPlace,

        #[command(flatten)]
        recording: Recording,
    },
    /// Give a secret a new value, or, without a name, the vault a new key.
    ///
    /// With a name: the new value is read as `set` reads it, and there must be an old one. For when
    /// the value has been seen, after it was replaced where it is used.
    ///
    /// Without: a new key is drawn, and every secret sealed anew with it. For when the key, or an old
    /// copy of the vault, may have been seen. Where a command gives the key, let it print the old key
    /// and the new one, each on a line, then rotate, then the new one alone.
    Rotate {
        /// Which secret; the vault's key when none is named.
        #[arg(value_name = "NAME")]
        name: Option<SecretName>,

        /// Take every byte of the input, a line break at its end included.
        #[arg(long, requires = "name")]
        exact: bool,

        #[command(flatten)]
        place: SecretPlace,

        #[command(flatten)]
        recording: Recording,
    },
}

/// Whose secrets, and where they are.
#[derive(Debug, Clone, Args)]
pub(crate) struct SecretPlace {
    #[command(flatten)]
    pub(crate) vault: VaultPlace,

    /// Whose secrets.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "local",
        help_heading = "Where secrets are"
    )]
    pub(crate) tenant: TenantName,
}

/// Where secrets are, and what opens them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Where secrets are")]
pub(crate) struct VaultPlace {
    /// The folder of ringfence's state; secrets are in `secrets` below it [default: your state
    /// directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// What opens the vault: `file:PATH`, `keyring`, or `command:PROGRAM ARGUMENT…`, which prints a
    /// key and is run by no shell [default: a file beside the vault].
    #[arg(long, value_name = "SOURCE")]
    pub(crate) vault_key: Option<KeySource>,
}
