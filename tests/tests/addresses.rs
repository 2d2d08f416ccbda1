//! Addresses that are nobody's business, and names that lead there. H34 and H35.
//!
//! Canaries are real listeners, on private and metadata addresses that live in a network namespace which the
//! test makes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::process::Command;

use ringfence_tests::both::Both;
use ringfence_tests::network::{Canary, Peer, Script};
use ringfence_tests::probe::{DENIED, OK, Probe, both_ways, get, served};
use serde_json::json;

/// Addresses that only exist in a namespace, each of which has a canary. Public ones have none.
const PRIVATE: &[&str] = &[
    "10.1.2.3",
    "172.16.0.9",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "198.18.0.1",
    "192.0.2.1",
    "240.0.0.1",
    "fd00:ec2::254",
    "fd12::1",
    "2001:db8::1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a01:203",
    "2002:a01:203::1",
];

/// A public address, which in the namespace is the test's own.
const PUBLIC: &str = "8.8.8.8";

/// Set where the namespace is.
const INSIDE: &str = "RINGFENCE_INSIDE_NETNS";

/// Where the file is that the namespace has for `/etc/hosts`.
const NAMES: &str = "RINGFENCE_NAMES";

/// Runs the test again in a network namespace that has the addresses. Where none can be made this says
/// so, and fails only where `RINGFENCE_REQUIRE_NETNS` is 1.
fn in_a_namespace(name: &str) {
    let names = tempfile::NamedTempFile::new().unwrap();
    let mut script = String::from("set -e\nip link set lo up\nmount --bind \"$");
    script += NAMES;
    script += "\" /etc/hosts\n";
    for address in PRIVATE.iter().chain([&PUBLIC]) {
        let bits = if address.contains(':') { "128" } else { "32" };
        script += &["ip address add ", address, "/", bits, " dev lo\n"].concat();
    }
    let make = |command: &str| {
        let script = format!("{script}{command}");
        Command::new("unshare")
            .args(["--net", "--mount", "--", "sh", "-c", &script])
            .arg(std::env::current_exe().unwrap())
            .arg(name)
            .env(INSIDE, "1")
            .env(NAMES, names.path())
            .output()
    };
    let can = make("true").is_ok_and(|output| output.status.success());
    if !can {
        let required = std::env::var_os("RINGFENCE_REQUIRE_NETNS").is_some_and(|set| set == "1");
        assert!(!required, "no network namespace can be made here");
        #[expect(clippy::print_stderr, reason = "whoever reads the results must know")]
        {
            eprintln!("skipped: {name} needs `unshare --net --mount` and `ip`, as root");
        }
        return;
    }
    let output = make("exec \"$0\" --exact \"$1\" --nocapture").unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let cried = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{cried}"
    );
}

fn bracketed(address: &str) -> String {
    if address.contains(':') {
        format!("[{address}]")
    } else {
        address.to_owned()
    }
}

