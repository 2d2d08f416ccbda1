//! What parent and worker say to each other.
//!
//! Owns the bytes on both pipes: limits and a component one way, machine code or a reason the other way.
//! Both ends are one build, so that there is no version. Trusts neither end: every length is bounded by
//! who reads.

use std::io::{self, Read, Write};
use std::time::Duration;

use ringfence_tool::COMPONENT_BYTES_MAX;

use super::WorkerLimits;
use crate::cache::ARTIFACT_BYTES_MAX;

/// Bytes of a reason. Bounds what a worker that went wrong makes us hold and show.
const REASON_BYTES_MAX: usize = 4096;

const MADE: u8 = 0;
const REFUSED: u8 = 1;

/// What became of a component.
pub(super) enum Answer {
    /// Machine code.
    Made(Vec<u8>),
    /// Why there is none.
    Refused(String),
}

/// Asks for a component to be compiled.
pub(super) fn ask(
    pipe: &mut impl Write,
    limits: &WorkerLimits,
    component: &[u8],
) -> io::Result<()> {
    pipe.write_all(&limits.memory_bytes.to_le_bytes())?;
    pipe.write_all(&limits.cpu.as_secs().to_le_bytes())?;
    pipe.write_all(component)
}

/// The limits: what there is to read before anything can be limited.
pub(super) fn read_limits(pipe: &mut impl Read) -> io::Result<WorkerLimits> {
    let mut number = || {
        let mut bytes = [0; 8];
        pipe.read_exact(&mut bytes)?;
        io::Result::Ok(u64::from_le_bytes(bytes))
    };
    Ok(WorkerLimits {
        memory_bytes: number()?,
        cpu: Duration::from_secs(number()?),
        // The parent's to watch.
        wall: Duration::MAX,
    })
}

/// The component, up to the end of the pipe.
pub(super) fn read_component(pipe: &mut impl Read) -> io::Result<Vec<u8>> {
    bounded(pipe, COMPONENT_BYTES_MAX as u64)
}

/// Answers.
pub(super) fn answer(pipe: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let (kind, bytes) = match answer {
        Answer::Made(code) => (MADE, code.as_slice()),
        Answer::Refused(reason) => (REFUSED, cut(reason.as_bytes())),
    };
    pipe.write_all(&[kind])?;
    pipe.write_all(bytes)?;
    pipe.flush()
}

/// The answer, up to the end of the pipe. Nothing where there is none.
pub(super) fn read_answer(pipe: &mut impl Read) -> io::Result<Option<Answer>> {
    let mut kind = Vec::new();
    pipe.take(1).read_to_end(&mut kind)?;
    let bytes = bounded(pipe, ARTIFACT_BYTES_MAX)?;
    Ok(match kind.first() {
        Some(&MADE) => Some(Answer::Made(bytes)),
        Some(&REFUSED) => {
            let reason = String::from_utf8_lossy(cut(&bytes)).into_owned();
            Some(Answer::Refused(reason))
        }
        _ => None,
    })
}

fn cut(reason: &[u8]) -> &[u8] {
    reason.get(..REASON_BYTES_MAX).unwrap_or(reason)
}

fn bounded(pipe: &mut impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        let reason = format!("there are more than {max} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read() {
        let limits = WorkerLimits::default();
        let mut bytes = Vec::new();
        ask(&mut bytes, &limits, b"component").unwrap();
        let mut pipe = bytes.as_slice();
        let read = read_limits(&mut pipe).unwrap();
        assert_eq!(
            (read.memory_bytes, read.cpu),
            (limits.memory_bytes, limits.cpu)
        );
        assert_eq!(read_component(&mut pipe).unwrap(), b"component");
    }

    #[test]
    fn what_is_no_answer_is_none() {
        assert!(matches!(read_answer(&mut &b""[..]), Ok(None)));
        assert!(matches!(read_answer(&mut &b"\x02code"[..]), Ok(None)));
        let long = [vec![REFUSED], vec![b'x'; 100_000]].concat();
        let Ok(Some(Answer::Refused(reason))) = read_answer(&mut long.as_slice()) else {
            panic!("a long reason is a reason")
        };
        assert_eq!(reason.len(), REASON_BYTES_MAX);
    }

    #[test]
    fn what_never_ends_is_not_held() {
        assert!(read_answer(&mut io::repeat(MADE)).is_err());
        assert!(read_component(&mut io::repeat(0)).is_err());
    }
}
