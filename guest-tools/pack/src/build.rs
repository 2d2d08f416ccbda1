//! From core modules to the components that ship.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ringfence_tool::{Digest, WitSource, pack};

use crate::error::{Error, at};
use crate::provenance::{Built, PROVENANCE, Provenance};
use crate::sources::{self, SHARED_WIT};
use crate::{COMPONENT_BYTES_MAX, TOOLS};

/// Packs the core module `{modules}/{tool}.wasm` of each tool, and writes the components and their
/// record to `{into}`. `guest_tools` is the folder of the sources.
///
/// # Errors
/// When a file cannot be accessed, or a tool cannot be packed or is too large.
pub fn build(
    guest_tools: &Path,
    modules: &Path,
    into: &Path,
    toolchain: BTreeMap<String, String>,
) -> Result<Provenance, Error> {
    let mut dependencies = standard(guest_tools)?;
    dependencies.extend(ours(guest_tools)?);
    let mut tools = BTreeMap::new();
    for tool in TOOLS {
        let bytes = component(guest_tools, modules, tool, &dependencies)?;
        let path = into.join(tool).with_extension("wasm");
        fs::write(&path, &bytes).map_err(at(path))?;
        let built = Built {
            component: Digest::of(&bytes).to_string(),
            sources: sources::digest(guest_tools, tool)?.to_string(),
            size: bytes.len(),
        };
        tools.insert(tool.to_owned(), built);
    }
    let provenance = Provenance { toolchain, tools };
    let path = into.join(Path::new(PROVENANCE).file_name().unwrap_or_default());
    fs::write(&path, provenance.text()).map_err(at(path))?;
    Ok(provenance)
}

fn component(
    guest_tools: &Path,
    modules: &Path,
    tool: &'static str,
    dependencies: &[(String, String)],
) -> Result<Vec<u8>, Error> {
    let folder = guest_tools.join(tool);
    let text = |path: &str| {
        let path = folder.join(path);
        fs::read_to_string(&path).map_err(at(path))
    };
    let world = text("wit/world.wit")?;
    let manifest = text("tool.toml")?;
    let module = modules.join(tool).with_extension("wasm");
    let module = fs::read(&module).map_err(at(module))?;

    let mut wit = vec![WitSource {
        path: "wit/world.wit",
        text: &world,
    }];
    wit.extend(
        dependencies
            .iter()
            .map(|(path, text)| WitSource { path, text }),
    );
    let bytes = pack(&module, &wit, Some(tool), &manifest)
        .map_err(|source| Error::Pack { tool, source })?;
    if bytes.len() > COMPONENT_BYTES_MAX {
        return Err(Error::Size {
            tool,
            bytes: bytes.len(),
        });
    }
    Ok(bytes)
}

/// The WIT of the standard, as dependencies of any tool.
fn standard(guest_tools: &Path) -> Result<Vec<(String, String)>, Error> {
    let folder = guest_tools.join("wasi");
    [
        "cli",
        "clocks",
        "filesystem",
        "http",
        "io",
        "random",
        "sockets",
    ]
    .into_iter()
    .map(|package| {
        let path = folder.join(package).with_extension("wit");
        let text = fs::read_to_string(&path).map_err(at(path))?;
        Ok((format!("wit/deps/{package}.wit"), text))
    })
    .collect()
}

/// The WIT of `ringfence:tool`, for the tools that import or export something of it.
fn ours(guest_tools: &Path) -> Result<Vec<(String, String)>, Error> {
    let paths = sources::files(guest_tools, SHARED_WIT)?;
    paths
        .into_iter()
        .map(|path| {
            let file = guest_tools.join(&path);
            let text = fs::read_to_string(&file).map_err(at(file))?;
            let name = path.rsplit('/').next().unwrap_or_default();
            Ok((format!("wit/deps/ringfence-tool/{name}"), text))
        })
        .collect()
}
