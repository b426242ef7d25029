//! A served kind with its compiled schema, and conversion between the stored and the served version of its objects.

use super::events;
use super::resource::{EVENTS, Resource};
use super::schema::{Schema, SchemaError};
use super::store::Key;
use serde_json::Value;

/// A kind with its compiled schema.
pub struct ServedKind {
    pub resource: Resource,
    /// Schema of the served version.
    pub schema: Schema,
    pub store_key: String,
}

impl ServedKind {
    pub fn new(resource: Resource) -> Result<ServedKind, SchemaError> {
        let schema = Schema::compile(&resource.schema)?;
        Ok(ServedKind { store_key: resource.store_key(), schema, resource })
    }

    /// Whether this is Event of events.k8s.io/v1, which is stored as a core/v1 Event.
    pub fn is_events_v1(&self) -> bool {
        self.store_key == EVENTS && !self.resource.group.is_empty()
    }

    /// Converts an object from the served to the stored version.
    pub fn to_stored(&self, value: Value) -> Value {
        if self.is_events_v1() { events::to_core_v1(&value) } else { value }
    }

    /// Converts an object from the stored to the served version.
    pub fn to_served(&self, value: Value) -> Value {
        if self.is_events_v1() { events::to_events_v1(&value) } else { value }
    }

    /// The key of one of its objects in the store. `namespace` is `None` for cluster-scoped kinds.
    pub fn key(&self, namespace: Option<&str>, name: &str) -> Key {
        Key { kind: self.store_key.clone(), namespace: namespace.unwrap_or_default().into(), name: name.into() }
    }
}
