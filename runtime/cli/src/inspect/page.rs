//! The report as a page for people.

use std::fmt::Write as _;
use std::time::Duration;

use super::report::{FunctionReport, Report};
use crate::console::{Console, Style};
use crate::escape::escape;
use crate::quantity;
use crate::table::Table;

/// How a page is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) console: Console,
    pub(super) schema: bool,
}

impl Page {
    /// The whole page.
    pub(super) fn render(self, report: &Report<'_>) -> String {
        let mut page = self.head(report);
        page += &self.functions(report);
        page += &self.unavailable(report);
        page += &self.imports(report);
        page += &self.requests(report);
        page += &self.flags(report);
        page += &self.limits(report);
        page
    }

    fn heading(self, text: &str) -> String {
        format!("\n{}\n", self.console.paint(Style::Bold, text))
    }

    fn head(self, report: &Report<'_>) -> String {
        let about = &report.about;
        let mut head = self.console.paint(Style::Bold, report.name);
        if let Some(version) = &about.version {
            let _ = write!(head, " {version}");
        }
        if let Some(title) = about.title {
            let _ = write!(head, ": {title}");
        }
        head.push('\n');
        if let Some(description) = about.description {
            head += &indented(description, "  ");
        }
        let mut table = Table::new();
        if let Some(deprecated) = about.deprecated {
            table.row(["deprecated", deprecated]);
        }
        table.row(["digest", &report.digest]);
        let size = &report.footprint;
        table.row([
            "size",
            &format!(
                "{}, of which {} code in {} functions",
                quantity::bytes(report.bytes),
                quantity::bytes(usize::try_from(size.code_bytes).unwrap_or(usize::MAX)),
                size.functions
            ),
        ]);
        table.row(["engine profile", size.profile]);
        if let Some(license) = about.license {
            table.row(["license", license]);
        }
        if !about.authors.is_empty() {
            table.row(["authors", &about.authors.join(", ")]);
        }
        if !report.loadable {
            table.row(["loadable", "no: it imports what is not offered"]);
        }
        head + &table.render("  ")
    }

    fn functions(self, report: &Report<'_>) -> String {
        let mut text = self.heading("Functions");
        if !report.describes.is_empty() {
            let what = report.describes.join(", ");
            let _ = writeln!(text, "  describes itself, when it runs: {what}");
        } else if report.functions.is_empty() {
            text += "  none that can be called\n";
        }
        for function in &report.functions {
            let _ = writeln!(
                text,
                "  {}",
                self.console.paint(Style::Bold, &function.signature)
            );
            text += &indented(function.description, "      ");
            let tool = format!("as an MCP tool: {}", function.tool);
            let _ = writeln!(text, "      {}", self.console.paint(Style::Dim, &tool));
            if self.schema {
                text += &schemas(function);
            }
        }
        text
    }

    fn unavailable(self, report: &Report<'_>) -> String {
        if report.unavailable.is_empty() {
            return String::new();
        }
        let mut table = Table::new();
        for function in &report.unavailable {
            let export = match function.interface {
                Some(interface) => format!("{interface}#{}", function.function),
                None => function.function.to_owned(),
            };
            table.row([&export, function.reason]);
        }
        self.heading("Functions that cannot be called") + &table.render("  ")
    }

    fn imports(self, report: &Report<'_>) -> String {
        let mut text = self.heading("Imports: the most it could ask for");
        if report.imports.is_empty() {
            return text + "  none: it can compute, and touch nothing\n";
        }
        let mut table = Table::new();
        for import in &report.imports {
            table.row([import.name, import.standing, import.meaning]);
        }
        text += &table.render("  ");
        text
    }

    fn requests(self, report: &Report<'_>) -> String {
        let mut text = String::new();
        if !report.requests.is_empty() {
            let mut table = Table::new();
            for request in &report.requests {
                table.row([request.capability, request.reason]);
            }
            text += &self.heading("Requests: what its author says it needs");
            text += &table.render("  ");
        }
        text += &self.heading("Grants that would reach it");
        if report.grantable.is_empty() {
            text += "  none\n";
        }
        for form in &report.grantable {
            // What the author wrote is in it.
            let _ = writeln!(text, "  {}", escape(form));
        }
        text
    }

    fn flags(self, report: &Report<'_>) -> String {
        if report.flags.is_empty() {
            return String::new();
        }
        let mut text = self.heading("What to look at before it is trusted");
        for flag in &report.flags {
            let line = format!("{}: {}: “{}”", flag.place, flag.says, flag.excerpt);
            let _ = writeln!(text, "  {}", escape(&line));
        }
        text
    }

    fn limits(self, report: &Report<'_>) -> String {
        let mut table = Table::new();
        for (name, value) in &report.limits {
            let (label, value) = limit(name, *value);
            table.row([label.as_str(), &value]);
        }
        self.heading("Limits of one call") + &table.render("  ")
    }
}

/// A limit's name and value in words: the unit is the last word of its name.
fn limit(name: &str, value: u64) -> (String, String) {
    let size = usize::try_from(value).unwrap_or(usize::MAX);
    let (stem, value) = if let Some(stem) = name.strip_suffix("Bytes") {
        (stem, quantity::bytes(size))
    } else if let Some(stem) = name.strip_suffix("Ms") {
        (stem, quantity::time(Duration::from_millis(value)))
    } else {
        (name, quantity::count(value))
    };
    let words = match stem {
        "cpu" => "processor time",
        "fuel" => "instructions",
        "handles" => "open handles",
        "hostCall" => "data of one host call",
        "logLine" => "one log line",
        "logLines" => "log lines",
        "createdFiles" => "new files",
        "written" => "written to files",
        "output" => "standard output, error",
        "random" => "random data of one request",
        "tableElements" => "table elements",
        "wall" => "time",
        other => other,
    };
    (words.to_owned(), value)
}

fn schemas(function: &FunctionReport<'_>) -> String {
    let mut text = String::from("      input schema:\n");
    let pretty =
        |schema: &ringfence_tool::Object| serde_json::to_string_pretty(schema).unwrap_or_default();
    text += &indented(&pretty(function.input_schema), "        ");
    if let Some(schema) = function.output_schema {
        text += "      output schema:\n";
        text += &indented(&pretty(schema), "        ");
    }
    text
}

fn indented(text: &str, indent: &str) -> String {
    text.lines().fold(String::new(), |mut lines, line| {
        let _ = writeln!(lines, "{}", format!("{indent}{line}").trim_end());
        lines
    })
}
