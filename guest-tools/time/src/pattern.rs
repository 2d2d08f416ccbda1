//! Times in formats of the caller's own.

use jiff::Zoned;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::error::Error;
use crate::moment::MAX_TIME_BYTES;
use crate::zone;

/// The longest pattern. A few bytes of it stand for up to 255 of output.
pub const MAX_PATTERN_BYTES: usize = 256;

/// Writes `zoned` as `pattern` says.
///
/// # Errors
/// When the pattern is too long or wrong.
pub fn write(zoned: &Zoned, pattern: &str) -> Result<String, Error> {
    check(pattern)?;
    strtime::format(pattern, zoned).map_err(|error| Error::Pattern(error.to_string()))
}

/// Reads the time that `text` holds in the format `pattern`, in `zone` where it names none.
///
/// # Errors
/// When the pattern is too long or wrong, or `text` does not follow it.
pub fn read(text: &str, pattern: &str, zone: &TimeZone) -> Result<Zoned, Error> {
    check(pattern)?;
    if text.len() > MAX_TIME_BYTES {
        return Err(Error::TimeLength(text.len()));
    }
    let fail = |error: jiff::Error| Error::Pattern(error.to_string());
    let parsed = strtime::parse(pattern, text).map_err(fail)?;
    if let Some(name) = parsed.iana_time_zone() {
        let zone = zone::named(Some(name))?;
        return parsed
            .to_datetime()
            .and_then(|civil| zone.to_zoned(civil))
            .map_err(fail);
    }
    if let Some(offset) = parsed.offset() {
        let moment = parsed.to_timestamp().map_err(fail)?;
        return Ok(moment.to_zoned(TimeZone::fixed(offset)));
    }
    if let Some(moment) = parsed.timestamp() {
        return Ok(moment.to_zoned(zone.clone()));
    }
    let civil = match parsed.hour() {
        Some(_) => parsed.to_datetime(),
        None => parsed.to_date().map(|date| date.at(0, 0, 0, 0)),
    };
    civil.and_then(|civil| zone.to_zoned(civil)).map_err(fail)
}

fn check(pattern: &str) -> Result<(), Error> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(Error::PatternLength(pattern.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::zone::named;

    #[test]
    fn writes_and_reads() {
        let zone = named(Some("Europe/Berlin")).unwrap();
        let zoned = zone.to_zoned(date(2024, 3, 10).at(14, 30, 0, 0)).unwrap();
        assert_eq!(
            write(&zoned, "%A, %d %B %Y %H:%M %Z").unwrap(),
            "Sunday, 10 March 2024 14:30 CET"
        );
        let read = |text, pattern| read(text, pattern, &zone).unwrap().to_string();
        assert_eq!(
            read("10/Mar/2024:14:30:00 -0500", "%d/%b/%Y:%H:%M:%S %z"),
            "2024-03-10T14:30:00-05:00[-05:00]"
        );
        assert_eq!(
            read("10.03.24 14:30", "%d.%m.%y %H:%M"),
            "2024-03-10T14:30:00+01:00[Europe/Berlin]"
        );
        assert_eq!(
            read("2024-07-01 8 Asia/Tokyo", "%Y-%m-%d %H %Q"),
            "2024-07-01T08:00:00+09:00[Asia/Tokyo]"
        );
        assert_eq!(
            read("2024-07-01", "%Y-%m-%d"),
            "2024-07-01T00:00:00+02:00[Europe/Berlin]"
        );
        assert_eq!(read("0", "%s"), "1970-01-01T01:00:00+01:00[Europe/Berlin]");
    }

    #[test]
    fn says_what_does_not_fit() {
        let zoned = TimeZone::UTC
            .to_zoned(date(2024, 3, 10).at(14, 30, 0, 0))
            .unwrap();
        assert!(matches!(write(&zoned, "%@"), Err(Error::Pattern(_))));
        assert_eq!(
            write(&zoned, &"%".repeat(300)),
            Err(Error::PatternLength(300))
        );
        assert!(matches!(
            read("x", "%Y", &TimeZone::UTC),
            Err(Error::Pattern(_))
        ));
        assert!(matches!(
            read("12", "%H", &TimeZone::UTC),
            Err(Error::Pattern(_))
        ));
    }
}
