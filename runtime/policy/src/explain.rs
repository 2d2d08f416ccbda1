//! Why a tool may do what it may.
//!
//! Owns the words of `ringfence policy explain`: for one caller and one tool, each capability with
//! the line that grants or denies it. Refuses to decide anything: it tells what was decided.

use std::fmt;

use ringfence_identity::Caller;

use crate::decide::Policy;
use crate::denial::Denial;
use crate::effective::Effective;
use crate::grant::{Capability, FileKind, FileOperations, Grant, Kind, Limit};
use crate::reach::meets;
use crate::rule::{Mode, Origin};
use crate::subject::Subject;
use crate::tier::Tier;

/// What became of one capability.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// A rule denies it.
    Denied(Origin),
    /// A rule grants it.
    Granted(Origin),
    /// A rule grants it, and the tool does not ask for it.
    Idle(Origin),
    /// No rule grants it.
    NoGrant,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(origin) => write!(f, "denied by {origin}"),
            Self::Granted(origin) => write!(f, "granted by {origin}"),
            Self::Idle(origin) => write!(f, "unused, the tool does not ask for it ({origin})"),
            Self::NoGrant => f.write_str("denied, no grant"),
        }
    }
}

/// One capability, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The capability in words, such as `read /data`.
    pub what: String,
    /// The capability as a rule writes it.
    pub capability: Capability,
    /// What became of it.
    pub verdict: Verdict,
}

/// Why one tool may do what it may when one caller calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Who calls.
    pub caller: Caller,
    /// Which tool.
    pub tool: String,
    /// How dangerous it is.
    pub tier: Tier,
    /// What becomes of a call.
    pub call: Mode,
    /// Why a call is denied, or who is asked.
    pub reason: Option<String>,
    /// Every capability that a rule or the tool speaks of.
    pub lines: Vec<Line>,
    /// The limits that rules set.
    pub limits: Vec<(Limit, Origin)>,
}

impl Policy {
    /// Why `subject` may do what it may when `caller` calls it.
    pub fn explain(&self, caller: &Caller, subject: &Subject<'_>) -> Explanation {
        let effective = self.effective(caller, subject);
        let decided = self.decide(caller, subject, None);
        let call = match &decided {
            Ok(_) => Mode::Allow,
            Err(Denial::ApprovalNeeded(_)) => Mode::Ask,
            Err(_) => Mode::Deny,
        };
        Explanation {
            caller: caller.clone(),
            tool: format!("{}_{}", subject.component, subject.function),
            tier: effective.tier(),
            call,
            reason: decided.err().map(|denial| match denial {
                // Whether somebody can be asked is not known here.
                Denial::ApprovalNeeded(needed) => needed.what(),
                denial => denial.to_string(),
            }),
            lines: lines(&effective),
            limits: effective.limits().to_vec(),
        }
    }
}

fn lines(effective: &Effective) -> Vec<Line> {
    let line = |capability: Capability, verdict| Line {
        what: words(capability.kind(), &capability.to_string()),
        capability,
        verdict,
    };
    let given = |grant: &Grant, verdict| {
        let capability = Capability::of(grant)?;
        // Of files a person knows what the tool sees; of the rest, what the rule says.
        let what = match grant {
            Grant::Files(_) => words(capability.kind(), &capability.to_string()),
            _ => words(capability.kind(), &grant.to_string()),
        };
        Some(Line {
            what,
            capability,
            verdict,
        })
    };
    let granted = effective.granted().iter();
    let granted = granted.filter_map(|one| given(&one.grant, Verdict::Granted(one.origin.clone())));
    let denied = effective.denied().iter();
    let denied =
        denied.map(|one| line(one.capability.clone(), Verdict::Denied(one.origin.clone())));
    let missing = missing(effective).into_iter();
    let missing = missing.map(|capability| line(capability, Verdict::NoGrant));
    let idle = effective.idle().iter();
    let idle = idle.filter_map(|one| given(&one.grant, Verdict::Idle(one.origin.clone())));
    granted.chain(denied).chain(missing).chain(idle).collect()
}

