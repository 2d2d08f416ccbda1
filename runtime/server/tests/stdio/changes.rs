//! What changes, and who hears of it.

use std::time::Duration;

use ringfence_catalog::Source;
use ringfence_identity::Caller;
use serde_json::{Value, json};

use crate::client::{self, Client, kind, stateless};

const ID: &str = "/params/_meta/io.modelcontextprotocol~1subscriptionId";

/// Says that `test://watched-resource` has changed, and that another has.
const TELLER: &str = r#"(component
  (import "ringfence:tool/announce@0.1.0" (instance $announce
    (export "resource-updated" (func (param "uri" string)))))
  (core module $heap (memory (export "memory") 1)
    (data (i32.const 0) "test://watched-resource")
    (data (i32.const 32) "test://example-resource"))
  (core instance $heap (instantiate $heap))
  (core func $updated
    (canon lower (func $announce "resource-updated") (memory (core memory $heap "memory"))))
  (core module $m
    (import "announce" "resource-updated" (func $updated (param i32 i32)))
    (func (export "tell")
      (call $updated (i32.const 32) (i32.const 23))
      (call $updated (i32.const 0) (i32.const 23))))
  (core instance $i (instantiate $m
    (with "announce" (instance (export "resource-updated" (func $updated))))))
  (func (export "tell") (canon lift (core func $i "tell"))))"#;

fn server() -> (ringfence_server::Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("teller.wasm");
    std::fs::write(&path, wat::parse_str(TELLER).unwrap()).unwrap();
    (client::everything(vec![Source::File(path)]), folder)
}

/// Listens, and gives the id of the subscription and what was accepted.
async fn listen(client: &mut Client, notifications: Value) -> (i64, Value) {
    let params = json!({"notifications": notifications, "_meta": stateless()});
    let id = client.request("subscriptions/listen", params).await;
    let acknowledged = client.next().await;
    let method = "notifications/subscriptions/acknowledged";
    assert_eq!(acknowledged["method"], method, "{acknowledged}");
    assert_eq!(acknowledged.pointer(ID), Some(&json!(id)));
    (id, acknowledged["params"]["notifications"].clone())
}

