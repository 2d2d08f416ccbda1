//! An MCP client over a WebSocket, frame by frame.
//!
//! Owns the handshake and the frames. Refuses to know MCP beyond ids, as the session over pipes does.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::http::{Connection, PATIENCE};

/// What a client must send to show that it means this protocol. Any sixteen bytes.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

const TEXT: u8 = 0x81;
const TEXT_BEGIN: u8 = 0x01;
const TEXT_MORE: u8 = 0x00;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// That a client masks what it sends, as it must. With zeros, so that it stays what it is.
const MASKED: u8 = 0x80;

/// One client.
#[derive(Debug)]
pub struct Socket {
    stream: BufReader<TcpStream>,
    last_id: u64,
}

/// The header of a handshake.
pub fn handshake(subprotocol: &str) -> Vec<(&'static str, String)> {
    [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", KEY),
        ("sec-websocket-protocol", subprotocol),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

#[expect(
    clippy::expect_used,
    reason = "a test ends when its server does not answer"
)]
impl Socket {
    /// Connects, and agrees on the subprotocol.
    ///
    /// # Panics
    ///
    /// When the server does not want to.
    pub async fn open(address: SocketAddr) -> Self {
        let mut connection = Connection::open(address).await;
        let headers = handshake("mcp");
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let head = connection.request("GET", "/ws", &headers, b"").await;
        assert_eq!(head.status, 101, "{head:?}");
        assert_eq!(head.header("sec-websocket-protocol"), Some("mcp"));
        Self {
            stream: connection.into_stream(),
            last_id: 0,
        }
    }

    /// Sends one message.
    ///
    /// # Panics
    ///
    /// When the server has closed the connection, or the message is larger than a test's.
    pub async fn send(&mut self, message: &Value) {
        self.frame(TEXT, message.to_string().as_bytes()).await;
    }

    /// Sends text, be it a message or not.
    ///
    /// # Panics
    ///
    /// When the server has closed the connection.
    pub async fn say(&mut self, text: &str) {
        self.frame(TEXT, text.as_bytes()).await;
    }

    /// Sends a request: its id.
    pub async fn post(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(&message).await;
        id
    }

    /// Sends a request and waits for its answer; passes over everything else.
    ///
    /// # Panics
    ///
    /// When the server ends first.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.post(method, params).await;
        loop {
            let message = self.receive().await.expect("an answer before the end");
            if message.get("id").and_then(Value::as_u64) == Some(id) {
                return message;
            }
        }
    }

    /// The next message. Nothing when the server closes the connection.
    ///
    /// # Panics
    ///
    /// When something else comes than the protocol allows.
    pub async fn receive(&mut self) -> Option<Value> {
        loop {
            let (kind, body) = self.next_frame().await?;
            match kind {
                TEXT => return Some(serde_json::from_slice(&body).expect("every message is JSON")),
                PING => self.frame(PONG, &body).await,
                other => {
                    assert_eq!(other, CLOSE, "the server sends whole messages of text");
                    return None;
                }
            }
        }
    }

    async fn next_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        let read = timeout(PATIENCE, self.stream.read_exact(&mut head)).await;
        read.expect("a frame in time").ok()?;
        let [kind, length] = head;
        let length = match length {
            126 => self.stream.read_u16().await.expect("a length").into(),
            127 => self.stream.read_u64().await.expect("a length"),
            short => short.into(),
        };
        let mut body = vec![0; usize::try_from(length).expect("a length")];
        self.stream
            .read_exact(&mut body)
            .await
            .expect("a whole frame");
        Some((kind, body))
    }

    /// Sends the beginning of a message that never ends: `bytes` of it, or as many as the server takes.
    pub async fn begin(&mut self, bytes: usize) {
        const PIECE: usize = 32 * 1024;
        let mut kind = TEXT_BEGIN;
        let piece = vec![b' '; PIECE];
        for _ in 0..bytes.div_ceil(PIECE) {
            if self.try_frame(kind, &piece).await.is_err() {
                return;
            }
            kind = TEXT_MORE;
        }
    }

    /// Sends a frame of a kind that there is not.
    ///
    /// # Panics
    ///
    /// When the server has closed the connection.
    pub async fn nonsense(&mut self) {
        self.frame(0x83, b"").await;
    }

    /// Sends what is not text, as text.
    ///
    /// # Panics
    ///
    /// When the server has closed the connection.
    pub async fn not_text(&mut self) {
        self.frame(TEXT, &[0xff]).await;
    }

    /// Says goodbye.
    ///
    /// # Panics
    ///
    /// When the server has closed the connection.
    pub async fn close(&mut self) {
        self.frame(CLOSE, &1000_u16.to_be_bytes()).await;
    }

    /// Passes over everything until the server says goodbye: its code. Nothing when it ends without a
    /// word.
    pub async fn farewell(&mut self) -> Option<u16> {
        loop {
            let (kind, body) = self.next_frame().await?;
            if kind == CLOSE {
                let code = body.first_chunk().copied();
                return code.map(u16::from_be_bytes);
            }
        }
    }

    async fn frame(&mut self, kind: u8, body: &[u8]) {
        let sent = self.try_frame(kind, body).await;
        sent.expect("the server reads");
    }

    async fn try_frame(&mut self, kind: u8, body: &[u8]) -> std::io::Result<()> {
        let length = u16::try_from(body.len()).expect("a short message");
        let mut frame = vec![kind];
        match u8::try_from(length) {
            Ok(short) if short < 126 => frame.push(MASKED | short),
            _ => {
                frame.push(MASKED | 0x7e);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(body);
        self.stream.write_all(&frame).await
    }
}
