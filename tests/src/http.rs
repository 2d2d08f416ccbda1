//! One HTTP connection, byte for byte.
//!
//! Owns heads, framing and events. Refuses to know MCP, and to follow, retry or pool anything: a test
//! says exactly what is sent, and when.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an event may take that must come. No test waits that long when all is well.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    rest: Rest,
    /// Events that have come, and are not complete.
    partial: Vec<u8>,
}

/// What is still to come of the response that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Bytes(usize),
    Chunks,
    Nothing,
}

/// The status and the header of a response.
#[derive(Debug, Clone)]
pub struct Head {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    /// The value of a header, whose name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(other, _)| other == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// Whether events follow.
    pub fn streams(&self) -> bool {
        self.header("content-type") == Some("text/event-stream")
    }
}

#[expect(
    clippy::expect_used,
    reason = "a test ends when its server does not answer"
)]
impl Connection {
    /// Connects.
    ///
    /// # Panics
    ///
    /// When nobody listens.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("a server that listens");
        stream.set_nodelay(true).expect("a connection");
        Self {
            stream: BufReader::new(stream),
            address,
            rest: Rest::Nothing,
            partial: Vec::new(),
        }
    }

    /// Sends one request and reads the head of the response.
    pub async fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Head {
        self.send(method, path, headers, body).await;
        self.head().await
    }

    /// Sends one request.
    ///
    /// # Panics
    ///
    /// When the server has closed the connection.
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let first = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        let headers = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers: String = headers.collect();
        let last = format!("content-length: {}\r\n\r\n", body.len());
        let bytes = [first.as_bytes(), headers.as_bytes(), last.as_bytes(), body].concat();
        self.stream
            .write_all(&bytes)
            .await
            .expect("the server reads");
    }

    /// Reads the head of a response.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub async fn head(&mut self) -> Head {
        let status = self.line().await;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let mut head = Head {
            status: status.expect("a response, not the end"),
            headers: Vec::new(),
        };
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let header = (name.to_ascii_lowercase(), value.trim().to_owned());
            head.headers.push(header);
        }
        let length = head.header("content-length").map(str::parse);
        self.rest = match (length, head.header("transfer-encoding")) {
            (Some(Ok(length)), _) => Rest::Bytes(length),
            (_, Some("chunked")) => Rest::Chunks,
            _ => Rest::Nothing,
        };
        self.partial.clear();
        head
    }

    /// Reads what is left of the response.
    pub async fn body(&mut self) -> Vec<u8> {
        let mut body = std::mem::take(&mut self.partial);
        while let Some(piece) = self.piece().await {
            body.extend(piece);
        }
        body
    }

    /// The next event that has a message. Nothing at the end of the stream.
    ///
    /// # Panics
    ///
    /// When the message is no JSON.
    pub async fn event(&mut self) -> Option<Value> {
        loop {
            while let Some(end) = self.partial.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.partial.drain(..end + 2).collect();
                let event = String::from_utf8(event).expect("events are text");
                let data = event.lines().filter_map(|line| line.strip_prefix("data:"));
                let data: Vec<_> = data.map(str::trim_start).collect();
                let data = data.join("\n");
                if !data.is_empty() {
                    return Some(serde_json::from_str(&data).expect("every message is JSON"));
                }
            }
            let piece = self.piece().await?;
            self.partial.extend(piece);
        }
    }

    /// Whether the server has closed the connection, without a word.
    ///
    /// # Panics
    ///
    /// When nothing happens for too long.
    pub async fn is_closed(&mut self) -> bool {
        let read = timeout(PATIENCE, self.stream.read_u8()).await;
        read.expect("an end").is_err()
    }

    /// What is under it, once a response has said that something else begins.
    pub fn into_stream(self) -> BufReader<TcpStream> {
        self.stream
    }

    async fn piece(&mut self) -> Option<Vec<u8>> {
        let length = match self.rest {
            Rest::Nothing | Rest::Bytes(0) => {
                self.rest = Rest::Nothing;
                return None;
            }
            Rest::Bytes(length) => {
                self.rest = Rest::Nothing;
                return Some(self.exactly(length).await);
            }
            Rest::Chunks => self.line().await,
        };
        let length = usize::from_str_radix(&length, 16).expect("the length of a chunk");
        let chunk = self.exactly(length).await;
        self.line().await;
        if length == 0 {
            self.rest = Rest::Nothing;
            return None;
        }
        Some(chunk)
    }

    async fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let read = timeout(PATIENCE, self.stream.read_exact(&mut bytes)).await;
        read.expect("bytes in time")
            .expect("as many bytes as were announced");
        bytes
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.stream.read_line(&mut line)).await;
        read.expect("a line in time").expect("the connection works");
        line.trim_end().to_owned()
    }
}
