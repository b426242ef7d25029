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

/// An encoded number.
fn number(field: u8, mut value: u64) -> Vec<u8> {
    let mut encoded = vec![field << 3];
    while value > 0x7f {
        encoded.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    [encoded, vec![u8::try_from(value).unwrap()]].concat()
}

fn time(seconds: i64, nanos: u64) -> Vec<u8> {
    [number(1, seconds.cast_unsigned()), number(2, nanos)].concat()
}

#[test]
fn a_lease_is_decoded() {
    let entry = [part(1, b"m"), part(4, &time(1_767_323_045, 0)), part(7, &part(1, b"{\"f:spec\":{}}"))].concat();
    // Field 17 needs a tag of two bytes.
    let managed = [vec![0x8a, 0x01, u8::try_from(entry.len()).unwrap()], entry].concat();
    let spec = [part(1, b"me"), number(2, 15), part(3, &time(-62_135_596_798, 0)), number(5, 0)].concat();
    let spec = [spec, part(4, &time(1_767_323_045, 123_456_789))].concat();
    let read = decode(&wrapped("coordination.k8s.io/v1", "Lease", &[part(1, &managed), part(2, &spec)].concat()));
    let expected = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"managedFields": [{"manager": "m", "time": "2026-01-02T03:04:05Z", "fieldsV1": {"f:spec": {}}}]},
        "spec": {
            "holderIdentity": "me", "leaseDurationSeconds": 15, "leaseTransitions": 0,
            "acquireTime": "0001-01-01T00:00:02.000000Z", "renewTime": "2026-01-02T03:04:05.123456Z",
        },
    });
    assert_eq!(read, Ok(expected));
}

#[test]
fn events_of_both_groups_are_decoded() {
    let regarding = [part(1, b"Scenario"), part(3, b"portal")].concat();
    // Go encodes times that are not set as empty messages, and a count of 0.
    let raw = [part(2, &regarding), part(4, b"m"), part(6, b""), part(7, &time(1_767_323_045, 9)), number(8, 0)];
    let core = decode(&wrapped("v1", "Event", &raw.concat())).unwrap();
    let expected = json!({
        "apiVersion": "v1", "kind": "Event", "involvedObject": {"kind": "Scenario", "name": "portal"}, "message": "m",
        "lastTimestamp": "2026-01-02T03:04:05Z",
    });
    assert_eq!(core, expected);
    let series = [number(1, 2), part(2, &time(1_767_323_045, 0))].concat();
    let raw = [part(2, &time(1_767_323_045, 0)), part(3, &series), part(8, &regarding), part(10, b"m"), number(15, 3)];
    let new = decode(&wrapped("events.k8s.io/v1", "Event", &raw.concat())).unwrap();
    let expected = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "eventTime": "2026-01-02T03:04:05.000000Z",
        "series": {"count": 2, "lastObservedTime": "2026-01-02T03:04:05.000000Z"},
        "regarding": {"kind": "Scenario", "name": "portal"}, "note": "m", "deprecatedCount": 3,
    });
    assert_eq!(new, expected);
}

#[test]
fn a_service_is_decoded() {
    let named = [part(1, b"web"), number(3, 80), part(4, &[number(1, 1), part(3, b"http")].concat())].concat();
    let numbered = [number(3, 81), part(4, &[number(1, 0), number(2, 8_080)].concat()), number(5, 0)].concat();
    let spec = [part(1, &named), part(1, &numbered), part(4, b"ClusterIP"), number(13, 0)].concat();
    let read = decode(&wrapped("v1", "Service", &part(2, &spec))).unwrap();
    let ports = json!([{"name": "web", "port": 80, "targetPort": "http"}, {"port": 81, "targetPort": 8_080}]);
    assert_eq!(read["spec"], json!({"type": "ClusterIP", "ports": ports}));
}

#[test]
fn times_that_json_cannot_express_are_refused() {
    let lease = |seconds: i64, nanos: u64| {
        let spec = part(3, &time(seconds, nanos));
        decode(&wrapped("coordination.k8s.io/v1", "Lease", &part(2, &spec))).map(|lease| lease["spec"].clone())
    };
    assert_eq!(lease(-62_167_219_200, 0), Ok(json!({"acquireTime": "0000-01-01T00:00:00.000000Z"})));
    // Not set.
    assert_eq!(lease(-62_135_596_800, 0), Ok(json!({})));
    for (seconds, nanos) in [(-62_167_219_201, 0), (253_402_300_800, 0), (i64::MAX, 0), (0, 1 << 31)] {
        let refused = lease(seconds, nanos).unwrap_err().to_string();
        assert!(refused.contains("is not a time of the years 0 to 9999"), "{seconds}, {nanos}: {refused}");
    }
}

#[test]
fn unsupported_kinds_are_rejected_by_name() {
    let error = decode(&wrapped("v1", "Pod", &[])).unwrap_err();
    assert_eq!(error.to_string(), "v1 Pod is not supported in protobuf: send JSON");
    for malformed in [&b""[..], b"k8s", b"{}", b"k8s\0\x0a\x7f"] {
        assert!(matches!(decode(malformed), Err(DecodeError::Malformed(_))), "{malformed:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_decode_without_a_panic(raw in proptest::collection::vec(any::<u8>(), 0..120)) {
        let _ = decode(&raw);
        for (api_version, kind) in [
            ("v1", "Secret"),
            ("v1", "Service"),
            ("v1", "Event"),
            ("events.k8s.io/v1", "Event"),
            ("coordination.k8s.io/v1", "Lease"),
            ("v1", "DeleteOptions"),
        ] {
            let _ = decode(&wrapped(api_version, kind, &raw));
        }
    }
}
