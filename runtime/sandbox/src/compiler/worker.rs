//! The worker's end.
//!
//! Owns its order: learn the limits, give everything else up, and only then read what a stranger wrote.

use std::io::{self, Read, Write};
use std::panic::{self, AssertUnwindSafe};

use wasmtime::Engine;

use super::confine::confine;
use super::frame::{self, Answer};
use crate::engine;

/// Compiles the component that standard input holds, for whoever started this process.
///
/// The process can do nothing else from then on: see [`Compiler::Worker`](super::Compiler::Worker).
///
/// # Errors
///
/// The pipes are broken, or the process cannot be confined: then nothing was read of the component.
pub fn work() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    serve(&mut input, &mut output)
}

fn serve(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let limits = frame::read_limits(input)?;
    // It looks at the processor, which takes files on some systems.
    let engine = engine::compiling().map_err(io::Error::other)?;
    confine(&limits)?;
    let component = frame::read_component(input)?;
    frame::answer(output, &compile(&engine, &component))
}

fn compile(engine: &Engine, component: &[u8]) -> Answer {
    // Nothing is left of the engine but what is dropped with the process.
    let compiling = AssertUnwindSafe(|| engine.precompile_component(component));
    let compiled = panic::catch_unwind(compiling);
    match compiled {
        Ok(Ok(code)) => Answer::Made(code),
        Ok(Err(error)) => Answer::Refused(format!("{error:#}")),
        Err(_) => Answer::Refused("the compiler failed on it".to_owned()),
    }
}
