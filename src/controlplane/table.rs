//! Tables, which `kubectl get` requests.

use super::events;
use super::resource::Resource;
use super::service_columns;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What a row contains of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncludeObject {
    None,
    Metadata,
    Object,
}

impl IncludeObject {
    /// Parses the query parameter `includeObject`.
    pub fn parse(text: &str) -> Option<IncludeObject> {
        match text {
            "None" => Some(IncludeObject::None),
            "Object" => Some(IncludeObject::Object),
            "" | "Metadata" => Some(IncludeObject::Metadata),
            _ => None,
        }
    }
}

/// A meta.k8s.io/v1 Table of the given objects.
pub fn render<'a>(
    resource: &Resource,
    items: impl IntoIterator<Item = &'a Value>,
    list_meta: Value,
    now: Timestamp,
    include: IncludeObject,
    with_header: bool,
) -> Value {
    let default_columns = [json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"})];
    let columns: &[Value] =
        if resource.printer_columns.is_empty() { &default_columns } else { &resource.printer_columns };
    let rows: Vec<Value> = items.into_iter().map(|object| row(resource, columns, object, now, include)).collect();
    let mut table = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": list_meta, "rows": rows});
    table["columnDefinitions"] = match with_header {
        true => header(columns, resource.custom),
        false => Value::Null,
    };
    table
}

fn header(columns: &[Value], custom: bool) -> Value {
    let name = json!({"name": "Name", "type": "string", "format": "name", "priority": 0, "description": "Name must be unique within a namespace."});
    let others = columns.iter().map(|column| {
        let text = |field: &str| column[field].as_str().unwrap_or_default();
        // kube-apiserver declares columns of built-in kinds as strings, whatever they contain.
        let type_ = if custom { text("type") } else { "string" };
        let description = match text("description") {
            "" if custom => format!("Custom resource definition column (in JSONPath format): {}", text("jsonPath")),
            given => given.to_string(),
        };
        json!({
            "name": text("name"),
            "type": type_,
            "format": if text("type") == "name" { "name" } else { text("format") },
            "description": description,
            "priority": column["priority"].as_i64().unwrap_or(0),
        })
    });
    Some(name).filter(|_| !has_name(columns)).into_iter().chain(others).collect()
}

/// Whether the columns include the name; otherwise it is the first column.
fn has_name(columns: &[Value]) -> bool {
    columns.iter().any(|column| column["type"] == "name")
}

fn row(resource: &Resource, columns: &[Value], object: &Value, now: Timestamp, include: IncludeObject) -> Value {
    // The columns of events are defined for core/v1.
    let core = (resource.group == "events.k8s.io").then(|| events::to_core_v1(object));
    let source = core.as_ref().unwrap_or(object);
    let name = Some(object.pointer("/metadata/name").cloned().unwrap_or_else(|| "".into()));
    let others = columns.iter().map(|c| cell(c, source, now, resource.custom));
    let cells: Vec<Value> = name.filter(|_| !has_name(columns)).into_iter().chain(others).collect();
    let shown = match include {
        IncludeObject::None => Value::Null,
        IncludeObject::Object => object.clone(),
        IncludeObject::Metadata => partial(object),
    };
    json!({"cells": cells, "object": shown})
}

/// The `PartialObjectMetadata` of an object.
pub fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object.get("metadata")})
}

fn cell(column: &Value, object: &Value, now: Timestamp, custom: bool) -> Value {
    let found = find(object, column["jsonPath"].as_str().unwrap_or_default());
    let first = |places: &[&str]| {
        let found = places.iter().find_map(|target| object.pointer(target).filter(|value| value.is_string()));
        found.map_or("<unknown>".into(), |at| date(at, now))
    };
    match column["type"].as_str().unwrap_or("string") {
        "date" => match found.filter(|value| !value.is_null()) {
            Some(value) => date(value, now),
            // kube-apiserver leaves the cell null for custom resources.
            None if custom => Value::Null,
            None => "<unknown>".into(),
        },
        "last seen" => first(&["/series/lastObservedTime", "/lastTimestamp", "/eventTime"]),
        "first seen" => first(&["/firstTimestamp", "/eventTime"]),
        "times" => object.pointer("/series/count").or(found).cloned().unwrap_or_else(|| 1.into()),
        "source" => event_source(object).into(),
        "cluster ip" => service_columns::cluster_ip(object).into(),
        "external ip" => service_columns::external_ip(object).into(),
        "ports" => service_columns::ports(object).into(),
        "selector" => service_columns::selector(object).into(),
        "text" | "name" => found.and_then(Value::as_str).unwrap_or_default().into(),
        "count" => found.and_then(Value::as_object).map_or(0, serde_json::Map::len).into(),
        "object" => found.map(object_name).unwrap_or_default(),
        "integer" | "number" | "boolean" => found.cloned().unwrap_or_default(),
        _ => match found {
            None | Some(Value::Null) => Value::Null,
            Some(Value::String(text)) => text.as_str().into(),
            Some(other) => other.to_string().into(),
        },
    }
}

