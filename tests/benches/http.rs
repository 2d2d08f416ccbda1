//! What a call costs over HTTP: processor time of the server, beside two handlers that answer the same
//! bytes: one runs nothing, the other makes the call in a sandbox of bare wasmtime.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench prints what it measured, and ends when it cannot measure"
)]

use std::fs;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use ringfence_tests::bare::Bare;
use ringfence_tests::guests;
use ringfence_tests::serving::Serving;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

/// How this program is told to be a baseline that runs nothing.
const HANDLER: &str = "--handler";

/// How this program is told to be a baseline that makes the call.
const SANDBOX: &str = "--sandbox";

const CONNECTIONS: usize = 16;
/// Few calls a round and many rounds: what else the machine does then meets all three alike.
const CALLS: usize = 400;
const ROUNDS: usize = 25;

/// A request as a hand-written handler reads it.
#[derive(Deserialize)]
struct Request<'r> {
    #[serde(borrow)]
    id: &'r RawValue,
    #[serde(borrow)]
    params: Params<'r>,
}

#[derive(Deserialize)]
struct Params<'r> {
    name: &'r str,
    #[serde(borrow)]
    arguments: &'r RawValue,
}

#[derive(Deserialize)]
struct Arguments<'r> {
    text: &'r str,
}

/// A baseline: one route that parses the envelope, makes the call if it has a sandbox, and answers
/// `result`.
fn baseline(result: String, bare: Option<Bare>) {
    #[derive(Serialize)]
    struct Response<'r> {
        jsonrpc: &'static str,
        id: &'r RawValue,
        result: &'r RawValue,
    }
    let result = RawValue::from_string(result).unwrap();
    let bare = Arc::new(bare);
    let answer = move |body: Bytes| {
        let (result, bare) = (result.clone(), Arc::clone(&bare));
        async move {
            let request: Request<'_> = serde_json::from_slice(&body).unwrap();
            assert!(!request.params.name.is_empty());
            let arguments: Arguments<'_> =
                serde_json::from_str(request.params.arguments.get()).unwrap();
            if let Some(bare) = &*bare {
                black_box(bare.call(arguments.text).await);
            }
            let response = Response {
                jsonrpc: "2.0",
                id: request.id,
                result: &result,
            };
            let headers = [("content-type", "application/json")];
            (headers, serde_json::to_vec(&response).unwrap())
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        let router = Router::new().route("/mcp", post(answer));
        axum::serve(listener, router).await.unwrap();
    });
}

/// The baseline as a process of its own.
struct Baseline(Child, SocketAddr);

impl Baseline {
    fn start(kind: &str, result: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([kind, result])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        Self(child, line.trim().parse().unwrap())
    }
}

impl Drop for Baseline {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let body = json!({
            "jsonrpc": "2.0", "id": 7, "method": "tools/call",
            "params": {
                "name": "echo_echo",
                "arguments": {"text": "x"},
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        })
        .to_string();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n\
             mcp-method: tools/call\r\nmcp-name: echo_echo\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
            request: [head.as_bytes(), body.as_bytes()].concat(),
        }
    }

    /// The body of one answer.
    fn call(&mut self) -> Vec<u8> {
        self.stream.get_mut().write_all(&self.request).unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        body
    }
}

/// Processor time of a process, all its threads, to the nanosecond.
fn processor_time(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let nanoseconds = threads.map(|thread| {
        let path = thread.unwrap().path().join("schedstat");
        let text = fs::read_to_string(path).unwrap_or_default();
        let time = text.split_whitespace().next().map(str::parse::<u64>);
        time.unwrap_or(Ok(0)).unwrap()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// Processor time of a call, and the median of its time, in microseconds.
fn measure(process: u32, address: SocketAddr, connections: usize) -> (f64, f64) {
    let before = processor_time(process);
    let mut samples: Vec<Duration> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(move || {
                    let mut client = Client::connect(address);
                    let call = |_| {
                        let started = Instant::now();
                        assert!(!client.call().is_empty());
                        started.elapsed()
                    };
                    (0..CALLS).map(call).collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = clients.into_iter().map(|client| client.join().unwrap());
        joined.flatten().collect()
    });
    let spent = processor_time(process).saturating_sub(before);
    samples.sort();
    let calls = (connections * CALLS) as f64;
    (
        spent.as_secs_f64() * 1e6 / calls,
        samples[samples.len() / 2].as_secs_f64() * 1e6,
    )
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let echo = guests::plain("echo");
    if let [_, kind, result] = arguments.as_slice() {
        let bare = (kind == SANDBOX).then(|| Bare::new(&echo));
        return baseline(result.clone(), bare);
    }
    let folder = tempfile::tempdir().unwrap();
    let tool = folder.path().join("echo.wasm");
    fs::write(&tool, echo).unwrap();
    let server = Serving::start([tool.as_os_str()]);
    let answer = Client::connect(server.address()).call();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert!(
        answer["result"]["structuredContent"].is_object(),
        "{answer}"
    );
    let answer = answer["result"].to_string();
    let handler = Baseline::start(HANDLER, &answer);
    let sandbox = Baseline::start(SANDBOX, &answer);
    println!(
        "| figure | ringfence | handler | ratio | handler and bare sandbox | ratio |\n\
         |---|---|---|---|---|---|"
    );
    for connections in [1, CONNECTIONS] {
        let sides = [
            (server.process(), server.address()),
            (handler.0.id(), handler.1),
            (sandbox.0.id(), sandbox.1),
        ];
        let mut measured: [Vec<(f64, f64)>; 3] = Default::default();
        for _ in 0..ROUNDS {
            for ((process, address), all) in sides.iter().zip(&mut measured) {
                all.push(measure(*process, *address, connections));
            }
        }
        let line = |what: &str, part: fn(&(f64, f64)) -> f64| {
            let [ours, handler, sandbox] =
                measured.each_ref().map(|of| median(of.iter().map(part)));
            // Of ratios within a round, not of medians: a round is half a second of one machine.
            let beside = |other: usize| {
                let rounds = measured[0].iter().zip(&measured[other]);
                median(rounds.map(|(ours, other)| part(ours) / part(other)))
            };
            println!(
                "| {what}, {connections} connections | {ours:.1} µs | {handler:.1} µs | {:.2} | \
                 {sandbox:.1} µs | {:.2} |",
                beside(1),
                beside(2)
            );
        };
        line("processor time of a call", |it| it.0);
        line("a call, p50", |it| it.1);
    }
}
