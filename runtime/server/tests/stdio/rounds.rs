//! Guests that ask in the stateless era: the answer comes with the client's next request.

use ringfence_identity::Caller;
use serde_json::{Value, json};

use crate::client::{self, Client, kind, text};

/// Calls of one principal that may wait.
const PRINCIPAL_PARKED_MAX: usize = 16;

fn able() -> Value {
    json!({"elicitation": {}, "sampling": {}, "roots": {}})
}

fn named(name: &str) -> Value {
    json!({"action": "accept", "content": {"name": name}})
}

fn client() -> Client {
    Client::on(&client::everything(Vec::new()), Caller::local())
}

async fn call(client: &mut Client, params: Value) -> Value {
    client.ask_as(&able(), "tools/call", params).await
}

/// A call with answers to what an earlier one asked.
async fn again(client: &mut Client, mut params: Value, asked: &Value, answers: Value) -> Value {
    params["requestState"] = state(asked).into();
    params["inputResponses"] = answers;
    call(client, params).await
}

/// What a client has to send back.
fn state(asked: &Value) -> &str {
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required", "{asked}");
    result["requestState"]
        .as_str()
        .unwrap_or_else(|| panic!("{asked}"))
}

/// The keys of the questions.
fn keys(asked: &Value) -> Vec<&str> {
    let requests = asked["result"]["inputRequests"].as_object();
    let mut keys: Vec<_> = requests
        .unwrap_or_else(|| panic!("{asked}"))
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn greet() -> Value {
    json!({"name": "test_input_required_result_elicitation", "arguments": {}})
}

fn assert_unknown(answer: &Value) {
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert_eq!(kind(answer), "unknown-handle");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("is unknown or has expired"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_asks_and_goes_on_with_the_answer() {
    let mut client = client();
    let asked = call(&mut client, greet()).await;
    assert_eq!(keys(&asked), ["user_name"]);
    let request = &asked["result"]["inputRequests"]["user_name"];
    assert_eq!(request["method"], "elicitation/create");
    assert_eq!(request["params"]["message"], "What is your name?");
    assert_eq!(request["params"]["requestedSchema"]["type"], "object");
    let answers = json!({"user_name": named("Ann")});
    let answer = again(&mut client, greet(), &asked, answers).await;
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    assert_eq!(text(&answer), "Hello, Ann!");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_may_say_no() {
    let mut client = client();
    for action in ["decline", "cancel"] {
        let asked = call(&mut client, greet()).await;
        let answers = json!({"user_name": {"action": action}});
        let answer = again(&mut client, greet(), &asked, answers).await;
        let expected = format!("No name was given: action={action}");
        assert_eq!(text(&answer), expected, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_questions_may_be_answered_one_by_one() {
    let mut client = client();
    let params = json!({"name": "test_input_required_result_multiple_inputs"});
    let mut asked = call(&mut client, params.clone()).await;
    assert_eq!(keys(&asked), ["client_roots", "greeting", "user_name"]);
    let requests = &asked["result"]["inputRequests"];
    assert_eq!(requests["greeting"]["method"], "sampling/createMessage");
    assert_eq!(requests["client_roots"]["method"], "roots/list");

    let name = json!({"user_name": named("Ann")});
    asked = again(&mut client, params.clone(), &asked, name).await;
    assert_eq!(keys(&asked), ["client_roots", "greeting"]);
    let said = json!({"type": "text", "text": "Good day"});
    let rest = json!({
        "greeting": {"role": "assistant", "content": said, "model": "m"},
        "client_roots": {"roots": [{"uri": "file:///home/ann", "name": "home"}]},
    });
    let answer = again(&mut client, params, &asked, rest).await;
    assert_eq!(
        text(&answer),
        "Name: Ann; greeting: Good day; roots: home (file:///home/ann)"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_may_ask_more_than_once() {
    let mut client = client();
    let params = json!({"name": "test_input_required_result_multi_round"});
    let first = call(&mut client, params.clone()).await;
    assert_eq!(keys(&first), ["step1"]);
    let name = json!({"step1": named("Ann")});
    let second = again(&mut client, params.clone(), &first, name).await;
    assert_eq!(keys(&second), ["step2"]);
    assert_ne!(state(&first), state(&second));
    let color = json!({"step2": {"action": "accept", "content": {"color": "red"}}});
    let answer = again(&mut client, params, &second, color).await;
    assert_eq!(text(&answer), "Name: Ann; favorite color: red");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_may_come_before_its_question() {
    let mut client = client();
    let mut params = greet();
    params["inputResponses"] = json!({"user_name": named("Ann"), "other": named("Bob")});
    assert_eq!(text(&call(&mut client, params).await), "Hello, Ann!");

    // That to the second question comes with that to the first.
    let params = json!({"name": "test_input_required_result_multi_round"});
    let asked = call(&mut client, params.clone()).await;
    let color = json!({"action": "accept", "content": {"color": "red"}});
    let both = json!({"step1": named("Ann"), "step2": color});
    let answer = again(&mut client, params, &asked, both).await;
    assert_eq!(text(&answer), "Name: Ann; favorite color: red");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_answer_is_asked_again() {
    let mut client = client();
    let mut asked = call(&mut client, greet()).await;
    for answers in [
        json!({}),
        json!({"somebody_else": named("Ann")}),
        json!({"user_name": {"action": "accept", "content": {"name": 7}}}),
        json!({"user_name": {"action": "accept"}}),
        json!({"user_name": {"action": "perhaps"}}),
    ] {
        asked = again(&mut client, greet(), &asked, answers.clone()).await;
        assert_eq!(keys(&asked), ["user_name"], "{answers}");
    }
    // What is no answer to anything does not even use up the state.
    for answers in [
        json!([]),
        json!({"user_name": 7}),
        (0..100).map(|at| (at.to_string(), json!({}))).collect(),
    ] {
        let refused = again(&mut client, greet(), &asked, answers).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }
    let answers = json!({"user_name": named("Ann")});
    let answer = again(&mut client, greet(), &asked, answers).await;
    assert_eq!(text(&answer), "Hello, Ann!");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_is_good_once_and_as_it_was_given() {
    let mut client = client();
    let answers = json!({"user_name": named("Ann")});
    let asked = call(&mut client, greet()).await;
    let genuine = state(&asked).to_owned();
    for forged in [
        String::new(),
        "forged".to_owned(),
        format!("{genuine}A"),
        genuine[1..].to_owned(),
        "A".repeat(1 << 20),
    ] {
        let mut tampered = asked.clone();
        tampered["result"]["requestState"] = forged.into();
        assert_unknown(&again(&mut client, greet(), &tampered, answers.clone()).await);
    }
    let mut number = greet();
    number["requestState"] = json!(7);
    let refused = call(&mut client, number).await;
    assert_eq!(kind(&refused), "invalid-params");

    let answer = again(&mut client, greet(), &asked, answers.clone()).await;
    assert_eq!(text(&answer), "Hello, Ann!");
    assert_unknown(&again(&mut client, greet(), &asked, answers).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_is_good_for_one_request() {
    let mut client = client();
    let params =
        |message| json!({"name": "test_elicitation", "arguments": {"message": message, "_": 0}});
    let mut first = params("Who are you?");
    first["arguments"].as_object_mut().unwrap().remove("_");
    let asked = call(&mut client, first.clone()).await;
    let content = json!({"username": "ann", "email": "ann@example.com"});
    let answers = json!({"user": {"action": "accept", "content": content}});
    for other in [
        json!({"name": "test_elicitation", "arguments": {"message": "Who else?"}}),
        json!({"name": "test_sampling", "arguments": {"prompt": "Who are you?"}}),
        json!({"name": "test_simple_text"}),
    ] {
        assert_unknown(&again(&mut client, other, &asked, answers.clone()).await);
    }
    let answer = again(&mut client, first, &asked, answers).await;
    assert!(text(&answer).starts_with("User response: action=accept"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_is_good_for_one_principal_on_any_connection() {
    let server = client::everything(Vec::new());
    let mut client = Client::on(&server, Caller::local());
    let asked = call(&mut client, greet()).await;
    let answers = json!({"user_name": named("Ann")});
    let mut eve = Client::on(&server, client::stranger());
    let foreign = again(&mut eve, greet(), &asked, answers.clone()).await;
    assert_unknown(&foreign);
    // H60: word for word what is said of a state that nobody was given.
    let mut made_up = asked.clone();
    made_up["result"]["requestState"] = "bm9ib2R5J3M".into();
    let unknown = again(&mut eve, greet(), &made_up, answers.clone()).await;
    assert_eq!(foreign["error"], unknown["error"]);
    client.hang_up().await;
    (&mut client.serving).await.unwrap();

    let mut other = Client::on(&server, Caller::local());
    let answer = again(&mut other, greet(), &asked, answers).await;
    assert_eq!(text(&answer), "Hello, Ann!");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_so_many_calls_wait() {
    let mut client = client();
    let mut waiting = Vec::new();
    for _ in 0..PRINCIPAL_PARKED_MAX {
        let asked = call(&mut client, greet()).await;
        state(&asked);
        waiting.push(asked);
    }
    let refused = call(&mut client, greet()).await;
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    assert!(text(&refused).contains("too many questions are open"));

    let answers = json!({"user_name": named("Ann")});
    let answer = again(&mut client, greet(), &waiting[0], answers).await;
    assert_eq!(text(&answer), "Hello, Ann!");
    state(&call(&mut client, greet()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_cannot_be_asked_is_told_what_it_lacks() {
    let mut client = client();
    let nothing = json!({});
    let params = json!({"name": "test_missing_capability"});
    let answer = client.ask_as(&nothing, "tools/call", params).await;
    assert_eq!(answer["error"]["code"], -32021, "{answer}");
    let required = &answer["error"]["data"]["requiredCapabilities"];
    assert_eq!(*required, json!({"sampling": {}}));

    let params = json!({"name": "test_input_required_result_capabilities"});
    let answer = client.ask_as(&nothing, "tools/call", params.clone()).await;
    assert_eq!(text(&answer), "This client can be asked nothing");
    let some = json!({"sampling": {}});
    let asked = client.ask_as(&some, "tools/call", params).await;
    assert_eq!(keys(&asked), ["capital_question"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_may_ask_as_a_tool_does() {
    let mut client = client();
    let mut params = json!({"name": "test_input_required_result_prompt"});
    let asked = client.ask_as(&able(), "prompts/get", params.clone()).await;
    assert_eq!(keys(&asked), ["user_context"]);
    // Not as a tool.
    let content = json!({"context": "testing"});
    let answers = json!({"user_context": {"action": "accept", "content": content}});
    assert_unknown(&again(&mut client, greet(), &asked, answers.clone()).await);
    params["requestState"] = state(&asked).into();
    params["inputResponses"] = answers;
    let answer = client.ask_as(&able(), "prompts/get", params).await;
    let content = &answer["result"]["messages"][0]["content"];
    assert_eq!(content["text"], "Prompt with context: testing", "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_before_the_question_comes_before_it() {
    let mut client = client();
    let mut params = json!({"name": "test_streaming_elicitation"});
    params["_meta"] = client::stateless_as(&able());
    params["_meta"]["progressToken"] = "p".into();
    // Again and again, for the race between the two.
    for _ in 0..PRINCIPAL_PARKED_MAX {
        let id = client.request("tools/call", params.clone()).await;
        let (before, asked) = client.until(id).await;
        assert_eq!(keys(&asked), ["user_name"]);
        let [progress] = &before[..] else {
            panic!("{before:?}")
        };
        assert_eq!(progress["method"], "notifications/progress");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_wait_do_not_keep_the_server() {
    let mut client = client();
    state(&call(&mut client, greet()).await);
    client.hang_up().await;
    tokio::time::timeout(std::time::Duration::from_secs(1), &mut client.serving)
        .await
        .unwrap()
        .unwrap();
}
