//! The promise of the scrubber, from outside: no value leaves, and everything else does.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn scrubber(secrets: &[(&str, &[u8])]) -> Scrubber {
    let secrets: Vec<(SecretName, SecretValue)> = secrets
        .iter()
        .map(|(name, value)| {
            (
                name.parse().unwrap(),
                SecretValue::new(value.to_vec()).unwrap(),
            )
        })
        .collect();
    Scrubber::new(secrets.iter().map(|(name, value)| (name, value)))
}

fn each<T>(items: impl IntoIterator<Item = T>, write: impl Fn(T) -> String) -> String {
    let written: Vec<String> = items.into_iter().map(write).collect();
    written.concat()
}

fn hex(bytes: &[u8]) -> String {
    each(bytes, |byte| format!("{byte:02x}"))
}

fn percent(bytes: &[u8], every: impl Fn(u8) -> bool, upper: bool) -> String {
    let encode = |&byte: &u8| match (
        every(byte) || !byte.is_ascii_graphic() || byte == b'%',
        upper,
    ) {
        (true, true) => format!("%{byte:02X}"),
        (true, false) => format!("%{byte:02x}"),
        _ => char::from(byte).to_string(),
    };
    bytes.iter().map(encode).collect()
}

/// A value, written as programs write it within something longer.
fn encodings(value: &[u8], around: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let within = [around, value, around].concat();
    let wrapped = |text: String| {
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(13)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        lines.join("\r\n")
    };
    let mut encodings = vec![
        ("plain", value.to_vec()),
        ("hex", hex(value).into_bytes()),
        ("HEX", hex(value).to_uppercase().into_bytes()),
        ("base64", STANDARD.encode(value).into_bytes()),
        (
            "base64 without padding",
            STANDARD_NO_PAD.encode(value).into_bytes(),
        ),
        ("base64 for the web", URL_SAFE.encode(value).into_bytes()),
        ("base64 within", STANDARD.encode(&within).into_bytes()),
        (
            "base64 for the web within",
            URL_SAFE_NO_PAD.encode(&within).into_bytes(),
        ),
        (
            "base64 of many lines",
            wrapped(STANDARD.encode(&within)).into_bytes(),
        ),
        ("hex of many lines", wrapped(hex(&within)).into_bytes()),
        ("percent", percent(value, |_| false, true).into_bytes()),
        (
            "every byte percent",
            percent(value, |_| true, false).into_bytes(),
        ),
        (
            "every other byte percent",
            percent(value, |byte| byte % 2 == 0, true).into_bytes(),
        ),
        (
            "percent of base64",
            percent(
                STANDARD.encode(value).as_bytes(),
                |byte| !byte.is_ascii_alphanumeric(),
                true,
            )
            .into_bytes(),
        ),
    ];
    let escaped = each(value, |byte| format!("\\x{byte:02x}"));
    encodings.push(("escaped bytes", escaped.into_bytes()));
    if let Ok(text) = std::str::from_utf8(value) {
        encodings.extend(text_encodings(text));
    }
    encodings
}

/// A value that is text, written as programs write text.
fn text_encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let html = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    [
        ("JSON", json!(text).to_string()),
        (
            "JSON in ASCII",
            each(units, |unit| format!("\\u{unit:04X}")),
        ),
        (
            "entities",
            each(text.chars(), |c| format!("&#{};", u32::from(c))),
        ),
        ("HTML", html),
    ]
    .map(|(encoding, text)| (encoding, text.into_bytes()))
    .to_vec()
}

/// Whether anything that gives the value away is left.
fn survives(left: &[u8], encoded: &[u8], value: &[u8]) -> bool {
    let has = |needle: &[u8]| left.windows(needle.len()).any(|window| window == needle);
    // All but what an unknown neighbour shares a character of base64 with.
    let core = encoded.len().saturating_sub(8);
    has(value) || (core >= 8 && has(&encoded[4..encoded.len() - 4]))
}

fn values() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[A-Za-z0-9_]{8,60}".prop_map(String::into_bytes),
        "\\PC{8,40}".prop_map(String::into_bytes),
        vec(any::<u8>(), 8..80).prop_filter("as many bytes as a secret has", |value| {
            SecretValue::new(value.clone()).is_ok()
        }),
        "[ab]{8,20}".prop_map(String::into_bytes),
        "[%&;\\\\\"/+ =u0-9]{8,30}".prop_map(String::into_bytes),
    ]
}

