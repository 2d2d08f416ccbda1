//! Records that somebody looks for.
//!
//! Owns the query and the walk over all files, one line at a time. Refuses to judge whether the log is
//! whole: `verify` does.

use std::borrow::Cow;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::folder::{ReadError, name, numbers_of_log};
use crate::lines::Lines;
use crate::time::Timestamp;

/// How much of the log is read at once.
const READ_BYTES: usize = 256 * 1024;

/// What of a record is looked for. Everything that is named must be there.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// The kind of event.
    pub event: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The person or program within it.
    pub principal: Option<String>,
    /// The tool as clients call it, or its component.
    pub tool: Option<String>,
    /// How a call ended.
    pub outcome: Option<String>,
    /// The call, by the name that nothing else has, and those that its guest has made.
    pub call: Option<String>,
    /// What its client calls the request.
    pub request: Option<String>,
    /// The call whose guest made it.
    pub parent: Option<String>,
    /// Only calls whose guest was denied something while it ran.
    pub denied: bool,
}

/// What people look for in a record, and at. The line has more.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry<'l> {
    /// Its number.
    pub seq: u64,
    /// When.
    #[serde(borrow)]
    pub time: Cow<'l, str>,
    /// The kind of event.
    #[serde(borrow)]
    pub event: Cow<'l, str>,
    /// The tenant.
    #[serde(borrow, default)]
    pub tenant: Option<Cow<'l, str>>,
    /// The person or program within it.
    #[serde(borrow, default)]
    pub principal: Option<Cow<'l, str>>,
    /// The call, by the name that nothing else has.
    #[serde(borrow, default)]
    pub call: Option<Cow<'l, str>>,
    /// What its client calls the request.
    #[serde(borrow, default)]
    pub request: Option<Cow<'l, str>>,
    /// The call whose guest made it.
    #[serde(borrow, default)]
    pub parent: Option<Cow<'l, str>>,
    /// The tool as clients call it.
    #[serde(borrow, default)]
    pub tool: Option<Cow<'l, str>>,
    /// The component.
    #[serde(borrow, default)]
    pub component: Option<Cow<'l, str>>,
    /// How a call ended.
    #[serde(borrow, default)]
    pub outcome: Option<Cow<'l, str>>,
    /// What tells an approval from others.
    #[serde(borrow, default)]
    pub id: Option<Cow<'l, str>>,
    /// Who answered, granted or took back.
    #[serde(borrow, default)]
    pub by: Option<Cow<'l, str>>,
    /// Where what was granted or taken back is written: a file and line, a flag, an approval.
    #[serde(borrow, default)]
    pub source: Option<Cow<'l, str>>,
    /// What became of an approval, a policy, a secret.
    #[serde(borrow, default)]
    pub state: Option<Cow<'l, str>>,
    /// The limit that stopped a call.
    #[serde(borrow, default)]
    pub limit: Option<Cow<'l, str>>,
    /// Why.
    #[serde(borrow, default)]
    pub reason: Option<Cow<'l, str>>,
    /// How long a call took, in microseconds.
    #[serde(default)]
    pub took_us: Option<u64>,
    /// How much its guest was denied, of which the line says what it was.
    #[serde(default, deserialize_with = "length")]
    denied: u64,
    /// How much more it was denied.
    #[serde(default)]
    denied_more: u64,
}

/// How long a list is, whatever stands in it.
fn length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let list = Vec::<IgnoredAny>::deserialize(deserializer)?;
    Ok(list.len() as u64)
}

impl<'l> Entry<'l> {
    /// What a line says. Nothing when it is no record.
    pub fn of(line: &'l str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// How much the guest of a call was denied while it ran.
    pub fn denials(&self) -> u64 {
        self.denied.saturating_add(self.denied_more)
    }
}

impl Query {
    /// Whether `entry` is what is looked for.
    pub fn matches(&self, entry: &Entry<'_>) -> bool {
        let is = |wanted: &Option<String>, found: &Option<Cow<'_, str>>| {
            wanted.is_none() || wanted.as_deref() == found.as_deref()
        };
        // Times are text that sorts as time does.
        let since = self
            .since
            .is_none_or(|since| *entry.time >= *since.to_string());
        let until = self
            .until
            .is_none_or(|until| *entry.time < *until.to_string());
        since
            && until
            && self
                .event
                .as_deref()
                .is_none_or(|event| event == entry.event)
            && is(&self.tenant, &entry.tenant)
            && is(&self.principal, &entry.principal)
            && (is(&self.tool, &entry.tool) || is(&self.tool, &entry.component))
            && is(&self.outcome, &entry.outcome)
            && (is(&self.call, &entry.call) || is(&self.call, &entry.parent))
            && is(&self.request, &entry.request)
            && is(&self.parent, &entry.parent)
            && (!self.denied || entry.denials() > 0)
    }
}

/// Shows `found` each record of the log in `folder` that `query` asks for, oldest first, until it has
/// seen enough. Lines that are no records are passed over.
///
/// # Errors
///
/// There is no log, or it cannot be read.
pub fn search(
    folder: &Path,
    query: &Query,
    mut found: impl FnMut(&str, &Entry<'_>) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    for number in numbers_of_log(folder)? {
        let path = folder.join(name(number));
        let file = File::open(&path).map_err(ReadError::io(&path))?;
        let mut lines = Lines::new(BufReader::with_capacity(READ_BYTES, file));
        while let Some(line) = lines.next().map_err(ReadError::io(&path))? {
            // The last one may still be written.
            let Ok(text) = std::str::from_utf8(line.bytes) else {
                continue;
            };
            let Some(entry) = Entry::of(text).filter(|_| line.ended) else {
                continue;
            };
            if query.matches(&entry) && found(text, &entry).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}
