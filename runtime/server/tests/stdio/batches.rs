//! Several messages at once, as 2025-03-26 has it and no other version.

use serde_json::{Value, json};

use crate::client::{Client, kind};

async fn client(version: &str) -> Client {
    let mut client = Client::of(&["add", "sleep"]);
    client.greet_as(version, json!({})).await;
    client
}

fn ping(id: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "ping"})
}

fn add(id: &Value) -> Value {
    let params = json!({"name": "add_add", "arguments": {"a": 1, "b": 2}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

fn sleep(id: &Value) -> Value {
    let params = json!({"name": "sleep_sleep", "arguments": {"milliseconds": 10_000}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

fn cancelled(id: &Value) -> Value {
    let params = json!({"requestId": id});
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
}

/// The one answer to several messages.
async fn answers(client: &mut Client, batch: &Value) -> Vec<Value> {
    client.send(batch).await;
    let line = client.next_line().await;
    let answers: Vec<Value> = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
    assert!(
        answers.iter().all(|answer| answer["jsonrpc"] == "2.0"),
        "{line}"
    );
    answers
}

fn by_id<'a>(answers: &'a [Value], id: &Value) -> &'a Value {
    let mut found = answers.iter().filter(|answer| answer["id"] == *id);
    let answer = found.next().unwrap_or_else(|| panic!("{answers:?}"));
    assert!(found.next().is_none(), "{answers:?}");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_message_of_a_batch_has_its_answer() {
    let mut client = client("2025-03-26").await;
    let note = json!({"jsonrpc": "2.0", "method": "notifications/no-such"});
    let reply = json!({"jsonrpc": "2.0", "id": 99, "result": {}});
    let broken = json!({"jsonrpc": "2.0", "id": "broken"});
    let hello = json!({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": {}});
    let batch = json!([
        ping(&json!(10)),
        note,
        add(&json!("sum")),
        broken,
        7,
        reply,
        hello,
        ping(&json!(10))
    ]);
    let answers = answers(&mut client, &batch).await;
    // A ping twice under one id, of which the second is refused.
    assert_eq!(answers.len(), 6, "{answers:?}");
    let (good, bad): (Vec<_>, Vec<_>) = answers
        .iter()
        .filter(|answer| answer["id"] == 10)
        .partition(|answer| answer.get("result").is_some());
    assert_eq!((good.len(), bad.len()), (1, 1), "{answers:?}");
    let sum = by_id(&answers, &json!("sum"));
    assert_eq!(sum["result"]["structuredContent"]["result"], 3, "{sum}");
    assert_eq!(kind(by_id(&answers, &json!("broken"))), "invalid-request");
    assert_eq!(kind(by_id(&answers, &json!("hello"))), "invalid-params");
    let nameless: Vec<_> = answers
        .iter()
        .filter(|one| one.get("id").is_none())
        .collect();
    assert_eq!(nameless.len(), 1, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_without_requests_is_not_answered() {
    let mut client = client("2025-03-26").await;
    let note = json!({"jsonrpc": "2.0", "method": "notifications/no-such"});
    client.send(&json!([note, note])).await;
    assert!(client.ask("ping", json!({})).await["result"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_message_of_a_batch_has_no_answer() {
    let mut client = client("2025-03-26").await;
    let slow = json!("slow");
    let batch = json!([sleep(&slow), add(&json!("sum")), cancelled(&slow)]);
    let answers = answers(&mut client, &batch).await;
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0]["id"], "sum");
    // And one of which nothing is left has none at all.
    client
        .send(&json!([sleep(&json!("slow")), cancelled(&json!("slow"))]))
        .await;
    assert!(client.ask("ping", json!({})).await["result"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_bounded() {
    let mut client = client("2025-03-26").await;
    for batch in [
        json!([]),
        (0..65).map(|id| ping(&json!(id))).collect::<Value>(),
    ] {
        client.send(&batch).await;
        let refused = client.next().await;
        assert_eq!(refused["error"]["code"], -32600, "{refused}");
        assert_eq!(refused.get("id"), None);
    }
    let most: Value = (0..64).map(|id| ping(&json!(id))).collect();
    assert_eq!(answers(&mut client, &most).await.len(), 64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_versions_have_no_batches() {
    for version in ["2025-06-18", "2025-11-25"] {
        let mut client = client(version).await;
        client.send(&json!([ping(&json!(7))])).await;
        let refused = client.next().await;
        assert_eq!(kind(&refused), "invalid-request", "{version}");
        assert_eq!(refused.get("id"), None);
        // Nothing of it was done.
        assert!(client.ask("ping", json!({})).await["result"].is_object());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_of_the_stateless_era_is_no_part_of_a_batch() {
    let mut client = client("2025-03-26").await;
    let params = json!({"notifications": {}, "_meta": crate::client::stateless()});
    let listen = json!({
        "jsonrpc": "2.0", "id": "listen", "method": "subscriptions/listen", "params": params,
    });
    let answers = answers(&mut client, &json!([listen, ping(&json!(7))])).await;
    assert_eq!(kind(by_id(&answers, &json!("listen"))), "invalid-request");
    assert!(by_id(&answers, &json!(7))["result"].is_object());
}
