//! The component's exports, and the host as its imports have it.

use std::time::Duration;

use crate::bindings::exports::ringfence::tool::completion::Reference;
use crate::bindings::exports::ringfence::tool::completion::{Guest as Completion, Suggestions};
use crate::bindings::exports::ringfence::tool::prompts::{
    Guest as Prompts, Prompt, PromptDescription,
};
use crate::bindings::exports::ringfence::tool::provider::{
    Guest as Provider, ToolDescription, ToolResult,
};
use crate::bindings::exports::ringfence::tool::resources::{
    Guest as Resources, ResourceDescription, TemplateDescription,
};
use crate::bindings::ringfence::tool::client::{self, Abilities, Answer, AskError, Question};
use crate::bindings::ringfence::tool::types::{Argument, ResourceContent, ToolError};
use crate::bindings::ringfence::tool::{announce, host};
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::host::Host;
use crate::{completion, prompts, resources, tools};

struct Conformance;

impl Provider for Conformance {
    fn describe() -> Vec<ToolDescription> {
        tools::describe()
    }

    fn call(name: String, arguments: String) -> Result<ToolResult, ToolError> {
        tools::call(&name, &arguments, &Imported)
    }
}

impl Resources for Conformance {
    fn describe_resources() -> Vec<ResourceDescription> {
        resources::describe()
    }

    fn describe_templates() -> Vec<TemplateDescription> {
        resources::describe_templates()
    }

    fn read(uri: String) -> Result<Vec<ResourceContent>, ToolError> {
        resources::read(&uri).map(|content| vec![content])
    }
}

impl Prompts for Conformance {
    fn describe_prompts() -> Vec<PromptDescription> {
        prompts::describe()
    }

    fn get(name: String, arguments: Vec<Argument>) -> Result<Prompt, ToolError> {
        prompts::get(&name, &arguments, &Imported)
    }
}

impl Completion for Conformance {
    fn complete(
        reference: Reference,
        argument: String,
        value: String,
        _others: Vec<Argument>,
    ) -> Suggestions {
        completion::complete(&reference, &argument, &value)
    }
}

/// The host that runs the component.
struct Imported;

impl Host for Imported {
    fn progress(&self, done: f64, total: f64) {
        host::progress(done, Some(total), None);
    }

    fn log(&self, line: &str) {
        host::log(host::LogLevel::Info, line);
    }

    fn background(&self) -> bool {
        host::background()
    }

    fn can_ask(&self) -> Abilities {
        client::can_ask()
    }

    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>, AskError> {
        client::ask(&questions)
    }

    fn tools_changed(&self) {
        announce::tools_changed();
    }

    fn prompts_changed(&self) {
        announce::prompts_changed();
    }

    fn pause(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        monotonic_clock::subscribe_duration(nanoseconds).block();
    }
}

#[expect(
    unsafe_code,
    reason = "generated: the canonical ABI hands over pointers"
)]
mod exports {
    crate::bindings::export!(Conformance with_types_in crate::bindings);
    use super::Conformance;
}
