//! The structure of a type as a digest: what it is, whatever it is called.
//!
//! Owns telling types apart by structure. It is needed because a component that exports an
//! interface writes the types that the interface uses once more, and nothing but their structure
//! says that they are the same.

use crate::digest::Digest;
use crate::provides::ProviderFunction;

/// The structure of `content` in `ringfence:tool/types@0.1`: what a component must mean by it to be
/// passed through. A test computes it from the WIT.
pub(super) const CONTENT: &str =
    "sha256:d10b975a6e36d4ffff8832be0154690f74e4a717026187f5c2ced7a288f1682a";

/// The structure of a function by which components describe themselves, in `ringfence:tool@0.1`. A
/// test computes it from the WIT.
pub(super) fn provider(which: ProviderFunction) -> &'static str {
    match which {
        ProviderFunction::Describe => {
            "sha256:762318c7d3ef87cef47c4252e15d496f73bd909481ece4f9db4bfc149367c0ec"
        }
        ProviderFunction::Call => {
            "sha256:4aad4ece47470b3df20c9eba211c3d65c72abf537e4d6fde17a5cf314a257d83"
        }
        ProviderFunction::DescribeResources => {
            "sha256:8ab63fedb906288fc95cc58487f071c2ac377d92e2f94172db739726c1a307f9"
        }
        ProviderFunction::DescribeTemplates => {
            "sha256:4f7a52693f4710e9a4c3c24e301046e164ce0197130ff361e87e36a443f423f4"
        }
        ProviderFunction::Read => {
            "sha256:af8c835613bc29ea14989167bf358b7c3fe3c3d12d3bfa6b8e3cdb5649174f63"
        }
        ProviderFunction::DescribePrompts => {
            "sha256:3c869f0d0a79a1b4dff393c6d9bca81c0ebe5029bb1d0d5d3c1bcecf3d91b3ae"
        }
        ProviderFunction::Get => {
            "sha256:26d6edc4505d81393405764aa444e4a528cd89378decc998ff517faf18508238"
        }
        ProviderFunction::Complete => {
            "sha256:485c10401e713104308792aaced1c28dc40d0af1833b8f2ac3ef70e93634e4e3"
        }
    }
}

/// Collects what a type is made of.
pub(super) struct Shape {
    parts: Vec<u8>,
    height: usize,
}

impl Shape {
    /// Begins a type of `kind`.
    pub(super) fn new(kind: &str) -> Self {
        let mut shape = Self {
            parts: Vec::new(),
            height: 0,
        };
        shape.name(kind);
        shape
    }

    /// Adds the name of a field, a case or a label. Names are told from what follows by a byte that
    /// none contains.
    pub(super) fn name(&mut self, name: &str) {
        self.parts.extend_from_slice(name.as_bytes());
        self.parts.push(0);
    }

    /// Adds a type within this one, or that there is none.
    pub(super) fn inner(&mut self, inner: Option<(Digest, usize)>) {
        self.parts.push(u8::from(inner.is_some()));
        if let Some((digest, height)) = inner {
            self.parts.extend_from_slice(digest.as_bytes());
            self.height = self.height.max(height);
        }
    }

    /// The digest, and how many levels the type has.
    pub(super) fn finish(self) -> (Digest, usize) {
        (Digest::of(&self.parts), self.height + 1)
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::Validator;
    use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentValType};

    use super::super::outline::Outline;
    use super::super::value::Values;
    use super::*;
    use crate::docs::Docs;

    /// The content type of the WIT that ships with the product, alone in a component.
    fn content() -> Vec<u8> {
        let mut resolve = wit_parser::Resolve::default();
        let types = include_str!("../../../../wit/types.wit");
        resolve.push_source("types.wit", types).unwrap();
        let tool = "package acme:tool;
            world tool { use ringfence:tool/types@0.1.0.{content}; export f: func() -> content; }";
        let package = resolve.push_source("tool.wit", tool).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module =
            wit_component::dummy_module(&resolve, world, wit_parser::ManglingAndAbi::Standard32);
        let encoding = wit_component::StringEncoding::UTF8;
        wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
        let mut encoder = wit_component::ComponentEncoder::default()
            .module(&module)
            .unwrap();
        let component = encoder.encode().unwrap();
        Validator::new().validate_all(&component).unwrap();
        component
    }

    #[test]
    fn content_has_the_structure_that_ships() {
        let component = content();
        let outline = Outline::read(&component).unwrap();
        let docs = Docs::default();
        let mut values = Values::new(&outline, &docs);
        let instances = outline.imports.iter().filter_map(|(_, item)| match item {
            ComponentEntityType::Instance(id) => outline.types.as_ref().get(*id),
            _ => None,
        });
        let types = instances.flat_map(|instance| &instance.exports);
        let (_, item) = types
            .into_iter()
            .find(|(name, _)| *name == "content")
            .unwrap();
        let ComponentEntityType::Type {
            created: ComponentAnyTypeId::Defined(id),
            ..
        } = item.ty
        else {
            panic!("{item:?}")
        };
        assert_eq!(
            values
                .shape(ComponentValType::Type(id))
                .unwrap()
                .to_string(),
            CONTENT
        );
    }

    #[test]
    fn structure_tells_apart_what_names_do_not() {
        let shape = |build: &dyn Fn(&mut Shape)| {
            let mut shape = Shape::new("record");
            build(&mut shape);
            shape.finish()
        };
        let leaf = Shape::new("u8").finish();
        let named = |name: &'static str| {
            move |shape: &mut Shape| {
                shape.name(name);
                shape.inner(Some(leaf));
            }
        };
        assert_eq!(shape(&named("a")), shape(&named("a")));
        assert_ne!(shape(&named("a")), shape(&named("b")));
        assert_ne!(shape(&|shape| shape.inner(None)), shape(&|_| {}));
        assert_eq!(shape(&named("a")).1, 2);
    }
}
