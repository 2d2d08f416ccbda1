//! The program by one of its ways: over pipes, or over HTTP.
//!
//! Owns that a test reads the same for both. Refuses to know what should come of it, and to make a call
//! twice: `both` does that, for what two servers may share.

use std::ffi::OsStr;

use serde_json::{Value, json};

use crate::peer::Peer;
use crate::serving::Serving;
use crate::session::Session;

/// One server and a client of it.
#[derive(Debug)]
pub enum Way {
    /// Over pipes.
    Pipes(Session),
    /// Over HTTP.
    Http(Serving, Box<Peer>),
}

impl Way {
    /// Starts `ringfence serve` with `arguments`, over HTTP or over pipes.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start<A: AsRef<OsStr>>(over_http: bool, arguments: &[A]) -> Self {
        if over_http {
            let serving = Serving::start(arguments);
            let peer = Peer::stateless(serving.address()).await;
            Self::Http(serving, Box::new(peer))
        } else {
            let mut session = Session::start(arguments);
            session.initialize();
            Self::Pipes(session)
        }
    }

    /// The answer to one request.
    ///
    /// # Panics
    ///
    /// When it is not answered.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        match self {
            Self::Pipes(session) => session.request(method, &params),
            Self::Http(_, peer) => {
                let mut peer = peer.beside().await;
                peer.request(method, params).await.answer().clone()
            }
        }
    }

    /// The answer to one call.
    ///
    /// # Panics
    ///
    /// When it is not answered.
    pub async fn call(&mut self, name: &str, arguments: Value) -> Value {
        let params = json!({"name": name, "arguments": arguments});
        self.request("tools/call", params).await
    }

    /// The names of the tools that are listed.
    ///
    /// # Panics
    ///
    /// When they are not.
    #[expect(clippy::expect_used, reason = "a test ends without an answer")]
    pub async fn tools(&mut self) -> Vec<String> {
        let list = self.request("tools/list", json!({})).await;
        let tools = list.pointer("/result/tools").and_then(Value::as_array);
        let names = tools.expect("a list").iter().map(|tool| tool.get("name"));
        names
            .map(|name| name.and_then(Value::as_str).expect("a name").to_owned())
            .collect()
    }
}
