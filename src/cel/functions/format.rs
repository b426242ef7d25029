//! `format`: texts with values in them.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::operators::{charge_sort, sorted_keys};
use crate::cel::values::{Key, Map, Value};
use std::fmt::Write as _;

/// Longest format string, in bytes, and its largest precision.
const FORMAT_MAX: usize = 4096;
const PRECISION_MAX: usize = 100;
const PRECISION: usize = 6;
/// Longest text of a double, besides its digits after the point, in bytes.
const DOUBLE_MAX: usize = 330;
/// Steps charged for writing a double, which may have many digits.
const DOUBLE_STEPS: usize = 200;
/// Longest text of an int, a time or a type, in bytes.
const SHORT_MAX: usize = 96;

/// The format string with a value in the place of each clause.
pub(super) fn format(budget: &mut Budget, format: &str, values: &[Value]) -> EvalResult {
    if format.len() > FORMAT_MAX {
        return Err(invalid());
    }
    budget.search(format.len())?;
    budget.build_text(format.len())?;
    let mut writer = Writer { budget, out: String::with_capacity(format.len()) };
    let mut values = values.iter();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        writer.push(before)?;
        if let Some(after) = after.strip_prefix('%') {
            writer.push("%")?;
            rest = after;
            continue;
        }
        let (precision, after) = precision(after)?;
        let kind = after.chars().next().ok_or_else(invalid)?;
        let value = values.next().ok_or_else(invalid)?;
        writer.clause(kind, precision, value)?;
        rest = &after[kind.len_utf8()..];
    }
    writer.push(rest)?;
    Ok(Value::text(writer.out))
}

/// How many values a format string takes; `None` where one of its clauses is none.
pub(in crate::cel) fn clauses(format: &str) -> Option<usize> {
    let (mut rest, mut count) = (format, 0);
    while let Some((_, after)) = rest.split_once('%') {
        rest = match after.strip_prefix('%') {
            Some(after) => after,
            None => {
                count += 1;
                precision(after).ok()?.1.strip_prefix(['s', 'd', 'f', 'e', 'b', 'x', 'X', 'o'])?
            }
        };
    }
    Some(count)
}

fn invalid() -> EvalError {
    EvalError::function("format")
}

