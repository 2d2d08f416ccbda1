//! What is promised of the committed components: they belong to their sources, import only what they
//! use, and leave nothing undocumented.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read a file has failed"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use ringfence_guest_pack::{COMPONENT_BYTES_MAX, Provenance, SHIPPED, TOOLS, digest};
use ringfence_tool::{Component, Field, Function, Label, Manifest, Payload, Type};

/// Interfaces, each with the functions that are called.
type Imports = &'static [(&'static str, &'static [&'static str])];

/// What each tool imports: all of it, and nothing else.
const IMPORTS: [(&str, Imports); 9] = [
    (
        "codec",
        &[
            ("wasi:clocks/wall-clock@0.2.12", &["now"]),
            ("wasi:random/random@0.2.12", &["get-random-bytes"]),
        ],
    ),
    (
        "conformance",
        &[
            (
                "ringfence:tool/announce@0.1.0",
                &["prompts-changed", "tools-changed"],
            ),
            ("ringfence:tool/client@0.1.0", &["ask", "can-ask"]),
            (
                "ringfence:tool/host@0.1.0",
                &["background", "log", "progress"],
            ),
            ("ringfence:tool/types@0.1.0", &[]),
            (
                "wasi:clocks/monotonic-clock@0.2.12",
                &["subscribe-duration"],
            ),
            ("wasi:io/poll@0.2.12", &["[method]pollable.block"]),
        ],
    ),
    ("data", &[]),
    (
        "fetch",
        &[
            ("wasi:http/outgoing-handler@0.2.12", &["handle"]),
            (
                "wasi:http/types@0.2.12",
                &[
                    "[constructor]fields",
                    "[constructor]outgoing-request",
                    "[method]fields.append",
                    "[method]fields.entries",
                    "[method]future-incoming-response.get",
                    "[method]future-incoming-response.subscribe",
                    "[method]incoming-body.stream",
                    "[method]incoming-response.consume",
                    "[method]incoming-response.headers",
                    "[method]incoming-response.status",
                    "[method]outgoing-body.write",
                    "[method]outgoing-request.body",
                    "[method]outgoing-request.set-authority",
                    "[method]outgoing-request.set-method",
                    "[method]outgoing-request.set-path-with-query",
                    "[method]outgoing-request.set-scheme",
                    "[static]outgoing-body.finish",
                ],
            ),
            ("wasi:io/error@0.2.12", &[]),
            ("wasi:io/poll@0.2.12", &["[method]pollable.block"]),
            (
                "wasi:io/streams@0.2.12",
                &[
                    "[method]input-stream.blocking-read",
                    "[method]output-stream.blocking-write-and-flush",
                ],
            ),
        ],
    ),
    (
        "files",
        &[
            // The times of a file have its type; the clock is not called.
            ("wasi:clocks/wall-clock@0.2.12", &[]),
            ("wasi:filesystem/preopens@0.2.12", &["get-directories"]),
            (
                "wasi:filesystem/types@0.2.12",
                &[
                    "[method]descriptor.create-directory-at",
                    "[method]descriptor.open-at",
                    "[method]descriptor.read",
                    "[method]descriptor.read-directory",
                    "[method]descriptor.set-size",
                    "[method]descriptor.stat",
                    "[method]descriptor.stat-at",
                    "[method]descriptor.write",
                    "[method]directory-entry-stream.read-directory-entry",
                ],
            ),
        ],
    ),
    (
        "netscan",
        &[
            (
                "wasi:clocks/monotonic-clock@0.2.12",
                &["subscribe-duration"],
            ),
            ("wasi:io/poll@0.2.12", &["[method]pollable.ready", "poll"]),
            ("wasi:io/streams@0.2.12", &[]),
            (
                "wasi:sockets/instance-network@0.2.12",
                &["instance-network"],
            ),
            ("wasi:sockets/network@0.2.12", &[]),
            (
                "wasi:sockets/tcp-create-socket@0.2.12",
                &["create-tcp-socket"],
            ),
            (
                "wasi:sockets/tcp@0.2.12",
                &[
                    "[method]tcp-socket.finish-connect",
                    "[method]tcp-socket.start-connect",
                    "[method]tcp-socket.subscribe",
                ],
            ),
        ],
    ),
    (
        "probe",
        &[
            ("wasi:clocks/monotonic-clock@0.2.12", &[]),
            ("wasi:http/outgoing-handler@0.2.12", &["handle"]),
            (
                "wasi:http/types@0.2.12",
                &[
                    "[constructor]fields",
                    "[constructor]outgoing-request",
                    "[constructor]request-options",
                    "[method]fields.append",
                    "[method]fields.entries",
                    "[method]future-incoming-response.get",
                    "[method]future-incoming-response.subscribe",
                    "[method]incoming-body.stream",
                    "[method]incoming-response.consume",
                    "[method]incoming-response.headers",
                    "[method]incoming-response.status",
                    "[method]outgoing-body.write",
                    "[method]outgoing-request.body",
                    "[method]outgoing-request.set-authority",
                    "[method]outgoing-request.set-method",
                    "[method]outgoing-request.set-path-with-query",
                    "[method]outgoing-request.set-scheme",
                    "[method]request-options.set-between-bytes-timeout",
                    "[method]request-options.set-connect-timeout",
                    "[method]request-options.set-first-byte-timeout",
                    "[static]outgoing-body.finish",
                ],
            ),
            ("wasi:io/error@0.2.12", &["[method]error.to-debug-string"]),
            ("wasi:io/poll@0.2.12", &["[method]pollable.block"]),
            (
                "wasi:io/streams@0.2.12",
                &[
                    "[method]input-stream.blocking-read",
                    "[method]output-stream.blocking-write-and-flush",
                ],
            ),
            (
                "wasi:sockets/instance-network@0.2.12",
                &["instance-network"],
            ),
            (
                "wasi:sockets/ip-name-lookup@0.2.12",
                &[
                    "[method]resolve-address-stream.resolve-next-address",
                    "[method]resolve-address-stream.subscribe",
                    "resolve-addresses",
                ],
            ),
            ("wasi:sockets/network@0.2.12", &[]),
            (
                "wasi:sockets/tcp-create-socket@0.2.12",
                &["create-tcp-socket"],
            ),
            (
                "wasi:sockets/tcp@0.2.12",
                &[
                    "[method]tcp-socket.finish-bind",
                    "[method]tcp-socket.finish-connect",
                    "[method]tcp-socket.finish-listen",
                    "[method]tcp-socket.start-bind",
                    "[method]tcp-socket.start-connect",
                    "[method]tcp-socket.start-listen",
                    "[method]tcp-socket.subscribe",
                ],
            ),
            (
                "wasi:sockets/udp-create-socket@0.2.12",
                &["create-udp-socket"],
            ),
            (
                "wasi:sockets/udp@0.2.12",
                &[
                    "[method]outgoing-datagram-stream.check-send",
                    "[method]outgoing-datagram-stream.send",
                    "[method]outgoing-datagram-stream.subscribe",
                    "[method]udp-socket.finish-bind",
                    "[method]udp-socket.start-bind",
                    "[method]udp-socket.stream",
                ],
            ),
        ],
    ),
    ("text", &[]),
    ("time", &[("wasi:clocks/wall-clock@0.2.12", &["now"])]),
];

