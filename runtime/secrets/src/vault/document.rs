//! What a vault looks like as a file.
//!
//! Owns the format: a line of JSON, and a line that seals every byte of it. What does not open whole
//! does not open: there is no repairing, and no reading of what is still legible.

use std::collections::BTreeMap;

use ringfence_identity::TenantName;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key::{Key, Keys};
use crate::name::SecretName;
use crate::seal::{NoRandom, open, seal};
use crate::value::SecretValue;

/// The format that this version writes and reads.
const FORMAT: u32 = 1;

const KEY_CONTEXT: &[u8] = b"ringfence vault 1: data key";
const SEAL_CONTEXT: &[u8] = b"ringfence vault 1: whole\0";
const SEAL_PREFIX: &str = "seal ";

/// What a vault holds, in the clear.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contents {
    pub(crate) secrets: BTreeMap<(TenantName, SecretName), Secret>,
}

/// One secret.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) version: u64,
    /// Seconds since 1970.
    pub(crate) created: u64,
    pub(crate) value: SecretValue,
}

/// Why the bytes of a vault are not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// They are not what was written.
    Damaged(&'static str),
    /// Another version wrote them.
    Format(u32),
    /// None of the keys sealed them.
    OtherKey { mark: String },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    ringfence_vault: u32,
    key: SealedKey,
    secrets: Vec<SealedSecret>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedKey {
    mark: String,
    sealed: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedSecret {
    tenant: String,
    name: String,
    version: u64,
    created: u64,
    sealed: String,
}

/// The one field that every version has.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Versioned {
    ringfence_vault: u32,
}

/// Writes a vault under a data key of its own, which only `key` opens.
pub(crate) fn write(contents: &Contents, key: &Key) -> Result<String, NoRandom> {
    let data_key = Key::draw().map_err(|_| NoRandom)?;
    let sealed = seal(key, &key_context(key), data_key.bytes())?;
    let secrets = contents
        .secrets
        .iter()
        .map(|((tenant, name), secret)| {
            let context = secret_context(tenant, name, secret.version, secret.created);
            Ok(SealedSecret {
                tenant: tenant.to_string(),
                name: name.to_string(),
                version: secret.version,
                created: secret.created,
                sealed: seal(&data_key, &context, secret.value.expose())?,
            })
        })
        .collect::<Result<Vec<_>, NoRandom>>()?;
    let document = Document {
        ringfence_vault: FORMAT,
        key: SealedKey {
            mark: key.mark(),
            sealed,
        },
        secrets,
    };
    // Text and numbers always serialise.
    let mut text = serde_json::to_string(&document).map_err(|_| NoRandom)?;
    let whole = seal(&data_key, &whole_context(&text), b"")?;
    text.push('\n');
    text.push_str(SEAL_PREFIX);
    text.push_str(&whole);
    text.push('\n');
    Ok(text)
}

/// Reads a vault with whichever of `keys` sealed it.
pub(crate) fn read(bytes: &[u8], keys: &Keys) -> Result<Contents, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::Damaged("it is not text"))?;
    let (body, rest) = text
        .split_once('\n')
        .ok_or(Unreadable::Damaged("it has no second line"))?;
    let whole = rest
        .strip_prefix(SEAL_PREFIX)
        .and_then(|rest| rest.strip_suffix('\n'))
        .ok_or(Unreadable::Damaged("its second line is not a seal"))?;
    let document: Document = serde_json::from_str(body).map_err(|_| unreadable(body))?;
    if document.ringfence_vault != FORMAT {
        return Err(Unreadable::Format(document.ringfence_vault));
    }
    let Some(key) = keys.marked(&document.key.mark) else {
        return Err(Unreadable::OtherKey {
            mark: document.key.mark.escape_debug().take(32).collect(),
        });
    };
    let data_key = open(key, &key_context(key), &document.key.sealed)
        .ok()
        .and_then(|bytes| Key::from_bytes(&bytes))
        .ok_or(Unreadable::Damaged("its key does not open"))?;
    open(&data_key, &whole_context(body), whole)
        .map_err(|_| Unreadable::Damaged("its seal is broken"))?;
    let mut contents = Contents::default();
    for sealed in document.secrets {
        let (name, secret) = unsealed(&data_key, &sealed)
            .ok_or(Unreadable::Damaged("one of its secrets does not open"))?;
        contents.secrets.insert(name, secret);
    }
    Ok(contents)
}

/// The mark of the key that sealed a vault that was read.
pub(crate) fn mark(bytes: &[u8]) -> Option<String> {
    let body = bytes.split(|&byte| byte == b'\n').next()?;
    let document: Document = serde_json::from_slice(body).ok()?;
    Some(document.key.mark)
}

/// Whether another version wrote it, or nobody.
fn unreadable(body: &str) -> Unreadable {
    match serde_json::from_str(body) {
        Ok(Versioned { ringfence_vault }) if ringfence_vault != FORMAT => {
            Unreadable::Format(ringfence_vault)
        }
        _ => Unreadable::Damaged("its first line is not a vault"),
    }
}

