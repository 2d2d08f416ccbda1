//! What is known of a component without running it, as data.
//!
//! Owns the JSON form that `--json` prints; the form for people is made from the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ringfence_catalog::Neighbours;
use ringfence_policy::{Budget, Reach};
use ringfence_sandbox::Profile;
use ringfence_scrutiny::Signature;
use ringfence_tool::{Component, Footprint, Function, Manifest, Object, Provides, ToolDefinition};
use serde::Serialize;

use super::capability::{self, Standing};

/// Everything that `inspect` shows.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report<'c> {
    pub(super) name: &'c str,
    #[serde(flatten)]
    pub(super) about: About<'c>,
    pub(super) digest: String,
    pub(super) bytes: usize,
    pub(super) loadable: bool,
    /// What it describes itself, when it runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) describes: Vec<&'static str>,
    pub(super) functions: Vec<FunctionReport<'c>>,
    pub(super) unavailable: Vec<UnavailableReport<'c>>,
    pub(super) imports: Vec<ImportReport<'c>>,
    pub(super) requests: Vec<RequestReport<'c>>,
    /// What a person should look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) flags: Vec<FlagReport>,
    pub(super) grantable: Vec<String>,
    pub(super) footprint: FootprintReport,
    pub(super) limits: BTreeMap<&'static str, u64>,
}

/// What a component describes itself, in words.
fn describes(provides: Provides) -> Vec<&'static str> {
    let all = [
        (provides.tools, "tools"),
        (provides.resources, "resources"),
        (provides.prompts, "prompts"),
        (provides.completion, "completion"),
    ];
    let there = all.into_iter().filter(|(provided, _)| *provided);
    there.map(|(_, what)| what).collect()
}

/// What its author says of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'c str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) authors: Vec<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) license: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<&'c str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deprecated: Option<&'c str>,
}

/// One function that can be called.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionReport<'c> {
    pub(super) name: &'c str,
    pub(super) tool: &'c str,
    pub(super) signature: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<&'c str>,
    pub(super) description: &'c str,
    pub(super) timeout_ms: u64,
    pub(super) input_schema: &'c Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_schema: Option<&'c Object>,
}

/// One function that cannot be called.
#[derive(Debug, Serialize)]
pub(super) struct UnavailableReport<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interface: Option<&'c str>,
    pub(super) function: &'c str,
    pub(super) reason: &'c str,
}

/// One interface that it imports.
#[derive(Debug, Serialize)]
pub(super) struct ImportReport<'c> {
    pub(super) name: &'c str,
    pub(super) functions: Vec<&'c str>,
    pub(super) standing: &'static str,
    pub(super) meaning: &'static str,
}

/// One capability that its manifest asks for.
#[derive(Debug, Serialize)]
pub(super) struct RequestReport<'c> {
    pub(super) capability: &'c str,
    pub(super) reason: &'c str,
}

/// Something about its words or names that a person should look at.
#[derive(Debug, Serialize)]
pub(super) struct FlagReport {
    pub(super) place: String,
    pub(super) sign: &'static str,
    pub(super) says: String,
    pub(super) excerpt: String,
}

/// How large it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FootprintReport {
    pub(super) profile: &'static str,
    pub(super) modules: u64,
    pub(super) functions: u64,
    pub(super) code_bytes: u64,
    pub(super) memories: u64,
    pub(super) memory_pages: u64,
    pub(super) tables: u64,
    pub(super) table_elements: u64,
}

impl<'c> Report<'c> {
    /// What is known of `component`, and the limits that calls of it would have.
    pub(super) fn of(component: &'c Arc<Component>, budget: &Budget) -> Self {
        let imports = imports(component);
        let known = |import: &ImportReport<'_>| import.standing != Standing::Unknown.word();
        let functions = component
            .interface()
            .functions
            .iter()
            .zip(component.definitions());
        Self {
            name: component.name().as_str(),
            about: about(component.manifest()),
            digest: component.digest().to_string(),
            bytes: component.bytes().len(),
            loadable: imports.iter().all(known),
            describes: describes(component.provides()),
            functions: functions
                .map(|(function, definition)| one(function, definition, budget))
                .collect(),
            unavailable: unavailable(component),
            imports,
            requests: requests(component.manifest()),
            flags: flags(component),
            grantable: grantable(component),
            footprint: footprint(component.footprint()),
            limits: limits(&budget.clone().within(component.manifest().timeout)),
        }
    }
}

fn about(manifest: &Manifest) -> About<'_> {
    About {
        version: manifest.version.as_ref().map(ToString::to_string),
        title: manifest.title.as_deref(),
        description: manifest.description.as_deref(),
        authors: manifest.authors.iter().map(|author| &**author).collect(),
        license: manifest.license.as_deref(),
        category: manifest.category.as_deref(),
        tags: manifest.tags.iter().map(|tag| &**tag).collect(),
        deprecated: manifest.deprecated.as_deref(),
    }
}

