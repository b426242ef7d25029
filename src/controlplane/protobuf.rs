//! The few kinds of core that kubectl sends in Kubernetes' protobuf encoding (since 1.32 `create secret`, `create configmap`,
//! `create namespace`, `auth can-i`, `auth whoami`), read into JSON. Answers are always JSON, which it takes as well.
//!
//! Field numbers are those of `generated.proto` in k8s.io/api and k8s.io/apimachinery. What the server sets itself (times,
//! status, managed fields) is skipped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// Before a message that says its own kind.
const MAGIC: &[u8] = b"k8s\0";

/// What a field holds.
enum Type {
    Text,
    Bytes,
    Flag,
    Number,
    Texts,
    /// A map of texts to texts.
    TextMap,
    /// A map of texts to bytes.
    BytesMap,
    Message(&'static [Field]),
    Messages(&'static [Field]),
}

/// A field's number, its name in JSON, and what it holds.
type Field = (u64, &'static str, Type);

const OWNER_REFERENCE: &[Field] = &[
    (1, "kind", Type::Text),
    (3, "name", Type::Text),
    (4, "uid", Type::Text),
    (5, "apiVersion", Type::Text),
    (6, "controller", Type::Flag),
    (7, "blockOwnerDeletion", Type::Flag),
];
const OBJECT_META: &[Field] = &[
    (1, "name", Type::Text),
    (2, "generateName", Type::Text),
    (3, "namespace", Type::Text),
    (5, "uid", Type::Text),
    (6, "resourceVersion", Type::Text),
    (11, "labels", Type::TextMap),
    (12, "annotations", Type::TextMap),
    (13, "ownerReferences", Type::Messages(OWNER_REFERENCE)),
    (14, "finalizers", Type::Texts),
];
const SECRET: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "data", Type::BytesMap),
    (3, "type", Type::Text),
    (4, "stringData", Type::TextMap),
    (5, "immutable", Type::Flag),
];
const CONFIG_MAP: &[Field] = &[
    (1, "metadata", Type::Message(OBJECT_META)),
    (2, "data", Type::TextMap),
    (3, "binaryData", Type::BytesMap),
    (4, "immutable", Type::Flag),
];
const NAMESPACE: &[Field] = &[(1, "metadata", Type::Message(OBJECT_META))];
const RESOURCE_ATTRIBUTES: &[Field] = &[
    (1, "namespace", Type::Text),
    (2, "verb", Type::Text),
    (3, "group", Type::Text),
    (4, "version", Type::Text),
    (5, "resource", Type::Text),
    (6, "subresource", Type::Text),
    (7, "name", Type::Text),
];
const ACCESS_REVIEW_SPEC: &[Field] = &[
    (1, "resourceAttributes", Type::Message(RESOURCE_ATTRIBUTES)),
    (2, "nonResourceAttributes", Type::Message(&[(1, "path", Type::Text), (2, "verb", Type::Text)])),
];
const ACCESS_REVIEW: &[Field] =
    &[(1, "metadata", Type::Message(OBJECT_META)), (2, "spec", Type::Message(ACCESS_REVIEW_SPEC))];
const DELETE_OPTIONS: &[Field] = &[
    (1, "gracePeriodSeconds", Type::Number),
    (2, "preconditions", Type::Message(&[(1, "uid", Type::Text), (2, "resourceVersion", Type::Text)])),
    (4, "propagationPolicy", Type::Text),
    (5, "dryRun", Type::Texts),
];
const TYPE_META: &[Field] = &[(1, "apiVersion", Type::Text), (2, "kind", Type::Text)];
/// `runtime.Unknown`: what it is, and its bytes.
const UNKNOWN: &[Field] = &[(1, "typeMeta", Type::Message(TYPE_META)), (2, "raw", Type::Bytes)];

/// Reads a message of a kind that is known here. The error is for the client.
pub fn decode(bytes: &[u8]) -> Result<Value, String> {
    let wrapped = bytes.strip_prefix(MAGIC).ok_or("the body does not begin as Kubernetes' protobuf does")?;
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
        _ => return Err(format!("{api_version} {kind} is not read from protobuf: send JSON")),
    };
    let mut value = message(&raw, fields)?;
    value["apiVersion"] = api_version.into();
    value["kind"] = kind.into();
    Ok(value)
}

/// A field as it stands on the wire.
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of a fixed size; none of the fields here is.
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
        (Type::Flag, Wire::Number(number)) => (number != 0).into(),
        (Type::Number, Wire::Number(number)) => number.cast_signed().into(),
        // Go's generated code writes empty texts, which JSON leaves out.
        (Type::Text, Wire::Bytes([])) => return Ok(()),
        (Type::Text, Wire::Bytes(bytes)) => text(bytes)?.into(),
        (Type::Bytes, Wire::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (Type::Message(fields), Wire::Bytes(bytes)) => message(bytes, fields)?,
        (Type::Texts, Wire::Bytes(bytes)) => return push(out, name, text(bytes)?.into()),
        (Type::Messages(fields), Wire::Bytes(bytes)) => return push(out, name, message(bytes, fields)?),
        (Type::TextMap, Wire::Bytes(bytes)) => {
            return entry(out, name, &message(bytes, &[(1, "key", Type::Text), (2, "value", Type::Text)])?);
        }
        (Type::BytesMap, Wire::Bytes(bytes)) => {
            return entry(out, name, &message(bytes, &[(1, "key", Type::Text), (2, "value", Type::Bytes)])?);
        }
        _ => return Err(format!("protobuf: field {name} is of another type")),
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
    String::from_utf8(bytes.to_vec()).map_err(|_| "protobuf: a text is not UTF-8".to_string())
}

/// Takes one field off the front.
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
        other => return Err(format!("protobuf: wire type {other} is not served")),
    };
    Ok((tag >> 3, wire))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or("protobuf: the body ends too early")?;
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
    Err("protobuf: a number has too many bytes".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A field of bytes.
    fn part(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    fn wrapped(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let type_meta = [part(1, api_version.as_bytes()), part(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), part(1, &type_meta), part(2, raw)].concat()
    }

    #[test]
    fn a_secret_is_read() {
        let metadata = [part(1, b"s"), part(2, b""), part(11, &[part(1, b"a"), part(2, b"b")].concat())].concat();
        let entry = [part(1, b"key"), part(2, &[0, 255])].concat();
        let raw = [part(1, &metadata), part(2, &entry), part(3, b"Opaque"), vec![5 << 3, 1]].concat();
        let read = decode(&wrapped("v1", "Secret", &raw)).unwrap();
        let wanted = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true, "data": {"key": "AP8="},
            "metadata": {"name": "s", "labels": {"a": "b"}},
        });
        assert_eq!(read, wanted);
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        let error = decode(&wrapped("v1", "Pod", &[])).unwrap_err();
        assert_eq!(error, "v1 Pod is not read from protobuf: send JSON");
        assert!(decode(b"k8s").is_err() && decode(b"").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(raw in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = decode(&raw);
            let _ = decode(&wrapped("v1", "Secret", &raw));
            let _ = decode(&wrapped("v1", "DeleteOptions", &raw));
        }
    }
}
