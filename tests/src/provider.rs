//! Components that describe a tool of their own, as a test says.
//!
//! Owns their memory: what `describe` and `call` give back was written by the test, so that nothing but
//! the host stands between its schemas and a client. Refuses to know what is wrong with them.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap};

/// The package that tools share with the host, as far as a provider needs it.
const RINGFENCE: &[(&str, &str)] = &[
    ("provider.wit", include_str!("../../wit/provider.wit")),
    ("types.wit", include_str!("../../wit/types.wit")),
];

const WORLD: &str = "package tests:provider;
world tool { export ringfence:tool/provider@0.1.0; }";

/// Where text begins in the guest's memory. Below is what the two functions give back, above is room for
/// arguments.
const TEXT: usize = 1024;

/// What `describe` gives back stands here, and what `call` does.
const LIST: usize = 16;
const RESULT: usize = 512;

/// Bytes of one description.
const DESCRIPTION: usize = 60;

/// One tool of a provider.
#[derive(Debug, Clone, Copy)]
pub struct Described<'d> {
    /// What its component calls it.
    pub name: &'d str,
    /// What it says of itself.
    pub description: &'d str,
    /// The schema of its arguments.
    pub input: &'d str,
    /// The schema of its result.
    pub output: Option<&'d str>,
}

/// A component that describes these tools, at most seven, and gives back `structured` whichever is called.
///
/// # Panics
///
/// When it cannot be built: then the test is wrong.
pub fn component(tools: &[Described<'_>], structured: Option<&str>) -> Vec<u8> {
    assert!(tools.len() <= 7, "there is no room for more");
    let mut memory = Memory::default();
    memory.number(8, LIST);
    memory.number(12, tools.len());
    for (at, tool) in (LIST..).step_by(DESCRIPTION).zip(tools) {
        memory.text(at, tool.name);
        memory.text(at + 20, tool.description);
        memory.text(at + 28, tool.input);
        memory.optional(at + 36, tool.output);
    }
    // Found, without a block.
    memory.optional(RESULT + 16, structured);
    memory.component()
}

/// The start of a guest's memory.
#[derive(Default)]
struct Memory {
    head: Vec<u8>,
    text: Vec<u8>,
}

#[expect(
    clippy::expect_used,
    reason = "a component that cannot be built is a broken test"
)]
impl Memory {
    fn number(&mut self, at: usize, number: usize) {
        let number = u32::try_from(number).expect("a small number");
        self.head.resize(self.head.len().max(TEXT), 0);
        let place = self.head.get_mut(at..at + 4).expect("room");
        place.copy_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, at: usize, text: &str) {
        self.number(at, TEXT + self.text.len());
        self.number(at + 4, text.len());
        self.text.extend(text.as_bytes());
    }

    fn optional(&mut self, at: usize, text: Option<&str>) {
        if let Some(text) = text {
            self.number(at, 1);
            self.text(at + 4, text);
        }
    }

    fn component(&self) -> Vec<u8> {
        let bytes = self.head.iter().chain(&self.text);
        let data = bytes.fold(String::new(), |mut data, byte| {
            // Writing to a string does not fail.
            let _ = write!(data, "\\{byte:02x}");
            data
        });
        let free = TEXT + self.text.len().next_multiple_of(8);
        let pages = (free + (8 << 20)) >> 16;
        let module = format!(
            "(module
                (memory (export \"memory\") {pages})
                (data (i32.const 0) \"{data}\")
                (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const {free}))
                (func (export \"ringfence:tool/provider@0.1.0#describe\") (result i32) (i32.const 8))
                (func (export \"ringfence:tool/provider@0.1.0#call\") (param i32 i32 i32 i32) (result i32)
                  (i32.const {RESULT})))"
        );
        let mut resolve = Resolve::default();
        let mut shared = SourceMap::default();
        for (name, text) in RINGFENCE {
            shared.push_str(name, *text);
        }
        let shared = shared.parse().map_err(|(_, error)| error);
        resolve
            .push_group(shared.expect("the package parses"))
            .expect("the package is whole");
        let package = resolve.push_source("world.wit", WORLD);
        let package = package.expect("the world parses");
        let world = resolve.select_world(&[package], None);
        let world = world.expect("there is one world");
        let mut module = wat::parse_str(module).expect("the module parses");
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .expect("a module takes sections");
        let encoder = ComponentEncoder::default().validate(true).module(&module);
        let component = encoder.and_then(|mut encoder| encoder.encode());
        component.expect("the module fits the world")
    }
}
