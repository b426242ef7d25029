//! Times that people enter, in their time zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What a field of a form has: a local time, as `2026-01-02T03:04`. An address may have a time of the API instead.
pub fn parse(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let local: DateTime = text.parse().ok()?;
    // Of a time that the clocks skip or repeat, the one that calendars mean.
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

/// A time as the value of a field.
pub fn field(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_that_of_the_zone_of_the_reader_unless_it_says_otherwise() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        for (text, expected) in [
            ("2026-01-02T03:04", Some("2026-01-02T06:04:00Z")),
            ("2026-01-02T03:04:05", Some("2026-01-02T06:04:05Z")),
            ("2026-01-02T03:04:05Z", Some("2026-01-02T03:04:05Z")),
            ("2026-01-02T03:04:05-05:00", Some("2026-01-02T08:04:05Z")),
            ("2026-01-02", Some("2026-01-02T03:00:00Z")),
            ("", None),
            ("tomorrow", None),
            ("2026-13-02T03:04", None),
        ] {
            let parsed = parse(text, &zone).map(|at| at.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text:?}");
        }
        assert_eq!(field("2026-01-02T06:04:05Z".parse().unwrap(), &zone), "2026-01-02T03:04");
        // The hour that New York skipped.
        let new_york = TimeZone::get("America/New_York").unwrap();
        assert!(parse("2026-03-08T02:30", &new_york).is_some());
    }
}
