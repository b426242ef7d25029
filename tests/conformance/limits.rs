//! Every limit of every field, violated one at a time. The requests are generated from the schemas, so that no field is missing.

use crate::conformance::samples::{KINDS, full, object};
use crate::conformance::story::{Step, Story, at, post, put, story};
use serde_json::{Map, Value, json};

/// A story for each kind.
pub fn stories() -> Vec<Story> {
    let crds = agentic_ops::api::crds();
    let schema_of = |kind: &str| {
        let crd = crds.iter().find(|crd| crd.spec.names.kind == kind).unwrap();
        let crd = serde_json::to_value(crd).unwrap();
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
    };
    KINDS
        .iter()
        .map(|(kind, plural)| story(format!("limits of {kind}"), steps(kind, plural, &schema_of(kind))))
        .collect()
}

fn steps(kind: &str, plural: &str, schema: &Value) -> Vec<Step> {
    let whole = full(kind);
    let made = object(kind, "whole", json!({"spec": whole["spec"]}));
    let mut steps = vec![
        post(format!("{kind} with every field"), at(plural), made.clone()).keep("made"),
        put(
            "its status with every field",
            at(&format!("{plural}/whole/status?dryRun=All")),
            status(kind, &whole["status"]),
        ),
    ];
    for part in ["spec", "status"] {
        let mut breaks = Vec::new();
        walk(&schema["properties"][part], &whole[part], "", &mut breaks);
        for (pointer, what, value) in breaks {
            let mut broken = whole[part].clone();
            place(&mut broken, &pointer, value);
            let name = format!("{part}{}: {what}", pointer.replace('/', "."));
            let query = "dryRun=All&fieldValidation=Strict";
            steps.push(match part {
                "spec" => post(name, at(&format!("{plural}?{query}")), object(kind, "broken", json!({"spec": broken}))),
                _ => put(name, at(&format!("{plural}/whole/status?{query}")), status(kind, &broken)),
            });
        }
    }
    steps
}

fn status(kind: &str, status: &Value) -> Value {
    let mut made = object(kind, "whole", json!({"spec": full(kind)["spec"], "status": status}));
    made["metadata"]["resourceVersion"] = json!("${made/metadata/resourceVersion}");
    made
}

/// Sets the value at a pointer; `None` removes it.
fn place(root: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, last) = pointer.rsplit_once('/').unwrap_or(("", ""));
    match value {
        Some(value) if pointer.is_empty() => *root = value,
        Some(value) => match root.pointer_mut(pointer) {
            Some(slot) => *slot = value,
            None => drop(root.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(last.into(), value)),
        },
        None => drop(root.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(last)),
    }
}

type Breaks = Vec<(String, String, Option<Value>)>;

/// All ways to violate the limits of a value. Of list items with the same fields, only the first is changed.
fn walk(node: &Value, value: &Value, pointer: &str, breaks: &mut Breaks) {
    let mut add = |what: &str, value: Value| breaks.push((pointer.to_string(), what.to_string(), Some(value)));
    let wrong_type = if value.is_string() { json!(7) } else { json!("text") };
    add("of another type", wrong_type);
    add("null", Value::Null);
    if node["enum"].is_array() {
        add("not one of its values", json!("none-of-these"));
    }
    match value {
        Value::String(_) => text(node, &mut add),
        Value::Number(_) => number(node, &mut add),
        Value::Array(items) => list(node, items, &mut add),
        Value::Object(fields) => map(node, fields, &mut add),
        _ => {}
    }
    let fields = value.as_object().into_iter().flatten();
    for (name, inner) in fields {
        let at = format!("{pointer}/{name}");
        let required = node["required"].as_array().into_iter().flatten().any(|r| r == name.as_str());
        if required {
            breaks.push((at.clone(), "left out".into(), None));
        }
        match &node["properties"][name] {
            Value::Null => walk(&node["additionalProperties"], inner, &at, breaks),
            known => walk(known, inner, &at, breaks),
        }
    }
    let mut seen = Vec::new();
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        let fields: Vec<&String> = item.as_object().into_iter().flat_map(Map::keys).collect();
        if !seen.contains(&fields) {
            walk(&node["items"], item, &format!("{pointer}/{i}"), breaks);
            seen.push(fields);
        }
    }
}

fn text(node: &Value, add: &mut impl FnMut(&str, Value)) {
    if let Some(max) = node["maxLength"].as_u64() {
        add("too long", "a".repeat(max as usize + 1).into());
        add("too long in bytes, not in letters", "ã".repeat(max as usize).into());
    }
    if let Some(min) = node["minLength"].as_u64() {
        add("too short", "a".repeat(min as usize - 1).into());
    }
    if node["pattern"].is_string() {
        add("not of its pattern", "!!!!!!!!!!".into());
        add("of its pattern but for a line break", "a\n".into());
    }
    if node["format"] == "date-time" {
        for wrong in ["yesterday", "2026-01-02", "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05+02:00"] {
            add(&format!("time {wrong}"), wrong.into());
        }
    }
}

fn number(node: &Value, add: &mut impl FnMut(&str, Value)) {
    if let Some(max) = node["maximum"].as_f64() {
        add("too much", (max as i64 + 1).into());
    }
    if let Some(min) = node["minimum"].as_f64() {
        add("too little", (min as i64 - 1).into());
    }
    add("a fraction", json!(1.5));
    add("beyond 32 bits", json!(1_i64 << 33));
}

fn list(node: &Value, items: &[Value], add: &mut impl FnMut(&str, Value)) {
    let (Some(first), kind) = (items.first(), node["x-kubernetes-list-type"].as_str()) else { return };
    add("with an item twice", json!([first, first]));
    if let Some(max) = node["maxItems"].as_u64() {
        let distinct = |i: u64| match (first, node["x-kubernetes-list-map-keys"][0].as_str()) {
            (Value::Object(_), Some(key)) => {
                let mut item = first.clone();
                item[key] = format!("x{i}").into();
                item
            }
            (Value::String(_), _) if kind == Some("set") && node["items"]["enum"].is_null() => format!("x{i}").into(),
            _ => first.clone(),
        };
        add("with too many items", (0..=max).map(distinct).collect());
    }
    add("empty", json!([]));
}

fn map(node: &Value, fields: &Map<String, Value>, add: &mut impl FnMut(&str, Value)) {
    let with = |more: Vec<(String, Value)>| {
        let mut fields = fields.clone();
        fields.extend(more);
        Value::Object(fields)
    };
    if node["additionalProperties"].is_null() {
        add("with an unknown field", with(vec![("noSuchField".into(), json!(1))]));
    }
    if let Some(max) = node["maxProperties"].as_u64() {
        add("with too many keys", with((0..=max).map(|i| (format!("k{i}"), json!("v"))).collect()));
    }
    add("empty", json!({}));
}
