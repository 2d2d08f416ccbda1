//! The policy that is proposed.
//!
//! Owns its text, a reason for each line, and the proof that it is enough: each access is asked of the
//! policy that the text is. Refuses to leave anything out silently: what no grant can say is a comment.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;

use ringfence_identity::Caller;
use ringfence_policy::{
    Access, Capability, Effective, FileKind, Grant, Host, HostName, Kind, OutgoingRequest, Policy,
    PolicyFile, Reach, Scheme, Subject, Tier,
};
use ringfence_tool::{Component, FunctionName};

use super::scratch::Scratch;
use super::seen::{Accesses, Seen};
use super::{files, network};

/// Accesses that the reason of a line names. The rest are counted.
const NAMED_MAX: usize = 3;

/// Calls that it names.
const CALLS_MAX: usize = 8;

/// One grant, and what it is for.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) grant: String,
    pub(super) accesses: BTreeSet<Access>,
}

/// Everything that a policy is proposed from.
#[derive(Debug)]
pub(super) struct Proposal<'a> {
    pub(super) component: &'a Component,
    pub(super) scratch: &'a Scratch,
    pub(super) seen: &'a Seen,
}

impl Proposal<'_> {
    /// The policy file.
    pub(super) fn policy(&self) -> String {
        let mut text = "\
# Proposed by `ringfence learn`: what the tool wanted in these calls, and nothing else. Read it, edit
# it, and look for mistakes with `ringfence check`. What would have followed an answer from the network
# was not seen.
version = 1
"
        .to_owned();
        let lost = self.seen.lost();
        if lost > 0 {
            let _ = writeln!(
                text,
                "# {lost} more accesses were too many to be remembered."
            );
        }
        for (name, accesses) in self.seen.functions() {
            let Ok(function) = name.parse::<FunctionName>() else {
                continue;
            };
            text.push('\n');
            text.push_str(&self.table(&function, &accesses));
        }
        text.push_str("\n[end]\n");
        text
    }

    fn table(&self, function: &FunctionName, accesses: &Accesses) -> String {
        let others = usable(network::propose(accesses));
        let mut lines = usable(files::propose(self.scratch, accesses));
        lines.extend(others.clone());
        let mut left = self.left(function, accesses, &lines);
        if left.iter().any(|access| is_file(access)) {
            let mut wider = usable(files::widely(self.scratch, accesses));
            wider.extend(others);
            let still = self.left(function, accesses, &wider);
            if still.len() < left.len() {
                (lines, left) = (wider, still);
            }
        }
        let mut text = self.rules(function, accesses, &lines);
        for access in left {
            let advice = match access {
                Access::Lookup(name) => format!("; to which port? `socket=tcp:{name}:PORT`"),
                Access::File { .. } => "; name its folder with `--scratch`".to_owned(),
                Access::Any(Kind::Env) => "; which variable cannot be seen".to_owned(),
                _ => String::new(),
            };
            let _ = writeln!(text, "# not covered: {}{}", plain(access), plain(&*advice));
        }
        text
    }

    /// The table as text.
    fn rules(&self, function: &FunctionName, accesses: &Accesses, lines: &[Line]) -> String {
        let definitions = self.component.definitions().iter();
        let mut definitions = definitions.filter(|tool| tool.function == *function);
        let name = definitions.next().map_or_else(
            || format!("{}_{function}", self.component.name()),
            |tool| tool.name.to_string(),
        );
        let mut text = format!(
            "[tool.{name}]\ndigest = \"{}\" # these bytes; another version is another tool\n",
            self.component.digest()
        );
        let grants = lines
            .iter()
            .filter_map(|line| line.grant.parse::<Grant>().ok());
        if grants.map(|grant| Tier::of(&grant)).max() == Some(Tier::Dangerous) {
            text.push_str("dangerous = \"allow\" # or \"ask\", where a person can be asked\n");
        }
        if lines.is_empty() {
            return text + "allow = [] # it wanted nothing\n";
        }
        text.push_str("allow = [\n");
        for line in lines {
            let _ = writeln!(text, "    # {}", self.reason(line, accesses));
            let _ = writeln!(text, "    {},", quoted(&line.grant));
        }
        text + "]\n"
    }

    /// Why a line is there: what was wanted, how often, by which calls, and what the author says.
    fn reason(&self, line: &Line, accesses: &Accesses) -> String {
        let named: Vec<_> = line.accesses.iter().take(NAMED_MAX).map(plain).collect();
        let mut reason = named.join(", ");
        let more = line.accesses.len().saturating_sub(NAMED_MAX);
        if more > 0 {
            let _ = write!(reason, " and {more} more");
        }
        let wanted: Vec<_> = line
            .accesses
            .iter()
            .filter_map(|one| accesses.get(one))
            .collect();
        let times: u64 = wanted.iter().map(|one| one.times).sum();
        let calls: BTreeSet<_> = wanted.iter().flat_map(|one| &one.calls).collect();
        let shown = calls.iter().take(CALLS_MAX).map(ToString::to_string);
        let shown: Vec<_> = shown.collect();
        let dots = if calls.len() > CALLS_MAX { ", …" } else { "" };
        let times = if times == 1 {
            "once".to_owned()
        } else {
            format!("{times} times")
        };
        let _ = write!(reason, ": {times}, by call {}{dots}", shown.join(", "));
        if let Some(said) = self.said(line) {
            let _ = write!(reason, "; the author: {}", quoted(said));
        }
        reason
    }

    /// What the manifest says why.
    fn said(&self, line: &Line) -> Option<&str> {
        let grant: Grant = line.grant.parse().ok()?;
        let requests = &self.component.manifest().requests;
        let request = requests.iter().find(|request| {
            let asked = Capability::requested(&request.capability).ok();
            asked.is_some_and(|asked| {
                match (
                    FileKind::ALL
                        .iter()
                        .find(|kind| Kind::from(**kind) == asked.kind()),
                    &grant,
                ) {
                    (Some(kind), Grant::Files(files)) => {
                        kind.intersection(files.kind) == Some(files.kind)
                    }
                    _ => grant.kind() == Some(asked.kind()),
                }
            })
        })?;
        Some(&request.reason)
    }

    /// What the policy of these lines would still deny.
    fn left<'w>(
        &self,
        function: &FunctionName,
        accesses: &'w Accesses,
        lines: &[Line],
    ) -> Vec<&'w Access> {
        let all = || accesses.keys().collect();
        let text = format!(
            "version = 1\n{}[end]\n",
            self.rules(function, accesses, lines)
        );
        let Ok(file) = PolicyFile::parse("policy.toml", &text) else {
            return all();
        };
        let Ok(policy) = Policy::default().with_file(file) else {
            return all();
        };
        let subject = Subject {
            component: self.component.name(),
            digest: &self.component.digest(),
            function,
            reach: Reach::of(self.component),
        };
        let effective = policy.effective(&Caller::local(), &subject);
        let denied = |access: &&Access| !allows(&effective, access);
        accesses.keys().filter(denied).collect()
    }
}

