//! What a guest can ask whoever is behind its call: `ringfence:tool/client`.
//!
//! Owns the checks on questions and on what comes back, and how long a guest may wait. Refuses to
//! know how a client is reached: [`CallEvents::ask`](super::CallEvents::ask) does.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value};

use super::HostCall;
use super::ask::{
    Abilities, Ability, AskError, ClientAnswer, Message, Question, QuestionKind, Role, Unasked,
};
use super::bindings::ringfence::tool::{client as wit, types};
use super::tools::take_one;
use crate::content::{Audience, Content};

/// Asks of one call. Bounds how often a guest can interrupt a person, and how long it can hold its
/// slot by waiting.
pub(super) const ASKS_MAX: u32 = 32;

/// Questions of one ask. Bounds how much a guest can put before a person at once.
const QUESTIONS_MAX: usize = 16;

/// Bytes of a question's key. Bounds what a client must keep to find its answer.
const KEY_BYTES_MAX: usize = 64;

/// Bytes of text in one ask, schemas and conversations included. Bounds what a guest can make a
/// person or a model read.
const ASK_TEXT_BYTES_MAX: usize = 64 * 1024;

/// Bytes of images and sounds in one ask, as base64. Bounds what a guest can push to a client that
/// it answers for.
const ASK_MEDIA_BYTES_MAX: usize = 1024 * 1024;

/// Messages in one conversation. Bounds empty ones, which the bounds on text do not count.
const SAMPLE_MESSAGES_MAX: usize = 128;

/// Depth of a form's schema. Bounds recursion in whoever reads it; a form is flat, and choices take
/// a few levels.
const SCHEMA_DEPTH_MAX: usize = 16;

/// How long one ask may wait. Bounds how long a guest holds its slot for a person who went away.
const ASK_WAIT_MAX: Duration = Duration::from_mins(10);

impl wit::Host for HostCall {
    fn can_ask(&mut self) -> wit::Abilities {
        let Abilities {
            form,
            page,
            sample,
            roots,
        } = self.events.abilities();
        [
            (form, wit::Abilities::FORM),
            (page, wit::Abilities::PAGE),
            (sample, wit::Abilities::SAMPLE),
            (roots, wit::Abilities::ROOTS),
        ]
        .into_iter()
        .filter(|(has, _)| *has)
        .fold(wit::Abilities::empty(), |all, (_, ability)| all | ability)
    }

    /// The error ends the guest.
    async fn ask(
        &mut self,
        questions: Vec<wit::Question>,
    ) -> wasmtime::Result<Result<Vec<wit::Answer>, wit::AskError>> {
        if take_one(&self.asks_left).is_none() || questions.len() > QUESTIONS_MAX {
            return Ok(Err(wit::AskError::Overloaded));
        }
        let abilities = self.events.abilities();
        let asked: Vec<_> = questions.iter().map(|one| ability(&one.request)).collect();
        if let Some(missing) = asked.iter().find(|ability| !abilities.has(**ability)) {
            return Err(wasmtime::Error::new(Unasked(*missing)));
        }
        let Some(questions) = checked(questions) else {
            return Ok(Err(wit::AskError::Malformed));
        };
        if questions.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let answered = {
            let _standstill = self.clock.stop();
            tokio::time::timeout(ASK_WAIT_MAX, self.events.ask(questions)).await
        };
        Ok(answered
            .unwrap_or(Err(AskError::Expired))
            .and_then(|answers| fitting(&asked, answers).ok_or(AskError::Malformed))
            .map_err(|error| match error {
                AskError::Expired => wit::AskError::Expired,
                AskError::Malformed => wit::AskError::Malformed,
                AskError::Overloaded => wit::AskError::Overloaded,
            }))
    }
}

fn ability(request: &wit::Request) -> Ability {
    match request {
        wit::Request::Form(_) => Ability::Form,
        wit::Request::Page(_) => Ability::Page,
        wit::Request::Sample(_) => Ability::Sample,
        wit::Request::Roots => Ability::Roots,
    }
}

/// The questions, if they are as they must be.
fn checked(questions: Vec<wit::Question>) -> Option<Vec<Question>> {
    let mut room = Room {
        text: ASK_TEXT_BYTES_MAX,
        media: ASK_MEDIA_BYTES_MAX,
    };
    let mut keys = HashSet::new();
    let read = |wit::Question { key, request }| {
        let well_formed = (1..=KEY_BYTES_MAX).contains(&key.len())
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if !well_formed || !keys.insert(key.clone()) {
            return None;
        }
        room.text(&key)?;
        let request = kind(request, &mut room)?;
        Some(Question { key, request })
    };
    questions.into_iter().map(read).collect()
}

/// What of an ask's limits is left.
struct Room {
    text: usize,
    media: usize,
}

impl Room {
    fn text(&mut self, text: &str) -> Option<()> {
        self.text = self.text.checked_sub(text.len())?;
        Some(())
    }
}

