//! Points in time, from the beginning of year 1 to the end of year 9999.

use super::duration::Duration;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};

const SECOND: i128 = 1_000_000_000;
const MIN_SECONDS: i64 = -62_135_596_800;
const MAX_SECONDS: i64 = 253_402_300_799;
/// Seconds of 400 years, after which the calendar repeats, and so do weekdays and the rules of time zones.
const CYCLE: i64 = 146_097 * 86_400;

/// A point in time. The offset is that of the text it was read from, and is kept for its text only.
#[derive(Clone, Copy, Debug)]
pub(in crate::cel) struct Timestamp {
    seconds: i64,
    nanos: u32,
    offset: i32,
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Timestamp) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Timestamp) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Timestamp) -> Ordering {
        (self.seconds, self.nanos).cmp(&(other.seconds, other.nanos))
    }
}

impl Timestamp {
    /// The beginning of 1970.
    pub const EPOCH: Timestamp = Timestamp { seconds: 0, nanos: 0, offset: 0 };

    /// `None` where it is out of range.
    pub fn from_seconds(seconds: i64) -> Option<Timestamp> {
        Timestamp::new(seconds, 0, 0)
    }

    fn new(seconds: i64, nanos: u32, offset: i32) -> Option<Timestamp> {
        (MIN_SECONDS..=MAX_SECONDS).contains(&seconds).then_some(Timestamp { seconds, nanos, offset })
    }

    fn from_nanos(nanos: i128, offset: i32) -> Option<Timestamp> {
        let seconds = i64::try_from(nanos.div_euclid(SECOND)).ok()?;
        Timestamp::new(seconds, u32::try_from(nanos.rem_euclid(SECOND)).ok()?, offset)
    }

    pub fn from_jiff(time: jiff::Timestamp) -> Option<Timestamp> {
        Timestamp::from_nanos(time.as_nanosecond(), 0)
    }

    /// A date and time of day that is `offset` seconds ahead of UTC.
    pub fn from_civil(civil: DateTime, offset: i32) -> Option<Timestamp> {
        let days = i64::from(civil.date().since(Date::constant(1970, 1, 1)).ok()?.get_days());
        let time = civil.time();
        let of_day = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        let nanos = u32::try_from(time.subsec_nanosecond()).ok()?;
        Timestamp::new(days * 86_400 + of_day - i64::from(offset), nanos, offset)
    }

    /// Unix seconds, without the fraction.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// The nanoseconds of its second.
    pub fn fraction(self) -> u32 {
        self.nanos
    }

    fn as_nanos(self) -> i128 {
        i128::from(self.seconds) * SECOND + i128::from(self.nanos)
    }

    /// Whether it is the beginning of year 1.
    pub fn is_first(self) -> bool {
        self.seconds == MIN_SECONDS && self.nanos == 0
    }

    pub fn plus(self, length: Duration) -> Option<Timestamp> {
        Timestamp::from_nanos(self.as_nanos() + i128::from(length.nanos()), self.offset)
    }

    pub fn minus(self, length: Duration) -> Option<Timestamp> {
        Timestamp::from_nanos(self.as_nanos() - i128::from(length.nanos()), self.offset)
    }

    /// How long it is after another one.
    pub fn since(self, other: Timestamp) -> Option<Duration> {
        Duration::from_wide(self.as_nanos() - other.as_nanos())
    }

    /// The date and time of day in a time zone.
    pub fn civil(self, zone: &TimeZone) -> Option<DateTime> {
        // The library's points in time end a day before year 10000, for any zone.
        let cycles = i64::from(self.seconds > MAX_SECONDS - CYCLE);
        let nanos = i32::try_from(self.nanos).ok()?;
        let time = jiff::Timestamp::new(self.seconds - cycles * CYCLE, nanos).ok()?;
        let civil = zone.to_datetime(time);
        let years = i16::try_from(cycles * 400).ok()?;
        let date = Date::new(civil.year() + years, civil.month(), civil.day()).ok()?;
        Some(date.to_datetime(civil.time()))
    }

    /// Reads a date and time as RFC 3339 writes it, as strictly as Go does.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let (date, rest) = text.split_once('T')?;
        let zone = rest.find(['Z', '+', '-'])?;
        let (time, zone) = rest.split_at(zone);
        let civil = civil_date(date)?.to_datetime(civil_time(time)?);
        Timestamp::from_civil(civil, offset(zone)?)
    }
}

/// The number of exactly that many digits.
fn digits(text: &str, length: usize) -> Option<i16> {
    (text.len() == length && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn civil_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |text, length| digits(text, length).and_then(|number| i8::try_from(number).ok());
    let date = Date::new(digits(year, 4)?, number(month, 2)?, number(day, 2)?).ok()?;
    parts.next().is_none().then_some(date)
}

fn civil_time(text: &str) -> Option<jiff::civil::Time> {
    let (whole, fraction) = match text.find(['.', ',']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut parts = whole.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    // The hour may have one digit.
    let hour = digits(hour, 2).or_else(|| digits(hour, 1))?;
    let nanos = match fraction {
        None => 0,
        Some(fraction) if !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{:0<9.9}", fraction).parse().ok()?
        }
        Some(_) => return None,
    };
    let part = |number: i16| i8::try_from(number).ok();
    let time = jiff::civil::Time::new(part(hour)?, part(digits(minute, 2)?)?, part(digits(second, 2)?)?, nanos).ok()?;
    parts.next().is_none().then_some(time)
}

/// `Z` or `+03:00`, in seconds.
fn offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (i32::from(digits(hours, 2)?), i32::from(digits(minutes, 2)?));
    (hours <= 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// RFC 3339, with as many digits of the second's fraction as it has.
impl Display for Timestamp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let zone = Offset::from_seconds(self.offset).map_or(TimeZone::UTC, TimeZone::fixed);
        let civil = self.civil(&zone).ok_or(fmt::Error)?;
        let (date, time) = (civil.date(), civil.time());
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())?;
        write!(f, "T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        if self.nanos > 0 {
            let fraction = format!("{:09}", self.nanos);
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        match self.offset {
            0 => f.write_str("Z"),
            offset => {
                let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs() / 60);
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        for text in [
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
            "2026-11-23T12:00:00.5Z",
            "2026-11-23T12:00:00-03:30",
            "9999-12-31T23:59:59-05:00",
            "1969-12-31T23:59:59.000000001Z",
        ] {
            let read = Timestamp::parse(text);
            let fits = text != "9999-12-31T23:59:59-05:00";
            assert_eq!(read.map(|time| time.to_string()), fits.then(|| text.to_string()));
        }
        for text in [
            "0000-01-01T00:00:00Z",
            "2026-11-23",
            "2026-11-23T12:00:00",
            "2026-11-23 12:00:00Z",
            "2026-11-23t12:00:00z",
            "2026-11-23T12:00:60Z",
            "2026-02-29T12:00:00Z",
            "2026-11-23T12:00:00.Z",
            "2026-11-23T12:00Z",
            "26-11-23T12:00:00Z",
            "2026-11-23T12:00:00+3:00",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_calendar_repeats_at_its_ends() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        for (text, local) in [
            ("9999-12-31T23:59:59Z", "9999-12-31T20:59:59"),
            ("9999-12-31T01:00:00Z", "9999-12-30T22:00:00"),
            ("0001-01-02T00:00:00Z", "0001-01-01T20:53:32"),
            ("2026-11-23T12:00:00Z", "2026-11-23T09:00:00"),
        ] {
            let civil = Timestamp::parse(text).unwrap().civil(&zone).unwrap();
            assert_eq!(civil.to_string(), local);
        }
    }
}