fn surroundings() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..40),
        "[ab%\\\\&#;xu0-9\n]{0,40}".prop_map(String::into_bytes),
        Just(b"\\".to_vec()),
        Just(b"%4".to_vec()),
        Just(b"&#x".to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_value_survives_in_any_encoding(
        value in values(),
        around in vec(any::<u8>(), 0..5),
        before in "[ -~\n]{0,30}",
        after in "[ -~\n]{0,30}",
    ) {
        let scrubber = scrubber(&[("CANARY", &value)]);
        for (encoding, encoded) in encodings(&value, &around) {
            let text = [before.as_bytes(), b" ", &encoded, b" ", after.as_bytes()].concat();
            let scrubbed = scrubber.bytes(&text);
            prop_assert!(!scrubbed.removed.is_empty(), "{encoding}: nothing found");
            if encoding.contains("within") || encoding.contains("lines") {
                // At most what surrounds the value is left, and a character shared with it.
                let breaks = |text: &[u8]| text.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
                let left = scrubbed.text.len() - breaks(&scrubbed.text) - "[secret CANARY]".len();
                let most = before.len() + after.len() - breaks(before.as_bytes()) - breaks(after.as_bytes());
                prop_assert!(left <= most + 2 + 4 * around.len() + 8, "{encoding}");
            } else {
                prop_assert!(!survives(&scrubbed.text, &encoded, &value), "{encoding}");
            }
            // What is left holds nothing any more: not by chance, and not next to a label.
            let again = scrubber.bytes(&scrubbed.text);
            prop_assert!(again.removed.is_empty(), "{encoding} leaves one");
        }
    }

    #[test]
    fn a_value_that_was_cut_is_found_as_in_one_piece(
        value in values(),
        before in surroundings(),
        between in surroundings(),
        after in surroundings(),
        cuts in vec(1_usize..20, 1..40),
    ) {
        let scrubber = Arc::new(scrubber(&[("CANARY", &value), ("OTHER", b"abababababab")]));
        for (encoding, encoded) in encodings(&value, b"") {
            let text = [&before[..], &encoded, &between, &value, &after].concat();
            let whole = scrubber.bytes(&text);
            let mut stream = Stream::new(Arc::clone(&scrubber));
            let (mut left, mut rest) = (Vec::new(), &text[..]);
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, others) = rest.split_at((*cut).min(rest.len()));
                left.extend(stream.push(piece));
                rest = others;
            }
            let (end, removed) = stream.finish();
            left.extend(end);
            prop_assert!(scrubber.found(&left).is_empty(), "{encoding}");
            prop_assert_eq!(removed.is_empty(), whole.removed.is_empty());
        }
    }

    #[test]
    fn what_holds_no_secret_passes_unchanged(text in surroundings(), cut in 0_usize..40) {
        let scrubber = Arc::new(scrubber(&[("CANARY", b"\xff\xfe never there \xfd")]));
        prop_assert!(matches!(scrubber.bytes(&text).text, Cow::Borrowed(_)));
        let (first, second) = text.split_at(cut.min(text.len()));
        let mut stream = Stream::new(scrubber);
        let mut passed = stream.push(first);
        passed.extend(stream.push(second));
        passed.extend(stream.finish().0);
        prop_assert_eq!(passed, text);
    }

    #[test]
    fn json_stays_json(value in "[a-z0-9\"\\\\{}\\[\\],:%é]{8,20}", other in "\\PC{0,20}", number in any::<i64>()) {
        let digits = number.to_string();
        let mut secrets = vec![("CANARY", value.as_bytes())];
        if digits.len() >= 8 {
            secrets.push(("NUMBER", digits.as_bytes()));
        }
        let scrubber = scrubber(&secrets);
        let document = json!({"a": [value, {&value: format!("x{value}y")}], "n": number, "o": other});
        let left = scrubber.json(document.to_string());
        let parsed: serde_json::Value = serde_json::from_str(&left).unwrap();
        prop_assert!(scrubber.found(left.as_bytes()).is_empty());
        if !parsed.is_string() {
            prop_assert_eq!(&parsed["a"][0], "[secret CANARY]");
        }
    }
}

#[test]
fn a_label_names_the_secret_and_the_rest_stays() {
    let scrubber = scrubber(&[("ONE", b"first-value"), ("TWO", b"second-value")]);
    assert_eq!(
        scrubber.text("a first-value, second-value and first-valu"),
        "a [secret ONE], [secret TWO] and first-valu"
    );
    let removed = scrubber.found(b"second-value");
    assert_eq!(
        removed
            .into_iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>(),
        ["TWO"]
    );
}

