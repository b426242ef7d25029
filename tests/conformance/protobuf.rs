//! Encoding of built-in kinds in Kubernetes' protobuf, as Go clients send them. The field numbers are those of `generated.proto` in
//! k8s.io/api and k8s.io/apimachinery; the real server rejects or ignores what is wrong here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Type of a field.
enum Type {
    Text,
    Number,
    Bool,
    Time,
    /// A number or a string.
    Either,
    Texts,
    Map,
    Base64Map,
    One(&'static [Field]),
    Many(&'static [Field]),
}
use Type::{Base64Map, Bool, Either, Many, Map, Number, One, Text, Texts, Time};

/// JSON name, number and type of a field.
type Field = (&'static str, u64, Type);

const METADATA: &[Field] = &[
    ("name", 1, Text),
    ("generateName", 2, Text),
    ("namespace", 3, Text),
    ("uid", 5, Text),
    ("resourceVersion", 6, Text),
    ("labels", 11, Map),
    ("annotations", 12, Map),
    (
        "ownerReferences",
        13,
        Many(&[
            ("kind", 1, Text),
            ("name", 3, Text),
            ("uid", 4, Text),
            ("apiVersion", 5, Text),
            ("controller", 6, Bool),
        ]),
    ),
    ("finalizers", 14, Texts),
    (
        "managedFields",
        17,
        Many(&[("manager", 1, Text), ("operation", 2, Text), ("apiVersion", 3, Text), ("time", 4, Time)]),
    ),
];
const REFERENCE: &[Field] = &[
    ("kind", 1, Text),
    ("namespace", 2, Text),
    ("name", 3, Text),
    ("uid", 4, Text),
    ("apiVersion", 5, Text),
    ("fieldPath", 7, Text),
];
const SOURCE: &[Field] = &[("component", 1, Text), ("host", 2, Text)];
const SERIES: &[Field] = &[("count", 1, Number), ("lastObservedTime", 2, Time)];
const PORT: &[Field] = &[
    ("name", 1, Text),
    ("protocol", 2, Text),
    ("port", 3, Number),
    ("targetPort", 4, Either),
    ("nodePort", 5, Number),
    ("appProtocol", 6, Text),
];

fn fields(kind: &str, api_version: &str) -> &'static [Field] {
    match (kind, api_version) {
        ("ConfigMap", _) => {
            &[("metadata", 1, One(METADATA)), ("data", 2, Map), ("binaryData", 3, Base64Map), ("immutable", 4, Bool)]
        }
        ("Secret", _) => &[
            ("metadata", 1, One(METADATA)),
            ("data", 2, Base64Map),
            ("type", 3, Text),
            ("stringData", 4, Map),
            ("immutable", 5, Bool),
        ],
        ("Namespace", _) => &[
            ("metadata", 1, One(METADATA)),
            ("spec", 2, One(&[("finalizers", 1, Texts)])),
            ("status", 3, One(&[("phase", 1, Text)])),
        ],
        ("Lease", _) => &[
            ("metadata", 1, One(METADATA)),
            (
                "spec",
                2,
                One(&[
                    ("holderIdentity", 1, Text),
                    ("leaseDurationSeconds", 2, Number),
                    ("acquireTime", 3, Time),
                    ("renewTime", 4, Time),
                    ("leaseTransitions", 5, Number),
                    ("strategy", 6, Text),
                    ("preferredHolder", 7, Text),
                ]),
            ),
        ],
        ("Event", "v1") => &[
            ("metadata", 1, One(METADATA)),
            ("involvedObject", 2, One(REFERENCE)),
            ("reason", 3, Text),
            ("message", 4, Text),
            ("source", 5, One(SOURCE)),
            ("firstTimestamp", 6, Time),
            ("lastTimestamp", 7, Time),
            ("count", 8, Number),
            ("type", 9, Text),
            ("eventTime", 10, Time),
            ("series", 11, One(SERIES)),
            ("action", 12, Text),
            ("related", 13, One(REFERENCE)),
            ("reportingComponent", 14, Text),
            ("reportingInstance", 15, Text),
        ],
        ("Event", _) => &[
            ("metadata", 1, One(METADATA)),
            ("eventTime", 2, Time),
            ("series", 3, One(SERIES)),
            ("reportingController", 4, Text),
            ("reportingInstance", 5, Text),
            ("action", 6, Text),
            ("reason", 7, Text),
            ("regarding", 8, One(REFERENCE)),
            ("related", 9, One(REFERENCE)),
            ("note", 10, Text),
            ("type", 11, Text),
            ("deprecatedSource", 12, One(SOURCE)),
            ("deprecatedFirstTimestamp", 13, Time),
            ("deprecatedLastTimestamp", 14, Time),
            ("deprecatedCount", 15, Number),
        ],
        ("Service", _) => &[
            ("metadata", 1, One(METADATA)),
            (
                "spec",
                2,
                One(&[
                    ("ports", 1, Many(PORT)),
                    ("selector", 2, Map),
                    ("clusterIP", 3, Text),
                    ("type", 4, Text),
                    ("externalName", 10, Text),
                ]),
            ),
        ],
        ("DeleteOptions", _) => &[
            ("gracePeriodSeconds", 1, Number),
            ("preconditions", 2, One(&[("uid", 1, Text), ("resourceVersion", 2, Text)])),
            ("propagationPolicy", 4, Text),
            ("dryRun", 5, Texts),
        ],
        // The server refuses other kinds by their type.
        _ => &[],
    }
}

/// Encodes an object.
pub fn encode(object: &Value) -> Vec<u8> {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let type_meta = [part(1, api_version.as_bytes()), part(2, kind.as_bytes())].concat();
    let raw = message(object, fields(kind, api_version));
    [b"k8s\0".to_vec(), part(1, &type_meta), part(2, &raw)].concat()
}

/// Encodes the fields of an object. Fields that are missing in the table are left out.
fn message(object: &Value, fields: &[Field]) -> Vec<u8> {
    fields
        .iter()
        .filter_map(|(name, number, of)| Some(field(*number, of, object.get(name)?)))
        .collect::<Vec<_>>()
        .concat()
}

fn field(number: u64, of: &Type, value: &Value) -> Vec<u8> {
    let items = || value.as_array().unwrap().iter();
    let entry = |value: Vec<u8>, key: &str| part(number, &[part(1, key.as_bytes()), part(2, &value)].concat());
    match of {
        Text => part(number, value.as_str().unwrap().as_bytes()),
        Number => varint_field(number, value.as_i64().unwrap()),
        Bool => varint_field(number, value.as_bool().unwrap().into()),
        Time => part(number, &value.as_str().map(time).unwrap_or_default()),
        Either => part(number, &either(value)),
        Texts => items().map(|item| field(number, &Text, item)).collect::<Vec<_>>().concat(),
        Many(fields) => items().map(|item| part(number, &message(item, fields))).collect::<Vec<_>>().concat(),
        One(fields) => part(number, &message(value, fields)),
        Map | Base64Map => {
            let content = |value: &Value| match of {
                Map => value.as_str().unwrap().as_bytes().to_vec(),
                _ => bytes(value),
            };
            value
                .as_object()
                .unwrap()
                .iter()
                .map(|(key, value)| entry(content(value), key))
                .collect::<Vec<_>>()
                .concat()
        }
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

fn time(text: &str) -> Vec<u8> {
    let at: jiff::Timestamp = text.parse().unwrap();
    let nanos = at.as_nanosecond().rem_euclid(1_000_000_000);
    let seconds = at.as_nanosecond().div_euclid(1_000_000_000);
    [varint_field(1, seconds as i64), varint_field(2, nanos as i64)].concat()
}

fn either(value: &Value) -> Vec<u8> {
    match value.as_i64() {
        Some(number) => [varint_field(1, 0), varint_field(2, number), part(3, b"")].concat(),
        None => [varint_field(1, 1), varint_field(2, 0), field(3, &Text, value)].concat(),
    }
}

fn part(number: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn varint_field(number: u64, value: i64) -> Vec<u8> {
    [varint(number << 3), varint(value.cast_unsigned())].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut encoded = Vec::new();
    while value > 0x7f {
        encoded.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    encoded.push(value as u8);
    encoded
}
