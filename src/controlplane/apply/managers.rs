//! `metadata.managedFields`, read and written.

use super::Write;
use super::leaves::Path;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// More updaters than this are put together under one name, as the real server does.
const UPDATERS_MAX: usize = 10;
const ANCIENT: &str = "ancient-changes";

/// How a manager wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Manager {
    pub name: String,
    pub operation: Operation,
    pub api_version: String,
    pub subresource: Option<String>,
    pub time: String,
    pub fields: BTreeSet<Path>,
}

impl Manager {
    pub fn new(write: &Write<'_>, operation: Operation) -> Manager {
        Manager {
            name: write.manager.to_string(),
            operation,
            api_version: write.api_version.to_string(),
            subresource: write.subresource.map(Into::into),
            time: write.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            fields: BTreeSet::new(),
        }
    }

    /// Whether both are the same entry.
    pub fn is_same(&self, other: &Manager) -> bool {
        (&self.name, self.operation, &self.api_version, &self.subresource)
            == (&other.name, other.operation, &other.api_version, &other.subresource)
    }
}

/// The entries of an object.
pub(super) fn read(object: &Value) -> Vec<Manager> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(String::from);
    entries
        .filter_map(|entry| {
            let mut fields = BTreeSet::new();
            read_fields(entry.get("fieldsV1")?, &mut Vec::new(), &mut fields);
            Some(Manager {
                name: text(entry, "manager").unwrap_or_default(),
                operation: if entry.get("operation")? == "Apply" { Operation::Apply } else { Operation::Update },
                api_version: text(entry, "apiVersion").unwrap_or_default(),
                subresource: text(entry, "subresource").filter(|s| !s.is_empty()),
                time: text(entry, "time").unwrap_or_default(),
                fields,
            })
        })
        .collect()
}

fn read_fields(value: &Value, path: &mut Path, fields: &mut BTreeSet<Path>) {
    let Some(object) = value.as_object() else { return };
    if object.is_empty() && !path.is_empty() {
        fields.insert(path.clone());
    }
    for (name, inner) in object {
        if name == "." {
            fields.insert(path.clone());
        } else {
            path.push(name.clone());
            read_fields(inner, path, fields);
            path.pop();
        }
    }
}

/// Gives `fields` to a manager: all that it has (`replace`), or besides what it had.
pub(super) fn own(managers: &mut Vec<Manager>, mut me: Manager, fields: BTreeSet<Path>, replace: bool) {
    match managers.iter_mut().find(|m| m.is_same(&me)) {
        Some(entry) => {
            entry.time = me.time;
            if replace {
                entry.fields = fields;
            } else {
                entry.fields.extend(fields);
            }
        }
        None => {
            me.fields = fields;
            managers.push(me);
        }
    }
}

/// Puts the entries into an object; empty ones are left out.
pub(super) fn write(object: &mut Value, managers: &[Manager]) {
    let mut kept: Vec<Manager> = managers.iter().filter(|m| !m.fields.is_empty()).cloned().collect();
    fold_ancient(&mut kept);
    let entries: Vec<Value> = kept.iter().map(entry).collect();
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if entries.is_empty() {
        metadata.remove("managedFields");
    } else {
        metadata.insert("managedFields".into(), entries.into());
    }
}

fn fold_ancient(managers: &mut Vec<Manager>) {
    let updaters = managers.iter().filter(|m| m.operation == Operation::Update).count();
    for _ in UPDATERS_MAX..updaters {
        let oldest = |managers: &[Manager]| {
            let updaters =
                managers.iter().enumerate().filter(|(_, m)| m.operation == Operation::Update && m.name != ANCIENT);
            updaters.min_by(|(_, a), (_, b)| a.time.cmp(&b.time)).map(|(i, _)| i)
        };
        let Some(i) = oldest(managers) else { return };
        let old = managers.remove(i);
        match managers.iter_mut().find(|m| m.name == ANCIENT) {
            Some(ancient) => ancient.fields.extend(old.fields),
            None => managers.insert(0, Manager { name: ANCIENT.into(), ..old }),
        }
    }
}

fn entry(manager: &Manager) -> Value {
    let mut root = Map::new();
    for path in &manager.fields {
        insert(&mut root, path);
    }
    let mut entry = json!({
        "manager": manager.name,
        "operation": if manager.operation == Operation::Apply { "Apply" } else { "Update" },
        "apiVersion": manager.api_version,
        "time": manager.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": root,
    });
    if let Some(subresource) = &manager.subresource {
        entry["subresource"] = subresource.as_str().into();
    }
    entry
}

fn insert(at: &mut Map<String, Value>, path: &[String]) {
    let Some((first, rest)) = path.split_first() else { return };
    let next = at.entry(first.clone()).or_insert_with(|| json!({}));
    let Value::Object(next) = next else { return };
    if rest.is_empty() && first.starts_with("k:") {
        // An item with fields of its own is marked by a dot.
        next.insert(".".into(), json!({}));
    }
    insert(next, rest);
}
