//! Methods and their parameters.
//!
//! Owns which methods there are and what each must carry, and the error for one that does not:
//! unknown is told from malformed. What the service loop gets to see is well formed.

use rmcp::model::{
    CallToolRequestMethod, CallToolRequestParams, CancelledNotificationMethod, ClientNotification,
    ClientRequest, ConstString as _, ErrorCode, ErrorData, Extensions, Notification, Request,
    RequestMetaObject,
};
use serde_json::{Map, Value, json};

use crate::echo::echo;

/// Bytes of a progress token. It is repeated in each report of progress, of which many may wait.
const TOKEN_BYTES_MAX: usize = 256;

/// The methods that are served. Resources, prompts and the rest are not offered, so they are as
/// unknown as anything else.
const METHODS: [&str; 6] = [
    "initialize",
    "logging/setLevel",
    "ping",
    "server/discover",
    "subscriptions/listen",
    "tools/list",
];

/// Reads a request.
///
/// # Errors
///
/// The method is unknown, or its parameters are malformed.
pub(crate) fn request(
    method: &str,
    params: Option<Map<String, Value>>,
) -> Result<ClientRequest, ErrorData> {
    if method == "tools/call" {
        return tools_call(params.unwrap_or_default());
    }
    if !METHODS.contains(&method) {
        let message = format!("unknown method `{}`", echo(method));
        return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None));
    }
    check_meta(params.as_ref())?;
    let cursor = params.as_ref().and_then(|params| params.get("cursor"));
    // The library takes a cursor of another type for none.
    if method == "tools/list" && cursor.is_some_and(|cursor| !cursor.is_string()) {
        return Err(malformed(method));
    }
    let mut request = json!({ "method": method });
    if let (Some(params), Some(members)) = (params, request.as_object_mut()) {
        members.insert("params".to_owned(), Value::Object(params));
    }
    match serde_json::from_value(request) {
        // What no type of the method takes ends as a custom request.
        Ok(ClientRequest::CustomRequest(_)) | Err(_) => Err(malformed(method)),
        Ok(request) => Ok(request),
    }
}

/// Reads a notification. Nothing when it is malformed or none that matters: it is not answered.
pub(crate) fn notification(
    method: &str,
    params: Option<Map<String, Value>>,
) -> Option<ClientNotification> {
    if method != CancelledNotificationMethod::VALUE {
        return None;
    }
    let params = serde_json::from_value(Value::Object(params?)).ok()?;
    Some(ClientNotification::CancelledNotification(
        Notification::new(params),
    ))
}

/// Reads `tools/call` without copying the arguments, which may be megabytes.
fn tools_call(mut params: Map<String, Value>) -> Result<ClientRequest, ErrorData> {
    check_meta(Some(&params))?;
    let Some(Value::String(name)) = params.remove("name") else {
        return Err(invalid(
            "`tools/call` needs the name of a tool: `name`, a string",
        ));
    };
    let mut call = CallToolRequestParams::new(name);
    match params.remove("arguments") {
        None | Some(Value::Null) => {}
        Some(Value::Object(arguments)) => call = call.with_arguments(arguments),
        Some(_) => return Err(invalid("`arguments` of `tools/call` must be an object")),
    }
    let mut request = Request::<CallToolRequestMethod, _>::new(call);
    if let Some(Value::Object(meta)) = params.remove("_meta") {
        request.extensions = Extensions::new();
        request.extensions.insert(RequestMetaObject::from(meta));
    }
    Ok(ClientRequest::CallToolRequest(request))
}

fn check_meta(params: Option<&Map<String, Value>>) -> Result<(), ErrorData> {
    let meta = match params.and_then(|params| params.get("_meta")) {
        None => return Ok(()),
        Some(Value::Object(meta)) => meta,
        Some(_) => return Err(invalid("`_meta` must be an object")),
    };
    match meta.get("progressToken") {
        None => Ok(()),
        Some(Value::String(token)) if token.len() <= TOKEN_BYTES_MAX => Ok(()),
        Some(Value::Number(token)) if token.is_i64() => Ok(()),
        Some(_) => Err(invalid(
            "`progressToken` must be an integer or a short string",
        )),
    }
}

fn malformed(method: &str) -> ErrorData {
    let what = match method {
        "initialize" => "needs `protocolVersion`, `capabilities` and `clientInfo`",
        "logging/setLevel" => "needs `level`, one of the levels of syslog",
        "server/discover" => "needs `_meta`",
        "subscriptions/listen" => "needs `notifications`, an object",
        "tools/list" => "takes `cursor`, a string",
        _ => "has malformed parameters",
    };
    invalid(format!("`{method}` {what}"))
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> ErrorData {
    ErrorData::invalid_params(message, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(method: &str, params: &Value) -> Option<i32> {
        let params = params.as_object().cloned();
        request(method, params).err().map(|error| error.code.0)
    }

    #[test]
    fn malformed_is_told_from_unknown() {
        for (method, params) in [
            ("tools/call", json!({})),
            ("tools/call", json!(null)),
            ("tools/call", json!({"name": 7})),
            ("tools/call", json!({"name": "x", "arguments": []})),
            ("tools/call", json!({"name": "x", "_meta": 1})),
            (
                "tools/call",
                json!({"name": "x", "_meta": {"progressToken": 1.5}}),
            ),
            (
                "tools/call",
                json!({"name": "x", "_meta": {"progressToken": "x".repeat(300)}}),
            ),
            ("tools/list", json!({"cursor": 1})),
            ("tools/list", json!({"_meta": []})),
            ("initialize", json!({})),
            ("initialize", json!(null)),
            ("logging/setLevel", json!({"level": "loud"})),
            ("subscriptions/listen", json!({})),
        ] {
            assert_eq!(code(method, &params), Some(-32602), "{method} {params}");
        }
        for method in [
            "tools/cal",
            "resources/list",
            "prompts/list",
            "completion/complete",
            "",
        ] {
            assert_eq!(code(method, &json!({})), Some(-32601), "{method}");
        }
    }

    #[test]
    fn what_is_well_formed_passes() {
        for (method, params) in [
            ("ping", json!(null)),
            ("ping", json!({"_meta": {"progressToken": 1}})),
            ("tools/list", json!(null)),
            ("tools/list", json!({"cursor": "x"})),
            ("tools/call", json!({"name": "x"})),
            ("tools/call", json!({"name": "x", "arguments": null})),
            ("logging/setLevel", json!({"level": "debug"})),
            (
                "subscriptions/listen",
                json!({"notifications": {"toolsListChanged": true}}),
            ),
            ("server/discover", json!({"_meta": {}})),
        ] {
            assert_eq!(code(method, &params), None, "{method} {params}");
        }
    }
}
