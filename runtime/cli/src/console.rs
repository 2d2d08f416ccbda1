//! Standard output and standard error, as people see them.
//!
//! Owns both streams, except while `serve` runs: then standard output belongs to the protocol and
//! this module writes to standard error alone. Whatever a tool wrote is escaped before a terminal
//! sees it.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::time::Duration;

use indicatif::ProgressBar;

use crate::environment::{self, Surface};
use crate::escape::escape;

/// How often what moves does.
const TICK: Duration = Duration::from_millis(100);

/// How a piece of text looks where colours are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    /// What is wrong.
    Bad,
    /// A heading, or what matters in a line.
    Bold,
    /// What can be skipped.
    Dim,
    /// What went well.
    Good,
    /// What to do.
    Hint,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Bad => "31;1",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Hint => "36",
        }
    }
}

/// Both streams.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    out: Surface,
    err: Surface,
}

impl Console {
    /// The streams of this process.
    pub(crate) fn new() -> Self {
        Self {
            out: environment::stdout(),
            err: environment::stderr(),
        }
    }

    /// Writes text of our own to standard output.
    ///
    /// # Errors
    ///
    /// The stream cannot be written.
    #[expect(clippy::unused_self, reason = "whoever prints holds the console")]
    pub(crate) fn print(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') && !text.is_empty() {
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// Writes text of a tool to standard output: byte for byte into a file or pipe, escaped on a
    /// terminal.
    ///
    /// # Errors
    ///
    /// The stream cannot be written.
    pub(crate) fn print_foreign(self, text: &str) -> io::Result<()> {
        let text = if self.out.terminal {
            escape(text)
        } else {
            Cow::Borrowed(text)
        };
        self.print(&text)
    }

    /// Writes text of our own to standard error. A failure is ignored: there is nowhere left to
    /// report it.
    #[expect(clippy::unused_self, reason = "whoever prints holds the console")]
    pub(crate) fn note(self, text: &str) {
        let mut err = io::stderr().lock();
        let _ = err.write_all(text.as_bytes());
        if !text.ends_with('\n') {
            let _ = err.write_all(b"\n");
        }
        let _ = err.flush();
    }

    /// Something that moves on standard error until it is finished, where a person looks at it.
    pub(crate) fn waiting(self, text: &str) -> ProgressBar {
        if !self.err.terminal {
            return ProgressBar::hidden();
        }
        let moving = ProgressBar::new_spinner().with_message(text.to_owned());
        moving.enable_steady_tick(TICK);
        moving
    }

    /// Text as it looks on standard output.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        paint(self.out.colours, style, text)
    }

    /// Text as it looks on standard error.
    pub(crate) fn paint_note(self, style: Style, text: &str) -> String {
        paint(self.err.colours, style, text)
    }

    /// Whether standard output takes colours and a person looks at it.
    pub(crate) fn output_surface(self) -> Surface {
        self.out
    }

    /// Whether standard error takes colours and a person looks at it.
    pub(crate) fn error_surface(self) -> Surface {
        self.err
    }
}

fn paint(colours: bool, style: Style, text: &str) -> String {
    if colours {
        format!("\u{1b}[{}m{text}\u{1b}[0m", style.code())
    } else {
        text.to_owned()
    }
}
