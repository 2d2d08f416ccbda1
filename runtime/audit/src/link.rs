//! A record's place in the chain.
//!
//! Owns what the chain adds to a record, and the proof that a line is one that this installation
//! wrote. A line is `{"v":1,"seq":N,BODY,"prev":"HASH","hash":"HASH"}`: its hash is taken with the key
//! over everything before `,"hash":`, and `prev` is the hash of the line before.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::key::{Hex, Key};
use crate::text::push_number;

const BEGIN: &[u8] = b"{\"v\":1,\"seq\":";
const PREVIOUS: &[u8] = b",\"prev\":\"";
const HASH: &[u8] = b",\"hash\":\"";
const END: &[u8] = b"\"}";

/// A record's number and hash: whoever keeps one can tell later whether the log still has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub(crate) seq: u64,
    pub(crate) hash: Hex,
}

impl Mark {
    /// Before the first record.
    pub(crate) const NONE: Self = Self {
        seq: 0,
        hash: [b'0'; 64],
    };

    /// The record's number. Zero before the first.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The record's hash, in hexadecimal digits.
    pub fn hash(&self) -> &str {
        // Digits, both as we make and as we parse them.
        std::str::from_utf8(&self.hash).unwrap_or_default()
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash())
    }
}

/// Text that is no mark.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "expected a record's number, a colon and its hash, as `ringfence audit verify` prints them"
)]
pub struct InvalidMark(());

impl FromStr for Mark {
    type Err = InvalidMark;

    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        let parsed = || {
            let (seq, hash) = text.split_once(':')?;
            Some(Self {
                seq: seq.parse().ok()?,
                hash: hex(hash.as_bytes())?,
            })
        };
        parsed().ok_or(InvalidMark(()))
    }
}

/// Writes `body` as the line after `mark`, which becomes the mark of that line.
pub(crate) fn seal(key: &Key, mark: &mut Mark, body: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let seq = mark.seq.saturating_add(1);
    out.extend_from_slice(BEGIN);
    push_number(out, seq);
    out.push(b',');
    out.extend_from_slice(body);
    out.extend_from_slice(PREVIOUS);
    out.extend_from_slice(&mark.hash);
    out.push(b'"');
    let hash = key.hash(out.get(start..).unwrap_or_default());
    out.extend_from_slice(HASH);
    out.extend_from_slice(&hash);
    out.extend_from_slice(END);
    out.push(b'\n');
    *mark = Mark { seq, hash };
}

/// A line that this installation wrote.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealed<'l> {
    pub(crate) mark: Mark,
    pub(crate) previous: Hex,
    pub(crate) body: &'l [u8],
}

impl Sealed<'_> {
    /// Whether it is the line after `mark`.
    pub(crate) fn follows(&self, mark: &Mark) -> bool {
        mark.seq.checked_add(1) == Some(self.mark.seq) && self.previous == mark.hash
    }
}

/// The proof of a line, without its newline. Nothing when this installation did not write it.
pub(crate) fn unseal<'l>(key: &Key, line: &'l [u8]) -> Option<Sealed<'l>> {
    let rest = line.strip_suffix(END)?;
    let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
    let hashed = rest.strip_suffix(HASH)?;
    let hash = hex(hash)?;
    if key.hash(hashed) != hash {
        return None;
    }
    let rest = hashed.strip_suffix(b"\"")?;
    let (rest, previous) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
    let rest = rest.strip_suffix(PREVIOUS)?.strip_prefix(BEGIN)?;
    let digits = rest.iter().position(|byte| *byte == b',')?;
    let (seq, body) = rest.split_at_checked(digits)?;
    Some(Sealed {
        mark: Mark {
            seq: std::str::from_utf8(seq).ok()?.parse().ok()?,
            hash,
        },
        previous: hex(previous)?,
        body: body.strip_prefix(b",")?,
    })
}

/// What kind of event a body is about. `time` and `run` stand before it, and neither is anybody
/// else's text.
pub(crate) fn event(body: &[u8]) -> &[u8] {
    const FIELD: &[u8] = b"\"event\":\"";
    let found = body.windows(FIELD.len()).position(|part| part == FIELD);
    let rest = found
        .and_then(|at| body.get(at + FIELD.len()..))
        .unwrap_or_default();
    rest.split(|byte| *byte == b'"').next().unwrap_or_default()
}

/// 64 hexadecimal digits.
pub(crate) fn hex(digits: &[u8]) -> Option<Hex> {
    let digits: Hex = digits.try_into().ok()?;
    let lower = digits
        .iter()
        .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    lower.then_some(digits)
}
