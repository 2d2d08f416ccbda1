//! Value types, as the validator knows them → [`Type`].
//!
//! Owns names and documentation of types, and reading each only once. Refuses to know functions.

use std::collections::HashMap;
use std::sync::Arc;

use wasmparser::PrimitiveValType;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType,
    ComponentValType, RecordType, VariantType,
};
use wasmparser::names::KebabString;
use wasmparser::types::TypesRef;

use super::outline::{Item, Outline};
use super::shape::{CONTENT, Shape};
use crate::digest::Digest;
use crate::docs::{Docs, TypeDocs};
use crate::types::{Case, Field, Float, Integer, Label, Labels, Record, ResultType, Type, Variant};

/// Depth of a value type. Bounds recursion here, in schemas and in conversion; the deepest schema
/// that fits stays below the 128 levels at which common JSON readers stop.
const TYPE_DEPTH_MAX: usize = 24;

/// What the interface is called that owns the content which is passed through.
const CONTENT_INTERFACE: &str = "ringfence:tool/types@0.1.";

/// A type, what it is made of, and how many levels it has.
#[derive(Clone)]
struct Known {
    ty: Type,
    shape: Digest,
    height: usize,
}

/// Where a type has its name from.
#[derive(Clone)]
struct Owner {
    interface: Option<Arc<str>>,
    name: Arc<str>,
}

/// The value types of a component.
pub(super) struct Values<'a> {
    types: TypesRef<'a>,
    docs: &'a Docs,
    owners: HashMap<ComponentAnyTypeId, Owner>,
    /// The owners of imported types by structure: an exported interface writes the types that it
    /// uses once more, without saying whose they are.
    owners_by_shape: HashMap<Digest, Owner>,
    known: HashMap<ComponentDefinedTypeId, Result<Known, String>>,
    knows_content: bool,
}

impl<'a> Values<'a> {
    /// Learns the names of the component's types.
    pub(super) fn new(outline: &'a Outline, docs: &'a Docs) -> Self {
        let mut values = Self {
            types: outline.types.as_ref(),
            docs,
            owners: HashMap::new(),
            owners_by_shape: HashMap::new(),
            known: HashMap::new(),
            knows_content: outline
                .imports
                .iter()
                .any(|(name, _)| name.starts_with(CONTENT_INTERFACE)),
        };
        for item in outline.imports.iter().chain(&outline.exports) {
            values.learn(item);
        }
        for item in &outline.imports {
            values.learn_shapes(item);
        }
        values
    }

    /// Reads a type.
    ///
    /// # Errors
    ///
    /// A clause about what JSON cannot hold.
    pub(super) fn read(&mut self, ty: ComponentValType) -> Result<Type, String> {
        self.nested(ty).map(|known| known.ty)
    }

    /// Reads a type if it is the content of `ringfence:tool/types`, under whatever name. Only its
    /// structure is believed: a component can call anything by that name.
    pub(super) fn content(&mut self, ty: ComponentValType) -> Result<Option<Type>, String> {
        if !self.knows_content || self.shape(ty)?.to_string() != CONTENT {
            return Ok(None);
        }
        self.read(ty).map(Some)
    }

    /// What a type is made of.
    pub(super) fn shape(&mut self, ty: ComponentValType) -> Result<Digest, String> {
        self.nested(ty).map(|known| known.shape)
    }

    fn named(&self, item: &Item) -> Vec<(ComponentAnyTypeId, Owner)> {
        let (name, item) = item;
        match item {
            ComponentEntityType::Type { created, .. } => {
                vec![(
                    *created,
                    Owner {
                        interface: None,
                        name: Arc::clone(name),
                    },
                )]
            }
            ComponentEntityType::Instance(id) => {
                let exports = self.types.get(*id).map(|instance| instance.exports.iter());
                let types = exports
                    .into_iter()
                    .flatten()
                    .filter_map(|(ty, item)| match item.ty {
                        ComponentEntityType::Type { created, .. } => {
                            let interface = Some(Arc::clone(name));
                            Some((
                                created,
                                Owner {
                                    interface,
                                    name: ty.as_str().into(),
                                },
                            ))
                        }
                        _ => None,
                    });
                types.collect()
            }
            _ => Vec::new(),
        }
    }

    fn learn(&mut self, item: &Item) {
        for (id, owner) in self.named(item) {
            self.owners.entry(id).or_insert(owner);
        }
    }

