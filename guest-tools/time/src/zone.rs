//! Time zones by name.

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;

use crate::database::DATABASE;
use crate::error::Error;

/// The longest name of a zone that is looked up, or repeated in a message.
pub const MAX_NAME_BYTES: usize = 64;

/// The most names that a message suggests.
const MAX_SUGGESTIONS: usize = 5;

/// The zone called `name`: an IANA name or an offset. UTC when there is none.
///
/// # Errors
/// When no zone is called that.
pub fn named(name: Option<&str>) -> Result<TimeZone, Error> {
    let Some(name) = name else {
        return Ok(TimeZone::UTC);
    };
    let short = name.get(..MAX_NAME_BYTES).unwrap_or(name);
    if name.len() <= MAX_NAME_BYTES {
        // `Z` is what RFC 3339 calls UTC.
        if matches!(name, "Z" | "z") {
            return Ok(TimeZone::UTC);
        }
        if let Some(zone) = DATABASE.zone(name) {
            return Ok(zone);
        }
        if let Ok(zone) = DateTimeParser::new().parse_time_zone(name) {
            return Ok(zone);
        }
    }
    Err(Error::Zone {
        name: short.to_owned(),
        advice: advice(short),
    })
}

/// The names of zones that contain `filter`, case aside, sorted.
pub fn names(filter: &str) -> Vec<String> {
    let filter = filter.to_lowercase();
    DATABASE
        .names()
        .filter(|name| name.to_lowercase().contains(&filter))
        .map(ToOwned::to_owned)
        .collect()
}

fn advice(name: &str) -> String {
    // People write a city, `New York`, or a path that was renamed.
    let city = name
        .rsplit('/')
        .next()
        .unwrap_or(name)
        .trim()
        .replace(' ', "_");
    let close: Vec<_> = if city.is_empty() {
        Vec::new()
    } else {
        names(&city)
    };
    if close.is_empty() {
        return "use an IANA name such as `Europe/Berlin`, or an offset such as `+01:00`; `zones` \
                lists the names"
            .into();
    }
    let close: Vec<_> = close
        .iter()
        .take(MAX_SUGGESTIONS)
        .map(|name| format!("`{name}`"))
        .collect();
    format!("did you mean {}?", close.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_and_offsets() {
        assert_eq!(
            named(Some("europe/berlin")).unwrap().iana_name(),
            Some("Europe/Berlin")
        );
        assert_eq!(named(None).unwrap(), TimeZone::UTC);
        assert_eq!(named(Some("Z")).unwrap(), TimeZone::UTC);
        assert_eq!(
            named(Some("+05:30"))
                .unwrap()
                .to_fixed_offset()
                .unwrap()
                .seconds(),
            19_800
        );
    }

    #[test]
    fn suggests_what_may_be_meant() {
        let message = |name| named(Some(name)).unwrap_err().to_string();
        assert!(message("New York").contains("`America/New_York`"));
        assert!(message("Asia/Vienna").contains("`Europe/Vienna`"));
        assert!(message("Atlantis").contains("IANA"));
        assert!(
            named(Some(&"x".repeat(100_000)))
                .unwrap_err()
                .to_string()
                .len()
                < 300
        );
        assert!(named(Some(&"ä".repeat(100))).is_err());
    }

    #[test]
    fn lists_names() {
        assert!(names("").len() > 400);
        assert_eq!(names("BERLIN"), ["Europe/Berlin"]);
    }
}
