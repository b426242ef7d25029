//! What is refused whatever the schema says: names, metadata, and the data of Secrets and ConfigMaps.

use super::schema::Cause;
use super::status::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

/// All annotations of an object together, as in Kubernetes.
const ANNOTATIONS_MAX: usize = 256 << 10;
const NAME_MAX: usize = 253;
const LABEL_MAX: usize = 63;

/// What is wrong with a name: a DNS subdomain (RFC 1123) is wanted.
pub fn check_name(name: &str) -> Option<Cause> {
    let is_right = name.len() <= NAME_MAX && name.split('.').all(is_label_of_dns);
    let message = format!(
        "Invalid value: {name:?}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
    );
    (!is_right).then(|| invalid("metadata.name", message))
}

fn is_label_of_dns(part: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !part.is_empty() && part.bytes().all(allowed) && !part.starts_with('-') && !part.ends_with('-')
}

/// Everything that is wrong with an object besides what its schema says. `kind` as in `Secret`, of core alone.
pub fn check(object: &Value, core_kind: Option<&str>) -> Vec<Cause> {
    let mut causes = Vec::new();
    check_metadata(&object["metadata"], &mut causes);
    match core_kind {
        Some("Secret") => check_data(&object["data"], "data", true, &mut causes),
        Some("ConfigMap") => {
            check_data(&object["data"], "data", false, &mut causes);
            check_data(&object["binaryData"], "binaryData", true, &mut causes);
        }
        _ => {}
    }
    causes
}

/// What must not change in an update.
pub fn check_update(old: &Value, new: &Value, core_kind: Option<&str>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for field in ["name", "namespace"] {
        let given = new["metadata"][field].as_str().filter(|given| !given.is_empty());
        if let Some(given) = given.filter(|given| Some(*given) != old["metadata"][field].as_str()) {
            let message = format!("Invalid value: {given:?}: field is immutable");
            causes.push(invalid(&format!("metadata.{field}"), message));
        }
    }
    let data = matches!(core_kind, Some("Secret" | "ConfigMap")).then_some(["data", "binaryData"]);
    if old["immutable"] == true && data.is_some_and(|fields| fields.iter().any(|f| old[f] != new[f])) {
        let message = "Forbidden: field is immutable when `immutable` is set".to_string();
        causes.push(Cause { reason: "FieldValueForbidden", message, field: "data".into() });
    }
    causes
}

/// Times with microseconds, in Events and Leases: six digits, no more and no less, or Go's clients can't read the object.
pub fn check_micro_times(object: &Value, kind: &str) -> Option<ApiError> {
    let pointers: &[&str] = match kind {
        "Event" => &["/eventTime", "/series/lastObservedTime"],
        "Lease" => &["/spec/acquireTime", "/spec/renewTime"],
        _ => &[],
    };
    let wrong = pointers.iter().find_map(|at| object.pointer(at)?.as_str().filter(|text| !is_micro_time(text)))?;
    let layout = "2006-01-02T15:04:05.000000Z07:00";
    Some(ApiError::bad_request(format!(
        "{kind} cannot be handled as a {kind}: parsing time {wrong:?} as {layout:?}: six digits of a second are needed"
    )))
}

fn is_micro_time(text: &str) -> bool {
    let digits = text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    digits == 6 && text.parse::<Timestamp>().is_ok()
}

fn invalid(field: &str, message: String) -> Cause {
    Cause { reason: "FieldValueInvalid", message, field: field.to_string() }
}

fn wrong_type(field: &str, wanted: &str) -> Cause {
    Cause { reason: "FieldValueTypeInvalid", message: format!("Invalid value: must be {wanted}"), field: field.into() }
}

