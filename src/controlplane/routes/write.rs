//! Create, update, patch.

use super::body::{media_type, parse_object, read_bytes};
use super::read::shaped;
use super::{answer, store_error, store_key};
use crate::controlplane::request::{Accepts, FieldValidation, Place, Query, accepts};
use crate::controlplane::schema::Cause;
use crate::controlplane::status::ApiError;
use crate::controlplane::store::{Key, StoreError};
use crate::controlplane::write::{How, PatchBody, metadata_mut};
use crate::controlplane::{Api, Served, admission, events};
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

/// Checks a body against the path, prunes it, and tells what the schema does not know.
fn admit(place: &Place, query: &Query, mut value: Value) -> Result<(Value, Vec<String>), ApiError> {
    let resource = &place.served.resource;
    for (field, wanted) in [("apiVersion", resource.api_version()), ("kind", resource.kind.clone())] {
        match value[field].as_str() {
            Some(given) if given == wanted => {}
            // Clients of core kinds leave it out where the path says it.
            None if !resource.custom => value[field] = wanted.into(),
            given => {
                let given = given.unwrap_or_default();
                let message =
                    format!("the {field} in the data ({given}) does not match the expected {field} ({wanted})");
                return Err(ApiError::bad_request(message));
            }
        }
    }
    let unknown: Vec<String> =
        place.served.schema.prune(&mut value).iter().map(|path| format!("unknown field {path:?}")).collect();
    if query.field_validation == FieldValidation::Strict && !unknown.is_empty() {
        return Err(ApiError::bad_request(format!("strict decoding error: {}", unknown.join(", "))));
    }
    let namespace = place.namespace.as_deref().unwrap_or_default();
    let given = value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    if !given.is_empty() && given != namespace {
        let message = format!(
            "the namespace of the provided object does not match the namespace sent on the request ({given:?}, {namespace:?})"
        );
        return Err(ApiError::bad_request(message));
    }
    let warnings = if query.field_validation == FieldValidation::Warn { unknown } else { Vec::new() };
    Ok((place.served.stored(value), warnings))
}

fn require_name(served: &Served, name: &str) -> Result<(), ApiError> {
    match admission::check_name(name) {
        None => Ok(()),
        Some(cause) => Err(ApiError::invalid(&served.resource, name, &[cause])),
    }
}

fn same_name(value: &Value, name: &str) -> Result<(), ApiError> {
    let given = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    if given == name {
        return Ok(());
    }
    let message = format!("the name of the object ({given}) does not match the name on the URL ({name})");
    Err(ApiError::bad_request(message))
}

impl Place {
    /// How a write here is to be done.
    pub fn how(&self, name: &str, query: &Query, headers: &HeaderMap) -> How {
        How {
            served: self.served.clone(),
            name: name.to_string(),
            namespace: self.namespace.clone().unwrap_or_default(),
            manager: query.manager(headers),
            status: self.status,
            dry_run: query.dry_run,
            now: Timestamp::now(),
        }
    }
}

/// Makes an object.
pub async fn create(
    api: Arc<Api>,
    place: Place,
    query: Query,
    headers: &HeaderMap,
    value: Value,
) -> Result<Response, ApiError> {
    let (mut value, warnings) = admit(&place, &query, value)?;
    let served = place.served.clone();
    if served.resource.namespaced && place.namespace.is_none() {
        return Err(ApiError::bad_request("an empty namespace may not be set during creation"));
    }
    require_namespace(&api, &place)?;
    let metadata = metadata_mut(&mut value);
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let name = match (text("name"), text("generateName")) {
        (name, _) if !name.is_empty() => name,
        (_, prefix) if !prefix.is_empty() => format!("{prefix}{}", &uuid::Uuid::new_v4().simple().to_string()[..5]),
        _ => {
            let message = "Required value: name or generateName is required".to_string();
            let cause = Cause { reason: "FieldValueRequired", message, field: "metadata.name".into() };
            return Err(ApiError::invalid(&served.resource, "", &[cause]));
        }
    };
    require_name(&served, &name)?;
    let how = place.how(&name, &query, headers);
    let key = store_key(&served, place.namespace.as_deref(), &name);
    let written = api.store.write(key, move |current| how.create(current, value)).await;
    finish(&served, written, StatusCode::CREATED, &warnings, accepts(headers), &query)
}

