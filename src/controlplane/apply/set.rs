//! Sets of fields: those of an object, and the difference between two objects. As in structured-merge-diff, which
//! kube-apiserver uses.

use crate::controlplane::schema::{ListType, Node, Schema};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Path from the root in steps of FieldsV1: `f:name`, `k:{"name":"x"}`, `v:"x"`.
pub(super) type Path = Vec<Step>;
/// Shared by the paths that have it.
pub(super) type Step = Rc<str>;
pub(super) type Set = BTreeSet<Path>;

/// Fields of `metadata` that the server sets, which no manager owns.
const SYSTEM_METADATA: &[&str] = &[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
];

/// The fields of a configuration: values, list items and map keys, without the objects that contain them.
pub(super) fn fields_of(schema: &Schema, object: &Value) -> Set {
    let mut set = Set::new();
    collect(Some(schema.node()), object, &mut Vec::new(), &mut set);
    set
}

/// The set without fields that the server sets.
pub(super) fn without_system_fields(mut set: Set) -> Set {
    set.retain(|path| match path.first().map(|step| &**step) {
        None | Some("f:apiVersion" | "f:kind") => false,
        Some("f:metadata") => {
            path.get(1).is_some_and(|field| !SYSTEM_METADATA.contains(&field.trim_start_matches("f:")))
        }
        Some(_) => true,
    });
    set
}

fn collect(node: Option<&Node>, value: &Value, path: &mut Path, set: &mut Set) {
    match value {
        Value::Object(fields) if !is_atomic_map(node) => {
            for (name, inner) in fields {
                path.push(field_step(name));
                collect(node.and_then(|n| n.field(name)), inner, path, set);
                let is_empty = inner.is_null() || inner.as_object().is_some_and(Map::is_empty);
                if is_empty || !is_named(node, name) {
                    set.insert(path.clone());
                }
                path.pop();
            }
        }
        Value::Array(items) if is_granular(node) => {
            for item in items {
                path.push(item_step(node, item));
                collect(node.and_then(|n| n.items.as_deref()), item, path, set);
                set.insert(path.clone());
                path.pop();
            }
        }
        _ => {
            set.insert(path.clone());
        }
    }
}

/// The error, in the words of kube-apiserver, for list items that cannot be distinguished.
pub(super) fn ambiguous(node: Option<&Node>, value: &Value, path: &mut Path) -> Option<String> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, inner)| {
            path.push(field_step(name));
            let found = ambiguous(node.and_then(|n| n.field(name)), inner, path);
            path.pop();
            found
        }),
        Value::Array(items) if is_granular(node) => {
            let mut seen = BTreeSet::new();
            items.iter().enumerate().find_map(|(i, item)| {
                let step = item_step(node, item);
                if &*step == "k:{}" {
                    let what = "associative list with keys has an element that omits all key fields";
                    return Some(format!("{}: element {i}: {what}", display(path)));
                }
                if !seen.insert(step.clone()) {
                    return Some(format!("{}: duplicate entries for key {}", display(path), display(&vec![step])));
                }
                path.push(step);
                let found = ambiguous(node.and_then(|n| n.items.as_deref()), item, path);
                path.pop();
                found
            })
        }
        _ => None,
    }
}

/// Difference between two objects. Objects and lists that are added or removed are part of it themselves.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub added: Set,
    pub modified: Set,
    pub removed: Set,
}

impl Difference {
    /// All that differs.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.added.iter().chain(&self.modified).chain(&self.removed)
    }
}

/// Compares two objects.
pub(super) fn difference(schema: &Schema, old: &Value, new: &Value) -> Difference {
    let mut difference = Difference::default();
    compare(Some(schema.node()), Some(old), Some(new), &mut Vec::new(), &mut difference);
    let Difference { added, modified, removed } = difference;
    Difference {
        added: without_system_fields(added),
        modified: without_system_fields(modified),
        removed: without_system_fields(removed),
    }
}

fn compare(node: Option<&Node>, old: Option<&Value>, new: Option<&Value>, path: &mut Path, out: &mut Difference) {
    if old == new {
        return;
    }
    let no_map = Map::new();
    let is_leaf = match (old, new) {
        _ if is_atomic_map(node) => true,
        _ if is_empty(old) && is_empty(new) => true,
        (Some(Value::Object(a)), Some(Value::Object(b))) => compare_maps(node, a, b, path, out),
        (Some(Value::Object(a)), None | Some(Value::Null)) => compare_maps(node, a, &no_map, path, out),
        (None | Some(Value::Null), Some(Value::Object(b))) => compare_maps(node, &no_map, b, path, out),
        _ if !is_granular(node) => true,
        (Some(Value::Array(a)), Some(Value::Array(b))) => compare_lists(node, a, b, path, out),
        (Some(Value::Array(a)), None | Some(Value::Null)) => compare_lists(node, a, &[], path, out),
        (None | Some(Value::Null), Some(Value::Array(b))) => compare_lists(node, &[], b, path, out),
        _ => true,
    };
    match (old, new) {
        (None, Some(_)) => drop(out.added.insert(path.clone())),
        (Some(_), None) => drop(out.removed.insert(path.clone())),
        (Some(_), Some(_)) if is_leaf => drop(out.modified.insert(path.clone())),
        _ => {}
    }
}

