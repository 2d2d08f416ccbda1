//! A client that speaks in raw lines to a real server over pipes in memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use ringfence_audit::Recorder;
use ringfence_catalog::{Catalog, Naming, Source};
use ringfence_identity::Caller;
use ringfence_policy::{Budget, Grant, Policy};
use ringfence_sandbox::{ArtifactCache, Directories, Sandbox, Settings};
use ringfence_server::{Funnel, Server};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long an answer may take on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    input: Option<WriteHalf<DuplexStream>>,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) shutdown: CancellationToken,
    next_id: i64,
}

/// A component in text form, from the guests that all crates share.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/guests/plain")
        .join(format!("{name}.wat"));
    wat::parse_file(path).unwrap()
}

/// A folder with these guests in it.
pub(crate) fn folder(guests: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in guests {
        std::fs::write(folder.path().join(format!("{name}.wasm")), guest(name)).unwrap();
    }
    folder
}

pub(crate) fn files(folder: &tempfile::TempDir, guests: &[&str]) -> Vec<Source> {
    let file = |name: &&str| Source::File(folder.path().join(format!("{name}.wasm")));
    guests.iter().map(file).collect()
}

pub(crate) fn funnel_with(sources: Vec<Source>, grants: &[String], budget: Budget) -> Arc<Funnel> {
    funnel_named(sources, Naming::Prefixed, grants, budget, Recorder::off())
}

pub(crate) fn funnel_audited(
    sources: Vec<Source>,
    grants: &[String],
    budget: Budget,
    audit: Recorder,
) -> Arc<Funnel> {
    funnel_named(sources, Naming::Prefixed, grants, budget, audit)
}

/// Compiled components, for all tests and runs: some take seconds to compile.
fn cache() -> ArtifactCache {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("artifacts");
    ArtifactCache::open(folder).unwrap()
}

fn funnel_named(
    sources: Vec<Source>,
    naming: Naming,
    grants: &[String],
    budget: Budget,
    audit: Recorder,
) -> Arc<Funnel> {
    let grants: Vec<Grant> = grants.iter().map(|grant| grant.parse().unwrap()).collect();
    let policy = Policy::new(grants, budget).unwrap();
    let directories = Directories::open(&policy, &[] as &[PathBuf], |_| None).unwrap();
    let sandbox = Sandbox::new(Settings {
        directories,
        cache: Some(cache()),
        ..Settings::default()
    });
    let catalog = Catalog::load_named(sources, naming);
    assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
    Funnel::new(catalog, policy, sandbox, audit)
}

pub(crate) fn funnel(guests: &[&str]) -> Arc<Funnel> {
    let folder = folder(guests);
    funnel_with(files(&folder, guests), &[], Budget::default())
}

/// A server of the component that has something of everything: `guest-tools/conformance`, and of
/// further guests, all under their own names.
pub(crate) fn everything(further: Vec<Source>) -> Server {
    static COMPILED: Once = Once::new();
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tools/prebuilt/conformance.wasm");
    let mut sources = vec![Source::File(path)];
    sources.extend(further);
    let funnel = funnel_named(
        sources,
        Naming::Bare,
        &[],
        Budget::default(),
        Recorder::off(),
    );
    // Before the first test that needs it waits for an answer.
    COMPILED.call_once(|| {
        let catalog = funnel.catalog();
        let component = catalog.component("conformance").unwrap();
        let sandbox = Sandbox::new(Settings {
            cache: Some(cache()),
            ..Settings::default()
        });
        sandbox.prepare(component).unwrap();
    });
    Server::new(funnel)
}

/// Somebody else.
pub(crate) fn stranger() -> Caller {
    Caller::new("acme".parse().unwrap(), "eve".parse().unwrap())
}

impl Client {
    /// A server of some guests, without a greeting.
    pub(crate) fn of(guests: &[&str]) -> Self {
        Self::to(funnel(guests))
    }

    pub(crate) fn to(funnel: Arc<Funnel>) -> Self {
        Self::on(&Server::new(funnel), Caller::local())
    }

