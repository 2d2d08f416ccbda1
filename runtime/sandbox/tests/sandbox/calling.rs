//! A guest that calls other tools.
//!
//! The guest passes on what it is given, and returns what it got; whoever makes its calls is played here.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringfence_identity::Caller;
use ringfence_policy::{Budget, Policy, Refusal};
use ringfence_sandbox::{
    Abilities, Answer, AskError, Asked, CallEvents, Called, Calling, ChildCall, ChildEnded,
    ChildError, ClientAnswer, Content, Limit, ListedTool, LogLevel, Message, OtherTools, Outcome,
    Output, Question, QuestionKind, Role, Silent,
};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::guest::{Guest, component};

const WORLD: &str = "
    use ringfence:tool/tools@0.1.0.{tool-entry, called, call-error};
    export names: func() -> list<tool-entry>;
    /// Calls again and again, until that fails.
    export call: func(name: string, arguments: string, times: u32) -> result<called, call-error>;";

const MODULE: &str = r#"(module
    (import "ringfence:tool/tools@0.1.0" "list" (func $list (param i32)))
    (import "ringfence:tool/tools@0.1.0" "call" (func $call (param i32 i32 i32 i32 i32)))
    (memory (export "memory") 128)
    (global $free (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32)
        (result i32) (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    (func (export "names") (result i32)
      (call $list (i32.const 16))
      (i32.const 16))
    (func (export "call") (param $name i32) (param $bytes i32) (param $at i32) (param $length i32)
        (param $times i32) (result i32)
      (loop $again
        (call $call (local.get $name) (local.get $bytes) (local.get $at) (local.get $length)
          (i32.const 16))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br_if $again (i32.and
          (i32.eqz (i32.load8_u (i32.const 16)))
          (i32.gt_u (local.get $times) (i32.const 0)))))
      (i32.const 16)))"#;

/// What the host does with a call.
#[derive(Clone)]
enum Plays {
    /// Gives this back, at this cost.
    Ends(Result<Called, ChildError>, u64),
    /// Never ends.
    Hangs,
    /// Asks so many questions, one after the other, and fails with the first that fails.
    Asks(u32),
    /// A person is asked before anything runs, for so long.
    Waits(Duration),
}

/// Whoever makes the calls, and whoever is behind them.
struct Host {
    plays: Plays,
    calls: AtomicU32,
    refused: Mutex<Vec<String>>,
    /// Somebody calls.
    called: Notify,
    /// A call that never ended is gone.
    dropped: AtomicU32,
    asked: AtomicU32,
    said: AtomicU32,
}

impl Host {
    fn new(plays: Plays) -> Arc<Self> {
        Arc::new(Self {
            plays,
            calls: AtomicU32::new(0),
            refused: Mutex::default(),
            called: Notify::new(),
            dropped: AtomicU32::new(0),
            asked: AtomicU32::new(0),
            said: AtomicU32::new(0),
        })
    }

    fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn make(&self, wanted: ChildCall) -> ChildEnded {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.called.notify_one();
        // What a lower call says is not what the upper one does.
        wanted.events.progress(1.0, None, None);
        wanted.events.log(LogLevel::Error, "unheard".into());
        let ended = |result, fuel| ChildEnded {
            result,
            word: "returned",
            fuel,
            cpu: Duration::ZERO,
        };
        match &self.plays {
            Plays::Ends(result, fuel) => ended(result.clone(), *fuel),
            Plays::Hangs => {
                let _gone = Gone(&self.dropped);
                std::future::pending().await
            }
            Plays::Asks(times) => {
                for _ in 0..*times {
                    if let Err(error) = wanted.events.ask(vec![question()]).await {
                        return ended(Err(ChildError::Failed(error.to_string())), 0);
                    }
                }
                ended(Ok(words("asked")), 0)
            }
            Plays::Waits(time) => {
                let _standstill = wanted.events.standstill().unwrap();
                tokio::time::sleep(*time).await;
                ended(Ok(words("waited")), 0)
            }
        }
    }
}

struct Gone<'g>(&'g AtomicU32);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl OtherTools for Host {
    fn list(&self, granted: &dyn Fn(&str) -> bool) -> Vec<ListedTool> {
        let all = ["files_read", "text_diff", "text_stats"].map(|name| ListedTool {
            name: name.into(),
            description: "Does something.".into(),
            input_schema: r#"{"type":"object"}"#.into(),
        });
        all.into_iter().filter(|tool| granted(&tool.name)).collect()
    }

    fn call(&self, wanted: ChildCall) -> Calling<'_> {
        Box::pin(self.make(wanted))
    }

    fn refuse<'a>(
        &'a self,
        name: &'a str,
        _why: &'a Refusal,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        self.refused.lock().unwrap().push(name.to_owned());
        Box::pin(std::future::ready(()))
    }
}

/// Whoever listens to the upper call.
struct Client(Arc<Host>);

impl CallEvents for Client {
    fn progress(&self, _done: f64, _total: Option<f64>, _message: Option<String>) {
        self.0.said.fetch_add(1, Ordering::Relaxed);
    }

