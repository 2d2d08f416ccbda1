//! A raw session with the server over its standard streams.
//!
//! Owns the process and the lines. Refuses to know the protocol beyond ids: the official clients do
//! that elsewhere. Here what counts is what exactly goes over the pipe, and when.

use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, BufWriter, IntoInnerError, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};

use crate::binary;
use crate::serving;

/// A running server and both ends of its pipe.
#[derive(Debug)]
pub struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next_id: u64,
}

#[expect(
    clippy::expect_used,
    reason = "a test ends when its server does not answer"
)]
impl Session {
    /// Starts `ringfence serve` with `arguments`.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::start_with(arguments, Stdio::null())
    }

    /// Starts it with a pipe for its log that nobody reads.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start_unread<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::start_with(arguments, Stdio::piped())
    }

    fn start_with<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, log: Stdio) -> Self {
        let mut child = Command::new(binary::ringfence())
            .env("XDG_STATE_HOME", binary::state())
            .args(binary::serving(arguments))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("a piped output"));
        Self {
            child,
            input,
            output,
            next_id: 0,
        }
    }

    /// The handshake of the clients that most people have.
    pub fn initialize(&mut self) -> Value {
        let answer = self.request(
            "initialize",
            &json!({
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "tests", "version": "1"},
            }),
        );
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        answer
    }

    /// Writes one line.
    ///
    /// # Panics
    ///
    /// When the server has closed its input.
    pub fn send(&mut self, line: &str) {
        let input = self.input.as_mut().expect("the input is open");
        input
            .write_all(format!("{line}\n").as_bytes())
            .expect("the server reads");
    }

    /// Reads one line: nothing at the end.
    ///
    /// # Panics
    ///
    /// When it is not JSON: nothing else may be on the pipe.
    pub fn receive(&mut self) -> Option<Value> {
        let mut line = String::new();
        let count = self.output.read_line(&mut line).expect("the pipe works");
        (count > 0).then(|| serde_json::from_str(&line).expect("every line is JSON"))
    }

    /// Writes lines from a thread of its own, as fast as the server takes them. Nothing else can be
    /// sent any more; the thread gives the input back, and dropping it closes it.
    ///
    /// # Panics
    ///
    /// When the input is closed already.
    pub fn pour(
        &mut self,
        lines: impl Iterator<Item = String> + Send + 'static,
    ) -> JoinHandle<io::Result<ChildStdin>> {
        let input = self.input.take().expect("the input is open");
        thread::spawn(move || {
            let mut input = BufWriter::new(input);
            for line in lines {
                writeln!(input, "{line}")?;
            }
            input.into_inner().map_err(IntoInnerError::into_error)
        })
    }

    /// Sends a request and returns its id.
    pub fn post(&mut self, method: &str, params: &Value) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(&request.to_string());
        id
    }

    /// Sends a request and waits for its answer; passes over everything else.
    ///
    /// # Panics
    ///
    /// When the server ends first.
    pub fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.post(method, params);
        self.answer(id)
    }

    /// Waits for the answer to a request.
    ///
    /// # Panics
    ///
    /// When the server ends first.
    pub fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.receive().expect("an answer before the end");
            if message.get("id").and_then(Value::as_u64) == Some(id) {
                return message;
            }
        }
    }

    /// Calls a tool and waits for the answer.
    pub fn call(&mut self, name: &str, arguments: &Value) -> Value {
        self.request("tools/call", &json!({"name": name, "arguments": arguments}))
    }

    /// Sends a call and returns its id.
    pub fn post_call(&mut self, name: &str, arguments: &Value) -> u64 {
        self.post("tools/call", &json!({"name": name, "arguments": arguments}))
    }

    /// The server's process id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory of the server, in KiB.
    ///
    /// # Panics
    ///
    /// Without `/proc`.
    pub fn resident_kib(&self) -> u64 {
        serving::resident_kib(self.process())
    }

    /// Processor time that the server has taken, in the system's ticks of 10 ms.
    ///
    /// # Panics
    ///
    /// Without `/proc`.
    pub fn processor_ticks(&self) -> u64 {
        let path = format!("/proc/{}/stat", self.process());
        let stat = std::fs::read_to_string(path).expect("the server runs");
        // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th after it.
        let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
        fields
            .split(' ')
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum()
    }

    /// Closes the server's input, as a client that ends does.
    pub fn close(&mut self) {
        self.input = None;
    }

    /// Waits for the end.
    ///
    /// # Panics
    ///
    /// When the system cannot tell.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().expect("the server ends")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.input = None;
        // Whatever the test found: no server outlives it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
