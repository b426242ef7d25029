//! Create, update, patch.

use super::body::{Sent, media_type, parse_object, read_bytes};
use super::response::{answer, shaped, store_error};
use crate::controlplane::apply;
use crate::controlplane::field_validation::FieldValidation;
use crate::controlplane::object::metadata_mut;
use crate::controlplane::operations::PatchBody;
use crate::controlplane::request::{Accepts, Place, Query, accepts};
use crate::controlplane::resource::Resource;
use crate::controlplane::served::Served;
use crate::controlplane::state::ServerState;
use crate::controlplane::status::ApiError;
use crate::controlplane::store::{Key, StoreError};
use crate::controlplane::write_context::WriteContext;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Warnings of one answer.
const WARNINGS_MAX: usize = 16;

type Told = Arc<Mutex<Vec<String>>>;

/// Checks a body against the path, reads it, prunes it, and tells what the schema does not know.
fn admit(place: &Place, query: &Query, body: Sent, is_apply: bool) -> Result<(Value, Vec<String>), ApiError> {
    let resource = &place.served.resource;
    let Sent { mut value, twice } = body;
    check_kind(&place.served, &mut value)?;
    let schema = &place.served.schema;
    if !is_apply {
        let unread = if resource.custom { schema.decode_metadata(&mut value) } else { schema.decode(&mut value) };
        if let Some(why) = unread {
            return Err(unreadable(resource, &why));
        }
        schema.drop_nulls(&mut value);
    }
    let unknown = schema.prune(&mut value).into_iter().map(|path| format!("unknown field {path:?}"));
    let strange: Vec<String> = unknown.chain(twice.iter().map(|path| format!("duplicate field {path:?}"))).collect();
    if query.field_validation == FieldValidation::Strict && !strange.is_empty() {
        return Err(unreadable(resource, &format!("strict decoding error: {}", strange.join(", "))));
    }
    let namespace = place.namespace.as_deref().unwrap_or_default();
    let given = value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    if !given.is_empty() && given != namespace {
        let message = format!(
            "the namespace of the provided object does not match the namespace sent on the request ({given:?}, {namespace:?})"
        );
        return Err(ApiError::bad_request(message));
    }
    let warnings = if query.field_validation == FieldValidation::Warn { strange } else { Vec::new() };
    Ok((value, warnings))
}

/// Whether an object is of the kind of its path.
fn check_kind(served: &Served, value: &mut Value) -> Result<(), ApiError> {
    let resource = &served.resource;
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
    Ok(())
}

fn unreadable(resource: &Resource, why: &str) -> ApiError {
    let Resource { kind, version, .. } = resource;
    ApiError::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
}

fn same_name(value: &Value, name: &str) -> Result<(), ApiError> {
    let given = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    if given == name {
        return Ok(());
    }
    let message = format!("the name of the object ({given}) does not match the name on the URL ({name})");
    Err(ApiError::bad_request(message))
}

impl WriteContext {
    /// Takes in what is to be told already; what else there is to tell comes while it is written.
    fn told(&self, warnings: Vec<String>) -> Told {
        warnings.into_iter().for_each(|warning| self.warn(warning));
        self.warnings.clone()
    }
}

impl Place {
    /// WriteContext a write here is to be done.
    pub fn write_context(&self, name: &str, query: &Query, headers: &HeaderMap) -> WriteContext {
        WriteContext {
            served: self.served.clone(),
            name: name.to_string(),
            namespace: self.namespace.clone().unwrap_or_default(),
            manager: query.manager(headers),
            status: self.status,
            dry_run: query.dry_run,
            field_validation: query.field_validation,
            warnings: Arc::default(),
            now: Timestamp::now(),
        }
    }
}

/// Makes an object.
pub async fn create(
    api: Arc<ServerState>,
    place: Place,
    query: Query,
    headers: &HeaderMap,
    sent: Sent,
) -> Result<Response, ApiError> {
    let (mut value, warnings) = admit(&place, &query, sent, false)?;
    let served = place.served.clone();
    if served.resource.namespaced && place.namespace.is_none() {
        return Err(ApiError::no_path());
    }
    require_namespace(&api, &place)?;
    let metadata = metadata_mut(&mut value);
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let name = match (text("name"), text("generateName")) {
        (name, _) if !name.is_empty() => name,
        (_, prefix) if !prefix.is_empty() => format!("{prefix}{}", &uuid::Uuid::new_v4().simple().to_string()[..5]),
        // Told together with what else is wrong.
        _ => String::new(),
    };
    let how = place.write_context(&name, &query, headers);
    let key = served.key(place.namespace.as_deref(), &name);
    let told = how.told(warnings);
    let written = api.store.write(key, move |current| how.create(current, value)).await;
    finish(&served, written, StatusCode::CREATED, &told, accepts(headers), &query)
}