    fn learn_shapes(&mut self, item: &Item) {
        for (id, owner) in self.named(item) {
            let ComponentAnyTypeId::Defined(id) = id else {
                continue;
            };
            // Types that JSON cannot hold are documented for nobody here.
            if let Ok(known) = self.nested(ComponentValType::Type(id)) {
                self.owners_by_shape.entry(known.shape).or_insert(owner);
            }
        }
    }

    fn nested(&mut self, ty: ComponentValType) -> Result<Known, String> {
        let id = match ty {
            ComponentValType::Primitive(ty) => return primitive(ty),
            ComponentValType::Type(id) => id,
        };
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        // This recurses as deep as the type is; the validator stops at 100.
        let read = self.defined(id).and_then(|known| {
            if known.height > TYPE_DEPTH_MAX {
                return Err(format!(
                    "its type is nested more than {TYPE_DEPTH_MAX} deep"
                ));
            }
            Ok(known)
        });
        self.known.insert(id, read.clone());
        read
    }

    fn inner(&mut self, ty: ComponentValType, shape: &mut Shape) -> Result<Type, String> {
        let known = self.nested(ty)?;
        shape.inner(Some((known.shape, known.height)));
        Ok(known.ty)
    }

    fn optional(
        &mut self,
        ty: Option<ComponentValType>,
        shape: &mut Shape,
    ) -> Result<Option<Type>, String> {
        if ty.is_none() {
            shape.inner(None);
        }
        ty.map(|ty| self.inner(ty, shape)).transpose()
    }

    fn defined(&mut self, id: ComponentDefinedTypeId) -> Result<Known, String> {
        let types = self.types;
        let (ty, shape) = match types.get(id).ok_or("its type is not known")? {
            ComponentDefinedType::Primitive(ty) => return primitive(*ty),
            ComponentDefinedType::Record(record) => return self.record(id, record),
            ComponentDefinedType::Variant(variant) => return self.variant(id, variant),
            ComponentDefinedType::Flags(names) => {
                return Ok(self.labels(
                    id,
                    "flags",
                    names.iter().map(KebabString::as_str),
                    Type::Flags,
                ));
            }
            ComponentDefinedType::Enum(names) => {
                return Ok(self.labels(
                    id,
                    "enum",
                    names.iter().map(KebabString::as_str),
                    Type::Enum,
                ));
            }
            ComponentDefinedType::List { element, .. } => {
                let mut shape = Shape::new("list");
                match self.inner(*element, &mut shape)? {
                    Type::Integer(Integer::U8) => (Type::Bytes, shape),
                    element => (Type::List(Arc::new(element)), shape),
                }
            }
            ComponentDefinedType::Tuple(tuple) => {
                let mut shape = Shape::new("tuple");
                let types = tuple.types.iter().map(|ty| self.inner(*ty, &mut shape));
                (
                    Type::Tuple(types.collect::<Result<Vec<_>, _>>()?.into()),
                    shape,
                )
            }
            ComponentDefinedType::Option { ty, .. } => {
                let mut shape = Shape::new("option");
                (Type::Option(Arc::new(self.inner(*ty, &mut shape)?)), shape)
            }
            ComponentDefinedType::Result { ok, err, .. } => {
                let mut shape = Shape::new("result");
                let ok = self.optional(*ok, &mut shape)?;
                let err = self.optional(*err, &mut shape)?;
                (Type::Result(Arc::new(ResultType { ok, err })), shape)
            }
            ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => {
                return Err("it holds a resource, which JSON cannot".to_owned());
            }
            ComponentDefinedType::Stream { .. } | ComponentDefinedType::Future { .. } => {
                return Err("it holds a stream or a future, which JSON cannot".to_owned());
            }
            ComponentDefinedType::Map { .. } => {
                return Err("maps are not supported; use a list of pairs".to_owned());
            }
            ComponentDefinedType::FixedLengthList { .. } => {
                return Err("lists of fixed length are not supported; use a tuple".to_owned());
            }
        };
        Ok(finish(ty, shape.finish()))
    }

    fn record(&mut self, id: ComponentDefinedTypeId, record: &RecordType) -> Result<Known, String> {
        let mut shape = Shape::new("record");
        let mut fields = Vec::with_capacity(record.fields.len());
        for (name, ty) in &record.fields {
            shape.name(name);
            let ty = self.inner(*ty, &mut shape)?;
            fields.push(Field {
                name: name.as_str().into(),
                docs: None,
                ty,
            });
        }
        let shape = shape.finish();
        let about = self.about(id, shape.0);
        for field in &mut fields {
            field.docs = about.item(&field.name);
        }
        let record = Record {
            docs: about.docs(),
            name: about.name,
            fields,
        };
        Ok(finish(Type::Record(Arc::new(record)), shape))
    }

