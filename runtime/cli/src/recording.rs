//! The log that a command keeps of its calls.
//!
//! Owns where it is. Opened before anything else that a command opens, closed after everything: what is
//! dropped in between is written.

use std::path::{Path, PathBuf};

use ringfence_audit::{Log, Recorder, Settings};

use crate::arguments::{Recording, Target};
use crate::environment;
use crate::failure::Failure;
use crate::log;

/// An open log, or none where none is wanted.
#[derive(Debug)]
pub(crate) struct Recorded {
    log: Option<Log>,
    folder: Option<PathBuf>,
}

impl Recorded {
    /// Opens what `recording` names.
    ///
    /// # Errors
    ///
    /// There is no folder for it, or one that was named cannot be used. Where the usual one cannot, a
    /// warning says so, and calls that can change something are refused until it can.
    pub(crate) fn open(recording: &Recording) -> Result<Self, Failure> {
        let started = |log: std::io::Result<Log>| log.map_err(Failure::Runtime);
        let (folder, named) = match &recording.target {
            Some(Target::Off) => return Ok(Self::none()),
            Some(Target::Stderr) => {
                return Ok(Self {
                    log: Some(started(Log::to_stream(std::io::stderr()))?),
                    folder: None,
                });
            }
            Some(Target::Folder(folder)) => (folder.clone(), true),
            None => {
                let folder = environment::audit_folder();
                (folder.ok_or(Failure::Homeless("--audit DIR"))?, false)
            }
        };
        let mut settings = Settings::in_folder(folder.clone());
        settings.durability = recording.durability.into();
        let log = started(match log::lines() {
            Some(lines) => Log::start_echoing(settings, lines),
            None => Log::start(settings),
        })?;
        if let Some(trouble) = log.recorder().health().trouble {
            if named {
                let reason = trouble.to_string();
                return Err(Failure::AuditOpen { folder, reason });
            }
            tracing::warn!(
                %trouble,
                folder = %folder.display(),
                "calls that can change something are refused; name another folder with `--audit`"
            );
        }
        Ok(Self {
            log: Some(log),
            folder: Some(folder),
        })
    }

    /// No log.
    pub(crate) fn none() -> Self {
        Self {
            log: None,
            folder: None,
        }
    }

    /// Whoever appends to it.
    pub(crate) fn recorder(&self) -> Recorder {
        self.log.as_ref().map_or_else(Recorder::off, Log::recorder)
    }

    /// Its folder, which no grant may reach.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }
}