fn require_namespace(api: &ServerState, place: &Place) -> Result<(), ApiError> {
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
    api: Arc<ServerState>,
    place: Place,
    query: Query,
    headers: &HeaderMap,
    sent: Sent,
) -> Result<Response, ApiError> {
    let (value, warnings) = admit(&place, &query, sent, false)?;
    let name = place.name.clone().unwrap_or_default();
    same_name(&value, &name)?;
    let served = place.served.clone();
    let how = place.write_context(&name, &query, headers);
    let key = served.key(place.namespace.as_deref(), &name);
    let told = how.told(warnings);
    let written = api.store.write(key, move |current| how.update(current, value)).await;
    finish(&served, written, StatusCode::OK, &told, accepts(headers), &query)
}

/// Patches an object, or applies it.
pub async fn patch(
    api: Arc<ServerState>,
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
        "application/json-patch+json" => PatchBody::Json(json_patch(&bytes)?),
        "application/merge-patch+json" => PatchBody::Merge(as_json()?),
        "application/strategic-merge-patch+json" if !served.resource.custom => PatchBody::Strategic(as_json()?),
        "application/apply-patch+yaml" => {
            let (value, told) = admit_applied(&api, &place, &query, &name, parse_object(media_type, &bytes)?)?;
            warnings = told;
            PatchBody::Apply { value, force: query.force }
        }
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml (got {other:?})"
            );
            let error = ApiError::media_type(message);
            return Err(if served.resource.custom { error } else { error.about_nothing() });
        }
    };
    let how = place.write_context(&name, &query, headers);
    let key = served.key(place.namespace.as_deref(), &name);
    let existed = api.store.get(&key).is_some();
    let told = how.told(warnings);
    let written = api.store.write(key, move |current| how.patch(current, patch)).await;
    let code = if existed { StatusCode::OK } else { StatusCode::CREATED };
    finish(&served, written, code, &told, accepts(headers), &query)
}

fn json_patch(bytes: &[u8]) -> Result<json_patch::Patch, ApiError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| ApiError::bad_request(e.to_string()))?;
    if !value.is_array() {
        return Err(ApiError::bad_request("a JSON patch is a list of operations"));
    }
    serde_json::from_value(value).map_err(|e| ApiError::unprocessable(e.to_string()))
}

/// A configuration that is applied: it holds nothing that the schema does not know, and nothing twice.
fn admit_applied(
    api: &ServerState,
    place: &Place,
    query: &Query,
    name: &str,
    sent: Sent,
) -> Result<(Value, Vec<String>), ApiError> {
    let served = &place.served;
    if sent.value.pointer("/metadata/managedFields").and_then(Value::as_array).is_some_and(|m| !m.is_empty()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    if query.field_validation == FieldValidation::Strict && !sent.twice.is_empty() {
        return Err(ApiError::bad_request(format!("error strict decoding YAML: {:?} is there twice", sent.twice)));
    }
    let mut tried = sent.value.clone();
    check_kind(served, &mut tried)?;
    let unknown = served.schema.prune(&mut tried).first().map(|path| format!(".{path}: field not declared in schema"));
    let unread = || match served.resource.custom {
        true => served.schema.decode_metadata(&mut tried),
        false => served.schema.decode(&mut tried),
    };
    if let Some(what) = unknown.or_else(|| apply::ambiguous(&served.schema, &sent.value)).or_else(unread) {
        let Resource { kind, .. } = &served.resource;
        let namespace = place.namespace.as_deref().unwrap_or_default();
        let of = format!("{namespace}/{name}; {}, Kind={kind}", served.resource.api_version());
        return Err(ApiError::plain(format!("failed to create typed patch object ({of}): {what}")));
    }
    let (value, warnings) = admit(place, query, sent, true)?;
    require_namespace(api, place)?;
    same_name(&value, name)?;
    Ok((value, warnings))
}

/// The answer to a write.
fn finish(
    served: &Served,
    written: Result<Result<Value, ApiError>, StoreError>,
    code: StatusCode,
    told: &Told,
    form: Accepts,
    query: &Query,
) -> Result<Response, ApiError> {
    let written = written.map_err(store_error).and_then(|written| written);
    let shown = written.and_then(|value| shaped(&served.resource, served.shown(value), form, query));
    let mut response = answer(shown.map(|value| (code, value)));
    for warning in told.lock().unwrap_or_else(PoisonError::into_inner).iter().take(WARNINGS_MAX) {
        if let Ok(value) = HeaderValue::from_str(&format!("299 - {warning:?}")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    Ok(response)
}
