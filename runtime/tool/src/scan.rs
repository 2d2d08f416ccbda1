//! The first look at a binary: how big is everything?
//!
//! Owns the limits. It walks the sections once, in order, keeping nothing but counts, so that
//! whatever runs later (validation, decoding, compilation) meets only shapes whose cost is bounded.
//! Refuses to know whether the binary is valid: that is asked of the validator next.
//!
//! The format's own limits are of no help: they allow a million types, modules of a gigabyte and a
//! thousand nested components.

use wasmparser::{
    ComponentInstance, ComponentTypeRef, Encoding, Instance, MemorySectionReader, Parser, Payload,
    TableSectionReader,
};

use crate::error::ReadError;
use crate::nesting;

/// Bytes in a component. Bounds memory and the time to hash, copy and compile (compile bombs).
pub const COMPONENT_BYTES_MAX: usize = 32 << 20;
/// Depth of components within components. Bounds recursion in whatever walks them.
pub(crate) const NESTING_DEPTH_MAX: u64 = 8;
/// Core modules in a component. Bounds the validator's and the compiler's state per module.
pub(crate) const MODULES_MAX: u64 = 128;
/// Components in a component. As for modules.
pub(crate) const COMPONENTS_MAX: u64 = 512;
/// Instances in a component. Bounds the type tables that are copied for each.
pub(crate) const INSTANCES_MAX: u64 = 2_000;
/// Core instances and components that instantiating the whole takes, with each component counted as
/// often as it is instantiated. Ten components that each instantiate the one before ten times are
/// two kilobytes here and ten billion instances in the compiler, which lays them all out.
pub(crate) const EXPANDED_INSTANCES_MAX: u64 = 1_000;
/// Bytes of sections other than code, data and custom ones. Bounds what the validator keeps, which
/// is some thirty times as much.
pub(crate) const STRUCTURE_BYTES_MAX: u64 = 4 << 20;
/// Bytes of type sections. A type takes two bytes in the binary and a hundred in memory.
pub(crate) const TYPE_BYTES_MAX: u64 = 1 << 20;
/// Imports of all modules and components.
pub(crate) const IMPORTS_MAX: u64 = 100_000;
/// Exports of all modules and components.
pub(crate) const EXPORTS_MAX: u64 = 100_000;
/// Aliases in a component; wit-component writes one for each function and type that it connects.
pub(crate) const ALIASES_MAX: u64 = 100_000;
/// Functions with a body. A million empty functions compile for minutes.
pub(crate) const FUNCTIONS_MAX: u64 = 200_000;
/// Bytes in one function's body. Register allocation takes more than linear time.
pub(crate) const FUNCTION_BYTES_MAX: u64 = 1 << 20;
/// Local variables in one function. Each takes the compiler far more than its bytes here.
pub(crate) const LOCALS_MAX: u64 = 10_000;
/// Local variables in all functions.
pub(crate) const LOCALS_TOTAL_MAX: u64 = 5_000_000;
/// Memories that the modules define.
pub(crate) const MEMORIES_MAX: u64 = 64;
/// Tables that the modules define.
pub(crate) const TABLES_MAX: u64 = 256;
/// Custom sections. Each is looked at once.
pub(crate) const CUSTOM_SECTIONS_MAX: u64 = 2_000;
/// Bytes in all custom sections: debug information may be large, but is no reason to be refused
/// until it is larger than any program.
pub(crate) const CUSTOM_BYTES_MAX: u64 = 16 << 20;
/// Bytes in the manifest section. It is parsed as TOML.
pub(crate) const MANIFEST_BYTES_MAX: u64 = 64 << 10;
/// Bytes in the documentation section. It is parsed as JSON.
pub(crate) const DOCS_BYTES_MAX: u64 = 1 << 20;
/// Bytes in a core module's description of its interface. It is decoded and encoded again.
pub(crate) const INTERFACE_BYTES_MAX: u64 = 1 << 20;