    fn log(&self, _level: LogLevel, _message: String) {
        self.0.said.fetch_add(1, Ordering::Relaxed);
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            sample: true,
            ..Abilities::default()
        }
    }

    fn ask(&self, _questions: Vec<Question>) -> Asked<'_> {
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(vec![ClientAnswer::Declined])
        })
    }

    fn tools(&self) -> Option<Arc<dyn OtherTools>> {
        Some(Arc::clone(&self.0) as _)
    }
}

fn question() -> Question {
    let content = Content::Text {
        text: "?".into(),
        audience: None,
    };
    Question {
        key: "one".into(),
        request: QuestionKind::Sample {
            messages: vec![Message {
                role: Role::User,
                content,
            }],
            max_tokens: 1,
            system_prompt: None,
        },
    }
}

fn words(text: &str) -> Called {
    Called {
        content: vec![Content::Text {
            text: text.into(),
            audience: None,
        }],
        structured: None,
        is_error: false,
    }
}

fn guest() -> Guest {
    Guest::new(component(WORLD, MODULE))
}

fn arguments(name: &str, times: u32) -> Value {
    json!({"name": name, "arguments": "{}", "times": times})
}

async fn granted(host: &Arc<Host>, grants: &[&str], function: &str, arguments: &Value) -> Answer {
    let events = Arc::new(Client(Arc::clone(host)));
    guest()
        .granted(&Caller::local(), grants, function, arguments, events)
        .await
}

/// Calls with everything granted, and with `budget`.
async fn within(
    host: &Arc<Host>,
    budget: Budget,
    arguments: &Value,
    cancel: CancellationToken,
) -> Answer {
    let grants = vec!["tools=*".parse().unwrap()];
    let policy = Policy::new(grants, budget).unwrap();
    let events = Arc::new(Client(Arc::clone(host)));
    let function = "call".parse().unwrap();
    guest()
        .run(&function, arguments, events, cancel, |subject| {
            policy.decide(&Caller::local(), subject, None).unwrap()
        })
        .await
}

