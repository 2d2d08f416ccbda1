//! The component's exports: translates between WIT's types and the modules', and reads the clock.

use jiff::civil;
use jiff::{Timestamp, Unit, Zoned};

use crate::error::Error;
use crate::{moment, pattern, reckon, zone};

mod bindings {
    wit_bindgen::generate!({
        path: ["../wasi/io.wit", "../wasi/clocks.wit", "wit"],
        world: "ringfence:time/time",
        generate_all,
    });
}

use bindings::wasi::clocks::wall_clock;
use bindings::{Elapsed, Guest, Moment, Weekday};

struct Time;

impl Guest for Time {
    fn now(zone: Option<String>) -> Result<Moment, String> {
        read("now", zone.as_deref())
            .map(|now| describe(&now))
            .map_err(explain)
    }

    fn convert(time: String, to: String, from: Option<String>) -> Result<Moment, String> {
        let to = zone::named(Some(&to)).map_err(explain)?;
        let time = read(&time, from.as_deref()).map_err(explain)?;
        Ok(describe(&time.with_time_zone(to)))
    }

    fn add(time: String, duration: String, zone: Option<String>) -> Result<Moment, String> {
        read(&time, zone.as_deref())
            .and_then(|start| reckon::add(&start, &duration))
            .map(|end| describe(&end))
            .map_err(explain)
    }

    fn difference(
        start: String,
        end: String,
        largest: Option<bindings::Unit>,
        zone: Option<String>,
    ) -> Result<Elapsed, String> {
        let start = read(&start, zone.as_deref()).map_err(explain)?;
        let end = read(&end, zone.as_deref()).map_err(explain)?;
        let elapsed = reckon::difference(&start, &end, unit(largest)).map_err(explain)?;
        Ok(Elapsed {
            text: elapsed.text,
            iso: elapsed.iso,
            seconds: elapsed.seconds,
        })
    }

    fn format(time: String, pattern: String, zone: Option<String>) -> Result<String, String> {
        let mut time = read(&time, zone.as_deref()).map_err(explain)?;
        if zone.is_some() {
            time = time.with_time_zone(zone::named(zone.as_deref()).map_err(explain)?);
        }
        pattern::write(&time, &pattern).map_err(explain)
    }

    fn parse(text: String, pattern: String, zone: Option<String>) -> Result<Moment, String> {
        zone::named(zone.as_deref())
            .and_then(|zone| pattern::read(&text, &pattern, &zone))
            .map(|time| describe(&time))
            .map_err(explain)
    }

    fn zones(filter: Option<String>) -> Vec<String> {
        zone::names(&filter.unwrap_or_default())
    }
}

fn read(text: &str, zone: Option<&str>) -> Result<Zoned, Error> {
    moment::read(text, &zone::named(zone)?, now())
}

/// The host's clock in milliseconds. One that is out of every range stands still at 1970.
fn now() -> Timestamp {
    let now = wall_clock::now();
    let seconds = i64::try_from(now.seconds).unwrap_or_default();
    let milliseconds = seconds
        .saturating_mul(1_000)
        .saturating_add(i64::from(now.nanoseconds / 1_000_000));
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn describe(time: &Zoned) -> Moment {
    let moment = moment::Moment::of(time);
    Moment {
        rfc3339: moment.rfc3339,
        zone: moment.zone,
        abbreviation: moment.abbreviation,
        daylight_saving: moment.daylight_saving,
        weekday: match moment.weekday {
            civil::Weekday::Monday => Weekday::Monday,
            civil::Weekday::Tuesday => Weekday::Tuesday,
            civil::Weekday::Wednesday => Weekday::Wednesday,
            civil::Weekday::Thursday => Weekday::Thursday,
            civil::Weekday::Friday => Weekday::Friday,
            civil::Weekday::Saturday => Weekday::Saturday,
            civil::Weekday::Sunday => Weekday::Sunday,
        },
        week: moment.week,
        day_of_year: moment.day_of_year,
        unix_ms: moment.unix_ms,
    }
}

fn unit(unit: Option<bindings::Unit>) -> Unit {
    match unit {
        Some(bindings::Unit::Years) => Unit::Year,
        Some(bindings::Unit::Months) => Unit::Month,
        Some(bindings::Unit::Weeks) => Unit::Week,
        None | Some(bindings::Unit::Days) => Unit::Day,
        Some(bindings::Unit::Hours) => Unit::Hour,
        Some(bindings::Unit::Minutes) => Unit::Minute,
        Some(bindings::Unit::Seconds) => Unit::Second,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn explain(error: Error) -> String {
    error.to_string()
}

#[expect(
    unsafe_code,
    reason = "generated: the canonical ABI hands over pointers"
)]
mod exports {
    super::bindings::export!(Time with_types_in super::bindings);
    use super::Time;
}