fn one<'c>(
    function: &'c Function,
    definition: &'c ToolDefinition,
    budget: &Budget,
) -> FunctionReport<'c> {
    FunctionReport {
        name: function.name.as_str(),
        tool: definition.name.as_str(),
        signature: Signature(function).to_string(),
        title: definition.title.as_deref(),
        description: &definition.description,
        timeout_ms: millis(budget.clone().within(definition.timeout).wall),
        input_schema: &definition.input_schema,
        output_schema: definition.output_schema.as_deref(),
    }
}

fn unavailable(component: &Component) -> Vec<UnavailableReport<'_>> {
    let unavailable = component.interface().unavailable.iter();
    unavailable
        .map(|function| UnavailableReport {
            interface: function.export.interface.as_deref(),
            function: &function.export.function,
            reason: &function.reason,
        })
        .collect()
}

fn imports(component: &Component) -> Vec<ImportReport<'_>> {
    let imports = component.imports().iter();
    imports
        .map(|import| {
            let (standing, meaning) = capability::describe(&import.name);
            ImportReport {
                name: &import.name,
                functions: import
                    .functions
                    .iter()
                    .map(|function| &**function)
                    .collect(),
                standing: standing.word(),
                meaning,
            }
        })
        .collect()
}

fn requests(manifest: &Manifest) -> Vec<RequestReport<'_>> {
    let requests = manifest.requests.iter();
    requests
        .map(|request| RequestReport {
            capability: &request.capability,
            reason: &request.reason,
        })
        .collect()
}

fn flags(component: &Arc<Component>) -> Vec<FlagReport> {
    let flags = Neighbours::new([component], []).look_at(component);
    flags
        .into_iter()
        .map(|flag| FlagReport {
            place: flag.place,
            sign: flag.sign.word(),
            says: flag.sign.to_string(),
            excerpt: flag.excerpt,
        })
        .collect()
}

/// The forms of grants that would reach the tool: for what its author asks for, where that is anything, and
/// otherwise for all that it imports.
fn grantable(component: &Component) -> Vec<String> {
    let reach = Reach::of(component);
    let kinds = reach.kinds();
    let all = capability::FORMS.iter();
    let mut forms: Vec<String> = reach.requests().map_or_else(
        || {
            let all = all.filter(|(kind, _)| kinds.contains(*kind));
            all.map(|(_, form)| (*form).to_owned()).collect()
        },
        |requests| {
            let asked = requests.iter().filter(|one| kinds.contains(one.kind()));
            asked.map(capability::asked).collect()
        },
    );
    let mut imports = component.imports().iter();
    let is_udp = imports.any(|import| import.name.starts_with(capability::UDP_IMPORT));
    if is_udp && forms.iter().any(|form| form == capability::TCP_FORM) {
        forms.push(capability::UDP_FORM.to_owned());
    }
    let mut known = BTreeSet::new();
    forms.retain(|form| known.insert(form.clone()));
    forms
}

fn footprint(footprint: Footprint) -> FootprintReport {
    FootprintReport {
        profile: match Profile::for_pages(footprint.memory_pages) {
            Profile::Small => "small",
            Profile::Large => "large",
        },
        modules: footprint.modules,
        functions: footprint.functions,
        code_bytes: footprint.code_bytes,
        memories: footprint.memories,
        memory_pages: footprint.memory_pages,
        tables: footprint.tables,
        table_elements: footprint.table_elements,
    }
}

/// Every limit, by the name of its unit. Exhaustive: a limit that is added must be shown.
fn limits(budget: &Budget) -> BTreeMap<&'static str, u64> {
    let Budget {
        memory_bytes,
        table_elements,
        instances,
        wall,
        cpu,
        fuel,
        result_bytes,
        output_bytes,
        host_call_bytes,
        handles,
        random_bytes,
        log_lines,
        log_line_bytes,
        written_bytes,
        created_files,
    } = *budget;
    [
        ("memoryBytes", memory_bytes as u64),
        ("tableElements", table_elements as u64),
        ("instances", instances as u64),
        ("wallMs", millis(wall)),
        ("cpuMs", millis(cpu)),
        ("fuel", fuel),
        ("resultBytes", result_bytes as u64),
        ("outputBytes", output_bytes as u64),
        ("hostCallBytes", host_call_bytes as u64),
        ("handles", handles as u64),
        ("randomBytes", random_bytes),
        ("logLines", log_lines as u64),
        ("logLineBytes", log_line_bytes as u64),
        ("writtenBytes", written_bytes),
        ("createdFiles", created_files),
    ]
    .into()
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