/// Calls a tool of the stateless era by another client.
async fn trigger(server: &ringfence_server::Server, tool: &str) {
    let mut other = Client::on(server, Caller::local());
    let params = json!({"name": tool, "_meta": stateless()});
    let answer = other.ask("tools/call", params).await;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_hears_what_it_asked_for_and_nothing_else() {
    let (server, _folder) = server();
    let mut client = Client::on(&server, Caller::local());
    let (id, accepted) = listen(&mut client, json!({"promptsListChanged": true})).await;
    assert_eq!(accepted, json!({"promptsListChanged": true}));
    trigger(&server, "test_trigger_tool_change").await;
    trigger(&server, "tell").await;
    trigger(&server, "test_trigger_prompt_change").await;
    let told = client.next().await;
    assert_eq!(
        told["method"], "notifications/prompts/list_changed",
        "{told}"
    );
    assert_eq!(told.pointer(ID), Some(&json!(id)));
    client.shutdown.cancel();
    let last = client.next().await;
    assert_eq!(last["id"], id, "{last}");
    assert_eq!(last["result"]["resultType"], "complete");
    let tag = "/result/_meta/io.modelcontextprotocol~1subscriptionId";
    assert_eq!(last.pointer(tag), Some(&json!(id)));
    assert!(client.rest().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_hears_of_its_resources() {
    let (server, _folder) = server();
    let mut client = Client::on(&server, Caller::local());
    let uris = json!(["test://watched-resource", "test://nobody"]);
    let (id, accepted) = listen(&mut client, json!({"resourceSubscriptions": uris})).await;
    let known = json!(["test://watched-resource"]);
    assert_eq!(accepted["resourceSubscriptions"], known, "{accepted}");
    trigger(&server, "tell").await;
    let told = client.next().await;
    assert_eq!(told["method"], "notifications/resources/updated", "{told}");
    assert_eq!(told["params"]["uri"], "test://watched-resource");
    assert_eq!(told.pointer(ID), Some(&json!(id)));

    // Of another tenant nothing is heard.
    let mut eve = Client::on(&server, client::stranger());
    let (_, _) = listen(&mut eve, json!({"resourceSubscriptions": known})).await;
    trigger(&server, "tell").await;
    assert_eq!(
        client.next().await["params"]["uri"],
        "test://watched-resource"
    );
    assert_eq!(eve.silence(Duration::from_millis(200)).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_subscription_says_nothing_more() {
    let (server, _folder) = server();
    let mut client = Client::on(&server, Caller::local());
    let (id, _) = listen(&mut client, json!({"toolsListChanged": true})).await;
    client.cancel(id).await;
    // Answered after it: the notification has been taken.
    client.ask("ping", json!({})).await;
    trigger(&server, "test_trigger_tool_change").await;
    assert_eq!(client.silence(Duration::from_millis(300)).await, None);
    client.hang_up().await;
    assert!(client.rest().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_to_nothing_at_all_is_malformed() {
    let (server, _folder) = server();
    let mut client = Client::on(&server, Caller::local());
    let long = "x".repeat(4096);
    let many: Vec<_> = (0..1000).map(|at| format!("test://{at}")).collect();
    for params in [
        json!({}),
        json!({"notifications": 7}),
        json!({"notifications": {"toolsListChanged": "yes"}}),
        json!({"notifications": {"resourceSubscriptions": [long]}}),
        json!({"notifications": {"resourceSubscriptions": many}}),
    ] {
        let answer = client
            .ask_as(&json!({}), "subscriptions/listen", params)
            .await;
        assert_eq!(kind(&answer), "invalid-params");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_said_hello_hears_of_every_list() {
    let (server, _folder) = server();
    let mut client = Client::on(&server, Caller::local());
    client.greet().await;
    // Answered after `initialized`, which has been taken then.
    client.ask("ping", json!({})).await;
    for (tool, method) in [
        (
            "test_trigger_tool_change",
            "notifications/tools/list_changed",
        ),
        (
            "test_trigger_prompt_change",
            "notifications/prompts/list_changed",
        ),
    ] {
        trigger(&server, tool).await;
        let told = client.next().await;
        assert_eq!(told["method"], method, "{told}");
        assert_eq!(told.pointer(ID), None);
    }
    // And of its own calls.
    let params = json!({"name": "test_trigger_tool_change"});
    client.request("tools/call", params).await;
    let mut messages = [client.next().await, client.next().await];
    messages.sort_by_key(|message| message.get("id").is_some());
    assert_eq!(messages[0]["method"], "notifications/tools/list_changed");
    assert!(messages[1]["result"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_said_hello_hears_of_the_resources_it_watches() {
    let (server, _folder) = server();
    let mut client = Client::on(&server, Caller::local());
    client.greet().await;
    let uri = json!({"uri": "test://watched-resource"});
    let answer = client.ask("resources/subscribe", uri.clone()).await;
    assert!(answer["result"].is_object(), "{answer}");
    trigger(&server, "tell").await;
    let told = client.next().await;
    assert_eq!(told["method"], "notifications/resources/updated", "{told}");
    assert_eq!(told["params"]["uri"], "test://watched-resource");

    let answer = client.ask("resources/unsubscribe", uri).await;
    assert!(answer["result"].is_object(), "{answer}");
    trigger(&server, "tell").await;
    assert_eq!(client.silence(Duration::from_millis(200)).await, None);
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        let answer = client.ask(method, json!({"uri": "test://nobody"})).await;
        assert_eq!(answer["error"]["code"], -32002, "{answer}");
        let answer = client.ask(method, json!({})).await;
        assert_eq!(kind(&answer), "invalid-params");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_leave_room_for_requests() {
    let (server, _folder) = server();
    let mut client = Client::on(&server, Caller::local());
    let mut ids = Vec::new();
    for _ in 0..64 {
        ids.push(listen(&mut client, json!({})).await.0);
    }
    let params = json!({"notifications": {}, "_meta": stateless()});
    let refused = client.ask("subscriptions/listen", params).await;
    assert_eq!(kind(&refused), "invalid-request");
    // One that is given up makes place for another, as soon as it has ended.
    client.cancel(ids[0]).await;
    client.ask("ping", json!({})).await;
    let params = json!({"notifications": {}, "_meta": stateless()});
    loop {
        let again = client.request("subscriptions/listen", params.clone()).await;
        if client.next().await["id"] != again {
            break;
        }
    }
    client.hang_up().await;
    assert_eq!(client.rest().await.len(), 64);
}