/// The custom section that holds the manifest's text.
pub(crate) const MANIFEST_SECTION: &str = "ringfence:manifest";
/// The custom section that holds WIT documentation, as wasm-tools writes it.
pub(crate) const DOCS_SECTION: &str = "package-docs";
/// The custom section that holds the documentation of interfaces from other packages than the
/// component's own, which the standard section has no place for. The same format.
pub(crate) const INTERFACE_DOCS_SECTION: &str = "ringfence:docs";
/// What the names of sections begin with in which bindings describe a module's interface.
pub(crate) const INTERFACE_SECTION: &str = "component-type";

/// What the first look found.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    /// Whether it is a component or a core module.
    pub(crate) encoding: Encoding,
    /// How large it is.
    pub(crate) footprint: Footprint,
    /// The manifest of the outermost component.
    pub(crate) manifest: Option<&'a [u8]>,
    /// The documentation of the outermost component.
    pub(crate) docs: Option<&'a [u8]>,
    /// The documentation of interfaces that it shares with others.
    pub(crate) interface_docs: Option<&'a [u8]>,
    /// What describes the interface of a core module.
    pub(crate) interfaces: Vec<&'a [u8]>,
}

/// How much a component is, before it runs. Enough to choose an engine profile and to explain the
/// choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Footprint {
    /// How many core modules it holds.
    pub modules: u64,
    /// How many core instances and components it takes to instantiate it, at most.
    pub instances: u64,
    /// How many functions they have.
    pub functions: u64,
    /// How many bytes of code they have.
    pub code_bytes: u64,
    /// How many linear memories they define.
    pub memories: u64,
    /// The initial size of the largest, in pages of 64 KiB.
    pub memory_pages: u64,
    /// How many tables they define.
    pub tables: u64,
    /// The initial size of the largest, in elements.
    pub table_elements: u64,
}

/// Walks `bytes` once.
///
/// # Errors
///
/// When a limit is passed or the sections cannot be told apart.
pub(crate) fn scan(bytes: &[u8]) -> Result<Scan<'_>, ReadError> {
    ReadError::check(
        "bytes in the component",
        bytes.len() as u64,
        COMPONENT_BYTES_MAX as u64,
    )?;
    check_magic(bytes)?;
    let mut scan = Scan {
        encoding: Encoding::Module,
        footprint: Footprint::default(),
        manifest: None,
        docs: None,
        interface_docs: None,
        interfaces: Vec::new(),
    };
    let mut counts = Counts::default();
    let mut expansion = Expansion::default();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if let Payload::Version { encoding, .. } = &payload {
            if depth == 0 {
                scan.encoding = *encoding;
            }
            depth += 1;
            ReadError::check("depth of nested components", depth, NESTING_DEPTH_MAX)?;
        } else if let Payload::End(_) = &payload {
            depth = depth.saturating_sub(1);
        }
        counts.add(bytes, &payload, &mut scan.footprint)?;
        expansion.add(&payload)?;
        if let Payload::CustomSection(section) = &payload
            && depth == 1
        {
            scan.keep(section.name(), section.data())?;
        }
    }
    scan.footprint.instances = expansion.heaviest;
    Ok(scan)
}

/// Tells apart what people hand in by mistake.
fn check_magic(bytes: &[u8]) -> Result<(), ReadError> {
    match bytes {
        [0, b'a', b's', b'm', ..] => Ok(()),
        [0x7f, b'E', b'L', b'F', ..] => Err(ReadError::NotWasm(
            "it is machine code; give the `.wasm` it was compiled from",
        )),
        [b'(', ..] => Err(ReadError::NotWasm(
            "it is WebAssembly text; assemble it first",
        )),
        [] => Err(ReadError::NotWasm("it is empty")),
        _ => Err(ReadError::NotWasm("its first bytes are not `\\0asm`")),
    }
}

