//! The list of tools as clients see it.
//!
//! Owns order, pages and annotations. Annotations are computed from what policy grants, never taken
//! from a tool: a tool cannot call itself harmless.

use std::sync::Arc;

use ringfence_catalog::{Catalog, Tool};
use ringfence_policy::{Grant, Policy, Reach};
use rmcp::model::{ErrorData, Tool as ListedTool, ToolAnnotations};

use super::cursor;

/// Tools on one page.
const PAGE_TOOLS_MAX: usize = 100;

/// Bytes of the instructions. They stand in a model's context for as long as it is connected.
const INSTRUCTIONS_BYTES_MAX: usize = 4096;

/// Bytes of what a component says about itself there.
const LINE_BYTES_MAX: usize = 200;

/// What clients see of one snapshot of the catalog.
#[derive(Debug)]
pub(super) struct Listing {
    catalog: Arc<Catalog>,
    tools: Vec<ListedTool>,
    instructions: String,
}

/// Some tools, and where the next begin.
pub(super) struct Page {
    pub(super) tools: Vec<ListedTool>,
    pub(super) next: Option<String>,
}

impl Listing {
    pub(super) fn new(catalog: Arc<Catalog>, policy: &Policy) -> Self {
        let mut tools: Vec<_> = catalog.tools().map(|tool| listed(&tool, policy)).collect();
        // By name, so that a page goes on where the last one ended, whatever came or went between.
        tools.sort_by(|one, other| one.name.cmp(&other.name));
        let instructions = instructions(&catalog, policy);
        Self {
            catalog,
            tools,
            instructions,
        }
    }

    /// Whether this is what clients see of `catalog`.
    pub(super) fn is_of(&self, catalog: &Arc<Catalog>) -> bool {
        Arc::ptr_eq(&self.catalog, catalog)
    }

    /// What a model should know before it calls anything.
    pub(super) fn instructions(&self) -> &str {
        &self.instructions
    }

    /// One page.
    ///
    /// # Errors
    ///
    /// The cursor is none of ours.
    pub(super) fn page(&self, cursor: Option<&str>) -> Result<Page, ErrorData> {
        let start = match cursor {
            None => 0,
            Some(cursor) => {
                let last = cursor::read(cursor)?;
                self.tools
                    .partition_point(|tool| *tool.name <= *last.as_str())
            }
        };
        let rest = self.tools.get(start..).unwrap_or_default();
        let tools = rest.get(..PAGE_TOOLS_MAX).unwrap_or(rest);
        let more = rest.len() > tools.len();
        let next = tools
            .last()
            .filter(|_| more)
            .map(|last| cursor::write(&last.name));
        Ok(Page {
            tools: tools.to_vec(),
            next,
        })
    }
}

fn listed(tool: &Tool, policy: &Policy) -> ListedTool {
    let definition = tool.definition();
    let description = definition.description.to_string();
    let name = definition.name.to_string();
    let mut listed = ListedTool::new(name, description, Arc::clone(&definition.input_schema));
    listed.title = definition.title.as_deref().map(str::to_owned);
    listed.output_schema.clone_from(&definition.output_schema);
    let granted = policy.effective(Reach::of(tool.component()));
    let writes = granted
        .iter()
        .any(|grant| matches!(grant, Grant::FsWrite { .. }));
    // No tool reaches the network yet: its world is what it was granted.
    let annotations = ToolAnnotations::new()
        .read_only(!writes)
        .destructive(writes);
    listed.with_annotations(annotations.open_world(false))
}

fn instructions(catalog: &Catalog, policy: &Policy) -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "Tools that run in a sandbox, one fresh sandbox for each call: nothing is kept between \
         calls. A tool reaches only what is listed here. When a result is an error, its text says \
         what to change; a limit that was reached means: ask for less in one call.\n",
    );
    for component in catalog.components() {
        let mut line = format!("\n- {}_*", component.name());
        let about = component.manifest().description.as_deref();
        let about = about
            .or_else(|| component.manifest().title.as_deref())
            .unwrap_or_default();
        if let Some(first) = about.lines().next().filter(|line| !line.is_empty()) {
            // Writing to a string cannot fail.
            let _ = write!(
                line,
                ": {}",
                first
                    .get(..first.floor_char_boundary(LINE_BYTES_MAX))
                    .unwrap_or(first)
            );
        }
        let reach: Vec<_> = policy
            .effective(Reach::of(component))
            .iter()
            .map(|grant| match grant {
                Grant::Env(name) => format!("knows the variable {name}"),
                Grant::FsRead { guest, .. } => format!("may read {guest}"),
                Grant::FsWrite { guest, .. } => format!("may read and write {guest}"),
            })
            .collect();
        if !reach.is_empty() {
            let _ = write!(line, " ({})", reach.join(", "));
        }
        if text.len().saturating_add(line.len()) > INSTRUCTIONS_BYTES_MAX {
            text.push_str("\n- and more");
            break;
        }
        text.push_str(&line);
    }
    text
}

#[cfg(test)]
mod tests {
    use ringfence_catalog::bundled;
    use ringfence_policy::Budget;

    use super::*;

    fn listing(grants: &[&str]) -> Listing {
        let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        let policy = Policy::new(grants, Budget::default()).unwrap();
        Listing::new(Catalog::load(bundled()), &policy)
    }

    /// The names of tools that are listed as able to destroy something.
    fn destructive(listing: &Listing) -> Vec<&str> {
        let able = |tool: &&ListedTool| {
            let annotations = tool.annotations.as_ref().unwrap();
            assert_ne!(
                annotations.read_only_hint, annotations.destructive_hint,
                "{}",
                tool.name
            );
            assert_eq!(annotations.open_world_hint, Some(false));
            annotations.destructive_hint == Some(true)
        };
        listing
            .tools
            .iter()
            .filter(able)
            .map(|tool| &*tool.name)
            .collect()
    }

    #[test]
    fn annotations_follow_from_what_is_granted() {
        assert!(destructive(&listing(&[])).is_empty());
        assert!(destructive(&listing(&["fs.read=.:/docs"])).is_empty());
        let writing = listing(&["fs.write=.:/docs"]);
        let destructive = destructive(&writing);
        assert!(!destructive.is_empty());
        // Only the tools that ask to write are handed the grant.
        assert!(
            destructive.iter().all(|name| name.starts_with("files_")),
            "{destructive:?}"
        );
    }

    #[test]
    fn the_instructions_say_what_is_here_and_what_it_may_reach() {
        let listing = listing(&["fs.write=./secret-host-path:/docs"]);
        assert!(!listing.instructions().contains("secret-host-path"));
        insta::assert_snapshot!(listing.instructions());
    }
}
