//! The end of a policy file.
//!
//! Owns how a file says that it is whole: its last table is `[end]`, so that what was cut short is
//! seen; and a `seal` in it is the digest of all that stands above, so that what was changed is seen.

use ringfence_tool::Digest;

use super::error::PolicyFileProblem;

const END: &str = "[end]";
const SEAL: &str = "seal = \"";

/// Whether `text` ends as it must, and carries a digest that fits.
pub(super) fn check(text: &str) -> Result<bool, (usize, PolicyFileProblem)> {
    let count = text.lines().count();
    let last = text.lines().next_back().unwrap_or_default();
    if last == END {
        return Ok(false);
    }
    let seal = last
        .strip_prefix(SEAL)
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(seal) = seal else {
        return Err((count.max(1), PolicyFileProblem::NoEnd));
    };
    let above = body(text);
    if above.lines().next_back() != Some(END) {
        return Err((count, PolicyFileProblem::NoEnd));
    }
    let digest: Result<Digest, _> = seal.parse();
    if digest.is_ok_and(|digest| digest == Digest::of(above.as_bytes())) {
        Ok(true)
    } else {
        Err((count, PolicyFileProblem::Seal))
    }
}

/// `text` with a digest of what stands above it, instead of the one it may have.
pub(super) fn seal(text: &str) -> String {
    let sealed = text
        .lines()
        .next_back()
        .is_some_and(|line| line.starts_with(SEAL));
    let mut whole = if sealed { body(text) } else { text }.to_owned();
    if !whole.ends_with('\n') {
        whole.push('\n');
    }
    let digest = Digest::of(whole.as_bytes());
    whole.push_str(SEAL);
    whole.push_str(&digest.to_string());
    whole.push_str("\"\n");
    whole
}

/// What stands above the last line.
fn body(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    text.get(..end).unwrap_or_default()
}
