//! How the server names itself, and its results.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// Serialises as the server's name and version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerInfo;

impl Serialize for ServerInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Named {
            name: &'static str,
            title: &'static str,
            version: &'static str,
        }
        let named = Named {
            name: "ringfence",
            title: "ringfence",
            version: env!("CARGO_PKG_VERSION"),
        };
        named.serialize(serializer)
    }
}

/// Adds what every result of the stateless era has: of which type it is, and whose.
pub(super) fn stamp(result: &mut Map<String, Value>, result_type: &str) {
    result.insert("resultType".into(), result_type.into());
    let meta = json!({"io.modelcontextprotocol/serverInfo": ServerInfo});
    result.insert("_meta".into(), meta);
}
