//! `time(x)`: times in the formats that databases and APIs use.

use super::values::Timestamp;
use jiff::civil::DateTime;

/// Parses ISO 8601 with `T` or a space, UTC where there is no offset, or Unix seconds.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_seconds(seconds);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return from_seconds(seconds);
    }
    let spelled = text.replacen(' ', "T", 1);
    // The library's points in time end a day before year 10000.
    if let Some(time) = Timestamp::parse(&spelled) {
        return Some(time);
    }
    if let Ok(time) = spelled.parse::<jiff::Timestamp>() {
        return Timestamp::from_jiff(time);
    }
    Timestamp::from_civil(text.parse::<DateTime>().ok()?, 0)
}

/// Unix seconds with a fraction.
pub(super) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let whole = seconds.floor();
    if !whole.is_finite() || whole.abs() > 1e12 {
        return None;
    }
    let fraction = ((seconds - whole) * 1e9) as i64;
    Timestamp::from_seconds(whole as i64)?.plus(super::values::Duration::from_nanos(fraction))
}
