//! What it costs to decide, for policies of 10 to 10,000 rules.
//!
//! Each policy is measured twice: with rules that are spread over tenants and tools, as they are where
//! there are many, and with all of them holding for everybody, the most that one decision can meet.
//! Questions are about the rule in the middle, about nothing that is granted, and about a host that
//! has all the rules.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::format_push_string,
    clippy::cast_precision_loss,
    reason = "a bench prints what it measured, and ends when it cannot measure"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use ringfence_identity::Caller;
use ringfence_policy::{
    Budget, FileOperation, Host, Kinds, OutgoingRequest, Policy, PolicyFile, Protocol, Reach,
    Scheme, Subject,
};
use ringfence_tool::{ComponentName, Digest, FunctionName};

const SIZES: [usize; 4] = [10, 100, 1000, 10_000];
/// What the issue allows a decision to cost with 1,000 rules.
const BAR: Duration = Duration::from_micros(2);
const ROUNDS: usize = 15;
const TIMES: u32 = 2000;

/// One rule of many, by number.
fn rule(number: usize) -> String {
    match number % 5 {
        0 => format!("fs.read=/srv/d{number}:/d{number}/docs"),
        1 => format!("net=https://h{number}.example.com/v1"),
        2 => format!(
            "socket=tcp:10.{}.{}.0/24:443",
            number / 256 % 256,
            number % 256
        ),
        3 => format!("net=https://same.example.com/p{number}"),
        _ => format!("env=V{number}"),
    }
}

fn text(rules: usize, spread: bool) -> String {
    let mut text = "version = 1\n[default]\ndangerous = \"allow\"\n".to_owned();
    if spread {
        // Twenty tools, as many tenants as it takes for ten rules in each scope.
        for scope in 0..rules.div_ceil(10) {
            let (tenant, tool) = (scope / 20, scope % 20);
            text.push_str(&format!("[tenant.t{tenant}.tool.c{tool}]\nallow = [\n"));
            let first = scope * 10;
            (first..rules.min(first + 10))
                .for_each(|at| text.push_str(&format!("\"{}\",\n", rule(at))));
            text.push_str("]\n");
        }
    } else {
        text.push_str("allow = [\n");
        (0..rules).for_each(|at| text.push_str(&format!("\"{}\",\n", rule(at))));
        text.push_str("]\n");
    }
    text.push_str("[end]\n");
    text
}

/// The median of rounds, for one time.
fn measure(mut work: impl FnMut()) -> Duration {
    let mut rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..TIMES).for_each(|_| work());
            start.elapsed() / TIMES
        })
        .collect();
    rounds.sort_unstable();
    rounds.get(ROUNDS / 2).copied().unwrap()
}

fn main() {
    let component: ComponentName = "c0".parse().unwrap();
    let function: FunctionName = "run".parse().unwrap();
    let digest = Digest::of(b"component");
    let subject = Subject {
        component: &component,
        digest: &digest,
        function: &function,
        reach: Reach::new(Kinds::ALL, None),
    };
    let caller = Caller::new("t0".parse().unwrap(), "ada".parse().unwrap());
    for spread in [true, false] {
        let shape = if spread {
            "spread over tenants and tools"
        } else {
            "all holding at once"
        };
        println!("\nrules {shape}; nanoseconds, median of {ROUNDS} rounds");
        println!(
            "{:>7} {:>9} {:>9} {:>7} {:>7} {:>8} {:>7} {:>7} {:>7}",
            "rules", "first", "decide", "file", "host", "samehost", "socket", "name", "none"
        );
        let mut before: Option<Vec<f64>> = None;
        for rules in SIZES {
            let policy_text = text(rules, spread);
            let policy = policy(&policy_text);
            let caller = if spread {
                caller.clone()
            } else {
                Caller::local()
            };
            let row = measure_all(
                &policy,
                &caller,
                &subject,
                if spread { 5 } else { rules / 2 },
            );
            let numbers: Vec<_> = row.iter().map(|time| time.as_nanos() as f64).collect();
            print(rules, &numbers);
            if let Some(before) = before {
                let growth: Vec<_> = numbers
                    .iter()
                    .zip(before)
                    .map(|(now, then)| now / then.max(1.0))
                    .collect();
                println!(
                    "        growth {}",
                    growth
                        .iter()
                        .map(|by| format!("x{by:.1}"))
                        .collect::<Vec<_>>()
                        .join(" ")
                );
            }
            if rules == 1000 {
                // All but the first decision of a pair, which is remembered.
                let slowest = row.iter().skip(1).max().copied().unwrap_or_default();
                let verdict = if slowest <= BAR {
                    "holds"
                } else {
                    "DOES NOT HOLD"
                };
                println!(
                    "        at most {BAR:?} for 1,000 rules: {verdict}, the slowest took {slowest:?}"
                );
            }
            before = Some(numbers);
        }
    }
}

fn policy(text: &str) -> Policy {
    let mut file = text.to_owned();
    if !file.contains("tenant.t0") {
        file = file.replace("[end]", "[tenant.t0]\n[end]");
    }
    let file = PolicyFile::parse("policy.toml", &file).unwrap();
    Policy::new(Vec::new(), Budget::default())
        .unwrap()
        .with_file(file)
        .unwrap()
}

fn print(rules: usize, numbers: &[f64]) {
    let widths = [9, 9, 7, 7, 8, 7, 7, 7];
    let cells = numbers
        .iter()
        .zip(widths)
        .map(|(number, width)| format!("{number:>width$.0}"));
    println!("{rules:>7} {}", cells.collect::<Vec<_>>().join(" "));
}

fn measure_all(
    policy: &Policy,
    caller: &Caller,
    subject: &Subject<'_>,
    middle: usize,
) -> Vec<Duration> {
    // A copy remembers nothing.
    let copies = vec![policy.clone(); 10];
    let start = Instant::now();
    for copy in &copies {
        black_box(copy.decide(caller, subject, None).is_ok());
    }
    let first = start.elapsed() / 10;
    let decide = measure(|| {
        black_box(policy.decide(caller, subject, None).is_ok());
    });
    let effective = policy.effective(caller, subject);
    let middle = middle / 5 * 5;
    let path = format!("/d{middle}/docs/a/b.txt");
    let file = measure(|| {
        black_box(
            effective
                .file(FileOperation::Read, black_box(&path))
                .is_ok(),
        );
    });
    let host: Host = format!("h{}.example.com", middle + 1).parse().unwrap();
    let same: Host = "same.example.com".parse().unwrap();
    let request = |host, path| OutgoingRequest {
        method: "GET",
        scheme: Scheme::Https,
        host,
        port: 443,
        path,
    };
    let named = measure(|| {
        black_box(
            effective
                .request(&request(black_box(&host), "/v1/items"))
                .is_ok(),
        );
    });
    let path = format!("/p{}/items", middle + 3);
    let shared = measure(|| {
        black_box(effective.request(&request(black_box(&same), &path)).is_ok());
    });
    let address = format!("10.{}.{}.7", (middle + 2) / 256 % 256, (middle + 2) % 256)
        .parse()
        .unwrap();
    let socket = measure(|| {
        black_box(
            effective
                .socket(Protocol::Tcp, black_box(&address), 443)
                .is_ok(),
        );
    });
    let name = format!("V{}", middle + 4);
    let variable = measure(|| {
        black_box(effective.variable(black_box(&name)).is_ok());
    });
    let none = measure(|| {
        black_box(
            effective
                .file(FileOperation::Read, black_box("/nothing/here"))
                .is_ok(),
        );
    });
    vec![first, decide, file, named, shared, socket, variable, none]
}
