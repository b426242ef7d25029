//! An object in the place of another: what clients may not set stays, and who owns what is brought up to date.

use super::admission;
use super::object::{fields_mut, has_finalizers, metadata_mut, version_of};
use super::schema::Cause;
use super::status::ApiError;
use super::store::Verdict;
use super::write_context::WriteContext;
use serde_json::Value;

/// What of the metadata only the server writes.
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
    /// Puts `new` in the place of `old`.
    pub fn replace(
        &self,
        old: &Value,
        mut new: Value,
        track: impl FnOnce(&Value, &mut Value),
    ) -> Result<Verdict<ApiError>, ApiError> {
        let resource = &self.served.resource;
        self.check_identity(old, &new)?;
        if self.status || resource.status_subresource {
            new = self.one_door(old, new);
        }
        keep_metadata(old, &mut new);
        self.served.schema.prune(&mut new);
        self.served.schema.apply_defaults(&mut new);
        self.complete(&mut new)?;
        if resource.custom && content(old) != content(&new) {
            let next = old.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(0) + 1;
            metadata_mut(&mut new).insert("generation".into(), next.into());
        }
        track(old, &mut new);
        self.check(&new, Some(old))?;
        if *old == new {
            return Ok(Verdict::Keep(Box::new(self.served.stored(new))));
        }
        let deleting = new.pointer("/metadata/deletionTimestamp").is_some_and(|t| !t.is_null());
        if deleting && !has_finalizers(&new) && !self.dry_run {
            return Ok(Verdict::Remove(Box::new(self.served.stored(new))));
        }
        self.put(new)
    }

    /// Whether it is the same object, and the version that stands.
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
                return Err(ApiError::plain(format!("strconv.ParseUint: parsing {given:?}: invalid syntax")));
            }
            None | Some((_, Ok(0))) if resource.custom => return Err(ApiError::invalid_version(resource, &self.name)),
            Some((given, Ok(_))) if Some(given) != version_of(old) => {
                return Err(ApiError::conflict(resource, &self.name));
            }
            _ => {}
        }
        for (field, wanted) in [("apiVersion", resource.api_version()), ("kind", resource.kind.clone())] {
            let given = new[field].as_str().unwrap_or_default();
            if given != wanted {
                let message = format!("Invalid value: {given:?}: must be {wanted}");
                let cause = Cause { reason: "FieldValueInvalid", message, field: field.into() };
                return Err(self.of_another_kind(new, &cause));
            }
        }
        let causes = told_as_often(admission::check_update(old, new), resource.custom);
        if causes.is_empty() { Ok(()) } else { Err(ApiError::invalid(resource, &self.name, &causes)) }
    }

    /// An error that speaks of the object as what it says it is.
    fn of_another_kind(&self, new: &Value, cause: &Cause) -> ApiError {
        let api_version = new["apiVersion"].as_str().unwrap_or_default();
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        ApiError::invalid_kind(group, new["kind"].as_str().unwrap_or_default(), &self.name, std::slice::from_ref(cause))
    }

    /// Through the door of the status only the status comes in, and through the other all but the status.
    fn one_door(&self, old: &Value, mut new: Value) -> Value {
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

/// All but metadata and status: what the generation counts.
fn content(value: &Value) -> Vec<(&String, &Value)> {
    let fields = value.as_object().into_iter().flatten();
    fields.filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status" | "apiVersion" | "kind")).collect()
}

/// Causes that custom kinds tell twice: their own rules look at the metadata again.
fn told_as_often(causes: Vec<Cause>, custom: bool) -> Vec<Cause> {
    if custom { causes.iter().chain(&causes).cloned().collect() } else { causes }
}
