//! The golden grid: tenant by tool by capability, to allow, ask or deny, with the line that decides.

use std::fmt::Write as _;

use ringfence_policy::{
    FileOperation, Granted, Kinds, Mode, OutgoingRequest, Policy, PolicyFile, Protocol, Reach,
    Refusal, RefusalReason, Scheme,
};

use crate::file::EXAMPLE;
use crate::setup::Setup;

const CALLERS: &[&str] = &[
    "local/local",
    "acme/bob",
    "acme/eve@example.com",
    "other/bob",
];

/// Each tool, and what it asks for.
const TOOLS: &[(&str, &[&str])] = &[
    ("text_stats", &[]),
    ("files_read", &["fs.read"]),
    ("files_write", &["fs.write"]),
    ("fetch_get", &["net", "secret"]),
    ("netscan_scan", &["socket"]),
];

fn cell(answer: Result<&Granted, Refusal>, call: Mode) -> String {
    match answer {
        Ok(granted) => format!("{} {}", call.word(), granted.origin),
        Err(refusal) => match refusal.reason() {
            RefusalReason::Denied(origin) => format!("deny {origin}"),
            _ => "deny".to_owned(),
        },
    }
}

#[test]
fn who_may_do_what_and_which_line_says_so() {
    let file = PolicyFile::parse("policy.toml", EXAMPLE).unwrap();
    let policy = Policy::default().with_file(file).unwrap();
    let mut grid = String::new();
    for caller in CALLERS {
        for (tool, requests) in TOOLS {
            let mut setup = Setup::grants(&[]).by(caller).calls(tool);
            setup.policy = policy.clone();
            if requests.is_empty() {
                setup.reach = Reach::new(Kinds::ALL, None);
            } else {
                setup = setup.asking(requests);
            }
            let explained = setup.explain();
            writeln!(
                grid,
                "{caller} {tool}: {} ({})",
                explained.call.word(),
                explained.tier.word()
            )
            .unwrap();
            let effective = setup.effective();
            let call = explained.call;
            let mut row = |what: &str, answer: Result<&Granted, Refusal>| {
                let said = if call == Mode::Deny && answer.is_ok() {
                    "deny the call".to_owned()
                } else {
                    cell(answer, call)
                };
                if said != "deny" {
                    writeln!(grid, "    {what}: {said}").unwrap();
                }
            };
            for (operation, path) in [
                (FileOperation::Read, "/docs/a.txt"),
                (FileOperation::Create, "/docs/a.txt"),
                (FileOperation::Read, "/reports/x/a.md"),
                (FileOperation::Read, "/reports/x/a.txt"),
                (FileOperation::Read, "/acme/a.txt"),
                (FileOperation::Change, "/work/a"),
                (FileOperation::Change, "/work/a/.git/config"),
                (FileOperation::Read, "/work/a/.git/config"),
            ] {
                row(
                    &format!("{} {path}", operation.word()),
                    effective.file(operation, path),
                );
            }
            for (method, host, path) in [
                ("GET", "api.example.com", "/v1/items"),
                ("POST", "api.example.com", "/v1/items"),
                ("GET", "api.example.com", "/v2"),
                ("GET", "169.254.169.254", "/"),
            ] {
                let name = host.parse().unwrap();
                let request = OutgoingRequest {
                    method,
                    scheme: Scheme::Https,
                    host: &name,
                    port: 443,
                    path,
                };
                let answer = effective.request(&request).map(|to| to.granted());
                row(&format!("{method} {host}{path}"), answer);
            }
            for port in [22, 8080] {
                let host = "10.1.2.3".parse().unwrap();
                let answer = effective
                    .socket(Protocol::Tcp, &host, port)
                    .map(|to| to.granted());
                row(&format!("tcp 10.1.2.3:{port}"), answer);
            }
            row("env LANG", effective.variable("LANG"));
            row(
                "kv notes",
                effective.bucket("notes").map(|(_, granted)| granted),
            );
        }
    }
    insta::assert_snapshot!(grid);
}
