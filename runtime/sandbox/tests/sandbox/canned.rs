//! Guests whose functions give back what a test says, whatever they are given.
//!
//! Owns the layout of values in a guest's memory, by the rules of the component model: written from
//! JSON and types, so that what the host reads there was not written by the host.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_tool::{Case, Integer, Payload, Returns, Type};
use serde_json::Value;

/// Where values begin. Below is room for arguments.
const BASE: usize = 64 * 1024;

/// The memory of a guest from [`BASE`] on.
#[derive(Default)]
pub(crate) struct Memory(Vec<u8>);

impl Memory {
    /// Its text, as a data segment of a module with one memory.
    pub(crate) fn segment(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("(data (i32.const {BASE}) \"");
        for byte in &self.0 {
            write!(text, "\\{byte:02x}").unwrap();
        }
        text + "\")"
    }

    /// Writes what a function gives back: `json` is `{"ok": …}` or `{"err": …}` where that is a
    /// result. Gives its address.
    pub(crate) fn returned(&mut self, returns: &Returns, json: &Value) -> usize {
        let Payload::Value(ok) = &returns.ok else {
            panic!("{returns:?}")
        };
        let Some(err) = &returns.err else {
            return self.alloc(ok, 1, |memory, at| memory.store(ok, json, at));
        };
        let result = |name: &str, ty: Option<Type>| Case {
            name: name.into(),
            docs: None,
            ty,
        };
        let cases = [result("ok", Some(ok.clone())), result("err", err.clone())];
        let (size, align) = cases_layout(&cases);
        let at = self.reserve(size, align);
        self.case(&cases, json, at);
        at
    }

    fn alloc(&mut self, ty: &Type, count: usize, write: impl FnOnce(&mut Self, usize)) -> usize {
        let (size, align) = layout(ty);
        let at = self.reserve(size * count, align);
        write(self, at);
        at
    }

    fn reserve(&mut self, size: usize, align: usize) -> usize {
        let at = self.0.len().next_multiple_of(align);
        self.0.resize(at + size, 0);
        BASE + at
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at - BASE..at - BASE + bytes.len()].copy_from_slice(bytes);
    }

    /// A pointer and a length.
    fn span(&mut self, at: usize, start: usize, length: usize) {
        self.put(at, &u32::try_from(start).unwrap().to_le_bytes());
        self.put(at + 4, &u32::try_from(length).unwrap().to_le_bytes());
    }

    fn blob(&mut self, at: usize, bytes: &[u8]) {
        let start = self.reserve(bytes.len(), 1);
        self.put(start, bytes);
        self.span(at, start, bytes.len());
    }

    fn store(&mut self, ty: &Type, json: &Value, at: usize) {
        match ty {
            Type::Bool => self.put(at, &[u8::from(json.as_bool().unwrap())]),
            Type::Integer(_) => {
                let bytes = json.as_u64().unwrap().to_le_bytes();
                self.put(at, &bytes[..layout(ty).0]);
            }
            Type::String => self.blob(at, json.as_str().unwrap().as_bytes()),
            Type::Bytes => self.blob(at, &STANDARD.decode(json.as_str().unwrap()).unwrap()),
            Type::List(item) => {
                let items = json.as_array().unwrap();
                let start = self.alloc(item, items.len(), |memory, start| {
                    for (index, json) in items.iter().enumerate() {
                        memory.store(item, json, start + index * layout(item).0);
                    }
                });
                self.span(at, start, items.len());
            }
            Type::Record(record) => {
                let mut offset = 0_usize;
                for field in &record.fields {
                    let (size, align) = layout(&field.ty);
                    offset = offset.next_multiple_of(align);
                    let json = json.get(&*field.name).unwrap_or(&Value::Null);
                    self.store(&field.ty, json, at + offset);
                    offset += size;
                }
            }
            Type::Variant(variant) => self.case(&variant.cases, json, at),
            Type::Enum(labels) => {
                let mut names = labels.labels.iter().map(|label| &*label.name);
                let index = names.position(|name| json == name).unwrap();
                self.put(at, &[u8::try_from(index).unwrap()]);
            }
            Type::Option(inner) => {
                if !json.is_null() {
                    self.put(at, &[1]);
                    self.store(inner, json, at + layout(inner).1);
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn case(&mut self, cases: &[Case], json: &Value, at: usize) {
        let payload = json.as_object().and_then(|object| object.iter().next());
        let name = payload.map_or_else(|| json.as_str().unwrap(), |(name, _)| name);
        let index = cases.iter().position(|case| *case.name == *name).unwrap();
        self.put(at, &[u8::try_from(index).unwrap()]);
        if let (Some(ty), Some((_, json))) = (&cases[index].ty, payload) {
            self.store(ty, json, at + cases_layout(cases).1);
        }
    }
}

/// Size and alignment.
fn layout(ty: &Type) -> (usize, usize) {
    match ty {
        Type::Bool | Type::Enum(_) | Type::Integer(Integer::U8 | Integer::S8) => (1, 1),
        Type::Integer(Integer::U16 | Integer::S16) => (2, 2),
        Type::Integer(Integer::U32 | Integer::S32) => (4, 4),
        Type::Integer(Integer::U64 | Integer::S64) => (8, 8),
        Type::String | Type::Bytes | Type::List(_) => (8, 4),
        Type::Record(record) => {
            let (mut size, mut align) = (0_usize, 1);
            for field in &record.fields {
                let field = layout(&field.ty);
                size = size.next_multiple_of(field.1) + field.0;
                align = align.max(field.1);
            }
            (size.next_multiple_of(align), align)
        }
        Type::Variant(variant) => cases_layout(&variant.cases),
        Type::Option(inner) => one_of(std::iter::once(layout(inner))),
        other => panic!("{other:?}"),
    }
}

fn cases_layout(cases: &[Case]) -> (usize, usize) {
    one_of(cases.iter().filter_map(|case| case.ty.as_ref()).map(layout))
}

/// One byte that says which, and the payload at the next place that suits all of them.
fn one_of(payloads: impl Iterator<Item = (usize, usize)>) -> (usize, usize) {
    let (size, align) = payloads.fold((0, 1), |most, payload| {
        (most.0.max(payload.0), most.1.max(payload.1))
    });
    ((align + size).next_multiple_of(align), align)
}
