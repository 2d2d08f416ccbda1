//! The component's exports: translates between WIT's types and the modules', and fetches random
//! bytes and the time.

use crate::encoding;
use crate::{hash, identifier};

mod bindings {
    wit_bindgen::generate!({
        path: ["../wasi/io.wit", "../wasi/clocks.wit", "../wasi/random.wit", "wit"],
        world: "ringfence:codec/codec",
        generate_all,
    });
}

use bindings::wasi::clocks::wall_clock;
use bindings::wasi::random::random;
use bindings::{Algorithm, Encoding, Guest, Payload, UuidInfo, UuidVersion};

struct Codec;

impl Guest for Codec {
    fn hash(data: Payload, algorithm: Option<Algorithm>) -> Result<String, String> {
        let algorithm = match algorithm {
            None | Some(Algorithm::Sha256) => hash::Algorithm::Sha256,
            Some(Algorithm::Sha512) => hash::Algorithm::Sha512,
            Some(Algorithm::Blake3) => hash::Algorithm::Blake3,
            Some(Algorithm::Sha1) => hash::Algorithm::Sha1,
            Some(Algorithm::Md5) => hash::Algorithm::Md5,
            Some(Algorithm::Crc32) => hash::Algorithm::Crc32,
        };
        hash::hash(&bytes(data), algorithm).map_err(explain)
    }

    fn encode(data: Payload, to: Encoding) -> Result<String, String> {
        encoding::encode(&bytes(data), translate(to)).map_err(explain)
    }

    fn decode(text: String, from: Encoding) -> Result<Payload, String> {
        let bytes = encoding::decode(&text, translate(from)).map_err(explain)?;
        Ok(String::from_utf8(bytes)
            .map_or_else(|error| Payload::Bytes(error.into_bytes()), Payload::Text))
    }

    fn uuid(version: Option<UuidVersion>, count: Option<u32>) -> Result<Vec<String>, String> {
        let count = identifier::count(count).map_err(explain)?;
        let random = random::get_random_bytes(u64::from(count) * 16);
        let random = random.as_chunks::<16>().0.iter().copied();
        Ok(match version {
            None | Some(UuidVersion::V4) => random.map(identifier::v4).collect(),
            Some(UuidVersion::V7) => {
                let now = wall_clock::now();
                let unix_ms = now.seconds * 1_000 + u64::from(now.nanoseconds / 1_000_000);
                identifier::v7(unix_ms, random)
            }
        })
    }

    fn parse_uuid(text: String) -> Result<UuidInfo, String> {
        let info = identifier::parse(&text).map_err(explain)?;
        Ok(UuidInfo {
            canonical: info.canonical,
            version: info.version,
            unix_ms: info.unix_ms,
        })
    }
}

fn bytes(data: Payload) -> Vec<u8> {
    match data {
        Payload::Text(text) => text.into_bytes(),
        Payload::Bytes(bytes) => bytes,
    }
}

fn translate(encoding: Encoding) -> encoding::Encoding {
    match encoding {
        Encoding::Base64 => encoding::Encoding::Base64,
        Encoding::Base64Url => encoding::Encoding::Base64Url,
        Encoding::Hex => encoding::Encoding::Hex,
        Encoding::Url => encoding::Encoding::Url,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn explain(error: impl ToString) -> String {
    error.to_string()
}

#[expect(
    unsafe_code,
    reason = "generated: the canonical ABI hands over pointers"
)]
mod exports {
    super::bindings::export!(Codec with_types_in super::bindings);
    use super::Codec;
}
