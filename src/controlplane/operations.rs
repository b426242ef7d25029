//! Create, update, patch and delete: each decides what to store instead of the current object.

use super::apply::{ApplyError, apply, keep_reset, strategic_merge, track_update};
use super::field_validation::FieldValidation;
use super::json_patch;
use super::names::check_name;
use super::object::{fields_mut, has_finalizers, metadata_mut, version_of};
use super::status::ApiError;
use super::store::{StoredObject, WriteAction};
use super::write_context::{WriteContext, WriteResult};
use jiff::Timestamp;
use serde_json::Value;

/// A patch, by media type.
pub enum PatchBody {
    Json(::json_patch::Patch),
    Merge(Value),
    Strategic(Value),
    Apply { value: Value, force: bool },
}

fn or_reject(decided: WriteResult<WriteAction<ApiError>>) -> WriteAction<ApiError> {
    decided.unwrap_or_else(WriteAction::Reject)
}

impl WriteContext {
    /// Creates the object.
    pub fn create(&self, current: Option<&StoredObject>, value: Value) -> WriteAction<ApiError> {
        or_reject(self.finish_create(current, value, |new| {
            let api_version = self.resource().api_version();
            track_update(
                &self.served.schema,
                Some(&self.resource().zero_values),
                new,
                &self.field_manager(&api_version),
                true,
            );
        }))
    }

    fn finish_create(
        &self,
        current: Option<&StoredObject>,
        mut value: Value,
        track: impl FnOnce(&mut Value),
    ) -> WriteResult<WriteAction<ApiError>> {
        let resource = self.resource();
        if resource.status_subresource {
            fields_mut(&mut value).remove("status");
        }
        self.served.schema.apply_defaults(&mut value);
        self.set_core_defaults(&mut value)?;
        let versioned = version_of(&value).is_some_and(|version| version != "0");
        self.set_system_metadata(&mut value);
        self.keep_reserved_annotations(None, &mut value);
        track(&mut value);
        self.check_type(&value)?;
        self.check(&value, None)?;
        if versioned {
            return Err(ApiError::without_reason("resourceVersion should not be set on objects to be created"));
        }
        if current.is_some() {
            return Err(ApiError::already_exists(resource, &self.name));
        }
        self.put(value)
    }

