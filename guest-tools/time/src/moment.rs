//! A moment in a zone: reading one in whatever way people write it, and saying what is known of it.

use jiff::civil::Weekday;
use jiff::fmt::rfc2822;
use jiff::fmt::temporal::{Pieces, PiecesOffset, TimeZoneAnnotation, TimeZoneAnnotationKind};
use jiff::tz::{Dst, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::error::Error;
use crate::zone;

/// The longest time that is read.
pub const MAX_TIME_BYTES: usize = 128;

/// What there is to say about a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Date, time, and offset.
    pub rfc3339: String,
    /// The zone's IANA name or offset.
    pub zone: String,
    /// What people there call the zone.
    pub abbreviation: String,
    /// Whether daylight saving time applies.
    pub daylight_saving: bool,
    /// The day of the week.
    pub weekday: Weekday,
    /// The ISO week with its year.
    pub week: String,
    /// The day of the year, from 1.
    pub day_of_year: u16,
    /// Milliseconds since 1970 UTC.
    pub unix_ms: i64,
}

impl Moment {
    /// Describes `zoned`.
    pub fn of(zoned: &Zoned) -> Self {
        let zone = zoned.time_zone();
        let info = zone.to_offset_info(zoned.timestamp());
        let week = zoned.date().iso_week_date();
        let offset = Timestamp::UNIX_EPOCH
            .display_with_offset(zoned.offset())
            .to_string();
        let offset = offset.get("1970-01-01T00:00:00".len()..).unwrap_or("Z");
        Self {
            rfc3339: zoned
                .timestamp()
                .display_with_offset(zoned.offset())
                .to_string(),
            zone: zone.iana_name().unwrap_or(offset).to_owned(),
            abbreviation: info.abbreviation().to_owned(),
            daylight_saving: info.dst() == Dst::Yes,
            weekday: zoned.weekday(),
            week: format!("{:04}-W{:02}", week.year(), week.week()),
            day_of_year: u16::try_from(zoned.day_of_year()).unwrap_or_default(),
            unix_ms: zoned.timestamp().as_millisecond(),
        }
    }
}

/// Reads a time. Without offset or zone it is meant in `zone`; where clocks go forward over it, the
/// moment after the gap is taken, and where they go back, the first of both.
///
/// # Errors
/// When `text` is no time.
pub fn read(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Zoned, Error> {
    if text.len() > MAX_TIME_BYTES {
        return Err(Error::TimeLength(text.len()));
    }
    let text = text.trim();
    let refuse = |reason: String| Error::Time {
        text: text.to_owned(),
        reason,
    };
    if text.eq_ignore_ascii_case("now") {
        return Ok(now.to_zoned(zone.clone()));
    }
    if let Some(seconds) = text.strip_prefix('@') {
        return unix(seconds)
            .map(|time| time.to_zoned(zone.clone()))
            .map_err(refuse);
    }
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) || text.contains(", ") {
        return rfc2822::parse(text).map_err(|error| refuse(error.to_string()));
    }
    iso(text, zone).map_err(refuse)
}

fn unix(text: &str) -> Result<Timestamp, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "`@` takes a number of seconds".to_owned())?;
    // Whole seconds are exact; nobody writes nanoseconds of today in a decimal fraction.
    SignedDuration::try_from_secs_f64(seconds)
        .and_then(Timestamp::from_duration)
        .map_err(|error| error.to_string())
}

