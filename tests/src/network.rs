//! Hosts that only exist in a test, and who leads to them.
//!
//! Owns a resolver that follows a script, hosts that answer, and canaries that nobody may touch.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_egress::{Addresses, Egress, Resolve, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Gives its answers in their order, the last one for ever, and keeps what it was asked.
#[derive(Debug, Default)]
pub struct Script {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    /// A resolver that gives these answers.
    ///
    /// # Panics
    ///
    /// When one of them is no address.
    #[expect(
        clippy::expect_used,
        reason = "an answer that is none is a broken test"
    )]
    pub fn new(answers: &[&[&str]]) -> Arc<Self> {
        let address = |text: &&str| text.parse().expect("an answer is an address");
        let answers = answers.iter();
        Arc::new(Self {
            answers: Mutex::new(
                answers
                    .map(|one| one.iter().map(address).collect())
                    .collect(),
            ),
            asked: Mutex::default(),
        })
    }

    /// Other answers from now on.
    ///
    /// # Panics
    ///
    /// When one of them is no address.
    pub fn set(&self, answers: &[&[&str]]) {
        let others = Self::new(answers);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut others = others
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *answers = std::mem::take(&mut *others);
    }

    /// The names that were asked for.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }

    /// A way out by this resolver.
    pub fn egress(self: &Arc<Self>) -> Egress {
        let resolver = Arc::clone(self);
        Egress::new(resolver, Trust::bundled())
    }
}

impl Resolve for Script {
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(name.to_owned());
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        let none = || io::Error::from(io::ErrorKind::NotFound);
        Box::pin(std::future::ready(answer.ok_or_else(none)))
    }
}

/// Answers each connection with the same text, and keeps what was asked.
#[derive(Debug)]
pub struct Peer {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Peer {
    /// A host on `address` that answers with `answer` as soon as it has read a head, and closes.
    ///
    /// # Errors
    ///
    /// When it cannot listen there.
    pub async fn answering(address: &str, answer: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let address = listener.local_addr()?;
        let (kept, answer) = (Arc::clone(&asked), answer.to_owned());
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = head(&mut stream).await;
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(request);
                // The other side may be gone already: then it has what it wanted.
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Ok(Self {
            address,
            asked,
            task,
        })
    }

    /// The heads that came.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend(buffer.iter().take(read)),
            _ => break,
        }
        if bytes.windows(4).any(|end| end == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A listener that nobody may connect to.
#[derive(Debug)]
pub struct Canary {
    /// Where it listens.
    pub address: SocketAddr,
    listener: TcpListener,
}

impl Canary {
    /// A canary on `address`.
    ///
    /// # Errors
    ///
    /// When it cannot listen there.
    pub async fn on(address: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
        })
    }

    /// Whether nobody connected until now. Connections wait in line: if the first of them is the
    /// test's own, there was none before.
    ///
    /// # Errors
    ///
    /// When the test cannot connect either.
    pub async fn is_untouched(&self) -> io::Result<bool> {
        let own = TcpStream::connect(self.address).await?;
        let (_, first) = self.listener.accept().await?;
        Ok(first == own.local_addr()?)
    }
}
