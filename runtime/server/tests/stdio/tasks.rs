//! Calls that go on as tasks: the tasks extension of the stateless era.

use std::time::Duration;

use ringfence_identity::Caller;
use serde_json::{Value, json};

use crate::client::{self, Client, PATIENCE, kind, text};

/// What a client declares that knows tasks and can be asked.
fn able() -> Value {
    json!({"extensions": {"io.modelcontextprotocol/tasks": {}}, "elicitation": {}})
}

fn client() -> Client {
    Client::on(&client::everything(Vec::new()), Caller::local())
}

async fn call(client: &mut Client, tool: &str, arguments: Value) -> Value {
    let params = json!({"name": tool, "arguments": arguments});
    client.ask_as(&able(), "tools/call", params).await
}

/// Calls a tool that becomes a task.
async fn begin(client: &mut Client, tool: &str, arguments: Value) -> String {
    let created = call(client, tool, arguments).await;
    let task = &created["result"];
    assert_eq!(task["resultType"], "task", "{created}");
    assert!(task["ttlMs"].is_u64() && task["pollIntervalMs"].is_u64());
    assert!(task["createdAt"].as_str().unwrap().ends_with('Z'));
    assert!(task.get("result").is_none() && task.get("error").is_none());
    task["taskId"].as_str().unwrap().to_owned()
}

async fn about(client: &mut Client, method: &str, id: &str) -> Value {
    let params = json!({"taskId": id});
    client.ask_as(&able(), method, params).await
}

async fn update(client: &mut Client, id: &str, responses: Value) -> Value {
    let params = json!({"taskId": id, "inputResponses": responses});
    client.ask_as(&able(), "tasks/update", params).await
}