fn guest_tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn component(tool: &str) -> Component {
    let path = guest_tools()
        .join("prebuilt")
        .join(tool)
        .with_extension("wasm");
    let bytes = std::fs::read(path).unwrap();
    assert!(
        bytes.len() <= COMPONENT_BYTES_MAX,
        "{tool} has {} bytes",
        bytes.len()
    );
    Component::read(bytes.into(), "nameless").unwrap()
}

#[test]
fn belong_to_their_sources() {
    let record = Provenance::read(&guest_tools()).unwrap();
    let stale: Vec<_> = record
        .stale(&guest_tools())
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(stale.is_empty(), "{stale:#?}");
}

#[test]
fn import_only_what_they_use() {
    assert_eq!(IMPORTS.map(|(tool, _)| tool), TOOLS);
    for (tool, expected) in IMPORTS {
        let component = component(tool);
        let mut found: Vec<(&str, Vec<&str>)> = component
            .imports()
            .iter()
            .map(|import| {
                let mut functions: Vec<_> = import.functions.iter().map(|name| &**name).collect();
                functions.sort_unstable();
                (&*import.name, functions)
            })
            .collect();
        found.sort_unstable();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, functions)| (*name, functions.to_vec()))
            .collect();
        assert_eq!(found, expected, "{tool}");
    }
}

