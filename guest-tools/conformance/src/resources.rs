//! The resources, and the one template.

use serde_json::json;

use crate::bindings::exports::ringfence::tool::resources::{
    ResourceDescription, TemplateDescription,
};
use crate::bindings::ringfence::tool::types::{ResourceBody, ResourceContent, ToolError};
use crate::media;

/// The pattern of the template.
pub(crate) const TEMPLATE: &str = "test://template/{id}/data";

struct Resource {
    uri: &'static str,
    name: &'static str,
    description: &'static str,
    mime_type: &'static str,
    body: Body,
}

enum Body {
    Text(&'static str),
    Blob(&'static [u8]),
}

const RESOURCES: &[Resource] = &[
    Resource {
        uri: "test://static-text",
        name: "static-text",
        description: "A text that never changes",
        mime_type: "text/plain",
        body: Body::Text("This is the content of the static text resource."),
    },
    Resource {
        uri: "test://static-binary",
        name: "static-binary",
        description: "An image that never changes",
        mime_type: "image/png",
        body: Body::Blob(media::PNG),
    },
    Resource {
        uri: "test://watched-resource",
        name: "watched-resource",
        description: "A text to subscribe to",
        mime_type: "text/plain",
        body: Body::Text("Watched resource content"),
    },
    Resource {
        uri: "test://example-resource",
        name: "example-resource",
        description: "A text to embed in a prompt",
        mime_type: "text/plain",
        body: Body::Text("Embedded resource content for testing."),
    },
];

impl Body {
    fn size(&self) -> u64 {
        let size = match self {
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
        };
        u64::try_from(size).unwrap_or(u64::MAX)
    }

    fn content(&self) -> ResourceBody {
        match self {
            Self::Text(text) => ResourceBody::Text((*text).to_owned()),
            Self::Blob(bytes) => ResourceBody::Blob(bytes.to_vec()),
        }
    }
}

/// The identifiers of the resources.
pub(crate) fn uris() -> impl Iterator<Item = &'static str> {
    RESOURCES.iter().map(|resource| resource.uri)
}

/// The resources as the client will see them.
pub fn describe() -> Vec<ResourceDescription> {
    RESOURCES
        .iter()
        .map(|resource| ResourceDescription {
            uri: resource.uri.to_owned(),
            name: resource.name.to_owned(),
            title: None,
            description: Some(resource.description.to_owned()),
            mime_type: Some(resource.mime_type.to_owned()),
            size: Some(resource.body.size()),
        })
        .collect()
}

/// The templates as the client will see them.
pub fn describe_templates() -> Vec<TemplateDescription> {
    vec![TemplateDescription {
        uri_template: TEMPLATE.to_owned(),
        name: "template".to_owned(),
        title: None,
        description: Some("Data that tells which `id` was asked for".to_owned()),
        mime_type: Some("application/json".to_owned()),
    }]
}

/// Reads one.
///
/// # Errors
///
/// When there is none of that name.
pub fn read(uri: &str) -> Result<ResourceContent, ToolError> {
    if let Some(resource) = RESOURCES.iter().find(|resource| resource.uri == uri) {
        return Ok(ResourceContent {
            uri: uri.to_owned(),
            mime_type: Some(resource.mime_type.to_owned()),
            body: resource.body.content(),
        });
    }
    let id = id(uri).ok_or_else(|| ToolError::NotFound(format!("there is no resource `{uri}`")))?;
    let data = json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
    Ok(ResourceContent {
        uri: uri.to_owned(),
        mime_type: Some("application/json".to_owned()),
        body: ResourceBody::Text(data.to_string()),
    })
}

/// What stands for `id` in an identifier that follows the template.
fn id(uri: &str) -> Option<&str> {
    let (before, after) = TEMPLATE.split_once("{id}")?;
    let id = uri.strip_prefix(before)?.strip_suffix(after)?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_are_described_can_be_read() {
        for described in describe() {
            let content = read(&described.uri).unwrap();
            assert_eq!(content.uri, described.uri);
            assert_eq!(content.mime_type, described.mime_type);
            let size = match content.body {
                ResourceBody::Text(text) => text.len(),
                ResourceBody::Blob(bytes) => bytes.len(),
            };
            assert_eq!(described.size, Some(size as u64));
        }
    }

    #[test]
    fn the_template_is_filled_in() {
        let content = read("test://template/123/data").unwrap();
        assert_eq!(content.uri, "test://template/123/data");
        assert_eq!(
            content.body,
            ResourceBody::Text(
                r#"{"id":"123","templateTest":true,"data":"Data for ID: 123"}"#.to_owned()
            )
        );
    }

    #[test]
    fn what_is_none_of_ours_is_not_found() {
        for uri in [
            "test://nonexistent-resource-for-conformance-testing",
            "test://template//data",
            "test://template/1/2/data",
            "test://template/1",
            "",
        ] {
            let error = read(uri).unwrap_err();
            assert!(matches!(error, ToolError::NotFound(_)), "{uri}: {error:?}");
        }
    }
}