fn require_namespace(api: &Api, place: &Place) -> Result<(), ApiError> {
    let Some(namespace) = &place.namespace else { return Ok(()) };
    let at = Key { kind: "namespaces".into(), namespace: String::new(), name: namespace.clone() };
    match api.store.get(&at) {
        Some(_) => Ok(()),
        None => {
            let namespaces = api.kinds.iter().find(|k| k.store_key == "namespaces");
            Err(namespaces.map_or_else(ApiError::no_path, |n| ApiError::not_found(&n.resource, namespace)))
        }
    }
}

/// Replaces an object.
pub async fn update(
    api: Arc<Api>,
    place: Place,
    query: Query,
    headers: &HeaderMap,
    value: Value,
) -> Result<Response, ApiError> {
    let (value, warnings) = admit(&place, &query, value)?;
    let name = place.name.clone().unwrap_or_default();
    same_name(&value, &name)?;
    let served = place.served.clone();
    let how = place.how(&name, &query, headers);
    let key = store_key(&served, place.namespace.as_deref(), &name);
    let written = api.store.write(key, move |current| how.update(current, value)).await;
    finish(&served, written, StatusCode::OK, &warnings, accepts(headers), &query)
}

/// Patches an object, or applies it.
pub async fn patch(
    api: Arc<Api>,
    place: Place,
    query: Query,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = read_bytes(body).await?;
    let media_type = media_type(headers);
    let name = place.name.clone().unwrap_or_default();
    let served = place.served.clone();
    let mut warnings = Vec::new();
    let as_json = || serde_json::from_slice(&bytes).map_err(|e| ApiError::bad_request(e.to_string()));
    let patch = match media_type {
        "application/json-patch+json" => {
            let patch = serde_json::from_slice(&bytes).map_err(|e| ApiError::bad_request(e.to_string()))?;
            PatchBody::Json(patch)
        }
        "application/merge-patch+json" => {
            let patch: Value = as_json()?;
            warnings = unknown_in_patch(&place, &query, &patch)?;
            PatchBody::Merge(served.stored_patch(patch))
        }
        "application/strategic-merge-patch+json" if !served.resource.custom => {
            PatchBody::Strategic(served.stored_patch(as_json()?))
        }
        "application/apply-patch+yaml" => {
            let (value, told) = admit(&place, &query, parse_object(media_type, &bytes)?)?;
            if query.field_manager.is_none() {
                return Err(ApiError::bad_request("fieldManager is required for apply patch"));
            }
            require_namespace(&api, &place)?;
            same_name(&value, &name)?;
            warnings = told;
            PatchBody::Apply { value, force: query.force }
        }
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml (got {other:?})"
            );
            return Err(ApiError::media_type(message));
        }
    };
    require_name(&served, &name)?;
    let how = place.how(&name, &query, headers);
    let key = store_key(&served, place.namespace.as_deref(), &name);
    let existed = api.store.get(&key).is_some();
    let written = api.store.write(key, move |current| how.patch(current, patch)).await;
    let code = if existed { StatusCode::OK } else { StatusCode::CREATED };
    finish(&served, written, code, &warnings, accepts(headers), &query)
}

/// A merge patch is checked for unknown fields by itself: what it takes out is not there to be known.
fn unknown_in_patch(place: &Place, query: &Query, patch: &Value) -> Result<Vec<String>, ApiError> {
    let unknown = place.served.schema.prune(&mut patch.clone());
    let told: Vec<String> = unknown.iter().map(|path| format!("unknown field {path:?}")).collect();
    match query.field_validation {
        FieldValidation::Strict if !told.is_empty() => {
            Err(ApiError::bad_request(format!("strict decoding error: {}", told.join(", "))))
        }
        FieldValidation::Warn => Ok(told),
        _ => Ok(Vec::new()),
    }
}

/// The answer to a write.
fn finish(
    served: &Served,
    written: Result<Result<Value, ApiError>, StoreError>,
    code: StatusCode,
    warnings: &[String],
    form: Accepts,
    query: &Query,
) -> Result<Response, ApiError> {
    let value = written.map_err(store_error)??;
    let value = if served.is_new_event() { events::to_new(&value) } else { value };
    let mut response = answer(Ok((code, shaped(&served.resource, value, form, query))));
    for warning in warnings.iter().take(16) {
        if let Ok(value) = HeaderValue::from_str(&format!("299 - {warning:?}")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    Ok(response)
}
