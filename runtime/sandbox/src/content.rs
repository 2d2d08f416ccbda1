//! Content blocks that a tool returns itself: `ringfence:tool/types`.
//!
//! Owns the blocks as plain data. Refuses to know how a protocol writes them.

use wasmtime::component::Val;

use crate::result::{Unwritable, raw_bytes};

/// One block of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in `wit/types.wit`, field by field")]
pub enum Content {
    Text { text: String, audience: Option<Audience> },
    Image { data: Vec<u8>, mime_type: String, audience: Option<Audience> },
    Audio { data: Vec<u8>, mime_type: String, audience: Option<Audience> },
    Link {
        uri: String,
        name: String,
        title: Option<String>,
        description: Option<String>,
        mime_type: Option<String>,
        size: Option<u64>,
    },
    Embedded { uri: String, mime_type: Option<String>, body: ResourceBody },
}

/// Who a block is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The model.
    Assistant,
    /// The person in front of the client.
    User,
}

/// What an embedded resource holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceBody {
    /// Anything.
    Blob(Vec<u8>),
    /// UTF-8 text.
    Text(String),
}

impl Content {
    /// About how many bytes the block takes on the wire.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text { text, .. } => text.len(),
            Self::Image { data, mime_type, .. } | Self::Audio { data, mime_type, .. } => {
                encoded(data.len()).saturating_add(mime_type.len())
            }
            Self::Link { uri, name, title, description, mime_type, .. } => {
                [title, description, mime_type]
                    .into_iter()
                    .flatten()
                    .fold(uri.len() + name.len(), |sum, text| sum.saturating_add(text.len()))
            }
            Self::Embedded { uri, body, .. } => uri.len().saturating_add(match body {
                ResourceBody::Blob(data) => encoded(data.len()),
                ResourceBody::Text(text) => text.len(),
            }),
        }
    }
}

fn encoded(bytes: usize) -> usize {
    bytes.div_ceil(3).saturating_mul(4)
}

/// Reads blocks of at most `bytes_max` bytes in all.
pub(crate) fn read<'v>(
    values: impl Iterator<Item = &'v Val>,
    bytes_max: usize,
) -> Result<Vec<Content>, Unwritable> {
    let mut size = 0_usize;
    let mut blocks = Vec::new();
    for value in values {
        let block = block(value).ok_or(Unwritable::WrongType)?;
        size = size.saturating_add(block.size());
        if size > bytes_max {
            return Err(Unwritable::TooLong);
        }
        blocks.push(block);
    }
    Ok(blocks)
}

/// Nothing when the value is not of the type that `ringfence:tool/types` gives it.
fn block(value: &Val) -> Option<Content> {
    let Val::Variant(case, Some(payload)) = value else { return None };
    let Val::Record(fields) = &**payload else { return None };
    let fields = Record(fields);
    Some(match case.as_str() {
        "text" => Content::Text { text: fields.text("text")?, audience: fields.audience()? },
        "image" => Content::Image {
            data: fields.data("data")?,
            mime_type: fields.text("mime-type")?,
            audience: fields.audience()?,
        },
        "audio" => Content::Audio {
            data: fields.data("data")?,
            mime_type: fields.text("mime-type")?,
            audience: fields.audience()?,
        },
        "link" => Content::Link {
            uri: fields.text("uri")?,
            name: fields.text("name")?,
            title: fields.optional("title")?,
            description: fields.optional("description")?,
            mime_type: fields.optional("mime-type")?,
            size: match fields.option("size")? {
                Some(Val::U64(size)) => Some(*size),
                Some(_) => return None,
                None => None,
            },
        },
        "embedded" => Content::Embedded {
            uri: fields.text("uri")?,
            mime_type: fields.optional("mime-type")?,
            body: match fields.field("body")? {
                Val::Variant(case, Some(body)) => match (case.as_str(), &**body) {
                    ("text", Val::String(text)) => ResourceBody::Text(text.clone()),
                    ("blob", Val::List(items)) => ResourceBody::Blob(raw_bytes(items)?),
                    _ => return None,
                },
                _ => return None,
            },
        },
        _ => return None,
    })
}

struct Record<'v>(&'v [(String, Val)]);

impl Record<'_> {
    fn field(&self, name: &str) -> Option<&Val> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    fn option(&self, name: &str) -> Option<Option<&Val>> {
        match self.field(name)? {
            Val::Option(value) => Some(value.as_deref()),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.field(name)? {
            Val::String(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn optional(&self, name: &str) -> Option<Option<String>> {
        match self.option(name)? {
            Some(Val::String(text)) => Some(Some(text.clone())),
            Some(_) => None,
            None => Some(None),
        }
    }

    fn data(&self, name: &str) -> Option<Vec<u8>> {
        match self.field(name)? {
            Val::List(items) => raw_bytes(items),
            _ => None,
        }
    }

    fn audience(&self) -> Option<Option<Audience>> {
        match self.option("audience")? {
            None => Some(None),
            Some(Val::Enum(label)) => match label.as_str() {
                "user" => Some(Some(Audience::User)),
                "assistant" => Some(Some(Audience::Assistant)),
                _ => None,
            },
            Some(_) => None,
        }
    }
}