fn iso(text: &str, zone: &TimeZone) -> Result<Zoned, String> {
    let explain = |error: jiff::Error| error.to_string();
    let pieces = Pieces::parse(text).map_err(explain)?;
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    let named = match pieces.time_zone_annotation().map(TimeZoneAnnotation::kind) {
        Some(TimeZoneAnnotationKind::Named(name)) => {
            Some(zone::named(Some(name.as_str())).map_err(|error| error.to_string())?)
        }
        Some(TimeZoneAnnotationKind::Offset(offset)) => Some(TimeZone::fixed(*offset)),
        _ => None,
    };
    let (moment, numeric) = match pieces.offset() {
        None => {
            return named
                .as_ref()
                .unwrap_or(zone)
                .to_zoned(civil)
                .map_err(explain);
        }
        Some(PiecesOffset::Numeric(offset)) => (offset.offset().to_timestamp(civil), true),
        // `Z` says when, not where: with a zone, that is where.
        Some(_) => (Offset::UTC.to_timestamp(civil), false),
    };
    let moment = moment.map_err(explain)?;
    Ok(match named {
        Some(zone) => {
            let zoned = moment.to_zoned(zone);
            if numeric && zoned.datetime() != civil {
                return Err("its offset is not that of its zone at this time".into());
            }
            zoned
        }
        None => moment.to_zoned(
            pieces
                .to_numeric_offset()
                .map_or(TimeZone::UTC, TimeZone::fixed),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::named;

    fn at(text: &str, zone: &str) -> String {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        let zone = named(Some(zone)).unwrap();
        Moment::of(&read(text, &zone, now).unwrap()).rfc3339
    }

    #[test]
    fn reads_every_form() {
        assert_eq!(at("now", "Asia/Tokyo"), "2026-01-02T12:04:05+09:00");
        assert_eq!(
            at("2024-03-10T14:30:00+01:00", "Asia/Tokyo"),
            "2024-03-10T14:30:00+01:00"
        );
        assert_eq!(
            at("2024-03-10T14:30:00.5Z", "Asia/Tokyo"),
            "2024-03-10T14:30:00.5+00:00"
        );
        assert_eq!(
            at("2024-07-10 14:30", "Europe/Berlin"),
            "2024-07-10T14:30:00+02:00"
        );
        assert_eq!(at("2024-03-10", "UTC"), "2024-03-10T00:00:00+00:00");
        assert_eq!(
            at("2024-01-10T08:00[America/New_York]", "UTC"),
            "2024-01-10T08:00:00-05:00"
        );
        assert_eq!(
            at("2024-01-10T08:00-05:00[America/New_York]", "UTC"),
            "2024-01-10T08:00:00-05:00"
        );
        assert_eq!(
            at("2024-01-10T08:00Z[Asia/Tokyo]", "UTC"),
            "2024-01-10T17:00:00+09:00"
        );
        assert_eq!(at("@0", "UTC"), "1970-01-01T00:00:00+00:00");
        assert_eq!(at("@-1.5", "UTC"), "1969-12-31T23:59:58.5+00:00");
        assert_eq!(
            at("Sun, 10 Mar 2024 14:30:00 +0100", "UTC"),
            "2024-03-10T14:30:00+01:00"
        );
    }

    #[test]
    fn resolves_gaps_and_folds() {
        assert_eq!(
            at("2024-03-31 02:30", "Europe/Berlin"),
            "2024-03-31T03:30:00+02:00"
        );
        assert_eq!(
            at("2024-10-27 02:30", "Europe/Berlin"),
            "2024-10-27T02:30:00+02:00"
        );
    }

    #[test]
    fn describes_a_moment() {
        let zone = named(Some("Europe/Berlin")).unwrap();
        let moment = Moment::of(&read("2024-12-30 12:00", &zone, Timestamp::UNIX_EPOCH).unwrap());
        assert_eq!(
            moment,
            Moment {
                rfc3339: "2024-12-30T12:00:00+01:00".into(),
                zone: "Europe/Berlin".into(),
                abbreviation: "CET".into(),
                daylight_saving: false,
                weekday: Weekday::Monday,
                week: "2025-W01".into(),
                day_of_year: 365,
                unix_ms: 1_735_556_400_000,
            }
        );
        let fixed = named(Some("+05:30")).unwrap();
        let moment = Moment::of(&read("@0", &fixed, Timestamp::UNIX_EPOCH).unwrap());
        assert_eq!(
            (moment.zone.as_str(), moment.abbreviation.as_str()),
            ("+05:30", "+05:30")
        );
    }

    #[test]
    fn says_what_is_no_time() {
        let read = |text: &str| read(text, &TimeZone::UTC, Timestamp::UNIX_EPOCH);
        for text in [
            "",
            "tomorrow",
            "2024-02-30",
            "2024-13-01",
            "12:30",
            "@x",
            "@1e300",
            "@NaN",
        ] {
            assert!(matches!(read(text), Err(Error::Time { .. })), "{text}");
        }
        let message = |text| read(text).unwrap_err().to_string();
        assert!(message("2024-01-10T08:00[Mars/Base]").contains("no time zone `Mars/Base`"));
        assert!(message("2024-01-10T08:00+03:00[Europe/Berlin]").contains("not that of its zone"));
        assert_eq!(read(&"1".repeat(999)), Err(Error::TimeLength(999)));
    }
}
