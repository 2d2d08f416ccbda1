//! Whether a request asks for a WebSocket that speaks MCP, and the answer that gives it one.
//!
//! Owns the fields of the handshake (RFC 6455, section 4.2). Refuses to know what is said afterwards.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    ALLOW, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What both sides say they speak.
const SUBPROTOCOL: &str = "mcp";

/// The one version that there is.
const VERSION: &str = "13";

/// The answer: one that switches protocols begins the WebSocket, every other says why there is none.
pub(super) fn answer(method: &Method, headers: &HeaderMap) -> Response {
    if method != Method::GET {
        let mut response = refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "a WebSocket begins with `GET`",
        );
        let allow = HeaderValue::from_static("GET");
        response.headers_mut().insert(ALLOW, allow);
        return response;
    }
    if !lists(headers, &CONNECTION, "upgrade") || !lists(headers, &UPGRADE, "websocket") {
        let text = "`Connection: Upgrade` and `Upgrade: websocket` must be there";
        return refuse(StatusCode::BAD_REQUEST, text);
    }
    if headers
        .get(SEC_WEBSOCKET_VERSION)
        .map(HeaderValue::as_bytes)
        != Some(VERSION.as_bytes())
    {
        let mut response = refuse(
            StatusCode::UPGRADE_REQUIRED,
            "`Sec-WebSocket-Version` must be 13",
        );
        let version = HeaderValue::from_static(VERSION);
        response
            .headers_mut()
            .insert(SEC_WEBSOCKET_VERSION, version);
        return response;
    }
    let Some(key) = headers.get(SEC_WEBSOCKET_KEY) else {
        return refuse(StatusCode::BAD_REQUEST, "`Sec-WebSocket-Key` is missing");
    };
    if !lists(headers, &SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        let text = "the WebSocket subprotocol must be `mcp`";
        return refuse(StatusCode::BAD_REQUEST, text);
    }
    let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
    let Ok(accept) = accept else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().extend([
        (CONNECTION, HeaderValue::from_static("upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
        (
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(SUBPROTOCOL),
        ),
    ]);
    response
}

/// Whether a list in a header has this word.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| one.trim().eq_ignore_ascii_case(word))
}

fn refuse(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}