/// Component and host that reported an event.
fn event_source(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let component = text("/source/component").or_else(|| text("/reportingComponent"));
    let host = text("/source/host").or_else(|| text("/reportingInstance"));
    [component, host].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn object_name(reference: &Value) -> Value {
    let kind = reference["kind"].as_str().unwrap_or_default().to_lowercase();
    format!("{kind}/{}", reference["name"].as_str().unwrap_or_default()).into()
}

fn date(value: &Value, now: Timestamp) -> Value {
    let at = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    match at {
        Some(at) => human_duration(now.duration_since(at).as_secs()).into(),
        None => "<invalid>".into(),
    }
}

/// A duration as kubectl shows ages: `5s`, `3m12s`, `47m`, `5h3m`, `11h`, `2d3h`, `9d`, `2y`.
fn human_duration(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let two = |a: i64, unit_a: &str, b: i64, unit_b: &str| match b {
        0 => format!("{a}{unit_a}"),
        _ => format!("{a}{unit_a}{b}{unit_b}"),
    };
    match seconds {
        ..-1 => "<invalid>".into(),
        -1..0 => "0s".into(),
        0..120 => format!("{seconds}s"),
        120..600 => two(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => two(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

/// The first value at a JSONPath as used in CRDs: `.a.b`, `.a[?(@.type=="Ready")].status`, `.a[0]`, `.a\.b`.
fn find<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut at = object;
    for step in steps(path)? {
        at = match step {
            Step::Field(name) => at.get(&name)?,
            Step::Index(i) => at.get(i)?,
            Step::Where(field, value) => at.as_array()?.iter().find(|item| item[&field] == value.as_str())?,
        };
    }
    Some(at)
}

enum Step {
    Field(String),
    Index(usize),
    Where(String, String),
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[?(@.") {
            let (condition, after) = after.split_once(")]")?;
            let (field, value) = condition.split_once("==")?;
            steps.push(Step::Where(field.trim().into(), value.trim().trim_matches(['"', '\'']).into()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = after;
        } else {
            let after = rest.strip_prefix('.')?;
            let mut name = String::new();
            let mut end = after.len();
            let mut escaped = false;
            for (i, c) in after.char_indices() {
                match c {
                    '\\' if !escaped => escaped = true,
                    '.' | '[' if !escaped => {
                        end = i;
                        break;
                    }
                    _ => {
                        name.push(c);
                        escaped = false;
                    }
                }
            }
            steps.push(Step::Field(name));
            rest = &after[end..];
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_as_kubectl_shows_them() {
        for (seconds, shown) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (192, "3m12s"),
            (2_820, "47m"),
            (18_180, "5h3m"),
            (39_600, "11h"),
            (183_600, "2d3h"),
            (777_600, "9d"),
            (-1, "0s"),
            (-5, "<invalid>"),
        ] {
            assert_eq!(human_duration(seconds), shown);
        }
    }

    #[test]
    fn cells_are_found_by_json_path() {
        let object = json!({
            "metadata": {"labels": {"a.b/c": "x"}},
            "status": {"conditions": [{"type": "Ready", "status": "True"}], "list": [1, 2]},
        });
        for (path, value) in [
            (".status.conditions[?(@.type==\"Ready\")].status", json!("True")),
            (".status.conditions[?(@.type=='Ready')].status", json!("True")),
            (".status.list[1]", json!(2)),
            (".metadata.labels.a\\.b/c", json!("x")),
        ] {
            assert_eq!(find(&object, path), Some(&value), "{path}");
        }
        assert_eq!(find(&object, ".status.conditions[?(@.type==\"No\")].status"), None);
    }
}
