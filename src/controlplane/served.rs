//! A served kind with its compiled schema, and the two forms of its objects: as stored and as shown.

use super::events;
use super::resource::Resource;
use super::schema::{Schema, SchemaError};
use super::store::Key;
use serde_json::Value;

/// A kind with its compiled schema.
pub struct Served {
    pub resource: Resource,
    /// Of the form in which it is sent and shown.
    pub schema: Schema,
    pub store_key: String,
}

impl Served {
    pub fn new(resource: Resource) -> Result<Served, SchemaError> {
        let schema = Schema::compile(&resource.schema)?;
        Ok(Served { store_key: resource.store_key(), schema, resource })
    }

    /// Whether it is the event of events.k8s.io, which is stored in another form.
    pub fn is_new_event(&self) -> bool {
        self.store_key == "events" && !self.resource.group.is_empty()
    }

    /// As it is stored.
    pub fn stored(&self, value: Value) -> Value {
        if self.is_new_event() { events::to_core(&value) } else { value }
    }

    /// As it is shown.
    pub fn shown(&self, value: Value) -> Value {
        if self.is_new_event() { events::to_new(&value) } else { value }
    }

    /// The key of one of its objects in the store. `namespace` is `None` for cluster-scoped kinds.
    pub fn key(&self, namespace: Option<&str>, name: &str) -> Key {
        Key { kind: self.store_key.clone(), namespace: namespace.unwrap_or_default().into(), name: name.into() }
    }
}
