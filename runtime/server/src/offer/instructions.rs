//! What a model should know before it calls anything.

use ringfence_catalog::Catalog;
use ringfence_identity::Caller;
use ringfence_policy::{FileKind, Grant, Policy};

/// Bytes of the instructions. They stand in a model's context for as long as it is connected.
const INSTRUCTIONS_BYTES_MAX: usize = 4096;

/// Bytes of what a component says about itself there.
const LINE_BYTES_MAX: usize = 200;

/// The instructions for the tools of `catalog`.
pub(super) fn of(catalog: &Catalog, policy: &Policy) -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "Tools that run in a sandbox, one fresh sandbox for each call: nothing is kept between \
         calls. A tool reaches only what is listed here. When a result is an error, its text says \
         what to change; a limit that was reached means: ask for less in one call.\n",
    );
    for component in catalog.components() {
        let mut line = format!("\n- {}_*", component.name());
        let about = component.manifest().description.as_deref();
        let about = about
            .or_else(|| component.manifest().title.as_deref())
            .unwrap_or_default();
        if let Some(first) = about.lines().next().filter(|line| !line.is_empty()) {
            // Writing to a string cannot fail.
            let _ = write!(
                line,
                ": {}",
                first
                    .get(..first.floor_char_boundary(LINE_BYTES_MAX))
                    .unwrap_or(first)
            );
        }
        let reach: Vec<_> = policy
            .granted_to(&Caller::local(), component)
            .iter()
            .map(words)
            .collect();
        if !reach.is_empty() {
            let _ = write!(line, " ({})", reach.join(", "));
        }
        if text.len().saturating_add(line.len()) > INSTRUCTIONS_BYTES_MAX {
            text.push_str("\n- and more");
            break;
        }
        text.push_str(&line);
    }
    text
}

/// A grant as a model may read it: what the tool sees, and nothing of the host.
fn words(grant: &Grant) -> String {
    match grant {
        Grant::Env(name) => format!("knows the variable {name}"),
        Grant::Files(files) => {
            let may = match files.kind {
                FileKind::Change => "change",
                FileKind::Create => "create files in",
                FileKind::Delete => "delete from",
                FileKind::List => "list",
                FileKind::Read => "read",
                FileKind::Write => "read and write",
            };
            match &files.glob {
                Some(glob) => format!("may {may} {glob} in {}", files.guest),
                None => format!("may {may} {}", files.guest),
            }
        }
        Grant::Net(net) => format!("may request {net}"),
        Grant::Secret(secret) => format!("is known to {}", secret.host),
        Grant::Socket(socket) => format!("may connect to {socket}"),
        Grant::Kv(bucket) => format!("keeps {}", bucket.name),
        Grant::Tools(pattern) => format!("may call {pattern}"),
        Grant::Budget(_)
        | Grant::ClockPrecise
        | Grant::Config(_)
        | Grant::Random
        | Grant::Stdin
        | Grant::Stdout => grant.to_string(),
    }
}
