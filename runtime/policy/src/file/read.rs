//! The tables of a policy file.
//!
//! Owns which keys there are and where. Refuses every other one, by line.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ringfence_identity::TenantName;
use ringfence_tool::{ComponentName, Digest, FunctionName};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::duplicate;
use super::error::PolicyFileProblem as Problem;
use crate::grant::{Capability, Grant, Limit, LimitKind, shown};
use crate::rule::{Effect, Mode, Origin, Rule, Scope};

/// Rules in a file. Bounds the memory of a start, and the time that it takes to compare them.
const RULES_MAX: usize = 100_000;

const TOP: &[&str] = &["default", "end", "tenant", "tool", "version"];
const RULES: &[&str] = &["allow", "budget", "call", "dangerous", "deny"];
const TOOL: &[&str] = &["allow", "budget", "call", "dangerous", "deny", "digest"];
const PRINCIPAL: &[&str] = &["allow", "budget", "call", "dangerous", "deny", "tool"];
const TENANT: &[&str] = &[
    "allow",
    "budget",
    "call",
    "dangerous",
    "deny",
    "principal",
    "tool",
];
const LIMITS: &[&str] = &[
    "cpu",
    "files",
    "fuel",
    "handles",
    "log-lines",
    "memory",
    "output",
    "result",
    "wall",
    "written",
];

type Failure = (usize, Problem);
type Value<'v> = Spanned<DeValue<'v>>;

/// What a file says.
#[derive(Default)]
pub(super) struct Read {
    pub(super) rules: Vec<Rule>,
    pub(super) tenants: BTreeSet<TenantName>,
}

/// The line that an origin names.
pub(super) fn line_of(origin: &Origin) -> usize {
    match origin {
        Origin::File { line, .. } => *line,
        _ => 1,
    }
}

pub(super) fn read(name: &Arc<str>, text: &str) -> Result<Read, Failure> {
    let breaks = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut reader = Reader {
        name: Arc::clone(name),
        breaks,
        limits: HashMap::new(),
        read: Read::default(),
    };
    let table = DeTable::parse(text).map_err(|error| {
        let line = reader.line(&error.span().unwrap_or_default());
        let first = error.message().contains("duplicate key");
        let first = first.then(|| duplicate::first(text, line)).flatten();
        let said = match first {
            Some(first) => format!("{}, which is on line {first} already", error.message()),
            None => error.message().to_owned(),
        };
        (line, Problem::Syntax(said))
    })?;
    reader.top(table.get_ref())?;
    // In the order of the file, whatever the order of its tables.
    reader.read.rules.sort_by_key(|rule| line_of(&rule.origin));
    Ok(reader.read)
}

struct Reader {
    name: Arc<str>,
    breaks: Vec<usize>,
    /// What the installation says of each limit, and where.
    limits: HashMap<LimitKind, (Limit, usize)>,
    read: Read,
}

impl Reader {
    fn line(&self, span: &Range<usize>) -> usize {
        self.breaks.partition_point(|at| *at < span.start) + 1
    }

    fn top(&mut self, table: &DeTable<'_>) -> Result<(), Failure> {
        self.known(table, TOP)?;
        let version = table.get("version");
        let one = version.and_then(|version| version.get_ref().as_integer());
        if one.is_none_or(|version| version.as_str() != "1" || version.radix() != 10) {
            let line = version.map_or(1, |version| self.line(&version.span()));
            return Err((line, Problem::Version));
        }
        let Some(end) = table.get("end") else {
            return Err((self.breaks.len().max(1), Problem::NoEnd));
        };
        self.known(self.table("end", end)?, &["seal"])?;
        if let Some(default) = table.get("default") {
            let rules = self.table("default", default)?;
            self.known(rules, RULES)?;
            self.rules(rules, &Scope::default())?;
        }
        self.tools(table, &Scope::default())?;
        let Some(tenants) = table.get("tenant") else {
            return Ok(());
        };
        for (name, tenant) in self.table("tenant", tenants)? {
            let parsed = self.parsed::<TenantName>(name, "a tenant's name")?;
            self.read.tenants.insert(parsed.clone());
            let scope = Scope {
                tenant: Some(parsed),
                ..Scope::default()
            };
            self.tenant(self.table(name.get_ref(), tenant)?, &scope)?;
        }
        Ok(())
    }

    fn tenant(&mut self, tenant: &DeTable<'_>, scope: &Scope) -> Result<(), Failure> {
        self.known(tenant, TENANT)?;
        self.rules(tenant, scope)?;
        self.tools(tenant, scope)?;
        let Some(principals) = tenant.get("principal") else {
            return Ok(());
        };
        for (name, principal) in self.table("principal", principals)? {
            let scope = Scope {
                principal: Some(self.parsed(name, "a principal's name")?),
                ..scope.clone()
            };
            let principal = self.table(name.get_ref(), principal)?;
            self.known(principal, PRINCIPAL)?;
            self.rules(principal, &scope)?;
            self.tools(principal, &scope)?;
        }
        Ok(())
    }

