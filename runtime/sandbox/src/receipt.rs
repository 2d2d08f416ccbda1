//! What a call cost.

use std::sync::OnceLock;
use std::time::Duration;

use ringfence_egress::Touched;
use serde::Serialize;

use crate::ledger::Ledger;

/// What a call cost and where it was cut short. Measured by the host; nothing here is the guest's
/// word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Instructions, roughly.
    pub fuel: u64,
    /// From admission to answer, less what it waited for its client, in microseconds.
    #[serde(rename = "wallMicros", serialize_with = "micros")]
    pub wall: Duration,
    /// How long it waited for answers of its client, in microseconds. Left out where it did not.
    #[serde(
        rename = "askedMicros",
        serialize_with = "micros",
        skip_serializing_if = "Duration::is_zero"
    )]
    pub asked: Duration,
    /// Processor time, in microseconds. The first of the steps in which a guest runs, and the only one of most,
    /// is counted as long as it took. Calls of other tools are not in it: see `children`.
    #[serde(rename = "cpuMicros", serialize_with = "micros")]
    pub cpu: Duration,
    /// The most linear memory that the call held at once, in bytes.
    pub peak_memory_bytes: usize,
    /// Bytes of the result.
    pub result_bytes: usize,
    /// Bytes that the guest wrote to standard output and error, kept or not.
    pub output_bytes: u64,
    /// What the call was granted, as its caller may read it: without the host's side.
    pub capabilities: Vec<String>,
    /// The same as it was written, for whoever runs the host.
    #[serde(skip)]
    pub granted: Vec<String>,
    /// What was reached: over the network, and of what the host keeps or hands to tools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<Reached>,
    /// The secrets that were sent, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// What was denied of what the guest tried to reach, and why. A guest is not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<String>,
    /// How often something else was denied, for which there was no room.
    #[serde(skip_serializing_if = "is_zero")]
    pub denied_more: u64,
    /// What calls of other tools cost, which `fuel` and `cpu` leave out. Which ones is in `reached`.
    #[serde(skip_serializing_if = "Children::is_none")]
    pub children: Children,
    /// What was cut.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub truncated: Vec<Truncated>,
}

impl Receipt {
    /// Notes what went out, and what was touched here.
    pub(crate) fn touched(&mut self, touched: Touched, ledger: &Ledger) {
        self.denied = touched.denied;
        self.denied.extend(ledger.denied());
        self.denied_more = touched.denied_more.saturating_add(ledger.denied_more());
        self.reached = touched
            .reached
            .into_iter()
            .map(|line| Reached {
                target: line.target,
                method: line.method,
                count: line.count,
                sent_bytes: line.sent,
                received_bytes: line.received,
            })
            .collect();
        self.reached.extend(ledger.reached());
    }
}

/// Where a call leaves its receipt that is dropped before it ends: what it touched until then is touched.
#[derive(Debug, Default)]
pub struct LastReceipt(OnceLock<Box<Receipt>>);

impl LastReceipt {
    pub(crate) fn leave(&self, receipt: Receipt) {
        // A call is dropped once.
        let _ = self.0.set(Box::new(receipt));
    }

    /// The receipt. Nothing unless a guest was dropped while it ran.
    pub fn of(&self) -> Option<&Receipt> {
        self.0.get().map(|receipt| &**receipt)
    }
}

/// What the calls that a call made cost, with all that is below them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Children {
    /// How many it made itself.
    pub calls: u64,
    /// Instructions, roughly.
    pub fuel: u64,
    /// Processor time, in microseconds.
    #[serde(rename = "cpuMicros", serialize_with = "micros")]
    pub cpu: Duration,
}

impl Children {
    /// Whether there were none.
    pub fn is_none(&self) -> bool {
        self.calls == 0
    }
}

/// One place that was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reached {
    /// The origin, such as `https://api.example.com`, the socket, such as `tcp://10.0.0.5:5432`, the guest path of
    /// what was granted, such as `fs:/docs`, the bucket,
    /// such as `kv:notes`, the value, such as `config:greeting`, or the tool, such as `tools:text_stats`.
    pub target: String,
    /// The method of a request; what was done with a bucket: `get`, `set`, `delete` or `list`;
    /// how a tool's call ended: `returned`, `denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How many requests, connections, datagrams or operations.
    pub count: u64,
    /// Bytes that were sent, as they were on the wire. Not counted for sockets, which a guest holds
    /// itself.
    pub sent_bytes: u64,
    /// Bytes that came back.
    pub received_bytes: u64,
}

/// Something that was cut because it was too long. The call went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Truncated {
    /// Log lines.
    Log,
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn micros<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}
