//! Decoding of Kubernetes' protobuf encoding into JSON, for the built-in kinds that kubectl sends in it (since 1.32
//! `create secret`, `create configmap`, `create namespace`, `auth can-i`, `auth whoami`). Responses are always JSON,
//! which kubectl accepts too.
//!
//! Field numbers are those of `generated.proto` in k8s.io/api and k8s.io/apimachinery. Fields that the server sets
//! itself (times, status, managed fields) are skipped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// Prefix of a message with its type (`runtime.Unknown`).
const MAGIC: &[u8] = b"k8s\0";

/// Type of a field.
enum Type {
    String,
    Bytes,
    Bool,
    Number,
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

const OWNER_REFERENCE: &[Field] = &[
    (1, "kind", Type::String),
    (3, "name", Type::String),
    (4, "uid", Type::String),
    (5, "apiVersion", Type::String),
    (6, "controller", Type::Bool),
    (7, "blockOwnerDeletion", Type::Bool),
];
const OBJECT_META: &[Field] = &[
    (1, "name", Type::String),
    (2, "generateName", Type::String),
    (3, "namespace", Type::String),
    (5, "uid", Type::String),
    (6, "resourceVersion", Type::String),
    (11, "labels", Type::StringMap),
    (12, "annotations", Type::StringMap),
    (13, "ownerReferences", Type::Messages(OWNER_REFERENCE)),
    (14, "finalizers", Type::Strings),
];
const SECRET: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "data", Type::BytesMap),
    (3, "type", Type::String),
    (4, "stringData", Type::StringMap),
    (5, "immutable", Type::Bool),
];
const CONFIG_MAP: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "data", Type::StringMap),
    (3, "binaryData", Type::BytesMap),
    (4, "immutable", Type::Bool),
];
const NAMESPACE: &[Field] = &[(1, "metadata", Type::Message(OBJECT_META))];
const RESOURCE_ATTRIBUTES: &[Field] = &[
    (1, "namespace", Type::String),
    (2, "verb", Type::String),
    (3, "group", Type::String),
    (4, "version", Type::String),
    (5, "resource", Type::String),
    (6, "subresource", Type::String),
    (7, "name", Type::String),
];
const ACCESS_REVIEW_SPEC: &[Field] = &[
    (1, "resourceAttributes", Type::Message(RESOURCE_ATTRIBUTES)),
    (2, "nonResourceAttributes", Type::Message(&[(1, "path", Type::String), (2, "verb", Type::String)])),
];
const ACCESS_REVIEW: &[Field] =
    &[(1, "metadata", Type::Message(OBJECT_META)), (2, "spec", Type::Message(ACCESS_REVIEW_SPEC))];
const DELETE_OPTIONS: &[Field] = &[
    (1, "gracePeriodSeconds", Type::Number),
    (2, "preconditions", Type::Message(&[(1, "uid", Type::String), (2, "resourceVersion", Type::String)])),
    (4, "propagationPolicy", Type::String),
    (5, "dryRun", Type::Strings),
];
const TYPE_META: &[Field] = &[(1, "apiVersion", Type::String), (2, "kind", Type::String)];
/// `runtime.Unknown`: the type of a message and its bytes.
const UNKNOWN: &[Field] = &[(1, "typeMeta", Type::Message(TYPE_META)), (2, "raw", Type::Bytes)];

/// Decodes a message. Fails with a message for the client if the kind is not supported.
pub fn decode(bytes: &[u8]) -> Result<Value, String> {
    let wrapped = bytes.strip_prefix(MAGIC).ok_or("the body is not Kubernetes protobuf")?;
    let unknown = message(wrapped, UNKNOWN)?;
    let text = |pointer: &str| unknown.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
    let (api_version, kind) = (text("/typeMeta/apiVersion"), text("/typeMeta/kind"));
    let raw = STANDARD.decode(text("/raw")).map_err(|e| e.to_string())?;
    let fields = match (api_version.as_str(), kind.as_str()) {
        ("v1", "Secret") => SECRET,
        ("v1", "ConfigMap") => CONFIG_MAP,
        ("v1", "Namespace") | ("authentication.k8s.io/v1", "SelfSubjectReview") => NAMESPACE,
        ("authorization.k8s.io/v1", "SelfSubjectAccessReview") => ACCESS_REVIEW,
        (_, "DeleteOptions") => DELETE_OPTIONS,
        _ => return Err(format!("{api_version} {kind} is not supported in protobuf: send JSON")),
    };
    let mut value = message(&raw, fields)?;
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
        (Type::Bool, Wire::Number(number)) => (number != 0).into(),
        (Type::Number, Wire::Number(number)) => number.cast_signed().into(),
        // Go encodes empty strings, which its JSON leaves out.
        (Type::String, Wire::Bytes([])) => return Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An encoded field of type bytes.
    fn part(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    fn wrapped(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let type_meta = [part(1, api_version.as_bytes()), part(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), part(1, &type_meta), part(2, raw)].concat()
    }

    #[test]
    fn a_secret_is_decoded() {
        let metadata = [part(1, b"s"), part(2, b""), part(11, &[part(1, b"a"), part(2, b"b")].concat())].concat();
        let entry = [part(1, b"key"), part(2, &[0, 255])].concat();
        let raw = [part(1, &metadata), part(2, &entry), part(3, b"Opaque"), vec![5 << 3, 1]].concat();
        let read = decode(&wrapped("v1", "Secret", &raw)).unwrap();
        let expected = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true, "data": {"key": "AP8="},
            "metadata": {"name": "s", "labels": {"a": "b"}},
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn unsupported_kinds_are_rejected_by_name() {
        let error = decode(&wrapped("v1", "Pod", &[])).unwrap_err();
        assert_eq!(error, "v1 Pod is not supported in protobuf: send JSON");
        assert!(decode(b"k8s").is_err() && decode(b"").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_a_panic(raw in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = decode(&raw);
            let _ = decode(&wrapped("v1", "Secret", &raw));
            let _ = decode(&wrapped("v1", "DeleteOptions", &raw));
        }
    }
}
