//! What two patterns have to do with each other follows from what each of them covers: a tool that asks
//! for one is given the other when something is covered by both, and a denial takes a grant whole when
//! it covers all of it.

use ringfence_policy::{FileOperation, Grant, Host, OutgoingRequest, Protocol, Scheme};

use crate::setup::Setup;

const HOSTS: &[&str] = &[
    "*",
    "a.example",
    "b.a.example",
    "ba.example",
    "*.example",
    "*.a.example",
    "*.b.a.example",
    "*.other",
    "10.0.0.1",
    "10.1.0.1",
    "[10.0.0.0/8]",
    "[10.1.0.0/16]",
    "[10.0.0.0/7]",
    "[12.0.0.0/8]",
    "[fd00::/8]",
    "[fd00::1]",
];

/// Enough of them that any two of the patterns differ by one.
const SAMPLE: &[&str] = &[
    "a.example",
    "b.a.example",
    "ba.example",
    "x.a.example",
    "x.b.a.example",
    "x.example",
    "x.other",
    "somewhere.test",
    "10.0.0.1",
    "10.1.0.1",
    "10.1.0.2",
    "10.2.0.1",
    "11.0.0.1",
    "12.0.0.1",
    "8.8.8.8",
    "[fd00::1]",
    "[fd00::2]",
    "[fe00::1]",
];

const PORTS: &[&str] = &[
    "80", "443", "1-80", "1-79", "80-443", "81-443", "444-500", "*",
];

const PORTS_SAMPLE: &[u16] = &[1, 40, 79, 80, 81, 100, 443, 444, 500, 501, 65535];

const TOOLS: &[&str] = &[
    "*",
    "text*",
    "text_*",
    "text_stats",
    "text",
    "text_s*",
    "te*",
    "files_*",
    "files_read",
];

const TOOLS_SAMPLE: &[&str] = &[
    "text",
    "text_",
    "text_stats",
    "text_s",
    "text_sum",
    "text_diff",
    "texts",
    "tex",
    "te",
    "files_read",
    "files_",
    "x",
];

const METHODS: &[&str] = &["POST ", "GET ", "GET,POST ", "PUT,DELETE ", "* "];

const METHODS_SAMPLE: &[&str] = &[
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND",
];

/// What of the sample a grant covers.
fn covered(grant: &str) -> Vec<String> {
    let grant: Grant = grant.parse().unwrap();
    let hosts = SAMPLE.iter().map(|host| host.parse::<Host>().unwrap());
    match &grant {
        Grant::Socket(socket) => hosts
            .flat_map(|host| PORTS_SAMPLE.iter().map(move |port| (host.clone(), *port)))
            .filter(|(host, port)| {
                [Protocol::Tcp, Protocol::Udp]
                    .iter()
                    .any(|protocol| socket.covers(*protocol, host, *port))
            })
            .map(|(host, port)| format!("{} {host} {port}", socket.protocol.word()))
            .collect(),
        Grant::Net(net) => hosts
            .flat_map(|host| {
                METHODS_SAMPLE
                    .iter()
                    .map(move |method| (host.clone(), *method))
            })
            .filter(|(host, method)| {
                net.covers(&OutgoingRequest {
                    method,
                    scheme: net.scheme,
                    host,
                    port: net.scheme.port(),
                    path: "/",
                })
            })
            .map(|(host, method)| format!("{} {host} {method}", net.scheme.word()))
            .collect(),
        Grant::Tools(pattern) => {
            let names = TOOLS_SAMPLE.iter().filter(|name| pattern.covers(name));
            names.map(|name| (*name).to_owned()).collect()
        }
        _ => panic!("{grant}"),
    }
}

/// Checks what becomes of `grant` when a tool asks for `other`, and when `other` is denied.
fn compare(grant: &str, other: &str) {
    let (one, two) = (covered(grant), covered(other));
    assert!(!one.is_empty() && !two.is_empty(), "{grant} {other}");
    let meets = one.iter().any(|one| two.contains(one));
    let setup = Setup::grants(&[grant]).asking(&[other]);
    assert_eq!(
        !setup.granted().is_empty(),
        meets,
        "{grant} for a tool that asks for {other}"
    );

    let holds = one.iter().all(|one| two.contains(one));
    let text = format!("[default]\ndeny = [\"{other}\"]\n[tool.tool]\nallow = [\"{grant}\"]");
    let left = Setup::file(&text).granted();
    assert_eq!(
        left.is_empty(),
        holds,
        "{grant} where {other} is denied leaves {left:?}"
    );
}

#[test]
fn hosts_meet_where_both_cover_one() {
    for one in HOSTS {
        for other in HOSTS {
            let socket = |host: &str| {
                let host = host.trim_matches(['[', ']']);
                let bracketed = if host.contains("::") {
                    format!("[{host}]")
                } else {
                    host.to_owned()
                };
                format!("socket=tcp:{bracketed}:80")
            };
            compare(&socket(one), &socket(other));
            compare(
                &format!("net=https://{one}"),
                &format!("net=https://{other}:443"),
            );
        }
    }
}

