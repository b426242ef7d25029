//! Times that recur, as a cron expression in a time zone.

use croner::Cron;
use croner::parser::CronParser;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// When something starts, again and again.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// A cron expression of five fields and a time zone of the IANA database. The error says what they should be.
    pub fn parse(cron: &str, zone: &str) -> Result<Schedule, String> {
        Ok(Schedule { cron: parse_cron(cron)?, zone: time_zone(zone)? })
    }

    /// Whether this is a cron expression of five fields. The error says what it should be.
    pub fn check_cron(cron: &str) -> Result<(), String> {
        parse_cron(cron).map(drop)
    }

    /// Whether there is such a time zone. The error says what it should be.
    pub fn check_time_zone(zone: &str) -> Result<(), String> {
        time_zone(zone).map(drop)
    }

    /// The time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The last start at or before `now`, and not before the year that croner searches.
    pub fn last(&self, now: Timestamp) -> Option<Timestamp> {
        self.cron.find_previous_occurrence(&now.to_zoned(self.zone.clone()), true).ok().map(|at| at.timestamp())
    }

    /// The first start after `now`.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.cron.find_next_occurrence(&now.to_zoned(self.zone.clone()), false).ok().map(|at| at.timestamp())
    }
}

fn parse_cron(cron: &str) -> Result<Cron, String> {
    let should = |why: String| format!("should be a cron expression of five fields, such as `0 8 * * *`: {why}");
    if cron.split_whitespace().count() != 5 {
        return Err(should(format!("it has {}", cron.split_whitespace().count())));
    }
    CronParser::new().parse(cron).map_err(|error| should(error.to_string()))
}

/// The time zone of this name.
pub fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "should be the name of a time zone, such as America/Sao_Paulo".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn starts_are_found_in_the_time_zone() {
        let daily = Schedule::parse("0 8 * * *", "America/Sao_Paulo").unwrap();
        assert_eq!(daily.next(at("2026-11-26T10:59:59Z")), Some(at("2026-11-26T11:00:00Z")));
        assert_eq!(daily.next(at("2026-11-26T11:00:00Z")), Some(at("2026-11-27T11:00:00Z")));
        assert_eq!(daily.last(at("2026-11-26T11:00:00Z")), Some(at("2026-11-26T11:00:00Z")));
        assert_eq!(daily.last(at("2026-11-26T10:59:59Z")), Some(at("2026-11-25T11:00:00Z")));
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_what_it_should_be() {
        for (cron, zone) in
            [("0 8 * *", "UTC"), ("0 0 8 * * *", "UTC"), ("61 8 * * *", "UTC"), ("0 8 * * *", "Mars/Olympus")]
        {
            let error = Schedule::parse(cron, zone).unwrap_err();
            assert!(error.starts_with("should be "), "{cron} {zone}: {error}");
        }
    }
}
