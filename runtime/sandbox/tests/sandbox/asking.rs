//! A guest that asks whoever is behind its call.
//!
//! The guest passes on what it is given: questions come as arguments, and the answers are its
//! result. The bytes in between went through the engine twice, both ways.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ringfence_policy::Budget;
use ringfence_sandbox::{
    Abilities, Ability, Answer, AskError, Asked, CallEvents, ClientAnswer, Content, Limit,
    LogLevel, Message, News, Outcome, Output, Question, QuestionKind, Role, Root, Silent,
};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::guest::{Guest, component};

const WORLD: &str = "
    use ringfence:tool/client@0.1.0.{question, answer, ask-error, abilities};
    import ringfence:tool/host@0.1.0;
    import ringfence:tool/announce@0.1.0;
    /// Asks again and again, until that fails.
    export ask: func(questions: list<question>, times: u32) -> result<list<answer>, ask-error>;
    /// How much time is left before and after an ask.
    export left: func(questions: list<question>) -> tuple<u64, u64>;
    export can-ask: func() -> abilities;
    export background: func() -> bool;
    /// Everything once, and a resource many times.
    export announce: func(uri: string, times: u32);";

const MODULE: &str = r#"(module
    (import "ringfence:tool/client@0.1.0" "ask" (func $ask (param i32 i32 i32)))
    (import "ringfence:tool/client@0.1.0" "can-ask" (func $can-ask (result i32)))
    (import "ringfence:tool/host@0.1.0" "background" (func $background (result i32)))
    (import "ringfence:tool/host@0.1.0" "deadline" (func $deadline (result i64)))
    (import "ringfence:tool/announce@0.1.0" "tools-changed" (func $tools))
    (import "ringfence:tool/announce@0.1.0" "prompts-changed" (func $prompts))
    (import "ringfence:tool/announce@0.1.0" "resources-changed" (func $resources))
    (import "ringfence:tool/announce@0.1.0" "resource-updated" (func $resource (param i32 i32)))
    (memory (export "memory") 128)
    (global $free (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32)
        (result i32) (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    (func (export "ask") (param $at i32) (param $count i32) (param $times i32) (result i32)
      (loop $again
        (call $ask (local.get $at) (local.get $count) (i32.const 16))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br_if $again (i32.and
          (i32.eqz (i32.load8_u (i32.const 16)))
          (i32.gt_u (local.get $times) (i32.const 0)))))
      (i32.const 16))
    (func (export "left") (param $at i32) (param $count i32) (result i32)
      (i64.store (i32.const 32) (call $deadline))
      (call $ask (local.get $at) (local.get $count) (i32.const 16))
      (i64.store (i32.const 40) (call $deadline))
      (i32.const 32))
    (func (export "can-ask") (result i32) (call $can-ask))
    (func (export "background") (result i32) (call $background))
    (func (export "announce") (param $at i32) (param $length i32) (param $times i32)
      (call $tools) (call $prompts) (call $resources)
      (loop $again
        (call $resource (local.get $at) (local.get $length))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br_if $again (i32.gt_u (local.get $times) (i32.const 0))))))"#;

fn guest() -> Guest {
    Guest::new(component(WORLD, MODULE))
}

const ALL: Abilities = Abilities {
    form: true,
    page: true,
    sample: true,
    roots: true,
};

/// A client that can do some things, and answers always the same.
struct Client {
    abilities: Abilities,
    answers: Result<Vec<ClientAnswer>, AskError>,
    asked: Mutex<Vec<Vec<Question>>>,
    news: Mutex<Vec<News>>,
    /// How long it thinks about it.
    delay: Duration,
}

impl Client {
    fn new(abilities: Abilities, answers: Result<Vec<ClientAnswer>, AskError>) -> Arc<Self> {
        Arc::new(Self {
            abilities,
            answers,
            asked: Mutex::default(),
            news: Mutex::default(),
            delay: Duration::ZERO,
        })
    }
}

impl CallEvents for Client {
    fn progress(&self, _done: f64, _total: Option<f64>, _message: Option<String>) {}

    fn log(&self, _level: LogLevel, _message: String) {}

    fn abilities(&self) -> Abilities {
        self.abilities
    }

    fn ask(&self, questions: Vec<Question>) -> Asked<'_> {
        self.asked.lock().unwrap().push(questions);
        Box::pin(async {
            tokio::time::sleep(self.delay).await;
            self.answers.clone()
        })
    }

    fn background(&self) -> bool {
        true
    }

    fn announce(&self, news: News) {
        self.news.lock().unwrap().push(news);
    }
}

