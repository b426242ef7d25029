//! What a write does to an object, decided over the object as it stands: defaults, validation, who owns what, generation.

use super::apply::{ApplyError, Write, apply, strategic_merge, track_update};
use super::request::FieldValidation;
use super::resource::Resource;
use super::schema::{Cause, WHOLE};
use super::status::ApiError;
use super::store::{Stored, Verdict};
use super::{Served, admission};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Larger objects are refused: a status of this program has at most 64 KiB, a ConfigMap 1 MiB.
const OBJECT_MAX: usize = 1_500_000;

/// How a write is to be done.
#[derive(Clone)]
pub struct How {
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

/// A patch, by its media type.
pub enum PatchBody {
    Json(json_patch::Patch),
    Merge(Value),
    Strategic(Value),
    Apply { value: Value, force: bool },
}

type Refused<T> = Result<T, ApiError>;

fn verdict(decided: Refused<Verdict<ApiError>>) -> Verdict<ApiError> {
    decided.unwrap_or_else(Verdict::Refuse)
}

impl How {
    fn write<'a>(&'a self, api_version: &'a str) -> Write<'a> {
        let subresource = self.status.then_some("status");
        Write { manager: &self.manager, subresource, api_version, now: self.now }
    }

    fn resource(&self) -> &Resource {
        &self.served.resource
    }

    /// The object in the form of the request.
    fn shown(&self, stored: &Stored) -> Value {
        self.served.shown(stored.value())
    }

    pub fn warn(&self, what: String) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Stores a new object.
    pub fn create(&self, current: Option<&Stored>, value: Value) -> Verdict<ApiError> {
        verdict(self.finish_create(current, value, |new| {
            let api_version = self.resource().api_version();
            track_update(&self.served.schema, Some(&self.resource().zero), new, &self.write(&api_version), true);
        }))
    }

    fn finish_create(
        &self,
        current: Option<&Stored>,
        mut value: Value,
        track: impl FnOnce(&mut Value),
    ) -> Refused<Verdict<ApiError>> {
        let resource = self.resource();
        if resource.status_subresource {
            fields_mut(&mut value).remove("status");
        }
        self.served.schema.apply_defaults(&mut value);
        self.complete(&mut value)?;
        let versioned = version_of(&value).is_some_and(|version| version != "0");
        self.stamp(&mut value);
        track(&mut value);
        self.check(&value, None)?;
        if versioned {
            return Err(ApiError::plain("resourceVersion should not be set on objects to be created"));
        }
        if current.is_some() {
            return Err(ApiError::exists(resource, &self.name));
        }
        self.put(value)
    }

