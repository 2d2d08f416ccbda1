//! Arithmetic with moments.

use jiff::{Span, Unit, Zoned};

use crate::error::Error;

/// The longest duration that is read.
pub const MAX_DURATION_BYTES: usize = 128;

/// How far apart two moments are.
#[derive(Debug, Clone, PartialEq)]
pub struct Elapsed {
    /// In words.
    pub text: String,
    /// As an ISO 8601 duration.
    pub iso: String,
    /// In seconds.
    pub seconds: f64,
}

/// The moment `duration` after `start`.
///
/// # Errors
/// When `duration` is none, or the result is out of range.
pub fn add(start: &Zoned, duration: &str) -> Result<Zoned, Error> {
    if duration.len() > MAX_DURATION_BYTES {
        return Err(Error::Duration(format!("it has {} bytes", duration.len())));
    }
    let span: Span = duration
        .trim()
        .parse()
        .map_err(|error: jiff::Error| Error::Duration(error.to_string()))?;
    start
        .checked_add(span)
        .map_err(|error| Error::Range(error.to_string()))
}

/// How far `end` is from `start`, counted in `largest` and smaller units.
///
/// # Errors
/// When they are too far apart.
pub fn difference(start: &Zoned, end: &Zoned, largest: Unit) -> Result<Elapsed, Error> {
    let range = |error: jiff::Error| Error::Range(error.to_string());
    // Calendar units mean nothing between two calendars: both are seen from where we start.
    let end = end.with_time_zone(start.time_zone().clone());
    let span = start.until((largest, &end)).map_err(range)?;
    let exact = start.duration_until(&end);
    Ok(Elapsed {
        text: format!("{span:#}"),
        iso: span.to_string(),
        seconds: exact.as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::moment;

    fn zoned(text: &str) -> Zoned {
        moment::read(text, &TimeZone::UTC, Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn adds_by_the_calendar_and_by_the_clock() {
        let before = zoned("2024-03-30T12:00[Europe/Berlin]");
        let add = |duration| add(&before, duration).unwrap().to_string();
        assert_eq!(add("1 day"), "2024-03-31T12:00:00+02:00[Europe/Berlin]");
        assert_eq!(add("24h"), "2024-03-31T13:00:00+02:00[Europe/Berlin]");
        assert_eq!(add("-P1M"), "2024-02-29T12:00:00+01:00[Europe/Berlin]");
        assert_eq!(
            add("1 year 2 months ago"),
            "2023-01-30T12:00:00+01:00[Europe/Berlin]"
        );
    }

    #[test]
    fn tells_differences() {
        let start = zoned("2024-01-31T00:00[UTC]");
        let end = zoned("2024-03-01T12:00+00:00[UTC]");
        let largest = |unit| difference(&start, &end, unit).unwrap();
        assert_eq!(
            largest(Unit::Month),
            Elapsed {
                text: "1mo 1d 12h".into(),
                iso: "P1M1DT12H".into(),
                seconds: 2_635_200.0
            }
        );
        assert_eq!(largest(Unit::Day).iso, "P30DT12H");
        assert_eq!(
            difference(&end, &start, Unit::Hour).unwrap().text,
            "732h ago"
        );
    }

    #[test]
    fn sees_both_ends_from_the_start() {
        let start = zoned("2024-06-01T00:00[Asia/Tokyo]");
        let end = zoned("2024-06-01T00:00[America/New_York]");
        assert_eq!(difference(&start, &end, Unit::Day).unwrap().iso, "PT13H");
    }

    #[test]
    fn refuses_what_is_no_duration() {
        let start = zoned("2024-06-01T00:00[UTC]");
        for duration in ["", "soon", "1 fortnight", "P"] {
            assert!(
                matches!(add(&start, duration), Err(Error::Duration(_))),
                "{duration}"
            );
        }
        assert!(matches!(add(&start, "9000 years"), Err(Error::Range(_))));
        assert!(matches!(
            add(&start, &"1d ".repeat(100)),
            Err(Error::Duration(_))
        ));
    }
}
