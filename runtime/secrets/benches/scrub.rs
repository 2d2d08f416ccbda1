//! What it costs to search a result for secrets: one line for each kind of text and number of secrets.
//!
//! Run with `cargo bench -p ringfence-secrets`. A million bytes each time, the best of many.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails by panicking"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use ringfence_secrets::{Scrubber, SecretName, SecretValue};

const TEXT_BYTES: usize = 1 << 20;
const ROUNDS: usize = 20;

fn scrubber(count: usize) -> Scrubber {
    let secrets: Vec<(SecretName, SecretValue)> = (0..count)
        .map(|number| {
            let hash = blake3::hash(&number.to_le_bytes()).to_hex();
            let value = format!("tok_{}", hash.chars().take(36).collect::<String>());
            let value = SecretValue::new(value.into_bytes()).unwrap();
            (format!("S{number}").parse().unwrap(), value)
        })
        .collect();
    Scrubber::new(secrets.iter().map(|(name, value)| (name, value)))
}

/// The best of many rounds: what disturbs a measurement only makes it longer.
fn best(run: impl Fn()) -> Duration {
    let measured = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        run();
        begun.elapsed()
    });
    measured.min().unwrap()
}

fn main() {
    let prose = "The quick brown fox jumps over the lazy dog, 12 times.\n";
    let json = r#"{"id": 42, "name": "a \"quoted\" name", "path": "/a/b", "note": "line\nline"},"#;
    let texts = [
        ("prose", prose),
        ("json", json),
        ("percent", "a%20b%2Fc&amp;d"),
    ];
    println!(
        "{:>8}  {:>8}  {:>10}  {:>8}",
        "secrets", "text", "µs", "MiB/s"
    );
    for count in [0, 1, 10, 100, 1000] {
        let scrubber = scrubber(count);
        for (kind, line) in texts {
            let text = line.repeat(TEXT_BYTES / line.len() + 1);
            let text = text.get(..TEXT_BYTES).unwrap();
            let time = best(|| {
                black_box(scrubber.text(black_box(text)));
            });
            let rate = 1_000_000_000_u128.checked_div(time.as_nanos()).unwrap_or(0);
            println!("{count:>8}  {kind:>8}  {:>10}  {rate:>8}", time.as_micros());
        }
    }
}
