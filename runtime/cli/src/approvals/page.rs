//! Approvals as people read them.
//!
//! What callers and tools wrote is escaped: a question must not be able to look like another one.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use ringfence_state::{ApprovalEntry, ApprovalState, Extent, Given};

use crate::console::{Console, Style};
use crate::escape::escape;
use crate::table::Table;

/// All of them, a line each.
pub(super) fn table(entries: &[ApprovalEntry]) -> String {
    if entries.is_empty() {
        return "nothing waits for an answer, and no answer holds".into();
    }
    let mut table = Table::new();
    table.row(["ID", "STATE", "TOOL", "CALLER", "ASKED", "ENDS", "MADE BY"]);
    for entry in entries {
        let question = &entry.question;
        table.row([
            entry.id.as_str(),
            &state(entry),
            &escape(&question.tool),
            &caller(entry),
            &format!("{} ago", time(since(entry.asked))),
            &ends(entry),
            &made_by(entry),
        ]);
    }
    table.render("")
}

/// One of them, whole.
pub(super) fn of(entry: &ApprovalEntry, console: Console) -> String {
    let question = &entry.question;
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} {value}",
            console.paint(Style::Dim, &format!("{label:<12}"))
        );
    };
    line("tool", &escape(&question.tool));
    line("digest", &question.digest);
    line("caller", &caller(entry));
    for (at, capability) in question.capabilities.iter().enumerate() {
        let label = if at == 0 { "could touch" } else { "" };
        let is_dangerous = u32::try_from(at).is_ok_and(|at| at < question.dangerous);
        let mark = if is_dangerous { " (dangerous)" } else { "" };
        line(label, &format!("{}{mark}", escape(capability)));
    }
    if question.more > 0 {
        line("", &format!("and {} more", question.more));
    }
    line("arguments", &escape(&question.shown));
    let asker = &question.asker;
    if !asker.call.is_empty() {
        let parent = asker
            .parent
            .as_deref()
            .map(|parent| format!(" of {parent}"));
        let call = format!("{}{}", asker.call, parent.unwrap_or_default());
        line(
            "call",
            &format!("{call}, request {}", escape(&asker.request)),
        );
    }
    line("state", &state(entry));
    line("asked", &format!("{} ago", time(since(entry.asked))));
    if entry.ends.is_some() {
        line("ends", &ends(entry));
    }
    if let Some(by) = &entry.by {
        line("decided by", &escape(by));
    }
    if let Some(decided) = entry.decided {
        line("decided", &format!("{} ago", time(since(decided))));
    }
    if let Some(used) = entry.used {
        line("used", &format!("{} ago", time(since(used))));
    }
    text
}

/// One of them, in a few words.
pub(super) fn line(entry: &ApprovalEntry) -> String {
    let tool = escape(&entry.question.tool);
    format!("`{tool}` for {} ({})", caller(entry), entry.id)
}

/// How far a yes goes.
pub(super) fn extent(given: Given) -> String {
    let arguments = if given.any_arguments {
        "any arguments"
    } else {
        "these arguments"
    };
    match given.extent {
        Extent::Once => format!("one call, with {arguments}"),
        Extent::For(lasts) => format!("calls in the next {}, with {arguments}", time(lasts)),
        Extent::Unchanged => format!("calls until the tool changes, with {arguments}"),
    }
}

/// The tool that makes the call, where a tool does.
fn made_by(entry: &ApprovalEntry) -> String {
    let maker = entry.question.asker.maker.as_deref();
    maker.map_or_else(|| "-".into(), |tool| escape(tool).into_owned())
}

fn caller(entry: &ApprovalEntry) -> String {
    let key = &entry.question.key;
    let mut caller = format!("{}/{}", key.tenant, escape(&key.principal));
    if !key.client.is_empty() {
        let _ = write!(caller, " ({})", escape(&key.client));
    }
    caller
}

fn state(entry: &ApprovalEntry) -> String {
    let any = if entry.any_arguments {
        ", any arguments"
    } else {
        ""
    };
    match (entry.state, entry.extent.as_deref()) {
        (ApprovalState::Given, Some("once")) => format!("given once{any}"),
        (ApprovalState::Given, Some("until")) => format!("given for a time{any}"),
        (ApprovalState::Given, _) => format!("given{any}"),
        (state, _) => state.to_string(),
    }
}

fn ends(entry: &ApprovalEntry) -> String {
    match (entry.state, entry.ends) {
        (ApprovalState::Asked | ApprovalState::Given | ApprovalState::Refused, Some(ends)) => {
            let left = ends.duration_since(SystemTime::now()).unwrap_or_default();
            format!("in {}", time(left))
        }
        (ApprovalState::Given, None) => "when the tool changes".into(),
        _ => "-".into(),
    }
}

fn since(then: SystemTime) -> Duration {
    SystemTime::now().duration_since(then).unwrap_or_default()
}

/// A time in the one unit that matters.
fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7_200 => (seconds / 60, "min"),
        7_200..172_800 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "d"),
    };
    format!("{count} {unit}")
}
