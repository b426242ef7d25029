//! Which stored objects clients can decode. Typed clients refuse the whole list of a kind for one object that they
//! can't, so that such an object counts as damaged, and is never stored.

use super::served_kind::ServedKind;
use super::store::Key;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Event, Namespace, Secret, Service};
use k8s_openapi::api::events::v1::Event as EventOfEvents;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The served kinds, to check what is read from the store.
pub struct StoredKinds(Vec<Arc<ServedKind>>);

impl StoredKinds {
    /// Of `kinds` those in whose version objects are stored.
    pub fn new(kinds: &[Arc<ServedKind>]) -> StoredKinds {
        StoredKinds(kinds.iter().filter(|kind| kind.resource.is_stored() && !kind.is_events_v1()).cloned().collect())
    }

    /// Why `object`, stored under `key`, is damaged. Objects of kinds that are not served, as after the return to an
    /// older version, are not: no client reads them.
    pub fn check(&self, key: &Key, object: &Value) -> Result<(), String> {
        if let Some(kind) = self.0.iter().find(|kind| kind.store_key == key.kind) {
            return check(kind, object);
        }
        match self.0.iter().find(|kind| is_of_kind(kind, object)) {
            None => Ok(()),
            Some(kind) => Err(format!(
                "the row of a {} has another kind; correct or remove the row while the program is stopped",
                kind.resource.kind
            )),
        }
    }
}

/// Why clients can't decode an object of this kind.
pub fn check(served: &ServedKind, object: &Value) -> Result<(), String> {
    let resource = &served.resource;
    if !is_of_kind(served, object) {
        return Err(format!("the stored object is not a {} of {}", resource.kind, resource.api_version()));
    }
    if let Some(error) = served.schema.decode_error(object, resource.custom) {
        return Err(format!("the stored object can't be decoded: {error}"));
    }
    let metadata = as_clients::<ObjectMeta>(&object["metadata"]).map_err(|error| format!("metadata: {error}"));
    let decoded = metadata.and_then(|metadata| {
        let is_complete = metadata.uid.is_some_and(|uid| !uid.is_empty()) && metadata.creation_timestamp.is_some();
        if is_complete { Ok(()) } else { Err("metadata.uid or metadata.creationTimestamp is missing".into()) }
    });
    let decoded =
        decoded.and_then(|()| if resource.custom { Ok(()) } else { built_in(&resource.group, &resource.kind, object) });
    decoded.map_err(|error| format!("the stored object can't be decoded: {error}"))
}

fn is_of_kind(served: &ServedKind, object: &Value) -> bool {
    object["apiVersion"] == served.resource.api_version().as_str() && object["kind"] == served.resource.kind.as_str()
}

/// Decodes an object of a built-in kind. What a custom resource has besides its metadata may be of any shape: the
/// program reports what it can't decode in the status of the object.
fn built_in(group: &str, kind: &str, object: &Value) -> Result<(), String> {
    match (group, kind) {
        ("", "ConfigMap") => as_clients::<ConfigMap>(object).map(drop),
        ("", "Event") => as_clients::<Event>(object).map(drop),
        ("coordination.k8s.io", "Lease") => as_clients::<Lease>(object).map(drop),
        ("events.k8s.io", "Event") => as_clients::<EventOfEvents>(object).map(drop),
        ("", "Namespace") => as_clients::<Namespace>(object).map(drop),
        ("", "Secret") => as_clients::<Secret>(object).map(drop),
        ("", "Service") => as_clients::<Service>(object).map(drop),
        _ => Ok(()),
    }
}

fn as_clients<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| error.to_string())
}
