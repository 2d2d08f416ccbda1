//! What a call costs over HTTP: processor time of the server, beside a handler that answers the same
//! bytes and runs nothing.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench prints what it measured, and ends when it cannot measure"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use ringfence_tests::guests;
use ringfence_tests::serving::Serving;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

/// How this program is told to be the baseline.
const BASELINE: &str = "--baseline";

const CONNECTIONS: usize = 16;
const CALLS: usize = 1500;
const ROUNDS: usize = 5;

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

/// The baseline: one route that parses the envelope and answers `result`.
fn baseline(result: String) {
    #[derive(Serialize)]
    struct Response<'r> {
        jsonrpc: &'static str,
        id: &'r RawValue,
        result: &'r RawValue,
    }
    let result = RawValue::from_string(result).unwrap();
    let answer = move |body: Bytes| {
        let result = result.clone();
        async move {
            let request: Request<'_> = serde_json::from_slice(&body).unwrap();
            assert!(!request.params.name.is_empty() && !request.params.arguments.get().is_empty());
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
    fn start(result: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([BASELINE, result])
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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, result] = arguments.as_slice()
        && flag == BASELINE
    {
        return baseline(result.clone());
    }
    let folder = tempfile::tempdir().unwrap();
    let tool = folder.path().join("echo.wasm");
    fs::write(&tool, guests::plain("echo")).unwrap();
    let server = Serving::start([tool.as_os_str()]);
    let answer = Client::connect(server.address()).call();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert!(
        answer["result"]["structuredContent"].is_object(),
        "{answer}"
    );
    let other = Baseline::start(&answer["result"].to_string());
    println!("| figure | ringfence | baseline | ratio |\n|---|---|---|---|");
    for connections in [1, CONNECTIONS] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(measure(server.process(), server.address(), connections));
            theirs.push(measure(other.0.id(), other.1, connections));
        }
        let part =
            |of: &[(f64, f64)], part: fn(&(f64, f64)) -> f64| median(of.iter().map(part).collect());
        let (cpu, base) = (part(&ours, |it| it.0), part(&theirs, |it| it.0));
        println!(
            "| processor time of a call, {connections} connections | {cpu:.1} µs | {base:.1} µs | {:.2} |",
            cpu / base
        );
        let (time, base) = (part(&ours, |it| it.1), part(&theirs, |it| it.1));
        println!(
            "| a call, p50, {connections} connections | {time:.0} µs | {base:.0} µs | {:.2} |",
            time / base
        );
    }
}
