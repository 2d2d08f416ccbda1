//! What a component describes itself, at run time, beside its typed functions.
//!
//! Owns the interfaces of `ringfence:tool` that a component may export for it, and their functions.
//! Those are never tools: the host calls them on its own account. Refuses to know what they return.

use crate::interface::Function;

/// A function by which a component describes what it provides, or provides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderFunction {
    /// `provider.describe`: the tools.
    Describe,
    /// `provider.call`: runs one of them.
    Call,
    /// `resources.describe-resources`: the resources.
    DescribeResources,
    /// `resources.describe-templates`: the patterns of others.
    DescribeTemplates,
    /// `resources.read`: what one of them holds.
    Read,
    /// `prompts.describe-prompts`: the prompts.
    DescribePrompts,
    /// `prompts.get`: one of them, filled in.
    Get,
    /// `completion.complete`: what could be meant.
    Complete,
}

impl ProviderFunction {
    /// All of them, interface by interface.
    pub const ALL: [Self; 8] = [
        Self::Describe,
        Self::Call,
        Self::DescribeResources,
        Self::DescribeTemplates,
        Self::Read,
        Self::DescribePrompts,
        Self::Get,
        Self::Complete,
    ];

    /// The interface that holds it.
    pub fn interface(self) -> &'static str {
        match self {
            Self::Describe | Self::Call => "ringfence:tool/provider@0.1.0",
            Self::DescribeResources | Self::DescribeTemplates | Self::Read => {
                "ringfence:tool/resources@0.1.0"
            }
            Self::DescribePrompts | Self::Get => "ringfence:tool/prompts@0.1.0",
            Self::Complete => "ringfence:tool/completion@0.1.0",
        }
    }

    /// Whether it says what the component provides, and does nothing else.
    pub fn describes(self) -> bool {
        matches!(
            self,
            Self::Describe
                | Self::DescribeResources
                | Self::DescribeTemplates
                | Self::DescribePrompts
        )
    }

    /// What it is called there.
    pub fn export(self) -> &'static str {
        self.name().trim_start_matches('_')
    }

    /// Its name among the component's functions. No tool's name starts with an underscore, since no
    /// name in WIT does.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Describe => "_describe",
            Self::Call => "_call",
            Self::DescribeResources => "_describe-resources",
            Self::DescribeTemplates => "_describe-templates",
            Self::Read => "_read",
            Self::DescribePrompts => "_describe-prompts",
            Self::Get => "_get",
            Self::Complete => "_complete",
        }
    }
}

/// What a component describes itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each interface counts alone, and any of the sixteen sets is possible"
)]
pub struct Provides {
    /// Tools.
    pub tools: bool,
    /// Resources, and patterns of others.
    pub resources: bool,
    /// Prompts.
    pub prompts: bool,
    /// Suggestions while a person types.
    pub completion: bool,
}

impl Provides {
    /// Whether it is anything at all.
    pub fn any(self) -> bool {
        self.tools || self.resources || self.prompts || self.completion
    }
}

/// The functions of the interfaces that a component exports whole.
#[derive(Debug, Default)]
pub(crate) struct Provided(Vec<(ProviderFunction, Function)>);

impl Provided {
    pub(crate) fn add(&mut self, which: ProviderFunction, function: Function) {
        self.0.push((which, function));
    }

    pub(crate) fn get(&self, which: ProviderFunction) -> Option<&Function> {
        self.0
            .iter()
            .find(|(found, _)| *found == which)
            .map(|(_, function)| function)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Function> {
        self.0.iter().map(|(_, function)| function)
    }

    /// One function of an interface stands for it: they are only here together.
    pub(crate) fn provides(&self) -> Provides {
        let has = |which| self.get(which).is_some();
        Provides {
            tools: has(ProviderFunction::Call),
            resources: has(ProviderFunction::Read),
            prompts: has(ProviderFunction::Get),
            completion: has(ProviderFunction::Complete),
        }
    }
}
