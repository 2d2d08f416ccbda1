//! What a caller touched.
//!
//! Owns the record for receipts: where to, how, how often, how much. Written by what happens, not by
//! what was asked for.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::stream::Bytes;

/// Lines of a record. More are counted in one line: bounds the receipt of a scan.
const LINES_MAX: usize = 64;

/// Denials that are kept. Bounds what a guest can write into a receipt by asking.
const DENIALS_MAX: usize = 16;

/// The line for whatever found no place.
const OTHERS: &str = "others";

/// One line of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The origin, such as `https://api.example.com`, or the socket, such as `tcp://10.0.0.5:5432`.
    pub target: String,
    /// The method, where it was a request.
    pub method: Option<String>,
    /// How many requests, connections or datagrams.
    pub count: u64,
    /// Bytes that were sent over the wire. For a socket, which the guest holds itself, none are counted.
    pub sent: u64,
    /// Bytes that came back.
    pub received: u64,
}

/// What was touched, and what was denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// In the order of their names.
    pub reached: Vec<Reached>,
    /// What was denied and why, each once.
    pub denied: Vec<String>,
    /// How often something else was denied.
    pub denied_more: u64,
}

/// The record while it is written.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    reached: BTreeMap<(String, Option<String>), Line>,
    denied: BTreeSet<String>,
    denied_more: u64,
}

#[derive(Debug, Default)]
struct Line {
    count: u64,
    connections: Vec<Arc<Bytes>>,
}

impl Ledger {
    /// Notes that `target` is about to be reached, and counts the bytes of that from now on.
    pub(crate) fn reach(&self, target: String, method: Option<String>) -> Arc<Bytes> {
        let bytes = Arc::new(Bytes::default());
        let mut lines = self.lines();
        let mut key = (target, method);
        if !lines.reached.contains_key(&key) && lines.reached.len() >= LINES_MAX {
            key = (OTHERS.to_owned(), None);
        }
        let line = lines.reached.entry(key).or_default();
        line.count += 1;
        line.connections.push(Arc::clone(&bytes));
        bytes
    }

    /// Notes that one more went to `target` over a socket.
    pub(crate) fn count(&self, target: String) {
        let mut lines = self.lines();
        let mut key = (target, None);
        if !lines.reached.contains_key(&key) && lines.reached.len() >= LINES_MAX {
            key = (OTHERS.to_owned(), None);
        }
        lines.reached.entry(key).or_default().count += 1;
    }

    /// Notes that something was denied.
    pub(crate) fn deny(&self, reason: String) {
        let mut lines = self.lines();
        if lines.denied.len() < DENIALS_MAX {
            lines.denied.insert(reason);
        } else if !lines.denied.contains(&reason) {
            lines.denied_more = lines.denied_more.saturating_add(1);
        }
    }

    /// The record as it is now.
    pub(crate) fn touched(&self) -> Touched {
        let lines = self.lines();
        let line = |((target, method), line): (&(String, Option<String>), &Line)| Reached {
            target: target.clone(),
            method: method.clone(),
            count: line.count,
            sent: line.connections.iter().map(|bytes| bytes.sent()).sum(),
            received: line.connections.iter().map(|bytes| bytes.received()).sum(),
        };
        Touched {
            reached: lines.reached.iter().map(line).collect(),
            denied: lines.denied.iter().cloned().collect(),
            denied_more: lines.denied_more,
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn a_scan_makes_a_short_record() {
        let ledger = Ledger::default();
        for port in 0..1000 {
            ledger.count(format!("tcp://10.0.0.1:{port}"));
            ledger.deny(format!("{port}"));
        }
        let touched = ledger.touched();
        assert_eq!(touched.reached.len(), LINES_MAX + 1);
        assert_eq!(touched.denied.len(), DENIALS_MAX);
        assert_eq!(touched.denied_more, 1000 - DENIALS_MAX as u64);
        // What has its place is not counted again.
        ledger.deny("0".to_owned());
        assert_eq!(ledger.touched().denied_more, touched.denied_more);
        let all: u64 = touched.reached.iter().map(|line| line.count).sum();
        assert_eq!(all, 1000);
        let others = touched.reached.iter().find(|line| line.target == OTHERS);
        assert_eq!(others.unwrap().count, 1000 - LINES_MAX as u64);
    }

    #[test]
    fn what_has_its_line_keeps_it_and_the_rest_shares_one() {
        let ledger = Ledger::default();
        let (first, get) = ("https://a.example".to_owned(), Some("GET".to_owned()));
        ledger.reach(first.clone(), get.clone());
        for number in 1..LINES_MAX {
            ledger.reach(format!("https://{number}.example"), get.clone());
        }
        assert_eq!(
            ledger.touched().reached.len(),
            LINES_MAX,
            "each has its own"
        );
        // The table is full now.
        ledger.reach(first.clone(), get.clone());
        ledger.reach("https://b.example".to_owned(), get.clone());
        ledger.reach(first.clone(), Some("POST".to_owned()));
        let touched = ledger.touched().reached;
        let count = |target: &str, method: Option<&str>| {
            let mut lines = touched.iter();
            let line = lines.find(|line| line.target == target && line.method.as_deref() == method);
            line.map(|line| line.count)
        };
        assert_eq!(touched.len(), LINES_MAX + 1);
        assert_eq!(count(&first, Some("GET")), Some(2));
        assert_eq!(count(OTHERS, None), Some(2));
        assert_eq!(count(&first, Some("POST")), None);
    }

    #[test]
    fn a_socket_that_has_its_line_keeps_it() {
        let ledger = Ledger::default();
        for port in 0..LINES_MAX {
            ledger.count(format!("tcp://10.0.0.1:{port}"));
        }
        assert_eq!(
            ledger.touched().reached.len(),
            LINES_MAX,
            "each has its own"
        );
        ledger.count("tcp://10.0.0.1:7".to_owned());
        let touched = ledger.touched().reached;
        assert_eq!(touched.len(), LINES_MAX);
        let line = touched
            .iter()
            .find(|line| line.target == "tcp://10.0.0.1:7");
        assert_eq!(line.unwrap().count, 2);
    }

    #[tokio::test]
    async fn the_bytes_of_all_connections_are_added_up() {
        let ledger = Ledger::default();
        for _ in 0..2 {
            let bytes = ledger.reach("https://a.example".to_owned(), None);
            let (near, mut far) = tokio::io::duplex(64);
            let mut near = crate::stream::Counted::new(near, bytes, 64);
            near.write_all(b"abc").await.unwrap();
            far.write_all(b"defgh").await.unwrap();
            near.read_exact(&mut [0; 5]).await.unwrap();
        }
        let [line] = ledger.touched().reached.try_into().unwrap();
        assert_eq!((line.count, line.sent, line.received), (2, 6, 10));
    }
}