    /// One more client of a server.
    pub(crate) fn on(server: &Server, caller: Caller) -> Self {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (far_read, far_write) = tokio::io::split(far);
        let (near_read, near_write) = tokio::io::split(near);
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let server = server.clone();
        let serving = tokio::spawn(async move {
            server.serve(far_read, far_write, caller, &stop).await;
        });
        Self {
            lines: BufReader::new(near_read).lines(),
            input: Some(near_write),
            serving,
            shutdown,
            next_id: 0,
        }
    }

    /// Greets the server as clients of the handshake era do.
    pub(crate) async fn greeted(guests: &[&str]) -> Self {
        let mut client = Self::of(guests);
        client.greet().await;
        client
    }

    pub(crate) async fn greet(&mut self) -> Value {
        self.greet_as("2025-06-18", json!({})).await
    }

    /// Greets the server as a client of this version that can do this.
    pub(crate) async fn greet_as(&mut self, version: &str, capabilities: Value) -> Value {
        let answer = self
            .ask(
                "initialize",
                json!({
                    "protocolVersion": version,
                    "capabilities": capabilities,
                    "clientInfo": {"name": "test", "version": "1"},
                }),
            )
            .await;
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        answer
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).await.unwrap();
        input.flush().await.unwrap();
    }

    pub(crate) async fn line(&mut self, line: &str) {
        self.raw(format!("{line}\n").as_bytes()).await;
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.line(&message.to_string()).await;
    }

    /// The next line.
    pub(crate) async fn next_line(&mut self) -> String {
        tokio::time::timeout(PATIENCE, self.lines.next_line())
            .await
            .expect("no answer")
            .unwrap()
            .expect("the server has closed its output")
    }

    /// The next message, which must be one.
    pub(crate) async fn next(&mut self) -> Value {
        let line = self.next_line().await;
        let message: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        message
    }

    /// Whether nothing comes for a while.
    pub(crate) async fn silence(&mut self, duration: Duration) -> Option<String> {
        match tokio::time::timeout(duration, self.lines.next_line()).await {
            Ok(line) => line.unwrap(),
            Err(_) => None,
        }
    }

    /// Everything up to the end of the server's output.
    pub(crate) async fn rest(&mut self) -> Vec<Value> {
        let mut rest = Vec::new();
        while let Some(line) = tokio::time::timeout(PATIENCE, self.lines.next_line())
            .await
            .unwrap()
            .unwrap()
        {
            rest.push(serde_json::from_str(&line).unwrap());
        }
        rest
    }

    pub(crate) async fn request(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await;
        id
    }

    /// The answer to one request. What else comes in between is a fault.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params).await;
        let answer = self.next().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// A request of the stateless era, of a client that can do this.
    pub(crate) async fn ask_as(
        &mut self,
        capabilities: &Value,
        method: &str,
        mut params: Value,
    ) -> Value {
        params["_meta"] = stateless_as(capabilities);
        self.ask(method, params).await
    }

    /// Answers a question of the server.
    pub(crate) async fn reply(&mut self, question: &Value, result: Value) {
        let reply = json!({"jsonrpc": "2.0", "id": question["id"], "result": result});
        self.send(&reply).await;
    }

    /// Gives up on a request.
    pub(crate) async fn cancel(&mut self, id: i64) {
        let params = json!({"requestId": id});
        let cancel = json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params,
        });
        self.send(&cancel).await;
    }

    /// The answer to `id`, whatever comes before it, which is returned, too.
    pub(crate) async fn until(&mut self, id: i64) -> (Vec<Value>, Value) {
        let mut before = Vec::new();
        loop {
            let message = self.next().await;
            if message["id"] == id {
                return (before, message);
            }
            before.push(message);
        }
    }

    /// Closes the client's side.
    pub(crate) async fn hang_up(&mut self) {
        self.input.take().unwrap().shutdown().await.unwrap();
    }
}

/// What each request of the stateless era carries.
pub(crate) fn stateless() -> Value {
    stateless_as(&json!({}))
}

/// The same, of a client that can do this.
pub(crate) fn stateless_as(capabilities: &Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    })
}

pub(crate) fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

/// The word for programs in an error.
pub(crate) fn kind(answer: &Value) -> &str {
    answer["error"]["data"]["kind"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}