impl<'a> Scan<'a> {
    fn keep(&mut self, name: &str, data: &'a [u8]) -> Result<(), ReadError> {
        let size = data.len() as u64;
        let (slot, name) = match name {
            MANIFEST_SECTION => {
                ReadError::check("bytes in the manifest", size, MANIFEST_BYTES_MAX)?;
                (&mut self.manifest, MANIFEST_SECTION)
            }
            DOCS_SECTION => {
                ReadError::check("bytes of documentation", size, DOCS_BYTES_MAX)?;
                (&mut self.docs, DOCS_SECTION)
            }
            INTERFACE_DOCS_SECTION => {
                ReadError::check("bytes of documentation", size, DOCS_BYTES_MAX)?;
                (&mut self.interface_docs, INTERFACE_DOCS_SECTION)
            }
            _ if name.starts_with(INTERFACE_SECTION) && self.encoding == Encoding::Module => {
                let total = self
                    .interfaces
                    .iter()
                    .map(|data| data.len() as u64)
                    .sum::<u64>()
                    + size;
                ReadError::check(
                    "bytes that describe the interface",
                    total,
                    INTERFACE_BYTES_MAX,
                )?;
                self.interfaces.push(data);
                return Ok(());
            }
            _ => return Ok(()),
        };
        if slot.replace(data).is_some() {
            return Err(ReadError::Duplicate(name));
        }
        Ok(())
    }
}

/// What is counted but not kept.
#[derive(Default)]
struct Counts {
    components: u64,
    instances: u64,
    structure_bytes: u64,
    type_bytes: u64,
    imports: u64,
    exports: u64,
    aliases: u64,
    locals: u64,
    custom_sections: u64,
    custom_bytes: u64,
    types: nesting::Declarations,
}

impl Counts {
    fn add(
        &mut self,
        bytes: &[u8],
        payload: &Payload<'_>,
        footprint: &mut Footprint,
    ) -> Result<(), ReadError> {
        self.add_structure(payload)?;
        match payload {
            Payload::CustomSection(section) => self.add_custom(section.range().len() as u64),
            Payload::CodeSectionStart { count, .. } => add(
                &mut footprint.functions,
                u64::from(*count),
                "functions",
                FUNCTIONS_MAX,
            ),
            Payload::CodeSectionEntry(body) => self.add_body(body, footprint),
            Payload::ModuleSection { .. } => {
                add(&mut footprint.modules, 1, "core modules", MODULES_MAX)
            }
            Payload::ComponentSection { .. } => {
                add(&mut self.components, 1, "nested components", COMPONENTS_MAX)
            }
            Payload::ImportSection(section) => self.add_imports(section.count()),
            Payload::ComponentImportSection(section) => self.add_imports(section.count()),
            Payload::ExportSection(section) => self.add_exports(section.count()),
            Payload::ComponentExportSection(section) => self.add_exports(section.count()),
            Payload::ComponentAliasSection(section) => add(
                &mut self.aliases,
                u64::from(section.count()),
                "aliases",
                ALIASES_MAX,
            ),
            Payload::InstanceSection(section) => self.add_instances(section.count()),
            Payload::ComponentInstanceSection(section) => self.add_instances(section.count()),
            Payload::MemorySection(section) => add_memories(section, footprint),
            Payload::TableSection(section) => add_tables(section, footprint),
            Payload::TypeSection(section) => self.add_types(section.range().len()),
            Payload::CoreTypeSection(section) => self.add_types(section.range().len()),
            Payload::ComponentTypeSection(section) => {
                self.add_types(section.range().len())?;
                self.types.add(bytes, section)
            }
            _ => Ok(()),
        }
    }

    /// Counts what a validator keeps. Code and data were counted with the size of the whole.
    fn add_structure(&mut self, payload: &Payload<'_>) -> Result<(), ReadError> {
        match payload {
            Payload::CodeSectionStart { .. }
            | Payload::DataSection(_)
            | Payload::CustomSection(_)
            | Payload::ModuleSection { .. }
            | Payload::ComponentSection { .. } => Ok(()),
            payload => {
                let bytes = payload
                    .as_section()
                    .map_or(0, |(_, range)| range.len() as u64);
                add(
                    &mut self.structure_bytes,
                    bytes,
                    "bytes of structure",
                    STRUCTURE_BYTES_MAX,
                )
            }
        }
    }

