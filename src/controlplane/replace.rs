//! Replacement of an object by a new version: keeps what clients cannot set and updates the managed fields.

use super::admission;
use super::object::{fields_mut, has_finalizers, metadata_mut, version_of};
use super::schema::Cause;
use super::status::ApiError;
use super::store::WriteAction;
use super::write_context::WriteContext;
use serde_json::Value;

/// Metadata that only the server sets.
const KEPT: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

impl WriteContext {
    /// The action that replaces `old` by `new`. `track` updates the managed fields.
    pub fn replace(
        &self,
        old: &Value,
        mut new: Value,
        track: impl FnOnce(&Value, &mut Value),
    ) -> Result<WriteAction<ApiError>, ApiError> {
        let resource = &self.served.resource;
        self.check_identity(old, &new)?;
        if self.status || resource.status_subresource {
            new = self.keep_other_parts(old, new);
        }
        keep_metadata(old, &mut new);
        self.keep_reserved_annotations(Some(old), &mut new);
        self.served.schema.prune(&mut new);
        self.served.schema.apply_defaults(&mut new);
        self.set_core_defaults(&mut new)?;
        if resource.custom && content(old) != content(&new) {
            let next = old.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(0) + 1;
            metadata_mut(&mut new).insert("generation".into(), next.into());
        }
        track(old, &mut new);
        self.check(&new, Some(old))?;
        if *old == new {
            return Ok(WriteAction::Keep(Box::new(self.served.to_stored(new))));
        }
        let deleting = new.pointer("/metadata/deletionTimestamp").is_some_and(|t| !t.is_null());
        if deleting && !has_finalizers(&new) && !self.dry_run {
            return Ok(WriteAction::Delete(Box::new(self.served.to_stored(new))));
        }
        self.put(new)
    }

    /// Checks that both are the same object and that the resourceVersion is current.
    fn check_identity(&self, old: &Value, new: &Value) -> Result<(), ApiError> {
        let resource = &self.served.resource;
        let text = |object: &Value, field: &str| object["metadata"][field].as_str().unwrap_or_default().to_string();
        let (name, namespace) = (text(new, "name"), text(new, "namespace"));
        if name != self.name {
            let message = format!("the name of the object ({name}) does not match the name on the URL ({})", self.name);
            return Err(ApiError::bad_request(message));
        }
        if !namespace.is_empty() && namespace != self.namespace {
            let message = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(ApiError::bad_request(message));
        }
        match version_of(new).map(|given| (given, given.parse::<u64>())) {
            Some((given, Err(_))) => {
                return Err(ApiError::without_reason(format!("strconv.ParseUint: parsing {given:?}: invalid syntax")));
            }
            None | Some((_, Ok(0))) if resource.needs_version() => {
                return Err(ApiError::invalid_version(resource, &self.name));
            }
            Some((given, Ok(_))) if Some(given) != version_of(old) => {
                return Err(ApiError::conflict(resource, &self.name));
            }
            _ => {}
        }
        // The status endpoint changes neither version nor kind.
        if !self.status {
            self.check_type(new)?;
        }
        let causes = repeat_for_custom(admission::check_update(old, new), resource.custom);
        if causes.is_empty() { Ok(()) } else { Err(ApiError::invalid(resource, &self.name, &causes)) }
    }

    /// The status endpoint changes only the status, and the main endpoint everything except the status.
    fn keep_other_parts(&self, old: &Value, mut new: Value) -> Value {
        if self.status {
            let mut kept = old.clone();
            match new.get_mut("status").map(Value::take) {
                Some(status) => kept["status"] = status,
                None => drop(fields_mut(&mut kept).remove("status")),
            }
            match new.pointer("/metadata/managedFields") {
                Some(managed) => kept["metadata"]["managedFields"] = managed.clone(),
                None => drop(metadata_mut(&mut kept).remove("managedFields")),
            }
            return kept;
        }
        match old.get("status") {
            Some(status) => new["status"] = status.clone(),
            None => drop(fields_mut(&mut new).remove("status")),
        }
        new
    }
}

fn keep_metadata(old: &Value, new: &mut Value) {
    let metadata = metadata_mut(new);
    for field in KEPT {
        match old["metadata"].get(field) {
            Some(value) => metadata.insert(field.to_string(), value.clone()),
            None => metadata.remove(*field),
        };
    }
    metadata.remove("selfLink");
}

/// All fields except metadata and status: a change of them increments the generation.
fn content(value: &Value) -> Vec<(&String, &Value)> {
    let fields = value.as_object().into_iter().flatten();
    fields.filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status" | "apiVersion" | "kind")).collect()
}

/// kube-apiserver reports metadata errors of custom resources twice, since it validates their metadata twice.
fn repeat_for_custom(causes: Vec<Cause>, custom: bool) -> Vec<Cause> {
    if custom { causes.iter().chain(&causes).cloned().collect() } else { causes }
}
