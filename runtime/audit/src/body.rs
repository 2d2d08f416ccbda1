//! An event as the middle of a line.
//!
//! Owns the names and the order of the fields: they are a promise. What the chain adds stands before
//! and behind.

use std::time::Duration;

use crate::event::{
    Approval, Call, CallName, Caller, Change, Cost, Denial, Event, Intent, PolicyChange,
    PolicyState, Secret, SecretState, Start, Stop, Tool, Touched,
};
use crate::key::ArgumentsDigest;
use crate::text::{push_hex, push_number, push_text};
use crate::time::{Timestamp, push_micros};

/// The longest record, in bytes. Bounds what one call can make us write, whatever it is called, is
/// refused for or touches; and what a reader of the log must be able to hold.
pub const RECORD_BYTES_MAX: usize = 32 * 1024;

/// The longest name. Bounds how far a caller can push a log by making up names.
const NAME_BYTES_MAX: usize = 192;

/// The longest sentence. Bounds what a guest's trap, or an argument that is quoted, can fill.
const SENTENCE_BYTES_MAX: usize = 512;

/// The most elements of a list. Bounds what a call with very many grants can fill.
const ELEMENTS_MAX: usize = 16;

/// The most denials of one call, as many as a receipt has. Bounds what a guest can fill by asking for what it
/// was not granted.
const DENIED_MAX: usize = 32;

/// An identifier of the process that wrote a record.
pub(crate) type Run = [u8; 8];

/// Writes `event`, without the braces of its object.
pub(crate) fn push_event(out: &mut Vec<u8>, time: Timestamp, run: Run, event: &Event<'_>) {
    let mut body = Body::begin(out, time, run, event.word());
    match event {
        Event::Approval(approval) => body.approval(approval),
        Event::Call(call) => body.call(call),
        Event::Denial(denial) => body.denial(denial),
        Event::Grant(change) | Event::Revocation(change) => body.change(change),
        Event::Intent(intent) => body.intent(intent),
        Event::Policy(change) => body.policy(change),
        Event::Secret(secret) => body.secret(secret),
        Event::Start(start) => body.start(start),
        Event::Stop(stop) => body.stop(stop),
    }
}

/// The fields of one record, one after the other.
pub(crate) struct Body<'b>(&'b mut Vec<u8>);

impl<'b> Body<'b> {
    pub(crate) fn begin(
        out: &'b mut Vec<u8>,
        time: Timestamp,
        run: Run,
        event: &'static str,
    ) -> Self {
        out.extend_from_slice(b"\"time\":\"");
        time.write(out);
        out.extend_from_slice(b"\",\"run\":\"");
        out.extend_from_slice(&run);
        out.extend_from_slice(b"\",\"event\":\"");
        out.extend_from_slice(event.as_bytes());
        out.push(b'"');
        Self(out)
    }

    pub(crate) fn name(&mut self, field: &'static str, text: &str) {
        self.text(field, text, NAME_BYTES_MAX);
    }

    pub(crate) fn sentence(&mut self, field: &'static str, text: &str) {
        self.text(field, text, SENTENCE_BYTES_MAX);
    }

    pub(crate) fn number(&mut self, field: &'static str, number: u64) {
        self.field(field);
        push_number(self.0, number);
    }

    fn call(&mut self, call: &Call<'_>) {
        self.caller(Some(call.caller));
        self.call_name(&call.name);
        self.tool(&call.tool);
        self.arguments(call.arguments);
        self.name("outcome", call.outcome);
        self.maybe_name("limit", call.limit);
        self.maybe_sentence("reason", call.reason);
        self.micros("took_us", call.took);
        self.cost(call.cost.as_ref());
        self.list("capabilities", call.capabilities);
        self.touched(call.touched);
        self.denied(call.denied, call.denied_more);
    }

    fn intent(&mut self, intent: &Intent<'_>) {
        self.caller(Some(intent.caller));
        self.call_name(&intent.name);
        self.tool(&intent.tool);
        self.arguments(intent.arguments);
        self.list("capabilities", intent.capabilities);
    }

    fn denial(&mut self, denial: &Denial<'_>) {
        self.caller(denial.caller);
        self.name("request", denial.request);
        self.sentence("asked", denial.asked);
        self.sentence("reason", denial.reason);
    }

    fn approval(&mut self, approval: &Approval<'_>) {
        self.name("state", approval.state.word());
        self.name("id", approval.id);
        self.caller(Some(approval.caller));
        if let Some(name) = &approval.name {
            self.call_name(name);
        }
        self.tool(&approval.tool);
        self.arguments(approval.arguments);
        self.list("capabilities", approval.capabilities);
        self.maybe_name("by", approval.by);
        self.maybe_name("scope", approval.scope);
    }

    fn change(&mut self, change: &Change<'_>) {
        self.name("by", change.by);
        self.caller(change.caller);
        if let Some(name) = &change.name {
            self.call_name(name);
        }
        self.maybe_name("tool", change.tool);
        self.sentence("grant", change.grant);
        self.sentence("source", change.source);
    }

