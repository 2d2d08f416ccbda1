//! Prometheus' text format 0.0.4.
//!
//! Owns the names of the metrics. They are a promise: dashboards and alarms are built on them.

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::{BUCKETS, Counts, Histogram};

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// All of `counts`.
pub(super) fn render(counts: &Counts) -> String {
    let mut page = Page(String::with_capacity(4096));
    page.family("build_info", "gauge", "The version that runs.");
    page.row("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.family("calls_total", "counter", "Calls that ended, by how.");
    for (word, count) in counts.calls.rows() {
        page.row("calls_total", &[("outcome", word)], count);
    }
    page.histogram(&counts.call_seconds);
    page.gauge(
        "calls_in_flight",
        "Calls that are running.",
        &counts.calls_in_flight,
    );
    page.counter("fuel_total", "Fuel that tools burnt.", &counts.fuel);
    page.gauge(
        "connections",
        "Connections that are open.",
        &counts.connections,
    );
    page.counter(
        "connections_total",
        "Connections that were accepted.",
        &counts.connections_total,
    );
    page.gauge("sessions", "Sessions that are open.", &counts.sessions);
    page.gauge("streams", "Event streams that are open.", &counts.streams);
    page.family(
        "http_requests_total",
        "counter",
        "HTTP requests that were answered, by class of status.",
    );
    for (class, count) in CLASSES.into_iter().zip(&counts.http_requests) {
        let count = count.load(Ordering::Relaxed);
        page.row("http_requests_total", &[("status", class)], count);
    }
    page.family(
        "protocol_errors_total",
        "counter",
        "Messages that were answered with a protocol error, by code.",
    );
    for (code, count) in counts.protocol_errors.rows() {
        page.row("protocol_errors_total", &[("code", code)], count);
    }
    page.0
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP ringfence_{name} {help}");
        let _ = writeln!(self.0, "# TYPE ringfence_{name} {kind}");
    }

    /// Label values are our own words: none needs escaping.
    fn row(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, text)| format!("{label}=\"{text}\""))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(self.0, "ringfence_{name}{labels} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: &AtomicI64) {
        self.family(name, "gauge", help);
        self.row(name, &[], value.load(Ordering::Relaxed));
    }

    fn counter(&mut self, name: &str, help: &str, value: &AtomicU64) {
        self.family(name, "counter", help);
        self.row(name, &[], value.load(Ordering::Relaxed));
    }

    fn histogram(&mut self, histogram: &Histogram) {
        let name = "call_duration_seconds";
        self.family(name, "histogram", "How long calls took.");
        let bucket = format!("{name}_bucket");
        let mut sum = 0_u64;
        for (end, count) in BUCKETS.iter().zip(&histogram.buckets) {
            sum = sum.saturating_add(count.load(Ordering::Relaxed));
            let end = end.as_secs_f64().to_string();
            self.row(&bucket, &[("le", &end)], sum);
        }
        sum = sum.saturating_add(histogram.longer.load(Ordering::Relaxed));
        self.row(&bucket, &[("le", "+Inf")], sum);
        let nanoseconds = histogram.nanoseconds.load(Ordering::Relaxed);
        let seconds = std::time::Duration::from_nanos(nanoseconds).as_secs_f64();
        self.row(&format!("{name}_sum"), &[], seconds);
        self.row(&format!("{name}_count"), &[], sum);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use crate::metrics::{Metrics, ROWS_MAX};

    #[test]
    fn what_happened_is_on_the_page() {
        let metrics = Metrics::new();
        metrics.call_started();
        metrics.call_started();
        metrics.call_started();
        metrics.call_ended("returned", Duration::from_millis(1), 7);
        metrics.call_ended("denied", Duration::from_mins(1), 0);
        metrics.http_request(StatusCode::FORBIDDEN);
        metrics.protocol_error(-32602);
        metrics.protocol_error(12345);
        drop(metrics.connection());
        let _stream = metrics.stream();
        insta::assert_snapshot!(metrics.render());
    }

    #[test]
    fn rows_are_bounded() {
        let metrics = Metrics::new();
        for count in 0..ROWS_MAX * 2 {
            metrics.call_started();
            metrics.call_ended(format!("word-{count}").leak(), Duration::ZERO, 0);
        }
        let page = metrics.render();
        assert!(page.contains("outcome=\"other\"} 64"), "{page}");
        assert_eq!(page.matches("ringfence_calls_total{").count(), ROWS_MAX + 1);
    }
}