fn check_metadata(metadata: &Value, causes: &mut Vec<Cause>) {
    for (name, value) in texts(metadata, "labels", causes) {
        if !is_qualified(name) {
            causes.push(invalid("metadata.labels", format!("Invalid value: {name:?}: is not a qualified name")));
        }
        if !value.is_empty() && !is_label(value) {
            let message = format!(
                "Invalid value: {value:?}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', at most {LABEL_MAX}, and must start and end with an alphanumeric character"
            );
            causes.push(invalid("metadata.labels", message));
        }
    }
    let mut size = 0;
    for (name, value) in texts(metadata, "annotations", causes) {
        size += name.len() + value.len();
        if !is_qualified(&name.to_lowercase()) {
            causes.push(invalid("metadata.annotations", format!("Invalid value: {name:?}: is not a qualified name")));
        }
    }
    if size > ANNOTATIONS_MAX {
        let message = format!("Too long: may not be more than {ANNOTATIONS_MAX} bytes");
        causes.push(Cause { reason: "FieldValueTooLong", message, field: "metadata.annotations".into() });
    }
    for finalizer in list(metadata, "finalizers", causes) {
        if !finalizer.as_str().is_some_and(is_qualified) {
            let message = format!("Invalid value: {finalizer}: is not a qualified name");
            causes.push(invalid("metadata.finalizers", message));
        }
    }
    for reference in list(metadata, "ownerReferences", causes) {
        if !["apiVersion", "kind", "name", "uid"].iter().all(|f| reference[f].as_str().is_some_and(|t| !t.is_empty())) {
            causes.push(invalid("metadata.ownerReferences", "apiVersion, kind, name and uid are required".into()));
        }
    }
}

/// The pairs of a map of texts; what is no such map is told.
fn texts<'a>(parent: &'a Value, name: &str, causes: &mut Vec<Cause>) -> Vec<(&'a str, &'a str)> {
    let map = parent.get(name).filter(|value| !value.is_null());
    let pairs = match map {
        None => Some(Vec::new()),
        Some(Value::Object(map)) => map.iter().map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect(),
        Some(_) => None,
    };
    pairs.unwrap_or_else(|| {
        causes.push(wrong_type(&format!("metadata.{name}"), "a map of strings"));
        Vec::new()
    })
}

fn list<'a>(parent: &'a Value, name: &str, causes: &mut Vec<Cause>) -> &'a [Value] {
    match parent.get(name) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) => items,
        Some(_) => {
            causes.push(wrong_type(&format!("metadata.{name}"), "a list"));
            &[]
        }
    }
}

/// A name with or without a DNS subdomain before it: `app` or `example.com/app`.
fn is_qualified(name: &str) -> bool {
    match name.split_once('/') {
        Some((prefix, name)) => check_name(prefix).is_none() && is_label(name),
        None => is_label(name),
    }
}

fn is_label(text: &str) -> bool {
    let ends_well = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    bytes.len() <= LABEL_MAX && bytes.iter().all(allowed) && ends_well(bytes.first()) && ends_well(bytes.last())
}

/// Data that clients could not read would end every list that it is in.
fn check_data(data: &Value, field: &str, is_base64: bool, causes: &mut Vec<Cause>) {
    for (key, value) in data.as_object().into_iter().flatten() {
        let at = format!("{field}[{key}]");
        let is_key = key.len() <= NAME_MAX
            && !matches!(key.as_str(), "" | "." | "..")
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !is_key {
            let message = format!(
                "Invalid value: {key:?}: a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
            );
            causes.push(invalid(&at, message));
        }
        match value.as_str() {
            None => causes.push(wrong_type(&at, "a string")),
            Some(text) if is_base64 && STANDARD.decode(text).is_err() => {
                causes.push(invalid(&at, "illegal base64 data".into()));
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_dns_subdomains() {
        for right in ["a", "a.b", "proxmox.cluster", "a-1", &"x".repeat(253)] {
            assert_eq!(check_name(right), None, "{right}");
        }
        for wrong in ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "ç", &"x".repeat(254)] {
            assert!(check_name(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn labels_and_annotations_are_maps_of_qualified_names() {
        let right = json!({"metadata": {
            "labels": {"app": "", "example.com/tier": "a_b.C-1"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"any\": \"text\"}"},
            "finalizers": ["example.com/hold"],
        }});
        assert_eq!(check(&right, None), []);
        for wrong in [
            json!({"labels": {"a b": "x"}}),
            json!({"labels": {"a": "-x"}}),
            json!({"labels": {"a/b/c": "x"}}),
            json!({"labels": []}),
            json!({"annotations": {"a": 1}}),
            json!({"finalizers": [1]}),
            json!({"ownerReferences": [{"name": "x"}]}),
        ] {
            assert_eq!(check(&json!({"metadata": wrong}), None).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn what_is_immutable_stays() {
        let old = json!({"metadata": {"name": "a"}, "data": {"a": "b"}, "immutable": true});
        assert_eq!(check_update(&old, &old, Some("ConfigMap")), []);
        let new = json!({"metadata": {"name": "b"}, "data": {"a": "c"}, "immutable": true});
        let fields: Vec<_> = check_update(&old, &new, Some("ConfigMap")).into_iter().map(|c| c.field).collect();
        assert_eq!(fields, ["metadata.name", "data"]);
    }
}