#[test]
fn leave_nothing_undocumented() {
    let mut missing = Vec::new();
    for tool in SHIPPED {
        let component = component(tool);
        assert_eq!(component.name().as_str(), tool);
        for function in &component.interface().functions {
            let place = format!("{tool}.{}", function.name.as_str());
            if function.docs.is_none() {
                missing.push(place.clone());
            }
            let about = component.manifest().function(function.name.as_str());
            assert!(
                about.is_some_and(|about| about.title.is_some()),
                "{place} has no title"
            );
            assert!(
                about.is_some_and(|about| !about.examples.is_empty()),
                "{place}: no example"
            );
            parameters(function, component.manifest(), &place, &mut missing);
            if let Payload::Value(ty) = &function.result.ok {
                undocumented(ty, &place, &mut missing);
            }
        }
        assert_eq!(component.interface().unavailable, [], "{tool}");
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn parameters_are_described_alike_in_wit_and_manifest() {
    for tool in SHIPPED {
        let wit = std::fs::read_to_string(guest_tools().join(tool).join("wit/world.wit")).unwrap();
        let words: Vec<_> = wit
            .split_whitespace()
            .filter(|word| *word != "///")
            .collect();
        let wit = words.join(" ");
        for (function, about) in &component(tool).manifest().functions {
            for (name, param) in &about.params {
                let description = param.description.as_deref().unwrap_or_default();
                let found = ["", "%"]
                    .iter()
                    .any(|escape| wit.contains(&format!("{description} {escape}{name}:")));
                assert!(found, "{tool}.{function}.{name}: {description}");
            }
        }
    }
}

#[test]
fn a_shell_computes_the_same_digests() {
    let status = Command::new("bash")
        .arg(guest_tools().join("build.sh"))
        .arg("--check")
        .status();
    let fresh = Provenance::read(&guest_tools())
        .unwrap()
        .stale(&guest_tools())
        .unwrap()
        .is_empty();
    assert_eq!(status.unwrap().success(), fresh);
}

#[test]
fn each_source_counts() {
    let folder = std::env::temp_dir().join(format!("ringfence-guest-pack-{}", std::process::id()));
    let copy = folder.join("guest-tools");
    let write = |path: &str, text: &str| {
        let path = copy.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for path in [
        "Cargo.lock",
        "Cargo.toml",
        "build.sh",
        "wasi/io.wit",
        "text/src/lib.rs",
    ] {
        write(path, "");
    }
    let digest = || digest(&copy, "text").unwrap();
    let mut seen = vec![digest()];
    for path in [
        "Cargo.lock",
        "Cargo.toml",
        "build.sh",
        "wasi/io.wit",
        "text/src/lib.rs",
        "text/a",
    ] {
        write(path, "changed");
        assert!(!seen.contains(&digest()), "{path} does not count");
        seen.push(digest());
    }
    let before = digest();
    for path in [
        "text/README.md",
        "text/.hidden",
        "data/src/lib.rs",
        "prebuilt/text.wasm",
    ] {
        write(path, "changed");
    }
    assert_eq!(digest(), before);
    write("../wit/host.wit", "");
    assert_eq!(digest(), before, "this tool does not use that");
    write(
        "text/wit/world.wit",
        "world text { import ringfence:tool/host@0.1.0; }",
    );
    let before = digest();
    write("../wit/host.wit", "changed");
    assert_ne!(digest(), before);
    std::fs::remove_dir_all(folder).unwrap();
}

/// WIT keeps no comments on parameters, so the manifest says what they are.
fn parameters(function: &Function, manifest: &Manifest, place: &str, missing: &mut Vec<String>) {
    let about = manifest.function(function.name.as_str());
    for param in &function.params {
        let place = format!("{place}.{}", param.name);
        let said = about.and_then(|about| about.params.get(&param.name)?.description.as_ref());
        if said.is_none() {
            missing.push(place.clone());
        }
        undocumented(&param.ty, &place, missing);
    }
}

fn fields(fields: &[Field], place: &str, missing: &mut Vec<String>) {
    for field in fields {
        let place = format!("{place}.{}", field.name);
        if field.docs.is_none() {
            missing.push(place.clone());
        }
        undocumented(&field.ty, &place, missing);
    }
}

fn labels(labels: &[Label], place: &str, missing: &mut Vec<String>) {
    let bare = labels.iter().filter(|label| label.docs.is_none());
    missing.extend(bare.map(|label| format!("{place}.{}", label.name)));
}

fn undocumented(ty: &Type, place: &str, missing: &mut Vec<String>) {
    match ty {
        Type::List(inner) | Type::Option(inner) => undocumented(inner, place, missing),
        Type::Tuple(types) => types.iter().for_each(|ty| undocumented(ty, place, missing)),
        Type::Record(record) => fields(&record.fields, place, missing),
        Type::Variant(variant) => {
            for case in &variant.cases {
                if case.docs.is_none() {
                    missing.push(format!("{place}.{}", case.name));
                }
            }
        }
        Type::Enum(found) | Type::Flags(found) => labels(&found.labels, place, missing),
        _ => {}
    }
}