#[test]
fn a_value_within_another_hides_neither() {
    let scrubber = scrubber(&[("SHORT", b"12345678"), ("LONG", b"0012345678ff")]);
    assert_eq!(scrubber.text("x0012345678ffx"), "x[secret LONG]x");
    assert_eq!(scrubber.text("x12345678ffx"), "x[secret SHORT]ffx");
    // The longer one begins, and is none.
    assert_eq!(scrubber.text("x0012345678f"), "x00[secret SHORT]f");
}

#[test]
fn a_pair_for_basic_authentication_is_found() {
    let scrubber = scrubber(&[("PASSWORD", b"correct horse battery")]);
    for user in ["", "a", "me", "somebody"] {
        let header = STANDARD.encode(format!("{user}:correct horse battery"));
        let left = scrubber.text(&header).into_owned();
        assert!(left.contains("[secret PASSWORD]"), "{left}");
    }
}

#[test]
fn a_piece_waits_no_longer_than_it_must() {
    let scrubber = Arc::new(scrubber(&[("TOKEN", b"tok_12345678")]));
    let mut stream = Stream::new(scrubber);
    assert_eq!(stream.push(b"event: one\n\n"), b"event: one\n\n");
    assert_eq!(stream.push(b"data: tok_1"), b"data: ");
    assert_eq!(stream.push(b"2345x"), b"tok_12345x");
    assert_eq!(stream.push(b"tok_12345678."), b"[secret TOKEN].");
    assert_eq!(stream.finish().0, b"");
}

#[test]
fn json_of_many_kinds_keeps_its_shape() {
    let scrubber = scrubber(&[("PIN", b"31415926"), ("ODD", b"a\",\"b,c\"")]);
    let json = |text: &str| scrubber.json(text.to_owned());
    assert_eq!(
        json(r#"{"n":31415926,"m":[1,null,true]}"#),
        r#"{"n":"[secret PIN]","m":[1,null,true]}"#
    );
    assert_eq!(json(r#"{"31415926":0.5}"#), r#"{"[secret PIN]":0.5}"#);
    // Across two strings: what stood between them cannot be kept.
    assert_eq!(json(r#"["a","b,c"]"#), r#""[secret ODD]""#);
    assert_eq!(json(r#"["314","15926"]"#), r#"["314","15926"]"#);
}

#[test]
fn nothing_to_find_costs_nothing() {
    let nothing = Scrubber::default();
    assert!(nothing.is_empty());
    let text = String::from("anything");
    let at = text.as_ptr();
    let same = nothing.string(text);
    assert_eq!(same.as_ptr(), at);
}

#[test]
fn long_secrets_of_the_worst_shapes_are_found() {
    let long: Vec<u8> = (0..4096_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2] | 1)
        .collect();
    let same = vec![b'a'; 4096];
    let scrubber = scrubber(&[("LONG", &long), ("SAME", &same)]);
    let text = [&same[1..], b"b", &long, b"c", &same].concat();
    let names: Vec<String> = scrubber
        .found(&text)
        .into_iter()
        .map(|name| name.to_string())
        .collect();
    assert_eq!(names, ["LONG", "SAME"]);
}

#[test]
fn what_json_escapes_once_more_is_found() {
    let scrubber = scrubber(&[("TOKEN", b"tok_12345678")]);
    let escaped = each("tok_12345678".bytes(), |byte| format!("\\u{byte:04x}"));
    for text in [&escaped[..], "tok\\x5f12345678", "tok_1234\\u{35}678"] {
        let left = scrubber.json(json!({"text": text}).to_string());
        assert_eq!(left, r#"{"text":"[secret TOKEN]"}"#, "{text}");
    }
    // Backslashes alone are no reason to change anything.
    let path = r#"{"path":"C:\\windows\\n","n":1.50}"#;
    assert_eq!(scrubber.json(path.into()), path);
    // Nor is depth, as long as there is nothing to find.
    let nested = |text: &str| format!("{}{text}{}", "[".repeat(300), "]".repeat(300));
    let deep = nested(r#""a\\b""#);
    assert_eq!(scrubber.json(deep.clone()), deep);
    assert_eq!(
        scrubber.json(nested(r#""tok_12345678""#)),
        r#""[secret TOKEN]""#
    );
}
