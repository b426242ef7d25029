//! Protobuf bodies of core kinds: `kubectl create secret` and `kubectl auth can-i` send nothing else. Answers are JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";
const MAGIC: &[u8] = b"k8s\0";
/// Messages within one another.
const DEPTH_MAX: usize = 16;

/// What a field holds.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    Texts,
    Bool,
    Int,
    TextMap,
    /// Bytes become base64, as in JSON.
    BytesMap,
    Message(&'static [Field]),
}

/// Number, name in JSON, content; from the `.proto` files of Kubernetes.
type Field = (u32, &'static str, Holds);

const OBJECT_META: &[Field] = &[
    (1, "name", Holds::Text),
    (2, "generateName", Holds::Text),
    (3, "namespace", Holds::Text),
    (5, "uid", Holds::Text),
    (6, "resourceVersion", Holds::Text),
    (11, "labels", Holds::TextMap),
    (12, "annotations", Holds::TextMap),
    (14, "finalizers", Holds::Texts),
];
const SECRET: &[Field] = &[
    (1, "metadata", Holds::Message(OBJECT_META)),
    (2, "data", Holds::BytesMap),
    (3, "type", Holds::Text),
    (4, "stringData", Holds::TextMap),
    (5, "immutable", Holds::Bool),
];
const CONFIG_MAP: &[Field] = &[
    (1, "metadata", Holds::Message(OBJECT_META)),
    (2, "data", Holds::TextMap),
    (3, "binaryData", Holds::BytesMap),
    (4, "immutable", Holds::Bool),
];
const NAMESPACE: &[Field] = &[(1, "metadata", Holds::Message(OBJECT_META))];
const LEASE_SPEC: &[Field] =
    &[(1, "holderIdentity", Holds::Text), (2, "leaseDurationSeconds", Holds::Int), (5, "leaseTransitions", Holds::Int)];
const LEASE: &[Field] = &[(1, "metadata", Holds::Message(OBJECT_META)), (2, "spec", Holds::Message(LEASE_SPEC))];
const ATTRIBUTES: &[Field] = &[
    (1, "namespace", Holds::Text),
    (2, "verb", Holds::Text),
    (3, "group", Holds::Text),
    (4, "version", Holds::Text),
    (5, "resource", Holds::Text),
    (6, "subresource", Holds::Text),
    (7, "name", Holds::Text),
];
const REVIEW_SPEC: &[Field] = &[(1, "resourceAttributes", Holds::Message(ATTRIBUTES))];
const REVIEW: &[Field] = &[(1, "metadata", Holds::Message(OBJECT_META)), (2, "spec", Holds::Message(REVIEW_SPEC))];
const TYPE_META: &[Field] = &[(1, "apiVersion", Holds::Text), (2, "kind", Holds::Text)];

/// The object in an envelope; `None` where it is not one, or of a kind that is not taken in this form.
pub fn decode(bytes: &[u8]) -> Option<Value> {
    let envelope = bytes.strip_prefix(MAGIC)?;
    let (mut type_meta, mut raw) = (Value::Null, &[][..]);
    let mut rest = envelope;
    while !rest.is_empty() {
        match next(&mut rest)? {
            (1, Wire::Bytes(bytes)) => type_meta = message(bytes, TYPE_META, 0)?,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let fields = match type_meta["kind"].as_str()? {
        "Secret" => SECRET,
        "ConfigMap" => CONFIG_MAP,
        "Namespace" => NAMESPACE,
        "Lease" => LEASE,
        "SelfSubjectAccessReview" => REVIEW,
        "SelfSubjectReview" => NAMESPACE,
        _ => return None,
    };
    let mut object = message(raw, fields, 0)?;
    object["apiVersion"] = type_meta["apiVersion"].clone();
    object["kind"] = type_meta["kind"].clone();
    Some(object)
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The next field of a message.
fn next<'a>(rest: &mut &'a [u8]) -> Option<(u32, Wire<'a>)> {
    let tag = varint(rest)?;
    let number = u32::try_from(tag >> 3).ok()?;
    let wire = match tag & 7 {
        0 => Wire::Number(varint(rest)?),
        1 => Wire::Bytes(take(rest, 8)?),
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            Wire::Bytes(take(rest, length)?)
        }
        5 => Wire::Bytes(take(rest, 4)?),
        _ => return None,
    };
    Some((number, wire))
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn message(mut rest: &[u8], fields: &[Field], depth: usize) -> Option<Value> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut out = Map::new();
    while !rest.is_empty() {
        let (number, wire) = next(&mut rest)?;
        let Some((_, name, holds)) = fields.iter().find(|(n, _, _)| *n == number) else { continue };
        match (holds, wire) {
            // Kubernetes writes empty texts too; in JSON they are left out.
            (Holds::Text, Wire::Bytes([])) => {}
            (Holds::Text, Wire::Bytes(bytes)) => {
                out.insert(name.to_string(), text(bytes)?.into());
            }
            (Holds::Texts, Wire::Bytes(bytes)) => {
                let list = out.entry(*name).or_insert_with(|| json!([]));
                list.as_array_mut()?.push(text(bytes)?.into());
            }
            (Holds::Bool, Wire::Number(value)) => {
                out.insert(name.to_string(), (value != 0).into());
            }
            (Holds::Int, Wire::Number(value)) => {
                out.insert(name.to_string(), value.cast_signed().into());
            }
            (Holds::TextMap | Holds::BytesMap, Wire::Bytes(entry)) => {
                let (key, value) = map_entry(entry)?;
                let value = match holds {
                    Holds::BytesMap => STANDARD.encode(value),
                    _ => text(value)?,
                };
                out.entry(*name).or_insert_with(|| json!({})).as_object_mut()?.insert(key, value.into());
            }
            (Holds::Message(inner), Wire::Bytes(bytes)) => {
                out.insert(name.to_string(), message(bytes, inner, depth + 1)?);
            }
            _ => return None,
        }
    }
    Some(Value::Object(out))
}

fn map_entry(mut rest: &[u8]) -> Option<(String, &[u8])> {
    let (mut key, mut value) = (String::new(), &[][..]);
    while !rest.is_empty() {
        match next(&mut rest)? {
            (1, Wire::Bytes(bytes)) => key = text(bytes)?,
            (2, Wire::Bytes(bytes)) => value = bytes,
            _ => return None,
        }
    }
    Some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, bytes.len() as u8], bytes].concat()
    }

    #[test]
    fn a_secret_is_read_as_kubectl_sends_it() {
        let meta = [field(1, b"foo"), field(2, b""), field(11, &[field(1, b"a"), field(2, b"b")].concat())].concat();
        let data = [field(1, b"key"), field(2, b"\x00\xff")].concat();
        let raw = [field(1, &meta), field(2, &data), field(3, b"Opaque")].concat();
        let type_meta = [field(1, b"v1"), field(2, b"Secret")].concat();
        let body = [MAGIC, &field(1, &type_meta), &field(2, &raw)].concat();
        let expected = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": "foo", "labels": {"a": "b"}}, "data": {"key": "AP8="},
        });
        assert_eq!(decode(&body), Some(expected));
        for end in 0..body.len() {
            // Cut anywhere it is refused or read in part, and breaks nothing.
            let _ = decode(&body[..end]);
        }
        assert_eq!(decode(b"{}"), None);
    }
}
