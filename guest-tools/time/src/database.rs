//! The IANA time zone database, deflated into the component.
//!
//! Inflated, it is a line `NAME START END` for each zone, sorted by name, an empty line, and the zones
//! in `TZif`: bytes START to END of what follows. `build.rs` makes it.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use miniz_oxide::inflate;

/// The database. A component that needs no zone never inflates it.
pub(crate) static DATABASE: LazyLock<Database> = LazyLock::new(Database::load);

static DEFLATED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/zones.bin"));

/// More than it inflates to: a bound that only a broken build reaches.
const INFLATED_BYTES_MAX: usize = 1024 * 1024;

/// Zones by name.
pub(crate) struct Database {
    index: String,
    data: Vec<u8>,
}

impl Database {
    fn load() -> Self {
        let mut whole =
            inflate::decompress_to_vec_with_limit(DEFLATED, INFLATED_BYTES_MAX).unwrap_or_default();
        let end = whole
            .windows(2)
            .position(|pair| pair == b"\n\n")
            .map_or(0, |end| end + 1);
        let data = whole.split_off(end);
        Self {
            index: String::from_utf8(whole).unwrap_or_default(),
            data,
        }
    }

    /// The names of all zones, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.index.lines().filter_map(|line| line.split(' ').next())
    }

    /// The zone called `name`, upper and lower case alike.
    pub(crate) fn zone(&self, name: &str) -> Option<TimeZone> {
        let line = self.index.lines().find(|line| {
            line.split(' ')
                .next()
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        })?;
        let mut parts = line.split(' ');
        let name = parts.next()?;
        let start: usize = parts.next()?.parse().ok()?;
        let end: usize = parts.next()?.parse().ok()?;
        // Behind the empty line.
        TimeZone::tzif(name, self.data.get(1 + start..1 + end)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_can_be_used() {
        let names: Vec<_> = DATABASE.names().collect();
        assert!(names.len() > 500 && names.is_sorted());
        for name in names {
            let zone = DATABASE.zone(name).unwrap();
            assert_eq!(zone.iana_name(), Some(name));
        }
        assert!(DATABASE.zone("Nowhere").is_none());
    }

    #[test]
    fn knows_yesterday_and_tomorrow() {
        let zone = DATABASE.zone("europe/berlin").unwrap();
        let offset = |text: &str| zone.to_offset(text.parse().unwrap()).seconds();
        assert_eq!(offset("1890-01-01T00:00Z"), 3_208);
        assert_eq!(offset("1945-06-01T00:00Z"), 10_800);
        assert_eq!(offset("2100-07-01T00:00Z"), 7_200);
    }
}
