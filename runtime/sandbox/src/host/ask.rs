//! Questions to whoever is behind a call, and their answers, as plain data.
//!
//! Owns what can be asked. Refuses to know how a guest passes it and how a protocol writes it.

use std::fmt;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::content::Content;

/// What a client can be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a separate ability, and any of the sixteen sets is possible"
)]
pub struct Abilities {
    /// Whether a person can fill in a form.
    pub form: bool,
    /// Whether a person can be sent to a web page.
    pub page: bool,
    /// Whether its model can be asked.
    pub sample: bool,
    /// Whether it names its roots.
    pub roots: bool,
}

impl Abilities {
    /// Whether `ability` is among them.
    pub fn has(self, ability: Ability) -> bool {
        match ability {
            Ability::Form => self.form,
            Ability::Page => self.page,
            Ability::Sample => self.sample,
            Ability::Roots => self.roots,
        }
    }
}

/// One of the things that a client can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ability {
    /// To have a person fill in a form.
    Form,
    /// To send a person to a web page.
    Page,
    /// To have its model say something.
    Sample,
    /// To name its roots.
    Roots,
}

impl Ability {
    /// One word for records, metrics and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Page => "page",
            Self::Sample => "sample",
            Self::Roots => "roots",
        }
    }
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "to have a person fill in a form",
            Self::Page => "to send a person to a web page",
            Self::Sample => "to have its model say something",
            Self::Roots => "to name its roots",
        })
    }
}

/// A question with a name of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// `[A-Za-z0-9_-]{1,64}`, unique within its ask.
    pub key: String,
    /// What is asked.
    pub request: QuestionKind,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "documented in `wit/client.wit`, field by field"
)]
pub enum QuestionKind {
    /// A form for the person. The schema is an object, and not deep; what else it is, nobody
    /// checked.
    Form {
        message: String,
        schema: Map<String, Value>,
    },
    /// A form of the host's own, by which a person decides. No guest asks so. Who sends it back filled in with
    /// something else than it offers has said no.
    Decision {
        message: String,
        schema: Map<String, Value>,
    },
    /// A web page for the person.
    Page { message: String, url: String },
    /// The client's model.
    Sample {
        messages: Vec<Message>,
        max_tokens: u32,
        system_prompt: Option<String>,
    },
    /// The folders that the client works in.
    Roots,
}

impl QuestionKind {
    /// What a client must be able to do to be asked this.
    pub fn ability(&self) -> Ability {
        match self {
            Self::Decision { .. } | Self::Form { .. } => Ability::Form,
            Self::Page { .. } => Ability::Page,
            Self::Sample { .. } => Ability::Sample,
            Self::Roots => Ability::Roots,
        }
    }
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said: text, an image or a sound.
    pub content: Content,
}

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// What came back for one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAnswer {
    /// The person filled in the form, or went to the page: the values, as the text of a JSON
    /// object.
    Accepted(String),
    /// The person said no.
    Declined,
    /// The person closed the question.
    Dismissed,
    /// What the model said: text, an image or a sound.
    Sample {
        /// Who said it.
        role: Role,
        /// What was said.
        content: Content,
        /// Which model said it.
        model: String,
        /// Why it stopped, when known.
        stop_reason: Option<String>,
    },
    /// The client's folders.
    Roots(Vec<Root>),
}

/// A folder that a client works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Where: a `file:` URI.
    pub uri: String,
    /// What people call it.
    pub name: Option<String>,
}

/// Why no answers came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AskError {
    /// Nobody answered in time.
    #[error("nobody answered in time")]
    Expired,
    /// A question, or what came back, is not as it must be.
    #[error("a question or its answer is not as it must be")]
    Malformed,
    /// Too many questions at once, or too many asks.
    #[error("too many questions")]
    Overloaded,
}

/// A guest asked what its client cannot be asked, and ends with it.
#[derive(Debug, Clone, Copy, Error)]
#[error("the client cannot be asked {0}")]
pub(crate) struct Unasked(pub(crate) Ability);
