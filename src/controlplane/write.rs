//! What a write does to an object, decided over the object as it stands: defaults, validation, who owns what, generation.

use super::apply::{ApplyError, Write, apply, strategic_merge, track_update};
use super::resource::Resource;
use super::schema::Cause;
use super::status::ApiError;
use super::store::{Stored, Verdict};
use super::{Served, admission};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

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
    pub now: Timestamp,
}

/// A patch, by its media type.
pub enum PatchBody {
    Json(json_patch::Patch),
    Merge(Value),
    Strategic(Value),
    Apply { value: Value, force: bool },
}

impl How {
    fn write(&self) -> Write<'_> {
        Write {
            manager: &self.manager,
            subresource: self.status.then_some("status"),
            api_version: &self.served.stored_api_version,
            now: self.now,
        }
    }

    /// Stores a new object.
    pub fn create(&self, current: Option<&Stored>, value: Value) -> Verdict<ApiError> {
        match current {
            Some(_) => Verdict::Refuse(ApiError::exists(&self.served.resource, &self.name)),
            None => self.finish_create(value, |schema_value| {
                track_update(self.served.stored_schema(), None, schema_value, &self.write());
            }),
        }
    }

    fn finish_create(&self, mut value: Value, track: impl FnOnce(&mut Value)) -> Verdict<ApiError> {
        if self.served.resource.status_subresource
            && let Some(fields) = value.as_object_mut()
        {
            fields.remove("status");
        }
        if let Some(refused) = self.fold_string_data(&mut value) {
            return Verdict::Refuse(refused);
        }
        self.served.stored_schema().apply_defaults(&mut value);
        let metadata = metadata_mut(&mut value);
        metadata.insert("name".into(), self.name.as_str().into());
        if self.namespace.is_empty() {
            metadata.remove("namespace");
        } else {
            metadata.insert("namespace".into(), self.namespace.as_str().into());
        }
        metadata.insert("uid".into(), uuid::Uuid::new_v4().to_string().into());
        metadata.insert("creationTimestamp".into(), self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into());
        metadata.remove("resourceVersion");
        metadata.remove("deletionTimestamp");
        metadata.remove("deletionGracePeriodSeconds");
        metadata.remove("selfLink");
        if self.served.resource.custom {
            metadata.insert("generation".into(), 1.into());
        }
        if self.served.store_key == "namespaces" {
            value["status"] = json!({"phase": "Active"});
        }
        track(&mut value);
        let causes = self.causes(&value, None);
        if !causes.is_empty() {
            return Verdict::Refuse(ApiError::invalid(&self.served.resource, &self.name, &causes));
        }
        self.put(value)
    }

    fn put(&self, value: Value) -> Verdict<ApiError> {
        if value.to_string().len() > OBJECT_MAX {
            return Verdict::Refuse(ApiError::too_large(format!("objects may have at most {OBJECT_MAX} bytes")));
        }
        if self.dry_run { Verdict::Keep(Box::new(value)) } else { Verdict::Put(Box::new(value)) }
    }

    /// Replaces an object.
    pub fn update(&self, current: Option<&Stored>, value: Value) -> Verdict<ApiError> {
        let Some(current) = current else {
            return Verdict::Refuse(ApiError::not_found(&self.served.resource, &self.name));
        };
        let old = current.value();
        if self.served.resource.custom && version_of(&value).is_none() {
            let field = "metadata.resourceVersion".to_string();
            let message = "Invalid value: 0: must be specified for an update".to_string();
            let cause = Cause { reason: "FieldValueInvalid", message, field };
            return Verdict::Refuse(ApiError::invalid(&self.served.resource, &self.name, &[cause]));
        }
        self.replace(&old, value, |new| track_update(self.served.stored_schema(), Some(&old), new, &self.write()))
    }

    /// Patches an object; an apply may make it.
    pub fn patch(&self, current: Option<&Stored>, patch: PatchBody) -> Verdict<ApiError> {
        let Some(current) = current else { return self.patch_absent(patch) };
        let old = current.value();
        let new = match patch {
            PatchBody::Apply { value, force } => return self.apply_onto(&old, &value, force),
            PatchBody::Json(patch) => {
                let mut new = old.clone();
                match json_patch::patch(&mut new, &patch) {
                    Ok(()) => Ok(new),
                    Err(error) => Err(ApiError::unprocessable(format!("the JSON patch does not apply: {error}"))),
                }
            }
            PatchBody::Merge(patch) => {
                let mut new = old.clone();
                json_patch::merge(&mut new, &patch);
                Ok(new)
            }
            PatchBody::Strategic(patch) => strategic_merge(&old, &patch).map_err(ApiError::bad_request),
        };
        match new {
            Ok(new) if new.is_object() && new["metadata"].is_object() => self.replace(&old, new, |new| {
                track_update(self.served.stored_schema(), Some(&old), new, &self.write());
            }),
            Ok(_) => Verdict::Refuse(ApiError::bad_request("the patch leaves no object with metadata")),
            Err(error) => Verdict::Refuse(error),
        }
    }

    fn patch_absent(&self, patch: PatchBody) -> Verdict<ApiError> {
        let PatchBody::Apply { value, .. } = patch else {
            return Verdict::Refuse(ApiError::not_found(&self.served.resource, &self.name));
        };
        if self.status {
            return Verdict::Refuse(ApiError::not_found(&self.served.resource, &self.name));
        }
        if version_of(&value).is_some() {
            return Verdict::Refuse(ApiError::conflict(&self.served.resource, &self.name));
        }
        match apply(self.served.stored_schema(), None, &value, &self.write(), false) {
            Ok(merged) => self.finish_create(merged, |_| {}),
            Err(error) => Verdict::Refuse(apply_error(error)),
        }
    }

    fn apply_onto(&self, old: &Value, applied: &Value, force: bool) -> Verdict<ApiError> {
        let mut applied = applied.clone();
        if self.served.resource.status_subresource
            && let Some(fields) = applied.as_object_mut()
        {
            // Spec and status each have a door of their own.
            let keep_status = self.status;
            fields.retain(|name, _| match name.as_str() {
                "apiVersion" | "kind" | "metadata" => true,
                "status" => keep_status,
                _ => !keep_status,
            });
        }
        let given = version_of(&applied);
        if given.is_some() && given != version_of(old) {
            return Verdict::Refuse(ApiError::conflict(&self.served.resource, &self.name));
        }
        self.fold_string_data(&mut applied);
        match apply(self.served.stored_schema(), Some(old), &applied, &self.write(), force) {
            Ok(merged) => self.replace(old, merged, |_| {}),
            Err(error) => Verdict::Refuse(apply_error(error)),
        }
    }

    /// Puts `new` in the place of `old`: what clients may not set stays, the record of owners is brought up to date.
    fn replace(&self, old: &Value, mut new: Value, track: impl FnOnce(&mut Value)) -> Verdict<ApiError> {
        let resource = &self.served.resource;
        let given = version_of(&new);
        if given.is_some() && given != version_of(old) {
            return Verdict::Refuse(ApiError::conflict(resource, &self.name));
        }
        let uid = new.pointer("/metadata/uid").and_then(Value::as_str);
        if uid.is_some_and(|uid| Some(uid) != old.pointer("/metadata/uid").and_then(Value::as_str)) {
            let what = "the UID in the request is not that of the object";
            return Verdict::Refuse(ApiError::precondition(resource, &self.name, what));
        }
        let causes = admission::check_update(old, &new, self.core_kind());
        if !causes.is_empty() {
            return Verdict::Refuse(ApiError::invalid(resource, &self.name, &causes));
        }
        if resource.status_subresource {
            new = self.one_door(old, new);
        }
        self.keep_metadata(old, &mut new);
        let unreadable = admission::check_micro_times(&new, &self.served.resource.kind);
        if let Some(refused) = unreadable.or_else(|| self.fold_string_data(&mut new)) {
            return Verdict::Refuse(refused);
        }
        self.served.stored_schema().prune(&mut new);
        self.served.stored_schema().apply_defaults(&mut new);
        if same_but_managers(old, &new) {
            return match new.pointer("/metadata/managedFields") == old.pointer("/metadata/managedFields") {
                true => Verdict::Keep(Box::new(old.clone())),
                false => self.put(new),
            };
        }
        if resource.custom && content(old) != content(&new) {
            let next = old.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(0) + 1;
            metadata_mut(&mut new).insert("generation".into(), next.into());
        }
        track(&mut new);
        let causes = self.causes(&new, Some(old));
        if !causes.is_empty() {
            return Verdict::Refuse(ApiError::invalid(resource, &self.name, &causes));
        }
        let deleting = new.pointer("/metadata/deletionTimestamp").is_some_and(|t| !t.is_null());
        if deleting && !has_finalizers(&new) && !self.dry_run {
            return Verdict::Remove(Box::new(new));
        }
        self.put(new)
    }

    /// Through the door of the status only the status comes in, and through the other all but the status.
    fn one_door(&self, old: &Value, mut new: Value) -> Value {
        if self.status {
            let mut kept = old.clone();
            match new.get_mut("status").map(Value::take) {
                Some(status) => kept["status"] = status,
                None => {
                    if let Some(fields) = kept.as_object_mut() {
                        fields.remove("status");
                    }
                }
            }
            if let Some(managed) = new.pointer("/metadata/managedFields") {
                kept["metadata"]["managedFields"] = managed.clone();
            }
            return kept;
        }
        match (old.get("status"), new.as_object_mut()) {
            (Some(status), _) => new["status"] = status.clone(),
            (None, Some(fields)) => {
                fields.remove("status");
            }
            (None, None) => {}
        }
        new
    }

    fn keep_metadata(&self, old: &Value, new: &mut Value) {
        let (api_version, kind) = (old["apiVersion"].clone(), old["kind"].clone());
        let metadata = metadata_mut(new);
        for field in [
            "name",
            "namespace",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
        ] {
            match old.pointer(&format!("/metadata/{field}")) {
                Some(value) => metadata.insert(field.into(), value.clone()),
                None => metadata.remove(field),
            };
        }
        metadata.remove("selfLink");
        metadata.retain(|_, value| !value.is_null());
        new["apiVersion"] = api_version;
        new["kind"] = kind;
    }

    /// `stringData` of a Secret is written as text and kept in base64. Gives what is wrong with it.
    fn fold_string_data(&self, value: &mut Value) -> Option<ApiError> {
        if self.core_kind() != Some("Secret") {
            return None;
        }
        let fields = value.as_object_mut()?;
        fields.entry("type").or_insert_with(|| "Opaque".into());
        let plain = match fields.remove("stringData") {
            None | Some(Value::Null) => return None,
            Some(Value::Object(plain)) if plain.values().all(Value::is_string) => plain,
            Some(_) => return Some(ApiError::bad_request("stringData: must be a map of strings")),
        };
        let data = fields.entry("data").or_insert(Value::Null);
        if data.is_null() {
            *data = json!({});
        }
        let Value::Object(data) = data else {
            return Some(ApiError::bad_request("data: must be a map of strings in base64"));
        };
        for (name, text) in plain {
            data.insert(name, STANDARD.encode(text.as_str().unwrap_or_default()).into());
        }
        None
    }

    /// The kind, where it is one of core's.
    fn core_kind(&self) -> Option<&str> {
        let Resource { group, kind, .. } = &self.served.resource;
        group.is_empty().then_some(kind.as_str())
    }

    /// Everything that is wrong with an object.
    fn causes(&self, new: &Value, old: Option<&Value>) -> Vec<Cause> {
        let mut causes = admission::check(new, self.core_kind());
        causes.extend(self.served.stored_schema().validate(new, old));
        causes
    }

    /// Deletes an object, or marks it where finalizers hold it.
    pub fn delete(&self, current: Option<&Stored>, uid: Option<&str>, version: Option<&str>) -> Verdict<ApiError> {
        let resource = &self.served.resource;
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
        if self.dry_run {
            return Verdict::Keep(Box::new(value));
        }
        if !has_finalizers(&value) {
            return Verdict::Remove(Box::new(value));
        }
        if value.pointer("/metadata/deletionTimestamp").is_some() {
            return Verdict::Keep(Box::new(value));
        }
        let at = self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let metadata = metadata_mut(&mut value);
        metadata.insert("deletionTimestamp".into(), at.into());
        metadata.insert("deletionGracePeriodSeconds".into(), 0.into());
        // A deletion is wanted state, too.
        if let Some(generation) = metadata.get("generation").and_then(Value::as_i64) {
            metadata.insert("generation".into(), (generation + 1).into());
        }
        Verdict::Put(Box::new(value))
    }
}

