//! What clients can use at this moment.
//!
//! Owns one snapshot: typed tools of the catalog, and the tools, prompts and resources of components
//! that describe themselves. Refuses to know how clients ask for it.

pub(crate) mod describe;
mod instructions;
pub(crate) mod prompts;
pub(crate) mod provided;
pub(crate) mod resources;
pub(crate) mod schema;
mod template;
pub(crate) mod tools;

use ringfence_catalog::Catalog;
use ringfence_policy::Policy;
use ringfence_tool::ComponentName;

use self::describe::Described;
pub(crate) use self::describe::Descriptions;
pub(crate) use self::prompts::Prompts;
pub(crate) use self::resources::Resources;
pub(crate) use self::tools::Tools;

/// One snapshot.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) tools: Tools,
    pub(crate) prompts: Prompts,
    pub(crate) resources: Resources,
    instructions: String,
    /// Components that suggest values.
    completers: Vec<ComponentName>,
    describes: bool,
}

impl Offer {
    /// What is offered of `catalog`, with what its components said of themselves.
    pub(crate) fn new(catalog: &Catalog, policy: &Policy, described: &[Described]) -> Self {
        let naming = catalog.naming();
        let completers = described.iter().filter(|described| described.completes());
        Self {
            completers: completers
                .map(|described| described.name().clone())
                .collect(),
            describes: !described.is_empty(),
            tools: Tools::new(catalog, policy, described),
            prompts: Prompts::new(naming, described),
            resources: Resources::new(described),
            instructions: instructions::of(catalog, policy),
        }
    }

    /// What a model should know before it calls anything.
    pub(crate) fn instructions(&self) -> &str {
        &self.instructions
    }

    /// Whether components describe themselves, and so may announce changes.
    pub(crate) fn describes(&self) -> bool {
        self.describes
    }

    /// Whether anything suggests values.
    pub(crate) fn completes(&self) -> bool {
        !self.completers.is_empty()
    }

    /// Whether this component suggests values.
    pub(crate) fn completer(&self, component: &ComponentName) -> bool {
        self.completers.contains(component)
    }
}

#[cfg(test)]
mod tests {
    use ringfence_catalog::bundled;
    use ringfence_policy::Budget;
    use rmcp::model::Tool as ListedTool;

    use super::*;

    fn offer(grants: &[&str]) -> Offer {
        let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        let policy = Policy::new(grants, Budget::default()).unwrap();
        Offer::new(&Catalog::load(bundled()), &policy, &[])
    }

    /// The names of tools that are listed as able to destroy something.
    fn destructive(offer: &Offer) -> Vec<&str> {
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
        offer
            .tools
            .listed()
            .iter()
            .filter(able)
            .map(|tool| &*tool.name)
            .collect()
    }

    #[test]
    fn annotations_follow_from_what_is_granted() {
        assert!(destructive(&offer(&[])).is_empty());
        assert!(destructive(&offer(&["fs.read=.:/docs"])).is_empty());
        let writing = offer(&["fs.write=.:/docs"]);
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
        let offer = offer(&["fs.write=./secret-host-path:/docs"]);
        assert!(!offer.instructions().contains("secret-host-path"));
        insta::assert_snapshot!(offer.instructions());
    }
}
