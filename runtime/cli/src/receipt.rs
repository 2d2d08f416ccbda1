//! What a call cost, for a person.

use ringfence_sandbox::{Receipt, Truncated};

use crate::console::{Console, Style};
use crate::quantity;
use crate::table::Table;

/// The receipt as a small table, for standard error.
pub(crate) fn table(receipt: &Receipt, console: Console) -> String {
    let granted = if receipt.capabilities.is_empty() {
        "nothing".to_owned()
    } else {
        receipt.capabilities.join(", ")
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
    if !cut.is_empty() {
        row("cut short", &cut.join(", "));
    }
    table.render("  ")
}

/// What was cut, in words.
pub(crate) fn name(truncated: Truncated) -> &'static str {
    match truncated {
        Truncated::Log => "log",
        Truncated::Stderr => "standard error",
        Truncated::Stdout => "standard output",
    }
}
