//! The tool that a person named on the command line.
//!
//! Owns the rule that tells a path from a name: text with a slash, or that ends in `.wasm`, is a
//! path; everything else names a tool that comes with ringfence, so that a file which happens to
//! lie in the current directory never takes its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_catalog::{
    Catalog, Fault, Naming, Origin, PinMode, Pinning, Problem, Source, bundled,
};
use ringfence_tool::Component;

use crate::failure::Failure;
use crate::shelved::Shelved;

/// The one component that `tool` names.
///
/// # Errors
///
/// There is none, or it cannot be loaded.
pub(crate) fn component(tool: &str) -> Result<Arc<Component>, Failure> {
    let catalog = catalog(tool)?;
    let component = catalog.components().next().cloned();
    component.ok_or_else(|| Failure::UnknownTool {
        tool: tool.to_owned(),
        known: Vec::new(),
    })
}

/// A catalog of the one component that `tool` names.
///
/// # Errors
///
/// There is none, or it cannot be loaded.
pub(crate) fn catalog(tool: &str) -> Result<Arc<Catalog>, Failure> {
    pinned(tool, None, None)
}

/// As [`catalog`], of a component that may have to be what was approved. One that comes with ringfence
/// always is, and one that is installed as well. The latter are on the usual shelf unless another is named.
///
/// # Errors
///
/// There is none, it cannot be loaded, or it is disabled.
pub(crate) fn pinned(
    tool: &str,
    pinning: Option<Arc<Pinning>>,
    shelved: Option<Shelved>,
) -> Result<Arc<Catalog>, Failure> {
    if is_path(tool) {
        let source = Source::File(PathBuf::from(tool));
        let catalog = strict([source].into(), Naming::default(), pinning)?;
        return match catalog.disabled().first() {
            Some(disabled) => Err(Failure::Disabled(disabled.sentence())),
            None => Ok(catalog),
        };
    }
    let (wanted, others): (Vec<_>, Vec<_>) = bundled()
        .into_iter()
        .partition(|source| name(source) == Some(tool));
    if !wanted.is_empty() {
        return strict(wanted, Naming::default(), None);
    }
    let mut known: Vec<String> = others.iter().filter_map(name).map(str::to_owned).collect();
    // Without a place for it nothing is installed.
    if let Some(shelved) = shelved.or_else(|| Shelved::at(None, None).ok()) {
        let pinning = Pinning::open(shelved.lock.clone(), PinMode::Off)?;
        let lock = pinning.lock();
        if let Some((only, _)) = lock.enabled().find(|(name, _)| name.as_str() == tool) {
            let source = shelved.source(Some(only.clone()))?;
            return strict(vec![source], Naming::default(), Some(Arc::new(pinning)));
        }
        known.extend(lock.enabled().map(|(name, _)| name.to_string()));
    }
    Err(Failure::UnknownTool {
        tool: tool.to_owned(),
        known,
    })
}

/// The component in a file.
///
/// # Errors
///
/// There is none, or it cannot be loaded.
pub(crate) fn file(path: &Path) -> Result<Arc<Component>, Failure> {
    let source = Source::File(path.to_owned());
    let catalog = strict([source].into(), Naming::default(), None)?;
    let component = catalog.components().next().cloned();
    component.ok_or_else(|| Failure::Load {
        path: path.to_owned(),
        reason: "there is no component in it".to_owned(),
    })
}

/// A catalog of the tools that come with ringfence, and of what is installed. It goes by the lock, so that
/// what is installed later shows up.
///
/// # Errors
///
/// The lock cannot be trusted, or a tool that comes with ringfence cannot be loaded.
pub(crate) fn installed(
    naming: Naming,
    shelved: Option<&Shelved>,
) -> Result<Arc<Catalog>, Failure> {
    let Some(shelved) = shelved else {
        return strict(bundled(), naming, None);
    };
    shelved.prepare();
    let pinning = Pinning::open(shelved.lock.clone(), PinMode::Off)?;
    let mut sources = bundled();
    sources.push(shelved.source(None)?);
    strict(sources, naming, Some(Arc::new(pinning)))
}

/// A catalog of every path: files and folders. With no path, of the tools that come with ringfence.
///
/// What was named must load. A broken file within a folder is only a problem to report: folders
/// change while we run.
///
/// # Errors
///
/// What was named cannot be loaded.
pub(crate) fn catalog_of(
    paths: &[PathBuf],
    naming: Naming,
    pinning: Option<Arc<Pinning>>,
) -> Result<Arc<Catalog>, Failure> {
    if paths.is_empty() {
        return strict(bundled(), naming, None);
    }
    let source = |path: &PathBuf| {
        if path.is_dir() {
            Source::Directory(path.clone())
        } else {
            Source::File(path.clone())
        }
    };
    strict(paths.iter().map(source).collect(), naming, pinning)
}

/// Loads every source. The first problem with a source itself is an error, unless all that is wrong
/// with it is that nobody approved.
fn strict(
    sources: Vec<Source>,
    naming: Naming,
    pinning: Option<Arc<Pinning>>,
) -> Result<Arc<Catalog>, Failure> {
    let catalog = Catalog::load_pinned(sources, naming, pinning);
    let problems = catalog.problems().iter();
    for problem in problems.filter(|problem| !matches!(problem.fault, Fault::Disabled(_))) {
        if catalog
            .sources()
            .iter()
            .any(|source| is_about(problem, source))
        {
            let (origin, reason) = (problem.origin.to_string(), problem.fault.to_string());
            return Err(if problem.fault.is_about_trust() {
                Failure::Untrusted {
                    tool: origin,
                    reason,
                }
            } else {
                Failure::Load {
                    path: origin.into(),
                    reason,
                }
            });
        }
    }
    Ok(catalog)
}

fn is_about(problem: &Problem, source: &Source) -> bool {
    match (&problem.origin, source) {
        (Origin::Bundled(_), Source::Bundled { .. }) => true,
        // One of many that is broken does not take the others away; one that was named does.
        (Origin::Installed(_), Source::Installed { only, .. }) => only.is_some(),
        (Origin::Path(origin), Source::File(path)) => origin == path,
        // A folder with too much in it still serves what it does.
        (Origin::Path(origin), Source::Directory(path)) => origin == path && !path.is_dir(),
        _ => false,
    }
}

fn name(source: &Source) -> Option<&'static str> {
    match source {
        Source::Bundled { name, .. } => Some(name),
        Source::Directory(_) | Source::File(_) | Source::Installed { .. } => None,
    }
}

/// Whether a person means a path.
pub(crate) fn is_path(tool: &str) -> bool {
    tool.contains(std::path::is_separator)
        || Path::new(tool)
            .extension()
            .is_some_and(|extension| extension == "wasm")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_never_takes_the_place_of_a_name() {
        assert!(is_path("./text") && is_path("text.wasm") && is_path("/srv/text"));
        assert!(!is_path("text") && !is_path(""));
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = catalog("frobnicate").unwrap_err();
        let Failure::UnknownTool { known, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(known.len(), bundled().len());
    }
}
