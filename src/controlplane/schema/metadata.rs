//! The schema of `metadata`, which is the same for every kind.

use serde_json::{Value, json};

/// An `openAPIV3Schema` of ObjectMeta.
pub fn schema() -> Value {
    let text = || json!({"type": "string"});
    let number = || json!({"type": "integer", "format": "int64"});
    let time = || json!({"type": "string", "format": "date-time", "nullable": true});
    let texts = || json!({"type": "object", "additionalProperties": {"type": "string"}});
    let flag = || json!({"type": "boolean"});
    let owner = json!({
        "type": "object",
        "x-kubernetes-map-type": "atomic",
        "properties": {
            "apiVersion": text(), "kind": text(), "name": text(), "uid": text(),
            "controller": flag(), "blockOwnerDeletion": flag(),
        },
    });
    let entry = json!({
        "type": "object",
        "properties": {
            "manager": text(), "operation": text(), "apiVersion": text(), "time": time(), "fieldsType": text(),
            "fieldsV1": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}, "subresource": text(),
        },
    });
    json!({
        "type": "object",
        "properties": {
            "name": text(),
            "generateName": text(),
            "namespace": text(),
            "selfLink": text(),
            "uid": text(),
            "resourceVersion": text(),
            "generation": number(),
            "creationTimestamp": time(),
            "deletionTimestamp": time(),
            "deletionGracePeriodSeconds": number(),
            "labels": texts(),
            "annotations": texts(),
            "finalizers": {"type": "array", "items": text(), "x-kubernetes-list-type": "set"},
            "ownerReferences": {
                "type": "array", "items": owner,
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
            },
            "managedFields": {"type": "array", "items": entry},
        },
    })
}
