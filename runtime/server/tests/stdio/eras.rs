//! Both eras of the protocol, alone and beside each other on one connection.

use std::fmt::Write as _;

use ringfence_catalog::Source;
use ringfence_identity::Caller;
use ringfence_policy::Budget;
use ringfence_server::Server;
use serde_json::{Value, json};

use crate::client::{self, Client, stateless, text};

const GUESTS: [&str; 3] = ["add", "echo", "err"];

/// What differs from run to run, made equal.
fn stable(mut value: Value) -> Value {
    if let Some(receipt) = value.pointer_mut("/result/_meta/ringfence~1receipt") {
        for (name, measured) in receipt.as_object_mut().unwrap() {
            if name != "capabilities" && name != "resultBytes" {
                assert!(measured.is_u64(), "{name}");
                *measured = json!("measured");
            }
        }
    }
    value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_handshake_era() {
    let mut client = Client::of(&GUESTS);
    let hello = client.greet().await;
    insta::assert_json_snapshot!("handshake_hello", hello);
    let list = client.ask("tools/list", json!({})).await;
    insta::assert_json_snapshot!("handshake_list", list);
    let sum = client.call("add_add", json!({"a": 2, "b": 40})).await;
    insta::assert_json_snapshot!("handshake_call", stable(sum));
    let echo = client
        .call("echo_echo", json!({"text": "plain \u{1b}[31mred"}))
        .await;
    assert_eq!(text(&echo), "plain red");
    assert_eq!(
        echo["result"]["structuredContent"]["result"],
        "plain \u{1b}[31mred"
    );
    assert!(client.ask("ping", json!({})).await["result"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stateless_era() {
    let mut client = Client::of(&GUESTS);
    let discovered = client
        .ask("server/discover", json!({"_meta": stateless()}))
        .await;
    insta::assert_json_snapshot!("stateless_discover", discovered);
    let list = client
        .ask("tools/list", json!({"_meta": stateless()}))
        .await;
    assert_eq!(list["result"]["resultType"], "complete");
    assert_eq!(list["result"]["cacheScope"], "private");
    assert!(list["result"]["ttlMs"].is_u64());
    let call = json!({"name": "add_add", "arguments": {"a": 2, "b": 40}, "_meta": stateless()});
    let sum = client.ask("tools/call", call).await;
    insta::assert_json_snapshot!("stateless_call", stable(sum));
    // Gone in this era.
    for method in ["ping", "logging/setLevel"] {
        let params = json!({"_meta": stateless(), "level": "debug"});
        assert_eq!(
            client.ask(method, params).await["error"]["code"],
            -32601,
            "{method}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_of_neither_era_is_told_what_to_send() {
    let mut client = Client::of(&GUESTS);
    let answer = client.ask("tools/list", json!({})).await;
    assert_eq!(answer["error"]["code"], -32602);
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("initialize"),
        "{answer}"
    );

    let mut incomplete = stateless();
    incomplete
        .as_object_mut()
        .unwrap()
        .remove("io.modelcontextprotocol/clientCapabilities");
    let answer = client.ask("tools/list", json!({"_meta": incomplete})).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");

    let mut future = stateless();
    future["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let answer = client.ask("tools/list", json!({"_meta": future})).await;
    assert_eq!(answer["error"]["code"], -32022, "{answer}");
    assert!(answer["error"]["data"]["supported"].is_array(), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_are_negotiated() {
    for (asked, given) in [
        ("2025-03-26", "2025-03-26"),
        ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("whatever", "2025-11-25"),
    ] {
        let mut client = Client::of(&["add"]);
        let hello = client
            .ask(
                "initialize",
                json!({
                    "protocolVersion": asked, "capabilities": {},
                    "clientInfo": {"name": "test", "version": "1"},
                }),
            )
            .await;
        assert_eq!(hello["result"]["protocolVersion"], given, "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_eras_share_a_connection_in_any_order() {
    let mut client = Client::of(&GUESTS);
    let modern = json!({"name": "add_add", "arguments": {"a": 1, "b": 1}, "_meta": stateless()});
    let legacy = json!({"name": "add_add", "arguments": {"a": 1, "b": 1}});
    assert_eq!(
        client.ask("tools/call", modern.clone()).await["result"]["resultType"],
        "complete"
    );
    client.greet().await;
    assert!(
        client.ask("tools/call", legacy).await["result"]
            .get("resultType")
            .is_none()
    );
    assert_eq!(
        client.ask("tools/call", modern).await["result"]["resultType"],
        "complete"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_may_be_written_at_once_and_the_input_closed() {
    let mut client = Client::of(&GUESTS);
    let hello = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    });
    let call = json!({
        "jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": "add_add", "arguments": {"a": 2, "b": 2}},
    });
    // The last line has no end.
    client.raw(format!("{hello}\n{call}").as_bytes()).await;
    client.hang_up().await;
    let answers = client.rest().await;
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert_eq!(answers[0]["id"], 1);
    assert_eq!(
        answers[1]["result"]["structuredContent"]["result"], 4,
        "{answers:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_arguments_are_results_that_say_what_to_change() {
    let mut client = Client::greeted(&GUESTS).await;
    let mut words = String::new();
    for arguments in [
        json!({}),
        json!({"a": 1}),
        json!({"a": 1, "b": 2, "c": 3}),
        json!({"a": "1", "b": 2}),
        json!({"a": -1, "b": 2}),
        json!({"a": 4_294_967_296_u64, "b": 2}),
        json!({"a": 1.5, "b": 2}),
    ] {
        let answer = client.call("add_add", arguments.clone()).await;
        assert_eq!(answer["result"]["isError"], true, "{arguments}: {answer}");
        assert!(answer["result"]["_meta"]["ringfence/receipt"].is_object());
        let _ = write!(words, "{arguments}\n  {}\n", text(&answer));
    }
    insta::assert_snapshot!(words);
    let answer = client
        .call("err_fail", json!({"message": "no such thing"}))
        .await;
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(text(&answer), "no such thing");
    assert_eq!(
        client.call("nobody", json!({})).await["error"]["message"],
        "Unknown tool: nobody"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_function_of_two_components_is_two_tools() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        std::fs::write(
            folder.path().join(format!("{name}.wasm")),
            client::guest("add"),
        )
        .unwrap();
    }
    let funnel = client::funnel_with(
        client::files(&folder, &["one", "two"]),
        &[],
        Budget::default(),
    );
    let mut client = Client::to(funnel);
    client.greet().await;
    for tool in ["one_add", "two_add"] {
        let answer = client.call(tool, json!({"a": 20, "b": 22})).await;
        assert_eq!(
            answer["result"]["structuredContent"]["result"], 42,
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_comes_in_pages_without_gap_or_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..250).map(|number| format!("t{number:03}")).collect();
    let bytes = client::guest("unit");
    for name in &names {
        std::fs::write(folder.path().join(format!("{name}.wasm")), &bytes).unwrap();
    }
    let directory = Source::Directory(folder.path().to_owned());
    let funnel = client::funnel_with(vec![directory], &[], Budget::default());
    let all: Vec<_> = funnel
        .catalog()
        .tools()
        .map(|tool| tool.definition().name.to_string())
        .collect();
    let mut client = Client::to(funnel);
    client.greet().await;
    let (mut listed, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let params = cursor.map_or(json!({}), |cursor| json!({"cursor": cursor}));
        let page = client.ask("tools/list", params).await;
        let tools = page["result"]["tools"].as_array().unwrap().clone();
        assert!(tools.len() <= 100);
        listed.extend(
            tools
                .iter()
                .map(|tool| tool["name"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        match page["result"]["nextCursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(listed, all);
    assert_eq!(pages, all.len().div_ceil(100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_is_good_for_its_caller_and_as_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = client::guest("unit");
    for number in 0..150 {
        std::fs::write(folder.path().join(format!("t{number:03}.wasm")), &bytes).unwrap();
    }
    let directory = Source::Directory(folder.path().to_owned());
    let funnel = client::funnel_with(vec![directory], &[], Budget::default());
    let server = Server::new(funnel);
    let mut client = Client::on(&server, Caller::local());
    let first = client
        .ask("tools/list", json!({"_meta": stateless()}))
        .await;
    assert_eq!(first["result"]["tools"].as_array().unwrap().len(), 100);
    let cursor = first["result"]["nextCursor"].as_str().unwrap();
    let page = json!({"cursor": cursor, "_meta": stateless()});
    let second = client.ask("tools/list", page.clone()).await;
    let last = first["result"]["tools"][99]["name"].as_str();
    assert!(
        second["result"]["tools"][0]["name"].as_str() > last,
        "{second}"
    );
    for member in ["ttlMs", "cacheScope", "resultType"] {
        assert_eq!(
            first["result"][member], second["result"][member],
            "{member}"
        );
    }
    // Good more than once, and in the other era.
    client.greet().await;
    let again = client.ask("tools/list", json!({"cursor": cursor})).await;
    assert_eq!(again["result"]["tools"], second["result"]["tools"]);

    let mut eve = Client::on(&server, client::stranger());
    let refused = eve.ask("tools/list", page).await;
    assert_eq!(client::kind(&refused), "unknown-handle");
    // H60: word for word what is said of a cursor that nobody was given.
    let nobodys = json!({"cursor": "t100", "_meta": stateless()});
    let unknown = eve.ask("tools/list", nobodys).await;
    assert_eq!(refused["error"], unknown["error"]);
    for cursor in [json!(""), json!("t100"), json!(format!("{cursor}A"))] {
        let refused = client.ask("tools/list", json!({"cursor": cursor})).await;
        assert_eq!(client::kind(&refused), "unknown-handle", "{cursor}");
    }
    let refused = client.ask("tools/list", json!({"cursor": 7})).await;
    assert_eq!(client::kind(&refused), "invalid-params");
}
