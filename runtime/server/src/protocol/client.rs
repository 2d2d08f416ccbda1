//! What a client says of itself.
//!
//! Owns reading it: once for a session in the handshake era, with each request in the stateless one.

use ringfence_sandbox::Abilities;
use rmcp::model::{ProgressToken, ProtocolVersion, TASKS_EXTENSION_ID};
use serde_json::{Map, Value};

use super::fault::{self, Fault};
use super::frame::Params;
use super::level::Level;
use super::versions;
use crate::trace::TraceParent;

/// Where a request says its version.
pub(crate) const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

/// Where a request says what its client can do.
pub(crate) const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";

/// Where a request says by what name its client wants to hear of progress.
const TOKEN_KEY: &str = "progressToken";

/// Where a request says which log lines its client wants.
const LEVEL_KEY: &str = "io.modelcontextprotocol/logLevel";

/// Where a request says what its client is called.
const INFO_KEY: &str = "io.modelcontextprotocol/clientInfo";

/// Characters of a client's name. It is kept with each approval.
const NAME_CHARS_MAX: usize = 64;

/// Bytes of a progress token. It is repeated in each report of progress, of which many may wait.
const TOKEN_BYTES_MAX: usize = 256;

/// A client of some version, with what it can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) version: ProtocolVersion,
    /// As it names itself, cut; nothing when it does not.
    pub(crate) name: String,
    pub(crate) abilities: Abilities,
    /// Whether a call may become a task.
    pub(crate) tasks: bool,
}

