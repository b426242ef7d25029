//! Pruning of unknown fields and of nulls, and defaulting.

use super::compiled::{Node, Schema, join};
use serde_json::Value;

/// Fields of `metadata` that are not pruned.
const METADATA: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// Maximum number of unknown fields that are reported.
const UNKNOWN_MAX: usize = 100;

/// Path of an unknown field, such as `spec.foo`.
pub type Unknown = String;

impl Schema {
    /// Removes fields that the schema does not declare, and returns the paths of the first of them.
    pub fn prune(&self, object: &mut Value) -> Vec<Unknown> {
        let mut unknown = Vec::new();
        let Some(fields) = object.as_object_mut() else { return unknown };
        fields.retain(|name, _| {
            let known = matches!(name.as_str(), "apiVersion" | "kind" | "metadata")
                || self.root.preserve_unknown
                || self.root.properties.contains_key(name);
            if !known && unknown.len() < UNKNOWN_MAX {
                unknown.push(name.clone());
            }
            known
        });
        for (name, value) in fields.iter_mut() {
            match (name.as_str(), self.root.properties.get(name)) {
                ("apiVersion" | "kind", _) => {}
                ("metadata", _) => prune_metadata(value, &mut unknown),
                (_, Some(node)) => node.prune(value, name, &mut unknown),
                (_, None) => {}
            }
        }
        unknown
    }

    /// Removes nulls of fields that are not nullable, which counts as leaving the field out.
    pub fn drop_nulls(&self, object: &mut Value) {
        self.root.drop_nulls(object);
    }

    /// Sets absent fields to their defaults.
    pub fn apply_defaults(&self, object: &mut Value) {
        self.root.apply_defaults(object);
    }
}

fn prune_metadata(metadata: &mut Value, unknown: &mut Vec<Unknown>) {
    if let Some(fields) = metadata.as_object_mut() {
        fields.retain(|name, _| {
            let known = METADATA.contains(&name.as_str());
            if !known && unknown.len() < UNKNOWN_MAX {
                unknown.push(format!("metadata.{name}"));
            }
            known
        });
    }
}

impl Node {
    fn prune(&self, value: &mut Value, path: &str, unknown: &mut Vec<Unknown>) {
        match value {
            Value::Object(fields) => {
                let open = self.preserve_unknown || self.additional.is_some();
                fields.retain(|name, _| {
                    let known = open || self.properties.contains_key(name);
                    if !known && unknown.len() < UNKNOWN_MAX {
                        unknown.push(join(path, name));
                    }
                    known
                });
                for (name, value) in fields.iter_mut() {
                    if let Some(node) = self.field(name) {
                        node.prune(value, &join(path, name), unknown);
                    }
                }
            }
            Value::Array(items) => {
                for (i, item) in items.iter_mut().enumerate() {
                    if let Some(node) = &self.items {
                        node.prune(item, &format!("{path}[{i}]"), unknown);
                    }
                }
            }
            _ => {}
        }
    }

    fn drop_nulls(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, value| !value.is_null() || self.field(name).is_none_or(|node| node.nullable));
                for (name, value) in fields.iter_mut() {
                    if let Some(node) = self.field(name) {
                        node.drop_nulls(value);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(node) = &self.items {
                    items.iter_mut().for_each(|item| node.drop_nulls(item));
                }
            }
            _ => {}
        }
    }

    fn apply_defaults(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, node) in &self.properties {
                    if let Some(default) = &node.default {
                        let absent = fields.get(name).is_none_or(|v| v.is_null() && !node.nullable);
                        if absent {
                            fields.insert(name.clone(), default.clone());
                        }
                    }
                }
                for (name, value) in fields.iter_mut() {
                    if let Some(node) = self.field(name) {
                        node.apply_defaults(value);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(node) = &self.items {
                    items.iter_mut().for_each(|item| node.apply_defaults(item));
                }
            }
            _ => {}
        }
    }
}