fn apply_error(error: ApplyError) -> ApiError {
    match error {
        ApplyError::Conflicts(causes) => ApiError::apply_conflict(causes),
        ApplyError::Invalid(message) => ApiError::bad_request(message),
    }
}

/// The object's metadata, made where it is missing.
pub fn metadata_mut(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    if !value.get("metadata").is_some_and(Value::is_object) {
        value["metadata"] = json!({});
    }
    match value.get_mut("metadata") {
        Some(Value::Object(metadata)) => metadata,
        _ => unreachable!("made an object above"),
    }
}

fn version_of(value: &Value) -> Option<&str> {
    value.pointer("/metadata/resourceVersion").and_then(Value::as_str).filter(|v| !v.is_empty())
}

fn has_finalizers(value: &Value) -> bool {
    value.pointer("/metadata/finalizers").and_then(Value::as_array).is_some_and(|f| !f.is_empty())
}

/// All but metadata and status: what the generation counts.
fn content(value: &Value) -> Vec<(&String, &Value)> {
    let fields = value.as_object().into_iter().flatten();
    fields.filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status" | "apiVersion" | "kind")).collect()
}

fn same_but_managers(old: &Value, new: &Value) -> bool {
    let without = |value: &Value| {
        let mut value = value.clone();
        metadata_mut(&mut value).remove("managedFields");
        value
    };
    without(old) == without(new)
}
