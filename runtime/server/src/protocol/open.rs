//! Questions that wait for a client.
//!
//! Owns which of them are answered, one by one or all at once, and that the guest goes on when the
//! last is.

use ringfence_sandbox::{AskError, ClientAnswer};
use serde_json::{Map, Value};

use super::fault::{self, Fault};
use super::line::Asked;
use super::questions;

/// Answers that a client sends along, by the key of the question.
pub(crate) type Responses = Map<String, Value>;

/// Answers of one request. Bounds what is kept for questions that are never asked.
const RESPONSES_MAX: usize = 64;

/// The questions of one guest, some of them answered.
#[derive(Debug)]
pub(crate) struct Open {
    asked: Asked,
    answers: Vec<Option<ClientAnswer>>,
}

impl Open {
    pub(crate) fn new(asked: Asked) -> Self {
        let answers = asked.questions.iter().map(|_| None).collect();
        Self { asked, answers }
    }

    /// What is not answered yet, as requests by key.
    pub(crate) fn requests(&self) -> Map<String, Value> {
        let open = self.asked.questions.iter().zip(&self.answers);
        open.filter(|(_, answer)| answer.is_none())
            .map(|(question, _)| (question.key.clone(), questions::request(question)))
            .collect()
    }

    /// Takes what answers these questions. What belongs to none of them stays.
    ///
    /// # Errors
    ///
    /// An answer does not fit its question. Nothing is taken then.
    pub(crate) fn take(&mut self, responses: &mut Responses) -> Result<(), Fault> {
        let mut found = Vec::new();
        for (at, question) in self.asked.questions.iter().enumerate() {
            if let Some(sent) = responses.get(&question.key) {
                let answer = questions::answer(question, sent).ok_or_else(|| {
                    fault::params(format!(
                        "`inputResponses.{}` is no answer to what was asked",
                        question.key
                    ))
                })?;
                found.push((at, answer));
            }
        }
        for (at, answer) in found {
            if let (Some(slot), Some(question)) =
                (self.answers.get_mut(at), self.asked.questions.get(at))
            {
                slot.get_or_insert(answer);
                responses.remove(&question.key);
            }
        }
        Ok(())
    }

    /// Lets the guest go on, when every question is answered. Otherwise gives the questions back.
    pub(crate) fn settle(self) -> Option<Self> {
        if self.answers.iter().any(Option::is_none) {
            return Some(self);
        }
        self.asked
            .reply(Ok(self.answers.into_iter().flatten().collect()));
        None
    }

    /// Waits until nobody waits for the answers any more.
    pub(crate) async fn abandoned(&mut self) {
        self.asked.abandoned().await;
    }

    /// Whether nobody waits for the answers any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.asked.is_abandoned()
    }

    /// Lets the guest go on without answers.
    pub(crate) fn refuse(self, why: AskError) {
        self.asked.reply(Err(why));
    }
}

/// The answers that a request carries.
///
/// # Errors
///
/// They are no objects, or too many.
pub(crate) fn responses(sent: Option<Value>) -> Result<Responses, Fault> {
    let malformed = || fault::params("`inputResponses` must be an object of objects, by key");
    match sent {
        None => Ok(Responses::new()),
        Some(Value::Object(responses)) => {
            if responses.len() > RESPONSES_MAX {
                let text = format!("`inputResponses` has more than {RESPONSES_MAX} members");
                return Err(fault::params(text));
            }
            if responses.values().all(Value::is_object) {
                Ok(responses)
            } else {
                Err(malformed())
            }
        }
        Some(_) => Err(malformed()),
    }
}
