//! Hostile guests through the program, over pipes and over HTTP: what they learn, say and leave behind.
//!
//! `hostile.rs` shows what becomes of each guest in a sandbox. Here it is what reaches a client, the
//! log and the audit log.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_tests::both::Both;
use ringfence_tests::network::Peer;
use ringfence_tests::{binary, guests, serving};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with tools, a policy, a state and an audit log of its own.
struct Place(TempDir);

impl Place {
    /// Hostile guests under names of their own, and rules for them.
    fn new(tools: &[(&str, Vec<u8>)], rules: &[String]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.path("tools")).unwrap();
        for (name, bytes) in tools {
            let file = place.path("tools").join(name).with_extension("wasm");
            fs::write(file, bytes).unwrap();
        }
        let mut policy = String::from("version = 1\n");
        for rule in rules.iter().map(String::as_str).chain(["[end]"]) {
            policy += rule;
            policy += "\n";
        }
        fs::write(place.path("policy.toml"), policy).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn arguments(&self) -> Vec<OsString> {
        let mut arguments = vec![self.path("tools").into_os_string()];
        for (option, value) in [
            ("--policy", self.path("policy.toml")),
            ("--state-dir", self.path("state")),
            ("--audit", self.path("audit")),
            ("--cache-dir", self.path("cache")),
            ("--log-level", "debug".into()),
        ] {
            arguments.push(option.into());
            arguments.push(value.into());
        }
        arguments
    }

    async fn served(&self) -> Both {
        Both::start(&self.arguments()).await
    }

    /// Puts a value into the vault.
    fn keep(&self, name: &str, value: &str) {
        let mut set = Command::new(binary::ringfence());
        set.args(["secret", "set", name, "--state-dir"]);
        set.arg(self.path("state"));
        set.arg("--audit").arg(self.path("audit"));
        set.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = set.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(value.as_bytes()).unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
    }

    /// Every file that the servers keep, with what is in it.
    fn kept(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for folder in ["state", "audit"] {
            read(&self.path(folder), &mut found);
        }
        assert!(!found.is_empty(), "nothing is kept");
        found
    }
}

fn read(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    // A folder that nothing was kept in was never made.
    let entries = fs::read_dir(folder).into_iter().flatten();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, found);
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

fn prebuilt(name: &str) -> Vec<u8> {
    fs::read(serving::prebuilt(name)).unwrap()
}

/// H43 and, for files and variables, H60: what is granted to one component is there for that one
/// alone, though another has the same bytes and asks the same way.
#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_tells_all_it_sees_tells_what_is_granted() {
    let bytes = guests::hostile("h43_dump");
    let docs = tempfile::tempdir().unwrap();
    let granted = [
        "[tool.granted]".to_owned(),
        format!(
            "allow = [\"env=PATH\", \"fs.read={}:/docs\"]",
            docs.path().display()
        ),
    ];
    let tools = [("granted", bytes.clone()), ("other", bytes)];
    let place = Place::new(&tools, &granted);
    let mut both = place.served().await;
    let path = std::env::var_os("PATH").unwrap();
    let path = path.to_str().unwrap();
    for (tool, expected) in [
        ("granted_attack", json!([[["PATH", path]], [], null, 1])),
        ("other_attack", json!([[], [], null, 0])),
    ] {
        for answer in both.call(tool, json!({})).await {
            let value = &answer["result"]["structuredContent"]["result"];
            assert_eq!(*value, expected, "{tool}: {answer}");
        }
    }
}

const CANARY: &str = "canary-5d0e83b1c7f9-+/";

/// The value in encodings that programs use.
fn encodings() -> Vec<String> {
    let hex: Vec<_> = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: Vec<_> = CANARY.bytes().map(|byte| format!("%{byte:02X}")).collect();
    vec![
        CANARY.to_owned(),
        STANDARD.encode(CANARY),
        hex.concat(),
        percent.concat(),
    ]
}

