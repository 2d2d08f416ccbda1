//! How the demonstration looks: headings, the table of attacks, and the JSON form.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use serde::Serialize;

use super::reach::Step;
use crate::console::{Console, Style};
use crate::escape::escape;
use crate::quantity;
use crate::table::Table;

/// How one attack ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) attack: &'static str,
    pub(super) tries: &'static str,
    pub(super) stopped_by: String,
    pub(super) stopped: bool,
    #[serde(serialize_with = "micros", rename = "afterMicros")]
    pub(super) after: Duration,
    pub(super) next_call: NextCall,
}

/// How an ordinary call went, right after an attack or in the midst of it.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NextCall {
    pub(super) right: bool,
    #[serde(serialize_with = "micros", rename = "afterMicros")]
    pub(super) after: Duration,
}

impl Row {
    /// Whether everything is as it must be.
    pub(super) fn holds(&self) -> bool {
        self.stopped && self.next_call.right
    }
}

/// The table of attacks.
pub(super) fn table(rows: &[Row], console: Console) -> String {
    let mut table = Table::new();
    let head = ["", "attack", "tries to", "stopped by", "after", "next call"];
    table.painted(head, |_, text| console.paint(Style::Dim, text));
    for row in rows {
        let mark = if row.holds() { "✓" } else { "✗" };
        let next = if row.next_call.right {
            format!("right, {}", quantity::time(row.next_call.after))
        } else {
            "wrong".to_owned()
        };
        let after = quantity::time(row.after);
        let cells = [mark, row.attack, row.tries, &row.stopped_by, &after, &next];
        table.painted(cells, |column, text| match column {
            0 | 3 if row.stopped => console.paint(Style::Good, text),
            0 | 3 => console.paint(Style::Bad, text),
            1 => console.paint(Style::Bold, text),
            5 if !row.next_call.right => console.paint(Style::Bad, text),
            _ => text.to_owned(),
        });
    }
    table.render("  ")
}

fn micros<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

/// Prints for people, or not at all when the output is for programs.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) console: Console,
    pub(super) silent: bool,
}

impl View {
    /// Prints text of ours.
    pub(super) fn print(self, text: &str) -> io::Result<()> {
        if self.silent {
            Ok(())
        } else {
            self.console.print(text)
        }
    }

    /// Prints text of a tool.
    pub(super) fn foreign(self, text: &str) -> io::Result<()> {
        if self.silent {
            Ok(())
        } else {
            self.console.print_foreign(&indented(text))
        }
    }

    /// Begins an act.
    pub(super) fn heading(self, text: &str) -> io::Result<()> {
        self.print(&format!("\n{}\n", self.console.paint(Style::Bold, text)))
    }

    /// Shows a command that does what follows.
    pub(super) fn command(self, command: &str) -> io::Result<()> {
        self.print(&self.console.paint(Style::Hint, &format!("  $ {command}")))
    }
}

/// One call of a tool that asks for files.
pub(super) fn step(step: &Step, console: Console) -> String {
    let mark = if step.right { "✓" } else { "✗" };
    let style = if step.right { Style::Good } else { Style::Bad };
    let grant = match &step.grant {
        Some(grant) => format!(" --grant {}", escape(grant)),
        None => String::new(),
    };
    let command = format!(
        "$ ringfence call files {} '{}'{grant}",
        step.function, step.arguments
    );
    let verdict = if step.returned { "allowed" } else { "denied" };
    format!(
        "  {}\n  {} {verdict}\n{}",
        console.paint(Style::Hint, &command),
        console.paint(style, mark),
        indented(&escape(&step.answer)),
    )
}

/// What to do next.
pub(super) fn goodbye(console: Console, took: Duration) -> String {
    let title = format!(
        "That was all, in {}. Add it to your client:",
        quantity::time(took)
    );
    let mut table = Table::new();
    table.row([
        "Claude Code",
        "claude mcp add ringfence -- ringfence serve --grant fs.read=.:/project",
    ]);
    table.row([
        "Codex",
        "codex mcp add ringfence -- ringfence serve --grant fs.read=.:/project",
    ]);
    table.row([
        "others",
        r#"{"mcpServers":{"ringfence":{"command":"ringfence","args":["serve"]}}}"#,
    ]);
    format!(
        "\n{}\n{}\n  `ringfence inspect TOOL.wasm` shows what a tool asks for before you trust it.\n",
        console.paint(Style::Bold, &title),
        table.render("  "),
    )
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |mut lines, line| {
        let _ = writeln!(lines, "    {line}");
        lines
    })
}
