//! Objects that may not have the shape that this program knows: one of them must not stop a list or watch of the others.

use crate::api::Severity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;

/// An object, or what is known of it where it can't be decoded. Unlike `kube::core::DeserializeGuard` it keeps an outline of the spec.
#[derive(Clone, Debug)]
pub struct Guarded<K>(pub Result<K, InvalidObject>);

/// An object that can't be decoded.
#[derive(Clone, Debug)]
pub struct InvalidObject {
    /// The message of the decoder.
    pub error: String,
    pub metadata: ObjectMeta,
    pub outline: Outline,
}

/// What can be read of the spec of a Scenario that can't be decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    pub title: Option<String>,
    pub agent: Option<String>,
    pub severity: Option<Severity>,
}

impl Outline {
    /// The outline of an object, of the fields that have values of their types.
    fn of(object: &Value) -> Outline {
        let field = |name: &str| object.get("spec")?.get(name);
        let text = |name| field(name).and_then(Value::as_str).map(String::from);
        Outline {
            title: text("title"),
            agent: text("agent"),
            severity: field("severity").and_then(|severity| Severity::deserialize(severity).ok()),
        }
    }
}

impl<'de, K> Deserialize<'de> for Guarded<K>
where
    K: for<'a> Deserialize<'a>,
{
    /// Errors: the text is not JSON, or has metadata that can't be decoded.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Value::deserialize(deserializer)?;
        let error = match K::deserialize(&object) {
            Ok(object) => return Ok(Guarded(Ok(object))),
            Err(error) => error.to_string(),
        };
        let metadata = object.get("metadata").map(ObjectMeta::deserialize).transpose().map_err(D::Error::custom)?;
        let (metadata, outline) = (metadata.unwrap_or_default(), Outline::of(&object));
        Ok(Guarded(Err(InvalidObject { error, metadata, outline })))
    }
}

impl<K: Resource> Resource for Guarded<K> {
    type DynamicType = K::DynamicType;
    type Scope = K::Scope;

    fn kind(dt: &Self::DynamicType) -> Cow<'_, str> {
        K::kind(dt)
    }

    fn group(dt: &Self::DynamicType) -> Cow<'_, str> {
        K::group(dt)
    }

    fn version(dt: &Self::DynamicType) -> Cow<'_, str> {
        K::version(dt)
    }

    fn plural(dt: &Self::DynamicType) -> Cow<'_, str> {
        K::plural(dt)
    }

    fn meta(&self) -> &ObjectMeta {
        self.0.as_ref().map_or_else(|invalid| &invalid.metadata, K::meta)
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.as_mut().map_or_else(|invalid| &mut invalid.metadata, K::meta_mut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Scenario;
    use serde_json::json;

    fn read(spec: &Value) -> Result<Scenario, Box<InvalidObject>> {
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": "x"}, "spec": spec});
        serde_json::from_value::<Guarded<Scenario>>(object).unwrap().0.map_err(Box::new)
    }

    #[test]
    fn of_an_object_that_cannot_be_decoded_what_can_be_read_is_kept() {
        assert!(read(&json!({"title": "t", "agent": "a", "severity": "low", "probes": []})).is_ok());
        let invalid = read(&json!({"title": "t", "agent": "a", "severity": "critical", "probes": 7})).unwrap_err();
        assert_eq!(invalid.metadata.name.as_deref(), Some("x"));
        let texts = (Some("t".to_string()), Some("a".to_string()), Some(Severity::Critical));
        assert_eq!((invalid.outline.title, invalid.outline.agent, invalid.outline.severity), texts);
        assert!(invalid.error.contains("invalid type"), "{}", invalid.error);
        for spec in [json!(null), json!("x"), json!({"title": 1, "agent": [], "severity": "grave", "probes": []})] {
            assert_eq!(read(&spec).unwrap_err().outline, Outline::default(), "{spec}");
        }
    }

    #[test]
    fn an_object_without_metadata_is_invalid_too() {
        let invalid = serde_json::from_value::<Guarded<Scenario>>(json!({"spec": 1})).unwrap().0.unwrap_err();
        assert_eq!(invalid.metadata, ObjectMeta::default());
        assert!(serde_json::from_value::<Guarded<Scenario>>(json!({"metadata": {"name": 1}, "spec": 1})).is_err());
    }
}
