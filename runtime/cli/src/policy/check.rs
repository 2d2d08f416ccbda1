//! `ringfence check`: what is probably wrong with a policy file.

use std::fmt::Write as _;

use ringfence_catalog::Naming;
use ringfence_policy::{Known, Reach, check};

use crate::arguments::CheckArguments;
use crate::console::Console;
use crate::escape::escape;
use crate::failure::Failure;
use crate::load;

/// Prints a line for each thing that is probably wrong.
///
/// # Errors
///
/// There is one, the file or a tool cannot be read, or standard output cannot be written.
pub(super) fn run(arguments: &CheckArguments, console: Console) -> Result<(), Failure> {
    let file = super::read(&arguments.file)?;
    let catalog = load::catalog_of(&arguments.tools, Naming::default(), None)?;
    let components: Vec<_> = catalog.components().cloned().collect();
    let digests: Vec<_> = components
        .iter()
        .map(|component| component.digest())
        .collect();
    let tools: Vec<_> = components
        .iter()
        .zip(&digests)
        .map(|(component, digest)| Known {
            component: component.name(),
            digest,
            reach: Reach::of(component),
        })
        .collect();
    let lints = check(file.rules(), &tools);
    let mut page = String::new();
    for lint in &lints {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{lint}");
    }
    if lints.is_empty() {
        let rules = file.rules().len();
        page = format!(
            "{}: {rules} rules, nothing to say",
            arguments.file.display()
        );
    }
    console.print(&escape(&page))?;
    // What is only to be known fails nobody's build.
    match lints.iter().filter(|lint| !lint.note).count() {
        0 => Ok(()),
        count => Err(Failure::Lints { count }),
    }
}
