//! The program twice, with the same arguments: once over pipes, once over HTTP.
//!
//! Owns that each call is made both ways. Refuses to know what should come of it.

use std::ffi::OsStr;

use serde_json::{Value, json};

use crate::peer::Peer;
use crate::serving::Serving;
use crate::session::Session;

/// Two servers, and a client of each.
#[derive(Debug)]
pub struct Both {
    piped: Session,
    serving: Serving,
    posted: Peer,
    said: String,
}

impl Both {
    /// Starts `ringfence serve` with `arguments`, both ways.
    ///
    /// # Panics
    ///
    /// When one of them does not start.
    pub async fn start<A: AsRef<OsStr>>(arguments: &[A]) -> Self {
        let serving = Serving::start(arguments);
        let posted = Peer::stateless(serving.address()).await;
        let mut piped = Session::start(arguments);
        piped.initialize();
        Self {
            piped,
            serving,
            posted,
            said: String::new(),
        }
    }

    /// The answers to one request: over pipes, and over HTTP.
    ///
    /// # Panics
    ///
    /// When one is not answered.
    pub async fn request(&mut self, method: &str, params: Value) -> [Value; 2] {
        let piped = self.piped.request(method, &params);
        // A connection of its own: one that waits for a slow answer over pipes is let go.
        let mut posted = self.posted.beside().await;
        let reply = posted.request(method, params).await;
        let posted = reply.answer().clone();
        self.said += &piped.to_string();
        for message in &reply.messages {
            self.said += &message.to_string();
        }
        [piped, posted]
    }

    /// The answers to one call.
    ///
    /// # Panics
    ///
    /// When one is not answered.
    pub async fn call(&mut self, name: &str, arguments: Value) -> [Value; 2] {
        let params = json!({"name": name, "arguments": arguments});
        self.request("tools/call", params).await
    }

    /// Everything that was answered, and what the server over HTTP has logged.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.said, self.serving.log())
    }
}
