//! Validation of the built-in kinds.

use super::causes::{invalid, required, too_long};
use super::events;
use crate::controlplane::names::NAME_MAX;
use crate::controlplane::resource::Resource;
use crate::controlplane::schema::Cause;
use serde_json::Value;

/// Maximum size of the data of a ConfigMap or Secret, in bytes.
const DATA_MAX: usize = 1 << 20;

/// Validation errors of an object of a built-in kind, without those of its metadata.
pub fn check(object: &Value, old: Option<&Value>, resource: &Resource, causes: &mut Vec<Cause>) {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Secret") => secret(object, old, causes),
        ("", "ConfigMap") => config_map(object, old, causes),
        ("", "Namespace") => namespace(object, old, causes),
        ("", "Event") => events::check_core(object, causes),
        ("events.k8s.io", _) => events::check_events_v1(object, old, causes),
        ("coordination.k8s.io", "Lease") => lease(object, causes),
        _ => {}
    }
}

fn keys(object: &Value, field: &str, causes: &mut Vec<Cause>) -> usize {
    let mut size = 0;
    for (key, value) in object[field].as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        size += if field == "data" && object["kind"] == "ConfigMap" { text.len() } else { text.len() / 4 * 3 };
        let is_key = key.len() <= NAME_MAX
            && !matches!(key.as_str(), "" | "." | "..")
            && !key.starts_with("..")
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !is_key {
            let rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
            causes.push(invalid(&format!("{field}[{key}]"), format!("Invalid value: {key:?}: {rule}")));
        }
    }
    size
}

fn secret(object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    if let Some(old) = old {
        immutable(old, object, &["data"], causes);
        if old["type"] != object["type"] {
            causes.push(invalid("type", format!("Invalid value: {}: field is immutable", object["type"])));
        }
    }
    if keys(object, "data", causes) > DATA_MAX {
        causes.push(too_long("data", DATA_MAX));
    }
    if object["type"] == "kubernetes.io/tls" {
        let missing = ["tls.crt", "tls.key"].into_iter().filter(|key| object["data"].get(key).is_none());
        causes.extend(missing.map(|key| required(&format!("data[{key}]"))));
    }
}

fn config_map(object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    if let Some(old) = old {
        immutable(old, object, &["data", "binaryData"], causes);
    }
    let size = keys(object, "data", causes) + keys(object, "binaryData", causes);
    for key in object["data"].as_object().into_iter().flat_map(|map| map.keys()) {
        if object["binaryData"].get(key).is_some() {
            let message = format!("Invalid value: {key:?}: duplicate of key present in binaryData");
            causes.push(invalid(&format!("data[{key}]"), message));
        }
    }
    if size > DATA_MAX {
        causes.push(too_long("[]", DATA_MAX));
    }
}

fn immutable(old: &Value, new: &Value, fields: &[&str], causes: &mut Vec<Cause>) {
    if old["immutable"] != true {
        return;
    }
    let immutable_error = |field: &str| Cause {
        reason: "FieldValueForbidden",
        message: "Forbidden: field is immutable when `immutable` is set".into(),
        field: field.into(),
    };
    if new["immutable"] != true {
        causes.push(immutable_error("immutable"));
    }
    causes.extend(fields.iter().filter(|field| old[*field] != new[*field]).map(|field| immutable_error(field)));
}

fn namespace(object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if old.is_none() && name.contains('.') {
        causes.push(invalid("metadata.name", format!("Invalid value: {name:?}: must not contain dots")));
    }
}

fn lease(object: &Value, causes: &mut Vec<Cause>) {
    let number = |field: &str| object["spec"][field].as_i64();
    if let Some(seconds) = number("leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        let message = format!("Invalid value: {seconds}: must be greater than 0");
        causes.push(invalid("spec.leaseDurationSeconds", message));
    }
    if let Some(times) = number("leaseTransitions").filter(|times| *times < 0) {
        let message = format!("Invalid value: {times}: must be greater than or equal to 0");
        causes.push(invalid("spec.leaseTransitions", message));
    }
}