/// H44. However a tool came by the value: what it answers, fails with, prints and dies with holds its
/// name instead, and so does whatever is logged and kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_knows_a_secret_cannot_say_it() {
    let tools = [
        ("echo", guests::plain("echo")),
        ("err", guests::plain("err")),
        ("die", guests::hostile("h44_tells_what_it_knows")),
    ];
    let place = Place::new(&tools, &["[default]".to_owned()]);
    place.keep("TOKEN", CANARY);
    let mut both = place.served().await;
    for value in encodings() {
        let told = format!("it is {value}!");
        for (tool, arguments, failed) in [
            ("echo_echo", json!({ "text": told }), false),
            ("err_fail", json!({ "message": told }), true),
            ("die_attack", json!({ "text": told }), true),
        ] {
            for answer in both.call(tool, arguments.clone()).await {
                assert_eq!(answer["result"]["isError"], failed, "{answer}");
                let said = text(&answer);
                assert!(said.contains("[secret TOKEN]"), "{tool}: {said}");
            }
        }
    }
    let said = both.said();
    drop(both);
    let kept = place.kept();
    assert!(
        kept.iter().any(|(_, text)| text.contains("die_attack")),
        "no call is on record"
    );
    for value in encodings() {
        assert!(!said.contains(&value), "`{value}` was said: {said}");
        for (path, text) in &kept {
            assert!(!text.contains(&value), "`{value}` is in {}", path.display());
        }
    }
}

/// Characters that turn the text around them about.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// H45.
#[tokio::test(flavor = "multi_thread")]
async fn last_words_are_short_and_plain_wherever_they_are_shown() {
    let tools = [("panic", guests::hostile("h45_ansi_panic"))];
    let place = Place::new(&tools, &[]);
    let mut both = place.served().await;
    let steers = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_bidi(c);
    for answer in both.call("panic_attack", json!({})).await {
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let whole = answer.to_string();
        assert!(whole.len() <= 16 << 10, "{} bytes", whole.len());
        let said = text(&answer);
        assert!(said.contains("panicked at"), "{said:?}");
        assert!(!said.contains(steers), "{said:?}");
    }
    let said = both.said();
    drop(both);
    assert!(!said.contains(steers), "{said:?}");
    for (path, text) in place.kept() {
        if path.starts_with(place.path("audit")) {
            assert!(!text.contains("\u{1b}["), "{}", path.display());
            assert!(text.len() < 64 << 10, "{}", path.display());
        }
    }
}

/// H46. The calls of two clients take turns in the slots of each server.
#[tokio::test(flavor = "multi_thread")]
async fn a_slot_tells_the_next_call_nothing() {
    let files = ["h46_canary", "h46_stack_residue"];
    let tools = [
        ("memory", guests::hostile(files[0])),
        ("stack", guests::hostile(files[1])),
    ];
    let place = Place::new(&tools, &[]);
    let mut both = place.served().await;
    for round in 0..50 {
        for tool in ["memory_attack", "stack_attack"] {
            for answer in both.call(tool, json!({})).await {
                let found = &answer["result"]["structuredContent"]["result"];
                assert_eq!(*found, json!(0), "{tool}, round {round}: {answer}");
            }
        }
    }
}

/// H47. No clock tells more than milliseconds.
#[tokio::test(flavor = "multi_thread")]
async fn no_clock_is_fine() {
    let tools = [("clock", guests::hostile("h47_fine_clock"))];
    let place = Place::new(&tools, &[]);
    let mut both = place.served().await;
    for answer in both.call("clock_attack", json!({})).await {
        let odd = &answer["result"]["structuredContent"]["result"];
        assert_eq!(*odd, json!(0), "{answer}");
    }
}

/// H57. What is no number is null, as the schema says; what is no text is an error; each answer is
/// one line of JSON, and the next call is served.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_there_is_not_is_null_or_an_error() {
    let tools = [
        ("odd", guests::hostile("h57_impossible_values")),
        ("surrogate", guests::hostile("h14_char_surrogate")),
        ("bytes", guests::hostile("h14_string_not_utf8")),
    ];
    let place = Place::new(&tools, &[]);
    let mut both = place.served().await;
    let lists = both.request("tools/list", json!({})).await;
    let answers = both.call("odd_attack", json!({})).await;
    for (list, answer) in lists.iter().zip(&answers) {
        let listed = list["result"]["tools"].as_array().unwrap();
        let tool = listed.iter().find(|tool| tool["name"] == "odd_attack");
        let schema = &tool.unwrap()["outputSchema"];
        let content = &answer["result"]["structuredContent"];
        assert!(jsonschema::is_valid(schema, content), "{schema}: {content}");
        assert_eq!(
            content["result"],
            json!([null, null, null, "a\0b\u{1b}[2Jc\",\"d"])
        );
        assert!(!text(answer).contains(['\0', '\u{1b}']), "{answer}");
    }
    for tool in ["surrogate_attack", "bytes_attack", "surrogate_attack"] {
        for answer in both.call(tool, json!({})).await {
            assert_eq!(answer["result"]["isError"], true, "{tool}: {answer}");
            assert_eq!(answer["result"]["structuredContent"], Value::Null);
        }
    }
}

