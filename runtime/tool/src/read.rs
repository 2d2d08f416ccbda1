//! A validated component's types → [`Interface`] and imports.
//!
//! Owns how WIT is written in a binary. It reads the validator's own tables, which hold no cycle
//! and no dangling reference, rather than decoding the binary a second time. Refuses to know how
//! large a component may be: that was settled before ([`crate::scan`]).

use std::collections::HashMap;
use std::sync::Arc;

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType,
    ComponentFuncTypeId, ComponentInstanceTypeId, ComponentValType,
};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload, PrimitiveValType, ValidPayload, Validator, WasmFeatures};

use crate::docs::Docs;
use crate::error::ReadError;
use crate::interface::{Export, Function, Interface, Payload as Carried, Returns, Unavailable};
use crate::name::{self, ComponentName, ToolName};
use crate::nesting::check_name;
use crate::types::{Case, Field, Float, Integer, Label, Labels, Record, ResultType, Type, Variant};

/// Depth of a value type. Bounds recursion here, in schemas and in conversion; the deepest schema
/// that fits stays below the 128 levels at which common JSON readers stop.
pub(crate) const TYPE_DEPTH_MAX: usize = 24;

/// What an imported interface of a component's world is, or a function that it imports directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The interface, such as `wasi:filesystem/types@0.2.6`, or the name of a single function.
    pub name: Arc<str>,
    /// The functions of it that the component refers to.
    pub functions: Vec<Arc<str>>,
}

/// What the sandbox's engine can run. A component that needs more is refused here, with the
/// feature's name, rather than when it is compiled.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        .union(WasmFeatures::EXTENDED_CONST)
        .union(WasmFeatures::TAIL_CALL)
        .union(WasmFeatures::COMPONENT_MODEL)
        .difference(WasmFeatures::GC_TYPES)
}

/// What a component offers and asks for.
#[derive(Debug)]
pub(crate) struct Shape {
    /// The functions that it exports.
    pub(crate) exports: Vec<(Export, Result<Signature, String>)>,
    /// What it imports.
    pub(crate) imports: Vec<Import>,
}

/// A function's parameters and result.
#[derive(Debug)]
pub(crate) struct Signature {
    params: Vec<Field>,
    result: Returns,
}

impl Shape {
    /// Validates everything but function bodies, which the engine does when it compiles them, and
    /// reads the exports.
    ///
    /// # Errors
    ///
    /// When the component is invalid or needs a feature that the engine has not.
    pub(crate) fn read(component: &[u8], docs: &Docs) -> Result<Self, ReadError> {
        let outline = Outline::read(component)?;
        let mut reader = Reader {
            types: outline.types.as_ref(),
            docs,
            names: HashMap::new(),
            known: HashMap::new(),
        };
        for (name, item) in outline.imports.iter().chain(&outline.exports) {
            reader.learn_names(name, *item);
        }
        let imports = outline
            .imports
            .iter()
            .filter_map(|(name, item)| reader.import(name, *item));
        let imports = imports.collect();
        let mut exports = Vec::new();
        for (name, item) in &outline.exports {
            reader.export(name, *item, &mut exports);
        }
        Ok(Self { exports, imports })
    }

    /// Names the functions, and tells those that can be called from those that cannot.
    pub(crate) fn name(self, component: &ComponentName, docs: &Docs) -> (Interface, Vec<Import>) {
        let mut interface = Interface::default();
        let (tools, others): (Vec<_>, Vec<_>) = self
            .exports
            .into_iter()
            .map(
                |(export, signature)| match not_a_tool(&export, &signature) {
                    Some(reason) => (export, Err((reason, false))),
                    None => (export, signature.map_err(|reason| (reason, true))),
                },
            )
            .partition(|(_, signature)| matches!(signature, Ok(_) | Err((_, true))));
        // A function whose types are not supported today still takes part in naming, so that
        // supporting them one day renames nothing.
        let exports: Vec<_> = tools.iter().map(|(export, _)| export).collect();
        let names = name::derive(component, &exports);
        for ((export, signature), name) in tools.into_iter().zip(names) {
            let tool_name = name
                .as_ref()
                .and_then(|name| ToolName::join(component, name).ok());
            let reason = match (signature, name, tool_name) {
                (Ok(Signature { params, result }), Some(name), Some(tool_name)) => {
                    let docs = docs.function(&export);
                    interface.functions.push(Function {
                        name,
                        tool_name,
                        export,
                        docs,
                        params,
                        result,
                    });
                    continue;
                }
                (Err((reason, _)), ..) => reason,
                (Ok(_), ..) => "its name cannot be told from another function's".to_owned(),
            };
            interface.unavailable.push(Unavailable { export, reason });
        }
        interface
            .unavailable
            .extend(others.into_iter().filter_map(|(export, signature)| {
                signature
                    .err()
                    .map(|(reason, _)| Unavailable { export, reason })
            }));
        (interface, self.imports)
    }
}