    fn tools(&mut self, above: &DeTable<'_>, scope: &Scope) -> Result<(), Failure> {
        let Some(tools) = above.get("tool") else {
            return Ok(());
        };
        for (name, tool) in self.table("tool", tools)? {
            let table = self.table(name.get_ref(), tool)?;
            self.known(table, TOOL)?;
            let mut scope = self.tool(name, scope)?;
            if let Some(digest) = table.get("digest") {
                const EXPECTED: &str = "the digest of a component, such as `sha256:…`";
                let text = digest.get_ref().as_str().unwrap_or_default();
                let parsed: Result<Digest, _> = text.parse();
                let parsed = parsed.map_err(|_| self.wrong("digest", EXPECTED, &digest.span()))?;
                if scope.digest.is_some_and(|named| named != parsed) {
                    return Err(self.wrong("digest", "the digest that names it", &digest.span()));
                }
                scope.digest = Some(parsed);
            }
            self.rules(table, &scope)?;
        }
        Ok(())
    }

    /// A tool by its digest, its component's name, or the name under which a function is offered.
    fn tool(&self, key: &Spanned<impl AsRef<str>>, scope: &Scope) -> Result<Scope, Failure> {
        const EXPECTED: &str =
            "a component such as `files`, a tool such as `files_read`, or a digest `sha256:…`";
        let wrong = || self.wrong(key.get_ref().as_ref(), EXPECTED, &key.span());
        let text = key.get_ref().as_ref();
        let mut scope = scope.clone();
        if let Ok(digest) = text.parse::<Digest>() {
            scope.digest = Some(digest);
            return Ok(scope);
        }
        let (component, function) = match text.split_once('_') {
            Some((component, function)) => (component, Some(function)),
            None => (text, None),
        };
        let component: ComponentName = component.parse().map_err(|_| wrong())?;
        scope.component = Some(component);
        if let Some(function) = function {
            let function: FunctionName = function.parse().map_err(|_| wrong())?;
            scope.function = Some(function);
        }
        Ok(scope)
    }

