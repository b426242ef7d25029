//! Spans of time, as short as they can be read at a glance: `23 min`, `1 h 12`, `4 h`, `3 d`.

use crate::domain::texts::Language;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A span, rounded down: seconds only below a minute, minutes beside hours only below four hours.
pub fn span(language: Language, span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    match seconds {
        0..MINUTE => text!(language, "{seconds} s", "{seconds} s"),
        MINUTE..HOUR => text!(language, "{} min", "{} min", seconds / MINUTE),
        HOUR..DAY => match (seconds / HOUR, seconds % HOUR / MINUTE) {
            (hours, minutes) if hours < 4 && minutes > 0 => text!(language, "{} h {:02}", "{} h {:02}", hours, minutes),
            (hours, _) => text!(language, "{hours} h", "{hours} h"),
        },
        _ => text!(language, "{} d", "{} d", seconds / DAY),
    }
}

/// How long something has taken so far: below an hour with its seconds, so that it is seen to go on.
pub fn elapsed(language: Language, span: SignedDuration) -> String {
    match span.as_secs() {
        seconds @ MINUTE..HOUR => {
            text!(language, "{} min {:02} s", "{} min {:02} s", seconds / MINUTE, seconds % MINUTE)
        }
        _ => self::span(language, span),
    }
}

/// How long ago something was, in a sentence.
pub fn ago(language: Language, span: SignedDuration) -> String {
    let span = self::span(language, span);
    text!(language, "há {span}", "{span} ago")
}

/// The time of day on the day of `now`, else with the date: `02:24`, `14/11 02:21`.
pub fn clock(language: Language, at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    shown(language, at, now, zone, "%H:%M")
}

/// As [`clock`], with the second: `02:24:12`.
pub fn clock_second(language: Language, at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    shown(language, at, now, zone, "%H:%M:%S")
}

fn shown(language: Language, at: Timestamp, now: Timestamp, zone: &TimeZone, time: &str) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    if at.date() == now.date() {
        return at.strftime(time).to_string();
    }
    format!("{} {}", at.strftime(day_format(language)), at.strftime(time))
}

/// A day without its year: `14/11`, `Nov 14`.
pub fn day(language: Language, at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime(day_format(language)).to_string()
}

fn day_format(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "%d/%m",
        Language::English => "%b %-d",
    }
}

/// The exact time, with its zone: `26/11/2026 02:24:12 -03`.
pub fn exact(language: Language, at: Timestamp, zone: &TimeZone) -> String {
    let second = crate::domain::texts::notices::second(language, at, zone);
    format!("{second} {}", at.to_zoned(zone.clone()).strftime("%Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_one_unit_and_minutes_only_below_four_hours() {
        for (seconds, expected) in [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (4320, "1 h 12"),
            (14_399, "3 h 59"),
            (14_460, "4 h"),
            (86_399, "23 h"),
            (86_400, "1 d"),
            (3_000_000, "34 d"),
        ] {
            assert_eq!(span(Language::Portuguese, SignedDuration::from_secs(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn what_goes_on_is_told_with_seconds_below_an_hour() {
        for (seconds, expected) in
            [(59, "59 s"), (60, "1 min 00 s"), (85, "1 min 25 s"), (3599, "59 min 59 s"), (3660, "1 h 01")]
        {
            assert_eq!(elapsed(Language::Portuguese, SignedDuration::from_secs(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn a_time_has_its_date_on_another_day_of_the_reader() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-26T05:47:00Z");
        assert_eq!(clock(Language::Portuguese, at("2026-11-26T05:24:12Z"), now, &zone), "02:24");
        assert_eq!(clock(Language::Portuguese, at("2026-11-26T02:59:00Z"), now, &zone), "25/11 23:59");
        assert_eq!(clock(Language::English, at("2026-11-14T05:21:00Z"), now, &zone), "Nov 14 02:21");
        assert_eq!(clock_second(Language::Portuguese, at("2026-11-26T05:24:12Z"), now, &zone), "02:24:12");
        assert_eq!(day(Language::English, at("2026-11-14T02:21:00Z"), &zone), "Nov 13");
        assert_eq!(exact(Language::Portuguese, at("2026-11-26T05:24:12Z"), &zone), "26/11/2026 02:24:12 -03");
    }
}
