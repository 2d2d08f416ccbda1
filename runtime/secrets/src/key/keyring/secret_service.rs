//! The Secret Service of a Linux session, which GNOME, KDE and others provide.
//!
//! Owns three questions to `secret-tool`, the client that comes with libsecret. A client for D-Bus of
//! our own would bring some forty crates and an executor into a process whose promise is to be small,
//! for one question at its start.

use std::io;

use zeroize::Zeroizing;

use super::{ACCOUNT, SERVICE, TIME_MAX};
use crate::key::program::{self, Ended, Program, ProgramError};
use crate::key::source::KeyError;

const TOOL: &str = "secret-tool";

/// What a person sees in the list of what the keyring holds.
const LABEL: &str = "--label=ringfence: what opens its vault";

/// How much of a complaint is repeated.
const COMPLAINT_CHARACTERS_MAX: usize = 200;

pub(super) fn read() -> Result<Option<Zeroizing<String>>, KeyError> {
    let ended = ask(Program::new(TOOL, &words("lookup")))?;
    if ended.status.success() {
        let text = program::text(&ended.printed).map_err(failed)?;
        return Ok(Some(Zeroizing::new(text.to_owned())));
    }
    // What is not there is said by the exit code alone.
    if ended.complaint.is_empty() {
        return Ok(None);
    }
    Err(complaint(&ended))
}

pub(super) fn write(text: &str) -> Result<(), KeyError> {
    let [store, attributes @ ..] = words("store");
    let [service, ringfence, account, vault] = attributes;
    let all = [store, LABEL, service, ringfence, account, vault];
    let ended = ask(Program::new(TOOL, &all).told(text))?;
    if ended.status.success() {
        return Ok(());
    }
    Err(complaint(&ended))
}

fn words(question: &'static str) -> [&'static str; 5] {
    [question, "service", SERVICE, "account", ACCOUNT]
}

fn ask(program: Program<'_>) -> Result<Ended, KeyError> {
    program.heard().run(TIME_MAX).map_err(|error| match error {
        ProgramError::Start(error) if error.kind() == io::ErrorKind::NotFound => failed(
            "the program `secret-tool` is not there: it is in the package libsecret-tools or libsecret",
        ),
        other => failed(&format!("`{TOOL}`: {other}")),
    })
}

/// What it says of why. It never says what an entry holds.
fn complaint(ended: &Ended) -> KeyError {
    let said = String::from_utf8_lossy(&ended.complaint);
    let line = said.lines().next().unwrap_or_default();
    let line = line.strip_prefix("secret-tool: ").unwrap_or(line);
    let line: String = line.escape_debug().take(COMPLAINT_CHARACTERS_MAX).collect();
    failed(&format!("`{TOOL}` says: {line}"))
}

fn failed(reason: &str) -> KeyError {
    KeyError::Keyring {
        reason: reason.to_owned(),
    }
}
