//! The prompts.

use crate::answer;
use crate::bindings::exports::ringfence::tool::prompts::{
    Prompt, PromptArgument, PromptDescription, PromptMessage,
};
use crate::bindings::ringfence::tool::types::{Argument, Content, Role, ToolError};
use crate::content::{embedded, image, text};
use crate::host::Host;
use crate::question;

/// One prompt.
struct Fixture {
    name: &'static str,
    description: &'static str,
    arguments: &'static [(&'static str, &'static str)],
    fill: fn(&Values<'_>, &dyn Host) -> Result<Vec<Content>, ToolError>,
}

const FIXTURES: &[Fixture] = &[
    Fixture {
        name: "test_simple_prompt",
        description: "A prompt without blanks",
        arguments: &[],
        fill: |_, _| Ok(vec![text("This is a simple prompt for testing.")]),
    },
    Fixture {
        name: "test_prompt_with_arguments",
        description: "A prompt with two blanks",
        arguments: &[
            ("arg1", "First test argument"),
            ("arg2", "Second test argument"),
        ],
        fill: |values, _| {
            Ok(vec![text(format!(
                "Prompt with arguments: arg1='{}', arg2='{}'",
                values.of("arg1")?,
                values.of("arg2")?
            ))])
        },
    },
    Fixture {
        name: "test_prompt_with_embedded_resource",
        description: "A prompt that embeds a resource",
        arguments: &[("resourceUri", "URI of the resource to embed")],
        fill: |values, _| {
            Ok(vec![
                embedded(
                    values.of("resourceUri")?,
                    "text/plain",
                    "Embedded resource content for testing.",
                ),
                text("Please process the embedded resource above."),
            ])
        },
    },
    Fixture {
        name: "test_prompt_with_image",
        description: "A prompt with an image",
        arguments: &[],
        fill: |_, _| Ok(vec![image(), text("Please analyze the image above.")]),
    },
    Fixture {
        name: "test_input_required_result_prompt",
        description: "A prompt that asks the person for its context",
        arguments: &[],
        fill: |_, host| {
            let question = question::text(
                "user_context",
                "What context should the prompt use?",
                "context",
            );
            let answer = question::ask_one(host, question)?;
            let context = answer::text(&answer, "context").unwrap_or_else(|instead| instead);
            Ok(vec![text(format!("Prompt with context: {context}"))])
        },
    },
];

/// What the blanks are filled with.
struct Values<'a>(&'a [Argument]);

impl Values<'_> {
    fn of(&self, name: &str) -> Result<&str, ToolError> {
        self.0
            .iter()
            .find(|argument| argument.name == name)
            .map(|argument| argument.value.as_str())
            .ok_or_else(|| ToolError::InvalidArgument(format!("`{name}` must be given")))
    }
}

/// The prompts as the client will see them.
pub fn describe() -> Vec<PromptDescription> {
    FIXTURES
        .iter()
        .map(|fixture| PromptDescription {
            name: fixture.name.to_owned(),
            title: None,
            description: Some(fixture.description.to_owned()),
            arguments: fixture.arguments.iter().map(argument).collect(),
        })
        .collect()
}

fn argument((name, description): &(&str, &str)) -> PromptArgument {
    PromptArgument {
        name: (*name).to_owned(),
        title: None,
        description: Some((*description).to_owned()),
        required: true,
    }
}

/// Fills one in.
///
/// # Errors
///
/// When there is no such prompt, a blank is left, or nobody answers what it asks.
pub fn get(name: &str, arguments: &[Argument], host: &dyn Host) -> Result<Prompt, ToolError> {
    let fixture = FIXTURES
        .iter()
        .find(|fixture| fixture.name == name)
        .ok_or_else(|| ToolError::NotFound(format!("there is no prompt `{name}`")))?;
    let contents = (fixture.fill)(&Values(arguments), host)?;
    let message = |content| PromptMessage {
        role: Role::User,
        content,
    };
    Ok(Prompt {
        description: Some(fixture.description.to_owned()),
        messages: contents.into_iter().map(message).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Script, accepted};

    fn filled(name: &str, arguments: &[(&str, &str)], host: &Script) -> Vec<Content> {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|(name, value)| Argument {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        let prompt = get(name, &arguments, host).unwrap();
        let messages = prompt.messages.into_iter();
        messages.map(|message| message.content).collect()
    }

    #[test]
    fn blanks_are_filled() {
        assert_eq!(
            filled(
                "test_prompt_with_arguments",
                &[("arg2", "world"), ("arg1", "hello")],
                &Script::default()
            ),
            [text("Prompt with arguments: arg1='hello', arg2='world'")]
        );
    }

    #[test]
    fn a_blank_that_is_left_is_an_error() {
        let error = get("test_prompt_with_arguments", &[], &Script::default()).unwrap_err();
        assert!(matches!(error, ToolError::InvalidArgument(_)), "{error:?}");
    }

    #[test]
    fn the_resource_is_the_one_asked_for() {
        let contents = filled(
            "test_prompt_with_embedded_resource",
            &[("resourceUri", "test://example-resource")],
            &Script::default(),
        );
        let Some(Content::Embedded(resource)) = contents.first() else {
            panic!("nothing is embedded: {contents:?}");
        };
        assert_eq!(resource.uri, "test://example-resource");
    }

    #[test]
    fn an_image_comes_with_a_text() {
        let contents = filled("test_prompt_with_image", &[], &Script::default());
        assert!(matches!(
            contents.as_slice(),
            [Content::Image(_), Content::Text(_)]
        ));
    }

    #[test]
    fn a_prompt_can_ask() {
        let host = Script::answering([vec![accepted(r#"{"context":"test context"}"#)]]);
        assert_eq!(
            filled("test_input_required_result_prompt", &[], &host),
            [text("Prompt with context: test context")]
        );
        assert_eq!(host.keys(), [vec!["user_context"]]);
    }

    #[test]
    fn an_unknown_prompt_is_not_found() {
        let error = get("nothing", &[], &Script::default()).unwrap_err();
        assert!(matches!(error, ToolError::NotFound(_)), "{error:?}");
    }
}
