//! Where log records go: standard error, as lines for people or as JSON.
//!
//! Owns the subscriber and the thread that writes. Which records exist is decided where they are
//! written.

mod labelled;

use std::sync::OnceLock;

use ringfence_server::LOG_FILTER;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::arguments::{LogFormat, LogLevel, Logging};
use crate::environment::Surface;
use labelled::{JsonLines, TextLines};

/// Lines that wait to be written; further ones are lost. A client that starts us with a pipe for
/// standard error and never reads it would otherwise stop every call once the pipe is full.
const LINES_WAITING_MAX: usize = 4096;

/// Where lines of JSON go, when everything that happens is logged as such.
static LINES: OnceLock<NonBlocking> = OnceLock::new();

/// Where a line of JSON can be written for whoever reads the log, when the level and the format of the
/// log are such that it belongs there. What is written there may be lost, and never makes anybody wait.
pub(crate) fn lines() -> Option<NonBlocking> {
    LINES.get().cloned()
}

/// Starts logging, until what is returned is dropped. Does nothing when it has started already.
pub(crate) fn start(logging: Logging, surface: Surface) -> Option<WorkerGuard> {
    let level = logging.level.unwrap_or(LogLevel::Warn);
    if level == LogLevel::Off {
        return None;
    }
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(LINES_WAITING_MAX)
        .thread_name("ringfence-log")
        .finish(std::io::stderr());
    let default_format = if surface.terminal {
        LogFormat::Pretty
    } else {
        LogFormat::Json
    };
    let format = logging.format.unwrap_or(default_format);
    if format == LogFormat::Json && level >= LogLevel::Info {
        // The only error is one that is there already.
        let _ = LINES.set(writer.clone());
    }
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(level))
        .with_writer(writer)
        .with_ansi(surface.colours)
        .with_span_events(FmtSpan::NONE);
    // The only error is a subscriber that is there already.
    let _ = match format {
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .map_event_format(JsonLines)
            .try_init(),
        LogFormat::Pretty => builder.compact().map_event_format(TextLines).try_init(),
    };
    Some(guard)
}

/// Our own records from `level` up. Of our dependencies only what may be wrong: at lower levels they
/// write down the protocol itself, arguments included.
fn filter(level: LogLevel) -> EnvFilter {
    let directives = match level {
        LogLevel::Off => "off".to_owned(),
        LogLevel::Error => "error".to_owned(),
        LogLevel::Warn => "warn,rmcp=error".to_owned(),
        LogLevel::Info => LOG_FILTER.to_owned(),
        LogLevel::Debug => format!("{LOG_FILTER},ringfence=debug"),
        LogLevel::Trace => format!("{LOG_FILTER},ringfence=trace"),
    };
    EnvFilter::builder()
        .with_default_directive(LevelFilter::OFF.into())
        .parse_lossy(directives)
}
