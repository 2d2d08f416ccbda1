//! What a call cost, for a person.

use std::fmt::Write as _;

use ringfence_sandbox::{Reached, Receipt, Truncated};

use crate::console::{Console, Style};
use crate::escape::escape;
use crate::quantity;
use crate::table::Table;

/// The receipt as a small table, for standard error.
pub(crate) fn table(receipt: &Receipt, console: Console) -> String {
    let granted = if receipt.granted.is_empty() {
        "nothing".to_owned()
    } else {
        receipt.granted.join(", ")
    };
    let cut: Vec<&str> = receipt.truncated.iter().copied().map(name).collect();
    let mut table = Table::new();
    let mut row = |label: &str, value: &str| {
        table.painted([label, value], |column, text| {
            if column == 0 {
                console.paint_note(Style::Dim, text)
            } else {
                text.to_owned()
            }
        });
    };
    row("time", &quantity::time(receipt.wall));
    row("processor", &quantity::time(receipt.cpu));
    row("instructions", &quantity::count(receipt.fuel));
    row("peak memory", &quantity::bytes(receipt.peak_memory_bytes));
    row("result", &quantity::bytes(receipt.result_bytes));
    row(
        "printed",
        &quantity::bytes(usize::try_from(receipt.output_bytes).unwrap_or(usize::MAX)),
    );
    row("granted", &granted);
    for (at, line) in receipt.reached.iter().enumerate() {
        row(if at == 0 { "reached" } else { "" }, &reached(line));
    }
    let below = &receipt.children;
    if !below.is_none() {
        let (fuel, cpu) = (quantity::count(below.fuel), quantity::time(below.cpu));
        let calls = below.calls;
        row(
            "called",
            &format!("{}: {fuel} instructions, {cpu} of processor", times(calls)),
        );
    }
    if !receipt.secrets.is_empty() {
        row("sent", &receipt.secrets.join(", "));
    }
    for (at, line) in receipt.denied.iter().enumerate() {
        row(if at == 0 { "denied" } else { "" }, &escape(line));
    }
    if receipt.denied_more > 0 {
        row("", &format!("and {} more", receipt.denied_more));
    }
    if !cut.is_empty() {
        row("cut short", &cut.join(", "));
    }
    table.render("  ")
}

/// One line of what was touched.
fn reached(line: &Reached) -> String {
    let mut text = escape(&line.target).into_owned();
    if let Some(method) = &line.method {
        let _ = write!(text, ", {}", escape(method));
    }
    // Writing to a string cannot fail.
    let _ = write!(text, ": {}", times(line.count));
    for (bytes, way) in [(line.sent_bytes, "out"), (line.received_bytes, "in")] {
        if bytes > 0 {
            let bytes = quantity::bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
            let _ = write!(text, ", {bytes} {way}");
        }
    }
    text
}

/// How often.
pub(crate) fn times(count: u64) -> String {
    match count {
        1 => "once".into(),
        count => format!("{count} times"),
    }
}

/// What was cut, in words.
pub(crate) fn name(truncated: Truncated) -> &'static str {
    match truncated {
        Truncated::Log => "log",
        Truncated::Stderr => "standard error",
        Truncated::Stdout => "standard output",
    }
}