/// `.3`, and what follows it.
fn precision(text: &str) -> Result<(usize, &str), EvalError> {
    let Some(rest) = text.strip_prefix('.') else { return Ok((PRECISION, text)) };
    let (digits, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let precision = digits.parse().ok().filter(|precision| *precision <= PRECISION_MAX);
    Ok((precision.ok_or_else(invalid)?, rest))
}

/// The text of a double without an exponent, as `string` and `format` write it.
pub(super) fn double(number: f64) -> String {
    match special(number) {
        Some(text) => text.to_string(),
        None => number.to_string(),
    }
}

fn special(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// With an exponent of at least two digits: `1.5e+06`.
pub(super) fn scientific(number: f64, precision: Option<usize>) -> String {
    let text = precision.map_or_else(|| format!("{number:e}"), |precision| format!("{number:.precision$e}"));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

struct Writer<'b> {
    budget: &'b mut Budget,
    out: String,
}

impl Writer<'_> {
    /// Appends a text. What does not fit is moved, to twice the place.
    fn push(&mut self, text: &str) -> Result<(), EvalError> {
        self.budget.build(2 * text.len())?;
        self.out.push_str(text);
        Ok(())
    }

    fn clause(&mut self, kind: char, precision: usize, value: &Value) -> Result<(), EvalError> {
        match (kind, value) {
            ('s', value) => self.value(value),
            ('d', Value::Int(_) | Value::UInt(_) | Value::Float(_)) => self.value(value),
            ('f' | 'e', Value::Float(number)) => self.double(kind, precision, *number),
            ('f' | 'e', Value::Int(number)) => self.double(kind, precision, *number as f64),
            ('f' | 'e', Value::UInt(number)) => self.double(kind, precision, *number as f64),
            ('b', Value::Bool(value)) => self.push(if *value { "1" } else { "0" }),
            ('b' | 'x' | 'X' | 'o', Value::Int(number)) => {
                let sign = if *number < 0 { "-" } else { "" };
                self.digits(kind, sign, number.unsigned_abs())
            }
            ('b' | 'x' | 'X' | 'o', Value::UInt(number)) => self.digits(kind, "", *number),
            ('x' | 'X', Value::String(text)) => self.bytes(kind, text.as_bytes()),
            ('x' | 'X', Value::Bytes(bytes)) => self.bytes(kind, bytes),
            _ => Err(invalid()),
        }
    }

    fn digits(&mut self, kind: char, sign: &str, number: u64) -> Result<(), EvalError> {
        self.budget.step(1)?;
        let digits = match kind {
            'b' => format!("{sign}{number:b}"),
            'o' => format!("{sign}{number:o}"),
            'X' => format!("{sign}{number:X}"),
            _ => format!("{sign}{number:x}"),
        };
        self.push(&digits)
    }

    /// Two digits for each byte.
    fn bytes(&mut self, kind: char, bytes: &[u8]) -> Result<(), EvalError> {
        self.budget.step(bytes.len())?;
        self.budget.build(4 * bytes.len())?;
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = if kind == 'X' { write!(self.out, "{byte:02X}") } else { write!(self.out, "{byte:02x}") };
        }
        Ok(())
    }

    fn double(&mut self, kind: char, precision: usize, number: f64) -> Result<(), EvalError> {
        self.budget.step(DOUBLE_STEPS)?;
        self.budget.build(DOUBLE_MAX + PRECISION_MAX)?;
        match special(number) {
            Some(text) => self.push(text),
            None if kind == 'e' => self.push(&scientific(number, Some(precision))),
            None => self.push(&format!("{number:.precision$}")),
        }
    }

    /// A value as `%s` writes it, items and entries included.
    fn value(&mut self, value: &Value) -> Result<(), EvalError> {
        self.budget.step(1)?;
        match value {
            Value::Null => self.push("null"),
            Value::String(text) => self.push(text),
            Value::Bytes(bytes) => {
                self.budget.search(bytes.len())?;
                let text = std::str::from_utf8(bytes).map_err(|_| invalid())?;
                self.push(text)
            }
            Value::Float(number) => {
                self.budget.step(DOUBLE_STEPS)?;
                self.budget.build(DOUBLE_MAX)?;
                self.push(&double(*number))
            }
            Value::List(list) => {
                self.push("[")?;
                for (i, item) in list.iter().enumerate() {
                    self.push(if i > 0 { ", " } else { "" })?;
                    self.value(item)?;
                }
                self.push("]")
            }
            Value::Map(map) => {
                self.push("{")?;
                for (i, (text, key)) in self.keys(map)?.into_iter().enumerate() {
                    self.push(if i > 0 { ", " } else { "" })?;
                    self.push(&text)?;
                    self.push(": ")?;
                    if let Some(value) = map.get_exactly(key.into()) {
                        self.value(value)?;
                    }
                }
                self.push("}")
            }
            other => self.short(other),
        }
    }

    /// The keys of a map, in the order of their texts.
    fn keys<'m>(&mut self, map: &'m Map) -> Result<Vec<(String, &'m Key)>, EvalError> {
        let mut keys = Vec::with_capacity(map.len());
        self.budget.build_list(2 * map.len())?;
        for key in sorted_keys(self.budget, map)? {
            let mut writer = Writer { budget: &mut *self.budget, out: String::new() };
            writer.budget.build_text(0)?;
            writer.value(&Value::from(key))?;
            keys.push((writer.out, key));
        }
        // They are sorted already where all are texts.
        charge_sort(self.budget, keys.len())?;
        keys.sort();
        Ok(keys)
    }

    fn short(&mut self, value: &Value) -> Result<(), EvalError> {
        self.budget.build(SHORT_MAX)?;
        let text = match value {
            Value::Bool(value) => value.to_string(),
            Value::Int(number) => number.to_string(),
            Value::UInt(number) => number.to_string(),
            Value::Duration(length) => length.to_string(),
            Value::Timestamp(time) => time.to_string(),
            Value::Type(t) => t.name().to_string(),
            _ => return Err(invalid()),
        };
        self.push(&text)
    }
}
