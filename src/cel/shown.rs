//! Values as people see them.

use super::error::EvalError;
use super::inputs::Inputs;
use super::values::{Key, Map, Object, Value};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};
use std::cell::Cell;
use std::io::{self, Write};

/// Bytes that are written in less than the time of one step.
const WRITTEN_PER_STEP: usize = 16;

/// A value of an evaluation, for people.
#[derive(Clone)]
pub struct Shown<'i> {
    value: Value,
    inputs: &'i Inputs,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// On one line, texts in quotes.
    Line,
    /// A text as it is; of everything else one field or item per line.
    Lines,
}

impl<'i> Shown<'i> {
    pub(super) fn new(value: Value, inputs: &'i Inputs) -> Shown<'i> {
        Shown { value, inputs }
    }

    /// The number of items of a list, or of entries of a map.
    pub fn items(&self) -> Option<usize> {
        match &self.value {
            Value::List(list) => Some(list.len()),
            Value::Map(map) => Some(map.len()),
            _ => None,
        }
    }

    /// Writes it as JSON; what JSON does not have is written as text. Takes steps of the run: the end is missing where none are left,
    /// or `out` takes no more.
    pub fn write(&self, layout: Layout, out: &mut impl Write) -> Result<(), EvalError> {
        let steps = Steps { inputs: self.inputs, bytes: Cell::new(0) };
        let mut out = Charged { steps: &steps, out };
        let json = Json { value: &self.value, steps: &steps };
        let written = match (layout, &self.value) {
            (Layout::Lines, Value::String(text)) => out.write_all(text.as_bytes()),
            (Layout::Lines, _) => serde_json::to_writer_pretty(&mut out, &json).map_err(io::Error::from),
            (Layout::Line, _) => serde_json::to_writer(&mut out, &json).map_err(io::Error::from),
        };
        written.map_err(|_| EvalError::TooManyStepsInRun(self.inputs.steps_max()))
    }
}

/// The steps of the run that writing takes.
struct Steps<'i> {
    inputs: &'i Inputs,
    /// Written and not charged yet.
    bytes: Cell<usize>,
}

impl Steps<'_> {
    fn take(&self, steps: usize) -> io::Result<()> {
        let is_enough = self.inputs.steps_left() >= steps;
        self.inputs.take_steps(steps);
        is_enough.then_some(()).ok_or_else(|| io::Error::other("no steps are left to the run"))
    }

    fn write(&self, bytes: usize) -> io::Result<()> {
        let bytes = self.bytes.get() + bytes;
        self.bytes.set(bytes % WRITTEN_PER_STEP);
        self.take(bytes / WRITTEN_PER_STEP)
    }
}

struct Charged<'s, 'i, W> {
    steps: &'s Steps<'i>,
    out: &'s mut W,
}

impl<W: Write> Write for Charged<'_, '_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.steps.write(bytes.len())?;
        self.out.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A value as JSON, with the keys of maps in order.
struct Json<'s, 'i> {
    value: &'s Value,
    steps: &'s Steps<'i>,
}

impl Json<'_, '_> {
    fn map<S: Serializer>(&self, map: &Map, serializer: S) -> Result<S::Ok, S::Error> {
        // They are sorted, and compared about as often as their number has digits in binary.
        let comparisons = map.len() * (usize::BITS - map.len().leading_zeros()) as usize;
        self.steps.take(comparisons).map_err(S::Error::custom)?;
        let mut out = serializer.serialize_map(Some(map.len()))?;
        for (key, value) in map.iter() {
            let value = Json { value, steps: self.steps };
            match key {
                Key::String(text) => out.serialize_entry(text.as_str(), &value)?,
                Key::Int(number) => out.serialize_entry(number, &value)?,
                Key::Uint(number) => out.serialize_entry(number, &value)?,
                Key::Bool(flag) => out.serialize_entry(flag, &value)?,
            }
        }
        out.end()
    }
}

impl Serialize for Json<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Null | Value::Optional(None) => serializer.serialize_unit(),
            Value::Optional(Some(inner)) => Json { value: inner, steps: self.steps }.serialize(serializer),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::UInt(number) => serializer.serialize_u64(*number),
            Value::Float(number) if number.is_finite() => serializer.serialize_f64(*number),
            Value::Float(number) => serializer.collect_str(number),
            Value::String(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.serialize_str(&String::from_utf8_lossy(bytes)),
            Value::Duration(length) => serializer.collect_str(length),
            Value::Timestamp(time) => serializer.collect_str(time),
            Value::Type(named) => serializer.collect_str(named),
            Value::List(list) => {
                let mut out = serializer.serialize_seq(Some(list.len()))?;
                for value in list.iter() {
                    out.serialize_element(&Json { value, steps: self.steps })?;
                }
                out.end()
            }
            Value::Map(map) => self.map(map, serializer),
            Value::Object(object) => object_text(object, serializer),
        }
    }
}

fn object_text<S: Serializer>(object: &Object, serializer: S) -> Result<S::Ok, S::Error> {
    match object {
        Object::Address(ip) => serializer.collect_str(ip),
        Object::Version(version) => serializer.collect_str(version),
        Object::Network(network) => serializer.collect_str(&format_args!("{}/{}", network.address, network.bits)),
        Object::Url(url) => serializer.serialize_str(url.text()),
        Object::Quantity(quantity) => serializer.collect_str(quantity),
    }
}
