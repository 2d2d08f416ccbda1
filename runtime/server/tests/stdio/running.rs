//! Calls that take their time: progress, logging, cancelling, spinning, ending.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use ringfence_catalog::Source;
use ringfence_policy::Budget;
use serde_json::{Value, json};

use crate::client::{self, Client, stateless, text};

/// How soon a spinning guest must be gone, on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(1);

fn progress_of(messages: &[Value]) -> Vec<f64> {
    messages
        .iter()
        .filter(|message| message["method"] == "notifications/progress")
        .map(|message| {
            assert_eq!(message["params"]["progressToken"], "p");
            message["params"]["progress"].as_f64().unwrap()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_comes_before_the_answer_and_grows() {
    let mut client = Client::greeted(&["host"]).await;
    let call = json!({
        "name": "host_work", "arguments": {"steps": 20}, "_meta": {"progressToken": "p"},
    });
    let id = client.request("tools/call", call).await;
    let (before, answer) = client.until(id).await;
    assert!(
        answer["result"]["structuredContent"]["result"].is_u64(),
        "{answer}"
    );
    let progress = progress_of(&before);
    assert_eq!(progress.len(), before.len(), "no log line was asked for");
    assert!(
        progress.is_sorted() && progress.last() == Some(&20.0),
        "{progress:?}"
    );
    assert_eq!(before[0]["params"]["message"], "one step");
    assert_eq!(before[0]["params"]["total"], 20.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_progress_loses_the_oldest_and_nothing_else() {
    let mut client = Client::greeted(&["host"]).await;
    let call = json!({
        "name": "host_work", "arguments": {"steps": 5000}, "_meta": {"progressToken": "p"},
    });
    let id = client.request("tools/call", call).await;
    let (before, answer) = client.until(id).await;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let progress = progress_of(&before);
    assert!(progress.is_sorted() && progress.last() == Some(&5000.0));
    assert!(client.ask("ping", json!({})).await["result"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_nothing_is_reported() {
    let mut client = Client::greeted(&["host"]).await;
    // `call` takes no other message than the answer.
    client.call("host_work", json!({"steps": 20})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_lines_come_when_they_are_asked_for() {
    let mut client = Client::greeted(&["host"]).await;
    assert!(
        client
            .ask("logging/setLevel", json!({"level": "info"}))
            .await["result"]
            .is_object()
    );
    let call = json!({"name": "host_work", "arguments": {"steps": 1}});
    let id = client.request("tools/call", call.clone()).await;
    let (before, _) = client.until(id).await;
    let [line] = &before[..] else {
        panic!("{before:?}")
    };
    assert_eq!(line["method"], "notifications/message");
    assert_eq!(line["params"]["level"], "info");
    assert_eq!(line["params"]["logger"], "host_work");
    assert_eq!(line["params"]["data"], "one step");

    client
        .ask("logging/setLevel", json!({"level": "warning"}))
        .await;
    client.call("host_work", json!({"steps": 1})).await;

    let mut modern = call;
    modern["_meta"] = stateless();
    let id = client.request("tools/call", modern.clone()).await;
    assert!(
        client.until(id).await.0.is_empty(),
        "the level of the other era does not count"
    );
    modern["_meta"]["io.modelcontextprotocol/logLevel"] = json!("debug");
    let id = client.request("tools/call", modern).await;
    assert_eq!(client.until(id).await.0.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_stops_and_says_nothing_more() {
    let mut client = Client::greeted(&["spin", "add"]).await;
    let id = client
        .request("tools/call", json!({"name": "spin_spin"}))
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let cancel = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id},
    });
    client.send(&cancel).await;
    // The id and its room come back only when the guest is gone.
    let started = Instant::now();
    loop {
        let again = json!({
            "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": {"name": "add_add", "arguments": {"a": 1, "b": 1}},
        });
        client.send(&again).await;
        let answer = client.next().await;
        if answer.get("result").is_some() {
            assert_eq!(
                answer["result"]["structuredContent"]["result"], 2,
                "{answer}"
            );
            break;
        }
        assert_eq!(answer["error"]["code"], -32600, "{answer}");
        assert!(started.elapsed() < SOON, "the guest still runs");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(client.silence(Duration::from_millis(200)).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_endless_loops_leave_the_server_answering() {
    let mut client = Client::greeted(&["spin", "add"]).await;
    client.call("add_add", json!({"a": 1, "b": 1})).await;
    for _ in 0..64 {
        client
            .request("tools/call", json!({"name": "spin_spin"}))
            .await;
    }
    for _ in 0..5 {
        let started = Instant::now();
        assert!(client.ask("ping", json!({})).await["result"].is_object());
        client.call("add_add", json!({"a": 1, "b": 1})).await;
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{:?}",
            started.elapsed()
        );
    }
    client.hang_up().await;
    tokio::time::timeout(Duration::from_secs(5), &mut client.serving)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serving_ends_within_a_second_of_the_input_while_a_tool_spins() {
    let mut client = Client::greeted(&["spin"]).await;
    let id = client
        .request("tools/call", json!({"name": "spin_spin"}))
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    client.hang_up().await;
    (&mut client.serving).await.unwrap();
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    let rest = client.rest().await;
    let [answer] = &rest[..] else {
        panic!("{rest:?}")
    };
    assert_eq!(answer["id"], id);
    assert!(answer["error"].is_object(), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serving_ends_when_it_is_told_to() {
    let mut client = Client::greeted(&["spin"]).await;
    client
        .request("tools/call", json!({"name": "spin_spin"}))
        .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    client.shutdown.cancel();
    (&mut client.serving).await.unwrap();
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serving_ends_when_the_client_neither_reads_nor_writes() {
    let mut client = Client::greeted(&["echo"]).await;
    let long = "x".repeat(100_000);
    // More than the pipe holds.
    for _ in 0..8 {
        client
            .request(
                "tools/call",
                json!({"name": "echo_echo", "arguments": {"text": long}}),
            )
            .await;
    }
    let started = Instant::now();
    client.hang_up().await;
    (&mut client.serving).await.unwrap();
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_sleeps_at_once_take_as_long_as_one() {
    let mut client = Client::greeted(&["sleep"]).await;
    client.call("sleep_sleep", json!({"milliseconds": 1})).await;
    let started = Instant::now();
    for _ in 0..16 {
        let call = json!({"name": "sleep_sleep", "arguments": {"milliseconds": 300}});
        client.request("tools/call", call).await;
    }
    for _ in 0..16 {
        assert_eq!(
            client.next().await["result"]["structuredContent"]["result"],
            300
        );
    }
    assert!(
        started.elapsed() < Duration::from_millis(1500),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_guest_prints_never_reaches_the_client() {
    let mut client = Client::greeted(&["forge"]).await;
    let answer = client.call("forge_forge", json!({})).await;
    assert_eq!(text(&answer), "genuine");
    assert!(!answer.to_string().contains("forged"), "{answer}");
    assert_eq!(
        answer["result"]["_meta"]["ringfence/receipt"]["outputBytes"],
        160
    );
    assert_eq!(client.silence(Duration::from_millis(200)).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trap_or_a_limit_leaves_the_next_call_untouched() {
    let folder = client::folder(&["trap", "recurse", "hog", "spin", "add"]);
    let budget = Budget {
        wall: Duration::from_millis(300),
        memory_bytes: 4 << 20,
        ..Budget::default()
    };
    let sources = client::files(&folder, &["trap", "recurse", "hog", "spin", "add"]);
    let mut client = Client::to(client::funnel_with(sources, &[], budget));
    client.greet().await;
    let mut words = String::new();
    for (tool, arguments) in [
        ("trap_unreachable", json!({})),
        ("trap_divide", json!({})),
        ("trap_call", json!({})),
        ("recurse_recurse", json!({"levels": 1_000_000})),
        ("spin_spin", json!({})),
    ] {
        let answer = client.call(tool, arguments).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let _ = writeln!(words, "{tool}: {}", text(&answer));
        let answer = client.call("add_add", json!({"a": 1, "b": 1})).await;
        assert_eq!(answer["result"]["structuredContent"]["result"], 2);
    }
    insta::assert_snapshot!(words);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_directory_is_announced_to_both_eras() {
    let folder = client::folder(&["add"]);
    let directory = Source::Directory(folder.path().to_owned());
    let mut client = Client::to(client::funnel_with(vec![directory], &[], Budget::default()));
    let hello = client.greet().await;
    assert_eq!(
        hello["result"]["capabilities"]["tools"]["listChanged"],
        true
    );
    let listen = json!({"notifications": {"toolsListChanged": true}, "_meta": stateless()});
    let listening = client.request("subscriptions/listen", listen).await;
    let acknowledged = client.next().await;
    assert_eq!(
        acknowledged["method"],
        "notifications/subscriptions/acknowledged"
    );

    // Written in two steps, as editors do.
    let whole = client::guest("unit");
    let path = folder.path().join("unit.wasm");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    std::fs::write(&path, &whole).unwrap();
    let announced = [client.next().await, client.next().await];
    for message in &announced {
        assert_eq!(
            message["method"], "notifications/tools/list_changed",
            "{message}"
        );
    }
    let id = "/params/_meta/io.modelcontextprotocol~1subscriptionId";
    let tagged = announced
        .iter()
        .filter_map(|message| message.pointer(id))
        .collect::<Vec<_>>();
    assert_eq!(tagged, [&json!(listening)]);

    let list = client.ask("tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().unwrap();
    assert!(
        tools
            .iter()
            .any(|tool| tool["name"].as_str().unwrap().starts_with("unit_")),
        "{list}"
    );
    client.hang_up().await;
    let rest = client.rest().await;
    assert!(
        rest.iter().any(|message| message["id"] == listening),
        "{rest:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_change_is_not_announced() {
    let mut client = Client::of(&["add"]);
    let hello = client.greet().await;
    assert_eq!(
        hello["result"]["capabilities"]["tools"].get("listChanged"),
        None
    );
}
