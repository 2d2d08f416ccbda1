//! `ringfence approvals`: an operator's word on calls that wait for it.
//!
//! Owns how the queue looks and that nothing is approved of unseen. What an answer is bound to, and that
//! it is written down, is the server's business.

mod page;

use std::io::{self, BufRead as _, IsTerminal as _};
use std::time::Duration;

use ringfence_audit::Recorder;
use ringfence_server::admin::shown_approval;
use ringfence_server::approvals::{Approvals, PATIENCE};
use ringfence_state::{ApprovalEntry, ApprovalState, Extent, Given, State};
use serde_json::Value;

use crate::arguments::{
    ApprovalsArguments, ApprovalsCommand, ApproveArguments, Asking, StatePlace,
};
use crate::console::{Console, Style};
use crate::environment;
use crate::failure::Failure;
use crate::recording::Recorded;

/// Who is recorded as having decided.
const OPERATOR: &str = "the command line";

/// Runs one of the subcommands.
///
/// # Errors
///
/// There is no such approval, it is settled already, the person says no after all, or the state cannot be
/// used.
pub(crate) async fn run(arguments: ApprovalsArguments, console: Console) -> Result<(), Failure> {
    match arguments.command {
        ApprovalsCommand::List { all, json, place } => {
            let approvals = in_place(&place, Recorder::off())?;
            let entries = approvals.list(None, all).await?;
            console.print(&if json {
                let entries: Vec<Value> = entries.iter().map(shown_approval).collect();
                Value::from(entries).to_string()
            } else {
                page::table(&entries)
            })?;
        }
        ApprovalsCommand::Show { id, json, place } => {
            let entry = in_place(&place, Recorder::off())?.show(&id).await?;
            console.print(&if json {
                shown_approval(&entry).to_string()
            } else {
                page::of(&entry, console)
            })?;
        }
        ApprovalsCommand::Approve(arguments) => approve(arguments, console).await?,
        ApprovalsCommand::Deny {
            id,
            place,
            recording,
        } => {
            let recorded = Recorded::open(&recording)?;
            let approvals = in_place(&place, recorded.recorder())?;
            done(
                console,
                "denied",
                &approvals.decide(&id, None, OPERATOR).await?,
            );
        }
        ApprovalsCommand::Revoke {
            id,
            place,
            recording,
        } => {
            let recorded = Recorded::open(&recording)?;
            let approvals = in_place(&place, recorded.recorder())?;
            done(console, "revoked", &approvals.revoke(&id, OPERATOR).await?);
        }
    }
    Ok(())
}

async fn approve(arguments: ApproveArguments, console: Console) -> Result<(), Failure> {
    let recorded = Recorded::open(&arguments.recording)?;
    let approvals = in_place(&arguments.place, recorded.recorder())?;
    let given = Given {
        extent: match arguments.lasts {
            Some(lasts) => Extent::For(lasts),
            None if arguments.until_changed => Extent::Unchanged,
            None => Extent::Once,
        },
        any_arguments: arguments.any_arguments,
    };
    let id = arguments.id;
    if !arguments.yes {
        let entry = approvals.show(&id).await?;
        // What is settled is not asked about again; the answer below says what it is.
        let open = entry.state == ApprovalState::Asked || entry.is_standing_refusal();
        if open && !confirmed(&entry, given, console)? {
            return Err(Failure::NotApproved { id });
        }
    }
    let entry = approvals.decide(&id, Some(given), OPERATOR).await?;
    done(console, "approved", &entry);
    Ok(())
}

/// Where calls of this process get a person's word. Nothing where there is no place to keep one.
pub(crate) fn of(state: Option<State>, asking: Asking, audit: Recorder) -> Option<Approvals> {
    let patience = asking.approval_wait.unwrap_or(PATIENCE);
    Some(Approvals::new(state?, audit, patience))
}

fn in_place(place: &StatePlace, audit: Recorder) -> Result<Approvals, Failure> {
    let folder = place.state_dir.clone().or_else(environment::state_folder);
    let folder = folder.ok_or(Failure::StateFolder)?;
    Ok(Approvals::new(State::lazily(folder), audit, Duration::ZERO))
}

/// Whether the person at the terminal means it.
fn confirmed(entry: &ApprovalEntry, given: Given, console: Console) -> Result<bool, Failure> {
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(Failure::Unconfirmed);
    }
    console.note(&page::of(entry, console));
    console.note(&format!("approve {}? [y/N]", page::extent(given)));
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn done(console: Console, what: &str, entry: &ApprovalEntry) {
    let label = console.paint_note(Style::Good, what);
    console.note(&format!("{label} {}", page::line(entry)));
}
