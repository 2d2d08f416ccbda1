//! An MCP client over HTTP, of either era.
//!
//! Owns the header and the `_meta` that each era demands, and nothing that a library would do on its
//! own: every request is one that a test has asked for.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};

use crate::http::{Connection, Head};

/// The version that needs no session.
pub const STATELESS: &str = "2026-07-28";

/// One client on one connection.
#[derive(Debug)]
pub struct Peer {
    /// The connection, for what this cannot say.
    pub connection: Connection,
    /// The version that it speaks.
    pub version: String,
    /// Its session, when it has one.
    pub session: Option<String>,
    /// What it says that it can do.
    pub capabilities: Value,
    address: SocketAddr,
    last_id: u64,
}

/// A whole response.
#[derive(Debug)]
pub struct Reply {
    /// Status and header.
    pub head: Head,
    /// Everything that came, in order.
    pub messages: Vec<Value>,
}

impl Reply {
    /// The last message, which is the answer.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[expect(clippy::expect_used, reason = "a test ends without an answer")]
    pub fn answer(&self) -> &Value {
        self.messages.last().expect("an answer")
    }

    /// The code of the error, or 0.
    pub fn code(&self) -> i64 {
        let code = self
            .messages
            .last()
            .and_then(|answer| answer.pointer("/error/code"));
        code.and_then(Value::as_i64).unwrap_or_default()
    }

    /// The text of the first block of the result.
    pub fn text(&self) -> &str {
        let block = self.messages.last();
        let text = block.and_then(|answer| answer.pointer("/result/content/0/text"));
        text.and_then(Value::as_str).unwrap_or_default()
    }
}

#[expect(
    clippy::expect_used,
    reason = "a test ends when its server does not answer"
)]
impl Peer {
    /// A client of the stateless era.
    pub async fn stateless(address: SocketAddr) -> Self {
        Self::silent(address, STATELESS).await
    }

    /// A client that has said hello and speaks an older version.
    ///
    /// # Panics
    ///
    /// When it gets no session.
    pub async fn hello(address: SocketAddr, version: &str, capabilities: Value) -> Self {
        let mut peer = Self::silent(address, version).await;
        peer.capabilities = capabilities;
        peer.greet().await;
        peer
    }

    /// A client that has said nothing yet.
    pub async fn silent(address: SocketAddr, version: &str) -> Self {
        Self {
            connection: Connection::open(address).await,
            version: version.to_owned(),
            session: None,
            capabilities: json!({}),
            address,
            last_id: 0,
        }
    }

    /// The same client on a connection of its own.
    pub async fn beside(&self) -> Self {
        Self {
            connection: Connection::open(self.address).await,
            version: self.version.clone(),
            session: self.session.clone(),
            capabilities: self.capabilities.clone(),
            address: self.address,
            // No two requests of a session that are in flight may share an id.
            last_id: self.last_id + 1_000_000,
        }
    }

    /// Says hello.
    ///
    /// # Panics
    ///
    /// When it gets no session.
    pub async fn greet(&mut self) -> Reply {
        let params = json!({
            "protocolVersion": self.version,
            "capabilities": self.capabilities,
            "clientInfo": {"name": "tests", "version": "1"},
        });
        let reply = self.request("initialize", params).await;
        assert_eq!(reply.head.status, 200, "{:?}", reply.messages);
        let session = reply.head.header("mcp-session-id").expect("a session");
        self.session = Some(session.to_owned());
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(self.post(&initialized).await.head.status, 202);
        reply
    }

    /// A request as this client would send it.
    pub fn message(&mut self, method: &str, mut params: Value) -> Value {
        self.last_id += 1;
        if params.is_null() {
            params = json!({});
        }
        if self.is_stateless()
            && let Value::Object(params) = &mut params
            && let Value::Object(meta) = params
                .entry("_meta")
                .or_insert_with(|| Value::Object(Map::new()))
        {
            let version = "io.modelcontextprotocol/protocolVersion";
            meta.insert(version.to_owned(), self.version.as_str().into());
            let capabilities = "io.modelcontextprotocol/clientCapabilities";
            meta.insert(capabilities.to_owned(), self.capabilities.clone());
        }
        json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params})
    }

    /// Sends a request and waits for everything that comes of it.
    pub async fn request(&mut self, method: &str, params: Value) -> Reply {
        let message = self.message(method, params);
        self.post(&message).await
    }

    /// Calls a tool.
    pub async fn call(&mut self, name: &str, arguments: Value) -> Reply {
        self.request("tools/call", json!({"name": name, "arguments": arguments}))
            .await
    }

    /// Sends a message and waits for everything that comes of it.
    pub async fn post(&mut self, message: &Value) -> Reply {
        let head = self.begin(message).await;
        self.finish(head).await
    }

    /// Sends a message and waits for the head of the response.
    pub async fn begin(&mut self, message: &Value) -> Head {
        self.send(message).await;
        self.connection.head().await
    }

    /// Sends a message, and waits for nothing.
    pub async fn send(&mut self, message: &Value) {
        let headers = self.headers(message);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let body = message.to_string();
        self.connection
            .send("POST", "/mcp", &headers, body.as_bytes())
            .await;
    }

    /// Everything that still comes.
    ///
    /// # Panics
    ///
    /// When it is no JSON.
    pub async fn finish(&mut self, head: Head) -> Reply {
        let mut messages = Vec::new();
        if head.streams() {
            while let Some(event) = self.connection.event().await {
                messages.push(event);
            }
        } else {
            let body = self.connection.body().await;
            if !body.is_empty() {
                messages.push(serde_json::from_slice(&body).expect("JSON"));
            }
        }
        Reply { head, messages }
    }

    /// Listens to what belongs to no request.
    pub async fn stand(&mut self) -> Head {
        let headers = self.headers(&Value::Null);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.connection.request("GET", "/mcp", &headers, b"").await
    }

    /// Ends the session.
    pub async fn leave(&mut self) -> Reply {
        let headers = self.headers(&Value::Null);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let head = self
            .connection
            .request("DELETE", "/mcp", &headers, b"")
            .await;
        self.finish(head).await
    }

    /// The header that belongs to a message.
    pub fn headers(&self, message: &Value) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
        ];
        if let Some(session) = &self.session {
            headers.push(("mcp-session-id", session.clone()));
        }
        let method = message["method"].as_str().unwrap_or_default();
        if method != "initialize" {
            headers.push(("mcp-protocol-version", self.version.clone()));
        }
        if self.is_stateless() {
            headers.push(("mcp-method", method.to_owned()));
            let params = &message["params"];
            let name = ["name", "uri", "taskId"]
                .iter()
                .find_map(|name| params[name].as_str());
            if let Some(name) = name {
                headers.push(("mcp-name", name.to_owned()));
            }
        }
        headers
    }

    fn is_stateless(&self) -> bool {
        self.version == STATELESS
    }
}
