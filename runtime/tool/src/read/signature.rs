//! Functions: parameters and results.
//!
//! Owns what a result means for a call: an error, content, or a value.

use std::sync::Arc;

use wasmparser::component_types::{
    ComponentDefinedType, ComponentEntityType, ComponentFuncTypeId, ComponentInstanceTypeId,
    ComponentValType,
};
use wasmparser::types::TypesRef;

use super::outline::{Item, Outline};
use super::shape::Shape;
use super::value::Values;
use super::{Exported, Import, provider};
use crate::digest::Digest;
use crate::docs::Docs;
use crate::interface::{Export, Payload, Returns};
use crate::types::Field;

/// A function's parameters and result.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(super) params: Vec<Field>,
    pub(super) result: Returns,
    /// What its types are made of, where somebody compares it.
    pub(super) shape: Option<Digest>,
}

/// Reads what a component exports and imports.
pub(super) fn read(outline: &Outline, docs: &Docs) -> (Vec<Exported>, Vec<Import>) {
    let types = outline.types.as_ref();
    let mut reader = Reader {
        types,
        values: Values::new(outline, docs),
    };
    let imports = outline
        .imports
        .iter()
        .filter_map(|item| reader.import(item))
        .collect();
    let mut exports = Vec::new();
    for item in &outline.exports {
        reader.export(item, &mut exports);
    }
    (exports, imports)
}

struct Reader<'a> {
    types: TypesRef<'a>,
    values: Values<'a>,
}

impl Reader<'_> {
    fn import(&self, (name, item): &Item) -> Option<Import> {
        let functions = match item {
            ComponentEntityType::Instance(id) => {
                self.functions(*id).map(|(name, _)| name).collect()
            }
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

    fn export(&mut self, (name, item): &Item, exports: &mut Vec<Exported>) {
        match item {
            ComponentEntityType::Func(id) => {
                let export = Export {
                    interface: None,
                    function: Arc::clone(name),
                };
                exports.push((export, self.signature(*id)));
            }
            ComponentEntityType::Instance(id) => {
                for (function, id) in self.functions(*id).collect::<Vec<_>>() {
                    let export = Export {
                        interface: Some(Arc::clone(name)),
                        function,
                    };
                    let mut signature = self.signature(id);
                    if let Ok(signature) = &mut signature
                        && provider::is_provider(&export)
                    {
                        signature.shape = self.shape(id).ok();
                    }
                    exports.push((export, signature));
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
            let ty = self.values.read(*ty);
            let ty = ty.map_err(|reason| format!("parameter `{name}`: {reason}"))?;
            params.push(Field {
                name: name.as_str().into(),
                docs: None,
                ty,
            });
        }
        let result = self.returns(function.result);
        let result = result.map_err(|reason| format!("result: {reason}"))?;
        Ok(Signature {
            params,
            result,
            shape: None,
        })
    }

    /// What the types of a function are made of, with its parameters' names.
    fn shape(&mut self, id: ComponentFuncTypeId) -> Result<Digest, String> {
        let function = self.types.get(id).ok_or("its type is not known")?;
        let mut shape = Shape::new("func");
        for (name, ty) in &function.params {
            shape.name(name);
            shape.inner(Some((self.values.shape(*ty)?, 0)));
        }
        let result = function
            .result
            .map(|ty| self.values.shape(ty))
            .transpose()?;
        shape.inner(result.map(|result| (result, 0)));
        Ok(shape.finish().0)
    }

    fn returns(&mut self, result: Option<ComponentValType>) -> Result<Returns, String> {
        if let Some(ComponentValType::Type(id)) = result
            && let Some(ComponentDefinedType::Result { ok, err, .. }) = self.types.get(id)
        {
            let ok = self.payload(*ok)?;
            let err = err.map(|ty| self.values.read(ty)).transpose()?;
            return Ok(Returns { ok, err: Some(err) });
        }
        Ok(Returns {
            ok: self.payload(result)?,
            err: None,
        })
    }

    fn payload(&mut self, ty: Option<ComponentValType>) -> Result<Payload, String> {
        let Some(ty) = ty else {
            return Ok(Payload::Nothing);
        };
        if let Some(content) = self.values.content(ty)? {
            return Ok(Payload::Content(content));
        }
        if let ComponentValType::Type(id) = ty
            && let Some(ComponentDefinedType::List { element, .. }) = self.types.get(id)
            && let Some(content) = self.values.content(*element)?
        {
            return Ok(Payload::Contents(content));
        }
        Ok(Payload::Value(self.values.read(ty)?))
    }
}
