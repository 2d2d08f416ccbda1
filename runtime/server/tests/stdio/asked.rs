//! Guests that ask in the handshake era: the server sends requests, and the client answers.

use std::time::Duration;

use ringfence_identity::Caller;
use serde_json::{Value, json};

use crate::client::{self, Client, text};

async fn client() -> Client {
    let mut client = Client::on(&client::everything(Vec::new()), Caller::local());
    let able = json!({"elicitation": {}, "sampling": {}, "roots": {}});
    client.greet_as("2025-11-25", able).await;
    client
}

/// The next message, which asks this.
async fn question(client: &mut Client, method: &str) -> Value {
    let question = client.next().await;
    assert_eq!(question["method"], method, "{question}");
    assert!(question["id"].is_i64(), "{question}");
    question
}

async fn begin(client: &mut Client, tool: &str, arguments: Value) -> i64 {
    let params = json!({"name": tool, "arguments": arguments});
    client.request("tools/call", params).await
}

/// The answer to `id`, which must be the next message.
async fn answer(client: &mut Client, id: i64) -> Value {
    let answer = client.next().await;
    assert_eq!(answer["id"], id, "{answer}");
    answer
}

fn named(name: &str) -> Value {
    json!({"action": "accept", "content": {"name": name}})
}

const GREET: &str = "test_input_required_result_elicitation";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_asked() {
    let mut client = client().await;
    let id = begin(&mut client, "test_elicitation", json!({"message": "Who?"})).await;
    let asked = question(&mut client, "elicitation/create").await;
    assert_eq!(asked["params"]["message"], "Who?");
    assert_eq!(
        asked["params"]["requestedSchema"]["required"],
        json!(["username", "email"])
    );
    let content = json!({"username": "ann", "email": "a@example.com"});
    client
        .reply(&asked, json!({"action": "accept", "content": content}))
        .await;
    let answer = answer(&mut client, id).await;
    assert_eq!(answer["result"].get("resultType"), None);
    let said = text(&answer).strip_prefix("User response: action=accept, content=");
    let said: Value = serde_json::from_str(said.unwrap()).unwrap();
    assert_eq!(said, content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_and_the_client_are_asked() {
    let mut client = client().await;
    let id = begin(&mut client, "test_sampling", json!({"prompt": "Capital?"})).await;
    let asked = question(&mut client, "sampling/createMessage").await;
    assert_eq!(asked["params"]["maxTokens"], 100);
    let content = json!({"type": "text", "text": "Capital?"});
    let messages = json!([{"role": "user", "content": content}]);
    assert_eq!(asked["params"]["messages"], messages);
    let content = json!({"type": "text", "text": "Paris"});
    let said = json!({"role": "assistant", "content": content, "model": "m"});
    client.reply(&asked, said).await;
    assert_eq!(text(&answer(&mut client, id).await), "LLM response: Paris");

    let id = begin(
        &mut client,
        "test_input_required_result_list_roots",
        json!({}),
    )
    .await;
    let asked = question(&mut client, "roots/list").await;
    client
        .reply(
            &asked,
            json!({"roots": [{"uri": "file:///a", "name": "a"}]}),
        )
        .await;
    assert_eq!(
        text(&answer(&mut client, id).await),
        "Client roots: a (file:///a)"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_are_asked_at_once_and_answer_in_any_order() {
    let mut client = client().await;
    let tool = "test_input_required_result_multiple_inputs";
    let id = begin(&mut client, tool, json!({})).await;
    let mut questions = Vec::new();
    for _ in 0..3 {
        questions.push(client.next().await);
    }
    questions.reverse();
    for question in &questions {
        let content = json!({"type": "text", "text": "Good day"});
        let reply = match question["method"].as_str().unwrap() {
            "elicitation/create" => named("Ann"),
            "roots/list" => json!({"roots": []}),
            _ => json!({"role": "assistant", "content": content, "model": "m"}),
        };
        client.reply(question, reply).await;
    }
    assert_eq!(
        text(&answer(&mut client, id).await),
        "Name: Ann; greeting: Good day; roots: no roots"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_may_ask_more_than_once() {
    let mut client = client().await;
    let tool = "test_input_required_result_multi_round";
    let id = begin(&mut client, tool, json!({})).await;
    let first = question(&mut client, "elicitation/create").await;
    client.reply(&first, named("Ann")).await;
    let second = question(&mut client, "elicitation/create").await;
    assert_ne!(first["id"], second["id"]);
    let color = json!({"action": "accept", "content": {"color": "red"}});
    client.reply(&second, color).await;
    assert_eq!(
        text(&answer(&mut client, id).await),
        "Name: Ann; favorite color: red"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_reaches_the_call_that_asked() {
    let mut client = client().await;
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let id = begin(&mut client, GREET, json!({})).await;
        waiting.push((id, question(&mut client, "elicitation/create").await));
    }
    while let Some((id, question)) = waiting.pop() {
        client.reply(&question, named(&id.to_string())).await;
        assert_eq!(
            text(&answer(&mut client, id).await),
            format!("Hello, {id}!")
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_and_a_wrong_answer_are_the_guests_to_handle() {
    let mut client = client().await;
    let id = begin(&mut client, GREET, json!({})).await;
    let asked = question(&mut client, "elicitation/create").await;
    let error = json!({"code": -1, "message": "no window"});
    let reply = json!({"jsonrpc": "2.0", "id": asked["id"], "error": error});
    client.send(&reply).await;
    let failed = answer(&mut client, id).await;
    assert_eq!(failed["result"]["isError"], true, "{failed}");
    assert!(text(&failed).contains("nobody answered"), "{failed}");

    for wrong in [
        json!({"action": "accept", "content": {"name": 7}}),
        json!({"action": "perhaps"}),
        json!(12345),
        json!(null),
    ] {
        let id = begin(&mut client, GREET, json!({})).await;
        let asked = question(&mut client, "elicitation/create").await;
        client.reply(&asked, wrong.clone()).await;
        let failed = answer(&mut client, id).await;
        assert_eq!(failed["result"]["isError"], true, "{wrong}: {failed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_answers_can_still_cancel() {
    let mut client = client().await;
    let id = begin(&mut client, GREET, json!({})).await;
    let asked = question(&mut client, "elicitation/create").await;
    client.cancel(id).await;
    // The id comes back when the guest is gone; until then it is in flight.
    loop {
        let again = json!({"jsonrpc": "2.0", "id": id, "method": "ping"});
        client.send(&again).await;
        let answer = client.next().await;
        assert_eq!(answer["id"], id, "{answer}");
        if answer.get("result").is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Too late, and to nobody.
    client.reply(&asked, named("Ann")).await;
    client.reply(&json!({"id": 12345}), named("Ann")).await;
    client.reply(&json!({"id": "1"}), named("Ann")).await;
    assert_eq!(client.silence(Duration::from_millis(100)).await, None);
    assert!(client.ask("ping", json!({})).await["result"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unanswered_question_does_not_keep_the_server() {
    let mut client = client().await;
    let id = begin(&mut client, GREET, json!({})).await;
    question(&mut client, "elicitation/create").await;
    client.hang_up().await;
    tokio::time::timeout(Duration::from_secs(1), &mut client.serving)
        .await
        .unwrap()
        .unwrap();
    let rest = client.rest().await;
    let [answer] = &rest[..] else {
        panic!("{rest:?}")
    };
    assert_eq!(answer["id"], id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_cannot_be_asked_is_told_what_it_lacks() {
    let mut client = Client::on(&client::everything(Vec::new()), Caller::local());
    client.greet().await;
    let answer = client.call("test_missing_capability", json!({})).await;
    assert_eq!(answer["error"]["code"], -32021, "{answer}");
    let required = &answer["error"]["data"]["requiredCapabilities"];
    assert_eq!(*required, json!({"sampling": {}}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_and_a_question_come_in_their_order() {
    let mut client = client().await;
    let params = json!({"name": "test_streaming_elicitation", "_meta": {"progressToken": "p"}});
    let id = client.request("tools/call", params).await;
    let progress = client.next().await;
    assert_eq!(progress["method"], "notifications/progress", "{progress}");
    let asked = question(&mut client, "elicitation/create").await;
    client.reply(&asked, json!({"action": "decline"})).await;
    assert_eq!(text(&answer(&mut client, id).await), "action=decline");
}
