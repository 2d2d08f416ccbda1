//! A real registry, from Debian's package `docker-registry`, and a client that pushes to it.
//!
//! Owns where the program comes from: the system, or Debian's archive by way of `apt-get`, unpacked beside
//! everything else that is built. Refuses to know what is in an artifact: its parts are given as bytes.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use ringfence_tool::Digest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clients::{Installed, folder, once, run};

/// The package, and the program in it.
const PACKAGE: &str = "docker-registry";

/// As what the parts of an artifact go.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";

/// How often we look whether it listens, and for how long in all.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
const LOOKS_MAX: u32 = 1500;

/// The program.
///
/// # Errors
///
/// It is not there and cannot be had.
pub fn program() -> Installed<PathBuf> {
    static READY: OnceLock<Installed<PathBuf>> = OnceLock::new();
    READY.get_or_init(install).clone()
}

fn install() -> Installed<PathBuf> {
    if run(Command::new(PACKAGE).arg("--version")).is_ok() {
        return Ok(PACKAGE.into());
    }
    let folder = folder("registry")?;
    once(&folder, PACKAGE, || {
        run(Command::new("apt-get")
            .args(["download", PACKAGE])
            .current_dir(&folder))?;
        let files = fs::read_dir(&folder).map_err(|error| error.to_string())?;
        let mut files = files.flatten().map(|entry| entry.path());
        let package = files.find(|path| path.extension().is_some_and(|end| end == "deb"));
        let package = package.ok_or("`apt-get download` left no package")?;
        run(Command::new("dpkg-deb").arg("-x").arg(package).arg(&folder)).map(drop)
    })?;
    let program = folder.join("usr/bin").join(PACKAGE);
    run(Command::new(&program).arg("--version"))?;
    Ok(program)
}

/// What is installed. Nothing where it could not be: a newcomer's run says so and goes on.
///
/// # Panics
///
/// With `RINGFENCE_REQUIRE_REGISTRY` set, as in CI, when it could not be installed.
#[expect(
    clippy::panic,
    clippy::print_stderr,
    reason = "how a newcomer's machine and CI tell a missing registry"
)]
pub fn unless_missing() -> Option<PathBuf> {
    match program() {
        Ok(program) => Some(program),
        Err(why) if std::env::var_os("RINGFENCE_REQUIRE_REGISTRY").is_some() => {
            panic!("the registry is required and cannot be installed: {why}")
        }
        Err(why) => {
            eprintln!("SKIPPED, the registry cannot be installed: {why}");
            None
        }
    }
}

/// A registry on loopback, until it is dropped.
#[derive(Debug)]
pub struct Registry {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Registry {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// It does not start, or does not listen.
    pub fn start(program: &Path) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        // Free now; whoever takes it meanwhile makes the start fail.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let storage = folder.path().join("storage");
        let config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  \
             addr: 127.0.0.1:{port}\n",
            storage.display()
        );
        let path = folder.path().join("config.yml");
        fs::write(&path, config)?;
        let child = Command::new(program)
            .arg("serve")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let registry = Self {
            child,
            port,
            folder,
        };
        for _ in 0..LOOKS_MAX {
            if registry.request("GET", "/v2/", "", &[]).is_ok() {
                return Ok(registry);
            }
            thread::park_timeout(LOOK_INTERVAL);
        }
        Err(io::Error::from(io::ErrorKind::TimedOut))
    }

    /// Where it is: `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Puts a component there as `wkg` does, under a tag. Gives the digest of its manifest.
    ///
    /// # Errors
    ///
    /// The registry refuses something.
    pub fn push(&self, repository: &str, tag: &str, component: &[u8]) -> io::Result<Digest> {
        let layer = Digest::of(component);
        let config =
            json!({"architecture": "wasm", "os": "wasip2", "layerDigests": [layer.to_string()]});
        let config = config.to_string().into_bytes();
        self.blob(repository, component)?;
        self.blob(repository, &config)?;
        let part = |kind: &str, bytes: &[u8]| -> Value {
            json!({"mediaType": kind, "digest": Digest::of(bytes).to_string(), "size": bytes.len()})
        };
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": part(CONFIG, &config),
            "layers": [part(LAYER, component)],
        });
        let manifest = manifest.to_string().into_bytes();
        let path = format!("/v2/{repository}/manifests/{tag}");
        self.request("PUT", &path, MANIFEST, &manifest)?;
        Ok(Digest::of(&manifest))
    }

    /// Puts under a tag what is under another.
    ///
    /// # Errors
    ///
    /// There is nothing, or the registry refuses it.
    pub fn copy(&self, repository: &str, from: &str, to: &str) -> io::Result<()> {
        let path = |tag| format!("/v2/{repository}/manifests/{tag}");
        let answer = self.request("GET", &path(from), "", &[])?;
        let (_, manifest) = answer
            .split_once("\n\n")
            .ok_or(io::ErrorKind::InvalidData)?;
        self.request("PUT", &path(to), MANIFEST, manifest.as_bytes())?;
        Ok(())
    }

    /// The file in which the registry keeps a blob.
    pub fn kept(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let shard: String = hex.chars().take(2).collect();
        let blobs = "storage/docker/registry/v2/blobs/sha256";
        self.folder
            .path()
            .join(blobs)
            .join(shard)
            .join(hex)
            .join("data")
    }

    fn blob(&self, repository: &str, bytes: &[u8]) -> io::Result<()> {
        let head = self.request("POST", &format!("/v2/{repository}/blobs/uploads/"), "", &[])?;
        let place = head
            .lines()
            .find_map(|line| line.strip_prefix("Location: "))
            .ok_or(io::ErrorKind::InvalidData)?;
        let path = place.find("/v2/").and_then(|begin| place.get(begin..));
        let path = path.ok_or(io::ErrorKind::InvalidData)?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}digest={}", Digest::of(bytes));
        self.request("PUT", &path, "application/octet-stream", bytes)?;
        Ok(())
    }

    /// One request, over a connection of its own. Gives the head of a response that is a success.
    fn request(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\naccept: {MANIFEST}\r\ncontent-type: {kind}\r\n\
             content-length: {length}\r\n\r\n",
            self.host()
        )?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if answer.starts_with("HTTP/1.1 2") {
            Ok(answer.replace('\r', ""))
        } else {
            Err(io::Error::other(answer))
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // One that has ended already cannot be ended, and that is all that can go wrong.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
