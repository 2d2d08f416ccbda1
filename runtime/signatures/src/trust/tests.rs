//! Who is believed, and who is not.

use proptest::prelude::*;
use ringfence_tool::Digest;
use serde_json::json;

use super::*;
use crate::signer::SigningKey;

const SOURCE: &str = "oci://registry.example/org/tool:1.0";
const COMPONENT: &[u8] = b"a component";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).unwrap().0
}

fn none(_: &str) -> Result<Vec<u8>, String> {
    Err("there is none".to_owned())
}

fn trust(rules: &str) -> Result<Trust, String> {
    let pem = |seed| key(seed).public().to_pem();
    let text = format!(
        "version = 1\n{rules}\n[key.one]\npem = '''{}'''\n[key.two]\nfile = 'two.pub'\n[end]\n",
        pem(1)
    );
    let mut file = |path: &str| match path {
        "two.pub" => Ok(pem(2).into_bytes()),
        _ => none(path),
    };
    Trust::parse("trust.toml", &text, &mut file).map_err(|error| error.to_string())
}

fn by_one() -> Trust {
    trust("[[rule]]\nsource = 'oci://registry.example/**'\nkeys = ['one']").unwrap()
}

fn manifest(component: &[u8]) -> Vec<u8> {
    let layer =
        json!({"mediaType": "application/wasm", "digest": Digest::of(component).to_string()});
    json!({"layers": [layer]}).to_string().into_bytes()
}

/// A signature over the manifest, by this key.
fn signature(by: &SigningKey, manifest: &[u8]) -> Signature {
    let payload = Payload {
        manifest: Digest::of(manifest),
    };
    let payload = payload.write("registry.example/org/tool");
    Signature::Simple {
        signature: by.sign(&payload).unwrap(),
        payload,
        key: Some(by.public().fingerprint().to_string()),
    }
}

fn judge(trust: &Trust, signatures: Vec<Signature>) -> Result<Option<String>, String> {
    judged(trust, SOURCE, &manifest(COMPONENT), signatures)
}

fn judged(
    trust: &Trust,
    source: &str,
    manifest: &[u8],
    signatures: Vec<Signature>,
) -> Result<Option<String>, String> {
    let subject = Subject {
        source,
        bytes: COMPONENT,
        digest: Digest::of(COMPONENT),
        manifest: Some((Digest::of(manifest), manifest)),
    };
    trust
        .judge(&subject, &Evidence::new(signatures))
        .map_err(|refusal| refusal.to_string())
}

#[track_caller]
fn refused(result: Result<Option<String>, String>, why: &str) {
    match result {
        Err(reason) => assert!(reason.contains(why), "{reason}"),
        Ok(by) => panic!("taken, as signed by {by:?}"),
    }
}

#[test]
fn a_signature_by_one_of_the_keys_is_enough() {
    let manifest = manifest(COMPONENT);
    let (one, two, three) = (key(1), key(2), key(3));
    let by = judge(&by_one(), vec![signature(&one, &manifest)]);
    let expected = format!("one, ed25519 key {}", one.public().fingerprint());
    assert_eq!(by, Ok(Some(expected)));
    // Others may have signed as well.
    let several = vec![signature(&three, &manifest), signature(&one, &manifest)];
    assert!(judge(&by_one(), several).is_ok());
    let either = trust("[[rule]]\nsource = '**'\nkeys = ['one', 'two']").unwrap();
    assert!(judge(&either, vec![signature(&two, &manifest)]).is_ok());
    // A file's signature is over its very bytes.
    let signature = one.sign(COMPONENT).unwrap();
    assert!(judge(&by_one(), vec![Signature::Bare { signature }]).is_ok());
}

#[test]
fn each_defect_is_told_by_its_name() {
    let (one, two) = (key(1), key(2));
    let (manifest, other) = (manifest(COMPONENT), manifest(b"another"));
    refused(
        judge(&by_one(), vec![]),
        "it is not signed, and `trust.toml:2` needs",
    );
    refused(
        judge(&by_one(), vec![signature(&two, &manifest)]),
        "it is signed, and not by `one`",
    );
    refused(
        judge(&by_one(), vec![signature(&one, &other)]),
        &format!(
            "is of {}, and this is {}",
            Digest::of(&other),
            Digest::of(&manifest)
        ),
    );
    // Of two, the one that came nearer is told of.
    refused(
        judge(
            &by_one(),
            vec![signature(&one, &other), signature(&two, &manifest)],
        ),
        "it was made for something else",
    );
    let Signature::Simple {
        mut payload,
        signature: bytes,
        key,
    } = signature(&one, &manifest)
    else {
        panic!("it is over a document")
    };
    let at = payload.iter().position(|byte| *byte == b'o').unwrap();
    payload[at] = b'0';
    refused(
        judge(
            &by_one(),
            vec![Signature::Simple {
                payload,
                signature: bytes,
                key,
            }],
        ),
        "what `one` signed was changed since",
    );
    let payload = b"{}".to_vec();
    let signed = Signature::Simple {
        signature: one.sign(&payload).unwrap(),
        payload,
        key: None,
    };
    refused(
        judge(&by_one(), vec![signed]),
        "in a way that cannot be read",
    );
    refused(
        judged(&by_one(), SOURCE, &other, vec![signature(&one, &other)]),
        "what was signed is not a manifest of this component",
    );
    let signature = one.sign(b"another").unwrap();
    refused(
        judge(&by_one(), vec![Signature::Bare { signature }]),
        "not by `one`",
    );
}