/// Why an export is none of the author's functions, where it is not.
fn not_a_tool(export: &Export, signature: &Result<Signature, String>) -> Option<String> {
    let has_param = |name: &str| {
        let params = signature
            .as_ref()
            .map(|signature| signature.params.as_slice());
        params
            .unwrap_or_default()
            .iter()
            .any(|param| &*param.name == name)
    };
    match (export.interface.as_deref(), &*export.function) {
        (Some(interface), _) if interface.starts_with("wasi:") => Some(format!(
            "`{interface}` is an entry point of WASI, not a typed tool; export functions of your own"
        )),
        (Some(interface), _) if interface.starts_with("ringfence:tool/provider@") => {
            Some("providers are not served yet; export typed functions of your own".to_owned())
        }
        (None, "init") if has_param("shim") && has_param("script") => {
            Some("it was left behind by the JavaScript toolchain".to_owned())
        }
        // The Python toolchain's own start-up takes a record of symbols.
        (Some("exports"), "init") if has_param("symbols") || has_param("app-name") => {
            Some("it was left behind by the Python toolchain".to_owned())
        }
        (_, function) if function.starts_with('[') => {
            Some("it belongs to a resource; only plain functions can be tools".to_owned())
        }
        _ => None,
    }
}

/// A component's imports and exports, with the tables that explain them.
struct Outline {
    types: Types,
    imports: Vec<(Arc<str>, ComponentEntityType)>,
    exports: Vec<(Arc<str>, ComponentEntityType)>,
}

impl Outline {
    fn read(component: &[u8]) -> Result<Self, ReadError> {
        let mut validator = Validator::new_with_features(features());
        let mut parser = Parser::new(0);
        parser.set_features(features());
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let mut depth = 0_usize;
        let mut types = None;
        for payload in parser.parse_all(component) {
            let payload = payload?;
            match validator.payload(&payload)? {
                ValidPayload::End(found) => types = Some(found),
                ValidPayload::Ok | ValidPayload::Parser(_) | ValidPayload::Func(..) => {}
            }
            match payload {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        imports.push(import?.name.name.into());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        exports.push(export?.name.name.into());
                    }
                }
                _ => {}
            }
        }
        // The outermost component ends last.
        let types = types.ok_or_else(|| ReadError::Invalid {
            offset: component.len(),
            message: "unexpected end".to_owned(),
        })?;
        let find = |names: Vec<Arc<str>>, imported: bool| {
            let view = types.as_ref();
            names
                .into_iter()
                .map(|name| {
                    check_name(&name)?;
                    let item = if imported {
                        view.component_item_for_import(&name)
                    } else {
                        view.component_item_for_export(&name)
                    };
                    Ok(item.map(|item| (name, item.ty)))
                })
                .filter_map(Result::transpose)
                .collect::<Result<Vec<_>, ReadError>>()
        };
        let (imports, exports) = (find(imports, true)?, find(exports, false)?);
        Ok(Self {
            types,
            imports,
            exports,
        })
    }
}

/// Where a type has its name from.
#[derive(Debug, Clone)]
struct TypeName {
    interface: Option<Arc<str>>,
    name: Arc<str>,
}

/// A type, and how many levels it has.
#[derive(Clone)]
struct Nested {
    ty: Type,
    height: usize,
}

struct Reader<'a> {
    types: TypesRef<'a>,
    docs: &'a Docs,
    names: HashMap<ComponentAnyTypeId, TypeName>,
    /// Each type is read once, however often it is used.
    known: HashMap<ComponentDefinedTypeId, Result<Nested, String>>,
}