    /// Sets the metadata that only the server sets.
    fn set_system_metadata(&self, value: &mut Value) {
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

    /// Replaces the object.
    pub fn update(&self, current: Option<&StoredObject>, value: Value) -> WriteAction<ApiError> {
        let Some(current) = current else {
            return WriteAction::Reject(ApiError::not_found(self.resource(), &self.name));
        };
        let old = self.current_object(current);
        let given = value.pointer("/metadata/uid").and_then(Value::as_str);
        if given.is_some_and(|uid| Some(uid) != old.pointer("/metadata/uid").and_then(Value::as_str)) {
            return WriteAction::Reject(ApiError::uid_mismatch(self.resource(), &self.name));
        }
        or_reject(self.replace(&old, value, |old, new| self.track(old, new)))
    }

    /// Records what an update changed in the managed fields.
    fn track(&self, old: &Value, new: &mut Value) {
        let api_version = self.resource().api_version();
        track_update(&self.served.schema, Some(old), new, &self.field_manager(&api_version), false);
    }

    /// Patches the object. An apply patch creates it if it does not exist.
    pub fn patch(&self, current: Option<&StoredObject>, patch: &PatchBody) -> WriteAction<ApiError> {
        let Some(stored) = current else { return or_reject(self.patch_absent(patch)) };
        let old = self.current_object(stored);
        let patched = match patch {
            PatchBody::Apply { value, force } => return or_reject(self.apply_onto(&old, value, *force)),
            PatchBody::Json(patch) => json_patch::apply(&old, patch),
            PatchBody::Merge(patch) => {
                let mut new = old.clone();
                ::json_patch::merge(&mut new, patch);
                Ok(new)
            }
            PatchBody::Strategic(patch) => strategic_merge(&old, patch).map_err(ApiError::bad_request),
        };
        or_reject(
            patched
                .and_then(|new| self.decode_patched(new))
                .and_then(|new| self.replace(&old, new, |old, new| self.track(old, new))),
        )
    }

    /// Decodes a patched object as if it were a request body.
    fn decode_patched(&self, mut new: Value) -> WriteResult<Value> {
        if !new.is_object() {
            return Err(ApiError::bad_request("the patched value is not an object"));
        }
        metadata_mut(&mut new);
        keep_reset(&mut new);
        let schema = &self.served.schema;
        let decode_error = match self.resource().custom {
            true => schema.decode_metadata(&mut new),
            false => schema.decode(&mut new),
        };
        if let Some(why) = decode_error {
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

    fn patch_absent(&self, patch: &PatchBody) -> WriteResult<WriteAction<ApiError>> {
        let PatchBody::Apply { value, .. } = patch else {
            return Err(ApiError::not_found(self.resource(), &self.name));
        };
        if self.status {
            return Err(ApiError::not_found(self.resource(), &self.name));
        }
        if let Some(cause) = check_name(&self.name) {
            return Err(ApiError::invalid(self.resource(), &self.name, &[cause]));
        }
        let mut value = value.clone();
        metadata_mut(&mut value).remove("resourceVersion");
        if self.resource().status_subresource {
            // It is not stored, so that the applier does not own it either.
            fields_mut(&mut value).remove("status");
        }
        let api_version = self.resource().api_version();
        let write = self.field_manager(&api_version);
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

    fn apply_onto(&self, old: &Value, applied: &Value, force: bool) -> WriteResult<WriteAction<ApiError>> {
        let mut applied = applied.clone();
        if self.resource().status_subresource {
            // The status endpoint applies only the status, the main endpoint everything else.
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
        let (write, typed) = (self.field_manager(&api_version), !self.resource().custom);
        let merged = apply(&self.served.schema, Some(old), &applied, &write, force, typed);
        let mut merged = merged.map_err(apply_error)?;
        self.served.schema.decode_metadata(&mut merged);
        self.replace(old, merged, |_, _| {})
    }

    /// Deletes the object, or sets its deletionTimestamp if it has finalizers.
    pub fn delete(
        &self,
        current: Option<&StoredObject>,
        uid: Option<&str>,
        version: Option<&str>,
    ) -> WriteAction<ApiError> {
        let resource = self.resource();
        let Some(current) = current else {
            return WriteAction::Reject(ApiError::not_found(resource, &self.name));
        };
        let mut value = current.value();
        let meta = |field: &str| value["metadata"][field].as_str().unwrap_or_default();
        for (name, field, required) in [("UID", "uid", uid), ("ResourceVersion", "resourceVersion", version)] {
            if let Some(required) = required.filter(|required| *required != meta(field)) {
                let actual = meta(field);
                let what = format!("{name} in precondition: {required}, {name} in object meta: {actual}");
                return WriteAction::Reject(ApiError::precondition_failed(resource, &self.name, &what));
            }
        }
        if !has_finalizers(&value) {
            let value = Box::new(value);
            return if self.dry_run { WriteAction::Keep(value) } else { WriteAction::Delete(value) };
        }
        if value.pointer("/metadata/deletionTimestamp").is_some() {
            return WriteAction::Keep(Box::new(value));
        }
        let metadata = metadata_mut(&mut value);
        metadata.insert("deletionTimestamp".into(), seconds(self.now).into());
        metadata.insert("deletionGracePeriodSeconds".into(), 0.into());
        // A deletion is a change of the desired state.
        if let Some(generation) = metadata.get("generation").and_then(Value::as_i64) {
            metadata.insert("generation".into(), (generation + 1).into());
        }
        let value = Box::new(value);
        if self.dry_run { WriteAction::Keep(value) } else { WriteAction::Put(value) }
    }
}

fn apply_error(error: ApplyError) -> ApiError {
    let ApplyError::Conflicts(causes) = error;
    ApiError::apply_conflict(causes)
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
