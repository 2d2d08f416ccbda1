//! The operator's side: is it alive, is it ready, what happened, and what waits for a person.
//!
//! Owns a router for a listener of its own, so that who may call tools and who may look are two
//! questions. Who may decide is a third, and needs a key.

mod approvals;
mod audit;
mod decision;
mod ready;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use ringfence_audit::Recorder;
use serde_json::json;

use crate::approvals::Approvals;
use crate::denials::Denials;
use crate::metrics::Metrics;
use crate::transport::http::AllowedHosts;
use crate::transport::http::guard::{Guard, guarded};

pub use approvals::{AdminKey, shown as shown_approval};
pub use decision::GIVEN_FOR_MAX;
pub use ready::Ready;

/// The content type of Prometheus' text format.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `/healthz`, `/readyz` and `/metrics`, for requests that are addressed to one of `hosts`; `/approvals` for
/// those that have the key, where there is one. Who is refused is written down by `denials`.
pub fn admin(
    ready: Ready,
    metrics: Metrics,
    audit: Recorder,
    approvals: Option<(Approvals, AdminKey)>,
    hosts: Arc<AllowedHosts>,
    denials: Arc<Denials>,
) -> Router {
    let deciding =
        approvals.map(|(approvals, key)| approvals::routes(approvals, key, Arc::clone(&denials)));
    let guard = Guard { hosts, denials };
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(readiness).with_state((ready, audit.clone())))
        .route("/metrics", get(page).with_state((metrics, audit)))
        .merge(deciding.unwrap_or_default())
        .layer(middleware::from_fn_with_state(guard, guarded))
}

async fn alive() -> Response {
    answer(StatusCode::OK, "text/plain; charset=utf-8", "ok".to_owned())
}

async fn readiness(State((ready, log)): State<(Ready, Recorder)>) -> Response {
    let mut reasons = ready.reasons();
    reasons.extend(audit::reason(&log));
    let status = if reasons.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({ "ready": reasons.is_empty(), "reasons": reasons });
    answer(status, "application/json", body.to_string())
}

async fn page(State((metrics, log)): State<(Metrics, Recorder)>) -> Response {
    let text = metrics.render() + &audit::metrics(&log);
    answer(StatusCode::OK, PROMETHEUS, text)
}

/// An answer that is true now and at no other time.
fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}
