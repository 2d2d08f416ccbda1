//! Points in time, as records write them and as people ask for them.
//!
//! Owns RFC 3339 in UTC with microseconds: 27 characters always, so that text sorts as time does.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use thiserror::Error;

use crate::text::{push_number, push_padded};

const MICROS: u64 = 1_000_000;
const DAY_SECONDS: u64 = 86_400;

/// The last second that four digits of a year can say.
const SECONDS_MAX: u64 = 253_402_300_799;

/// A point in time, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Now.
    pub fn now() -> Self {
        // A clock before 1970 has not been set.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self(
            u64::try_from(since.as_micros())
                .unwrap_or(u64::MAX)
                .min(SECONDS_MAX * MICROS),
        )
    }

    /// This long before it.
    pub fn before(self, time: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
        )
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(self) -> u64 {
        self.0 / MICROS
    }

    /// Writes it as RFC 3339.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        let seconds = (self.0 / MICROS).min(SECONDS_MAX);
        let (year, month, day) = civil(seconds / DAY_SECONDS);
        let second = seconds % DAY_SECONDS;
        push_padded(out, year, 4);
        out.push(b'-');
        push_padded(out, month, 2);
        out.push(b'-');
        push_padded(out, day, 2);
        out.push(b'T');
        push_padded(out, second / 3600, 2);
        out.push(b':');
        push_padded(out, second / 60 % 60, 2);
        out.push(b':');
        push_padded(out, second % 60, 2);
        out.push(b'.');
        push_padded(out, self.0 % MICROS, 6);
        out.push(b'Z');
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(27);
        self.write(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// Text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "expected a time such as `2026-11-22`, `2026-11-22T08:30:00Z`, or `90m`, `12h` or `7d` ago"
)]
pub struct InvalidTime(());

impl FromStr for Timestamp {
    type Err = InvalidTime;

    /// A day, a second of UTC, or how long ago: `30s`, `90m`, `12h`, `7d`.
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        ago(text)
            .map(|time| Self::now().before(time))
            .or_else(|| absolute(text))
            .ok_or(InvalidTime(()))
    }
}

fn ago(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => DAY_SECONDS,
        _ => return None,
    };
    let count = text.strip_suffix(unit)?;
    let count: u64 = digits(count)?;
    Some(Duration::from_secs(count.checked_mul(seconds)?))
}

fn absolute(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut date = date.split('-');
    let (year, month, day) = (
        digits(date.next()?)?,
        digits(date.next()?)?,
        digits(date.next()?)?,
    );
    let mut time = time.splitn(3, ':');
    let (hour, minute) = (digits(time.next()?)?, digits(time.next()?)?);
    let (second, fraction) = match time.next() {
        None => (0, 0),
        Some(text) => match text.split_once('.') {
            None => (digits(text)?, 0),
            Some((second, fraction)) => {
                let places = u32::try_from(fraction.len())
                    .ok()
                    .filter(|places| *places <= 6)?;
                (digits(second)?, digits(fraction)? * 10_u64.pow(6 - places))
            }
        },
    };
    let whole = date.next().is_none()
        && (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !whole || civil(days(year, month, day)) != (year, month, day) {
        return None;
    }
    let seconds = days(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second;
    Some(Timestamp(seconds * MICROS + fraction))
}

fn digits(text: &str) -> Option<u64> {
    let plain =
        !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days since 1970 as year, month and day. Years are counted from March here, so that the leap day
/// is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// The other way round. The date must lie in 1970 or later.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).saturating_sub(719_468)
}

/// Writes a time span in microseconds.
pub(crate) fn push_micros(out: &mut Vec<u8>, time: Duration) {
    push_number(out, u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in [
            "1970-01-01T00:00:00.000000Z",
            "2000-02-29T23:59:59.999999Z",
            "2026-11-22T08:30:00.000001Z",
            "2100-02-28T12:00:00.500000Z",
            "9999-12-31T23:59:59.000000Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        let day: Timestamp = "2026-11-22".parse().unwrap();
        assert_eq!(day, "2026-11-22 00:00".parse().unwrap());
        assert_eq!(day.seconds(), 1_795_305_600);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "d",
            "-1d",
            "1w",
            "2026",
            "2026-02-29",
            "2026-13-01",
            "2026-11-22T24:00",
            "2026-11-22T00:00:00.0000001",
            "2026-11-22-01",
            "99999999999999999999d",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        let hour: Timestamp = "1h".parse().unwrap();
        assert!(hour < Timestamp::now());
    }

    proptest::proptest! {
        #[test]
        fn every_second_comes_back(seconds in 0..SECONDS_MAX, micros in 0..MICROS) {
            let time = Timestamp(seconds * MICROS + micros);
            proptest::prop_assert_eq!(time.to_string().len(), 27);
            proptest::prop_assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        }
    }
}
