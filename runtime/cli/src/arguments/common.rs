//! Options that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ringfence_policy::{Budget, Grant};

use super::quantity::{bytes, seconds};
use super::secret::VaultPlace;
use crate::values::OneValue;

/// What tools may reach and use.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What tools may reach and use")]
pub(crate) struct Access {
    /// Let tools that ask for it reach something; repeat for more. Nothing is granted by default.
    ///
    /// `fs.read=HOST:GUEST` to read a directory, `fs.write=HOST:GUEST` to read and change it,
    /// `net=https://HOST` to send requests, `env=NAME` to see one environment variable, `kv=NAME` to keep
    /// things between calls, `config=KEY` to see a value that is set below. GUEST is the
    /// path under which the tool sees the directory. Only tools whose imports, and whose manifest when it has one, ask for such a
    /// capability get it.
    #[arg(long = "grant", value_name = "GRANT")]
    pub(crate) grants: Vec<Grant>,

    /// A policy file: what which tool may do for whom.
    ///
    /// It adds to what `--grant` says, and its denials win over it. A file that cannot be read in full
    /// is refused. `ringfence check FILE` looks for mistakes, `ringfence policy explain` shows what it
    /// comes to.
    #[arg(long, value_name = "POLICY.toml")]
    pub(crate) policy: Option<PathBuf>,

    /// Refuse a policy file without a seal, as `ringfence policy seal` writes it.
    ///
    /// A seal shows that a file has changed since a person looked at it, and that is lost with the seal itself:
    /// without this, a file whose seal was cut off looks like one that never had one.
    #[arg(long, requires = "policy")]
    pub(crate) require_seal: bool,

    /// A value for tools that are granted `config=KEY`; repeat for more.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) config_value: Vec<OneValue>,

    /// A file of such values: `KEY = "VALUE"` for everybody, and below `[tenant.NAME]` for one tenant.
    ///
    /// What `--config-value` says takes its place.
    #[arg(long, value_name = "VALUES.toml")]
    pub(crate) config_values: Option<PathBuf>,

    /// The longest that one call may take, waiting included [default: 30].
    ///
    /// Up to 600. A tool's manifest may ask for less, never for more. Processor time stays limited
    /// to 10 s.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// The most memory that one call may hold, over all its linear memories [default: 64MiB].
    ///
    /// Up to 512MiB. Bytes, or a number with KiB, MiB or GiB.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) memory: Option<usize>,

    /// Compile every tool anew instead of keeping machine code between runs.
    #[arg(long, conflicts_with = "cache_dir")]
    pub(crate) no_cache: bool,

    /// Where machine code is kept between runs [default: your cache directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) vault: VaultPlace,
}

impl Access {
    /// The limits of one call: the defaults, but for what was said.
    pub(crate) fn budget(&self) -> Budget {
        let mut budget = Budget::default();
        if let Some(timeout) = self.timeout {
            budget.wall = timeout;
        }
        if let Some(memory) = self.memory {
            budget.memory_bytes = memory;
        }
        budget
    }
}

/// What is logged, and how. Logs go to standard error.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Logging")]
pub(crate) struct Logging {
    /// How much to log on standard error [default: info for `serve`, warn otherwise].
    #[arg(long = "log-level", value_name = "LEVEL")]
    pub(crate) level: Option<LogLevel>,

    /// How to log [default: pretty on a terminal, JSON lines otherwise].
    #[arg(long = "log-format", value_name = "FORMAT")]
    pub(crate) format: Option<LogFormat>,
}

impl Logging {
    /// These settings, with a level when none was given.
    pub(crate) fn with_default(self, level: LogLevel) -> Self {
        Self {
            level: self.level.or(Some(level)),
            ..self
        }
    }
}

/// How much to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum LogLevel {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What may be wrong, too.
    Warn,
    /// What the process does, too.
    Info,
    /// Detail, too.
    Debug,
    /// Everything.
    Trace,
}

/// How log records look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object for each record.
    Json,
}