/// Compares the fields. Always false: an object is not a leaf.
fn compare_maps(
    node: Option<&Node>,
    a: &Map<String, Value>,
    b: &Map<String, Value>,
    path: &mut Path,
    out: &mut Difference,
) -> bool {
    for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
        path.push(field_step(name));
        compare(node.and_then(|n| n.field(name)), a.get(name), b.get(name), path, out);
        path.pop();
    }
    false
}

fn compare_lists(node: Option<&Node>, a: &[Value], b: &[Value], path: &mut Path, out: &mut Difference) -> bool {
    let inner = node.and_then(|n| n.items.as_deref());
    let (olds, news) = (Items::new(node, a), Items::new(node, b));
    for (item, step) in a.iter().zip(&olds.steps) {
        path.push(step.clone());
        compare(inner, Some(item), news.find(step), path, out);
        path.pop();
    }
    for (item, step) in b.iter().zip(&news.steps) {
        if olds.find(step).is_none() {
            path.push(step.clone());
            compare(inner, None, Some(item), path, out);
            path.pop();
        }
    }
    false
}

/// The items of a list by their path steps.
pub(super) struct Items<'a> {
    items: &'a [Value],
    pub steps: Vec<Step>,
    /// The first item with a step.
    places: HashMap<Step, usize>,
}

impl<'a> Items<'a> {
    pub fn new(node: Option<&Node>, items: &'a [Value]) -> Items<'a> {
        let steps: Vec<Step> = items.iter().map(|item| item_step(node, item)).collect();
        // Backwards, so that the first one stays.
        let places = steps.iter().enumerate().rev().map(|(place, step)| (step.clone(), place)).collect();
        Items { items, steps, places }
    }

    /// The first item with this step.
    pub fn find(&self, step: &str) -> Option<&'a Value> {
        self.items.get(*self.places.get(step)?)
    }
}

/// Whether a value is absent, an empty object or an empty list.
fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

/// The set, extended by the objects and lists of the schema that contain its fields.
pub(super) fn with_parents(schema: &Schema, set: &Set) -> Set {
    let mut out = set.clone();
    for path in set {
        let mut node = Some(schema.node());
        for (i, step) in path.iter().enumerate().take(path.len().saturating_sub(1)) {
            if step.strip_prefix("f:").is_some_and(|name| is_named(node, name)) {
                out.insert(path[..=i].to_vec());
            }
            node = next(node, step);
        }
    }
    out
}

/// An object without these fields. Objects that become empty are kept, lists that become empty are removed.
pub(super) fn without(schema: &Schema, object: &Value, removed: &Set) -> Value {
    remove(Some(schema.node()), object, &mut Vec::new(), removed).unwrap_or_else(|| json!({}))
}

fn remove(node: Option<&Node>, value: &Value, path: &mut Path, removed: &Set) -> Option<Value> {
    let touches = |path: &Path| removed.range(path.clone()..).next().is_some_and(|first| first.starts_with(path));
    if !touches(path) {
        return Some(value.clone());
    }
    match value {
        Value::Object(fields) if !is_atomic_map(node) => {
            let mut kept = Map::new();
            for (name, inner) in fields {
                path.push(field_step(name));
                if !removed.contains(path)
                    && let Some(left) = remove(node.and_then(|n| n.field(name)), inner, path, removed)
                {
                    kept.insert(name.clone(), left);
                }
                path.pop();
            }
            Some(Value::Object(kept))
        }
        Value::Array(items) if !items.is_empty() && is_granular(node) => {
            let mut kept = Vec::new();
            for item in items {
                path.push(item_step(node, item));
                if !removed.contains(path) {
                    kept.extend(remove(node.and_then(|n| n.items.as_deref()), item, path, removed));
                }
                path.pop();
            }
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        _ => Some(value.clone()),
    }
}

fn next<'a>(node: Option<&'a Node>, step: &str) -> Option<&'a Node> {
    match step.strip_prefix("f:") {
        Some(name) => node?.field(name),
        None => node?.items.as_deref(),
    }
}

/// Whether the schema declares this field by name, as opposed to a map key.
fn is_named(node: Option<&Node>, name: &str) -> bool {
    node.is_some_and(|n| n.properties.contains_key(name))
}

pub(super) fn is_atomic_map(node: Option<&Node>) -> bool {
    node.is_some_and(|n| n.atomic_map)
}

pub(super) fn is_granular(node: Option<&Node>) -> bool {
    node.is_some_and(|n| n.list_type != ListType::Atomic)
}

/// The path step of a field.
fn field_step(name: &str) -> Step {
    format!("f:{name}").into()
}

/// The path step that identifies a list item.
pub(super) fn item_step(node: Option<&Node>, item: &Value) -> Step {
    match node.map(|n| &n.list_type) {
        Some(ListType::Map(keys)) => {
            let value = |key: &String| {
                let default = || node?.items.as_ref()?.properties.get(key)?.default.clone();
                item.get(key).cloned().or_else(default)
            };
            let key: Map<String, Value> = keys.iter().filter_map(|k| Some((k.clone(), value(k)?))).collect();
            format!("k:{}", Value::Object(key)).into()
        }
        _ => format!("v:{item}").into(),
    }
}

/// A path as shown in conflicts: `.spec.probes[name="api"].http`.
pub(super) fn display(path: &Path) -> String {
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
