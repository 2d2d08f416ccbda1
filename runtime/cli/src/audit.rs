//! `ringfence audit`: what was done, and whether the record of it is whole.
//!
//! Owns the way from a folder to what a person reads. Refuses to judge: the log's own crate does.

mod line;
mod verdict;

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use ringfence_audit::{Entry, Verify};

use crate::arguments::{
    AuditArguments, AuditCommand, SearchArguments, Shown, TailArguments, VerifyArguments,
};
use crate::console::Console;
use crate::environment;
use crate::failure::Failure;
use crate::stop::Stop;

/// Between two looks for new records. Short enough to look like at once.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// How much is printed in one go.
const PRINT_BYTES: usize = 32 * 1024;

/// Does what was asked for.
///
/// # Errors
///
/// The log cannot be read, or is not whole.
pub(crate) async fn run(
    arguments: AuditArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    match arguments.command {
        AuditCommand::Search(arguments) => search(&arguments, console, &stop),
        AuditCommand::Tail(arguments) => tail(&arguments, console, &stop).await,
        AuditCommand::Verify(arguments) => verify(&arguments, console),
    }
}

fn verify(arguments: &VerifyArguments, console: Console) -> Result<(), Failure> {
    let folder = folder(&arguments.shown)?;
    let options = Verify {
        from: arguments.from,
        mark: arguments.mark,
    };
    let report = ringfence_audit::verify(&folder, &options)
        .map_err(|error| Failure::AuditRead(Box::new(error)))?;
    if arguments.shown.json {
        console.print(&verdict::json(&report)?)?;
    } else {
        console.print(&verdict::words(&report, console))?;
    }
    match report.fault {
        None => Ok(()),
        Some(fault) => Err(Failure::AuditBroken(fault)),
    }
}

fn search(arguments: &SearchArguments, console: Console, stop: &Stop) -> Result<(), Failure> {
    let folder = folder(&arguments.shown)?;
    let mut printer = Printer::new(console, arguments.shown.json);
    let mut left = arguments.limit.unwrap_or(usize::MAX);
    let mut outcome = Ok(());
    if left == 0 {
        return Ok(());
    }
    ringfence_audit::search(&folder, &arguments.query(), |line, _| {
        left -= 1;
        outcome = printer.add(line);
        if left == 0 || outcome.is_err() || stop.gently.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
    .map_err(|error| Failure::AuditRead(Box::new(error)))?;
    outcome?;
    printer.print()?;
    if stop.gently.is_cancelled() {
        return Err(Failure::Interrupted);
    }
    Ok(())
}

async fn tail(arguments: &TailArguments, console: Console, stop: &Stop) -> Result<(), Failure> {
    let folder = folder(&arguments.shown)?;
    let unreadable = |error| Failure::AuditRead(Box::new(error));
    let mut printer = Printer::new(console, arguments.shown.json);
    let (lines, mut follower) =
        ringfence_audit::last(&folder, arguments.count).map_err(unreadable)?;
    for line in &lines {
        printer.add(line)?;
    }
    printer.print()?;
    if !arguments.follow {
        return Ok(());
    }
    let mut looks = tokio::time::interval(LOOK_AGAIN);
    loop {
        tokio::select! {
            biased;
            () = stop.gently.cancelled() => return Err(Failure::Interrupted),
            _ = looks.tick() => {}
        }
        let mut added = Ok(());
        follower
            .look(|line| {
                if added.is_ok() {
                    added = printer.add(line);
                }
            })
            .map_err(unreadable)?;
        added?;
        printer.print()?;
    }
}

fn folder(shown: &Shown) -> Result<PathBuf, Failure> {
    let folder = shown.dir.clone().or_else(environment::audit_folder);
    folder.ok_or(Failure::Homeless("--dir DIR"))
}

/// Records on their way to standard output.
struct Printer {
    console: Console,
    json: bool,
    text: String,
}

impl Printer {
    fn new(console: Console, json: bool) -> Self {
        Self {
            console,
            json,
            text: String::new(),
        }
    }

    fn add(&mut self, line: &str) -> Result<(), Failure> {
        match Entry::of(line).filter(|_| !self.json) {
            Some(entry) => line::push(&mut self.text, &entry, self.console),
            None => {
                // Writing to a string cannot fail.
                let _ = writeln!(self.text, "{line}");
            }
        }
        if self.text.len() >= PRINT_BYTES {
            self.print()?;
        }
        Ok(())
    }

    fn print(&mut self) -> Result<(), Failure> {
        if !self.text.is_empty() {
            self.console.print_foreign(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }
}
