//! Times and sizes as people write them.

use std::time::Duration;

use ringfence_policy::Budget;

/// The smallest memory that a call can have: one WebAssembly page.
const MEMORY_BYTES_MIN: usize = 64 * 1024;

/// The shortest time that a call can have. Less is a typing error: no tool answers in it.
const SECONDS_MIN: f64 = 0.001;

/// A number of seconds, with a fraction when wanted.
///
/// # Errors
///
/// What to write instead.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let max = Budget::WALL_MAX.as_secs();
    let wrong = || format!("expected seconds from {SECONDS_MIN} to {max}, such as `5` or `0.5`");
    let number = text.strip_suffix('s').unwrap_or(text);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let time = Duration::try_from_secs_f64(number).map_err(|_| wrong())?;
    if number < SECONDS_MIN || time > Budget::WALL_MAX {
        Err(wrong())
    } else {
        Ok(time)
    }
}

/// A number of bytes, with a binary unit when wanted.
///
/// # Errors
///
/// What to write instead.
pub(super) fn bytes(text: &str) -> Result<usize, String> {
    let wrong = || {
        format!(
            "expected a size from 64KiB to {}MiB, such as `128MiB`",
            Budget::MEMORY_BYTES_MAX / (1024 * 1024)
        )
    };
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: usize = match unit.trim() {
        "" | "B" => 1,
        "K" | "KiB" => 1024,
        "M" | "MiB" => 1024 * 1024,
        "G" | "GiB" => 1024 * 1024 * 1024,
        _ => return Err(wrong()),
    };
    let number: usize = number.parse().map_err(|_| wrong())?;
    let bytes = number.checked_mul(factor).ok_or_else(wrong)?;
    if (MEMORY_BYTES_MIN..=Budget::MEMORY_BYTES_MAX).contains(&bytes) {
        Ok(bytes)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds() {
        assert_eq!(seconds("1").unwrap(), Duration::from_secs(1));
        assert_eq!(seconds("0.5").unwrap(), Duration::from_millis(500));
        assert_eq!(seconds("600s").unwrap(), Budget::WALL_MAX);
        for text in [
            "",
            "0",
            "-1",
            "601",
            "nan",
            "inf",
            "1e400",
            "5m",
            "0.0000001",
        ] {
            assert!(seconds(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(bytes("65536").unwrap(), 65536);
        assert_eq!(bytes("128MiB").unwrap(), 128 << 20);
        assert_eq!(bytes("1 M").unwrap(), 1 << 20);
        for text in [
            "",
            "MiB",
            "1",
            "1KiB",
            "1GiB",
            "-1M",
            "1MB",
            "1.5MiB",
            "99999999999999999999G",
        ] {
            assert!(bytes(text).is_err(), "{text:?}");
        }
    }
}
