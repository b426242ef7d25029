//! Decoding of Kubernetes' protobuf encoding into JSON, for the built-in kinds, in which Go clients and kubectl send
//! them. Responses are always JSON, which these clients accept too.

mod kinds;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Prefix of a message with its type (`runtime.Unknown`).
const MAGIC: &[u8] = b"k8s\0";

/// Type of a field. Go encodes zero values, some of which its JSON leaves out.
enum Type {
    /// Left out if it is empty.
    String,
    Bytes,
    Bool,
    /// Left out if it is false.
    True,
    Number,
    /// A number, left out if it is 0.
    NonZero,
    /// `intstr.IntOrString`.
    NumberOrString,
    /// `metav1.Time`, left out if it is not set.
    Time,
    /// `metav1.MicroTime`, left out if it is not set.
    MicroTime,
    /// `metav1.FieldsV1`: JSON as bytes.
    Json,
    Strings,
    /// `map<string, string>`.
    StringMap,
    /// `map<string, bytes>`.
    BytesMap,
    Message(&'static [Field]),
    Messages(&'static [Field]),
}

/// Number, JSON name and type of a field.
type Field = (u64, &'static str, Type);

const TYPE_META: &[Field] = &[(1, "apiVersion", Type::String), (2, "kind", Type::String)];
/// `runtime.Unknown`: the type of a message and its bytes.
const UNKNOWN: &[Field] = &[(1, "typeMeta", Type::Message(TYPE_META)), (2, "raw", Type::Bytes)];
/// `metav1.Timestamp`.
const TIMESTAMP: &[Field] = &[(1, "seconds", Type::Number), (2, "nanos", Type::Number)];
/// The type is 0 for a number and 1 for a string.
const NUMBER_OR_STRING: &[Field] =
    &[(1, "type", Type::Number), (2, "number", Type::Number), (3, "string", Type::String)];
/// The start of the year 1, in seconds: for Go a time that is not set.
const YEAR_1: i64 = -62_135_596_800;
/// The start of the year 0, in seconds: JSON has no earlier times.
const YEAR_0: i64 = -62_167_219_200;

/// Why a message is not decoded.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("{0}")]
    Malformed(String),
    #[error("{api_version} {kind} is not supported in protobuf: send JSON")]
    Kind { api_version: String, kind: String },
}

/// Decodes a message with its type.
pub fn decode(bytes: &[u8]) -> Result<Value, DecodeError> {
    let malformed = |why: &str| DecodeError::Malformed(why.to_string());
    let wrapped = bytes.strip_prefix(MAGIC).ok_or_else(|| malformed("the body is not Kubernetes protobuf"))?;
    let unknown = message(wrapped, UNKNOWN).map_err(DecodeError::Malformed)?;
    let text = |pointer: &str| unknown.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
    let (api_version, kind) = (text("/typeMeta/apiVersion"), text("/typeMeta/kind"));
    let raw = STANDARD.decode(text("/raw")).map_err(|e| malformed(&e.to_string()))?;
    let Some(fields) = kinds::fields(&api_version, &kind) else {
        return Err(DecodeError::Kind { api_version, kind });
    };
    let mut value = message(&raw, fields).map_err(DecodeError::Malformed)?;
    value["apiVersion"] = api_version.into();
    value["kind"] = kind.into();
    Ok(value)
}

/// A field as encoded.
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Fixed size; no supported field uses it.
    Fixed,
}

fn message(mut bytes: &[u8], fields: &[Field]) -> Result<Value, String> {
    let mut out = Map::new();
    while !bytes.is_empty() {
        let (number, wire) = field(&mut bytes)?;
        if let Some((_, name, type_)) = fields.iter().find(|(n, ..)| *n == number) {
            set(&mut out, name, type_, wire)?;
        }
    }
    Ok(Value::Object(out))
}

fn set(out: &mut Map<String, Value>, name: &str, type_: &Type, wire: Wire<'_>) -> Result<(), String> {
    let value = match (type_, wire) {
        (Type::NonZero | Type::True, Wire::Number(0)) | (Type::String, Wire::Bytes([])) => return Ok(()),
        (Type::Bool | Type::True, Wire::Number(number)) => (number != 0).into(),
        (Type::Number | Type::NonZero, Wire::Number(number)) => number.cast_signed().into(),
        (Type::NumberOrString, Wire::Bytes(bytes)) => number_or_string(bytes)?,
        (Type::Time, Wire::Bytes(bytes)) => match timestamp(bytes)? {
            Some(at) => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
            None => return Ok(()),
        },
        (Type::MicroTime, Wire::Bytes(bytes)) => match timestamp(bytes)? {
            Some(at) => at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string().into(),
            None => return Ok(()),
        },
        (Type::Json, Wire::Bytes(bytes)) => embedded_json(name, bytes)?,
        (Type::String, Wire::Bytes(bytes)) => text(bytes)?.into(),
        (Type::Bytes, Wire::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (Type::Message(fields), Wire::Bytes(bytes)) => message(bytes, fields)?,
        (Type::Strings, Wire::Bytes(bytes)) => return push(out, name, text(bytes)?.into()),
        (Type::Messages(fields), Wire::Bytes(bytes)) => return push(out, name, message(bytes, fields)?),
        (Type::StringMap, Wire::Bytes(bytes)) => {
            return entry(out, name, &message(bytes, &[(1, "key", Type::String), (2, "value", Type::String)])?);
        }
        (Type::BytesMap, Wire::Bytes(bytes)) => {
            return entry(out, name, &message(bytes, &[(1, "key", Type::String), (2, "value", Type::Bytes)])?);
        }
        _ => return Err(format!("protobuf: field {name} has the wrong type")),
    };
    out.insert(name.into(), value);
    Ok(())
}

/// A time; `None` if it is not set.
fn timestamp(bytes: &[u8]) -> Result<Option<Timestamp>, String> {
    let read = message(bytes, TIMESTAMP)?;
    let number = |field: &str| read[field].as_i64().unwrap_or_default();
    let (seconds, nanos) = (number("seconds"), number("nanos"));
    if bytes.is_empty() || (seconds, nanos) == (YEAR_1, 0) {
        return Ok(None);
    }
    let at = i32::try_from(nanos).ok().and_then(|nanos| Timestamp::new(seconds, nanos).ok());
    let outside = || format!("protobuf: {seconds} s and {nanos} ns is not a time of the years 0 to 9999");
    at.filter(|at| at.as_second() >= YEAR_0).map(Some).ok_or_else(outside)
}

fn number_or_string(bytes: &[u8]) -> Result<Value, String> {
    let read = message(bytes, NUMBER_OR_STRING)?;
    Ok(match read["type"].as_i64().unwrap_or_default() {
        0 => read["number"].as_i64().unwrap_or_default().into(),
        _ => read["string"].as_str().unwrap_or_default().into(),
    })
}

fn embedded_json(name: &str, bytes: &[u8]) -> Result<Value, String> {
    let read = message(bytes, &[(1, "raw", Type::Bytes)])?;
    let raw = STANDARD.decode(read["raw"].as_str().unwrap_or_default()).map_err(|e| e.to_string())?;
    match raw.as_slice() {
        [] => Ok(Value::Null),
        raw => serde_json::from_slice(raw).map_err(|e| format!("protobuf: field {name}: {e}")),
    }
}

fn push(out: &mut Map<String, Value>, name: &str, value: Value) -> Result<(), String> {
    if let Value::Array(items) = out.entry(name).or_insert_with(|| json!([])) {
        items.push(value);
    }
    Ok(())
}

fn entry(out: &mut Map<String, Value>, name: &str, pair: &Value) -> Result<(), String> {
    let text = |field: &str| pair[field].as_str().unwrap_or_default().to_string();
    if let Value::Object(map) = out.entry(name).or_insert_with(|| json!({})) {
        map.insert(text("key"), text("value").into());
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "protobuf: a string is not UTF-8".to_string())
}

/// Removes the first field from `bytes` and returns it.
fn field<'a>(bytes: &mut &'a [u8]) -> Result<(u64, Wire<'a>), String> {
    let tag = varint(bytes)?;
    let wire = match tag & 7 {
        0 => Wire::Number(varint(bytes)?),
        1 => take(bytes, 8).map(|_| Wire::Fixed)?,
        2 => {
            let length = usize::try_from(varint(bytes)?).unwrap_or(usize::MAX);
            Wire::Bytes(take(bytes, length)?)
        }
        5 => take(bytes, 4).map(|_| Wire::Fixed)?,
        other => return Err(format!("protobuf: wire type {other} is not supported")),
    };
    Ok((tag >> 3, wire))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or("protobuf: unexpected end of the body")?;
    *bytes = rest;
    Ok(taken)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("protobuf: varint is too long".into())
}
