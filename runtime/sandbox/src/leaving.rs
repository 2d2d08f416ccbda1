//! What leaves a call.
//!
//! Owns the one place where secrets are removed from it: from the answer, from what a guest prints,
//! and from everything that is heard of it while it runs. Without secrets, nothing is looked at.

use std::sync::Arc;

use ringfence_secrets::{Scrubber, Stream};
use serde_json::{Map, Value};
use tokio::sync::mpsc::Sender;

use crate::content::{Content, ResourceBody};
use crate::guest::Events;
use crate::host::{
    Abilities, Asked, CallEvents, LogLevel, Message, News, OtherTools, Question, QuestionKind,
    Standstill,
};
use crate::input::StandardInput;
use crate::invoke::Answer;
use crate::outcome::{Limit, Outcome, Output};
use crate::output::Printed;
use crate::receipt::Receipt;

/// What leaves one call.
pub(crate) struct Leaving(Arc<Scrubber>);

/// What was kept of what a guest printed.
pub(crate) struct Transcript {
    pub(crate) kept: Vec<u8>,
    pub(crate) written: u64,
    pub(crate) cut: bool,
}

/// What was kept of what a guest printed, and how much that was in all.
///
/// Where it was cut, a secret may have been cut, too: what may be the beginning of one is left out.
pub(crate) fn printed(scrubber: &Arc<Scrubber>, (kept, written): (Vec<u8>, u64)) -> Transcript {
    let cut = written > kept.len() as u64;
    let kept = if scrubber.is_empty() {
        kept
    } else {
        let mut stream = Stream::new(Arc::clone(scrubber));
        let mut text = stream.push(&kept);
        if !cut {
            text.extend(stream.finish().0);
        }
        text
    };
    Transcript { kept, written, cut }
}

impl Leaving {
    pub(crate) fn new(scrubber: Arc<Scrubber>) -> Self {
        Self(scrubber)
    }

    /// Whoever listens to a call, hearing no secrets.
    pub(crate) fn events(&self, events: Events) -> Events {
        if self.0.is_empty() {
            return events;
        }
        Arc::new(Heard {
            events,
            scrubber: Arc::clone(&self.0),
        })
    }

    /// The answer without secrets. A label may be longer than what it stands for, and a result that
    /// passes its limit by that is one that passes its limit.
    pub(crate) fn answer(&self, mut answer: Answer, result_bytes_max: usize) -> Answer {
        if self.0.is_empty() {
            return answer;
        }
        let scrub = &*self.0;
        answer.outcome = match answer.outcome {
            Outcome::Returned(output) => {
                let output = self::output(scrub, output);
                answer.receipt.result_bytes = size(&output);
                if answer.receipt.result_bytes > result_bytes_max {
                    Outcome::Limit(Limit::Result)
                } else {
                    Outcome::Returned(output)
                }
            }
            Outcome::ToolError(mut error) => {
                error.text = scrub.string(error.text);
                error.case = error.case.map(|case| scrub.string(case));
                Outcome::ToolError(error)
            }
            Outcome::Trapped(mut trap) => {
                trap.reason = scrub.string(trap.reason);
                trap.last_words = trap.last_words.map(|words| scrub.string(words));
                Outcome::Trapped(trap)
            }
            Outcome::HostFault(reason) => Outcome::HostFault(scrub.string(reason)),
            other @ (Outcome::Cancelled | Outcome::Limit(_) | Outcome::Unasked(_)) => other,
        };
        receipt(scrub, &mut answer.receipt);
        answer
    }
}

/// Removes secrets from what a call reached and was denied: a guest chose the names.
pub(crate) fn receipt(scrub: &Scrubber, receipt: &mut Receipt) {
    for denied in &mut receipt.denied {
        *denied = scrub.string(std::mem::take(denied));
    }
    for reached in &mut receipt.reached {
        reached.target = scrub.string(std::mem::take(&mut reached.target));
    }
}

fn output(scrub: &Scrubber, output: Output) -> Output {
    match output {
        Output::Json(json) => Output::Json(scrub.json(json)),
        Output::Content(blocks) => Output::Content(
            blocks
                .into_iter()
                .map(|block| content(scrub, block))
                .collect(),
        ),
        Output::Nothing => Output::Nothing,
    }
}

fn size(output: &Output) -> usize {
    match output {
        Output::Json(json) => json.len(),
        Output::Content(blocks) => blocks.iter().map(Content::size).sum(),
        Output::Nothing => 0,
    }
}

