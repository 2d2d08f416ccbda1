//! The product and the reference evaluator, asked the same: not one answer may differ.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

use ringfence_identity::Caller;
use ringfence_policy::{
    Budget, Capability, FileOperation, Grant, Kind, Kinds, Origin, OutgoingRequest, Policy,
    PolicyFile, Protocol, Reach, Refusal, RefusalReason, Scheme, Subject,
};
use ringfence_tool::{ComponentName, Digest, FunctionName};

use crate::question::{Answer, Out, Question};
use crate::reference::answer;

/// Cases of the normal suite. `RINGFENCE_POLICY_CASES` asks for more.
const CASES: usize = 20_000;
const QUESTIONS: usize = 50;

const GRANTS: &[&str] = &[
    "fs.read=/srv:/",
    "fs.list=/srv:/",
    "fs.write=/srv/w:/w",
    "fs.read=/srv/w:/w",
    "fs.create=/srv/w:/w",
    "fs.delete=/srv/w:/w",
    "fs.change=/srv/wx:/w/x",
    "fs.read=/srv/wx:/w/x/*.md",
    "fs.write=/srv/wx:/w/x",
    "fs.read=/srv/w:/w/**/k",
    "fs.list=/srv/v:/v",
    "fs.write=/srv/v:/v/?",
    "fs.read=/srv/w:/w/*x/**",
    "net=https://a.example",
    "net=* https://a.example/v1",
    "net=POST https://a.example/v1/Items",
    "net=http://a.example:8080",
    "net=GET https://*.example",
    "net=https://*.a.example:*",
    "net=* http://*",
    "net=https://10.0.0.1",
    "net=https://[10.0.0.0/8]",
    "net=* http://[fd00::/8]:80/v1",
    "net=PUT,POST https://*/v1",
    "net=https://[10.8.0.0/13]:8080",
    "net=https://[0.0.0.0/0]:1-8080",
    "socket=tcp:a.example:443",
    "socket=tcp:*.example:*",
    "socket=udp:*:80-443",
    "socket=tcp:10.0.0.0/8:8080",
    "socket=tcp:10.0.0.1:443",
    "socket=udp:[fd00::/8]:*",
    "socket=tcp:*:443",
    "env=A",
    "env=B",
    "config=a/b",
    "config=c",
    "kv=notes",
    "kv=other:2MiB",
    "tools=*",
    "tools=text_*",
    "tools=text_stats",
    "secret=S->a.example",
    "secret=T->a.example:x-key",
    "secret=S->http://10.0.0.1:8080",
    "secret=T->[fd00::5]",
    "clock.precise",
    "random",
    "stdin",
    "stdout",
];

const DENIALS: &[&str] = &[
    "fs.read",
    "fs.write",
    "fs.list",
    "fs.delete=/w",
    "fs.write=/w/x",
    "fs.read=/w/x/*.md",
    "fs.list=/v",
    "fs.write=/w/**/k",
    "fs.read=/",
    "fs.create=/w/x/y",
    "fs.change=/v/?",
    "fs.read=/w/*x/**",
    "net",
    "net=*://a.example",
    "net=https://*.example",
    "net=POST *://*",
    "net=*://[10.0.0.0/8]",
    "net=*://*/v1/items",
    "net=DELETE,PUT https://a.example/v1",
    "net=*://[fd00::/16]:80",
    "net=http://*:8080",
    "socket",
    "socket=tcp:a.example:443",
    "socket=tcp:*.a.example:*",
    "socket=udp:10.0.0.0/8:*",
    "socket=tcp:10.0.0.1:1-500",
    "env=A",
    "env",
    "config=c",
    "kv",
    "kv=other",
    "tools=text_*",
    "tools=text_stats",
    "tools=*",
    "secret=S",
    "secret",
    "clock.precise",
    "random",
    "stdin",
];

const SCOPES: &[&str] = &[
    "default",
    "tool.t",
    "tool.t_f",
    "tool.u",
    "tenant.acme",
    "tenant.acme.tool.t",
    "tenant.other",
    "tenant.acme.principal.eve",
    "tenant.acme.principal.eve.tool.t_f",
    "tenant.acme.principal.bob",
];

const PATHS: &[&str] = &[
    "/",
    "/w",
    "/w/x",
    "/w/x/a.md",
    "/w/x/y/a.md",
    "/w/x/y",
    "/w/y/k",
    "/w/k",
    "/w/k/z",
    "/v",
    "/v/q",
    "/v/qq",
    "/wx",
    "/w/../v",
    "/w//x",
    "/w/xx/b",
    "/z",
];