impl Client {
    /// What `capabilities` and `info` say.
    pub(crate) fn new(
        version: ProtocolVersion,
        capabilities: &Map<String, Value>,
        info: Option<&Value>,
    ) -> Self {
        let elicitation = capabilities.get("elicitation").and_then(Value::as_object);
        // An empty object means forms, which is all that there was at first.
        let form = |modes: &Map<String, Value>| modes.is_empty() || modes.contains_key("form");
        let extensions = capabilities.get("extensions").and_then(Value::as_object);
        let name = info
            .and_then(|info| info.get("name"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        Self {
            version,
            name: name.chars().take(NAME_CHARS_MAX).collect(),
            abilities: Abilities {
                form: elicitation.is_some_and(form),
                page: elicitation.is_some_and(|modes| modes.contains_key("url")),
                sample: capabilities.get("sampling").is_some_and(Value::is_object),
                roots: capabilities.get("roots").is_some_and(Value::is_object),
            },
            tasks: extensions.is_some_and(|names| names.contains_key(TASKS_EXTENSION_ID)),
        }
    }
}

/// Whether a request of the stateless era wants to hear of anything but its answer: of progress, or
/// of what is logged.
pub(crate) fn wants_news(params: &Params) -> bool {
    let meta = params.get("_meta");
    meta.is_some_and(|meta| meta.get(TOKEN_KEY).is_some() || meta.get(LEVEL_KEY).is_some())
}

/// The `_meta` of a request.
#[derive(Debug, Default)]
pub(crate) struct Meta(Map<String, Value>);

impl Meta {
    /// Takes the `_meta` out of the parameters.
    ///
    /// # Errors
    ///
    /// It is no object, or has a progress token that is none.
    pub(crate) fn take(params: &mut Params) -> Result<Self, Fault> {
        let meta = match params.remove("_meta") {
            None => Map::new(),
            Some(Value::Object(meta)) => meta,
            Some(_) => return Err(fault::meta("`_meta` must be an object")),
        };
        let token = match meta.get(TOKEN_KEY) {
            None => true,
            Some(Value::String(token)) => token.len() <= TOKEN_BYTES_MAX,
            Some(token) => token.is_i64(),
        };
        if token {
            Ok(Self(meta))
        } else {
            Err(fault::params(
                "`progressToken` must be an integer or a short string",
            ))
        }
    }

    /// Whether the request names a version, be it one or not.
    pub(crate) fn names_version(&self) -> bool {
        self.0.contains_key(VERSION_KEY)
    }

    /// The client of a request that says all.
    ///
    /// # Errors
    ///
    /// Something that each request must say is missing, or the version is not served.
    pub(crate) fn client(&self) -> Result<Client, Fault> {
        let Some(Value::String(version)) = self.0.get(VERSION_KEY) else {
            return Err(fault::meta(format!(
                "`_meta` needs `{VERSION_KEY}`, a string"
            )));
        };
        let served = versions::served(version)
            .filter(|version| !versions::is_handshake(version))
            .ok_or_else(|| fault::version(version))?;
        match self.0.get(CAPABILITIES_KEY) {
            Some(Value::Object(capabilities)) => {
                Ok(Client::new(served, capabilities, self.0.get(INFO_KEY)))
            }
            _ => Err(fault::meta(format!(
                "`_meta` needs `{CAPABILITIES_KEY}`, an object"
            ))),
        }
    }

    /// From which level on the client wants log lines.
    pub(crate) fn level(&self) -> Option<Level> {
        let level = self.0.get(LEVEL_KEY)?;
        serde_json::from_value(level.clone()).ok()
    }

    /// Under which token the client wants to hear of progress.
    pub(crate) fn progress_token(&self) -> Option<ProgressToken> {
        let token = self.0.get(TOKEN_KEY)?;
        serde_json::from_value(token.clone()).ok()
    }

    /// The W3C trace context, when the request carries one.
    pub(crate) fn trace(&self) -> Option<TraceParent> {
        TraceParent::parse(self.0.get("traceparent")?.as_str()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn meta(value: &Value) -> Result<Meta, Fault> {
        let mut params = Map::from_iter([("_meta".to_owned(), value.clone())]);
        Meta::take(&mut params)
    }

    #[test]
    fn a_client_can_do_what_it_declares() {
        let client = |capabilities: Value| {
            Client::new(
                ProtocolVersion::V_2026_07_28,
                capabilities.as_object().unwrap(),
                None,
            )
        };
        assert_eq!(client(json!({})).abilities, Abilities::default());
        assert!(client(json!({"elicitation": {}})).abilities.form);
        let pages = client(json!({"elicitation": {"url": {}}}));
        assert!(pages.abilities.page && !pages.abilities.form);
        let rest = client(json!({"sampling": {}, "roots": {"listChanged": true}}));
        assert!(rest.abilities.sample && rest.abilities.roots && !rest.tasks);
        assert!(client(json!({"extensions": {TASKS_EXTENSION_ID: {}}})).tasks);
    }

    #[test]
    fn a_request_of_the_stateless_era_says_all() {
        let version = |version: &str| {
            meta(&json!({VERSION_KEY: version, CAPABILITIES_KEY: {}}))
                .unwrap()
                .client()
        };
        assert!(version("2026-07-28").is_ok());
        assert_eq!(version("2099-01-01").unwrap_err().error.code.0, -32022);
        assert_eq!(version("2025-06-18").unwrap_err().error.code.0, -32022);
        for lacking in [
            json!({}),
            json!({VERSION_KEY: "2026-07-28"}),
            json!({CAPABILITIES_KEY: {}}),
            json!({VERSION_KEY: 1, CAPABILITIES_KEY: {}}),
            json!({VERSION_KEY: "2026-07-28", CAPABILITIES_KEY: []}),
        ] {
            let fault = meta(&lacking).unwrap().client().unwrap_err();
            assert_eq!(
                (fault.error.code.0, fault.status()),
                (-32602, 400),
                "{lacking}"
            );
        }
    }

    #[test]
    fn a_progress_token_is_short() {
        for token in [json!(1.5), json!("x".repeat(300)), json!({}), json!(null)] {
            assert!(meta(&json!({"progressToken": token})).is_err(), "{token}");
        }
        assert!(meta(&json!({"progressToken": "a"})).is_ok());
        assert!(meta(&json!([])).is_err());
    }
}
