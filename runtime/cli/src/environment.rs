//! What the process was given by its surroundings.
//!
//! Owns every read of an environment variable in the product. What is read here is passed on as
//! values; nothing below this room looks for itself.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use directories::ProjectDirs;

/// Whether to use colours on a stream that is, or is not, a terminal.
///
/// `NO_COLOR` with any content switches them off, as does a terminal that says it is dumb.
fn colours(terminal: bool) -> bool {
    let refused = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = variable("TERM").is_some_and(|value| value == "dumb");
    terminal && !refused && !dumb
}

/// What standard output is.
pub(crate) fn stdout() -> Surface {
    let terminal = std::io::stdout().is_terminal();
    Surface {
        terminal,
        colours: colours(terminal),
    }
}

/// What standard error is.
pub(crate) fn stderr() -> Surface {
    let terminal = std::io::stderr().is_terminal();
    Surface {
        terminal,
        colours: colours(terminal),
    }
}

/// What a stream can show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surface {
    /// Whether a person is looking at it: what a guest wrote is escaped then.
    pub(crate) terminal: bool,
    /// Whether it takes colours.
    pub(crate) colours: bool,
}

/// One variable, when it is set and is text.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment: display preferences, and the variables \
              that `--grant env=NAME` names"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where this user's record of calls is kept, when the system says so.
pub(crate) fn audit_folder() -> Option<PathBuf> {
    state_folder().map(|state| state.join("audit"))
}

/// Where this user's state goes, when the system says so.
pub(crate) fn state_folder() -> Option<PathBuf> {
    ProjectDirs::from("", "", "ringfence").map(|folders| {
        // Not every system tells state from data.
        let state = folders
            .state_dir()
            .unwrap_or_else(|| folders.data_local_dir());
        state.to_path_buf()
    })
}

/// This very program, even where its file has been replaced since it was started.
#[cfg(target_os = "linux")]
pub(crate) fn program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// This very program. Where the system does not tell, a path that nothing can be started from.
#[cfg(not(target_os = "linux"))]
pub(crate) fn program() -> PathBuf {
    std::env::current_exe().unwrap_or_default()
}

/// Where this user's caches go, when the system says so.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    ProjectDirs::from("", "", "ringfence").map(|folders| folders.cache_dir().to_path_buf())
}
