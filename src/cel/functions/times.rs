//! Functions of times and durations.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::inputs::cel_time;
use crate::cel::time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use kube_cel::cel::objects::Value;

/// Longest text that is read as a time, in bytes; and longest name of a time zone.
const TEXT_MAX: usize = 128;
/// Steps charged for reading a text as a time, in one of several formats.
const READ_STEPS: usize = 8;
/// Steps charged for looking up a time zone by its name.
const ZONE_STEPS: usize = 200;

type CelTime = chrono::DateTime<chrono::FixedOffset>;

/// Calls the time function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    match (name, args) {
        ("time" | "timestamp", [Value::String(text)]) if text.len() > TEXT_MAX => Some(Err(EvalError::function(name))),
        (_, [Value::Timestamp(_), Value::String(zone)]) if zone.len() > TEXT_MAX => {
            Some(Err(EvalError::function(name)))
        }
        ("time", [value]) => Some(budget.step(READ_STEPS).and_then(|()| read(value))),
        ("timestamp", [Value::Timestamp(_)]) | ("duration", [Value::Duration(_)]) => Some(Ok(args[0].clone())),
        ("timestamp", [Value::Int(seconds)]) => Some(timestamp(Timestamp::from_second(*seconds).ok())),
        ("timestamp", [Value::String(text)]) => Some(
            chrono::DateTime::parse_from_rfc3339(text).map(Value::Timestamp).map_err(|_| EvalError::function(name)),
        ),
        (_, [Value::Timestamp(time)]) if name.starts_with("get") => field(name, time, None),
        (_, [Value::Timestamp(time), Value::String(zone)]) if name.starts_with("get") => {
            match budget.step(ZONE_STEPS) {
                Ok(()) => field(name, time, Some(zone)),
                Err(error) => Some(Err(error)),
            }
        }
        ("getHours", [Value::Duration(length)]) => Some(Ok(Value::Int(length.num_hours()))),
        ("getMinutes", [Value::Duration(length)]) => Some(Ok(Value::Int(length.num_minutes()))),
        ("getSeconds", [Value::Duration(length)]) => Some(Ok(Value::Int(length.num_seconds()))),
        ("getMilliseconds", [Value::Duration(length)]) => Some(Ok(Value::Int(length.num_milliseconds()))),
        _ => None,
    }
}

/// A timestamp as CEL converts it to a string.
pub(super) fn show(time: &CelTime) -> String {
    time.to_utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// `time(x)`.
fn read(value: &Value) -> EvalResult {
    let timestamp = match value {
        Value::String(text) => time::parse(text),
        Value::Int(seconds) => Timestamp::from_second(*seconds).ok(),
        Value::Float(seconds) => time::from_seconds(*seconds),
        Value::Timestamp(_) => return Ok(value.clone()),
        _ => None,
    };
    timestamp.and_then(cel_time).ok_or_else(|| EvalError::function("time"))
}

fn timestamp(timestamp: Option<Timestamp>) -> EvalResult {
    timestamp.and_then(cel_time).ok_or_else(|| EvalError::function("timestamp"))
}

/// A field of a timestamp in UTC, or in the named zone.
fn field(name: &str, time: &CelTime, zone: Option<&str>) -> Option<EvalResult> {
    let zoned = zoned(time, zone).ok_or_else(|| EvalError::function(name));
    let pick: fn(&Zoned) -> i64 = match name {
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
    Some(zoned.map(|zoned| Value::Int(pick(&zoned))))
}

fn zoned(time: &CelTime, zone: Option<&str>) -> Option<Zoned> {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).ok()?;
    let timestamp = Timestamp::new(time.timestamp(), nanos).ok()?;
    let zone = match zone {
        None | Some("UTC" | "Z") => TimeZone::UTC,
        Some(name) => offset(name).map_or_else(|| TimeZone::get(name).ok(), Some)?,
    };
    Some(timestamp.to_zoned(zone))
}

/// `+03:00`, `-03:00`, `03:00`.
fn offset(text: &str) -> Option<TimeZone> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let within = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    let offset = jiff::tz::Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    within.then(|| TimeZone::fixed(offset))
}
