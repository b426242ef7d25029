//! Validation of Events of both groups. As in kube-apiserver, errors name the fields of the core group.

use super::causes::{invalid, required};
use crate::controlplane::events::to_core_v1;
use crate::controlplane::names::is_qualified;
use crate::controlplane::schema::Cause;
use serde_json::Value;

/// Maximum length of short strings in an Event, in bytes.
const TEXT_MAX: usize = 128;
const MESSAGE_MAX: usize = 1024;
/// Fields that cannot be changed by events.k8s.io. kube-apiserver checks the reason twice.
const IMMUTABLE: [&str; 14] = [
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "reason",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
];

/// Validation errors of an Event of the core group.
pub fn check_core(event: &Value, causes: &mut Vec<Cause>) {
    check_common(event, "reportingComponent", causes);
}

/// Validation errors of an Event of events.k8s.io.
pub fn check_events_v1(event: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let core = to_core_v1(event);
    check_common(&core, "reportingController", causes);
    let Some(old) = old.map(to_core_v1) else { return check_new(&core, causes) };
    if old["series"] != core["series"] {
        check_series(&core["series"], causes);
    }
    for field in IMMUTABLE.into_iter().filter(|field| old[*field] != core[*field]) {
        let name = if field == "reportingComponent" { "reportingController" } else { field };
        causes.push(invalid(name, format!("Invalid value: {}: field is immutable", core[field])));
    }
}

/// Rules for both groups. An Event with an `eventTime` has more of them.
fn check_common(event: &Value, controller: &str, causes: &mut Vec<Cause>) {
    let text = |field: &str| event[field].as_str().unwrap_or_default();
    let namespace = event["metadata"]["namespace"].as_str().unwrap_or_default();
    let regarding = event["involvedObject"]["namespace"].as_str().unwrap_or_default();
    let is_new = event["eventTime"].is_string();
    let matches = match (regarding, namespace) {
        // Events of objects without a namespace.
        ("", "default") => true,
        ("", "kube-system") => is_new,
        _ => is_new && !regarding.is_empty() || regarding == namespace,
    };
    if !matches {
        let message = format!("Invalid value: {regarding:?}: does not match event.namespace");
        causes.push(invalid("involvedObject.namespace", message));
    }
    if !is_new {
        return;
    }
    let reporting = text("reportingComponent");
    if reporting.is_empty() {
        causes.push(required(controller));
    }
    if !is_qualified(reporting) {
        let message = format!("Invalid value: {reporting:?}: is not a qualified name");
        // kube-apiserver reports an empty name twice: as required, and as malformed.
        let times = if reporting.is_empty() { 2 } else { 1 };
        causes.extend(std::iter::repeat_n(invalid(controller, message), times));
    }
    for field in ["reportingInstance", "action", "reason"] {
        if text(field).is_empty() {
            causes.push(required(field));
        }
        check_length(event, field, TEXT_MAX, causes);
    }
    check_length(event, "message", MESSAGE_MAX, causes);
}

fn check_length(event: &Value, field: &str, max: usize, causes: &mut Vec<Cause>) {
    if event[field].as_str().is_some_and(|text| text.len() > max) {
        causes.push(invalid(field, format!("Invalid value: \"\": can have at most {max} characters")));
    }
}

/// Rules for a new Event of events.k8s.io.
fn check_new(event: &Value, causes: &mut Vec<Cause>) {
    check_series(&event["series"], causes);
    if !event["eventTime"].is_string() {
        causes.push(required("eventTime"));
    }
    let type_ = event["type"].as_str().unwrap_or_default();
    if !matches!(type_, "Normal" | "Warning") {
        causes.push(invalid("type", format!("Invalid value: {type_:?}: has invalid value")));
    }
    let has_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let has_source = has_text(&event["source"]["component"]) || has_text(&event["source"]["host"]);
    for (field, is_set) in [
        ("firstTimestamp", has_text(&event["firstTimestamp"])),
        ("lastTimestamp", has_text(&event["lastTimestamp"])),
        ("count", event["count"].as_i64().is_some_and(|count| count != 0)),
        ("source", has_source),
    ] {
        if is_set {
            causes.push(invalid(field, "Invalid value: \"\": needs to be unset".to_string()));
        }
    }
}

fn check_series(series: &Value, causes: &mut Vec<Cause>) {
    if !series.is_object() {
        return;
    }
    if series["count"].as_i64().unwrap_or_default() < 2 {
        causes.push(invalid("series.count", "Invalid value: \"\": should be at least 2".to_string()));
    }
    if !series["lastObservedTime"].is_string() {
        causes.push(required("series.lastObservedTime"));
    }
}