#[test]
fn real_private_and_metadata_addresses_see_nobody() {
    if std::env::var_os(INSIDE).is_none() {
        return in_a_namespace("real_private_and_metadata_addresses_see_nobody");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(inside());
}

async fn inside() {
    let mut canaries = Vec::new();
    for address in PRIVATE.iter().chain(&["127.0.0.1", "::1"]) {
        canaries.push(
            Canary::on(&format!("{}:80", bracketed(address)))
                .await
                .unwrap(),
        );
    }
    let peer = Peer::answering(&format!("{PUBLIC}:80"), OK).await.unwrap();

    // The whole internet is granted, and is reached.
    let everything = ["net=http://*", "socket=tcp:*:80", "socket=udp:*:80"];
    let resolver = Script::new(&[&[PUBLIC]]);
    let probe = Probe::new(&resolver, &everything);
    for host in [PUBLIC, "public.example"] {
        assert_eq!(probe.get(host).await.0.unwrap()["body"], "hello");
    }
    assert_eq!(peer.asked().len(), 2);

    // Everything else is not: by address, by name, by socket, by redirect of a name.
    for canary in &canaries {
        let address = canary.address.ip().to_string();
        let host = bracketed(&address);
        assert_eq!(probe.get(&host).await.0.unwrap_err(), DENIED, "{host}");
        if !address.contains(':') {
            let mapped = format!("[::ffff:{address}]");
            assert_eq!(probe.get(&mapped).await.0.unwrap_err(), DENIED, "{mapped}");
        }
        let to = json!({ "to": { "address": address, "port": 80 }, "data": "x" });
        let (refused, _) = probe.call("tcp", &to).await;
        assert_eq!(refused.unwrap_err(), "access-denied", "{to}");

        // First public, then not: each request is looked up and checked for itself.
        resolver.set(&[&[PUBLIC], &[&address]]);
        assert_eq!(probe.get("rebind.example").await.0.unwrap()["status"], 200);
        assert_eq!(
            probe.get("rebind.example").await.0.unwrap_err(),
            DENIED,
            "{address}"
        );
        // Both at once.
        for answer in [[PUBLIC, address.as_str()], [address.as_str(), PUBLIC]] {
            resolver.set(&[&answer]);
            assert_eq!(
                probe.get("both.example").await.0.unwrap_err(),
                DENIED,
                "{answer:?}"
            );
            let (refused, _) = probe
                .call("lookup", &json!({ "name": "both.example" }))
                .await;
            assert_eq!(refused.unwrap_err(), "access-denied", "{answer:?}");
        }
    }
    through_the_program(&canaries).await;
    names_through_the_program(&canaries).await;
    for canary in &canaries {
        assert!(canary.is_untouched().await.unwrap(), "{}", canary.address);
    }

    // A range opens what it covers, but not the machine's credentials within it.
    let grants = [
        "net=http://inner.example",
        "net=http://[10.0.0.0/8]",
        "net=http://[169.254.0.0/16]",
    ];
    let granted = Probe::new(&Script::new(&[&["169.254.169.254"]]), &grants);
    for host in ["inner.example", "169.254.169.254", "169.254.170.2"] {
        assert_eq!(granted.get(host).await.0.unwrap_err(), DENIED, "{host}");
    }
    drop(canaries);
    let inner = Peer::answering("10.1.2.3:80", OK).await.unwrap();
    let granted = Probe::new(&Script::new(&[&["10.1.2.3"]]), &grants);
    for host in ["inner.example", "10.1.2.3"] {
        assert_eq!(granted.get(host).await.0.unwrap()["status"], 200, "{host}");
    }
    assert_eq!(inner.asked().len(), 2);
    let named = ["net=http://169.254.169.254"];
    let metadata = Peer::answering("169.254.169.254:80", OK).await.unwrap();
    assert_eq!(
        Probe::alone(&named).get("169.254.169.254").await.0.unwrap()["status"],
        200
    );
    assert_eq!(metadata.asked().len(), 1);
}

/// The same through the program, over pipes and over HTTP.
async fn through_the_program(canaries: &[Canary]) {
    let mut calls = vec![("probe_request", get(PUBLIC), false)];
    for canary in canaries {
        let address = canary.address.ip().to_string();
        let to = json!({ "to": { "address": &address, "port": 80 }, "data": "x" });
        calls.push(("probe_request", get(&bracketed(&address)), true));
        calls.push(("probe_tcp", to.clone(), true));
        calls.push(("probe_udp", to, true));
        if !address.contains(':') {
            let mapped = format!("[::ffff:{address}]");
            calls.push(("probe_request", get(&mapped), true));
        }
    }
    let grants = ["net=http://*", "socket=tcp:*:80", "socket=udp:*:80"];
    both_ways(&grants, &calls).await;
}

/// H35. Names lead where the system says, each time anew: what a name led to before opens nothing.
async fn names_through_the_program(canaries: &[Canary]) {
    let names = std::env::var_os(NAMES).unwrap();
    let says = |lines: &[(&str, &str)]| {
        let lines = lines
            .iter()
            .map(|(address, name)| [address, " ", name, "\n"].concat());
        fs::write(&names, lines.collect::<String>()).unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    let grants = ["net=http://*", "socket=tcp:*:80"];
    let mut both = Both::start(&served(folder.path(), &grants)).await;
    for canary in canaries {
        let address = canary.address.ip().to_string();
        says(&[(PUBLIC, "rebind.example")]);
        for answer in both.call("probe_request", get("rebind.example")).await {
            assert_eq!(answer["result"]["isError"], false, "{answer}");
        }
        says(&[
            (&address, "rebind.example"),
            (PUBLIC, "one.example"),
            (&address, "one.example"),
            (&address, "other.example"),
            (PUBLIC, "other.example"),
        ]);
        for name in ["rebind.example", "one.example", "other.example"] {
            for (tool, arguments) in [
                ("probe_request", get(name)),
                ("probe_lookup", json!({ "name": name })),
            ] {
                for answer in both.call(tool, arguments).await {
                    assert_eq!(answer["result"]["isError"], true, "{address}: {answer}");
                    assert!(!answer.to_string().contains(&address), "{answer}");
                }
            }
        }
    }
}