    fn add_custom(&mut self, bytes: u64) -> Result<(), ReadError> {
        add(
            &mut self.custom_sections,
            1,
            "custom sections",
            CUSTOM_SECTIONS_MAX,
        )?;
        add(
            &mut self.custom_bytes,
            bytes,
            "bytes in custom sections",
            CUSTOM_BYTES_MAX,
        )
    }

    fn add_body(
        &mut self,
        body: &wasmparser::FunctionBody<'_>,
        footprint: &mut Footprint,
    ) -> Result<(), ReadError> {
        let bytes = body.range().len() as u64;
        ReadError::check("bytes in a function", bytes, FUNCTION_BYTES_MAX)?;
        footprint.code_bytes += bytes;
        let mut locals = 0;
        for group in body.get_locals_reader()? {
            add(
                &mut locals,
                u64::from(group?.0),
                "local variables in a function",
                LOCALS_MAX,
            )?;
        }
        add(
            &mut self.locals,
            locals,
            "local variables in all functions",
            LOCALS_TOTAL_MAX,
        )
    }

    fn add_imports(&mut self, count: u32) -> Result<(), ReadError> {
        add(&mut self.imports, u64::from(count), "imports", IMPORTS_MAX)
    }

    fn add_exports(&mut self, count: u32) -> Result<(), ReadError> {
        add(&mut self.exports, u64::from(count), "exports", EXPORTS_MAX)
    }

    fn add_instances(&mut self, count: u32) -> Result<(), ReadError> {
        add(
            &mut self.instances,
            u64::from(count),
            "instances",
            INSTANCES_MAX,
        )
    }

    fn add_types(&mut self, bytes: usize) -> Result<(), ReadError> {
        add(
            &mut self.type_bytes,
            bytes as u64,
            "bytes of types",
            TYPE_BYTES_MAX,
        )
    }
}

/// How many instances the components would become.
#[derive(Default)]
struct Expansion {
    /// The components and modules that are open, outermost first, with what each has so far.
    open: Vec<u64>,
    /// The most that any closed one takes. Which component an instantiation means is not resolved:
    /// it is one that was closed before, and so takes this much at most.
    heaviest: u64,
}

impl Expansion {
    fn add(&mut self, payload: &Payload<'_>) -> Result<(), ReadError> {
        match payload {
            Payload::Version { .. } => self.open.push(0),
            Payload::End(_) => {
                self.heaviest = self.heaviest.max(self.open.pop().unwrap_or(0));
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    if let Instance::Instantiate { .. } = instance? {
                        self.count(1)?;
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    if let ComponentInstance::Instantiate { .. } = instance? {
                        self.count(self.heaviest.saturating_add(1))?;
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    // What is handed in may be heavier than anything that was seen before.
                    if let ComponentTypeRef::Component(_) = import?.ty {
                        return Err(ReadError::ComponentImport);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, more: u64) -> Result<(), ReadError> {
        match self.open.last_mut() {
            Some(total) => add(total, more, "instances", EXPANDED_INSTANCES_MAX),
            None => Ok(()),
        }
    }
}

fn add_memories(
    section: &MemorySectionReader<'_>,
    footprint: &mut Footprint,
) -> Result<(), ReadError> {
    add(
        &mut footprint.memories,
        u64::from(section.count()),
        "memories",
        MEMORIES_MAX,
    )?;
    for memory in section.clone() {
        footprint.memory_pages = footprint.memory_pages.max(memory?.initial);
    }
    Ok(())
}

fn add_tables(
    section: &TableSectionReader<'_>,
    footprint: &mut Footprint,
) -> Result<(), ReadError> {
    add(
        &mut footprint.tables,
        u64::from(section.count()),
        "tables",
        TABLES_MAX,
    )?;
    for table in section.clone() {
        footprint.table_elements = footprint.table_elements.max(table?.ty.initial);
    }
    Ok(())
}

/// Adds to a count and checks it at once, so that no count overflows.
pub(crate) fn add(
    total: &mut u64,
    more: u64,
    what: &'static str,
    max: u64,
) -> Result<(), ReadError> {
    *total = total.saturating_add(more);
    ReadError::check(what, *total, max)
}
