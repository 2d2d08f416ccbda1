//! The tool that a decision is about.
//!
//! Owns what policy needs to know of a component: its identity, and the kinds of capability that
//! could reach anything through its imports. Refuses to believe what a component says of itself
//! beyond that: a request can only narrow.

use ringfence_tool::{Component, ComponentName, Digest, FunctionName};

use crate::grant::Grant;

/// The kinds of capability that a component could make use of: what it imports, narrowed to what
/// its manifest requests when it requests anything.
///
/// A grant outside this reach is not handed to the tool, so that one `--grant` on a server of many
/// tools goes only to those that ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Imports `wasi:filesystem`, and asks to read or write.
    pub read: bool,
    /// Imports `wasi:filesystem`, and asks to write.
    pub write: bool,
    /// Imports `wasi:cli/environment`, and asks for an environment variable.
    pub env: bool,
}

impl Reach {
    /// The reach of `component`.
    pub fn of(component: &Component) -> Self {
        let imports = |prefix: &str| {
            component
                .imports()
                .iter()
                .any(|import| import.name.starts_with(prefix))
        };
        let requests = &component.manifest().requests;
        let asks = |kind: &str| {
            requests.is_empty()
                || requests.iter().any(|request| {
                    request
                        .capability
                        .split('=')
                        .next()
                        .is_some_and(|asked| asked == kind)
                })
        };
        let files = imports("wasi:filesystem/");
        Self {
            read: files && (asks("fs.read") || asks("fs.write")),
            write: files && asks("fs.write"),
            env: imports("wasi:cli/environment") && asks("env"),
        }
    }

    /// What of `grant` falls within this reach: all, nothing, or, when a tool that only asks to
    /// read is granted to write, the reading.
    pub(crate) fn narrow(self, grant: &Grant) -> Option<Grant> {
        match grant {
            Grant::Env(_) => self.env.then(|| grant.clone()),
            Grant::FsRead { .. } => self.read.then(|| grant.clone()),
            Grant::FsWrite { .. } if self.write => Some(grant.clone()),
            Grant::FsWrite { host, guest } => self.read.then(|| Grant::FsRead {
                host: host.clone(),
                guest: guest.clone(),
            }),
        }
    }
}

/// What a call is about: one function of one component, pinned by digest.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The component's name.
    pub component: &'a ComponentName,
    /// The component's bytes.
    pub digest: &'a Digest,
    /// The function.
    pub function: &'a FunctionName,
    /// What the component could make use of.
    pub reach: Reach,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_asks_to_read_is_never_handed_writing() {
        let grant: Grant = "fs.write=/srv:/srv".parse().unwrap();
        let reader = Reach {
            read: true,
            ..Reach::default()
        };
        assert_eq!(
            reader.narrow(&grant),
            Some("fs.read=/srv:/srv".parse().unwrap())
        );
        assert_eq!(Reach::default().narrow(&grant), None);
    }
}
