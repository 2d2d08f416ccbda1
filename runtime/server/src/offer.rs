//! What clients can use at this moment.
//!
//! Owns one snapshot: typed tools of the catalog, and the tools, prompts and resources of components
//! that describe themselves. Refuses to know how clients ask for it.

mod backing;
pub(crate) mod describe;
mod header;
mod instructions;
pub(crate) mod prompts;
pub(crate) mod provided;
pub(crate) mod resources;
pub(crate) mod schema;
mod template;
pub(crate) mod tools;
mod words;

use std::sync::Arc;

use ringfence_catalog::Catalog;
use ringfence_policy::Policy;
use ringfence_tool::ComponentName;

pub(crate) use self::backing::Backing;
use self::describe::Described;
pub(crate) use self::describe::Descriptions;
pub(crate) use self::prompts::Prompts;
pub(crate) use self::resources::Resources;
pub(crate) use self::tools::Tools;

/// One snapshot.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) tools: Arc<Tools>,
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
            tools: Arc::new(Tools::new(catalog, described)),
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
    use ringfence_identity::Caller;
    use ringfence_policy::{Budget, PolicyFile};
    use rmcp::model::Tool as ListedTool;

    use super::*;

    fn policy(grants: &[&str]) -> Policy {
        let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        Policy::new(grants, Budget::default()).unwrap()
    }

    fn offer(policy: &Policy) -> Offer {
        Offer::new(&Catalog::load(bundled()), policy, &[])
    }

    fn listed(policy: &Policy, caller: &Caller) -> Vec<ListedTool> {
        let offer = offer(policy);
        let listed = offer.tools.listed(policy, caller);
        listed.map(|(_, tool)| tool.to(policy, caller)).collect()
    }

    /// The names of tools that are listed as able to destroy something.
    fn destructive(grants: &[&str]) -> Vec<String> {
        let able = |tool: &ListedTool| {
            let annotations = tool.annotations.as_ref().unwrap();
            assert_ne!(
                annotations.read_only_hint, annotations.destructive_hint,
                "{}",
                tool.name
            );
            assert_eq!(annotations.open_world_hint, Some(false));
            annotations.destructive_hint == Some(true)
        };
        let tools = listed(&policy(grants), &Caller::local());
        let able = tools.into_iter().filter(able);
        able.map(|tool| tool.name.into_owned()).collect()
    }

    #[test]
    fn annotations_follow_from_what_is_granted() {
        assert!(destructive(&[]).is_empty());
        assert!(destructive(&["fs.read=.:/docs"]).is_empty());
        let destructive = destructive(&["fs.write=.:/docs"]);
        assert!(!destructive.is_empty());
        // Only the tools that ask to write are handed the grant.
        assert!(
            destructive.iter().all(|name| name.starts_with("files_")),
            "{destructive:?}"
        );
    }

    #[test]
    fn each_caller_sees_what_policy_could_let_it_use() {
        let lines = [
            "version = 1",
            "[default]",
            r#"dangerous = "ask""#,
            "[tool.files]",
            r#"allow = ["fs.write=/srv/docs:/docs"]"#,
            "[tenant.acme.tool.files_write]",
            r#"call = "deny""#,
            "[tenant.acme.tool.text]",
            r#"call = "deny""#,
            "[tenant.cautious]",
            r#"dangerous = "deny""#,
            "[end]",
        ];
        let policy = Policy::default()
            .with_file(PolicyFile::parse("policy.toml", &lines.join("\n")).unwrap())
            .unwrap();
        let names = |tenant: &str| -> Vec<String> {
            let caller = Caller::new(tenant.parse().unwrap(), "ann".parse().unwrap());
            let listed = listed(&policy, &caller);
            listed
                .into_iter()
                .map(|tool| tool.name.into_owned())
                .collect()
        };
        let has = |names: &[String], start: &str| names.iter().any(|name| name.starts_with(start));

        let acme = names("acme");
        assert!(has(&acme, "files_read") && has(&acme, "data_"), "{acme:?}");
        assert!(
            !has(&acme, "files_write") && !has(&acme, "text_"),
            "{acme:?}"
        );
        // Nobody can be asked to approve of it, so none of its functions is there.
        let cautious = names("cautious");
        assert!(has(&cautious, "text_"), "{cautious:?}");
        assert!(!has(&cautious, "files_"), "{cautious:?}");
        // The file does not name it.
        assert_eq!(names("strangers"), Vec::<String>::new());
    }

    #[test]
    fn the_instructions_say_what_is_here_and_what_it_may_reach() {
        let offer = offer(&policy(&["fs.write=./secret-host-path:/docs"]));
        assert!(!offer.instructions().contains("secret-host-path"));
        insta::assert_snapshot!(offer.instructions());
    }
}
