//! `ringfence demo`: a minute that shows what it does.
//!
//! Owns the order of the three acts. Everything runs as it does for a client: the same funnel, the
//! same sandbox. Nothing is told that was not just measured.

mod attack;
mod reach;
mod stage;
mod view;

use std::time::Instant;

use serde_json::json;

use crate::access::{self, Streams};
use crate::arguments::{Access, DemoArguments};
use crate::call::answer::{self, Document};
use crate::console::Console;
use crate::direct;
use crate::failure::Failure;
use crate::receipt;
use crate::stop::Stop;
use attack::ATTACKS;
use reach::Step;
use stage::Stage;
use view::{Row, View};

/// Runs all acts.
///
/// # Errors
///
/// Something did not end as it must, or the host failed.
pub(crate) async fn run(
    arguments: DemoArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    let started = Instant::now();
    let view = View {
        console,
        silent: arguments.json,
    };
    let access = Access {
        no_cache: arguments.no_cache,
        ..Access::default()
    };
    let stage = Stage::open(
        access::open(&access, None, Streams::Tool)?.sandbox,
        stop.gently.clone(),
    )?;

    let first = work(&stage, view).await?;
    let rows = attacks(&stage, view).await?;
    view.heading("3. A tool reaches what it is granted, and nothing else")?;
    let steps = reach::steps(&access, &stop.gently).await?;
    for step in &steps {
        view.print(&view::step(step, console))?;
    }

    let wrong = rows.iter().filter(|row| !row.holds()).count()
        + steps.iter().filter(|step| !step.right).count();
    if arguments.json {
        console.print(&document(&first, &rows, &steps, wrong)?)?;
    } else {
        view.print(&view::goodbye(console, started.elapsed()))?;
    }
    if wrong > 0 {
        Err(Failure::Demo { count: wrong })
    } else {
        Ok(())
    }
}

/// The first act: an ordinary call, with its receipt.
async fn work(stage: &Stage, view: View) -> Result<serde_json::Value, Failure> {
    view.heading("1. A tool works")?;
    let (arguments, called) = stage.ordinary().await?;
    let output = direct::returned(&called.outcome, "text", "stats")?;
    view.command(&format!(
        "ringfence call text stats '{arguments}' --receipt"
    ))?;
    view.foreign(&answer::text(&output))?;
    view.print(&receipt::table(&called.receipt, view.console))?;
    let document = Document::of(&called);
    serde_json::to_value(document).map_err(|error| Failure::Print(error.into()))
}

/// The second act: every attack, then many at once.
async fn attacks(stage: &Stage, view: View) -> Result<Vec<Row>, Failure> {
    view.heading("2. Hostile tools are stopped, and the next call does not notice")?;
    let mut rows = Vec::new();
    for attack in ATTACKS {
        rows.push(stage.attack(attack).await?);
    }
    rows.push(stage.crowd().await?);
    view.print(&view::table(&rows, view.console))?;
    Ok(rows)
}

fn document(
    first: &serde_json::Value,
    rows: &[Row],
    steps: &[Step],
    wrong: usize,
) -> Result<String, Failure> {
    let document = json!({"ok": wrong == 0, "call": first, "attacks": rows, "reach": steps});
    serde_json::to_string_pretty(&document).map_err(|error| Failure::Print(error.into()))
}