fn unsealed(key: &Key, sealed: &SealedSecret) -> Option<((TenantName, SecretName), Secret)> {
    let (tenant, name) = (sealed.tenant.parse().ok()?, sealed.name.parse().ok()?);
    let context = secret_context(&tenant, &name, sealed.version, sealed.created);
    let mut opened: Zeroizing<Vec<u8>> = open(key, &context, &sealed.sealed).ok()?;
    let secret = Secret {
        version: sealed.version,
        created: sealed.created,
        value: SecretValue::new(std::mem::take(&mut *opened)).ok()?,
    };
    Some(((tenant, name), secret))
}

fn key_context(key: &Key) -> Vec<u8> {
    [KEY_CONTEXT, b"\0", key.mark().as_bytes()].concat()
}

fn whole_context(body: &str) -> Vec<u8> {
    [SEAL_CONTEXT, body.as_bytes()].concat()
}

/// What a sealed value belongs to. Names hold no zero byte, so no two contexts are the same.
fn secret_context(tenant: &TenantName, name: &SecretName, version: u64, created: u64) -> Vec<u8> {
    [
        b"ringfence vault 1: secret\0",
        tenant.as_str().as_bytes(),
        b"\0",
        name.as_str().as_bytes(),
        b"\0",
        &version.to_le_bytes(),
        &created.to_le_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> Contents {
        let mut contents = Contents::default();
        for (tenant, name, value) in [("a", "ONE", "first value"), ("b", "TWO", "second value")] {
            let secret = Secret {
                version: 3,
                created: 1_700_000_000,
                value: SecretValue::new(value.into()).unwrap(),
            };
            let key = (tenant.parse().unwrap(), name.parse().unwrap());
            contents.secrets.insert(key, secret);
        }
        contents
    }

    /// The document of a vault, changed, and sealed as a whole by somebody who has the data key.
    fn resealed(text: &str, key: &Key, change: impl Fn(&mut Document)) -> String {
        let body = text.lines().next().unwrap();
        let mut document: Document = serde_json::from_str(body).unwrap();
        let data_key = open(key, &key_context(key), &document.key.sealed).unwrap();
        let data_key = Key::from_bytes(&data_key).unwrap();
        change(&mut document);
        let body = serde_json::to_string(&document).unwrap();
        let whole = seal(&data_key, &whole_context(&body), b"").unwrap();
        format!("{body}\nseal {whole}\n")
    }

    #[test]
    fn every_byte_is_sealed() {
        let key = Key::draw().unwrap();
        let keys = Keys::one(key.clone());
        let text = write(&contents(), &key).unwrap();
        assert_eq!(read(text.as_bytes(), &keys).unwrap().secrets.len(), 2);
        for at in 0..text.len() {
            for change in [1, 0x20, 0x80] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= change;
                assert!(read(&bytes, &keys).is_err(), "byte {at} ^ {change:#x}");
            }
            assert!(read(&text.as_bytes()[..at], &keys).is_err(), "cut at {at}");
        }
        for more in [" ", "\n", "\0", "seal"] {
            assert!(read(format!("{text}{more}").as_bytes(), &keys).is_err());
        }
    }

    #[test]
    fn a_value_opens_under_its_own_name_alone() {
        let key = Key::draw().unwrap();
        let keys = Keys::one(key.clone());
        let text = write(&contents(), &key).unwrap();
        let unchanged = resealed(&text, &key, |_| {});
        assert!(read(unchanged.as_bytes(), &keys).is_ok());
        let changes: [fn(&mut Document); 5] = [
            |document| {
                let [first, second] = &mut document.secrets[..] else {
                    panic!()
                };
                std::mem::swap(&mut first.sealed, &mut second.sealed);
            },
            |document| document.secrets[0].name = "THREE".into(),
            |document| document.secrets[0].tenant = "b".into(),
            |document| document.secrets[0].version = 2,
            |document| document.secrets[0].created += 1,
        ];
        for change in changes {
            let error = read(resealed(&text, &key, change).as_bytes(), &keys).unwrap_err();
            assert_eq!(
                error,
                Unreadable::Damaged("one of its secrets does not open")
            );
        }
    }

    #[test]
    fn another_key_is_told_from_damage() {
        let key = Key::draw().unwrap();
        let text = write(&contents(), &key).unwrap();
        let others = Keys::one(Key::draw().unwrap());
        let error = read(text.as_bytes(), &others).unwrap_err();
        assert_eq!(error, Unreadable::OtherKey { mark: key.mark() });
        let newer = text.replacen("\"ringfence-vault\":1", "\"ringfence-vault\":2", 1);
        let error = read(newer.as_bytes(), &Keys::one(key)).unwrap_err();
        assert_eq!(error, Unreadable::Format(2));
    }
}
