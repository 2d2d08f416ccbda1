//! Times, sizes and counts as people read them.

use std::time::Duration;

/// A size in bytes with a binary unit.
pub(crate) fn bytes(count: usize) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut rest = count;
    let mut scale = 1_usize;
    let mut unit = "B";
    for name in UNITS {
        unit = name;
        if rest < 1024 || name == "GiB" {
            break;
        }
        rest /= 1024;
        scale *= 1024;
    }
    let tenths = count % scale * 10 / scale;
    if tenths == 0 || rest >= 100 {
        format!("{rest} {unit}")
    } else {
        format!("{rest}.{tenths} {unit}")
    }
}

/// A time, to three digits at most.
pub(crate) fn time(time: Duration) -> String {
    let micros = time.as_micros();
    if micros < 1000 {
        format!("{micros} µs")
    } else if micros < 10_000 {
        format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
    } else if micros < 1_000_000 {
        format!("{} ms", micros / 1000)
    } else {
        let seconds = time.as_secs();
        match micros % 1_000_000 / 100_000 {
            0 => format!("{seconds} s"),
            tenths => format!("{seconds}.{tenths} s"),
        }
    }
}

/// A count with separators.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_well() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(64 << 20), "64 MiB");
        assert_eq!(bytes(usize::MAX), "17179869183 GiB");
        assert_eq!(time(Duration::from_micros(840)), "840 µs");
        assert_eq!(time(Duration::from_micros(1250)), "1.2 ms");
        assert_eq!(time(Duration::from_millis(250)), "250 ms");
        assert_eq!(time(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(time(Duration::from_secs(30)), "30 s");
        assert_eq!(count(0), "0");
        assert_eq!(count(100_000_000_000), "100,000,000,000");
    }
}