/// The task, as soon as it is in this state.
async fn until(client: &mut Client, id: &str, status: &str) -> Value {
    let asking = async {
        loop {
            let answer = about(client, "tasks/get", id).await;
            let task = answer["result"].clone();
            assert_eq!(task["resultType"], "complete", "{answer}");
            assert_eq!(task["taskId"], id);
            if task["status"] == status {
                return task;
            }
            let ended = ["completed", "failed", "cancelled"];
            assert!(
                !ended.iter().any(|ended| task["status"] == *ended),
                "{task}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, asking).await;
    waited.unwrap_or_else(|_| panic!("the task is never `{status}`"))
}

fn keys(task: &Value) -> Vec<&String> {
    task["inputRequests"].as_object().unwrap().keys().collect()
}

fn assert_unknown(answer: &Value) {
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert_eq!(kind(answer), "unknown-handle");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_call_becomes_a_task_with_a_result() {
    let mut client = client();
    let arguments = json!({"seconds": 0.2, "label": "a"});
    let id = begin(&mut client, "slow_compute", arguments).await;
    let task = until(&mut client, &id, "completed").await;
    let result = &task["result"];
    assert_eq!(result["content"][0]["text"], "a: done after 0.2 s");
    assert_eq!(result["isError"], false);
    assert!(result["_meta"]["ringfence/receipt"].is_object(), "{task}");
    // It stays so, whatever is tried.
    assert!(about(&mut client, "tasks/cancel", &id).await["result"].is_object());
    assert!(update(&mut client, &id, json!({})).await["result"].is_object());
    assert_eq!(until(&mut client, &id, "completed").await, task);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_has_nothing_to_wait_for_is_none() {
    let mut client = client();
    let answer = call(&mut client, "slow_compute", json!({"seconds": 0})).await;
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    let answer = call(&mut client, "greet", json!({"name": "Ann"})).await;
    assert_eq!(text(&answer), "Hello, Ann!");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_the_tool_is_a_result() {
    let mut client = client();
    let id = begin(&mut client, "failing_job", json!({})).await;
    let task = until(&mut client, &id, "completed").await;
    assert_eq!(task["result"]["isError"], true, "{task}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_breaks_has_failed() {
    let mut client = client();
    // It breaks in the same step in which it becomes a task: again and again, for the race.
    for _ in 0..20 {
        let id = begin(&mut client, "protocol_error_job", json!({})).await;
        let task = until(&mut client, &id, "failed").await;
        assert!(task.get("result").is_none(), "{task}");
        assert_eq!(task["error"]["code"], -32603, "{task}");
        assert_eq!(task["error"]["data"]["kind"], "trap");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_is_cancelled_stops() {
    let mut client = client();
    let id = begin(&mut client, "slow_compute", json!({"seconds": 20})).await;
    assert_eq!(
        about(&mut client, "tasks/get", &id).await["result"]["status"],
        "working"
    );
    let acknowledged = about(&mut client, "tasks/cancel", &id).await;
    assert_eq!(acknowledged["result"]["resultType"], "complete");
    let task = until(&mut client, &id, "cancelled").await;
    assert!(task.get("result").is_none() && task.get("error").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_asks_and_goes_on() {
    let mut client = client();
    let arguments = json!({"filename": "a.txt"});
    let id = begin(&mut client, "confirm_delete", arguments).await;
    let task = until(&mut client, &id, "input_required").await;
    let request = &task["inputRequests"]["confirm"];
    assert_eq!(request["method"], "elicitation/create", "{task}");
    assert_eq!(request["params"]["message"], "Delete a.txt?");
    let content = json!({"confirm": true});
    let answers = json!({"confirm": {"action": "accept", "content": content}});
    let acknowledged = update(&mut client, &id, answers).await;
    assert_eq!(acknowledged["result"]["resultType"], "complete");
    let task = until(&mut client, &id, "completed").await;
    let said = &task["result"]["content"][0]["text"];
    assert_eq!(*said, "a.txt would be deleted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_questions_of_a_task_may_be_answered_one_by_one() {
    let mut client = client();
    let id = begin(&mut client, "multi_input", json!({})).await;
    let task = until(&mut client, &id, "input_required").await;
    assert_eq!(keys(&task).len(), 2, "{task}");

    // What is no answer changes nothing.
    let wrong = json!({"name": {"action": "accept", "content": {"name": 7}}});
    let refused = update(&mut client, &id, wrong).await;
    assert_eq!(kind(&refused), "invalid-params");
    let stranger = json!({"nobody": {"action": "decline"}});
    update(&mut client, &id, stranger).await;
    let task = until(&mut client, &id, "input_required").await;
    assert_eq!(keys(&task).len(), 2, "{task}");

    let name = json!({"name": {"action": "accept", "content": {"name": "Ann"}}});
    update(&mut client, &id, name).await;
    let task = until(&mut client, &id, "input_required").await;
    assert_eq!(keys(&task), ["confirm"]);
    update(&mut client, &id, json!({"confirm": {"action": "decline"}})).await;
    let task = until(&mut client, &id, "completed").await;
    let said = task["result"]["content"][0]["text"].as_str().unwrap();
    assert!(said.ends_with("; action=decline"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_asks_can_be_cancelled() {
    let mut client = client();
    let id = begin(&mut client, "confirm_delete", json!({})).await;
    until(&mut client, &id, "input_required").await;
    about(&mut client, "tasks/cancel", &id).await;
    until(&mut client, &id, "cancelled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_may_ask_first_and_become_a_task_then() {
    let mut client = client();
    let mut params = json!({"name": "test_tool_with_task", "arguments": {}});
    let asked = client.ask_as(&able(), "tools/call", params.clone()).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    params["requestState"] = asked["result"]["requestState"].clone();
    let name = json!({"action": "accept", "content": {"name": "Ann"}});
    params["inputResponses"] = json!({"user_name": name});
    let created = client.ask_as(&able(), "tools/call", params).await;
    assert_eq!(created["result"]["resultType"], "task", "{created}");
    let id = created["result"]["taskId"].as_str().unwrap();
    let task = until(&mut client, id, "completed").await;
    assert_eq!(task["result"]["content"][0]["text"], "Hello, Ann!");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_know_tasks_gets_none() {
    let mut client = client();
    let nothing = json!({});
    let slow = json!({"name": "slow_compute", "arguments": {"seconds": 0.1}});
    let answer = client.ask_as(&nothing, "tools/call", slow.clone()).await;
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    for (method, params) in [
        ("tools/call", json!({"name": "failing_job"})),
        ("tasks/get", json!({"taskId": "a"})),
        ("tasks/update", json!({"taskId": "a"})),
        ("tasks/cancel", json!({"taskId": "a"})),
    ] {
        let answer = client.ask_as(&nothing, method, params).await;
        assert_eq!(answer["error"]["code"], -32021, "{method}: {answer}");
        let required = &answer["error"]["data"]["requiredCapabilities"];
        let tasks = json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
        assert_eq!(*required, tasks);
    }

    // They are no part of the handshake era.
    client.greet_as("2025-11-25", able()).await;
    let answer = client.ask("tools/call", slow).await;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let answer = client.ask("tasks/get", json!({"taskId": "a"})).await;
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_there_is_not_is_unknown() {
    let mut client = client();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        assert_unknown(&about(&mut client, method, "nobody").await);
        let answer = client.ask_as(&able(), method, json!({"taskId": 7})).await;
        assert_eq!(kind(&answer), "invalid-params");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_outlives_its_connection_and_belongs_to_its_principal() {
    let server = client::everything(Vec::new());
    let mut first = Client::on(&server, Caller::local());
    let id = begin(&mut first, "confirm_delete", json!({})).await;
    first.hang_up().await;
    (&mut first.serving).await.unwrap();

    let mut eve = Client::on(&server, client::stranger());
    let nobodys: String = id.chars().rev().collect();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let foreign = about(&mut eve, method, &id).await;
        assert_unknown(&foreign);
        // H60: word for word what is said of a task that there is not.
        let unknown = about(&mut eve, method, &nobodys).await;
        assert_eq!(foreign["error"], unknown["error"], "{method}");
    }
    let mut second = Client::on(&server, Caller::local());
    until(&mut second, &id, "input_required").await;
    update(&mut second, &id, json!({"confirm": {"action": "decline"}})).await;
    let task = until(&mut second, &id, "completed").await;
    assert_eq!(task["result"]["content"][0]["text"], "the file is kept");
}
