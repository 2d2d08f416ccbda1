//! `ringfence-guest-pack GUEST_TOOLS MODULES INTO [PROGRAM=VERSION]…`: called by `build.sh`.

#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;

use ringfence_guest_pack::build;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [guest_tools, modules, into, toolchain @ ..] = arguments.as_slice() else {
        return Err(
            "usage: ringfence-guest-pack GUEST_TOOLS MODULES INTO [PROGRAM=VERSION]…".into(),
        );
    };
    let toolchain = toolchain
        .iter()
        .filter_map(|program| program.split_once('='))
        .map(|(program, version)| (program.to_owned(), version.to_owned()))
        .collect();
    let provenance = build(
        Path::new(guest_tools),
        Path::new(modules),
        Path::new(into),
        toolchain,
    )?;
    let mut output = io::stdout().lock();
    for (tool, built) in &provenance.tools {
        writeln!(
            output,
            "{tool:11} {:>7} bytes  {}",
            built.size, built.component
        )?;
    }
    Ok(())
}
