//! What happened, counted.
//!
//! Owns the numbers. Refuses labels whose values a client or a tool chooses: each would be a row
//! that somebody else can multiply. Words are `&'static str` for that reason.

mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::StatusCode;

/// Rows of one family. Our own words are far fewer; bounds what a mistake in them could cost.
const ROWS_MAX: usize = 64;

/// The row of what found no row of its own.
const OTHER: &str = "other";

/// The upper ends of the duration histogram's buckets: from a tool that is already warm to one
/// that runs into its time limit.
const BUCKETS: [Duration; 14] = [
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
];

/// The counts of one process. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    calls: Family,
    call_seconds: Histogram,
    calls_in_flight: AtomicI64,
    connections: AtomicI64,
    connections_total: AtomicU64,
    fuel: AtomicU64,
    http_requests: [AtomicU64; 5],
    protocol_errors: Family,
    sessions: AtomicI64,
    streams: AtomicI64,
}

/// Something that counts while it exists: a connection, a session, a stream.
#[must_use]
pub struct Counted {
    counts: Arc<Counts>,
    gauge: fn(&Counts) -> &AtomicI64,
}

/// Counters that differ in one label.
#[derive(Debug, Default)]
struct Family(RwLock<BTreeMap<&'static str, AtomicU64>>);

/// How long things took. Each bucket counts what fits it and none before it; they are summed up
/// when somebody reads them.
#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BUCKETS.len()],
    longer: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Metrics {
    /// No counts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A call has begun. It ends with exactly one [`Metrics::call_ended`].
    pub fn call_started(&self) {
        self.0.calls_in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// A call has ended: how, in the word of its outcome or error, and at what cost.
    pub fn call_ended(&self, word: &'static str, took: Duration, fuel: u64) {
        self.0.calls_in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.calls.add(word);
        self.0.call_seconds.observe(took);
        self.0.fuel.fetch_add(fuel, Ordering::Relaxed);
    }

    /// Calls that are running.
    pub fn calls_running(&self) -> i64 {
        self.0.calls_in_flight.load(Ordering::Relaxed)
    }

    /// A connection has been accepted. It counts until the result is dropped.
    pub fn connection(&self) -> Counted {
        self.0.connections_total.fetch_add(1, Ordering::Relaxed);
        self.hold(|counts| &counts.connections)
    }

    /// A session has begun. It counts until the result is dropped.
    pub fn session(&self) -> Counted {
        self.hold(|counts| &counts.sessions)
    }

    /// A stream of events has been opened. It counts until the result is dropped.
    pub fn stream(&self) -> Counted {
        self.hold(|counts| &counts.streams)
    }

    /// An HTTP request has been answered.
    pub fn http_request(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(count) = self.0.http_requests.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A message was answered with a protocol error of this code.
    pub fn protocol_error(&self, code: i32) {
        self.0.protocol_errors.add(code_word(code));
    }

    /// Connections that are open.
    pub fn connections_open(&self) -> i64 {
        self.0.connections.load(Ordering::Relaxed)
    }

    /// All counts, in Prometheus' text format 0.0.4.
    pub fn render(&self) -> String {
        text::render(&self.0)
    }

    fn hold(&self, gauge: fn(&Counts) -> &AtomicI64) -> Counted {
        gauge(&self.0).fetch_add(1, Ordering::Relaxed);
        Counted {
            counts: Arc::clone(&self.0),
            gauge,
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.gauge)(&self.counts).fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counted").finish_non_exhaustive()
    }
}

impl Family {
    fn add(&self, word: &'static str) {
        if self.add_to_row(word) {
            return;
        }
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let row = if rows.len() < ROWS_MAX { word } else { OTHER };
        rows.entry(row).or_default().fetch_add(1, Ordering::Relaxed);
    }

    fn add_to_row(&self, word: &'static str) -> bool {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        rows.get(word)
            .map(|count| count.fetch_add(1, Ordering::Relaxed))
            .is_some()
    }

    fn rows(&self) -> Vec<(&'static str, u64)> {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        rows.iter()
            .map(|(word, count)| (*word, count.load(Ordering::Relaxed)))
            .collect()
    }
}

impl Histogram {
    fn observe(&self, took: Duration) {
        let bucket = BUCKETS
            .iter()
            .zip(&self.buckets)
            .find(|(end, _)| took <= **end)
            .map_or(&self.longer, |(_, count)| count);
        bucket.fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

/// The codes that the protocol has. Any other is one row.
fn code_word(code: i32) -> &'static str {
    match code {
        -32700 => "-32700",
        -32600 => "-32600",
        -32601 => "-32601",
        -32602 => "-32602",
        -32603 => "-32603",
        -32002 => "-32002",
        -32020 => "-32020",
        -32021 => "-32021",
        -32022 => "-32022",
        -32042 => "-32042",
        _ => OTHER,
    }
}