fn returned(answer: &Answer) -> Value {
    match &answer.outcome {
        Outcome::Returned(Output::Json(json)) => serde_json::from_str(json).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn case(answer: &Answer) -> &str {
    match &answer.outcome {
        Outcome::ToolError(error) => error.case.as_deref().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_what_is_granted_is_listed_and_called() {
    let host = Host::new(Plays::Ends(Ok(words("hi")), 0));
    let listed = granted(&host, &["tools=text_*"], "names", &json!({})).await;
    let listed = returned(&listed);
    let names: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["text_diff", "text_stats"]);
    assert_eq!(listed[0]["input-schema"], r#"{"type":"object"}"#);

    let arguments = arguments("text_stats", 1);
    let called = granted(&host, &["tools=text_*"], "call", &arguments).await;
    let got = returned(&called);
    assert_eq!(got["content"][0]["text"]["text"], "hi");
    assert_eq!(got["is-error"], false);

    for grants in [&["tools=text_diff"][..], &[]] {
        let denied = granted(&host, grants, "call", &arguments).await;
        assert_eq!(case(&denied), "unknown");
        assert_eq!(denied.receipt.denied.len(), 1, "{:?}", denied.receipt);
        assert!(denied.receipt.denied[0].contains("text_stats"));
        assert!(denied.receipt.reached.is_empty());
    }
    assert_eq!(host.calls(), 1);
    assert_eq!(*host.refused.lock().unwrap(), ["text_stats", "text_stats"]);
}

#[tokio::test]
async fn what_nobody_offers_and_what_is_no_name_is_unknown() {
    let guest = guest();
    let grants = ["tools=*"];
    let caller = Caller::local();
    let call = |function: &'static str, arguments: Value| {
        let (guest, caller) = (&guest, &caller);
        async move {
            let events = Arc::new(Silent);
            let answer = guest.granted(caller, &grants, function, &arguments, events);
            answer.await
        }
    };
    assert_eq!(returned(&call("names", json!({})).await), json!([]));
    assert_eq!(
        case(&call("call", arguments("text_stats", 1)).await),
        "unknown"
    );

    let host = Host::new(Plays::Ends(Ok(words("hi")), 0));
    let long = "n".repeat(100);
    for name in ["", "a b", "\u{1b}[2J", &long] {
        let answer = granted(&host, &grants, "call", &arguments(name, 1)).await;
        assert_eq!(case(&answer), "unknown");
        // It is repeated nowhere.
        assert!(answer.receipt.denied.is_empty());
    }
    assert_eq!(host.calls(), 0);
    assert!(host.refused.lock().unwrap().is_empty());
}

#[tokio::test]
async fn every_error_reaches_the_guest_as_its_case() {
    let text = || "why".to_owned();
    for (error, word) in [
        (ChildError::Unknown, "unknown"),
        (ChildError::InvalidArguments(text()), "invalid-arguments"),
        (ChildError::Denied(text()), "denied"),
        (ChildError::TooDeep, "too-deep"),
        (ChildError::TooMany, "too-many"),
        (ChildError::Busy, "busy"),
        (ChildError::TimedOut, "timed-out"),
        (ChildError::Cancelled, "cancelled"),
        (ChildError::Failed(text()), "failed"),
    ] {
        let host = Host::new(Plays::Ends(Err(error), 0));
        let answer = granted(&host, &["tools=*"], "call", &arguments("a", 1)).await;
        assert_eq!(case(&answer), word);
    }
    // Too long to be read at all.
    let host = Host::new(Plays::Ends(Ok(words("hi")), 0));
    let long = json!({"name": "a", "arguments": " ".repeat(1024 * 1024 + 1), "times": 1});
    let answer = granted(&host, &["tools=*"], "call", &long).await;
    assert_eq!((case(&answer), host.calls()), ("invalid-arguments", 0));
}

#[tokio::test]
async fn a_call_calls_so_often_and_no_more() {
    let host = Host::new(Plays::Ends(Ok(words("")), 7));
    let answer = granted(&host, &["tools=*"], "call", &arguments("a", 1000)).await;
    assert_eq!((case(&answer), host.calls()), ("too-many", 100));
    let receipt = &answer.receipt;
    assert_eq!((receipt.children.calls, receipt.children.fuel), (100, 700));
    let [line] = &receipt.reached[..] else {
        panic!("{receipt:?}");
    };
    assert_eq!((line.target.as_str(), line.count), ("tools:a", 100));
    assert_eq!(line.method.as_deref(), Some("returned"));
}

#[tokio::test]
async fn what_is_called_is_paid_for_by_whoever_calls() {
    let budget = Budget::default();
    let host = Host::new(Plays::Ends(Ok(words("")), budget.fuel / 10));
    let answer = granted(&host, &["tools=*"], "call", &arguments("a", 50)).await;
    assert_eq!(answer.outcome, Outcome::Limit(Limit::Fuel));
    assert_eq!(host.calls(), 10);
    // It is counted once: there, and not among its own.
    assert!(
        answer.receipt.fuel < budget.fuel / 10,
        "{:?}",
        answer.receipt
    );
    // Even what costs nothing by itself takes a while to be made.
    let free = Host::new(Plays::Ends(Err(ChildError::Unknown), 0));
    let one = granted(&free, &["tools=*"], "call", &arguments("a", 1)).await;
    assert!(one.receipt.fuel > 500_000, "{:?}", one.receipt);
}

#[tokio::test]
async fn a_guest_that_is_stopped_stops_what_it_called() {
    let host = Host::new(Plays::Hangs);
    let cancel = CancellationToken::new();
    let (arguments, stop) = (arguments("a", 1), cancel.clone());
    let (answer, ()) = tokio::join!(
        within(&host, Budget::default(), &arguments, cancel),
        async {
            host.called.notified().await;
            stop.cancel();
        }
    );
    assert_eq!(answer.outcome, Outcome::Cancelled);
    assert_eq!(host.dropped.load(Ordering::Relaxed), 1);

    let host = Host::new(Plays::Hangs);
    let budget = Budget {
        wall: Duration::from_millis(20),
        ..Budget::default()
    };
    let answer = within(&host, budget, &arguments, CancellationToken::new()).await;
    assert_eq!(answer.outcome, Outcome::Limit(Limit::Wall));
    assert_eq!(host.dropped.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_clock_stands_still_while_a_person_is_asked_below() {
    let short = Budget {
        wall: Duration::from_millis(200),
        ..Budget::default()
    };
    let waits = Duration::from_millis(400);
    let host = Host::new(Plays::Waits(waits));
    let never = CancellationToken::new();
    let answer = within(&host, short, &arguments("a", 1), never.clone()).await;
    assert_eq!(returned(&answer)["content"][0]["text"]["text"], "waited");
    assert!(answer.receipt.asked >= waits, "{:?}", answer.receipt);

    let host = Host::new(Plays::Asks(3));
    let answer = within(&host, Budget::default(), &arguments("a", 1), never.clone()).await;
    assert_eq!(returned(&answer)["content"][0]["text"]["text"], "asked");
    assert!(answer.receipt.asked >= Duration::from_millis(15));
    assert_eq!(host.asked.load(Ordering::Relaxed), 3);
    // What it reported and logged reached nobody.
    assert_eq!(host.said.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_person_is_asked_no_more_often_by_way_of_other_tools() {
    // Twenty at each call: the second one has twelve left.
    let host = Host::new(Plays::Asks(20));
    let answer = granted(&host, &["tools=*"], "call", &arguments("a", 2)).await;
    assert_eq!(case(&answer), "failed");
    assert_eq!(host.asked.load(Ordering::Relaxed), 32);
    let Outcome::ToolError(error) = &answer.outcome else {
        panic!("{answer:?}");
    };
    assert!(error.text.contains(&AskError::Overloaded.to_string()));
}
