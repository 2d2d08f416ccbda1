//! A tool's content blocks as MCP's.
//!
//! Owns what of them reaches a client: text without control characters, links that only lead to the
//! web, media types that are media types.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_sandbox::{Audience, Content, ResourceBody};
use rmcp::model::{
    Annotations, AudioContent, ContentBlock, EmbeddedResource, ImageContent, Resource,
    ResourceContents, Role, TextContent,
};

use super::sanitize;

/// Schemes of links. Whoever follows another one opens a file or runs a script.
const LINK_SCHEMES: [&str; 2] = ["https", "http"];

/// Schemes that the name of a resource must not have: a client may do something else with them than
/// ask us. Every other scheme is a component's own.
const FOREIGN_SCHEMES: [&str; 8] = [
    "file",
    "javascript",
    "data",
    "vbscript",
    "blob",
    "about",
    "view-source",
    "ms-appinstaller",
];

/// The name of an embedded resource whose own is refused.
const UNNAMED: &str = "urn:ringfence:unnamed";

/// What a media type that is none becomes.
const ANY_BYTES: &str = "application/octet-stream";

/// Bytes of a URI or a media type.
const LABEL_BYTES_MAX: usize = 2048;

/// One block, made harmless.
pub(crate) fn block(content: Content) -> ContentBlock {
    match content {
        Content::Text { text, audience } => {
            let mut block = TextContent::new(sanitize::text(&text));
            block.annotations = annotations(audience);
            ContentBlock::Text(block)
        }
        Content::Image {
            data,
            mime_type,
            audience,
        } => {
            let mut block =
                ImageContent::new(STANDARD.encode(data), media_type_of("image/", mime_type));
            block.annotations = annotations(audience);
            ContentBlock::Image(block)
        }
        Content::Audio {
            data,
            mime_type,
            audience,
        } => {
            let mut block =
                AudioContent::new(STANDARD.encode(data), media_type_of("audio/", mime_type));
            block.annotations = annotations(audience);
            ContentBlock::Audio(block)
        }
        Content::Link {
            uri,
            name,
            title,
            description,
            mime_type,
            size,
        } => {
            let Some(uri) = link_of(uri) else {
                let note = "[a link was left out: only `http` and `https` links are passed on]";
                return ContentBlock::text(note);
            };
            let mut link = Resource::new(uri, sanitize::text(&name));
            link.title = title.map(|title| sanitize::text(&title).into_owned());
            link.description = description.map(|text| sanitize::text(&text).into_owned());
            link.mime_type = mime_type.map(media_type);
            link.size = size;
            ContentBlock::resource_link(link)
        }
        Content::Embedded {
            uri,
            mime_type,
            body,
        } => ContentBlock::Resource(EmbeddedResource::new(contents(uri, mime_type, body))),
    }
}

/// What a resource holds, made harmless.
pub(crate) fn contents(
    uri: String,
    mime_type: Option<String>,
    body: ResourceBody,
) -> ResourceContents {
    let uri = name_of(uri).unwrap_or_else(|| UNNAMED.to_owned());
    let mime_type = mime_type.map(media_type);
    match body {
        ResourceBody::Text(text) => ResourceContents::TextResourceContents {
            uri,
            mime_type,
            text: sanitize::text(&text).into_owned(),
            meta: None,
        },
        ResourceBody::Blob(data) => ResourceContents::BlobResourceContents {
            uri,
            mime_type,
            blob: STANDARD.encode(data),
            meta: None,
        },
    }
}

fn annotations(audience: Option<Audience>) -> Option<Annotations> {
    let role = match audience? {
        Audience::Assistant => Role::Assistant,
        Audience::User => Role::User,
    };
    Some(Annotations::default().with_audience(vec![role]))
}

/// The URI of a link, when it leads to the web.
fn link_of(uri: String) -> Option<String> {
    let known = is_of(&uri, &LINK_SCHEMES);
    (known && is_uri(&uri)).then_some(uri)
}

/// The URI of a resource, when it can only be ours.
pub(crate) fn name_of(uri: String) -> Option<String> {
    let foreign = is_of(&uri, &FOREIGN_SCHEMES);
    (!foreign && is_uri(&uri)).then_some(uri)
}

fn is_of(uri: &str, schemes: &[&str]) -> bool {
    let scheme = uri.split(':').next().unwrap_or_default();
    let mut known = schemes.iter();
    known.any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Whether it is a scheme and more, in printable ASCII.
fn is_uri(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let named = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let printable = uri.len() <= LABEL_BYTES_MAX
        && rest
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'\\'));
    named && printable && !rest.is_empty()
}

/// The media type of a picture or a sound, when it is one: a client may show a page that calls itself
/// a picture.
fn media_type_of(kind: &str, text: String) -> String {
    let is_of_kind = text
        .get(..kind.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(kind));
    if is_of_kind {
        media_type(text)
    } else {
        ANY_BYTES.to_owned()
    }
}

/// The media type, when it looks like one.
pub(crate) fn media_type(text: String) -> String {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let essence = text.split(';').next().unwrap_or_default().trim();
    let valid = text.len() <= LABEL_BYTES_MAX
        && text.bytes().all(|b| (b' '..=b'~').contains(&b))
        && essence
            .split_once('/')
            .is_some_and(|(kind, subtype)| part(kind) && part(subtype));
    if valid { text } else { ANY_BYTES.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(uri: &str) -> ContentBlock {
        block(Content::Link {
            uri: uri.into(),
            name: "n\u{1b}[1m".into(),
            title: None,
            description: None,
            mime_type: None,
            size: None,
        })
    }

    #[test]
    fn only_web_links_are_passed_on() {
        for uri in ["https://example.com/a?b#c", "HTTP://example.com"] {
            let ContentBlock::ResourceLink(link) = link(uri) else {
                panic!("{uri}")
            };
            assert_eq!((link.uri.as_str(), link.name.as_str()), (uri, "n"));
        }
        for uri in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "//example.com",
            "https:",
            "https://a b",
            "https://a\nb",
            "https://\u{202e}a",
            "",
        ] {
            assert!(matches!(link(uri), ContentBlock::Text(_)), "{uri}");
        }
    }

    #[test]
    fn an_embedded_resource_keeps_its_content_under_a_harmless_name() {
        let body = ResourceBody::Text("a\u{7}b".into());
        let embedded = Content::Embedded {
            uri: "file:///etc/passwd".into(),
            mime_type: None,
            body,
        };
        let json = serde_json::to_value(block(embedded)).unwrap();
        assert_eq!(json["resource"]["uri"], UNNAMED);
        assert_eq!(json["resource"]["text"], "ab");
    }

    #[test]
    fn a_media_type_is_one_or_says_nothing() {
        for good in [
            "image/png",
            "text/plain; charset=utf-8",
            "application/vnd.x+json",
        ] {
            assert_eq!(media_type(good.into()), good);
        }
        for bad in ["", "png", "image/", "a/b/c", "image/png\n", "<script>/x"] {
            assert_eq!(media_type(bad.into()), ANY_BYTES, "{bad}");
        }
    }

    #[test]
    fn a_page_is_no_picture_and_no_sound() {
        for (kind, good) in [("image/", "Image/PNG"), ("audio/", "audio/wav; rate=8000")] {
            assert_eq!(media_type_of(kind, good.into()), good);
        }
        for bad in ["text/html", "image", "image/", "audio/wav", "imagé/png", ""] {
            assert_eq!(media_type_of("image/", bad.into()), ANY_BYTES, "{bad}");
        }
    }
}
