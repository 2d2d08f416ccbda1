//! `ringfence inspect`: what can be known of a tool before it ever runs.

mod capability;
mod page;
mod report;

use ringfence_policy::Budget;

use crate::arguments::InspectArguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::load;
use page::Page;
use report::Report;

/// Reads the component and prints what is known of it.
///
/// # Errors
///
/// The component cannot be loaded, or standard output cannot be written.
pub(crate) fn run(arguments: &InspectArguments, console: Console) -> Result<(), Failure> {
    let component = load::component(&arguments.tool)?;
    let budget = Budget::default();
    let report = Report::of(&component, &budget);
    if arguments.json {
        let json =
            serde_json::to_string_pretty(&report).map_err(|error| Failure::Print(error.into()))?;
        console.print(&json)?;
    } else {
        let page = Page {
            console,
            schema: arguments.schema,
        };
        console.print(&page.render(&report))?;
    }
    Ok(())
}
