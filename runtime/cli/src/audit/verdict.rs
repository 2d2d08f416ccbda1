//! What verifying a log came to.

use std::fmt::Write as _;

use ringfence_audit::Report;
use serde_json::json;

use crate::console::{Console, Style};
use crate::failure::Failure;
use crate::quantity;

/// For people.
pub(super) fn words(report: &Report, console: Console) -> String {
    let verdict = match report.fault {
        None => console.paint(Style::Good, "whole"),
        Some(_) => console.paint(Style::Bad, "not whole"),
    };
    let records = quantity::count(report.records);
    let mut text = format!(
        "{verdict}: {records} records proved in {} files\n",
        report.files
    );
    // Writing to a string cannot fail.
    let _ = writeln!(text, "mark: {}", report.last);
    for incident in &report.incidents {
        let file = incident.place.file.display();
        let (line, event) = (incident.place.line, incident.event);
        let _ = writeln!(text, "note: {file}:{line}: {}", meaning(event));
    }
    let more = report
        .incidents_total
        .saturating_sub(report.incidents.len() as u64);
    if more > 0 {
        let _ = writeln!(text, "note: {more} more");
    }
    text
}

/// For programs.
pub(super) fn json(report: &Report) -> Result<String, Failure> {
    let document = json!({
        "whole": report.fault.is_none(),
        "files": report.files,
        "records": report.records,
        "mark": report.last.to_string(),
        "fault": report.fault,
        "incidents": report.incidents,
        "incidentsTotal": report.incidents_total,
    });
    serde_json::to_string_pretty(&document).map_err(|error| Failure::Print(error.into()))
}

fn meaning(event: &str) -> &str {
    match event {
        "damaged" => "the log was damaged before this record",
        "gap" => "records were lost before this one: they could not be written",
        "torn" => "a line that was not finished was cut off",
        other => other,
    }
}
