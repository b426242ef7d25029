//! Create, update, patch.

use super::body::{RequestObject, media_type, parse_object};
use super::response::{answer, damaged, in_format, store_error};
use crate::controlplane::field_validation::FieldValidation;
use crate::controlplane::object::metadata_mut;
use crate::controlplane::operations::PatchBody;
use crate::controlplane::request::{Query, RequestTarget, ResponseFormat, response_format};
use crate::controlplane::resource::Resource;
use crate::controlplane::served_kind::ServedKind;
use crate::controlplane::state::ServerState;
use crate::controlplane::status::ApiError;
use crate::controlplane::store::{Key, StoreError, StoredObject};
use crate::controlplane::write_context::WriteContext;
use crate::controlplane::{apply, json_patch};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Maximum number of warnings in one response.
const WARNINGS_MAX: usize = 16;
/// Maximum length of all warnings together, in characters, as in kube-apiserver: clients limit the size of headers.
const WARNINGS_LENGTH_MAX: usize = 4_096;
/// Each warning is cut to this length, in characters, if they are longer together.
const WARNING_LENGTH_MAX: usize = WARNINGS_LENGTH_MAX / WARNINGS_MAX;

type Warnings = Arc<Mutex<Vec<String>>>;
/// Annotations that the client cannot change.
pub type Reserved = Arc<[String]>;

/// Decodes and prunes an object of a request, and validates its kind and namespace. Returns warnings about unknown
/// fields.
fn decode_object(
    target: &RequestTarget,
    query: &Query,
    body: RequestObject,
    is_apply: bool,
) -> Result<(Value, Vec<String>), ApiError> {
    let resource = &target.served.resource;
    let RequestObject { mut value, duplicates } = body;
    check_kind(&target.served, &mut value, is_apply)?;
    let schema = &target.served.schema;
    if !is_apply {
        apply::keep_reset(&mut value);
        let decode_error = if resource.custom { schema.decode_metadata(&mut value) } else { schema.decode(&mut value) };
        if let Some(why) = decode_error {
            return Err(unreadable(resource, &why));
        }
        schema.drop_nulls(&mut value);
    }
    // The schema is that of another kind if the kind is wrong.
    let unknown = if value["kind"] == *resource.kind { schema.prune(&mut value) } else { Vec::new() };
    let unknown = unknown.into_iter().map(|path| format!("unknown field {path:?}"));
    let unexpected: Vec<String> =
        unknown.chain(duplicates.iter().map(|path| format!("duplicate field {path:?}"))).collect();
    if query.field_validation == FieldValidation::Strict && !unexpected.is_empty() {
        return Err(unreadable(resource, &format!("strict decoding error: {}", unexpected.join(", "))));
    }
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let given = value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    if !given.is_empty() && given != namespace {
        let message = format!(
            "the namespace of the provided object does not match the namespace sent on the request ({given:?}, {namespace:?})"
        );
        return Err(ApiError::bad_request(message));
    }
    let warnings = if query.field_validation == FieldValidation::Warn { unexpected } else { Vec::new() };
    Ok((value, warnings))
}