const URL_PATHS: &[&str] = &[
    "/",
    "/v1",
    "/v1/",
    "/v1/items",
    "/v1/Items",
    "/V1/Items/3",
    "/v1x",
    "/v1/../x",
    "/v1/%69tems",
    "/v1/%2E%2e/x",
    "/v2//v1",
    "/v1;x/items",
    "/x/./v1",
];

const HOSTS: &[&str] = &[
    "a.example",
    "b.a.example",
    "c.b.a.example",
    "example",
    "xa.example",
    "other.test",
    "10.0.0.1",
    "10.9.0.1",
    "11.0.0.1",
    "[fd00::5]",
    "[fd01::5]",
    "8.8.8.8",
];

const ADDRESSES: &[&str] = &[
    "10.0.0.1", "10.9.0.1", "8.8.8.8", "fd00::5", "fd01::5", "11.0.0.1",
];

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    fn parsed<T: FromStr<Err: std::fmt::Debug>>(&mut self, all: &[&str]) -> T {
        self.one_of(all).parse().unwrap()
    }
}

/// A policy file with some rules in a few scopes, a line each.
fn file(dice: &mut Dice) -> String {
    let mut text = "version = 1\n".to_owned();
    for (at, scope) in SCOPES.iter().enumerate() {
        // The first scopes hold for most questions.
        if dice.below(1 + at) > 1 {
            continue;
        }
        text.push_str(&format!("[{scope}]\n"));
        for (key, pool, most) in [("allow", GRANTS, 14), ("deny", DENIALS, 3)] {
            let count = dice.below(most);
            let drawn: BTreeSet<_> = (0..count).map(|_| *dice.one_of(pool)).collect();
            text.push_str(&format!("{key} = [\n"));
            for one in drawn {
                text.push_str(&format!("  \"{one}\",\n"));
            }
            text.push_str("]\n");
        }
    }
    text.push_str("[end]\n");
    text
}

fn reach(dice: &mut Dice) -> Reach {
    let requests = (dice.below(3) == 0).then(|| {
        (0..=dice.below(5))
            .map(|_| {
                if dice.below(2) == 0 {
                    let kinds = [
                        "fs.read", "fs.write", "net", "socket", "env", "kv", "tools", "secret",
                        "config",
                    ];
                    dice.parsed(&kinds)
                } else {
                    Capability::of(&dice.parsed::<Grant>(GRANTS)).unwrap()
                }
            })
            .collect()
    });
    Reach::new(Kinds::ALL, requests)
}

fn question(dice: &mut Dice) -> Question {
    let port = *dice.one_of(&[80, 443, 443, 443, 8080, 0]);
    let scheme = *dice.one_of(&[Scheme::Http, Scheme::Https]);
    let at = |dice: &mut Dice| {
        let address: IpAddr = dice.parsed(ADDRESSES);
        (dice.below(2) == 0).then(|| (address, dice.below(2) == 0))
    };
    match dice.below(8) {
        0..=2 => Question::File(
            *dice.one_of(&FileOperation::ALL),
            (*dice.one_of(PATHS)).to_owned(),
        ),
        3..=5 => {
            let methods = [
                "GET", "GET", "POST", "POST", "PUT", "DELETE", "PROPFIND", "CONNECT", "get",
            ];
            let method = (*dice.one_of(&methods)).to_owned();
            let path = (*dice.one_of(URL_PATHS)).to_owned();
            Question::Out(Out {
                http: (dice.below(3) > 0).then_some((method, scheme, path)),
                protocol: *dice.one_of(&[Protocol::Tcp, Protocol::Udp]),
                host: dice.parsed(HOSTS),
                port,
                at: at(dice),
            })
        }
        6 => Question::Secret(scheme, dice.parsed(HOSTS), port),
        _ => {
            let (kind, names) = *dice.one_of(&[
                (Kind::Env, ["A", "B", "C"]),
                (Kind::Config, ["a/b", "c", "d"]),
                (Kind::Kv, ["notes", "other", "none"]),
                (Kind::Tools, ["text_stats", "text_diff", "files_read"]),
            ]);
            Question::Named(kind, (*dice.one_of(&names)).to_owned())
        }
    }
}

fn line(origin: &Origin) -> usize {
    match origin {
        Origin::File { line, .. } => *line,
        _ => 0,
    }
}

