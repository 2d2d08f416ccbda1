//! What one call costs in process, beside bare wasmtime doing the same in the same run.
//!
//! Both sides run the same component with pooled memory, fuel and a memory limit, from a fresh store
//! to the dropped one. Ours adds what a product needs: JSON in and out, every other limit, a wall
//! clock, captured output and a receipt. Rounds alternate, so that both meet the same noise.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints what it measured, and ends when it cannot measure"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_identity::Caller;
use ringfence_policy::{Policy, Reach, Subject};
use ringfence_sandbox::{Outcome, Prepared, Sandbox, Settings, Silent};
use ringfence_tests::bare::Bare;
use ringfence_tests::guests;
use ringfence_tool::{Component, FunctionName};
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 60;
const CALLS_PER_ROUND: u32 = 1000;
/// What the issue of speed allows this call to cost.
const RATIO_MAX: f64 = 2.0;

struct Ours {
    sandbox: Arc<Sandbox>,
    component: Component,
    prepared: Prepared,
    policy: Policy,
    function: FunctionName,
}

impl Ours {
    fn new(bytes: &[u8]) -> Self {
        let component = Component::read(bytes.to_vec().into(), "echo").unwrap();
        let sandbox = Sandbox::new(Settings::default());
        let prepared = sandbox.prepare(&component).unwrap();
        let function = "echo".parse().unwrap();
        Self {
            sandbox,
            component,
            prepared,
            policy: Policy::default(),
            function,
        }
    }

    async fn call(&self, json: &str) -> Outcome {
        let arguments = self
            .prepared
            .arguments(
                &self.function,
                &mut serde_json::Deserializer::from_str(json),
            )
            .unwrap();
        let subject = Subject {
            component: self.component.name(),
            digest: &self.component.digest(),
            function: &self.function,
            reach: Reach::default(),
        };
        let permit = self
            .policy
            .decide(&Caller::local(), &subject, None)
            .unwrap();
        let slot = self.sandbox.admit(&self.prepared).await.unwrap();
        let answer = self
            .sandbox
            .invoke(
                &self.prepared,
                permit,
                slot,
                arguments,
                Arc::new(Silent),
                CancellationToken::new(),
            )
            .await;
        answer.outcome
    }
}

async fn round(mut call: impl AsyncFnMut()) -> Duration {
    let started = Instant::now();
    for _ in 0..CALLS_PER_ROUND {
        call().await;
    }
    started.elapsed() / CALLS_PER_ROUND
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bytes = guests::plain("echo");
    let (bare, ours) = (Bare::new(&bytes), Ours::new(&bytes));
    println!("| text | bare p50 | ours p50 | ratio p50 | ratio min..max |");
    println!("|---|---|---|---|---|");
    let mut worst: f64 = 0.0;
    for size in [16, 1024] {
        let text = "x".repeat(size);
        let json = format!("{{\"text\":\"{text}\"}}");
        assert!(matches!(ours.call(&json).await, Outcome::Returned(_)));
        let (mut bare_us, mut ours_us, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let floor = round(async || drop(black_box(bare.call(&text).await))).await;
            let full = round(async || drop(black_box(ours.call(&json).await))).await;
            bare_us.push(floor.as_secs_f64() * 1e6);
            ours_us.push(full.as_secs_f64() * 1e6);
            ratios.push(full.as_secs_f64() / floor.as_secs_f64());
        }
        let typical = median(&mut ratios);
        worst = worst.max(typical);
        println!(
            "| {size} B | {:.2} µs | {:.2} µs | {typical:.2} | {:.2}..{:.2} |",
            median(&mut bare_us),
            median(&mut ours_us),
            ratios[0],
            ratios[ratios.len() - 1],
        );
    }
    println!("\nworst ratio {worst:.2}, promised at most {RATIO_MAX:.1}");
}