#[test]
fn ports_and_protocols_meet_where_both_cover_one() {
    for one in PORTS {
        for other in PORTS {
            let socket = |protocol, ports| format!("socket={protocol}:a.example:{ports}");
            compare(&socket("tcp", one), &socket("tcp", other));
            compare(&socket("tcp", one), &socket("udp", other));
        }
    }
}

#[test]
fn tools_meet_where_both_cover_one() {
    for one in TOOLS {
        for other in TOOLS {
            compare(&format!("tools={one}"), &format!("tools={other}"));
        }
    }
}

/// Methods are taken one by one, so what is left is exactly what is not denied, and what is asked for.
#[test]
fn methods_are_given_and_taken_one_by_one() {
    let sent = |setup: &Setup| -> Vec<&str> {
        let (effective, host) = (setup.effective(), "a.example".parse().unwrap());
        let sent = METHODS_SAMPLE.iter().filter(|method| {
            let request = OutgoingRequest {
                method,
                scheme: Scheme::Https,
                host: &host,
                port: 443,
                path: "/",
            };
            effective.request(&request).is_ok()
        });
        sent.copied().collect()
    };
    for one in METHODS {
        for other in METHODS {
            let (grant, request) = (
                format!("net={one}https://a.example"),
                format!("net={other}https://a.example"),
            );
            let all = sent(&Setup::grants(&[&grant]));
            let asked = sent(&Setup::grants(&[&request]));
            let text = format!(
                "[default]\ndeny = [\"{request}\"]\ndangerous = \"allow\"\n[tool.tool]\nallow = [\"{grant}\"]"
            );
            let (both, left): (Vec<&str>, Vec<&str>) =
                all.iter().partition(|method| asked.contains(method));
            assert_eq!(sent(&Setup::file(&text)), left, "{grant} without {request}");
            let setup = Setup::grants(&[&grant]).asking(&[&request]);
            assert_eq!(sent(&setup), both, "{grant} for {request}");
        }
    }
}

/// Whatever is denied, what is handed out is never more than what was granted, and never what is denied.
#[test]
fn files_are_given_and_taken_by_operation() {
    let kinds = ["list", "read", "create", "change", "delete", "write"];
    let operations = |setup: &Setup| -> Vec<&str> {
        let effective = setup.effective();
        let all = FileOperation::ALL.into_iter();
        let may = all.filter(|operation| effective.file(*operation, "/w/a").is_ok());
        may.map(FileOperation::word).collect()
    };
    for kind in kinds {
        let grant = format!("fs.{kind}=/srv:/w");
        let all = operations(&Setup::grants(&[&grant]));
        for other in kinds {
            let asked = operations(&Setup::grants(&[&format!("fs.{other}=/srv:/w")]));
            let both: Vec<_> = all
                .iter()
                .copied()
                .filter(|one| asked.contains(one))
                .collect();
            for request in [
                format!("fs.{other}"),
                format!("fs.{other}=/w"),
                format!("fs.{other}=/w/a"),
            ] {
                let setup = Setup::grants(&[&grant]).asking(&[&request]);
                assert_eq!(operations(&setup), both, "{grant} for {request}");
            }
            // To deny writing leaves reading; to deny listing takes reading with it.
            let taken = |one: &&str| match other {
                "write" => ["change", "create", "delete"].contains(one),
                "list" => ["list", "read"].contains(one),
                _ => asked.contains(one),
            };
            let left: Vec<_> = all.iter().copied().filter(|one| !taken(one)).collect();
            let text =
                format!("[default]\ndeny = [\"fs.{other}\"]\n[tool.tool]\nallow = [\"{grant}\"]");
            assert_eq!(
                operations(&Setup::file(&text)),
                left,
                "{grant} without fs.{other}"
            );
        }
    }
}

/// Each part of a request keeps a grant of another place away, alone.
#[test]
fn a_request_for_another_place_is_given_nothing() {
    for (asked, given) in [
        ("net=https://a.example", true),
        ("net=*://a.example", true),
        ("net=https://a.example:8443", true),
        ("net=https://a.example/v1/items", true),
        ("net=http://a.example", false),
        ("net=https://a.example:443", false),
        ("net=https://b.example", false),
        ("net=https://a.example/v2", false),
        ("net=POST https://a.example", false),
    ] {
        let setup = Setup::grants(&["net=https://a.example:8443/v1"]).asking(&[asked]);
        assert_eq!(!setup.granted().is_empty(), given, "{asked}");
    }
}

#[test]
fn what_is_asked_for_twice_is_asked_for() {
    let asked = [
        "net=GET https://a.example/v1",
        "net=GET,POST https://a.example/v2",
    ];
    let setup = Setup::grants(&["net=* https://a.example"]).asking(&asked);
    assert_eq!(setup.granted(), ["net=GET,POST https://a.example"]);
}
