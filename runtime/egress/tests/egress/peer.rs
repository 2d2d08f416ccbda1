//! Hosts that only exist in a test: one that answers, and one that must not be spoken to.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Answers each connection with the next of its answers, and keeps what was asked.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Peer {
    /// A peer that gives these answers and closes.
    pub(crate) async fn answering(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, answers)
    }

    pub(crate) fn on(listener: TcpListener, answers: &[&str]) -> Self {
        let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let address = listener.local_addr().unwrap();
        let kept = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = whole(&mut stream).await;
                kept.lock().unwrap().push(request);
                // The other side may be gone already: then it has what it wanted.
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// What was asked, each request as it came over the wire.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The one request that came.
    pub(crate) fn only(&self) -> String {
        let [request] = self.asked().try_into().unwrap();
        request
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request with the body that its head announces, or with what came before the other side closed.
async fn whole(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let field = |name: &str| {
                let mut lines = head.lines();
                lines.find_map(|line| line.strip_prefix(name).map(str::trim).map(str::to_owned))
            };
            let ended = match field("content-length:") {
                Some(length) => body.len() >= length.parse().unwrap(),
                None if field("transfer-encoding:").is_some() => body.ends_with("0\r\n\r\n"),
                None => true,
            };
            if ended {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(buffer.get(..read).unwrap()),
            _ => return String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// A listener that nobody may connect to.
pub(crate) struct Canary {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
}

impl Canary {
    pub(crate) async fn on(address: &str) -> Self {
        let listener = TcpListener::bind((address.parse::<IpAddr>().unwrap(), 0))
            .await
            .unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            listener,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Connections wait in line: if the first of them is the test's own, there was none before.
    pub(crate) async fn assert_untouched(&self) {
        let own = TcpStream::connect(self.address).await.unwrap();
        let (_, first) = self.listener.accept().await.unwrap();
        assert_eq!(first, own.local_addr().unwrap(), "the canary was touched");
    }
}
