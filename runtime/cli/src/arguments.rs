//! The command line as types.
//!
//! Owns commands, options and their help texts. Refuses to open, read or run anything: what passes
//! here is well formed, not yet known to exist.

mod approvals;
mod audit;
mod call;
mod common;
mod compile;
mod completions;
mod demo;
mod inspect;
mod install;
mod learn;
mod pack;
mod pin;
mod policy;
mod publish;
mod quantity;
mod secret;
mod serve;

use clap::{Parser, Subcommand};

pub(crate) use approvals::{
    ApprovalsArguments, ApprovalsCommand, ApproveArguments, Asking, StatePlace,
};
pub(crate) use audit::{
    AuditArguments, AuditCommand, Recording, SearchArguments, Shown, TailArguments, Target,
    VerifyArguments,
};
pub(crate) use call::CallArguments;
pub(crate) use common::{Access, LogFormat, LogLevel, Logging};
pub(crate) use compile::CompileArguments;
pub(crate) use completions::CompletionsArguments;
pub(crate) use demo::DemoArguments;
pub(crate) use inspect::InspectArguments;
pub(crate) use install::{
    AddArguments, Compiled, DisableArguments, EnableArguments, GcArguments, InfoArguments,
    ListArguments, Named, Reaching, RemoveArguments, RollbackArguments,
    SearchArguments as FindArguments, ShelfPlace, Trusting, UpdateArguments,
};
pub(crate) use learn::{LearnArguments, Scratched};
pub(crate) use pack::PackArguments;
pub(crate) use pin::{Pin, PinArguments, PinCommand, PinPlace, Pins};
pub(crate) use policy::{
    CheckArguments, ExplainArguments, PolicyArguments, PolicyCommand, SealArguments,
    VerifySealArguments,
};
pub(crate) use publish::{
    KeygenArguments, PullArguments, PushArguments, SignArguments, VerifySourceArguments,
};
pub(crate) use secret::{SecretArguments, SecretCommand, SecretPlace, VaultPlace};
pub(crate) use serve::{Listen, ServeArguments};

/// Runs tools for language models in a WebAssembly sandbox.
///
/// A tool is a WebAssembly component. Every function it exports becomes a tool that any MCP client
/// can call. Each call runs in a fresh sandbox that can reach nothing but what you granted, within
/// limits on time, memory and output, and tells you afterwards what it cost.
#[derive(Debug, Parser)]
#[command(
    name = "ringfence",
    bin_name = "ringfence",
    version,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "\
Start here:
  ringfence demo                                     one minute that shows what it does
  ringfence call text stats '{\"text\": \"a b\"}'        call a tool by hand
  ringfence inspect TOOL.wasm                        what a tool offers and asks for
  ringfence add oci://registry.example/org/tool:1.0           install a tool from a registry
  ringfence serve --grant fs.read=./docs:/docs       serve tools to an MCP client

`ringfence COMMAND --help` explains each, with examples."
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Add(AddArguments),
    Approvals(ApprovalsArguments),
    Audit(AuditArguments),
    Call(CallArguments),
    Check(CheckArguments),
    Compile(CompileArguments),
    Completions(CompletionsArguments),
    Demo(DemoArguments),
    Disable(DisableArguments),
    Enable(EnableArguments),
    Gc(GcArguments),
    Info(InfoArguments),
    Inspect(InspectArguments),
    Keygen(KeygenArguments),
    Learn(LearnArguments),
    List(ListArguments),
    Pack(PackArguments),
    Pin(PinArguments),
    Policy(PolicyArguments),
    Pull(PullArguments),
    Push(PushArguments),
    Remove(RemoveArguments),
    Rollback(RollbackArguments),
    Search(FindArguments),
    Secret(SecretArguments),
    Serve(ServeArguments),
    Sign(SignArguments),
    Update(UpdateArguments),
    Verify(VerifySourceArguments),
}

impl Command {
    /// How this command logs.
    pub(crate) fn logging(&self) -> Logging {
        match self {
            Self::Call(arguments) => arguments.logging.with_default(LogLevel::Warn),
            Self::Learn(arguments) => arguments.logging.with_default(LogLevel::Error),
            Self::Serve(arguments) => arguments.logging.with_default(LogLevel::Info),
            Self::Add(_)
            | Self::Approvals(_)
            | Self::Audit(_)
            | Self::Check(_)
            | Self::Compile(_)
            | Self::Completions(_)
            | Self::Demo(_)
            | Self::Disable(_)
            | Self::Enable(_)
            | Self::Gc(_)
            | Self::Info(_)
            | Self::Inspect(_)
            | Self::Keygen(_)
            | Self::List(_)
            | Self::Pack(_)
            | Self::Pin(_)
            | Self::Policy(_)
            | Self::Pull(_)
            | Self::Push(_)
            | Self::Remove(_)
            | Self::Rollback(_)
            | Self::Search(_)
            | Self::Secret(_)
            | Self::Sign(_)
            | Self::Update(_)
            | Self::Verify(_) => Logging::default().with_default(LogLevel::Error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in CommandLine::command().get_subcommands() {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                help.contains("  ringfence "),
                "`{}` shows none",
                command.get_name()
            );
        }
    }
}
