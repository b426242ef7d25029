//! Conversion between Event of core/v1, which is stored, and of events.k8s.io/v1.

use serde_json::{Map, Value, json};

/// Field names in core/v1 and in events.k8s.io/v1.
const NAMES: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// Converts from core/v1 to events.k8s.io/v1.
pub fn to_events_v1(event: &Value) -> Value {
    let mut new =
        renamed(event, "events.k8s.io/v1", |name| NAMES.iter().find(|(core, _)| *core == name).map(|(_, new)| *new));
    for (name, value) in [("reportingController", ""), ("reportingInstance", "")] {
        if new[name] == value {
            new.as_object_mut().into_iter().for_each(|fields| drop(fields.remove(name)));
        }
    }
    new
}

/// Converts from events.k8s.io/v1 to core/v1.
pub fn to_core_v1(event: &Value) -> Value {
    let mut core = renamed(event, "v1", |name| NAMES.iter().find(|(_, new)| *new == name).map(|(core, _)| *core));
    if let Some(fields) = core.as_object_mut() {
        for name in ["reportingComponent", "reportingInstance"] {
            fields.entry(name).or_insert_with(|| json!(""));
        }
    }
    core
}

fn renamed(event: &Value, api_version: &str, rename: impl Fn(&str) -> Option<&'static str>) -> Value {
    let fields = event.as_object().into_iter().flatten();
    let renamed = fields.map(|(name, value)| (rename(name).unwrap_or(name).to_string(), value.clone()));
    let mut out: Map<String, Value> = renamed.collect();
    out.insert("apiVersion".into(), api_version.into());
    out.insert("kind".into(), "Event".into());
    Value::Object(out)
}
