//! `time(x)`: times in the formats that databases and APIs use, as CEL timestamps.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Parses ISO 8601 with `T` or a space, UTC where there is no offset, or Unix seconds.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return from_seconds(seconds);
    }
    if let Ok(timestamp) = text.replacen(' ', "T", 1).parse::<Timestamp>() {
        return Some(timestamp);
    }
    let civil: DateTime = text.parse().ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp())
}

/// Unix seconds with a fraction.
pub(super) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let whole = seconds.floor();
    if !whole.is_finite() || whole.abs() > 1e12 {
        return None;
    }
    Timestamp::new(whole as i64, ((seconds - whole) * 1e9) as i32).ok()
}
