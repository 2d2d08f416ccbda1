//! The audit log, as an operator sees it from outside.

use ringfence_audit::Recorder;

/// Why requests should not be sent here: calls that can do harm are refused while the log cannot be
/// written.
pub(super) fn reason(log: &Recorder) -> Option<(&'static str, String)> {
    let trouble = log.health().trouble?;
    Some(("audit", trouble.to_string()))
}

/// The log's counts, in Prometheus' text format. The names are a promise.
pub(super) fn metrics(log: &Recorder) -> String {
    if !log.is_on() {
        return String::new();
    }
    let health = log.health();
    let writable = u8::from(health.trouble.is_none());
    format!(
        "\
# HELP ringfence_audit_writable Whether the audit log can be written.
# TYPE ringfence_audit_writable gauge
ringfence_audit_writable {writable}
# HELP ringfence_audit_records_total Records that were appended to the audit log.
# TYPE ringfence_audit_records_total counter
ringfence_audit_records_total {}
# HELP ringfence_audit_lost_total Records that were lost because the audit log could not be written.
# TYPE ringfence_audit_lost_total counter
ringfence_audit_lost_total {}
# HELP ringfence_audit_failures_total Writes to the audit log that failed.
# TYPE ringfence_audit_failures_total counter
ringfence_audit_failures_total {}
",
        health.appended, health.lost, health.failures
    )
}
