//! The parameters of a write, and the steps that all writes share: completion, validation, storing.

use super::apply::FieldManager;
use super::field_validation::FieldValidation;
use super::object::{DEPTH_MAX, depth_within, fields_mut, json_size, metadata_mut};
use super::resource::Resource;
use super::schema::{Cause, MUST_BE_INTEGER};
use super::served_kind::ServedKind;
use super::status::ApiError;
use super::store::{StoredObject, WriteAction};
use super::{admission, decodable};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Maximum size of an object, in bytes of JSON. Our kinds have at most 64 KiB, a ConfigMap at most 1 MiB.
const OBJECT_MAX: usize = 1_500_000;

/// Parameters of one write of one object.
#[derive(Clone)]
pub struct WriteContext {
    pub served: Arc<ServedKind>,
    pub name: String,
    /// Empty for cluster-scoped kinds.
    pub namespace: String,
    pub manager: String,
    pub status: bool,
    /// Annotations that the client cannot change.
    pub reserved_annotations: Arc<[String]>,
    pub dry_run: bool,
    pub field_validation: FieldValidation,
    /// Warnings for the client.
    pub warnings: Arc<Mutex<Vec<String>>>,
    pub now: Timestamp,
}

pub type WriteResult<T> = Result<T, ApiError>;

impl WriteContext {
    pub fn field_manager<'a>(&'a self, api_version: &'a str) -> FieldManager<'a> {
        let subresource = self.status.then_some("status");
        FieldManager { manager: &self.manager, subresource, api_version, now: self.now }
    }

    pub fn resource(&self) -> &Resource {
        &self.served.resource
    }

    /// The current object in the served version.
    pub fn current_object(&self, stored: &StoredObject) -> Value {
        self.served.to_served(stored.value())
    }

    /// Adds a warning, once: a write may be decided on twice.
    pub fn warn(&self, what: String) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&what) {
            warnings.push(what);
        }
    }

    /// Keeps the annotations that the client cannot change as they were; a new object has none of them.
    pub fn keep_reserved_annotations(&self, old: Option<&Value>, new: &mut Value) {
        for name in &*self.reserved_annotations {
            let before = old.and_then(|old| old["metadata"]["annotations"].get(name)).cloned();
            let metadata = metadata_mut(new);
            match (before, metadata.get_mut("annotations").and_then(Value::as_object_mut)) {
                (Some(value), Some(annotations)) => drop(annotations.insert(name.clone(), value)),
                (None, Some(annotations)) => drop(annotations.remove(name)),
                (Some(value), None) => drop(metadata.insert("annotations".into(), json!({name: value}))),
                (None, None) => {}
            }
        }
    }

    /// Defaults of built-in kinds, set before the managed fields are recorded.
    pub fn set_core_defaults(&self, value: &mut Value) -> WriteResult<()> {
        let resource = self.resource();
        match self.core_kind() {
            Some("Secret") => fold_string_data(value)?,
            Some("Namespace") => {
                let labels = metadata_mut(value).entry("labels").or_insert_with(|| json!({}));
                labels["kubernetes.io/metadata.name"] = self.name.as_str().into();
            }
            _ => {}
        }
        let fields = fields_mut(value);
        for (name, zero) in resource.zero_values.as_object().into_iter().flatten() {
            fields.entry(name.clone()).or_insert_with(|| zero.clone());
        }
        Ok(())
    }

    pub fn put(&self, value: Value) -> WriteResult<WriteAction<ApiError>> {
        if depth_within(&value, DEPTH_MAX).is_none() {
            let message = format!("Invalid value: \"object\": must not be nested deeper than {DEPTH_MAX} levels");
            let cause = Cause { reason: "FieldValueInvalid", message, field: "<nil>".into() };
            return Err(ApiError::invalid(self.resource(), &self.name, &[cause]));
        }
        if json_size(&value) > OBJECT_MAX {
            return Err(ApiError::too_large(format!("Request entity too large: limit is {OBJECT_MAX}")));
        }
        // What is stored can be read again.
        decodable::check(&self.served, &value).map_err(ApiError::bad_request)?;
        let value = Box::new(self.served.to_stored(value));
        Ok(if self.dry_run { WriteAction::Keep(value) } else { WriteAction::Put(value) })
    }

    /// The kind, if it is a built-in one.
    pub fn core_kind(&self) -> Option<&str> {
        let resource = self.resource();
        (!resource.custom).then_some(resource.kind.as_str())
    }

    /// Checks that an object has the version and kind of the path, which the path does not imply for custom resources.
    pub fn check_type(&self, new: &Value) -> WriteResult<()> {
        let resource = self.resource();
        for (field, wanted) in [("apiVersion", resource.api_version()), ("kind", resource.kind.clone())] {
            let given = new[field].as_str().unwrap_or_default();
            if given != wanted {
                let message = format!("Invalid value: {given:?}: must be {wanted}");
                let cause = Cause { reason: "FieldValueInvalid", message, field: field.into() };
                return Err(self.wrong_type_error(new, &cause));
            }
        }
        Ok(())
    }

    /// The error for an object of another kind, which names the kind of the request body.
    fn wrong_type_error(&self, new: &Value, cause: &Cause) -> ApiError {
        let api_version = new["apiVersion"].as_str().unwrap_or_default();
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        ApiError::invalid_kind(group, new["kind"].as_str().unwrap_or_default(), &self.name, std::slice::from_ref(cause))
    }

    /// Validates an object.
    pub fn check(&self, new: &Value, old: Option<&Value>) -> WriteResult<()> {
        let causes = admission::check(new, old, self.resource(), |warning| self.warn(warning));
        let mut causes = self.served.schema.validate_after(new, old, causes);
        // kube-apiserver attributes this error to the status if the status endpoint is used.
        for cause in causes.iter_mut().filter(|cause| self.status && cause.message.contains(MUST_BE_INTEGER)) {
            cause.field = "status".into();
        }
        if causes.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.resource(), &self.name, &causes)) }
    }
}

/// Moves `stringData` of a Secret into `data`, base64 encoded. The default type is Opaque.
fn fold_string_data(value: &mut Value) -> WriteResult<()> {
    let fields = fields_mut(value);
    fields.entry("type").or_insert_with(|| "Opaque".into());
    let Some(Value::Object(plain)) = fields.remove("stringData") else { return Ok(()) };
    let data = fields.entry("data").or_insert_with(|| json!({}));
    for (name, text) in plain {
        data[name] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
    }
    Ok(())
}
