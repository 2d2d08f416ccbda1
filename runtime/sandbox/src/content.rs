//! Content blocks that a tool returns itself: `ringfence:tool/types`.
//!
//! Owns the blocks as plain data. Refuses to know how a protocol writes them.

use wasmtime::component::Val;

use crate::result::{Unwritable, raw_bytes};

/// One block of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in `wit/types.wit`, field by field")]
pub enum Content {
    Text {
        text: String,
        audience: Option<Audience>,
    },
    Image {
        data: Vec<u8>,
        mime_type: String,
        audience: Option<Audience>,
    },
    Audio {
        data: Vec<u8>,
        mime_type: String,
        audience: Option<Audience>,
    },
    Link {
        uri: String,
        name: String,
        title: Option<String>,
        description: Option<String>,
        mime_type: Option<String>,
        size: Option<u64>,
    },
    Embedded {
        uri: String,
        mime_type: Option<String>,
        body: ResourceBody,
    },
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
            Self::Image {
                data, mime_type, ..
            }
            | Self::Audio {
                data, mime_type, ..
            } => encoded(data.len()).saturating_add(mime_type.len()),
            Self::Link {
                uri,
                name,
                title,
                description,
                mime_type,
                ..
            } => [title, description, mime_type]
                .into_iter()
                .flatten()
                .fold(uri.len() + name.len(), |sum, text| {
                    sum.saturating_add(text.len())
                }),
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
        let block = block(value)?;
        size = size.saturating_add(block.size());
        if size > bytes_max {
            return Err(Unwritable::TooLong);
        }
        blocks.push(block);
    }
    Ok(blocks)
}

/// Reads one block, as `ringfence:tool/types` declares it.
fn block(value: &Val) -> Result<Content, Unwritable> {
    let Val::Variant(case, Some(payload)) = value else {
        return Err(Unwritable::WrongType);
    };
    let Val::Record(fields) = &**payload else {
        return Err(Unwritable::WrongType);
    };
    let fields = Record(fields);
    Ok(match case.as_str() {
        "text" => Content::Text {
            text: fields.text("text")?,
            audience: fields.audience()?,
        },
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
            title: fields.optional("title", text)?,
            description: fields.optional("description", text)?,
            mime_type: fields.optional("mime-type", text)?,
            size: fields.optional("size", |value| match value {
                Val::U64(size) => Some(*size),
                _ => None,
            })?,
        },
        "embedded" => Content::Embedded {
            uri: fields.text("uri")?,
            mime_type: fields.optional("mime-type", text)?,
            body: fields.read("body", body)?,
        },
        _ => return Err(Unwritable::WrongType),
    })
}

fn text(value: &Val) -> Option<String> {
    match value {
        Val::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn data(value: &Val) -> Option<Vec<u8>> {
    match value {
        Val::List(items) => raw_bytes(items),
        _ => None,
    }
}

fn body(value: &Val) -> Option<ResourceBody> {
    let Val::Variant(case, Some(payload)) = value else {
        return None;
    };
    match case.as_str() {
        "text" => text(payload).map(ResourceBody::Text),
        "blob" => data(payload).map(ResourceBody::Blob),
        _ => None,
    }
}

fn audience(value: &Val) -> Option<Audience> {
    match value {
        Val::Enum(label) if label == "user" => Some(Audience::User),
        Val::Enum(label) if label == "assistant" => Some(Audience::Assistant),
        _ => None,
    }
}

/// The fields of a block by name.
struct Record<'v>(&'v [(String, Val)]);

impl Record<'_> {
    fn read<T>(&self, name: &str, read: impl Fn(&Val) -> Option<T>) -> Result<T, Unwritable> {
        let field = self.0.iter().find(|(field, _)| field == name);
        field
            .and_then(|(_, value)| read(value))
            .ok_or(Unwritable::WrongType)
    }

    fn optional<T>(
        &self,
        name: &str,
        read: impl Fn(&Val) -> Option<T>,
    ) -> Result<Option<T>, Unwritable> {
        match self.read(name, |value| match value {
            Val::Option(value) => Some(value.clone()),
            _ => None,
        })? {
            None => Ok(None),
            Some(value) => read(&value).map(Some).ok_or(Unwritable::WrongType),
        }
    }

    fn text(&self, name: &str) -> Result<String, Unwritable> {
        self.read(name, text)
    }

    fn data(&self, name: &str) -> Result<Vec<u8>, Unwritable> {
        self.read(name, data)
    }

    fn audience(&self) -> Result<Option<Audience>, Unwritable> {
        self.optional("audience", audience)
    }
}