    fn policy(&mut self, change: &PolicyChange<'_>) {
        let state = match change.state {
            PolicyState::Loaded => "loaded",
            PolicyState::Rejected => "rejected",
        };
        self.name("state", state);
        self.sentence("source", change.source);
        self.maybe_name("version", change.version);
        self.maybe_sentence("reason", change.reason);
    }

    fn secret(&mut self, secret: &Secret<'_>) {
        let state = match secret.state {
            SecretState::Removed => "removed",
            SecretState::Rotated => "rotated",
            SecretState::Set => "set",
        };
        self.name("state", state);
        self.name("name", secret.name);
        self.name("by", secret.by);
        self.list("hosts", secret.hosts);
    }

    fn start(&mut self, start: &Start<'_>) {
        self.name("version", start.version);
        self.name("command", start.command);
        self.number("process", u64::from(std::process::id()));
    }

    fn stop(&mut self, stop: &Stop<'_>) {
        self.sentence("reason", stop.reason);
    }

    fn caller(&mut self, caller: Option<Caller<'_>>) {
        if let Some(caller) = caller {
            self.name("tenant", caller.tenant);
            self.name("principal", caller.principal);
        }
    }

    fn call_name(&mut self, name: &CallName<'_>) {
        self.name("call", name.call);
        self.name("request", name.request);
        self.maybe_name("parent", name.parent);
    }

    fn tool(&mut self, tool: &Tool<'_>) {
        self.name("tool", tool.name);
        self.maybe_name("component", tool.component);
        self.maybe_name("function", tool.function);
        if let Some(digest) = tool.digest {
            self.field("digest");
            self.0.extend_from_slice(b"\"sha256:");
            push_hex(self.0, digest);
            self.0.push(b'"');
        }
    }

    fn arguments(&mut self, arguments: Option<&ArgumentsDigest>) {
        if let Some(digest) = arguments {
            self.field("arguments");
            self.0.extend_from_slice(b"\"keyed-blake3:");
            push_hex(self.0, digest.bytes());
            self.0.push(b'"');
        }
    }

    fn cost(&mut self, cost: Option<&Cost>) {
        let Some(cost) = cost else { return };
        self.number("fuel", cost.fuel);
        self.micros("wall_us", cost.wall);
        self.micros("cpu_us", cost.cpu);
        self.number("peak_memory_bytes", cost.peak_memory_bytes);
        self.number("result_bytes", cost.result_bytes);
        self.number("output_bytes", cost.output_bytes);
    }

    fn touched(&mut self, touched: &[Touched<'_>]) {
        if touched.is_empty() {
            return;
        }
        self.field("touched");
        self.0.push(b'[');
        for (index, one) in touched.iter().take(ELEMENTS_MAX).enumerate() {
            self.0
                .extend_from_slice(if index == 0 { b"" } else { b"," });
            self.0.extend_from_slice(b"{\"kind\":");
            push_text(self.0, one.kind, NAME_BYTES_MAX);
            self.name("name", one.name);
            self.number("times", one.times);
            self.number("bytes_in", one.bytes_in);
            self.number("bytes_out", one.bytes_out);
            self.0.push(b'}');
        }
        self.0.push(b']');
        self.left_out("touched_more", touched.len());
    }

    fn denied(&mut self, denied: &[String], more: u64) {
        self.elements("denied", denied, DENIED_MAX, SENTENCE_BYTES_MAX);
        let cut = denied.len().saturating_sub(DENIED_MAX);
        let more = more.saturating_add(u64::try_from(cut).unwrap_or(u64::MAX));
        if more > 0 {
            self.number("denied_more", more);
        }
    }

    fn list(&mut self, field: &'static str, texts: &[String]) {
        self.elements(field, texts, ELEMENTS_MAX, NAME_BYTES_MAX);
        self.left_out(
            if field == "hosts" {
                "hosts_more"
            } else {
                "capabilities_more"
            },
            texts.len(),
        );
    }

    /// At most `most` of `texts`, each cut to `bytes`. Nothing where there are none.
    fn elements(&mut self, field: &'static str, texts: &[String], most: usize, bytes: usize) {
        if texts.is_empty() {
            return;
        }
        self.field(field);
        self.0.push(b'[');
        for (index, text) in texts.iter().take(most).enumerate() {
            self.0
                .extend_from_slice(if index == 0 { b"" } else { b"," });
            push_text(self.0, text, bytes);
        }
        self.0.push(b']');
    }

    /// How much of a list there was no room for: a record that is cut says so.
    fn left_out(&mut self, field: &'static str, length: usize) {
        if length > ELEMENTS_MAX {
            let more = length - ELEMENTS_MAX;
            self.number(field, u64::try_from(more).unwrap_or(u64::MAX));
        }
    }

    fn maybe_name(&mut self, field: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.name(field, text);
        }
    }

    fn maybe_sentence(&mut self, field: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.sentence(field, text);
        }
    }

    fn micros(&mut self, field: &'static str, time: Duration) {
        self.field(field);
        push_micros(self.0, time);
    }

    fn text(&mut self, field: &'static str, text: &str, max: usize) {
        self.field(field);
        push_text(self.0, text, max);
    }

    fn field(&mut self, field: &'static str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(field.as_bytes());
        self.0.extend_from_slice(b"\":");
    }
}
