//! Validation beyond the schema: names, metadata, and the contents of built-in kinds.

mod causes;
mod core;
mod events;

use super::names::{LABEL_MAX, NAME_RULE, check_name, is_label, is_qualified};
use super::resource::Resource;
use super::schema::Cause;
use causes::{invalid, required, too_long};
use serde_json::Value;
use std::collections::BTreeSet;

/// Maximum size of all annotations of an object, in bytes, as in Kubernetes.
const ANNOTATIONS_MAX: usize = 256 << 10;
/// Finalizers that are not qualified with a domain.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// Validation errors of an object beyond those of its schema.
pub fn check(object: &Value, old: Option<&Value>, resource: &Resource, mut warn: impl FnMut(String)) -> Vec<Cause> {
    let mut causes = Vec::new();
    let custom = resource.custom;
    check_metadata(&object["metadata"], old, custom, &mut causes);
    for finalizer in finalizers(&object["metadata"]) {
        let is_standard = STANDARD_FINALIZERS.contains(&finalizer);
        if custom && old.is_none() && !is_standard && !finalizer.contains('/') && is_qualified(finalizer) {
            warn(format!(
                "metadata.finalizers: {finalizer:?}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
            ));
        }
    }
    if !custom {
        core::check(object, old, resource, &mut causes);
    }
    causes
}

/// Validation errors of the metadata of a custom resource that is to be created.
pub fn check_new_metadata(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    check_metadata(&object["metadata"], None, true, &mut causes);
    causes
}

/// Validation errors of a metadata update.
pub fn check_update(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (old_meta, new_meta) = (&old["metadata"], &new["metadata"]);
    for field in ["uid", "deletionTimestamp"] {
        let given = new_meta[field].as_str().filter(|given| !given.is_empty());
        if let Some(given) = given.filter(|given| Some(*given) != old_meta[field].as_str()) {
            causes.push(invalid(&format!("metadata.{field}"), format!("Invalid value: {given:?}: field is immutable")));
        }
    }
    let existing: BTreeSet<&str> = finalizers(old_meta).collect();
    let added: Vec<&str> = finalizers(new_meta).filter(|finalizer| !existing.contains(finalizer)).collect();
    if old_meta["deletionTimestamp"].is_string() && !added.is_empty() {
        let message = format!(
            "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers {}",
            Value::from(added)
        );
        causes.push(Cause { reason: "FieldValueForbidden", message, field: "metadata.finalizers".into() });
    }
    causes
}

fn finalizers(metadata: &Value) -> impl Iterator<Item = &str> {
    metadata["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn check_metadata(metadata: &Value, old: Option<&Value>, custom: bool, causes: &mut Vec<Cause>) {
    let text = |field: &str| metadata[field].as_str().unwrap_or_default();
    let prefix = text("generateName");
    // A prefix that ends in a dash is valid: a suffix is appended.
    let stem = prefix.strip_suffix('-').map_or(prefix.to_string(), |stem| format!("{stem}a"));
    if old.is_none() && !prefix.is_empty() && check_name(&stem).is_some() {
        causes.push(invalid("metadata.generateName", format!("Invalid value: {prefix:?}: {NAME_RULE}")));
    }
    if old.is_none() {
        match text("name") {
            "" => {
                let message = "Required value: name or generateName is required".to_string();
                causes.push(Cause { message, ..required("metadata.name") });
            }
            name => causes.extend(check_name(name)),
        }
    }
    for (name, value) in texts(metadata, "labels") {
        if !is_qualified(name) {
            causes.push(invalid("metadata.labels", format!("Invalid value: {name:?}: is not a qualified name")));
        }
        if !value.is_empty() && !is_label(value) {
            let message = format!(
                "Invalid value: {value:?}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', at most {LABEL_MAX}, and must start and end with an alphanumeric character"
            );
            causes.push(invalid("metadata.labels", message));
        }
    }
    let mut size = 0;
    for (name, value) in texts(metadata, "annotations") {
        size += name.len() + value.len();
        if !is_qualified(&name.to_lowercase()) {
            causes.push(invalid("metadata.annotations", format!("Invalid value: {name:?}: is not a qualified name")));
        }
    }
    if size > ANNOTATIONS_MAX {
        causes.push(too_long("metadata.annotations", ANNOTATIONS_MAX));
    }
    check_finalizers(metadata, custom, causes);
    check_owners(metadata, causes);
}

fn check_finalizers(metadata: &Value, custom: bool, causes: &mut Vec<Cause>) {
    for (i, finalizer) in finalizers(metadata).enumerate() {
        if !is_qualified(finalizer) {
            let message = format!("Invalid value: {finalizer:?}: is not a qualified name");
            causes.push(invalid("metadata.finalizers", message));
        }
        if !custom && !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer) {
            let what = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(invalid(&format!("metadata.finalizers[{i}]"), format!("Invalid value: {finalizer:?}: {what}")));
        }
    }
}

fn check_owners(metadata: &Value, causes: &mut Vec<Cause>) {
    let owners = metadata["ownerReferences"].as_array().map(Vec::as_slice).unwrap_or_default();
    for owner in owners {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if owner[field].as_str().is_none_or(str::is_empty) {
                let message = "Invalid value: \"\": must not be empty".to_string();
                causes.push(invalid(&format!("metadata.ownerReferences.{field}"), message));
            }
        }
    }
    if owners.iter().filter(|owner| owner["controller"] == true).count() > 1 {
        let message = "Invalid value: Only one reference can have Controller set to true".to_string();
        causes.push(invalid("metadata.ownerReferences", message));
    }
}

fn texts<'a>(metadata: &'a Value, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let map = metadata[name].as_object().into_iter().flatten();
    map.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_and_annotations_are_maps_of_qualified_names() {
        let errors = |metadata: &Value| {
            let mut metadata = metadata.clone();
            metadata["name"] = json!("a");
            let mut causes = Vec::new();
            check_metadata(&metadata, None, false, &mut causes);
            causes.len()
        };
        let right = json!({
            "labels": {"app": "", "example.com/tier": "a_b.C-1"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"any\": \"text\"}"},
            "finalizers": ["example.com/hold"],
        });
        assert_eq!(errors(&right), 0);
        for wrong in [
            json!({"labels": {"a b": "x"}}),
            json!({"labels": {"a": "-x"}}),
            json!({"labels": {"a/b/c": "x"}}),
            json!({"finalizers": ["hold"]}),
            json!({"generateName": "a."}),
        ] {
            assert_eq!(errors(&wrong), 1, "{wrong}");
        }
    }

    #[test]
    fn immutable_metadata_cannot_be_changed() {
        let old = json!({"metadata": {"name": "a", "uid": "1", "deletionTimestamp": "2026-01-02T03:04:05Z"}});
        assert_eq!(check_update(&old, &old), []);
        let new = json!({"metadata": {"name": "a", "uid": "2", "finalizers": ["a/b"]}});
        let fields: Vec<_> = check_update(&old, &new).into_iter().map(|c| c.field).collect();
        assert_eq!(fields, ["metadata.uid", "metadata.finalizers"]);
    }
}
