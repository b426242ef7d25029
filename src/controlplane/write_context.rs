//! What a write does to an object, decided over the object as it stands: defaults, validation, who owns what, generation.

use super::admission;
use super::apply::FieldManager;
use super::field_validation::FieldValidation;
use super::object::{fields_mut, metadata_mut};
use super::resource::Resource;
use super::schema::WHOLE;
use super::served::Served;
use super::status::ApiError;
use super::store::{Stored, Verdict};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Larger objects are refused: a status of this program has at most 64 KiB, a ConfigMap 1 MiB.
const OBJECT_MAX: usize = 1_500_000;

/// How a write is to be done.
#[derive(Clone)]
pub struct WriteContext {
    pub served: Arc<Served>,
    pub name: String,
    /// Empty for cluster-wide kinds.
    pub namespace: String,
    pub manager: String,
    pub status: bool,
    pub dry_run: bool,
    pub field_validation: FieldValidation,
    /// What the client is told besides.
    pub warnings: Arc<Mutex<Vec<String>>>,
    pub now: Timestamp,
}

pub type Refused<T> = Result<T, ApiError>;

impl WriteContext {
    pub fn field_manager<'a>(&'a self, api_version: &'a str) -> FieldManager<'a> {
        let subresource = self.status.then_some("status");
        FieldManager { manager: &self.manager, subresource, api_version, now: self.now }
    }

    pub fn resource(&self) -> &Resource {
        &self.served.resource
    }

    /// The object in the form of the request.
    pub fn shown(&self, stored: &Stored) -> Value {
        self.served.shown(stored.value())
    }

    pub fn warn(&self, what: String) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// What objects of core are completed with, before who owns what is recorded.
    pub fn complete(&self, value: &mut Value) -> Refused<()> {
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
        for (name, zero) in resource.zero.as_object().into_iter().flatten() {
            fields.entry(name.clone()).or_insert_with(|| zero.clone());
        }
        Ok(())
    }

    pub fn put(&self, value: Value) -> Refused<Verdict<ApiError>> {
        if value.to_string().len() > OBJECT_MAX {
            return Err(ApiError::too_large(format!("objects may have at most {OBJECT_MAX} bytes")));
        }
        let value = Box::new(self.served.stored(value));
        Ok(if self.dry_run { Verdict::Keep(value) } else { Verdict::Put(value) })
    }

    /// The kind, where it is one of core's.
    pub fn core_kind(&self) -> Option<&str> {
        let resource = self.resource();
        (!resource.custom).then_some(resource.kind.as_str())
    }

    /// Refuses what is wrong with an object.
    pub fn check(&self, new: &Value, old: Option<&Value>) -> Refused<()> {
        let causes = admission::check(new, old, self.resource(), |warning| self.warn(warning));
        let mut causes = self.served.schema.validate_after(new, old, causes);
        // Through the door of the status no other part is spoken of.
        for cause in causes.iter_mut().filter(|cause| self.status && cause.message.contains(WHOLE)) {
            cause.field = "status".into();
        }
        if causes.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.resource(), &self.name, &causes)) }
    }
}

/// `stringData` of a Secret is written as text and kept in base64. A Secret without a type is opaque.
fn fold_string_data(value: &mut Value) -> Refused<()> {
    let fields = fields_mut(value);
    fields.entry("type").or_insert_with(|| "Opaque".into());
    let Some(Value::Object(plain)) = fields.remove("stringData") else { return Ok(()) };
    let data = fields.entry("data").or_insert_with(|| json!({}));
    for (name, text) in plain {
        data[name] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
    }
    Ok(())
}