/// Lines that the grammar can say.
fn usable(lines: Vec<Line>) -> Vec<Line> {
    let is_one = |line: &Line| line.grant.parse::<Grant>().is_ok();
    lines.into_iter().filter(is_one).collect()
}

fn is_file(access: &Access) -> bool {
    matches!(
        access,
        Access::File { .. } | Access::Rename { .. } | Access::Link { .. }
    )
}

/// Whether a policy allows what was wanted.
fn allows(effective: &Effective, access: &Access) -> bool {
    let scheme_of = |scheme: &str| match scheme {
        "http" => Scheme::Http,
        _ => Scheme::Https,
    };
    match access {
        Access::File { operation, path } => effective.file(*operation, path).is_ok(),
        Access::Rename {
            from,
            to,
            directory,
        } => effective.rename(from, to, *directory).is_ok(),
        Access::Link { from, to } => effective.link(from, to).is_ok(),
        Access::Request {
            method,
            scheme,
            host,
            port,
            path,
        } => host_of(host).is_some_and(|host| {
            let request = OutgoingRequest {
                method,
                scheme: scheme_of(scheme),
                host: &host,
                port: *port,
                path,
            };
            effective.request(&request).is_ok()
        }),
        Access::Secret {
            name,
            scheme,
            host,
            port,
            header,
        } => host_of(host).is_some_and(|host| {
            let mut bound = effective.secrets(scheme_of(scheme), &host, *port);
            bound
                .any(|(secret, _)| secret.name.as_str() == name && secret.header.as_str() == header)
        }),
        Access::Socket {
            protocol,
            host,
            port,
        } => host_of(host).is_some_and(|host| effective.socket(*protocol, &host, *port).is_ok()),
        Access::Lookup(name) => name
            .parse::<HostName>()
            .is_ok_and(|name| effective.resolve(&name).is_ok()),
        Access::Named(Kind::Env, name) => effective.variable(name).is_ok(),
        Access::Named(Kind::Config, name) => effective.configuration(name).is_ok(),
        Access::Named(Kind::Kv, name) => effective.bucket(name).is_ok(),
        Access::Named(Kind::Tools, name) => effective.tool(name).is_ok(),
        Access::Any(Kind::ClockPrecise) => effective.precise_clock(),
        Access::Any(Kind::Random) => effective.random(),
        Access::Any(Kind::Stdin) => effective.standard_input(),
        Access::Any(Kind::Stdout) => effective.standard_output(),
        _ => false,
    }
}

fn host_of(text: &str) -> Option<Host> {
    let address = text.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => Some(Host::Address(address)),
        Err(_) => text.parse().ok().map(Host::Name),
    }
}

/// A string of the format. What could be mistaken for something else is written as a number.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for one in text.chars() {
        match one {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(one);
            }
            ' '..='~' => quoted.push(one),
            one if one.is_alphanumeric() => quoted.push(one),
            one => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(one));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Text for a comment: one line, and nothing in it that is not seen.
fn plain(text: &(impl ToString + ?Sized)) -> String {
    let text = text.to_string();
    let shown = text.chars().map(|one| match one {
        ' '..='~' => one,
        one if one.is_alphanumeric() => one,
        _ => '\u{fffd}',
    });
    shown.collect()
}
