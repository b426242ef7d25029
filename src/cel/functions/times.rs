//! Functions of times and durations.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::time;
use crate::cel::values::{Duration, Timestamp, Value};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// Longest text that is read as a time or duration, in bytes; and longest name of a time zone.
const TEXT_MAX: usize = 128;
/// Steps charged for reading a text as a time, in one of several formats.
const READ_STEPS: usize = 8;
/// Steps charged for looking up a time zone by its name.
const ZONE_STEPS: usize = 200;
const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MILLISECOND;
const DAY_SECONDS: i64 = 86_400;

/// Calls the time function of this name; `None` where there is none for these arguments. `now` is the time of the run, where it is
/// known.
pub(super) fn call(budget: &mut Budget, now: Option<&Value>, name: &str, args: &[Value]) -> Option<EvalResult> {
    if let [.., Value::String(text)] = args
        && text.len() > TEXT_MAX
        && is_time_function(name)
    {
        return Some(Err(EvalError::function(name)));
    }
    match (name, args) {
        ("time", [value]) => Some(budget.step(READ_STEPS).and_then(|()| read(name, value).map(Value::Timestamp))),
        ("daysUntil", [value]) => Some(budget.step(READ_STEPS).and_then(|()| days_until(now, value))),
        ("timestamp", [Value::Timestamp(_)]) | ("duration", [Value::Duration(_)]) => Some(Ok(args[0].clone())),
        ("timestamp", [Value::Int(seconds)]) => Some(timestamp(Timestamp::from_seconds(*seconds))),
        ("timestamp", [Value::String(text)]) => {
            Some(budget.step(READ_STEPS).and_then(|()| timestamp(Timestamp::parse(text))))
        }
        // It may have many parts.
        ("duration", [Value::String(text)]) => Some(budget.step(READ_STEPS + text.len() / 4).and_then(|()| {
            let length = Duration::parse(text).ok_or_else(|| EvalError::function(name))?;
            Ok(Value::Duration(length))
        })),
        (_, [Value::Timestamp(time)]) => field(name, *time, &TimeZone::UTC),
        (_, [Value::Timestamp(time), Value::String(name_or_offset)]) => {
            if let Err(error) = budget.step(ZONE_STEPS) {
                return Some(Err(error));
            }
            match zone(name_or_offset) {
                Some(zone) => field(name, *time, &zone),
                None => Some(Err(EvalError::function(name))),
            }
        }
        (_, [Value::Duration(length)]) => {
            let unit = match name {
                "getHours" => 3_600 * SECOND,
                "getMinutes" => 60 * SECOND,
                "getSeconds" => SECOND,
                "getMilliseconds" => MILLISECOND,
                _ => return None,
            };
            Some(Ok(Value::Int(length.whole(unit))))
        }
        _ => None,
    }
}

fn is_time_function(name: &str) -> bool {
    matches!(name, "time" | "timestamp" | "duration" | "daysUntil") || name.starts_with("get")
}

fn timestamp(time: Option<Timestamp>) -> EvalResult {
    time.map(Value::Timestamp).ok_or_else(|| EvalError::function("timestamp"))
}

/// `time(x)`.
fn read(name: &str, value: &Value) -> Result<Timestamp, EvalError> {
    let time = match value {
        Value::String(text) => time::parse(text),
        Value::Int(seconds) => Timestamp::from_seconds(*seconds),
        Value::Float(seconds) => time::from_seconds(*seconds),
        Value::Timestamp(time) => Some(*time),
        _ => None,
    };
    time.ok_or_else(|| EvalError::function(name))
}

/// `daysUntil(x)`: whole days from now on, negative where the time is past.
fn days_until(now: Option<&Value>, value: &Value) -> EvalResult {
    let Some(Value::Timestamp(now)) = now else { return Err(EvalError::UnknownName("now".into())) };
    let time = read("daysUntil", value)?;
    // A day has begun where the fractions say so.
    let seconds = time.seconds() - now.seconds() - i64::from(time.fraction() < now.fraction());
    Ok(Value::Int(seconds.div_euclid(DAY_SECONDS)))
}

/// A field of a timestamp in a time zone.
fn field(name: &str, time: Timestamp, zone: &TimeZone) -> Option<EvalResult> {
    let pick: fn(&DateTime) -> i64 = match name {
        "getFullYear" => |t| t.year().into(),
        "getMonth" => |t| i64::from(t.month()) - 1,
        "getDate" => |t| t.day().into(),
        "getDayOfMonth" => |t| i64::from(t.day()) - 1,
        "getDayOfYear" => |t| i64::from(t.day_of_year()) - 1,
        "getDayOfWeek" => |t| t.weekday().to_sunday_zero_offset().into(),
        "getHours" => |t| t.hour().into(),
        "getMinutes" => |t| t.minute().into(),
        "getSeconds" => |t| t.second().into(),
        "getMilliseconds" => |t| t.millisecond().into(),
        _ => return None,
    };
    let civil = time.civil(zone).ok_or_else(|| EvalError::function(name));
    Some(civil.map(|civil| Value::Int(pick(&civil))))
}

/// A time zone by its name, or by its offset: `+03:00`, `-03:00`, `03:00`.
fn zone(text: &str) -> Option<TimeZone> {
    let Some((hours, minutes)) = text.split_once(':') else {
        return if matches!(text, "" | "UTC" | "Z") { Some(TimeZone::UTC) } else { TimeZone::get(text).ok() };
    };
    let sign = if hours.starts_with('-') { -1 } else { 1 };
    let hours = hours.strip_prefix(['-', '+']).unwrap_or(hours);
    let number = |text: &str, most: i32| {
        let is_number = !text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|number: &i32| is_number && *number <= most)
    };
    let offset = sign * (number(hours, 23)? * 3600 + number(minutes, 59)? * 60);
    Some(TimeZone::fixed(Offset::from_seconds(offset).ok()?))
}
