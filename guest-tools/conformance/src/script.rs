//! A host that follows a script, for tests.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use crate::bindings::exports::ringfence::tool::provider::ToolResult;
use crate::bindings::ringfence::tool::client::{
    Abilities, Answer, AskError, Message, Question, Root, SampleAnswer,
};
use crate::bindings::ringfence::tool::types::{Content, Role};
use crate::content;
use crate::host::Host;

/// Writes down what happens, and answers what it was given beforehand.
#[derive(Default)]
pub(crate) struct Script {
    abilities: Abilities,
    answers: RefCell<VecDeque<Result<Vec<Answer>, AskError>>>,
    asked: RefCell<Vec<Vec<Question>>>,
    events: RefCell<Vec<String>>,
}

impl Default for Abilities {
    fn default() -> Self {
        Self::all()
    }
}

impl Script {
    /// Answers each time it is asked.
    pub(crate) fn answering<const N: usize>(answers: [Vec<Answer>; N]) -> Self {
        let script = Self::default();
        script.answers.borrow_mut().extend(answers.map(Ok));
        script
    }

    /// Gives no answer.
    pub(crate) fn refusing(error: AskError) -> Self {
        let script = Self::default();
        script.answers.borrow_mut().push_back(Err(error));
        script
    }

    pub(crate) fn able(self, abilities: Abilities) -> Self {
        Self { abilities, ..self }
    }

    pub(crate) fn asked(&self) -> Vec<Vec<Question>> {
        self.asked.borrow().clone()
    }

    /// The keys of the questions, round by round.
    pub(crate) fn keys(&self) -> Vec<Vec<String>> {
        let keys = |round: &Vec<Question>| round.iter().map(|asked| asked.key.clone()).collect();
        self.asked.borrow().iter().map(keys).collect()
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.events.borrow().clone()
    }

    fn note(&self, event: impl Into<String>) {
        self.events.borrow_mut().push(event.into());
    }
}

impl Host for Script {
    fn progress(&self, done: f64, total: f64) {
        self.note(format!("progress {done}/{total}"));
    }

    fn log(&self, line: &str) {
        self.note(format!("log {line}"));
    }

    fn background(&self) -> bool {
        self.note("background");
        true
    }

    fn can_ask(&self) -> Abilities {
        self.abilities
    }

    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>, AskError> {
        let keys: Vec<_> = questions.iter().map(|asked| asked.key.as_str()).collect();
        self.note(format!("ask {}", keys.join(" ")));
        self.asked.borrow_mut().push(questions);
        self.answers
            .borrow_mut()
            .pop_front()
            .expect("the script has no answer to this")
    }

    fn tools_changed(&self) {
        self.note("tools changed");
    }

    fn prompts_changed(&self) {
        self.note("prompts changed");
    }

    fn pause(&self, duration: Duration) {
        self.note(format!("pause {}", duration.as_millis()));
    }
}

pub(crate) fn accepted(form: &str) -> Answer {
    Answer::Accepted(form.to_owned())
}

pub(crate) fn sampled(text: &str) -> Answer {
    Answer::Sample(SampleAnswer {
        role: Role::Assistant,
        content: content::text(text),
        model: "test-model".to_owned(),
        stop_reason: Some("endTurn".to_owned()),
    })
}

pub(crate) fn rooted(uri: &str, name: &str) -> Answer {
    Answer::Roots(vec![Root {
        uri: uri.to_owned(),
        name: Some(name.to_owned()),
    }])
}

pub(crate) fn says(text: &str) -> Message {
    Message {
        role: Role::User,
        content: content::text(text),
    }
}

/// The texts of a result.
pub(crate) fn texts(result: &ToolResult) -> Vec<String> {
    result.content.iter().filter_map(text).collect()
}

fn text(content: &Content) -> Option<String> {
    match content {
        Content::Text(text) => Some(text.text.clone()),
        _ => None,
    }
}
