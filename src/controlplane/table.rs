//! Tables, as `kubectl get` asks for them.

use super::resource::Resource;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What a row carries of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncludeObject {
    None,
    Metadata,
    Object,
}

impl IncludeObject {
    /// The query parameter `includeObject`.
    pub fn parse(text: &str) -> IncludeObject {
        match text {
            "None" => IncludeObject::None,
            "Object" => IncludeObject::Object,
            _ => IncludeObject::Metadata,
        }
    }
}

/// A meta.k8s.io/v1 Table of these objects.
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
    let rows: Vec<Value> = items.into_iter().map(|object| row(columns, object, now, include)).collect();
    let mut table = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": list_meta, "rows": rows});
    table["columnDefinitions"] = match with_header {
        true => header(columns),
        false => Value::Null,
    };
    table
}

fn header(columns: &[Value]) -> Value {
    let name = json!({"name": "Name", "type": "string", "format": "name", "priority": 0, "description": "Name must be unique within a namespace."});
    let others = columns.iter().map(|column| {
        // A date is already put into words, and a count is a number.
        let type_ = match column["type"].as_str() {
            Some("count") => "integer",
            Some("object") => "string",
            Some(other) => other,
            None => "string",
        };
        json!({
            "name": column["name"],
            "type": type_,
            "format": column["format"].as_str().unwrap_or_default(),
            "description": column["description"].as_str().unwrap_or_default(),
            "priority": column["priority"].as_i64().unwrap_or(0),
        })
    });
    std::iter::once(name).chain(others).collect()
}

fn row(columns: &[Value], object: &Value, now: Timestamp, include: IncludeObject) -> Value {
    let name = object.pointer("/metadata/name").cloned().unwrap_or_default();
    let cells: Vec<Value> = std::iter::once(name).chain(columns.iter().map(|c| cell(c, object, now))).collect();
    let shown = match include {
        IncludeObject::None => Value::Null,
        IncludeObject::Object => object.clone(),
        IncludeObject::Metadata => partial(object),
    };
    json!({"cells": cells, "object": shown})
}

/// An object's metadata alone, as a `PartialObjectMetadata`.
pub fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object.get("metadata")})
}

fn cell(column: &Value, object: &Value, now: Timestamp) -> Value {
    let found = find(object, column["jsonPath"].as_str().unwrap_or_default());
    match column["type"].as_str().unwrap_or("string") {
        "date" => match found.or_else(|| event_time(column, object)) {
            Some(value) => date(value, now),
            // The real server leaves the cell empty for CRDs, and kubectl shows a blank or <unknown>.
            None => Value::Null,
        },
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

/// An Event's time stands in one of several places.
fn event_time<'a>(column: &Value, object: &'a Value) -> Option<&'a Value> {
    let of_event = column["jsonPath"] == ".lastTimestamp";
    let places = ["/series/lastObservedTime", "/eventTime", "/firstTimestamp", "/metadata/creationTimestamp"];
    places.iter().filter(|_| of_event).find_map(|p| object.pointer(p).filter(|v| v.is_string()))
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

/// The first value at a JSONPath of the kind that CRDs use: `.a.b`, `.a[?(@.type=="Ready")].status`, `.a[0]`, `.a\.b`.
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
