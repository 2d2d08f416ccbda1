//! Content blocks, each from what is in it.

use crate::bindings::ringfence::tool::types::{
    Content, MediaContent, ResourceBody, ResourceContent, TextContent,
};
use crate::media;

pub(crate) fn text(text: impl Into<String>) -> Content {
    Content::Text(TextContent {
        text: text.into(),
        audience: None,
    })
}

pub(crate) fn image() -> Content {
    Content::Image(MediaContent {
        data: media::PNG.to_vec(),
        mime_type: "image/png".to_owned(),
        audience: None,
    })
}

pub(crate) fn audio() -> Content {
    Content::Audio(MediaContent {
        data: media::WAV.to_vec(),
        mime_type: "audio/wav".to_owned(),
        audience: None,
    })
}

pub(crate) fn embedded(uri: &str, mime_type: &str, text: &str) -> Content {
    Content::Embedded(ResourceContent {
        uri: uri.to_owned(),
        mime_type: Some(mime_type.to_owned()),
        body: ResourceBody::Text(text.to_owned()),
    })
}