impl Reader<'_> {
    fn learn_names(&mut self, name: &Arc<str>, item: ComponentEntityType) {
        match item {
            ComponentEntityType::Type { created, .. } => {
                let name = TypeName {
                    interface: None,
                    name: Arc::clone(name),
                };
                self.names.entry(created).or_insert(name);
            }
            ComponentEntityType::Instance(id) => {
                let Some(instance) = self.types.get(id) else {
                    return;
                };
                for (ty, item) in &instance.exports {
                    if let ComponentEntityType::Type { created, .. } = item.ty {
                        let interface = Some(Arc::clone(name));
                        let name = TypeName {
                            interface,
                            name: ty.as_str().into(),
                        };
                        self.names.entry(created).or_insert(name);
                    }
                }
            }
            _ => {}
        }
    }

    fn import(&self, name: &Arc<str>, item: ComponentEntityType) -> Option<Import> {
        let functions = match item {
            ComponentEntityType::Instance(id) => self.functions(id).map(|(name, _)| name).collect(),
            ComponentEntityType::Func(_) => vec![Arc::clone(name)],
            // A type alone asks the host for nothing.
            ComponentEntityType::Type { .. } => return None,
            _ => Vec::new(),
        };
        Some(Import {
            name: Arc::clone(name),
            functions,
        })
    }

    fn functions(
        &self,
        id: ComponentInstanceTypeId,
    ) -> impl Iterator<Item = (Arc<str>, ComponentFuncTypeId)> {
        let exports = self.types.get(id).map(|instance| instance.exports.iter());
        exports
            .into_iter()
            .flatten()
            .filter_map(|(name, item)| match item.ty {
                ComponentEntityType::Func(id) => Some((name.as_str().into(), id)),
                _ => None,
            })
    }

    fn export(
        &mut self,
        name: &Arc<str>,
        item: ComponentEntityType,
        exports: &mut Vec<(Export, Result<Signature, String>)>,
    ) {
        match item {
            ComponentEntityType::Func(id) => {
                let export = Export {
                    interface: None,
                    function: Arc::clone(name),
                };
                exports.push((export, self.signature(id)));
            }
            ComponentEntityType::Instance(id) => {
                for (function, id) in self.functions(id).collect::<Vec<_>>() {
                    let export = Export {
                        interface: Some(Arc::clone(name)),
                        function,
                    };
                    exports.push((export, self.signature(id)));
                }
            }
            // Types, modules and components are not called.
            _ => {}
        }
    }

    fn signature(&mut self, id: ComponentFuncTypeId) -> Result<Signature, String> {
        let function = self.types.get(id).ok_or("its type is not known")?;
        if function.async_ {
            return Err("it is asynchronous, which WASI 0.2 has no way to call".to_owned());
        }
        let mut params = Vec::with_capacity(function.params.len());
        for (name, ty) in &function.params {
            let ty = self
                .value(*ty)
                .map_err(|reason| format!("parameter `{name}`: {reason}"))?;
            params.push(Field {
                name: name.as_str().into(),
                docs: None,
                ty,
            });
        }
        let result = self
            .returns(function.result)
            .map_err(|reason| format!("result: {reason}"))?;
        Ok(Signature { params, result })
    }

    fn returns(&mut self, result: Option<ComponentValType>) -> Result<Returns, String> {
        if let Some(ComponentValType::Type(id)) = result
            && let Some(ComponentDefinedType::Result { ok, err, .. }) = self.types.get(id)
        {
            let ok = self.carried(*ok)?;
            let err = err.map(|ty| self.value(ty)).transpose()?;
            return Ok(Returns { ok, err: Some(err) });
        }
        Ok(Returns {
            ok: self.carried(result)?,
            err: None,
        })
    }

    fn carried(&mut self, ty: Option<ComponentValType>) -> Result<Carried, String> {
        let Some(ty) = ty else {
            return Ok(Carried::Nothing);
        };
        if self.is_content(ty) {
            return Ok(Carried::Content(self.value(ty)?));
        }
        if let ComponentValType::Type(id) = ty
            && let Some(ComponentDefinedType::List { element, .. }) = self.types.get(id)
            && self.is_content(*element)
        {
            return Ok(Carried::Contents(self.value(*element)?));
        }
        Ok(Carried::Value(self.value(ty)?))
    }

    /// Whether `ty` is the content of `ringfence:tool/types`, under whatever name it is used.
    fn is_content(&self, ty: ComponentValType) -> bool {
        let ComponentValType::Type(id) = ty else {
            return false;
        };
        self.aliases(id).any(|name| {
            let interface = name.interface.as_deref().unwrap_or_default();
            &*name.name == "content" && interface.starts_with("ringfence:tool/types@0.1.")
        })
    }

    /// The names under which a type is known, from where it is used to where it was defined.
    fn aliases(&self, id: ComponentDefinedTypeId) -> impl Iterator<Item = &TypeName> {
        let view = self.types;
        let first = ComponentAnyTypeId::Defined(id);
        std::iter::successors(Some(first), move |&id| view.peel_alias(id))
            .filter_map(|id| self.names.get(&id))
    }

    fn value(&mut self, ty: ComponentValType) -> Result<Type, String> {
        self.nested(ty).map(|nested| nested.ty)
    }

    fn nested(&mut self, ty: ComponentValType) -> Result<Nested, String> {
        let id = match ty {
            ComponentValType::Primitive(ty) => {
                return Ok(Nested {
                    ty: primitive(ty)?,
                    height: 1,
                });
            }
            ComponentValType::Type(id) => id,
        };
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        // This recurses as deep as the type is; the validator stops at 100.
        let mut height = 0;
        let read = self.defined(id, &mut height).and_then(|ty| {
            let height = height + 1;
            if height > TYPE_DEPTH_MAX {
                return Err(format!(
                    "its type is nested more than {TYPE_DEPTH_MAX} deep"
                ));
            }
            Ok(Nested { ty, height })
        });
        self.known.insert(id, read.clone());
        read
    }

    /// Reads a type within another, and raises `height` to its own.
    fn inner(&mut self, ty: ComponentValType, height: &mut usize) -> Result<Type, String> {
        let nested = self.nested(ty)?;
        *height = nested.height.max(*height);
        Ok(nested.ty)
    }

    fn optional(
        &mut self,
        ty: Option<ComponentValType>,
        height: &mut usize,
    ) -> Result<Option<Type>, String> {
        ty.map(|ty| self.inner(ty, height)).transpose()
    }

    fn defined(&mut self, id: ComponentDefinedTypeId, height: &mut usize) -> Result<Type, String> {
        let types = self.types;
        Ok(match types.get(id).ok_or("its type is not known")? {
            ComponentDefinedType::Primitive(ty) => primitive(*ty)?,
            ComponentDefinedType::Record(record) => {
                let named = self.named(id);
                let mut fields = Vec::with_capacity(record.fields.len());
                for (name, ty) in &record.fields {
                    let (name, ty) = (name.as_str(), self.inner(*ty, height)?);
                    fields.push(Field {
                        name: name.into(),
                        docs: named.item(self, name),
                        ty,
                    });
                }
                Type::Record(Arc::new(Record {
                    docs: named.docs(self),
                    name: named.name,
                    fields,
                }))
            }
            ComponentDefinedType::Variant(variant) => {
                let named = self.named(id);
                let mut cases = Vec::with_capacity(variant.cases.len());
                for (name, case) in &variant.cases {
                    let (name, ty) = (name.as_str(), self.optional(case.ty, height)?);
                    cases.push(Case {
                        name: name.into(),
                        docs: named.item(self, name),
                        ty,
                    });
                }
                Type::Variant(Arc::new(Variant {
                    docs: named.docs(self),
                    name: named.name,
                    cases,
                }))
            }
            ComponentDefinedType::List { element, .. } => match self.inner(*element, height)? {
                Type::Integer(Integer::U8) => Type::Bytes,
                element => Type::List(Arc::new(element)),
            },
            ComponentDefinedType::Tuple(tuple) => {
                let types = tuple.types.iter().map(|ty| self.inner(*ty, height));
                Type::Tuple(types.collect::<Result<Vec<_>, _>>()?.into())
            }
            ComponentDefinedType::Flags(names) => {
                Type::Flags(self.labels(id, names.iter().map(|name| name.as_str())))
            }
            ComponentDefinedType::Enum(names) => {
                Type::Enum(self.labels(id, names.iter().map(|name| name.as_str())))
            }
            ComponentDefinedType::Option { ty, .. } => {
                Type::Option(Arc::new(self.inner(*ty, height)?))
            }
            ComponentDefinedType::Result { ok, err, .. } => {
                let (ok, err) = (self.optional(*ok, height)?, self.optional(*err, height)?);
                Type::Result(Arc::new(ResultType { ok, err }))
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
                return Err(
                    "lists of fixed length are not supported; use a list or a tuple".to_owned(),
                );
            }
        })
    }

    fn labels<'n>(
        &self,
        id: ComponentDefinedTypeId,
        names: impl Iterator<Item = &'n str>,
    ) -> Arc<Labels> {
        let named = self.named(id);
        let labels = names
            .map(|name| Label {
                name: name.into(),
                docs: named.item(self, name),
            })
            .collect();
        Arc::new(Labels {
            docs: named.docs(self),
            name: named.name,
            labels,
        })
    }

    fn named(&self, id: ComponentDefinedTypeId) -> Named {
        let owners: Vec<_> = self.aliases(id).cloned().collect();
        Named {
            name: owners.first().map(|owner| Arc::clone(&owner.name)),
            owners,
        }
    }
}

/// A type's name, and all places where it may be documented.
struct Named {
    name: Option<Arc<str>>,
    owners: Vec<TypeName>,
}

impl Named {
    fn find<T>(
        &self,
        reader: &Reader<'_>,
        pick: impl Fn(&crate::docs::TypeDocs) -> Option<T>,
    ) -> Option<T> {
        self.owners.iter().find_map(|owner| {
            reader
                .docs
                .ty(owner.interface.as_deref(), &owner.name)
                .and_then(&pick)
        })
    }

    fn docs(&self, reader: &Reader<'_>) -> Option<Arc<str>> {
        self.find(reader, crate::docs::TypeDocs::docs)
    }

    fn item(&self, reader: &Reader<'_>, name: &str) -> Option<Arc<str>> {
        self.find(reader, |docs| docs.item(name))
    }
}

fn primitive(ty: PrimitiveValType) -> Result<Type, String> {
    Ok(match ty {
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
    })
}