fn kind(request: wit::Request, room: &mut Room) -> Option<QuestionKind> {
    Some(match request {
        wit::Request::Form(wit::FormRequest { message, schema }) => {
            room.text(&message)?;
            room.text(&schema)?;
            let schema: Map<String, Value> = serde_json::from_str(&schema).ok()?;
            if schema
                .values()
                .any(|value| is_deeper(value, SCHEMA_DEPTH_MAX - 1))
            {
                return None;
            }
            QuestionKind::Form { message, schema }
        }
        wit::Request::Page(wit::PageRequest { message, url }) => {
            room.text(&message)?;
            room.text(&url)?;
            QuestionKind::Page { message, url }
        }
        wit::Request::Sample(wit::SampleRequest {
            messages,
            max_tokens,
            system_prompt,
        }) => {
            if messages.len() > SAMPLE_MESSAGES_MAX {
                return None;
            }
            room.text(system_prompt.as_deref().unwrap_or_default())?;
            let mut read = |wit::Message { role, content }| {
                let content = said(content)?;
                match &content {
                    Content::Text { .. } => {
                        room.text = room.text.checked_sub(content.size())?;
                    }
                    _ => room.media = room.media.checked_sub(content.size())?,
                }
                let role = match role {
                    types::Role::User => Role::User,
                    types::Role::Assistant => Role::Assistant,
                };
                Some(Message { role, content })
            };
            let messages = messages.into_iter().map(&mut read).collect::<Option<_>>()?;
            QuestionKind::Sample {
                messages,
                max_tokens,
                system_prompt,
            }
        }
        wit::Request::Roots => QuestionKind::Roots,
    })
}

/// Whether a value has more than `levels` levels. The reader stops at 128, and so does this.
fn is_deeper(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else {
        return true;
    };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, below)),
        Value::Object(fields) => fields.values().any(|field| is_deeper(field, below)),
        _ => false,
    }
}

/// What can be said in a conversation: text, an image or a sound.
fn said(content: types::Content) -> Option<Content> {
    let audience = |audience: Option<types::Audience>| {
        audience.map(|audience| match audience {
            types::Audience::User => Audience::User,
            types::Audience::Assistant => Audience::Assistant,
        })
    };
    Some(match content {
        types::Content::Text(block) => Content::Text {
            text: block.text,
            audience: audience(block.audience),
        },
        types::Content::Image(block) => Content::Image {
            data: block.data,
            mime_type: block.mime_type,
            audience: audience(block.audience),
        },
        types::Content::Audio(block) => Content::Audio {
            data: block.data,
            mime_type: block.mime_type,
            audience: audience(block.audience),
        },
        types::Content::Link(_) | types::Content::Embedded(_) => return None,
    })
}

/// The other way round.
fn saying(content: Content) -> Option<types::Content> {
    let audience = |audience: Option<Audience>| {
        audience.map(|audience| match audience {
            Audience::User => types::Audience::User,
            Audience::Assistant => types::Audience::Assistant,
        })
    };
    let media = |data, mime_type, whom| types::MediaContent {
        data,
        mime_type,
        audience: audience(whom),
    };
    Some(match content {
        Content::Text {
            text,
            audience: whom,
        } => types::Content::Text(types::TextContent {
            text,
            audience: audience(whom),
        }),
        Content::Image {
            data,
            mime_type,
            audience,
        } => types::Content::Image(media(data, mime_type, audience)),
        Content::Audio {
            data,
            mime_type,
            audience,
        } => types::Content::Audio(media(data, mime_type, audience)),
        Content::Link { .. } | Content::Embedded { .. } => return None,
    })
}

/// The answers for the guest, if there is one for each question and of its kind.
fn fitting(asked: &[Ability], answers: Vec<ClientAnswer>) -> Option<Vec<wit::Answer>> {
    if asked.len() != answers.len() {
        return None;
    }
    asked
        .iter()
        .zip(answers)
        .map(|(asked, answer)| match (asked, answer) {
            // A person may stand before the model and the folders, too.
            (_, ClientAnswer::Declined) => Some(wit::Answer::Declined),
            (_, ClientAnswer::Dismissed) => Some(wit::Answer::Dismissed),
            (Ability::Form | Ability::Page, ClientAnswer::Accepted(values)) => {
                Some(wit::Answer::Accepted(values))
            }
            (
                Ability::Sample,
                ClientAnswer::Sample {
                    role,
                    content,
                    model,
                    stop_reason,
                },
            ) => Some(wit::Answer::Sample(wit::SampleAnswer {
                role: match role {
                    Role::User => types::Role::User,
                    Role::Assistant => types::Role::Assistant,
                },
                content: saying(content)?,
                model,
                stop_reason,
            })),
            (Ability::Roots, ClientAnswer::Roots(roots)) => Some(wit::Answer::Roots(
                roots
                    .into_iter()
                    .map(|root| wit::Root {
                        uri: root.uri,
                        name: root.name,
                    })
                    .collect(),
            )),
            _ => None,
        })
        .collect()
}
