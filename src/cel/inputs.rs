//! The variables of an evaluation: readings, settings, and the time of the run.

use super::limits::LIST_MAX;
use super::signature::ProbeRefs;
use super::values::{Key, Map, Timestamp, Value};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The field of a reading that says why a body that should be JSON is not. Such a reading has no `json`, and whatever asks for it has no
/// value.
pub const JSON_ERROR: &str = "jsonError";

/// The fields of every reading.
const OF_EVERY_READING: [&str; 3] = ["ok", "error", "latency"];

/// One item of a `forEach` list.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Text(String),
    Int(i64),
    Double(f64),
}

impl Item {
    pub(super) fn new(value: &Value) -> Option<Item> {
        match value {
            Value::String(text) => Some(Item::Text(text.to_string())),
            Value::Int(number) => Some(Item::Int(*number)),
            Value::UInt(number) => i64::try_from(*number).ok().map(Item::Int),
            Value::Float(number) => Some(Item::Double(*number)),
            _ => None,
        }
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Item::Text(text) => Value::String(Arc::new(text.clone())),
            Item::Int(number) => Value::Int(*number),
            Item::Double(number) => Value::Float(*number),
        }
    }

    /// Its text, as in the key of a Finding.
    pub fn key(&self) -> String {
        match self {
            Item::Text(text) => text.clone(),
            Item::Int(number) => number.to_string(),
            Item::Double(number) => number.to_string(),
        }
    }
}

/// One probe's reading: `probes.NAME` is a map of these.
#[derive(Clone, Copy, Debug)]
pub struct ReadingInput<'a> {
    /// The fields that its kind of probe adds.
    pub fields: &'a serde_json::Map<String, serde_json::Value>,
    /// The word for the error; empty where the target was read.
    pub error: &'a str,
    pub latency: Duration,
}

/// Settings: `${NAME}` in a probe, and `env.NAME` in a check. They are converted for checks once, not in each run.
#[derive(Debug)]
pub struct Environment {
    values: BTreeMap<String, String>,
    env: Value,
}

impl Environment {
    /// The settings by name.
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }
}

impl From<BTreeMap<String, String>> for Environment {
    fn from(values: BTreeMap<String, String>) -> Environment {
        let env = values.iter().map(|(name, value)| (Key::from(name.as_str()), Value::text(value.as_str()))).collect();
        Environment { values, env: Value::Map(Map::of_sorted(env)) }
    }
}

impl Default for Environment {
    fn default() -> Environment {
        Environment::from(BTreeMap::new())
    }
}

impl PartialEq for Environment {
    fn eq(&self, other: &Environment) -> bool {
        self.values == other.values
    }
}

/// The variables of a run, converted once for all its expressions.
pub struct Inputs {
    probes: Value,
    env: Value,
    now: Value,
    /// Probes whose reading has a list or map with more than [`LIST_MAX`] items, and the longest length.
    long_lists: BTreeMap<String, usize>,
    /// Steps that all evaluations may take together, and those that are left.
    steps_max: usize,
    steps_left: Cell<usize>,
}

