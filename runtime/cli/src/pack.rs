//! `ringfence pack`: from what a compiler built to a tool.

mod sources;

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use ringfence_tool::{COMPONENT_BYTES_MAX, WitSource, pack};

use crate::arguments::PackArguments;
use crate::console::{Console, Style};
use crate::failure::Failure;
use crate::quantity;
use sources::{SOURCE_BYTES_MAX, Source};

/// Packs, and writes the tool.
///
/// # Errors
///
/// A file cannot be read or written, or they do not fit each other.
pub(crate) fn run(arguments: &PackArguments, console: Console) -> Result<(), Failure> {
    let built = bytes(&arguments.built, COMPONENT_BYTES_MAX as u64)?;
    let manifest = text(&arguments.manifest, SOURCE_BYTES_MAX)?;
    let sources = match &arguments.wit {
        Some(folder) => sources::read(folder)?,
        None => Vec::new(),
    };
    let wit: Vec<WitSource<'_>> = sources.iter().map(borrowed).collect();
    let packed = pack(&built, &wit, arguments.world.as_deref(), &manifest).map_err(|error| {
        Failure::Pack {
            path: arguments.built.clone(),
            source: Box::new(error),
        }
    })?;
    fs::write(&arguments.output, &packed).map_err(|error| Failure::Write {
        path: arguments.output.clone(),
        reason: error.to_string(),
    })?;
    console.note(&format!(
        "{} {}, {}",
        console.paint_note(Style::Good, "packed"),
        arguments.output.display(),
        quantity::bytes(packed.len())
    ));
    Ok(())
}

fn borrowed(source: &Source) -> WitSource<'_> {
    WitSource {
        path: &source.path,
        text: &source.text,
    }
}

/// The text of a file of at most `max` bytes.
fn text(path: &Path, max: u64) -> Result<String, Failure> {
    String::from_utf8(bytes(path, max)?).map_err(|_| Failure::Read {
        path: path.to_path_buf(),
        reason: "it is not UTF-8".into(),
    })
}

/// The bytes of a file of at most `max` bytes.
fn bytes(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let fault = |reason: String| Failure::Read {
        path: path.to_path_buf(),
        reason,
    };
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(max + 1).read_to_end(&mut bytes));
    read.map_err(|error| fault(error.to_string()))?;
    if bytes.len() as u64 > max {
        return Err(fault(format!("it has more than {max} bytes")));
    }
    Ok(bytes)
}
