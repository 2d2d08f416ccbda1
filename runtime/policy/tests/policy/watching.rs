//! Whoever listens hears each question once, and changes no answer.

use std::sync::{Arc, Mutex};

use ringfence_policy::{Access, FileOperation, Host, OutgoingRequest, Protocol, Scheme, Witness};

use crate::setup::Setup;

/// Keeps what it hears.
#[derive(Debug, Default)]
struct Seen(Mutex<Vec<Access>>);

impl Witness for Seen {
    fn saw(&self, access: Access) {
        self.0.lock().unwrap().push(access);
    }
}

/// Asks everything that can be asked, and says which was allowed.
fn ask(setup: &Setup) -> Vec<bool> {
    let effective = setup.effective();
    let host: Host = "a.example".parse().unwrap();
    let request = OutgoingRequest {
        method: "GET",
        scheme: Scheme::Https,
        host: &host,
        port: 443,
        path: "/v1",
    };
    vec![
        effective.file(FileOperation::Read, "/d/a").is_ok(),
        effective.judge(FileOperation::Read, "/d/a").is_ok(),
        effective.rename("/d/a", "/d/b", true).is_ok(),
        effective.link("/d/a", "/d/c").is_ok(),
        effective.request(&request).is_ok(),
        effective.socket(Protocol::Udp, &host, 53).is_ok(),
        effective.resolve(&"a.example".parse().unwrap()).is_ok(),
        effective.variable("A").is_ok(),
        effective.configuration("c").is_ok(),
        effective.bucket("notes").is_ok(),
        effective.tool("text_stats").is_ok(),
    ]
}

const GRANTS: &[&str] = &[
    "fs.read=/srv:/d",
    "net=https://a.example",
    "socket=udp:a.example:53",
    "env=A",
    "kv=notes",
];

#[test]
fn each_question_is_heard_once_and_in_words() {
    let seen = Arc::new(Seen::default());
    let mut setup = Setup::grants(GRANTS);
    let alone = ask(&setup);
    setup.policy = setup.policy.watched(Arc::clone(&seen) as _);
    assert_eq!(ask(&setup), alone, "nothing changes");
    setup.effective().saw(|| Access::Secret {
        name: "S".into(),
        scheme: "https",
        host: "a.example".into(),
        port: 443,
        header: "x-key".into(),
    });
    setup
        .effective()
        .saw(|| Access::Any(ringfence_policy::Kind::Stdin));
    let heard = seen.0.lock().unwrap().clone();
    let words: Vec<_> = heard.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "read /d/a",
            "rename /d/a to /d/b",
            "link /d/a to /d/c",
            "GET https://a.example:443/v1",
            "udp a.example:53",
            "look up a.example",
            "env A",
            "config c",
            "kv notes",
            "tools text_stats",
            "send the secret S to a.example in x-key",
            "stdin",
        ]
    );
    assert!(matches!(
        &heard[1],
        Access::Rename {
            directory: true,
            ..
        }
    ));
}

#[test]
fn a_host_can_tell_whether_anybody_listens() {
    let mut setup = Setup::grants(GRANTS);
    assert!(!setup.effective().is_watched());
    setup.policy = setup.policy.watched(Arc::new(Seen::default()));
    assert!(setup.effective().is_watched());
}

#[test]
fn who_listens_and_what_was_asked_before_make_no_other_policy() {
    let setup = Setup::grants(GRANTS);
    ask(&setup);
    let asked = setup.policy.clone();
    assert_eq!(setup.policy, asked);
    assert_eq!(Setup::grants(GRANTS).policy, asked);
    assert_eq!(asked.clone().watched(Arc::new(Seen::default())), asked);
    assert_ne!(Setup::grants(&["env=A"]).policy, asked);
}
