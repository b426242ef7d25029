//! An object as the set of its leaves: what can be owned, each with its value.

use crate::controlplane::schema::{ListType, Node, Schema};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Steps from the root, as in FieldsV1: `f:name`, `k:{"name":"x"}`, `v:"x"`.
pub(super) type Path = Vec<String>;
/// Each leaf with its value; an item of a list counts as a leaf, without one.
pub(super) type Leaves = BTreeMap<Path, Value>;

/// What of `metadata` is owned.
static METADATA: LazyLock<Node> = LazyLock::new(|| {
    let text_map = || Node { kind: Some("object".into()), additional: Some(Box::default()), ..Node::default() };
    let properties = BTreeMap::from([
        ("labels".to_string(), text_map()),
        ("annotations".to_string(), text_map()),
        ("finalizers".to_string(), Node { list_type: ListType::Set, ..Node::default() }),
        ("ownerReferences".to_string(), Node { list_type: ListType::Map(vec!["uid".into()]), ..Node::default() }),
    ]);
    Node { properties, ..Node::default() }
});

/// All that can be owned in an object.
pub(super) fn of(schema: &Schema, object: &Value) -> Leaves {
    let mut leaves = Leaves::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        let path = vec![format!("f:{name}")];
        match name.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                for (field, node) in &METADATA.properties {
                    if let Some(value) = value.get(field) {
                        collect(Some(node), value, step(&path, format!("f:{field}")), &mut leaves);
                    }
                }
            }
            _ => collect(schema.node().properties.get(name), value, path, &mut leaves),
        }
    }
    leaves
}

fn step(path: &Path, next: String) -> Path {
    path.iter().cloned().chain([next]).collect()
}

fn collect(node: Option<&Node>, value: &Value, path: Path, leaves: &mut Leaves) {
    match value {
        Value::Object(fields) if !fields.is_empty() && !node.is_some_and(|n| n.atomic_map) => {
            for (name, value) in fields {
                collect(node.and_then(|n| n.field(name)), value, step(&path, format!("f:{name}")), leaves);
            }
        }
        Value::Array(items) if is_granular(node) => {
            for item in items {
                let path = step(&path, item_step(node, item));
                if let (Some(node), Value::Object(fields)) = (node, item) {
                    for (name, value) in fields {
                        let inner = node.items.as_ref().and_then(|n| n.field(name));
                        collect(inner, value, step(&path, format!("f:{name}")), leaves);
                    }
                }
                leaves.insert(path, Value::Null);
            }
        }
        _ => {
            leaves.insert(path, value.clone());
        }
    }
}

fn is_granular(node: Option<&Node>) -> bool {
    node.is_some_and(|n| n.list_type != ListType::Atomic)
}

/// How an item of a list is told apart.
fn item_step(node: Option<&Node>, item: &Value) -> String {
    match node.map(|n| &n.list_type) {
        Some(ListType::Map(keys)) => {
            let key: Map<String, Value> =
                keys.iter().map(|k| (k.clone(), item.get(k).cloned().unwrap_or_default())).collect();
            format!("k:{}", Value::Object(key))
        }
        _ => format!("v:{item}"),
    }
}

/// `base` with the fields of `applied` set.
pub(super) fn merge(schema: &Schema, base: &Value, applied: &Value) -> Value {
    let mut out = base.clone();
    let Some(fields) = out.as_object_mut() else { return applied.clone() };
    for (name, value) in applied.as_object().into_iter().flatten() {
        let node = match name.as_str() {
            "metadata" => Some(&*METADATA),
            _ => schema.node().properties.get(name),
        };
        let slot = fields.entry(name.clone()).or_insert(Value::Null);
        merge_value(node, slot, value);
    }
    out
}

fn merge_value(node: Option<&Node>, slot: &mut Value, value: &Value) {
    match (slot, value) {
        (Value::Object(into), Value::Object(fields)) if !node.is_some_and(|n| n.atomic_map) => {
            for (name, value) in fields {
                let slot = into.entry(name.clone()).or_insert(Value::Null);
                merge_value(node.and_then(|n| n.field(name)), slot, value);
            }
        }
        (Value::Array(into), Value::Array(items)) if is_granular(node) => {
            for item in items {
                let id = item_step(node, item);
                match into.iter_mut().find(|present| item_step(node, present) == id) {
                    Some(present) => merge_value(node.and_then(|n| n.items.as_deref()), present, item),
                    None => into.push(item.clone()),
                }
            }
        }
        (slot, value) => *slot = value.clone(),
    }
}

/// Takes a leaf out; containers that it leaves empty go with it.
pub(super) fn remove(schema: &Schema, object: &mut Value, path: &Path) {
    let node = match path.first().and_then(|first| first.strip_prefix("f:")) {
        Some("metadata") => Some(&*METADATA),
        Some(name) => schema.node().properties.get(name),
        None => None,
    };
    remove_in(node, object, path);
}

/// `node` is that of the first step's value.
fn remove_in(node: Option<&Node>, value: &mut Value, path: &[String]) {
    let Some((first, rest)) = path.split_first() else { return };
    match value {
        Value::Object(fields) => {
            let Some(name) = first.strip_prefix("f:") else { return };
            if rest.is_empty() {
                fields.remove(name);
                return;
            }
            let Some(inner) = fields.get_mut(name) else { return };
            let next = rest[0].strip_prefix("f:").map_or(node, |n| node.and_then(|node| node.field(n)));
            remove_in(next, inner, rest);
            let is_left_empty =
                inner.as_object().is_some_and(Map::is_empty) || inner.as_array().is_some_and(Vec::is_empty);
            if is_left_empty {
                fields.remove(name);
            }
        }
        Value::Array(items) => {
            let Some(i) = items.iter().position(|item| item_step(node, item) == *first) else { return };
            if rest.is_empty() {
                items.remove(i);
                return;
            }
            let inner = node.and_then(|n| n.items.as_deref());
            let next = rest[0].strip_prefix("f:").and_then(|n| inner.and_then(|node| node.field(n)));
            remove_in(next, &mut items[i], rest);
        }
        _ => {}
    }
}

/// Whether a path is that of a field by which an item of a list is told apart.
pub(super) fn is_key_of_item(path: &[String]) -> bool {
    let [.., item, field] = path else { return false };
    let (Some(key), Some(name)) = (item.strip_prefix("k:"), field.strip_prefix("f:")) else { return false };
    serde_json::from_str::<Map<String, Value>>(key).is_ok_and(|key| key.contains_key(name))
}

/// A path as conflicts show it: `.spec.probes[name="api"].http`.
pub(super) fn shown(path: &Path) -> String {
    let mut out = String::new();
    for step in path {
        match step.split_at_checked(2) {
            Some(("f:", name)) => out.push_str(&format!(".{name}")),
            Some(("k:", key)) => {
                let key: Value = serde_json::from_str(key).unwrap_or(json!({}));
                let parts: Vec<_> = key.as_object().into_iter().flatten().map(|(k, v)| format!("{k}={v}")).collect();
                out.push_str(&format!("[{}]", parts.join(",")));
            }
            Some((_, value)) => out.push_str(&format!("[={value}]")),
            None => {}
        }
    }
    out
}
