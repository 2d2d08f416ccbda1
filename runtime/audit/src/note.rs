//! What a log says about itself.
//!
//! Owns the records that nobody asked for: that a file was continued in another, that a torn line was
//! cut off, that the log was damaged, that records were lost. They stand in the chain like any other.

use crate::body::{Body, Run};
use crate::folder;
use crate::time::Timestamp;

/// Something about the log itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// The log is not what it was when it was last written.
    Damaged {
        /// The file.
        file: u64,
        /// What is wrong with it.
        what: &'static str,
        /// The record that was the last.
        last_seq: u64,
    },
    /// Records could not be kept until they could be written.
    Gap {
        /// How many.
        lost: u64,
    },
    /// A file is continued in another.
    Rotated {
        /// The file that ends.
        from: u64,
    },
    /// A line that was not finished, or bytes that are none of ours, stood at the end.
    Torn {
        /// The file.
        file: u64,
        /// Where they stood.
        offset: u64,
        /// How many.
        bytes: u64,
        /// Where they are now. Nothing when there was no room to keep them.
        saved: Option<String>,
    },
}

impl Note {
    /// Writes it, as an event is written.
    pub(crate) fn push(&self, out: &mut Vec<u8>, time: Timestamp, run: Run) {
        let mut body = Body::begin(out, time, run, self.word());
        match self {
            Self::Damaged {
                file,
                what,
                last_seq,
            } => {
                body.name("file", &folder::name(*file));
                body.name("what", what);
                body.number("last_seq", *last_seq);
            }
            Self::Gap { lost } => body.number("lost", *lost),
            Self::Rotated { from } => body.name("from", &folder::name(*from)),
            Self::Torn {
                file,
                offset,
                bytes,
                saved,
            } => {
                body.name("file", &folder::name(*file));
                body.number("offset", *offset);
                body.number("bytes", *bytes);
                body.name("saved", saved.as_deref().unwrap_or("no"));
            }
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => DAMAGED,
            Self::Gap { .. } => "gap",
            Self::Rotated { .. } => "rotated",
            Self::Torn { .. } => "torn",
        }
    }
}

/// The event that says that the log is not what it was.
pub(crate) const DAMAGED: &str = "damaged";

/// The events that whoever verifies a log should hear of.
pub(crate) const INCIDENTS: [&str; 3] = [DAMAGED, "gap", "torn"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::KINDS;

    #[test]
    fn what_a_log_writes_about_itself_can_be_searched_for() {
        let notes = [
            Note::Damaged {
                file: 1,
                what: "",
                last_seq: 1,
            },
            Note::Gap { lost: 1 },
            Note::Rotated { from: 1 },
            Note::Torn {
                file: 1,
                offset: 1,
                bytes: 1,
                saved: None,
            },
        ];
        assert!(notes.iter().all(|note| KINDS.contains(&note.word())));
    }
}