    /// What one table allows, denies, limits and asks.
    fn rules(&mut self, table: &DeTable<'_>, scope: &Scope) -> Result<(), Failure> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (line, text) in self.texts(table, "allow")? {
            let grant: Grant = text
                .parse()
                .map_err(|error| (line, Problem::Grant(error)))?;
            if let Grant::Files(files) = &grant
                && !Path::new(&files.host).is_absolute()
            {
                return Err((line, Problem::RelativePath(shown(&text))));
            }
            if let Grant::Budget(limit) = &grant {
                self.limit(*limit, line, scope)?;
            }
            once(
                &mut seen,
                format!("allow {grant}"),
                &grant.to_string(),
                line,
            )?;
            if let Some(capability) = Capability::of(&grant) {
                seen.entry(format!("allowed {capability}")).or_insert(line);
            }
            self.push(Effect::Allow(grant), scope, line)?;
        }
        for (line, text) in self.texts(table, "deny")? {
            let denied: Capability = text
                .parse()
                .map_err(|error| (line, Problem::Grant(error)))?;
            if let Some(allowed) = seen.get(&format!("allowed {denied}")) {
                let (text, line_of) = (denied.to_string(), *allowed);
                return Err((
                    line,
                    Problem::Contradiction {
                        text,
                        line: line_of,
                    },
                ));
            }
            once(
                &mut seen,
                format!("deny {denied}"),
                &denied.to_string(),
                line,
            )?;
            self.push(Effect::Deny(denied), scope, line)?;
        }
        if let Some((mode, line)) = self.mode(table, "call")? {
            self.push(Effect::Call(mode), scope, line)?;
        }
        if let Some((mode, line)) = self.mode(table, "dangerous")? {
            self.push(Effect::Dangerous(mode), scope, line)?;
        }
        self.budget(table, scope, &mut seen)
    }

    fn budget(
        &mut self,
        table: &DeTable<'_>,
        scope: &Scope,
        seen: &mut HashMap<String, usize>,
    ) -> Result<(), Failure> {
        let Some(budget) = table.get("budget") else {
            return Ok(());
        };
        let budget = self.table("budget", budget)?;
        self.known(budget, LIMITS)?;
        for (key, value) in budget {
            let line = self.line(&key.span());
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
                _ => {
                    const EXPECTED: &str = "a size, a time or a number, such as `\"64MiB\"`";
                    return Err(self.wrong(key.get_ref(), EXPECTED, &value.span()));
                }
            };
            let limit = Limit::parse(key.get_ref(), Some(&text));
            let limit = limit.map_err(|error| (line, Problem::Grant(error)))?;
            let grant = Grant::Budget(limit);
            let kind = format!("allow budget.{}", key.get_ref());
            once(seen, kind, &grant.to_string(), line)?;
            self.limit(limit, line, scope)?;
            self.push(Effect::Allow(grant), scope, line)?;
        }
        Ok(())
    }

    /// A limit of the installation is the most that any other scope may name.
    fn limit(&mut self, limit: Limit, line: usize, scope: &Scope) -> Result<(), Failure> {
        if *scope == Scope::default() {
            let known = self.limits.insert(limit.kind(), (limit, line));
            return match known {
                Some((known, at)) => Err((
                    line,
                    Problem::Duplicate {
                        text: known.to_string(),
                        line: at,
                    },
                )),
                None => Ok(()),
            };
        }
        match self.limits.get(&limit.kind()) {
            Some((installation, at)) if limit.amount() > installation.amount() => Err((
                line,
                Problem::Budget {
                    limit: limit.to_string(),
                    installation: installation.to_string(),
                    line: *at,
                },
            )),
            _ => Ok(()),
        }
    }

    fn push(&mut self, effect: Effect, scope: &Scope, line: usize) -> Result<(), Failure> {
        if self.read.rules.len() >= RULES_MAX {
            return Err((line, Problem::TooLong));
        }
        self.read.rules.push(Rule {
            effect,
            scope: scope.clone(),
            origin: Origin::File {
                name: Arc::clone(&self.name),
                line,
            },
        });
        Ok(())
    }

    fn mode(&self, table: &DeTable<'_>, key: &str) -> Result<Option<(Mode, usize)>, Failure> {
        let Some(value) = table.get(key) else {
            return Ok(None);
        };
        let text = value.get_ref().as_str().unwrap_or_default();
        let mode = Mode::ALL.into_iter().find(|mode| mode.word() == text);
        let wrong = || self.wrong(key, "`\"deny\"`, `\"ask\"` or `\"allow\"`", &value.span());
        let mode = mode.ok_or_else(wrong)?;
        Ok(Some((mode, self.line(&value.span()))))
    }

    /// A list of texts, each with its line.
    fn texts(&self, table: &DeTable<'_>, key: &str) -> Result<Vec<(usize, String)>, Failure> {
        const EXPECTED: &str = "a list of texts";
        let Some(value) = table.get(key) else {
            return Ok(Vec::new());
        };
        let wrong = |span| self.wrong(key, EXPECTED, &span);
        let list = value.get_ref().as_array();
        let list = list.ok_or_else(|| wrong(value.span()))?;
        list.iter()
            .map(|text| match text.get_ref().as_str() {
                Some(found) => Ok((self.line(&text.span()), found.to_owned())),
                None => Err(wrong(text.span())),
            })
            .collect()
    }

    fn table<'t, 'v>(&self, key: &str, value: &'t Value<'v>) -> Result<&'t DeTable<'v>, Failure> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.wrong(key, "a table", &value.span()))
    }

    fn known(&self, table: &DeTable<'_>, known: &'static [&'static str]) -> Result<(), Failure> {
        let unknown = table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()));
        let first = unknown.min_by_key(|key| key.span().start);
        match first {
            None => Ok(()),
            Some(key) => {
                let text = key.get_ref();
                let nearest = ringfence_tool::nearest(text, known.iter().copied());
                Err((
                    self.line(&key.span()),
                    Problem::UnknownKey {
                        key: shown(text),
                        nearest: nearest.map(str::to_owned),
                        known,
                    },
                ))
            }
        }
    }

    fn parsed<T: std::str::FromStr>(
        &self,
        key: &Spanned<impl AsRef<str>>,
        expected: &'static str,
    ) -> Result<T, Failure> {
        let text = key.get_ref().as_ref();
        let parsed = text.parse();
        parsed.map_err(|_| self.wrong(text, expected, &key.span()))
    }

    fn wrong(&self, key: &str, expected: &'static str, span: &Range<usize>) -> Failure {
        let key = shown(key);
        (self.line(span), Problem::Type { key, expected })
    }
}

fn once(
    seen: &mut HashMap<String, usize>,
    key: String,
    text: &str,
    line: usize,
) -> Result<(), Failure> {
    match seen.insert(key, line) {
        None => Ok(()),
        Some(first) => Err((
            line,
            Problem::Duplicate {
                text: text.to_owned(),
                line: first,
            },
        )),
    }
}