    /// What only the server says of a new object.
    fn stamp(&self, value: &mut Value) {
        let metadata = metadata_mut(value);
        metadata.insert("name".into(), self.name.as_str().into());
        match self.namespace.as_str() {
            "" => metadata.remove("namespace"),
            namespace => metadata.insert("namespace".into(), namespace.into()),
        };
        metadata.insert("uid".into(), uuid::Uuid::new_v4().to_string().into());
        metadata.insert("creationTimestamp".into(), seconds(self.now).into());
        for field in [
            "resourceVersion",
            "generation",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "selfLink",
            "managedFields",
        ] {
            metadata.remove(field);
        }
        if self.resource().custom {
            metadata.insert("generation".into(), 1.into());
        }
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

    /// Replaces an object.
    pub fn update(&self, current: Option<&Stored>, value: Value) -> Verdict<ApiError> {
        let Some(current) = current else {
            return Verdict::Refuse(ApiError::not_found(self.resource(), &self.name));
        };
        let old = self.shown(current);
        let given = value.pointer("/metadata/uid").and_then(Value::as_str);
        if given.is_some_and(|uid| Some(uid) != old.pointer("/metadata/uid").and_then(Value::as_str)) {
            return Verdict::Refuse(ApiError::other_uid(self.resource(), &self.name));
        }
        verdict(self.replace(&old, value, |old, new| self.track(old, new)))
    }

    /// Records what an update changed.
    fn track(&self, old: &Value, new: &mut Value) {
        let api_version = self.resource().api_version();
        track_update(&self.served.schema, Some(old), new, &self.write(&api_version), false);
    }

    /// Patches an object; an apply may make it.
    pub fn patch(&self, current: Option<&Stored>, patch: PatchBody) -> Verdict<ApiError> {
        let Some(stored) = current else { return verdict(self.patch_absent(patch)) };
        let old = self.shown(stored);
        let patched = match patch {
            PatchBody::Apply { value, force } => return verdict(self.apply_onto(&old, &value, force)),
            PatchBody::Json(patch) => {
                let mut new = old.clone();
                let patched = json_patch::patch(&mut new, &patch).map(|()| new);
                patched.map_err(|e| ApiError::unprocessable(format!("the JSON patch does not apply: {e}")))
            }
            PatchBody::Merge(patch) => {
                let mut new = old.clone();
                json_patch::merge(&mut new, &patch);
                Ok(new)
            }
            PatchBody::Strategic(patch) => strategic_merge(&old, &patch).map_err(ApiError::bad_request),
        };
        verdict(
            patched
                .and_then(|new| self.read_patched(new))
                .and_then(|new| self.replace(&old, new, |old, new| self.track(old, new))),
        )
    }

    /// Reads what a patch made, as it would be read from a request.
    fn read_patched(&self, mut new: Value) -> Refused<Value> {
        if !new.is_object() {
            return Err(ApiError::bad_request("the patch leaves no object"));
        }
        metadata_mut(&mut new);
        let schema = &self.served.schema;
        let unread = match self.resource().custom {
            true => schema.decode_metadata(&mut new),
            false => schema.decode(&mut new),
        };
        if let Some(why) = unread {
            return Err(ApiError::invalid_patch(&why));
        }
        schema.drop_nulls(&mut new);
        let unknown: Vec<String> =
            schema.prune(&mut new).iter().map(|path| format!("unknown field {path:?}")).collect();
        match self.field_validation {
            FieldValidation::Strict if !unknown.is_empty() => {
                return Err(ApiError::invalid_patch(&format!("strict decoding error: {}", unknown.join(", "))));
            }
            FieldValidation::Warn => unknown.into_iter().for_each(|what| self.warn(what)),
            _ => {}
        }
        Ok(new)
    }

    fn patch_absent(&self, patch: PatchBody) -> Refused<Verdict<ApiError>> {
        let PatchBody::Apply { mut value, .. } = patch else {
            return Err(ApiError::not_found(self.resource(), &self.name));
        };
        if self.status {
            return Err(ApiError::not_found(self.resource(), &self.name));
        }
        if let Some(cause) = admission::check_name(&self.name) {
            return Err(ApiError::invalid(self.resource(), &self.name, &[cause]));
        }
        metadata_mut(&mut value).remove("resourceVersion");
        let api_version = self.resource().api_version();
        let write = self.write(&api_version);
        let typed = !self.resource().custom;
        let mut merged = apply(&self.served.schema, None, &value, &write, false, typed).map_err(apply_error)?;
        self.served.schema.decode_metadata(&mut merged);
        let managed = merged.pointer("/metadata/managedFields").cloned();
        self.finish_create(None, merged, |new| {
            if let Some(managed) = managed {
                metadata_mut(new).insert("managedFields".into(), managed);
            }
        })
    }

    fn apply_onto(&self, old: &Value, applied: &Value, force: bool) -> Refused<Verdict<ApiError>> {
        let mut applied = applied.clone();
        if self.resource().status_subresource {
            // Spec and status each have a door of their own.
            let keep_status = self.status;
            fields_mut(&mut applied).retain(|name, _| match name.as_str() {
                "apiVersion" | "kind" | "metadata" => true,
                "status" => keep_status,
                _ => !keep_status,
            });
        }
        let given = version_of(&applied);
        if given.is_some() && given != version_of(old) {
            return Err(ApiError::conflict(self.resource(), &self.name));
        }
        let api_version = self.resource().api_version();
        let (write, typed) = (self.write(&api_version), !self.resource().custom);
        let merged = apply(&self.served.schema, Some(old), &applied, &write, force, typed);
        let mut merged = merged.map_err(apply_error)?;
        self.served.schema.decode_metadata(&mut merged);
        self.replace(old, merged, |_, _| {})
    }

    /// The kind, where it is one of core's.
    pub fn core_kind(&self) -> Option<&str> {
        let resource = self.resource();
        (!resource.custom).then_some(resource.kind.as_str())
    }

    /// Refuses what is wrong with an object.
    pub fn check(&self, new: &Value, old: Option<&Value>) -> Refused<()> {
        let causes = admission::check(new, old, self);
        let mut causes = self.served.schema.validate_after(new, old, causes);
        // Through the door of the status no other part is spoken of.
        for cause in causes.iter_mut().filter(|cause| self.status && cause.message.contains(WHOLE)) {
            cause.field = "status".into();
        }
        if causes.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.resource(), &self.name, &causes)) }
    }

    /// Deletes an object, or marks it where finalizers hold it.
    pub fn delete(&self, current: Option<&Stored>, uid: Option<&str>, version: Option<&str>) -> Verdict<ApiError> {
        let resource = self.resource();
        let Some(current) = current else {
            return Verdict::Refuse(ApiError::not_found(resource, &self.name));
        };
        let mut value = current.value();
        let stands = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        if uid.is_some_and(|uid| Some(uid) != stands("/metadata/uid")) {
            return Verdict::Refuse(ApiError::precondition(resource, &self.name, "the UID is another"));
        }
        if version.is_some_and(|version| Some(version) != stands("/metadata/resourceVersion")) {
            return Verdict::Refuse(ApiError::precondition(resource, &self.name, "the resourceVersion is another"));
        }
        if !has_finalizers(&value) {
            let value = Box::new(value);
            return if self.dry_run { Verdict::Keep(value) } else { Verdict::Remove(value) };
        }
        if value.pointer("/metadata/deletionTimestamp").is_some() {
            return Verdict::Keep(Box::new(value));
        }
        let metadata = metadata_mut(&mut value);
        metadata.insert("deletionTimestamp".into(), seconds(self.now).into());
        metadata.insert("deletionGracePeriodSeconds".into(), 0.into());
        // A deletion is wanted state, too.
        if let Some(generation) = metadata.get("generation").and_then(Value::as_i64) {
            metadata.insert("generation".into(), (generation + 1).into());
        }
        let value = Box::new(value);
        if self.dry_run { Verdict::Keep(value) } else { Verdict::Put(value) }
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

fn apply_error(error: ApplyError) -> ApiError {
    let ApplyError::Conflicts(causes) = error;
    ApiError::apply_conflict(causes)
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The object's metadata, made where it is missing.
pub fn metadata_mut(value: &mut Value) -> &mut Map<String, Value> {
    if !value.get("metadata").is_some_and(Value::is_object) {
        value["metadata"] = json!({});
    }
    fields_mut(&mut value["metadata"])
}

/// The fields of an object, which this becomes where it is none.
pub fn fields_mut(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(fields) => fields,
        _ => unreachable!("made an object above"),
    }
}

pub fn version_of(value: &Value) -> Option<&str> {
    value.pointer("/metadata/resourceVersion").and_then(Value::as_str).filter(|v| !v.is_empty())
}

pub fn has_finalizers(value: &Value) -> bool {
    value.pointer("/metadata/finalizers").and_then(Value::as_array).is_some_and(|f| !f.is_empty())
}

/// Causes that custom kinds tell twice: their own rules look at the metadata again.
pub fn told_as_often(causes: Vec<Cause>, custom: bool) -> Vec<Cause> {
    if custom { causes.iter().chain(&causes).cloned().collect() } else { causes }
}
