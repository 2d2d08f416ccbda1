//! Guests that are too repetitive to be written down.
//!
//! Owns shapes: a component with a thousand of something. Each is well formed, so that only a limit
//! can refuse it. Refuses to know those limits.

use std::fmt::Write as _;

/// The bytes that every component starts with.
const PREAMBLE: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];

/// What a component ends with that has a harmless function, `attack`.
const ATTACK: &str = r#"
  (core module $m (func (export "attack")))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack")))"#;

/// A component inside a component, `depth` levels down. Attacks whoever walks it by recursion.
pub fn nested_components(depth: usize) -> Vec<u8> {
    (0..depth).fold(component(""), |inner, _| {
        let mut outer = PREAMBLE.to_vec();
        section(&mut outer, 4, &inner);
        outer
    })
}

/// So many core modules, none of them used. Attacks whoever compiles each.
pub fn core_modules(count: usize) -> Vec<u8> {
    component(&"(core module (memory 1))".repeat(count))
}

/// So many instances of one core module, each with a memory of its own. Attacks a limit that counts
/// modules, or memories of one instance.
pub fn core_instances(count: usize) -> Vec<u8> {
    let instances = "(core instance (instantiate $memory))".repeat(count);
    component(&format!("(core module $memory (memory 1)){instances}"))
}

/// So many instances of one core module without anything in it.
pub fn empty_instances(count: usize) -> Vec<u8> {
    let instances = "(core instance (instantiate $empty))".repeat(count);
    component(&format!("(core module $empty){instances}"))
}

/// A result that is a list of lists of lists, `depth` levels deep. Attacks whoever walks a type by
/// recursion.
pub fn deep_type(depth: usize) -> Vec<u8> {
    let mut text = String::from("(type $t0 (list u8))");
    for level in 1..depth {
        let _ = write!(text, "(type $t{level} (list $t{}))", level - 1);
    }
    let _ = write!(
        text,
        r#"(core module $d (memory (export "memory") 1)
             (func (export "deep") (result i32) (i32.const 0)))
           (core instance $d (instantiate $d))
           (func (export "deep") (result $t{})
             (canon lift (core func $d "deep") (memory (core memory $d "memory"))))"#,
        depth - 1
    );
    component(&text)
}

/// So many types, none of them used.
pub fn types(count: usize) -> Vec<u8> {
    component(&"(type (tuple u8 u16))".repeat(count))
}

/// So many exported functions. Attacks the list of tools.
pub fn functions(count: usize) -> Vec<u8> {
    let mut text = String::from(ATTACK);
    for number in 0..count {
        let _ = write!(
            text,
            "(func (export \"f{number}\") (canon lift (core func $i \"attack\")))"
        );
    }
    parsed(&text)
}

/// So many functions, each as long as functions may be, in which every value is of use until the end.
/// Small enough for every limit that goes by size, and hours of work for a register allocator that is given
/// enough of them.
pub fn laborious(functions: u8) -> Vec<u8> {
    const LOCALS: usize = 120;
    /// Each takes seven bytes, of the mebibyte that a function may have.
    const STEPS: usize = 149_000;

    let mut body = vec![1, u8::try_from(LOCALS).unwrap_or(0), 0x7e];
    let mut seed: usize = 1;
    for _ in 0..STEPS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let [one, other, sum] = [seed >> 33, seed >> 43, seed >> 53]
            .map(|local| u8::try_from(local % LOCALS).unwrap_or(0));
        // local.get, local.get, i64.mul, local.set
        body.extend([0x20, one, 0x20, other, 0x7e, 0x21, sum]);
    }
    body.push(0x0b);
    let mut function = Vec::new();
    section(&mut function, 0, &body);
    // Without the number of a section, it is a body with its length.
    let function = function.get(1..).unwrap_or_default();

    let mut code = vec![functions];
    code.extend(function.repeat(functions.into()));
    let mut kinds = vec![functions];
    kinds.resize(usize::from(functions) + 1, 0);
    let mut module = vec![0, b'a', b's', b'm', 1, 0, 0, 0];
    section(&mut module, 1, &[1, 0x60, 0, 0]);
    section(&mut module, 3, &kinds);
    section(&mut module, 10, &code);

    let mut guest = component("");
    section(&mut guest, 1, &module);
    guest
}

/// A custom section of so many bytes.
pub fn custom_section(bytes: usize) -> Vec<u8> {
    let mut guest = component("");
    let mut body = vec![4];
    body.extend_from_slice(b"junk");
    body.resize(bytes, b'x');
    section(&mut guest, 0, &body);
    guest
}

/// `component` with a manifest, which may say anything.
pub fn with_manifest(mut component: Vec<u8>, manifest: &str) -> Vec<u8> {
    let name = "ringfence:manifest";
    let mut body = vec![u8::try_from(name.len()).unwrap_or(0)];
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(manifest.as_bytes());
    section(&mut component, 0, &body);
    component
}

/// A function whose name is so many characters long, in words of eight.
pub fn long_name(characters: usize) -> Vec<u8> {
    let name: String = "longname-".chars().cycle().take(characters).collect();
    let name = name.trim_end_matches('-');
    parsed(&format!(
        "{ATTACK}(func (export \"{name}\") (canon lift (core func $i \"attack\")))"
    ))
}

/// A component of `parts` and the function `attack`.
fn component(parts: &str) -> Vec<u8> {
    parsed(&format!("{parts}{ATTACK}"))
}

#[expect(clippy::panic, reason = "a guest that does not parse is a broken test")]
fn parsed(parts: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {parts})"))
        .unwrap_or_else(|error| panic!("failed to generate a guest: {error}"))
}

/// Appends a section: its number, its length as LEB128, its body.
fn section(guest: &mut Vec<u8>, number: u8, body: &[u8]) {
    guest.push(number);
    let mut length = body.len();
    while length >= 0x80 {
        guest.push(0x80 | u8::try_from(length & 0x7f).unwrap_or(0));
        length >>= 7;
    }
    guest.push(u8::try_from(length).unwrap_or(0));
    guest.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_the_size_that_was_asked_for() {
        assert!(custom_section(1 << 20).len() > 1 << 20);
        assert!(nested_components(1000).len() > 10_000);
        let plain = component("").len();
        for shape in [
            core_modules,
            core_instances,
            empty_instances,
            deep_type,
            types,
            functions,
        ] {
            assert!(shape(1000).len() >= plain + 2 * 1000);
        }
        assert!(long_name(300).len() >= plain + 290);
    }
}
