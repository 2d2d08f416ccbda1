//! `ringfence policy explain`: what a tool may do, and which line says so.

use ringfence_identity::Caller;
use ringfence_policy::{Reach, Subject};

use crate::arguments::ExplainArguments;
use crate::console::Console;
use crate::escape::escape;
use crate::failure::Failure;
use crate::load;

/// Prints an explanation for each function, or for the one that was named.
///
/// # Errors
///
/// The policy or the tool cannot be read, there is no such function, or standard output cannot be
/// written.
pub(super) fn run(arguments: &ExplainArguments, console: Console) -> Result<(), Failure> {
    let super::Loaded { policy, .. } = super::of(&arguments.access)?;
    let component = load::component(&arguments.tool)?;
    let caller = arguments.caller.clone().unwrap_or_else(Caller::local);
    let reach = Reach::of(&component);
    let functions = component.interface().functions.iter();
    let wanted = functions.filter(|function| {
        let name = arguments.function.as_deref();
        name.is_none_or(|name| name == function.name.to_string())
    });
    let explanations: Vec<String> = wanted
        .map(|function| {
            let subject = Subject {
                component: component.name(),
                digest: &component.digest(),
                function: &function.name,
                reach: reach.clone(),
            };
            policy.explain(&caller, &subject).to_string()
        })
        .collect();
    if let (true, Some(function)) = (explanations.is_empty(), &arguments.function) {
        let known = component.interface().functions.iter();
        return Err(Failure::UnknownFunction {
            tool: arguments.tool.clone(),
            function: function.clone(),
            known: known.map(|function| function.name.to_string()).collect(),
        });
    }
    // Requests are a stranger's words.
    console.print(&escape(&explanations.join("\n")))?;
    Ok(())
}
