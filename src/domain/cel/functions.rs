//! The functions that expressions may call: the libraries', `time`, and bounded versions of what makes lists.

use super::inputs::{LIST_MAX, cel_time};
use super::time;
use jiff::Timestamp;
use kube_cel::KubeCelExt as _;
use kube_cel::cel::extractors::{Arguments, This};
use kube_cel::cel::objects::Value;
use kube_cel::cel::{Context, ExecutionError};
use std::sync::{Arc, LazyLock};

/// Longest text that `join` makes, in bytes.
const JOINED_MAX: usize = 64 << 10;

/// Made once; every evaluation is a scope within it.
pub(super) static FUNCTIONS: LazyLock<Context<'static>> = LazyLock::new(|| {
    let mut context = Context::default();
    context.register_all();
    context.add_function("time", read_time);
    context.add_function("split", split);
    context.add_function("findAll", find_all);
    context.add_function("join", join);
    context
});

fn read_time(value: Value) -> Result<Value, ExecutionError> {
    let timestamp = match &value {
        Value::String(text) => time::parse(text),
        Value::Int(seconds) => Timestamp::from_second(*seconds).ok(),
        Value::Float(seconds) => time::from_seconds(*seconds),
        Value::Timestamp(_) => return Ok(value),
        _ => None,
    };
    let timestamp = timestamp.and_then(cel_time);
    timestamp.ok_or_else(|| ExecutionError::function_error("time", "not ISO 8601 and not Unix seconds"))
}

/// `text.split(separator[, limit])`, of at most 1,000 parts.
fn split(This(text): This<Arc<String>>, Arguments(args): Arguments) -> Result<Value, ExecutionError> {
    let Some(Value::String(separator)) = args.first() else {
        return Err(ExecutionError::function_error("split", "the separator is not a string"));
    };
    let limit = match args.get(1) {
        Some(Value::Int(limit)) => usize::try_from(*limit).ok(),
        _ => None,
    };
    let parts: Vec<&str> = match (limit, separator.is_empty()) {
        (Some(limit), false) => text.splitn(limit, separator.as_str()).take(LIST_MAX + 1).collect(),
        (None, false) => text.split(separator.as_str()).take(LIST_MAX + 1).collect(),
        (limit, true) => {
            let most = limit.unwrap_or(LIST_MAX + 1).min(LIST_MAX + 1);
            text.split("").filter(|c| !c.is_empty()).take(most).collect()
        }
    };
    list("split", parts)
}

/// `text.findAll(pattern[, limit])`, of at most 1,000 matches.
fn find_all(This(text): This<Arc<String>>, Arguments(args): Arguments) -> Result<Value, ExecutionError> {
    let Some(Value::String(pattern)) = args.first() else {
        return Err(ExecutionError::function_error("findAll", "the pattern is not a string"));
    };
    let regex = regex::Regex::new(pattern).map_err(|e| ExecutionError::function_error("findAll", e))?;
    let limit = match args.get(1) {
        Some(Value::Int(limit)) => usize::try_from(*limit).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    list("findAll", regex.find_iter(&text).take(limit.min(LIST_MAX + 1)).map(|m| m.as_str()).collect())
}

/// `list.join([separator])`, of at most 64 KiB.
fn join(This(list): This<Arc<Vec<Value>>>, Arguments(args): Arguments) -> Result<Value, ExecutionError> {
    let separator = match args.first() {
        Some(Value::String(separator)) => separator.as_str(),
        _ => "",
    };
    let mut joined = String::new();
    for (i, item) in list.iter().enumerate() {
        let Value::String(text) = item else {
            return Err(ExecutionError::function_error("join", "an item is not a string"));
        };
        if joined.len() + separator.len() + text.len() > JOINED_MAX {
            return Err(ExecutionError::function_error("join", "longer than 64 KiB"));
        }
        joined.push_str(if i > 0 { separator } else { "" });
        joined.push_str(text);
    }
    Ok(Value::String(Arc::new(joined)))
}

fn list(function: &str, parts: Vec<&str>) -> Result<Value, ExecutionError> {
    if parts.len() > LIST_MAX {
        return Err(ExecutionError::function_error(function, "more than 1,000 parts"));
    }
    let values = parts.into_iter().map(|part| Value::String(Arc::new(part.to_string())));
    Ok(Value::List(Arc::new(values.collect())))
}