/// H59. A client is handed links to the web, pictures that are pictures, and no name of a file.
#[tokio::test(flavor = "multi_thread")]
async fn content_that_would_act_where_it_is_shown_is_left_out() {
    let tools = [
        ("links", guests::hostile("h59_links")),
        ("huge", guests::hostile("h14_bytes_16mib")),
    ];
    let place = Place::new(&tools, &[]);
    let mut both = place.served().await;
    for answer in both.call("links_attack", json!({})).await {
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        let blocks = answer["result"]["content"].as_array().unwrap();
        let kinds: Vec<_> = blocks.iter().map(|block| &block["type"]).collect();
        let expected = [
            "text",
            "text",
            "text",
            "resource_link",
            "image",
            "audio",
            "resource",
        ];
        assert_eq!(kinds, expected, "{answer}");
        let web = &blocks[3];
        assert_eq!(
            (web["uri"].as_str(), web["name"].as_str()),
            (Some("https://example.com/"), Some("ab"))
        );
        for media in &blocks[4..6] {
            assert_eq!(media["mimeType"], "application/octet-stream", "{media}");
        }
        let whole = answer.to_string();
        for scheme in ["javascript:", "file:", "data:"] {
            assert!(!whole.contains(scheme), "{scheme}: {whole}");
        }
    }
    for answer in both.call("huge_attack", json!({})).await {
        assert_eq!(answer["result"]["isError"], true);
        assert!(answer.to_string().len() < 16 << 10);
    }
}

/// H60, for secrets: without its grant a name that somebody keeps and one that nobody does are the
/// same plain text.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_by_a_guessed_name_is_plain_text() {
    let host = Peer::answering(
        "127.0.0.1:0",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    );
    let host = host.await.unwrap();
    let here = format!("http://{}", host.address);
    let rules = [
        "[default]".to_owned(),
        "dangerous = \"allow\"".to_owned(),
        format!("allow = [\"net={here}\"]"),
        "[tool.fetch]".to_owned(),
        format!("allow = [\"secret=TOKEN->{here}\"]"),
    ];
    let tools = [("fetch", prebuilt("fetch")), ("probe", prebuilt("probe"))];
    let place = Place::new(&tools, &rules);
    place.keep("TOKEN", CANARY);
    place.keep("OTHER", "canary-another-one");
    let mut both = place.served().await;

    // Who has the grant, so that there is something to steal.
    let bearer = |name: &str| json!([{"name": "authorization", "value": format!("Bearer {{{{secret:{name}}}}}")}]);
    for answer in both
        .call(
            "fetch_get",
            json!({"url": here, "headers": bearer("TOKEN")}),
        )
        .await
    {
        assert_eq!(answer["result"]["isError"], false, "{answer}");
    }
    let granted = host.asked();
    assert_eq!(granted.len(), 2);
    assert!(
        granted.iter().all(|head| head.contains(CANARY)),
        "{granted:?}"
    );

    let mut heard = Vec::new();
    for (tool, name) in [
        ("fetch", "OTHER"),
        ("fetch", "NOBODYS"),
        ("probe", "TOKEN"),
        ("probe", "NOBODYS"),
    ] {
        let (function, arguments) = if tool == "fetch" {
            ("fetch_get", json!({ "url": here, "headers": bearer(name) }))
        } else {
            let authority = host.address.to_string();
            (
                "probe_request",
                json!({ "method": "GET", "scheme": "http", "authority": authority, "path": "/", "headers": bearer(name) }),
            )
        };
        for answer in both.call(function, arguments).await {
            assert_eq!(answer["result"]["isError"], true, "{tool} {name}: {answer}");
            // It hears the name that it said itself.
            let content = answer["result"]["content"].to_string();
            heard.push((tool, content.replace(name, "NAME")));
        }
        // Nothing goes out, not even the words.
        assert_eq!(host.asked().len(), 2, "{tool} {name}");
    }
    heard.dedup();
    assert_eq!(heard.len(), 2, "a guess can be told from a hit: {heard:?}");
    let later = host.asked().split_off(2).concat();
    for text in [later, both.said()] {
        assert!(!text.contains("canary-"), "{text}");
    }
}