async fn call(function: &str, arguments: Value, events: Arc<dyn CallEvents>) -> Answer {
    let cancel = CancellationToken::new();
    guest()
        .call(function, &arguments, Budget::default(), events, cancel)
        .await
}

/// What a guest gets that asks `questions`.
async fn ask(questions: Value, client: &Arc<Client>) -> Outcome {
    let arguments = json!({"questions": questions, "times": 1});
    call("ask", arguments, Arc::clone(client) as _)
        .await
        .outcome
}

fn returned(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Returned(Output::Json(json)) => serde_json::from_str(&json).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn case(outcome: Outcome) -> String {
    match outcome {
        Outcome::ToolError(error) => error.case.unwrap(),
        other => panic!("{other:?}"),
    }
}

fn roots(key: &str) -> Value {
    json!({"key": key, "request": "roots"})
}

fn form(schema: &str) -> Value {
    json!([{"key": "a", "request": {"form": {"message": "who?", "schema": schema}}}])
}

fn said(content: &Value) -> Value {
    json!([{"key": "a", "request": {"sample": {
        "messages": [{"role": "user", "content": content}], "max-tokens": 10}}}])
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table, read as a whole")]
async fn every_kind_of_question_goes_out_and_its_answer_comes_back() {
    let image = Content::Image {
        data: vec![1, 2, 3],
        mime_type: "image/png".into(),
        audience: None,
    };
    let client = Client::new(
        ALL,
        Ok(vec![
            ClientAnswer::Accepted(r#"{"name":"Ada"}"#.into()),
            ClientAnswer::Declined,
            ClientAnswer::Sample {
                role: Role::Assistant,
                content: image.clone(),
                model: "m-1".into(),
                stop_reason: Some("endTurn".into()),
            },
            ClientAnswer::Roots(vec![Root {
                uri: "file:///src".into(),
                name: None,
            }]),
            ClientAnswer::Dismissed,
        ]),
    );
    let questions = json!([
        {"key": "who", "request": {"form": {"message": "who?", "schema": r#"{"type":"object"}"#}}},
        {"key": "pay", "request": {"page": {"message": "pay", "url": "https://pay.example"}}},
        {"key": "say", "request": {"sample": {
            "messages": [
                {"role": "user", "content": {"text": {"text": "hi"}}},
                {"role": "assistant", "content": {"image": {"data": "AQID", "mime-type": "image/png"}}},
            ],
            "max-tokens": 100,
            "system-prompt": "be brief",
        }}},
        {"key": "where", "request": "roots"},
        {"key": "again", "request": {"form": {"message": "", "schema": "{}"}}},
    ]);
    assert_eq!(
        returned(ask(questions, &client).await),
        json!([
            {"accepted": r#"{"name":"Ada"}"#},
            "declined",
            {"sample": {
                "role": "assistant",
                "content": {"image": {"data": "AQID", "mime-type": "image/png"}},
                "model": "m-1",
                "stop-reason": "endTurn",
            }},
            {"roots": [{"uri": "file:///src"}]},
            "dismissed",
        ])
    );
    let asked = client.asked.lock().unwrap();
    let kinds: Vec<_> = asked[0]
        .iter()
        .map(|one| (&*one.key, &one.request))
        .collect();
    let schema = |value: Value| value.as_object().unwrap().clone();
    let message = |role, content| Message { role, content };
    let hi = Content::Text {
        text: "hi".into(),
        audience: None,
    };
    assert_eq!(
        kinds,
        [
            (
                "who",
                &QuestionKind::Form {
                    message: "who?".into(),
                    schema: schema(json!({"type": "object"})),
                }
            ),
            (
                "pay",
                &QuestionKind::Page {
                    message: "pay".into(),
                    url: "https://pay.example".into(),
                }
            ),
            (
                "say",
                &QuestionKind::Sample {
                    messages: vec![message(Role::User, hi), message(Role::Assistant, image)],
                    max_tokens: 100,
                    system_prompt: Some("be brief".into()),
                }
            ),
            ("where", &QuestionKind::Roots),
            (
                "again",
                &QuestionKind::Form {
                    message: String::new(),
                    schema: schema(json!({})),
                }
            ),
        ]
    );
}

#[tokio::test]
async fn a_guest_sees_what_the_client_can_do() {
    let some = Abilities {
        form: true,
        roots: true,
        ..Abilities::default()
    };
    let client = Client::new(some, Ok(Vec::new()));
    let can = call("can-ask", json!({}), client).await.outcome;
    assert_eq!(returned(can), json!(["form", "roots"]));
    let can = call("can-ask", json!({}), Arc::new(Silent)).await.outcome;
    assert_eq!(returned(can), json!([]));
}

#[tokio::test]
async fn asking_what_the_client_cannot_do_ends_the_call() {
    let but = |missing| {
        let mut abilities = ALL;
        match missing {
            Ability::Form => abilities.form = false,
            Ability::Page => abilities.page = false,
            Ability::Sample => abilities.sample = false,
            Ability::Roots => abilities.roots = false,
        }
        Client::new(abilities, Ok(Vec::new()))
    };
    for (missing, request) in [
        (
            Ability::Form,
            json!({"form": {"message": "", "schema": "{}"}}),
        ),
        (Ability::Page, json!({"page": {"message": "", "url": ""}})),
        (
            Ability::Sample,
            json!({"sample": {"messages": [], "max-tokens": 1}}),
        ),
        (Ability::Roots, json!("roots")),
    ] {
        let client = but(missing);
        let questions = json!([{"key": "a", "request": request}]);
        assert_eq!(ask(questions, &client).await, Outcome::Unasked(missing));
        assert!(client.asked.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_wall_clock_stands_still_while_a_guest_asks() {
    let budget = Budget {
        wall: Duration::from_secs(2),
        ..Budget::default()
    };
    let mut client = Client::new(ALL, Ok(vec![ClientAnswer::Declined]));
    let delay = budget.wall + Duration::from_millis(100);
    Arc::get_mut(&mut client).unwrap().delay = delay;
    let (guest, started) = (guest(), Instant::now());
    let arguments = json!({"questions": [roots("a")]});
    let answer = guest
        .call("left", &arguments, budget, client, CancellationToken::new())
        .await;
    let left = returned(answer.outcome);
    assert!(left[1].as_u64().unwrap() > 0, "{left}");
    assert!(left[1].as_u64() <= left[0].as_u64(), "{left}");
    assert!(answer.receipt.asked >= delay);
    assert!(answer.receipt.wall + answer.receipt.asked <= started.elapsed());
}

/// Never answers, and says when it is asked.
#[derive(Default)]
struct Absent {
    asked: Notify,
}

impl CallEvents for Absent {
    fn progress(&self, _done: f64, _total: Option<f64>, _message: Option<String>) {}

    fn log(&self, _level: LogLevel, _message: String) {}

    fn abilities(&self) -> Abilities {
        ALL
    }

    fn ask(&self, _questions: Vec<Question>) -> Asked<'_> {
        self.asked.notify_one();
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn cancelling_ends_a_guest_that_waits_for_an_answer() {
    let (client, cancel) = (Arc::new(Absent::default()), CancellationToken::new());
    let arguments = json!({"questions": [roots("a")], "times": 1});
    let guest = guest();
    let events = Arc::clone(&client) as Arc<dyn CallEvents>;
    let call = guest.call("ask", &arguments, Budget::default(), events, cancel.clone());
    let cancelling = async {
        client.asked.notified().await;
        cancel.cancel();
    };
    let (answer, ()) = tokio::join!(call, cancelling);
    assert_eq!(answer.outcome, Outcome::Cancelled);
    assert!(!answer.receipt.asked.is_zero());
}

#[tokio::test]
async fn questions_that_are_not_as_they_must_be_are_not_asked() {
    let client = Client::new(ALL, Ok(vec![ClientAnswer::Declined]));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(16), "]".repeat(16));
    let long = "x".repeat(65);
    let text = "x".repeat(64 * 1024);
    let blob = "A".repeat(1024 * 1024 + 4);
    let page =
        |message: &str| json!([{"key": "a", "request": {"page": {"message": message, "url": ""}}}]);
    let messages = vec![json!({"role": "user", "content": {"text": {"text": ""}}}); 129];
    for questions in [
        json!([roots("")]),
        json!([roots("a b")]),
        json!([roots("ä")]),
        json!([roots(&long)]),
        json!([roots("a"), roots("b"), roots("a")]),
        page(&text),
        form("[]"),
        form("{"),
        form(&deep),
        said(&json!({"link": {"uri": "https://example", "name": "x"}})),
        said(&json!({"embedded": {"uri": "a:b", "body": {"text": "x"}}})),
        said(&json!({"image": {"data": blob, "mime-type": "image/png"}})),
        json!([{"key": "a", "request": {"sample": {"messages": messages, "max-tokens": 1}}}]),
    ] {
        let shown: String = questions.to_string().chars().take(100).collect();
        assert_eq!(case(ask(questions, &client).await), "malformed", "{shown}");
    }
    assert!(client.asked.lock().unwrap().is_empty());

    // As far as it goes.
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(15), "]".repeat(15));
    for questions in [json!([roots(&long[..64])]), page(&text[1..]), form(&deep)] {
        assert_eq!(returned(ask(questions, &client).await), json!(["declined"]));
    }
}

#[tokio::test]
async fn a_guest_asks_so_much_at_once_and_so_often() {
    let keys = |count: usize| -> Value { (0..count).map(|n| roots(&n.to_string())).collect() };
    let client = Client::new(ALL, Ok(vec![ClientAnswer::Declined; 16]));
    assert_eq!(case(ask(keys(17), &client).await), "overloaded");
    assert!(client.asked.lock().unwrap().is_empty());
    let declined = json!(vec!["declined"; 16]);
    assert_eq!(returned(ask(keys(16), &client).await), declined);
    client.asked.lock().unwrap().clear();

    let often = |times| json!({"questions": keys(16), "times": times});
    let answer = call("ask", often(32), Arc::clone(&client) as _).await;
    assert_eq!(returned(answer.outcome), declined);
    let answer = call("ask", often(33), Arc::clone(&client) as _).await;
    assert_eq!(case(answer.outcome), "overloaded");
    assert_eq!(client.asked.lock().unwrap().len(), 64);
}

#[tokio::test]
async fn answers_that_do_not_fit_are_malformed() {
    let text = || ClientAnswer::Sample {
        role: Role::Assistant,
        content: Content::Text {
            text: "x".into(),
            audience: None,
        },
        model: "m".into(),
        stop_reason: None,
    };
    let link = ClientAnswer::Sample {
        role: Role::Assistant,
        content: Content::Link {
            uri: "a:b".into(),
            name: "x".into(),
            title: None,
            description: None,
            mime_type: None,
            size: None,
        },
        model: "m".into(),
        stop_reason: None,
    };
    let sample = said(&json!({"text": {"text": "hi"}}));
    for (questions, answers) in [
        (json!([roots("a")]), vec![]),
        (json!([roots("a")]), vec![ClientAnswer::Declined; 2]),
        (json!([roots("a")]), vec![text()]),
        (
            json!([roots("a")]),
            vec![ClientAnswer::Accepted("{}".into())],
        ),
        (form("{}"), vec![ClientAnswer::Roots(Vec::new())]),
        (sample.clone(), vec![ClientAnswer::Accepted("{}".into())]),
        (sample, vec![link]),
    ] {
        let client = Client::new(ALL, Ok(answers));
        assert_eq!(case(ask(questions, &client).await), "malformed");
    }
}

#[tokio::test]
async fn why_nobody_answered_reaches_the_guest() {
    for (error, name) in [
        (AskError::Expired, "expired"),
        (AskError::Malformed, "malformed"),
        (AskError::Overloaded, "overloaded"),
    ] {
        let client = Client::new(ALL, Err(error));
        assert_eq!(case(ask(json!([roots("a")]), &client).await), name);
    }
}

#[tokio::test]
async fn nothing_asked_is_answered_with_nothing() {
    let client = Client::new(Abilities::default(), Err(AskError::Expired));
    assert_eq!(returned(ask(json!([]), &client).await), json!([]));
}

#[tokio::test]
async fn news_are_passed_on_up_to_a_number() {
    let client = Client::new(ALL, Ok(Vec::new()));
    let arguments = json!({"uri": "test://a", "times": 500});
    let answer = call("announce", arguments, Arc::clone(&client) as _).await;
    assert_eq!(answer.outcome, Outcome::Returned(Output::Nothing));
    let news = client.news.lock().unwrap();
    assert_eq!(news.len(), 100);
    assert_eq!(news[..3], [News::Tools, News::Prompts, News::Resources]);
    assert_eq!(news[3], News::Resource("test://a".into()));
}

#[tokio::test]
async fn whether_a_call_goes_on_as_a_task_is_the_listener_s_word() {
    let client = Client::new(ALL, Ok(Vec::new()));
    let task = call("background", json!({}), client).await.outcome;
    assert_eq!(returned(task), json!(true));
    let task = call("background", json!({}), Arc::new(Silent))
        .await
        .outcome;
    assert_eq!(returned(task), json!(false));
}

#[tokio::test]
async fn fuel_goes_on_while_a_guest_asks() {
    let client = Client::new(ALL, Ok(vec![ClientAnswer::Declined]));
    let budget = Budget {
        fuel: 20_000,
        ..Budget::default()
    };
    let arguments = json!({"questions": [roots("a")], "times": 32});
    let answer = guest()
        .call("ask", &arguments, budget, client, CancellationToken::new())
        .await;
    assert_eq!(answer.outcome, Outcome::Limit(Limit::Fuel));
}