/// What the tool asks for and no rule says anything of.
fn missing(effective: &Effective) -> Vec<Capability> {
    let asked: Vec<_> = if let Some(requests) = effective.reach().requests() {
        requests.to_vec()
    } else {
        // A tool without a manifest asks for whatever it imports; of files, to read and to write.
        let kinds = effective.reach().kinds().iter();
        let asked = kinds.filter(|kind| {
            let fine = FileKind::of(*kind);
            *kind != Kind::Random
                && fine.is_none_or(|kind| matches!(kind, FileKind::Read | FileKind::Write))
        });
        asked.map(Capability::Any).collect()
    };
    let mut missing = Vec::new();
    for request in asked {
        let spoken_of = effective.denied().iter().any(|denied| {
            denied.capability.kind() == request.kind()
                && (denied.capability == request || matches!(denied.capability, Capability::Any(_)))
        });
        if spoken_of {
            continue;
        }
        let met = |grant: &Grant| meets(&request, grant);
        if let Some(kind) = FileKind::of(request.kind()) {
            missing.extend(missing_files(effective, &request, kind));
        } else if !effective.grants().iter().any(met) {
            missing.push(request);
        }
    }
    missing
}

/// Where the tool sees files and may not do all that it asks for.
fn missing_files(effective: &Effective, request: &Capability, kind: FileKind) -> Vec<Capability> {
    let mut places: Vec<(Capability, FileOperations)> = Vec::new();
    for grant in effective.grants() {
        let (Grant::Files(files), Some(Capability::Files(mut there))) =
            (grant, Capability::of(grant))
        else {
            continue;
        };
        if let Capability::Files(asked) = request
            && !crate::reach::touch(&asked.guest, &files.guest)
        {
            continue;
        }
        there.kind = kind;
        let (there, may) = (Capability::Files(there), files.kind.operations());
        match places.iter_mut().find(|(place, _)| *place == there) {
            Some((_, all)) => *all = all.union(may),
            None => places.push((there, may)),
        }
    }
    if places.is_empty() {
        return vec![request.clone()];
    }
    let wanted = kind.operations();
    let lacking = places.into_iter();
    lacking
        .filter(|(_, may)| !wanted.without(*may).is_empty())
        .map(|(place, _)| place)
        .collect()
}

/// A grant or a capability as a person says it.
fn words(kind: Kind, text: &str) -> String {
    let value = text.split_once('=').map_or("", |(_, value)| value);
    let (verb, any) = match kind {
        Kind::ClockPrecise => ("use precise clocks", ""),
        Kind::Config => ("read the configuration", "at all"),
        Kind::Env => ("read the variable", "of any name"),
        Kind::FsChange => ("change", "any file"),
        Kind::FsCreate => ("create", "any file"),
        Kind::FsDelete => ("delete", "any file"),
        Kind::FsList => ("list", "any directory"),
        Kind::FsRead => ("read", "any file"),
        Kind::FsWrite => ("write", "any file"),
        Kind::Kv => ("keep the bucket", "of any name"),
        Kind::Net => ("request", "any URL"),
        Kind::Random => ("draw random bytes", ""),
        Kind::Secret => ("send the secret", "of any name"),
        Kind::Socket => ("connect to", "anything"),
        Kind::Stdin => ("read standard input", ""),
        Kind::Stdout => ("show its output", ""),
        Kind::Tools => ("call", "any tool"),
    };
    let what = if value.is_empty() { any } else { value };
    format!("{verb} {what}").trim_end().to_owned()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = match self.call {
            Mode::Allow => "allowed",
            Mode::Ask => "a person is asked",
            Mode::Deny => "denied",
        };
        let tier = self.tier.word();
        writeln!(f, "{} for {}: {call} ({tier})", self.tool, self.caller)?;
        if let Some(reason) = &self.reason {
            writeln!(f, "  {reason}")?;
        }
        for line in &self.lines {
            writeln!(f, "  {}: {}", line.what, line.verdict)?;
        }
        for (limit, origin) in &self.limits {
            writeln!(f, "  {limit}: set by {origin}")?;
        }
        Ok(())
    }
}