/// Checks that an object has the version and kind of the path. Another custom kind of the same version is a validation
/// error, as in kube-apiserver, unless the object is to be applied.
fn check_kind(served: &ServedKind, value: &mut Value, is_apply: bool) -> Result<(), ApiError> {
    let resource = &served.resource;
    for (field, wanted) in [("apiVersion", resource.api_version()), ("kind", resource.kind.clone())] {
        match value[field].as_str().unwrap_or_default() {
            given if given == wanted => {}
            // Clients may omit them for built-in kinds.
            "" if !resource.custom && value[field].is_null() => value[field] = wanted.into(),
            given if resource.custom && !is_apply && field == "kind" && !given.is_empty() => {}
            given => {
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

fn check_name_matches(value: &Value, name: &str) -> Result<(), ApiError> {
    let given = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    if given == name {
        return Ok(());
    }
    let message = format!("the name of the object ({given}) does not match the name on the URL ({name})");
    Err(ApiError::bad_request(message))
}

impl WriteContext {
    /// Adds warnings to those of the write, and returns the shared list.
    fn add_warnings(&self, warnings: Vec<String>) -> Warnings {
        warnings.into_iter().for_each(|warning| self.warn(warning));
        self.warnings.clone()
    }
}

impl RequestTarget {
    /// The parameters of a write of one object.
    pub fn write_context(&self, name: &str, query: &Query, headers: &HeaderMap, reserved: &Reserved) -> WriteContext {
        WriteContext {
            served: self.served.clone(),
            name: name.to_string(),
            namespace: self.namespace.clone().unwrap_or_default(),
            manager: query.manager(headers),
            status: self.status,
            reserved_annotations: reserved.clone(),
            dry_run: query.dry_run,
            field_validation: query.field_validation,
            warnings: Arc::default(),
            now: Timestamp::now(),
        }
    }
}

/// Names that are generated for an object at most, where those before are taken.
const GENERATED_MAX: usize = 8;
/// Longest part of a prefix that a generated name has.
const PREFIX_MAX: usize = 58;
/// What a generated name ends with: so many of these characters, among which none make words.
const SUFFIX: usize = 5;
const SUFFIX_OF: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A name for `generateName`, as Kubernetes makes it.
fn generated_name(prefix: &str) -> String {
    let random = uuid::Uuid::new_v4().into_bytes();
    let suffix = random.iter().take(SUFFIX).map(|byte| char::from(SUFFIX_OF[usize::from(*byte) % SUFFIX_OF.len()]));
    prefix.get(..PREFIX_MAX).unwrap_or(prefix).chars().chain(suffix).collect()
}

/// Creates an object.
pub async fn create(
    api: Arc<ServerState>,
    target: RequestTarget,
    query: Query,
    (headers, reserved): (&HeaderMap, &Reserved),
    object: RequestObject,
) -> Result<Response, ApiError> {
    let (mut value, warnings) = decode_object(&target, &query, object, false)?;
    let served = target.served.clone();
    require_namespace(&api, &target)?;
    let metadata = metadata_mut(&mut value);
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    // Without either, the missing name is reported together with other validation errors.
    let (given, prefix) = (text("name"), text("generateName"));
    let is_generated = given.is_empty() && !prefix.is_empty();
    let mut attempts = if is_generated { GENERATED_MAX } else { 1 };
    loop {
        attempts -= 1;
        let name = if is_generated { generated_name(&prefix) } else { given.clone() };
        let context = target.write_context(&name, &query, headers, reserved);
        let key = served.key(target.namespace.as_deref(), &name);
        let (all_warnings, value) = (context.add_warnings(warnings.clone()), value.clone());
        let written = api.store.write(key, move |current| context.create(current, value.clone())).await;
        if attempts > 0 && matches!(&written, Ok(Err(error)) if error.is_already_exists()) {
            continue;
        }
        return respond(&served, written, StatusCode::CREATED, &all_warnings, response_format(headers), &query);
    }
}

fn require_namespace(api: &ServerState, target: &RequestTarget) -> Result<(), ApiError> {
    let Some(namespace) = &target.namespace else { return Ok(()) };
    let at = Key { kind: "namespaces".into(), namespace: String::new(), name: namespace.clone() };
    match api.store.get(&at).is_some() || api.store.damage(&at).is_some() {
        true => Ok(()),
        false => {
            let namespaces = api.kinds.iter().find(|k| k.store_key == "namespaces");
            Err(namespaces.map_or_else(ApiError::path_not_found, |n| ApiError::not_found(&n.resource, namespace)))
        }
    }
}

/// Replaces an object.
pub async fn update(
    api: Arc<ServerState>,
    target: RequestTarget,
    query: Query,
    (headers, reserved): (&HeaderMap, &Reserved),
    object: RequestObject,
) -> Result<Response, ApiError> {
    let (value, warnings) = decode_object(&target, &query, object, false)?;
    let name = target.name.clone().unwrap_or_default();
    check_name_matches(&value, &name)?;
    let served = target.served.clone();
    let context = target.write_context(&name, &query, headers, reserved);
    let key = served.key(target.namespace.as_deref(), &name);
    let all_warnings = context.add_warnings(warnings);
    // There is nothing left that a damaged object could be compared with.
    let is_damaged = api.store.damage(&key).is_some() && !target.status;
    let update = move |current: Option<&StoredObject>| match current {
        None if is_damaged => {
            let mut value = value.clone();
            metadata_mut(&mut value).remove("resourceVersion");
            context.create(None, value)
        }
        current => context.update(current, value.clone()),
    };
    let written = api.store.write(key, update).await;
    respond(&served, written, StatusCode::OK, &all_warnings, response_format(headers), &query)
}

/// Patches or applies an object.
pub async fn patch(
    api: Arc<ServerState>,
    target: RequestTarget,
    query: Query,
    (headers, reserved): (&HeaderMap, &Reserved),
    bytes: &[u8],
) -> Result<Response, ApiError> {
    let media_type = media_type(headers);
    let name = target.name.clone().unwrap_or_default();
    let served = target.served.clone();
    let mut warnings = Vec::new();
    let as_json = || serde_json::from_slice(bytes).map_err(|e| ApiError::bad_request(e.to_string()));
    let patch = match media_type {
        "application/json-patch+json" => PatchBody::Json(json_patch::parse(bytes)?),
        "application/merge-patch+json" => PatchBody::Merge(as_json()?),
        "application/strategic-merge-patch+json" if !served.resource.custom => PatchBody::Strategic(as_json()?),
        "application/apply-patch+yaml" => {
            let (value, all_warnings) = decode_applied(&api, &target, &query, &name, parse_object(media_type, bytes)?)?;
            warnings = all_warnings;
            PatchBody::Apply { value, force: query.force }
        }
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml (got {other:?})"
            );
            let error = ApiError::unsupported_media_type(message);
            return Err(if served.resource.custom { error } else { error.with_empty_details() });
        }
    };
    let context = target.write_context(&name, &query, headers, reserved);
    let key = served.key(target.namespace.as_deref(), &name);
    let existed = api.store.get(&key).is_some();
    if let Some(why) = api.store.damage(&key).filter(|_| !matches!(patch, PatchBody::Apply { .. })) {
        return Err(damaged(&key, &why));
    }
    let all_warnings = context.add_warnings(warnings);
    let written = api.store.write(key, move |current| context.patch(current, &patch)).await;
    let code = if existed { StatusCode::OK } else { StatusCode::CREATED };
    respond(&served, written, code, &all_warnings, response_format(headers), &query)
}

/// Decodes an applied configuration. Unknown and duplicate fields are errors.
fn decode_applied(
    api: &ServerState,
    target: &RequestTarget,
    query: &Query,
    name: &str,
    object: RequestObject,
) -> Result<(Value, Vec<String>), ApiError> {
    let served = &target.served;
    if object.value.pointer("/metadata/managedFields").and_then(Value::as_array).is_some_and(|m| !m.is_empty()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    if query.field_validation == FieldValidation::Strict && !object.duplicates.is_empty() {
        return Err(ApiError::bad_request(format!(
            "error strict decoding YAML: duplicate field {:?}",
            object.duplicates
        )));
    }
    let mut checked = object.value.clone();
    check_kind(served, &mut checked, true)?;
    let unknown =
        served.schema.prune(&mut checked).first().map(|path| format!(".{path}: field not declared in schema"));
    let decode_error = || match served.resource.custom {
        true => served.schema.decode_metadata(&mut checked),
        false => served.schema.decode(&mut checked),
    };
    if let Some(what) = unknown.or_else(|| apply::ambiguous(&served.schema, &object.value)).or_else(decode_error) {
        let Resource { kind, .. } = &served.resource;
        let namespace = target.namespace.as_deref().unwrap_or_default();
        let of = format!("{namespace}/{name}; {}, Kind={kind}", served.resource.api_version());
        return Err(ApiError::without_reason(format!("failed to create typed patch object ({of}): {what}")));
    }
    let (value, warnings) = decode_object(target, query, object, true)?;
    require_namespace(api, target)?;
    check_name_matches(&value, name)?;
    Ok((value, warnings))
}

/// The response to a write, with its warnings.
fn respond(
    served: &ServedKind,
    written: Result<Result<Value, ApiError>, StoreError>,
    code: StatusCode,
    all_warnings: &Warnings,
    format: ResponseFormat,
    query: &Query,
) -> Result<Response, ApiError> {
    let written = written.map_err(store_error).and_then(|written| written);
    let shown = written.and_then(|value| in_format(&served.resource, served.to_served(value), format, query));
    let mut response = answer(shown.map(|value| (code, value)));
    for warning in shortened(&all_warnings.lock().unwrap_or_else(PoisonError::into_inner)) {
        if let Ok(value) = HeaderValue::from_str(&format!("299 - {warning:?}")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    Ok(response)
}

fn shortened(warnings: &[String]) -> Vec<String> {
    let first = || warnings.iter().take(WARNINGS_MAX);
    let length: usize = first().map(|warning| warning.chars().count()).sum();
    let each = if length > WARNINGS_LENGTH_MAX { WARNING_LENGTH_MAX } else { WARNINGS_LENGTH_MAX };
    first().map(|warning| warning.chars().take(each).collect()).collect()
}
