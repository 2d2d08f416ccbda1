//! Where attacks are run, next to an ordinary tool that must not notice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_audit::Recorder;
use ringfence_catalog::{Catalog, Source};
use ringfence_policy::{Budget, Policy};
use ringfence_sandbox::{Answer, Limit, Outcome, Output, Sandbox, Silent};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::attack::{Attack, LOOP, Stopper};
use super::view::{NextCall, Row};
use crate::direct::Direct;
use crate::failure::Failure;
use crate::load;

/// Endless loops that run at once.
const CROWD: usize = 64;

/// How long the crowd runs.
const CROWD_WALL: Duration = Duration::from_secs(1);

/// When the ordinary call is made: all loops have started by then.
const CROWD_SETTLES: Duration = Duration::from_millis(300);

/// One sandbox, and an ordinary tool in it.
#[derive(Debug)]
pub(super) struct Stage {
    sandbox: Arc<Sandbox>,
    ordinary: Direct,
    cancel: CancellationToken,
}

impl Stage {
    /// A stage with the tool `text`.
    ///
    /// # Errors
    ///
    /// That tool cannot be loaded.
    pub(super) fn open(sandbox: Arc<Sandbox>, cancel: CancellationToken) -> Result<Self, Failure> {
        let catalog = load::catalog("text")?;
        let ordinary = Direct::new(
            catalog,
            Policy::default(),
            Arc::clone(&sandbox),
            Recorder::off(),
        );
        let ordinary = ordinary.ok_or_else(|| Failure::UnknownTool {
            tool: "text".into(),
            known: Vec::new(),
        })?;
        Ok(Self {
            sandbox,
            ordinary,
            cancel,
        })
    }

    /// An ordinary call: its arguments, and what came of it.
    ///
    /// # Errors
    ///
    /// The call did not run.
    pub(super) async fn ordinary(&self) -> Result<(Value, Answer), Failure> {
        let arguments = json!({"text": "Every call runs in a sandbox of its own."});
        let map = arguments.as_object().cloned().unwrap_or_default();
        let answer = self.call(&self.ordinary, "text", "stats", map).await?;
        Ok((arguments, answer))
    }

    /// Runs one attack, and the ordinary tool right after it.
    ///
    /// # Errors
    ///
    /// The host failed. That an attack got through is no error but a row that says so.
    pub(super) async fn attack(&self, attack: &Attack) -> Result<Row, Failure> {
        let started = Instant::now();
        let (stopped, stopped_by, after) = match self.run(attack).await? {
            Some(answer) if attack.stop.holds(&answer) => {
                (true, attack.stop.words(), answer.receipt.wall)
            }
            Some(answer) => (false, ending(&answer.outcome), answer.receipt.wall),
            None => {
                let refused = matches!(attack.stop, Stopper::Refusal(_));
                let words = if refused {
                    attack.stop.words()
                } else {
                    "refused".into()
                };
                (refused, words, started.elapsed())
            }
        };
        let next_call = self.next_call().await;
        Ok(Row {
            attack: attack.name,
            tries: attack.tries,
            stopped_by,
            stopped,
            after,
            next_call,
        })
    }

    /// Runs many endless loops at once, and the ordinary tool in their midst.
    ///
    /// # Errors
    ///
    /// The host failed.
    pub(super) async fn crowd(&self) -> Result<Row, Failure> {
        let budget = Budget {
            wall: CROWD_WALL,
            ..Budget::default()
        };
        let Some(direct) = self.direct(&LOOP, budget)? else {
            return Err(Failure::Load {
                path: LOOP.name.into(),
                reason: "it is refused".into(),
            });
        };
        let started = Instant::now();
        let mut loops = tokio::task::JoinSet::new();
        for _ in 0..CROWD {
            let (direct, cancel) = (direct.clone(), self.cancel.clone());
            loops.spawn(async move {
                let silent = Arc::new(Silent);
                direct
                    .call(LOOP.name, LOOP.function, Map::new(), silent, cancel)
                    .await
            });
        }
        tokio::time::sleep(CROWD_SETTLES).await;
        let next_call = self.next_call().await;
        let mut stopped = 0_usize;
        while let Some(ended) = loops.join_next().await {
            let answer = ended.map_err(|error| Failure::Runtime(error.into()))??;
            stopped += usize::from(answer.outcome == Outcome::Limit(Limit::Wall));
        }
        Ok(Row {
            attack: LOOP.name,
            tries: LOOP.tries,
            stopped_by: if stopped == CROWD {
                LOOP.stop.words()
            } else {
                format!("{stopped} of {CROWD} stopped")
            },
            stopped: stopped == CROWD,
            after: started.elapsed(),
            next_call,
        })
    }

    /// What came of an attack. Nothing when it was refused before it could run.
    async fn run(&self, attack: &Attack) -> Result<Option<Answer>, Failure> {
        let Some(direct) = self.direct(attack, attack.stop.budget())? else {
            return Ok(None);
        };
        let arguments: Map<String, Value> =
            serde_json::from_str(attack.arguments).unwrap_or_default();
        let mut answer = None;
        // What returned may do its harm the next time.
        let times = if matches!(attack.stop, Stopper::Nothing(..)) {
            2
        } else {
            1
        };
        for _ in 0..times {
            let called = self
                .call(&direct, attack.name, attack.function, arguments.clone())
                .await;
            answer = match called {
                Err(Failure::Load { .. }) => None,
                other => Some(other?),
            };
        }
        Ok(answer)
    }

    /// A way to call an attack. Nothing when its bytes are refused.
    fn direct(&self, attack: &Attack, budget: Budget) -> Result<Option<Direct>, Failure> {
        let source = Source::Bundled {
            name: attack.name,
            bytes: attack.bytes,
        };
        let policy =
            Policy::new(Vec::new(), budget).map_err(|error| Failure::Grants(Box::new(error)))?;
        Ok(Direct::new(
            Catalog::load([source]),
            policy,
            Arc::clone(&self.sandbox),
            Recorder::off(),
        ))
    }

    async fn next_call(&self) -> NextCall {
        let started = Instant::now();
        let right = match self.ordinary().await {
            Ok((_, answer)) => match answer.outcome {
                Outcome::Returned(Output::Json(json)) => json.contains(r#""words":9"#),
                _ => false,
            },
            Err(_) => false,
        };
        NextCall {
            right,
            after: started.elapsed(),
        }
    }

    async fn call(
        &self,
        direct: &Direct,
        tool: &str,
        function: &str,
        arguments: Map<String, Value>,
    ) -> Result<Answer, Failure> {
        let cancel = self.cancel.clone();
        let answer = direct
            .call(tool, function, arguments, Arc::new(Silent), cancel)
            .await?;
        if answer.outcome == Outcome::Cancelled {
            Err(Failure::Interrupted)
        } else {
            Ok(answer)
        }
    }
}

/// How an attack ended that was not stopped by what must stop it.
fn ending(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Limit(limit) => format!("another limit: {}", limit.word()),
        Outcome::Trapped(trap) => format!("a trap: {}", trap.reason),
        other => format!("nothing: {}", other.word()),
    }
}