impl Inputs {
    /// From the readings by probe, the settings, the time of the run, and the steps that all evaluations may take together.
    pub fn new<'a>(
        readings: impl IntoIterator<Item = (&'a str, ReadingInput<'a>)>,
        settings: &Environment,
        now: jiff::Timestamp,
        steps_max: usize,
    ) -> Inputs {
        Inputs::of_fields(readings, |_, _| true, settings, now, steps_max)
    }

    /// Like [`Inputs::new`], for expressions that read certain fields only: `is_read` tells for a probe and a field whether any does.
    pub fn of_fields<'a>(
        readings: impl IntoIterator<Item = (&'a str, ReadingInput<'a>)>,
        is_read: impl Fn(&str, &str) -> bool,
        settings: &Environment,
        now: jiff::Timestamp,
        steps_max: usize,
    ) -> Inputs {
        let mut long_lists = BTreeMap::new();
        let mut probes = BTreeMap::new();
        for (name, reading) in readings {
            let mut longest = 0;
            let value = reading_value(&reading, |field| is_read(name, field), &mut longest);
            probes.insert(Key::from(name), value);
            if longest > LIST_MAX {
                long_lists.insert(name.to_string(), longest);
            }
        }
        let probes = Value::Map(Map::new(probes));
        let now = Timestamp::from_jiff(now).map_or(Value::Null, Value::Timestamp);
        Inputs { probes, env: settings.env.clone(), now, long_lists, steps_max, steps_left: Cell::new(steps_max) }
    }

    pub(super) fn steps_max(&self) -> usize {
        self.steps_max
    }

    /// Steps that evaluations have taken so far.
    pub fn steps_taken(&self) -> usize {
        self.steps_max - self.steps_left.get()
    }

    pub(super) fn steps_left(&self) -> usize {
        self.steps_left.get()
    }

    pub(super) fn take_steps(&self, steps: usize) {
        self.steps_left.set(self.steps_left.get().saturating_sub(steps));
    }

    /// A variable. Its value is shared, not copied.
    pub(super) fn variable(&self, name: &str) -> Option<Value> {
        match name {
            "probes" => Some(self.probes.clone()),
            "env" => Some(self.env.clone()),
            "now" => Some(self.now.clone()),
            _ => None,
        }
    }

    /// The time of the run.
    pub(super) fn now(&self) -> &Value {
        &self.now
    }

    pub(super) fn long_list(&self, probes: &ProbeRefs) -> Option<(&str, usize)> {
        let concerned = |name: &str| match probes {
            ProbeRefs::All => true,
            ProbeRefs::Named(names) => names.contains(name),
        };
        self.long_lists.iter().find(|(name, _)| concerned(name)).map(|(name, length)| (name.as_str(), *length))
    }
}

/// A reading as a map of the fields that are read.
fn reading_value(reading: &ReadingInput<'_>, is_read: impl Fn(&str) -> bool, longest: &mut usize) -> Value {
    let of_reading = |name: &str| match name {
        "ok" => Some(Value::Bool(reading.error.is_empty())),
        "error" => Some(Value::text(reading.error)),
        "latency" => Some(Value::Float(reading.latency.as_secs_f64())),
        _ => None,
    };
    // By these two, a reading without JSON is known.
    let is_invalid = reading.fields.contains_key(JSON_ERROR);
    let is_wanted = |name: &str| is_read(name) || (is_invalid && matches!(name, JSON_ERROR | "latency"));
    let mut entries = Vec::with_capacity(reading.fields.len() + OF_EVERY_READING.len());
    for name in OF_EVERY_READING.into_iter().filter(|name| is_wanted(name)) {
        entries.extend(of_reading(name).map(|value| (Key::from(name), value)));
    }
    for (name, value) in reading.fields.iter().filter(|(name, _)| !OF_EVERY_READING.contains(&name.as_str())) {
        if is_wanted(name) {
            entries.push((Key::from(name.as_str()), convert(value, longest)));
        } else {
            *longest = (*longest).max(longest_list(value));
        }
    }
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    Value::Map(Map::of_sorted(entries))
}

/// The number of items of the longest list or map in a value.
fn longest_list(value: &serde_json::Value) -> usize {
    use serde_json::Value as Json;
    match value {
        Json::Array(items) => items.iter().map(longest_list).max().unwrap_or(0).max(items.len()),
        Json::Object(fields) => fields.values().map(longest_list).max().unwrap_or(0).max(fields.len()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
    }
}

/// JSON as a CEL value: integers become ints, never uints, so that `+ 1` and `in [112]` work on them.
fn convert(value: &serde_json::Value, longest: &mut usize) -> Value {
    use serde_json::Value as Json;
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Int(integer),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(value) => Value::text(value.as_str()),
        Json::Array(items) => {
            *longest = (*longest).max(items.len());
            Value::List(Arc::new(items.iter().map(|item| convert(item, longest)).collect()))
        }
        Json::Object(fields) => {
            *longest = (*longest).max(fields.len());
            let map = fields.iter().map(|(name, value)| (Key::from(name.as_str()), convert(value, longest)));
            Value::Map(Map::of_sorted(map.collect()))
        }
    }
}
