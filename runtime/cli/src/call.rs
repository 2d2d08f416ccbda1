//! `ringfence call`: one call, by hand.

pub(crate) mod answer;
mod events;
mod input;
mod streams;

use std::fmt::Write as _;
use std::sync::Arc;

use ringfence_sandbox::{Answer, Outcome};
use ringfence_server::pins;

use crate::access::{self, Streams};
use crate::approvals;
use crate::arguments::{CallArguments, Pin};
use crate::console::{Console, Style};
use crate::direct::{self, Direct};
use crate::escape::escape;
use crate::failure::Failure;
use crate::load;
use crate::pin;
use crate::receipt;
use crate::recording::Recorded;
use crate::shelved::Shelved;
use crate::stop::Stop;
use answer::Document;
use events::Printer;
use streams::{Piped, Wanted};

/// Lines of what a tool printed that are shown. Bounds how far a tool can scroll a terminal.
const LINES_SHOWN_MAX: usize = 200;

/// Denials that are shown of a call. Bounds what a tool that tries everything does to a terminal.
const DENIALS_SHOWN_MAX: usize = 5;

/// Makes the call and prints what came of it.
///
/// # Errors
///
/// Everything but a tool that returned.
pub(crate) async fn run(
    arguments: CallArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    // Standard input and files may keep us waiting, and a signal must still be heard.
    let ready = tokio::task::spawn_blocking(move || {
        let state = arguments.access.vault.state_dir.as_ref();
        let pinning = pin::of(&arguments.pins, state, Pin::Off)?;
        let shelved = Shelved::at(arguments.pins.lock.as_ref(), state).ok();
        let trust = arguments.pins.trusting.trust.as_ref();
        let shelved = shelved.map(|shelved| shelved.trusting(trust));
        let catalog = load::pinned(&arguments.tool, pinning.clone(), shelved)?;
        let recorded = Recorded::open(&arguments.recording)?;
        let lock = pinning.as_ref().map(|pinning| pinning.path());
        let ours = recorded.folder().into_iter().chain(lock);
        let enforced = access::open(&arguments.access, ours, Streams::Tool)?;
        let given = &arguments.arguments;
        let wanted = Wanted::of(&enforced.policy, given, arguments.json)?;
        let json = input::read(given, &arguments.tool, &arguments.function)?;
        let audit = recorded.recorder();
        pins::loaded(&audit, None, &catalog);
        let approvals = approvals::of(enforced.state, arguments.asking, audit.clone());
        let (policy, sandbox) = (enforced.policy, enforced.sandbox);
        let direct = Direct::asking(catalog, policy, sandbox, audit, approvals);
        Ok::<_, Failure>((direct, recorded, json, arguments, wanted))
    });
    let ready = tokio::select! {
        biased;
        () = stop.gently.cancelled() => return Err(Failure::Interrupted),
        ready = ready => ready.map_err(|error| Failure::Runtime(error.into()))?,
    };
    let (direct, recorded, json, arguments, wanted) = ready?;
    let (tool, function) = (arguments.tool.as_str(), arguments.function.as_str());
    let direct = direct.ok_or_else(|| Failure::UnknownTool {
        tool: tool.to_owned(),
        known: Vec::new(),
    })?;

    let printer = Printer::new(console);
    let piped = Piped::new(Arc::clone(&printer), wanted, console);
    let called = direct
        .call(tool, function, json, Arc::clone(&piped) as _, stop.gently)
        .await;
    // Whoever reads what was printed may keep us waiting, and a signal must still be heard.
    let finished = tokio::task::spawn_blocking(move || piped.finish()).await;
    let live = finished.map_err(|error| Failure::Runtime(error.into()))?;
    // The record is written before anybody can see that the call is over.
    drop(recorded);
    let dropped = printer.finish();
    if dropped > 0 {
        console.note(&format!(
            "{dropped} reports of the tool came too fast to be shown"
        ));
    }
    show(&called?, &arguments, console, live)
}

/// Shows what came of the call, and what the tool printed unless that was shown as it came.
fn show(
    answer: &Answer,
    arguments: &CallArguments,
    console: Console,
    live: bool,
) -> Result<(), Failure> {
    let (tool, function) = (arguments.tool.as_str(), arguments.function.as_str());
    if arguments.json {
        let document = Document::of(answer).render();
        console.print(&document.map_err(|error| Failure::Print(error.into()))?)?;
    } else if !live {
        printed("stdout", &answer.stdout, console);
        // A trap shows the end of standard error itself.
        if !matches!(answer.outcome, Outcome::Trapped(_)) {
            printed("stderr", &answer.stderr, console);
        }
    }
    if arguments.receipt {
        console.note(&receipt::table(&answer.receipt, console));
    } else if !arguments.json && !matches!(answer.outcome, Outcome::Returned(_)) {
        denied(&answer.receipt.denied, console);
    }
    let output = direct::returned(&answer.outcome, tool, function)?;
    if !arguments.json {
        console.print_foreign(&answer::text(&output))?;
    }
    Ok(())
}

/// Shows what a call that failed was denied, and what would allow it: a tool does not know.
fn denied(denials: &[String], console: Console) {
    let label = console.paint_note(Style::Dim, "denied");
    for line in denials.iter().take(DENIALS_SHOWN_MAX) {
        console.note(&format!("{label} | {}", escape(line)));
    }
    let more = denials.len().saturating_sub(DENIALS_SHOWN_MAX);
    if more > 0 {
        console.note(&format!("{label} | … {more} more; `--receipt` has them"));
    }
}

/// Shows what a tool printed, on standard error and made harmless.
fn printed(stream: &str, bytes: &[u8], console: Console) {
    if bytes.is_empty() {
        return;
    }
    let label = console.paint_note(Style::Dim, stream);
    let text = String::from_utf8_lossy(bytes);
    let text = escape(&text);
    let mut shown = String::new();
    for line in text.lines().take(LINES_SHOWN_MAX) {
        let _ = writeln!(shown, "{label} | {line}");
    }
    let more = text.lines().count().saturating_sub(LINES_SHOWN_MAX);
    if more > 0 {
        let _ = writeln!(shown, "{label} | … {more} more lines; `--json` has them");
    }
    console.note(&shown);
}
