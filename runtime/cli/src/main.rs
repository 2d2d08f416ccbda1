//! The `ringfence` binary: parse, run, exit code.
//!
//! Owns what needs a person, a terminal or the process itself: arguments, colours, signals, exit
//! codes, and everything ambient, which it turns into values for the rooms below. Refuses to know
//! what a call does: every one goes through the server's funnel.

#![forbid(unsafe_code)]

mod access;
mod approvals;
mod arguments;
mod audit;
mod call;
mod compile;
mod completions;
mod console;
mod demo;
mod descriptors;
mod direct;
mod environment;
mod escape;
mod executor;
mod exit_code;
mod failure;
mod inspect;
mod install;
mod json;
mod learn;
mod load;
mod log;
mod pack;
mod pin;
mod policy;
mod quantity;
mod receipt;
mod recording;
mod secret;
mod serve;
mod shelved;
mod stop;
mod table;
mod trust;
mod values;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Command, CommandLine};
use console::Console;
use failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = match CommandLine::try_parse() {
        Ok(line) => line.command,
        // Help and version are answers, everything else is a usage error; clap knows which.
        Err(answer) => {
            let code = u8::try_from(answer.exit_code()).unwrap_or(exit_code::USAGE);
            return ExitCode::from(answer.print().map_or(exit_code::FAILED, |()| code));
        }
    };
    let console = Console::new();
    // Lines that still wait are written when this goes.
    let _logging = log::start(command.logging(), console.error_surface());
    match run(command, console) {
        Ok(()) => ExitCode::from(exit_code::OK),
        Err(failure) => {
            failure.show(console);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: Command, console: Console) -> Result<(), Failure> {
    match command {
        Command::Add(arguments) => executor::run(|stop| install::add(arguments, console, stop)),
        Command::Approvals(arguments) => executor::run(|_| approvals::run(arguments, console)),
        Command::Audit(arguments) => executor::run(|stop| audit::run(arguments, console, stop)),
        Command::Call(arguments) => executor::run(|stop| call::run(arguments, console, stop)),
        Command::Check(arguments) => policy::check(&arguments, console),
        Command::Compile(_) => compile::run(),
        Command::Completions(arguments) => completions::run(&arguments, console),
        Command::Demo(arguments) => executor::run(|stop| demo::run(arguments, console, stop)),
        Command::Disable(arguments) => install::disable(&arguments, console),
        Command::Enable(arguments) => install::enable(&arguments, console),
        Command::Gc(arguments) => install::gc(&arguments, console),
        Command::Info(arguments) => install::info(&arguments, console),
        Command::Inspect(arguments) => inspect::run(&arguments, console),
        Command::Keygen(arguments) => install::keygen(&arguments, console),
        Command::Learn(arguments) => executor::run(|stop| learn::run(arguments, console, stop)),
        Command::List(arguments) => install::list(&arguments, console),
        Command::Pack(arguments) => pack::run(&arguments, console),
        Command::Pin(arguments) => pin::run(&arguments, console),
        Command::Policy(arguments) => policy::run(&arguments, console),
        Command::Pull(arguments) => executor::run(|stop| install::pull(arguments, console, stop)),
        Command::Push(arguments) => executor::run(|stop| install::push(arguments, console, stop)),
        Command::Remove(arguments) => install::remove(&arguments, console),
        Command::Rollback(arguments) => install::rollback(&arguments, console),
        Command::Search(arguments) => install::search(&arguments, console),
        Command::Secret(arguments) => secret::run(&arguments, console),
        Command::Serve(arguments) => executor::run(|stop| serve::run(arguments, stop)),
        Command::Sign(arguments) => executor::run(|stop| install::sign(arguments, console, stop)),
        Command::Update(arguments) => {
            executor::run(|stop| install::update(arguments, console, stop))
        }
        Command::Verify(arguments) => {
            executor::run(|stop| install::verify(arguments, console, stop))
        }
    }
}