    fn variant(
        &mut self,
        id: ComponentDefinedTypeId,
        variant: &VariantType,
    ) -> Result<Known, String> {
        let mut shape = Shape::new("variant");
        let mut cases = Vec::with_capacity(variant.cases.len());
        for (name, case) in &variant.cases {
            shape.name(name);
            let ty = self.optional(case.ty, &mut shape)?;
            cases.push(Case {
                name: name.as_str().into(),
                docs: None,
                ty,
            });
        }
        let shape = shape.finish();
        let about = self.about(id, shape.0);
        for case in &mut cases {
            case.docs = about.item(&case.name);
        }
        let variant = Variant {
            docs: about.docs(),
            name: about.name,
            cases,
        };
        Ok(finish(Type::Variant(Arc::new(variant)), shape))
    }

    fn labels<'n>(
        &self,
        id: ComponentDefinedTypeId,
        kind: &str,
        names: impl Iterator<Item = &'n str> + Clone,
        make: impl Fn(Arc<Labels>) -> Type,
    ) -> Known {
        let mut shape = Shape::new(kind);
        names.clone().for_each(|name| shape.name(name));
        let shape = shape.finish();
        let about = self.about(id, shape.0);
        let labels = names.map(|name| Label {
            name: name.into(),
            docs: about.item(name),
        });
        let labels = labels.collect();
        finish(
            make(Arc::new(Labels {
                docs: about.docs(),
                name: about.name,
                labels,
            })),
            shape,
        )
    }

    /// The name of a type, and all that is said about it: where it is used, where it was defined,
    /// and where one of the same structure was.
    fn about(&self, id: ComponentDefinedTypeId, shape: Digest) -> About<'a> {
        let types = self.types;
        let first = ComponentAnyTypeId::Defined(id);
        let aliases = std::iter::successors(Some(first), |&id| types.peel_alias(id));
        let owners = aliases.filter_map(|id| self.owners.get(&id));
        let owners: Vec<_> = owners.chain(self.owners_by_shape.get(&shape)).collect();
        let docs = self.docs;
        About {
            name: owners.first().map(|owner| Arc::clone(&owner.name)),
            docs: owners
                .iter()
                .filter_map(|owner| docs.ty(owner.interface.as_deref(), &owner.name))
                .collect(),
        }
    }
}

/// A type's name, and what is said about it.
struct About<'a> {
    name: Option<Arc<str>>,
    docs: Vec<&'a TypeDocs>,
}

impl About<'_> {
    fn docs(&self) -> Option<Arc<str>> {
        self.docs.iter().find_map(|docs| docs.docs())
    }

    fn item(&self, name: &str) -> Option<Arc<str>> {
        self.docs.iter().find_map(|docs| docs.item(name))
    }
}

fn finish(ty: Type, (shape, height): (Digest, usize)) -> Known {
    Known { ty, shape, height }
}

fn primitive(primitive: PrimitiveValType) -> Result<Known, String> {
    let ty = match primitive {
        PrimitiveValType::Bool => Type::Bool,
        PrimitiveValType::S8 => Type::Integer(Integer::S8),
        PrimitiveValType::U8 => Type::Integer(Integer::U8),
        PrimitiveValType::S16 => Type::Integer(Integer::S16),
        PrimitiveValType::U16 => Type::Integer(Integer::U16),
        PrimitiveValType::S32 => Type::Integer(Integer::S32),
        PrimitiveValType::U32 => Type::Integer(Integer::U32),
        PrimitiveValType::S64 => Type::Integer(Integer::S64),
        PrimitiveValType::U64 => Type::Integer(Integer::U64),
        PrimitiveValType::F32 => Type::Float(Float::F32),
        PrimitiveValType::F64 => Type::Float(Float::F64),
        PrimitiveValType::Char => Type::Char,
        PrimitiveValType::String => Type::String,
        PrimitiveValType::ErrorContext => {
            return Err("it holds an error context, which JSON cannot".to_owned());
        }
    };
    Ok(finish(ty, Shape::new(&primitive.to_string()).finish()))
}
