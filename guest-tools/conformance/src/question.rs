//! Questions to the client, and asking them.

use crate::bindings::ringfence::tool::client::{
    Answer, AskError, FormRequest, Message, Question, Request, SampleRequest,
};
use crate::bindings::ringfence::tool::types::{Role, ToolError, UnavailableError};
use crate::content;
use crate::host::Host;

/// A form with one text to fill in.
pub(crate) fn text(key: &str, message: &str, field: &str) -> Question {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {field: {"type": "string"}},
        "required": [field],
    });
    form(key, message, schema.to_string())
}

/// A form with one box to tick.
pub(crate) fn tick(key: &str, message: &str, field: &str) -> Question {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {field: {"type": "boolean"}},
        "required": [field],
    });
    form(key, message, schema.to_string())
}

pub(crate) fn form(key: &str, message: &str, schema: impl Into<String>) -> Question {
    Question {
        key: key.to_owned(),
        request: Request::Form(FormRequest {
            message: message.to_owned(),
            schema: schema.into(),
        }),
    }
}

pub(crate) fn sample(key: &str, prompt: &str, max_tokens: u32) -> Question {
    Question {
        key: key.to_owned(),
        request: Request::Sample(SampleRequest {
            messages: vec![Message {
                role: Role::User,
                content: content::text(prompt),
            }],
            max_tokens,
            system_prompt: None,
        }),
    }
}

pub(crate) fn roots(key: &str) -> Question {
    Question {
        key: key.to_owned(),
        request: Request::Roots,
    }
}

/// Asks everything at once.
pub(crate) fn ask(host: &dyn Host, questions: Vec<Question>) -> Result<Vec<Answer>, ToolError> {
    host.ask(questions).map_err(|error| match error {
        AskError::Expired => unavailable("nobody answered in time"),
        AskError::Overloaded => unavailable("too many questions are open"),
        AskError::Malformed => ToolError::Failed("the host refused a question".to_owned()),
    })
}

/// Asks one question.
pub(crate) fn ask_one(host: &dyn Host, question: Question) -> Result<Answer, ToolError> {
    ask(host, vec![question])?
        .pop()
        .ok_or_else(|| ToolError::Failed("the host gave no answer to a question".to_owned()))
}

fn unavailable(message: &str) -> ToolError {
    ToolError::Unavailable(UnavailableError {
        message: message.to_owned(),
        retry_after_ms: None,
    })
}
