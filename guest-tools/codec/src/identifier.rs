//! UUIDs of RFC 9562. Random bytes and the time are handed in.

use thiserror::Error;
use uuid::{Builder, Uuid, Variant};

/// The most identifiers made at once.
pub const MAX_COUNT: u32 = 1_000;

/// The longest text that is looked at: `urn:uuid:` and 36 characters, with room for white space.
pub const MAX_TEXT_BYTES: usize = 64;

/// Why there is no UUID.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// A count outside of its range.
    #[error("`count` is {0} and must be from 1 to {MAX_COUNT}")]
    Count(u32),
    /// Text that is none.
    #[error("`text` is not a UUID: {0}")]
    Syntax(String),
}

/// What a UUID says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The usual form.
    pub canonical: String,
    /// Its version, where it follows the RFC.
    pub version: Option<u8>,
    /// When it was made.
    pub unix_ms: Option<u64>,
}

/// Checks how many are asked for.
///
/// # Errors
/// When it is none, or too many.
pub fn count(count: Option<u32>) -> Result<u32, Error> {
    match count.unwrap_or(1) {
        count @ 1..=MAX_COUNT => Ok(count),
        other => Err(Error::Count(other)),
    }
}

/// A random UUID.
pub fn v4(random: [u8; 16]) -> String {
    Builder::from_random_bytes(random).into_uuid().to_string()
}

/// UUIDs that sort by time, and within one call by the order in which they were made.
pub fn v7(unix_ms: u64, random: impl IntoIterator<Item = [u8; 16]>) -> Vec<String> {
    random
        .into_iter()
        .zip(0..)
        .map(|(random, index): (_, u16)| {
            let [_, _, _, _, _, _, _, _, random @ ..] = random;
            // 12 bits after the time count the identifiers of this call (RFC 9562, section 6.2).
            let mut rest = [0; 10];
            let (count, noise) = rest.split_at_mut(2);
            count.copy_from_slice(&index.to_be_bytes());
            noise.copy_from_slice(&random);
            Builder::from_unix_timestamp_millis(unix_ms, &rest)
                .into_uuid()
                .to_string()
        })
        .collect()
}

/// Reads a UUID in any usual notation.
///
/// # Errors
/// When `text` is none.
pub fn parse(text: &str) -> Result<Info, Error> {
    let text = text.trim();
    if text.len() > MAX_TEXT_BYTES {
        return Err(Error::Syntax(format!("{} bytes are too many", text.len())));
    }
    let uuid = Uuid::try_parse(text).map_err(|error| Error::Syntax(error.to_string()))?;
    let version = match (uuid.get_variant(), u8::try_from(uuid.get_version_num())) {
        (Variant::RFC4122, Ok(version @ 1..=8)) => Some(version),
        _ => None,
    };
    let unix_ms = version.and_then(|_| uuid.get_timestamp()).map(|timestamp| {
        let (seconds, nanoseconds) = timestamp.to_unix();
        seconds
            .saturating_mul(1_000)
            .saturating_add(u64::from(nanoseconds / 1_000_000))
    });
    Ok(Info {
        canonical: uuid.to_string(),
        version,
        unix_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_both_versions() {
        assert_eq!(v4([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(
            v7(0x017f_22e2_79b0, [[0xff; 16], [0; 16]]),
            [
                "017f22e2-79b0-7000-bfff-ffffffffffff",
                "017f22e2-79b0-7001-8000-000000000000"
            ]
        );
    }

    #[test]
    fn a_batch_sorts_in_its_order() {
        let batch = v7(1, (0..1_000).map(|_| [0xa5; 16]));
        assert!(batch.is_sorted_by(|a, b| a < b));
        assert!(
            batch
                .iter()
                .all(|uuid| parse(uuid).unwrap().version == Some(7))
        );
    }

    #[test]
    fn reads_every_notation() {
        let info = parse("urn:uuid:017F22E2-79B0-7CC3-98C4-DC0C0C07398F").unwrap();
        assert_eq!(
            info,
            Info {
                canonical: "017f22e2-79b0-7cc3-98c4-dc0c0c07398f".into(),
                version: Some(7),
                unix_ms: Some(1_645_557_742_000),
            }
        );
        assert!(parse("{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}").is_ok());
        assert_eq!(parse(" 017f22e279b07cc398c4dc0c0c07398f ").unwrap(), info);
        let v1 = parse("c232ab00-9414-11ec-b3c8-9f6bdeced846").unwrap();
        assert_eq!((v1.version, v1.unix_ms), (Some(1), Some(1_645_557_742_000)));
        assert_eq!(
            parse("00000000-0000-0000-0000-000000000000")
                .unwrap()
                .version,
            None
        );
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(
            parse("not-a-uuid")
                .unwrap_err()
                .to_string()
                .starts_with("`text` is not a UUID: ")
        );
        assert!(matches!(parse(&"0".repeat(10_000)), Err(Error::Syntax(_))));
        assert_eq!(count(Some(0)), Err(Error::Count(0)));
        assert_eq!(count(Some(1_001)), Err(Error::Count(1_001)));
        assert_eq!(count(None), Ok(1));
    }
}