#[test]
fn the_first_rule_that_names_a_source_decides() {
    let rules = "require = true\n[[rule]]\nsource = 'oci://registry.example/free/*'\nrequire = false\n\
                 [[rule]]\nsource = 'oci://registry.example/**'\nkeys = ['one']";
    let trust = trust(rules).unwrap();
    let at = |source: &str| judged(&trust, source, &manifest(COMPONENT), vec![]);
    assert_eq!(at("oci://registry.example/free/tool:1"), Ok(None));
    assert!(!trust.needs_signature("oci://registry.example/free/tool:1"));
    assert!(trust.needs_signature(SOURCE));
    refused(at(SOURCE), "`trust.toml:6` needs a signature");
    refused(at("oci://registry.example/free/x/tool"), "is not signed");
    refused(
        at("oci://other.example/tool@sha256:00"),
        "`trust.toml` has no rule for `oci://other.example/tool`",
    );
}

#[test]
fn without_a_requirement_only_what_is_named_needs_a_signature() {
    let at = |source: &str| judged(&by_one(), source, &manifest(COMPONENT), vec![]);
    assert_eq!(at("oci://other.example/tool"), Ok(None));
    refused(at(SOURCE), "is not signed");
}

#[test]
fn one_key_may_be_named_for_everything() {
    let trust = Trust::in_key("k.pub", key(1).public());
    let manifest = manifest(COMPONENT);
    assert!(judge(&trust, vec![signature(&key(1), &manifest)]).is_ok());
    refused(
        judge(&trust, vec![signature(&key(2), &manifest)]),
        "which `--key` needs",
    );
}

#[test]
fn what_is_not_understood_is_refused_by_line() {
    for (rules, says) in [
        (
            "requre = true",
            "trust.toml:2: unknown key `requre`: did you mean `require`?",
        ),
        ("require = 1", "trust.toml:2: expected `true` or `false`"),
        (
            "[[rule]]\nsource = 'x'\nkeys = ['one']",
            "trust.toml:3: `x` does not begin",
        ),
        (
            "[[rule]]\nkeys = ['one']",
            "trust.toml:2: a rule has a `source`",
        ),
        (
            "[[rule]]\nsource = '**'",
            "trust.toml:2: a rule says either",
        ),
        (
            "[[rule]]\nsource = '**'\nkeys = []",
            "trust.toml:2: a rule without keys",
        ),
        (
            "[[rule]]\nsource = '**'\nkeys = ['one']\nrequire = false",
            "a rule says either",
        ),
        (
            "[[rule]]\nsource = '**'\nkeys = ['onee']",
            "trust.toml:4: there is no key `onee`: did you mean `one`?",
        ),
        (
            "[[rule]]\nsource = '**'\nkey = ['one']",
            "trust.toml:4: unknown key `key`: did you mean `keys`?",
        ),
        (
            "[key.three]\nfile = 'three.pub'",
            "trust.toml:3: `three.pub`: there is none",
        ),
        (
            "[key.three]\npem = 'x'",
            "trust.toml:3: key `three`: it holds no public key",
        ),
        ("[key.three]", "trust.toml:2: key `three` is given as"),
        (
            "[[rule]]\nsource = '**'\nissuer = 'https://issuer.example'",
            "trust.toml:4: `issuer`: signatures by a certificate are not understood",
        ),
        ("[[rule]\n", "trust.toml:2: "),
    ] {
        let error = trust(rules).unwrap_err();
        assert!(error.contains(says), "{rules}: {error}");
    }
    let parse = |text: &str| Trust::parse("t", text, &mut none).map_err(|error| error.to_string());
    assert!(parse("version = 1\n[end]\n").is_ok());
    assert!(
        parse("version = 1\nrequire = true\n")
            .unwrap_err()
            .contains("[end]")
    );
    assert!(
        parse("version = 2\n[end]\n")
            .unwrap_err()
            .contains("version = 1")
    );
    assert!(parse("[end]\n").unwrap_err().contains("version = 1"));
}

proptest! {
    #[test]
    fn no_changed_byte_is_taken(at: proptest::sample::Index, bit in 0..8_u8, which in 0..2) {
        let manifest = manifest(COMPONENT);
        let Signature::Simple { mut payload, mut signature, key } = signature(&key(1), &manifest) else {
            panic!("it is over a document")
        };
        let bytes = if which == 0 { &mut payload } else { &mut signature };
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let judged = judge(&by_one(), vec![Signature::Simple { payload, signature, key }]);
        prop_assert!(judged.is_err());
    }
}