fn content(scrub: &Scrubber, block: Content) -> Content {
    let text = |text: String| scrub.string(text);
    let optional = |text: Option<String>| text.map(|text| scrub.string(text));
    match block {
        Content::Text {
            text: said,
            audience,
        } => Content::Text {
            text: text(said),
            audience,
        },
        Content::Image {
            data,
            mime_type,
            audience,
        } => Content::Image {
            data: bytes(scrub, data),
            mime_type: text(mime_type),
            audience,
        },
        Content::Audio {
            data,
            mime_type,
            audience,
        } => Content::Audio {
            data: bytes(scrub, data),
            mime_type: text(mime_type),
            audience,
        },
        Content::Link {
            uri,
            name,
            title,
            description,
            mime_type,
            size,
        } => Content::Link {
            uri: text(uri),
            name: text(name),
            title: optional(title),
            description: optional(description),
            mime_type: optional(mime_type),
            size,
        },
        Content::Embedded {
            uri,
            mime_type,
            body,
        } => Content::Embedded {
            uri: text(uri),
            mime_type: optional(mime_type),
            body: match body {
                ResourceBody::Blob(data) => ResourceBody::Blob(bytes(scrub, data)),
                ResourceBody::Text(said) => ResourceBody::Text(text(said)),
            },
        },
    }
}

fn bytes(scrub: &Scrubber, data: Vec<u8>) -> Vec<u8> {
    let scrubbed = scrub.bytes(&data);
    if scrubbed.removed.is_empty() {
        data
    } else {
        scrubbed.text.into_owned()
    }
}

/// Passes on what is heard of a call, without secrets.
struct Heard {
    events: Events,
    scrubber: Arc<Scrubber>,
}

impl CallEvents for Heard {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        let message = message.map(|text| self.scrubber.string(text));
        self.events.progress(done, total, message);
    }

    fn log(&self, level: LogLevel, message: String) {
        self.events.log(level, self.scrubber.string(message));
    }

    fn client(&self) -> String {
        self.events.client()
    }

    fn abilities(&self) -> Abilities {
        self.events.abilities()
    }

    fn ask(&self, questions: Vec<Question>) -> Asked<'_> {
        let question = |Question { key, request }| Question {
            key: self.scrubber.string(key),
            request: kind(&self.scrubber, request),
        };
        self.events
            .ask(questions.into_iter().map(question).collect())
    }

    fn background(&self) -> bool {
        self.events.background()
    }

    /// What other tools give back was searched when it left them.
    fn tools(&self) -> Option<Arc<dyn OtherTools>> {
        self.events.tools()
    }

    fn standstill(&self) -> Option<Standstill> {
        self.events.standstill()
    }

    fn standard_input(&self) -> Option<StandardInput> {
        self.events.standard_input()
    }

    /// What comes here was searched by who sends it: a secret may be printed in two pieces.
    fn standard_output(&self) -> Option<Sender<Printed>> {
        self.events.standard_output()
    }

    fn announce(&self, news: News) {
        self.events.announce(match news {
            News::Resource(uri) => News::Resource(self.scrubber.string(uri)),
            News::Tools | News::Prompts | News::Resources => news,
        });
    }
}

fn kind(scrub: &Scrubber, request: QuestionKind) -> QuestionKind {
    match request {
        QuestionKind::Decision { message, schema } => QuestionKind::Decision {
            message: scrub.string(message),
            schema: object(scrub, schema),
        },
        QuestionKind::Form { message, schema } => QuestionKind::Form {
            message: scrub.string(message),
            schema: object(scrub, schema),
        },
        QuestionKind::Page { message, url } => QuestionKind::Page {
            message: scrub.string(message),
            url: scrub.string(url),
        },
        QuestionKind::Sample {
            messages,
            max_tokens,
            system_prompt,
        } => QuestionKind::Sample {
            messages: messages
                .into_iter()
                .map(
                    |Message {
                         role,
                         content: said,
                     }| Message {
                        role,
                        content: content(scrub, said),
                    },
                )
                .collect(),
            max_tokens,
            system_prompt: system_prompt.map(|text| scrub.string(text)),
        },
        QuestionKind::Roots => QuestionKind::Roots,
    }
}

/// A schema. When a secret takes the whole of it, an empty one is left.
fn object(scrub: &Scrubber, schema: Map<String, Value>) -> Map<String, Value> {
    let text = Value::Object(schema).to_string();
    serde_json::from_str(&scrub.json(text)).unwrap_or_default()
}
