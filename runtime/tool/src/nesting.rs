//! How deep and how many the type declarations of a component are.
//!
//! Owns one walk that does not recurse. Reading a component's or an instance's type recurses for
//! each type within, and three bytes open another level: unread, a megabyte of those overflows the
//! stack. Refuses to know what the types mean.

use wasmparser::{
    BinaryReader, ComponentAlias, ComponentImport, ComponentType, ComponentTypeDeclaration,
};
use wasmparser::{ComponentDefinedType, ComponentTypeSectionReader, CoreType};

use crate::error::ReadError;
use crate::scan::add;

/// Depth of types that declare types. Bounds recursion in the reader, the validator and the engine.
pub(crate) const DECLARATION_DEPTH_MAX: usize = 16;
/// Type declarations in a component. Bounds what the validator and the engine keep for each.
pub(crate) const DECLARATIONS_MAX: u64 = 50_000;
/// Bytes in the name of an import, an export, a field or a case. Names are copied for each use, and
/// end up in schemas.
pub(crate) const NAME_BYTES_MAX: u64 = 256;

const COMPONENT: u8 = 0x41;
const INSTANCE: u8 = 0x42;
const DECLARE_TYPE: u8 = 0x01;

/// Counts declarations across a component's sections.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    count: u64,
}

impl Declarations {
    /// Counts the declarations of one section, which stands in `bytes`.
    pub(crate) fn add(
        &mut self,
        bytes: &[u8],
        section: &ComponentTypeSectionReader<'_>,
    ) -> Result<(), ReadError> {
        let range = section.range();
        let offset = range.start;
        let mut reader = BinaryReader::new(bytes.get(range).unwrap_or_default(), offset);
        // How many declarations are left at each open level.
        let mut open = vec![reader.read_var_u32()?];
        while let Some(left) = open.last_mut() {
            if *left == 0 {
                open.pop();
                continue;
            }
            *left -= 1;
            add(&mut self.count, 1, "type declarations", DECLARATIONS_MAX)?;
            let declared = open.len() > 1;
            if declared && peek(&reader)? != DECLARE_TYPE {
                check_declaration(&reader.read::<ComponentTypeDeclaration<'_>>()?)?;
                continue;
            }
            if declared {
                reader.read_u8()?;
            }
            if matches!(peek(&reader)?, COMPONENT | INSTANCE) {
                reader.read_u8()?;
                open.push(reader.read_var_u32()?);
                let depth = open.len() as u64;
                ReadError::check(
                    "depth of type declarations",
                    depth,
                    DECLARATION_DEPTH_MAX as u64,
                )?;
            } else {
                check_type(&reader.read::<ComponentType<'_>>()?)?;
            }
        }
        Ok(())
    }
}

fn peek(reader: &BinaryReader<'_>) -> Result<u8, ReadError> {
    Ok(reader.clone().read_u8()?)
}

/// Checks the name of an import or an export.
pub(crate) fn check_name(name: &str) -> Result<(), ReadError> {
    ReadError::check("bytes in a name", name.len() as u64, NAME_BYTES_MAX)
}

fn check_declaration(declaration: &ComponentTypeDeclaration<'_>) -> Result<(), ReadError> {
    match declaration {
        ComponentTypeDeclaration::Import(ComponentImport { name, .. })
        | ComponentTypeDeclaration::Export { name, .. } => check_name(name.name),
        ComponentTypeDeclaration::Alias(ComponentAlias::InstanceExport { name, .. }) => {
            check_name(name)
        }
        // A nested type was taken apart by the walk; other aliases carry only numbers.
        ComponentTypeDeclaration::CoreType(CoreType::Rec(_) | CoreType::Module(_))
        | ComponentTypeDeclaration::Type(_)
        | ComponentTypeDeclaration::Alias(_) => Ok(()),
    }
}

fn check_type(ty: &ComponentType<'_>) -> Result<(), ReadError> {
    match ty {
        ComponentType::Func(function) => function
            .params
            .iter()
            .try_for_each(|(name, _)| check_name(name)),
        ComponentType::Defined(ComponentDefinedType::Record(fields)) => {
            fields.iter().try_for_each(|(name, _)| check_name(name))
        }
        ComponentType::Defined(ComponentDefinedType::Variant(cases)) => {
            cases.iter().try_for_each(|case| check_name(case.name))
        }
        ComponentType::Defined(
            ComponentDefinedType::Enum(names) | ComponentDefinedType::Flags(names),
        ) => names.iter().try_for_each(|name| check_name(name)),
        _ => Ok(()),
    }
}
