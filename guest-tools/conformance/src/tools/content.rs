//! Tools that return each kind of content, and an error.

use super::Tool;
use crate::bindings::ringfence::tool::types::ToolError;
use crate::content::{audio, embedded, image, text};

pub(super) const TOOLS: &[Tool] = &[
    Tool::new("test_simple_text", "Returns a text.", |_, _| {
        Ok(vec![text("This is a simple text response for testing.")])
    }),
    Tool::new("test_image_content", "Returns an image.", |_, _| {
        Ok(vec![image()])
    }),
    Tool::new("test_audio_content", "Returns a sound.", |_, _| {
        Ok(vec![audio()])
    }),
    Tool::new(
        "test_embedded_resource",
        "Returns an embedded resource.",
        |_, _| {
            Ok(vec![embedded(
                "test://embedded-resource",
                "text/plain",
                "This is an embedded resource content.",
            )])
        },
    ),
    Tool::new(
        "test_multiple_content_types",
        "Returns a text, an image and an embedded resource.",
        |_, _| {
            Ok(vec![
                text("Multiple content types test:"),
                image(),
                embedded(
                    "test://mixed-content-resource",
                    "application/json",
                    r#"{"test":"data","value":123}"#,
                ),
            ])
        },
    ),
    Tool::new("test_error_handling", "Always fails.", |_, _| {
        Err(ToolError::Failed(
            "This tool intentionally returns an error for testing".to_owned(),
        ))
    }),
];

#[cfg(test)]
mod tests {
    use crate::bindings::ringfence::tool::types::{Content, ToolError};
    use crate::script::Script;
    use crate::tools::call;

    #[test]
    fn the_kinds_of_content_are_the_promised_ones() {
        let kinds = |name: &str| -> Vec<&str> {
            let result = call(name, "{}", &Script::default()).unwrap();
            let kind = |content: &Content| match content {
                Content::Text(_) => "text",
                Content::Image(_) => "image",
                Content::Audio(_) => "audio",
                Content::Link(_) => "link",
                Content::Embedded(_) => "resource",
            };
            result.content.iter().map(kind).collect()
        };
        assert_eq!(kinds("test_simple_text"), ["text"]);
        assert_eq!(kinds("test_image_content"), ["image"]);
        assert_eq!(kinds("test_audio_content"), ["audio"]);
        assert_eq!(kinds("test_embedded_resource"), ["resource"]);
        assert_eq!(
            kinds("test_multiple_content_types"),
            ["text", "image", "resource"]
        );
    }

    #[test]
    fn an_error_is_an_error_of_the_tool() {
        let error = call("test_error_handling", "{}", &Script::default()).unwrap_err();
        assert_eq!(
            error,
            ToolError::Failed("This tool intentionally returns an error for testing".to_owned())
        );
    }
}