/// The product's answer, in the reference's words.
fn product(policy: &Policy, caller: &Caller, subject: &Subject<'_>, question: &Question) -> Answer {
    let effective = policy.effective(caller, subject);
    let no = |refusal: Refusal| match refusal.reason() {
        RefusalReason::Denied(origin) => Answer::No(Some(line(origin))),
        _ => Answer::No(None),
    };
    let yes = |origin: &Origin| Answer::Yes(vec![line(origin)]);
    match question {
        Question::File(operation, path) => match effective.file(*operation, path) {
            Ok(granted) => yes(&granted.origin),
            Err(refusal) => no(refusal),
        },
        Question::Named(kind, name) => {
            let found = match kind {
                Kind::Env => effective.variable(name),
                Kind::Config => effective.configuration(name),
                Kind::Kv => effective.bucket(name).map(|(_, granted)| granted),
                _ => effective.tool(name),
            };
            found.map_or_else(no, |granted| yes(&granted.origin))
        }
        Question::Secret(scheme, host, port) => {
            let found = effective.secrets(*scheme, host, *port);
            Answer::Yes(found.map(|(_, granted)| line(&granted.origin)).collect())
        }
        Question::Out(Out {
            http: Some((method, scheme, path)),
            host,
            port,
            at,
            ..
        }) => {
            let request = OutgoingRequest {
                method,
                scheme: *scheme,
                host,
                port: *port,
                path,
            };
            match effective.request(&request) {
                Err(refusal) => no(refusal),
                Ok(to) if at.is_none_or(|(address, public)| to.allows(address, public)) => {
                    yes(&to.granted().origin)
                }
                Ok(_) => Answer::No(None),
            }
        }
        Question::Out(out) => match effective.socket(out.protocol, &out.host, out.port) {
            Err(refusal) => no(refusal),
            Ok(to)
                if out
                    .at
                    .is_none_or(|(address, public)| to.allows(address, public)) =>
            {
                yes(&to.granted().origin)
            }
            Ok(_) => Answer::No(None),
        },
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a longer run is asked for by a variable"
)]
fn cases() -> usize {
    std::env::var("RINGFENCE_POLICY_CASES").map_or(CASES, |cases| cases.parse().unwrap())
}

#[test]
fn the_index_and_the_reference_agree() {
    let mut dice = Dice(0x0dd_ba11);
    let callers: Vec<_> = [
        ("local", "local"),
        ("acme", "eve"),
        ("acme", "bob"),
        ("other", "eve"),
    ]
    .iter()
    .map(|(tenant, principal)| Caller::new(tenant.parse().unwrap(), principal.parse().unwrap()))
    .collect();
    let names: Vec<(ComponentName, FunctionName)> = [("t", "f"), ("t", "g"), ("u", "f")]
        .iter()
        .map(|(component, function)| (component.parse().unwrap(), function.parse().unwrap()))
        .collect();
    let digest = Digest::of(b"component");
    let (mut asked, mut yes, mut denied) = (0, 0, 0);
    let wanted = cases();
    while asked < wanted {
        let text = file(&mut dice);
        // Two quotas for one bucket, two secrets in one header and the like: not this test's business.
        let Ok(file) = PolicyFile::parse("p", &text) else {
            continue;
        };
        let policy = Policy::new(Vec::new(), Budget::default())
            .unwrap()
            .with_file(file)
            .unwrap();
        let caller = dice.one_of(&callers).clone();
        let (component, function) = dice.one_of(&names);
        let reach = reach(&mut dice);
        let subject = Subject {
            component,
            digest: &digest,
            function,
            reach,
        };
        for _ in 0..QUESTIONS {
            let question = question(&mut dice);
            let expected = answer(policy.rules(), &caller, &subject, &question);
            let found = product(&policy, &caller, &subject, &question);
            assert_eq!(
                found, expected,
                "{question:?} by {caller} of {subject:?} under\n{text}"
            );
            asked += 1;
            match expected {
                Answer::Yes(lines) if !lines.is_empty() => yes += 1,
                Answer::No(Some(_)) => denied += 1,
                _ => {}
            }
        }
    }
    // A test in which everything is denied would prove little.
    assert!(
        yes * 20 > asked && denied * 20 > asked,
        "{yes} and {denied} of {asked}"
    );
    println!("{asked} cases: {yes} allowed, {denied} denied by a rule, the rest by none");
}
