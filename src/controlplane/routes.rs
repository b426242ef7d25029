//! Requests in, answers out.

use super::request::{Accepts, FieldValidation, Place, Query, accepts, locate};
use super::resource::Resource;
use super::status::ApiError;
use super::store::{Key, StoreError};
use super::write::{How, PatchBody, metadata_mut};
use super::{Api, Served, discovery, events, openapi, protobuf, table, watch};
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// Bodies of requests are read up to this.
const BODY_MAX: usize = 3 << 20;
/// Items of one page where the client names none: all.
const LIMIT_MAX: usize = 100_000;

/// Answers a request.
pub async fn handle(api: Arc<Api>, request: Request<Body>) -> Response {
    let path = request.uri().path().to_string();
    let is_public = matches!(path.as_str(), "/livez" | "/readyz" | "/healthz");
    if is_public {
        return "ok".into_response();
    }
    if !api.token.is_borne(request.headers()) {
        return answer(Err(ApiError::unauthorized()));
    }
    if request.method() == Method::GET
        && let Some(document) = documents(&api, &path, request.headers())
    {
        return document;
    }
    match locate(&path, &api.kinds) {
        Some(place) => resource(api, place, request).await.unwrap_or_else(|error| answer(Err(error))),
        None => answer(Err(ApiError::no_path())),
    }
}

fn answer(result: Result<(StatusCode, Value), ApiError>) -> Response {
    let (code, value) = result.unwrap_or_else(|error| (error.code, error.to_value()));
    text(code, "application/json", value.to_string())
}

fn text(code: StatusCode, media_type: &'static str, body: String) -> Response {
    (code, [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], body).into_response()
}

/// Discovery and OpenAPI.
fn documents(api: &Api, path: &str, headers: &HeaderMap) -> Option<Response> {
    let resources = &api.resources;
    let aggregated = accepts(headers) == Accepts::Discovery;
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let value = match parts.as_slice() {
        ["version"] => discovery::version(),
        ["api" | "apis"] if aggregated => {
            let document = discovery::aggregated(resources, parts[0] == "api").to_string();
            let media_type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            return Some(text(StatusCode::OK, media_type, document));
        }
        ["api"] => discovery::api_versions(&api.address),
        ["apis"] => discovery::api_groups(resources),
        ["apis", group] => discovery::api_group(resources, group)?,
        ["api", version] => discovery::resource_list(resources, "", version)?,
        ["apis", group, version] => discovery::resource_list(resources, group, version)?,
        ["openapi", "v3"] => openapi::index(resources),
        ["openapi", "v3", "api", version] => openapi::document(resources, "", version)?,
        ["openapi", "v3", "apis", group, version] => openapi::document(resources, group, version)?,
        _ => return None,
    };
    Some(answer(Ok((StatusCode::OK, value))))
}

async fn resource(api: Arc<Api>, place: Place, request: Request<Body>) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query(), &place.served)?;
    let form = accepts(&parts.headers);
    match (&parts.method, &place.name) {
        (&Method::GET, _) if !place.served.resource.is_stored() => Err(ApiError::method(&parts.method)),
        (&Method::GET, None) if query.watch => Ok(watch_response(&api, place, query, form)),
        (&Method::GET, None) => list(&api, &place, &query, form),
        (&Method::GET, Some(name)) => get(&api, &place, name, form, &query),
        (&Method::POST, None) => {
            let value = read_body(&parts.headers, body).await?;
            if place.served.resource.is_stored() {
                create(api, place, query, &parts.headers, value).await
            } else {
                Ok(answer(Ok((StatusCode::CREATED, review(value)))))
            }
        }
        (&Method::PUT, Some(_)) => {
            let value = read_body(&parts.headers, body).await?;
            update(api, place, query, &parts.headers, value).await
        }
        (&Method::PATCH, Some(_)) => patch(api, place, query, &parts.headers, body).await,
        (&Method::DELETE, _) if place.served.resource.is_stored() && !place.status => {
            let options = match to_bytes(body, BODY_MAX).await {
                Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
                Err(_) => return Err(too_large()),
            };
            delete(api, place, query, &options).await
        }
        (method, _) => Err(ApiError::method(method)),
    }
}

fn too_large() -> ApiError {
    ApiError::too_large(format!("a request may have at most {BODY_MAX} bytes"))
}

/// A body of JSON or YAML.
async fn read_body(headers: &HeaderMap, body: Body) -> Result<Value, ApiError> {
    let bytes = to_bytes(body, BODY_MAX).await.map_err(|_| too_large())?;
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("application/json");
    parse_body(media_type.split(';').next().unwrap_or_default().trim(), &bytes)
}

fn parse_body(media_type: &str, bytes: &[u8]) -> Result<Value, ApiError> {
    let value: Value = match media_type {
        "application/json" | "" => serde_json::from_slice(bytes).map_err(|e| ApiError::bad_request(e.to_string()))?,
        protobuf::MEDIA_TYPE => protobuf::decode(bytes).ok_or_else(|| {
            ApiError::media_type("this kind is taken as application/json or application/yaml, not as protobuf")
        })?,
        "application/yaml" | "application/apply-patch+yaml" => {
            let text = std::str::from_utf8(bytes).map_err(|e| ApiError::bad_request(e.to_string()))?;
            // JSON is what most clients send here, and it is quicker to read.
            let json = serde_json::from_str(text);
            json.or_else(|_| serde_saphyr::from_str(text)).map_err(|e| ApiError::bad_request(e.to_string()))?
        }
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml (got {other:?})"
            );
            return Err(ApiError::media_type(message));
        }
    };
    if value.is_object() { Ok(value) } else { Err(ApiError::bad_request("the body is not an object")) }
}

/// Everybody who bears the token may do everything.
fn review(mut value: Value) -> Value {
    value["status"] = match value["kind"].as_str() {
        Some("SelfSubjectReview") => json!({"userInfo": {"username": super::auth::USER, "groups": ["system:masters"]}}),
        _ => json!({"allowed": true}),
    };
    value
}

fn watch_response(api: &Api, place: Place, query: Query, form: Accepts) -> Response {
    let mut query = query;
    // A watch of one name, as kubectl wait sends it, goes by the field selector.
    query.selects |= place.name.is_some();
    let body = watch::stream(api.store.clone(), place.served, place.namespace, query, form, api.stop.clone());
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

fn key(served: &Served, namespace: Option<&str>, name: &str) -> Key {
    Key { kind: served.store_key.clone(), namespace: namespace.unwrap_or_default().into(), name: name.into() }
}

fn get(api: &Api, place: &Place, name: &str, form: Accepts, query: &Query) -> Result<Response, ApiError> {
    let served = &place.served;
    let stored = api.store.get(&key(served, place.namespace.as_deref(), name));
    let stored = stored.ok_or_else(|| ApiError::not_found(&served.resource, name))?;
    if form != Accepts::Table && !served.is_new_event() {
        return Ok(text(StatusCode::OK, "application/json", stored.json.to_string()));
    }
    let value = served.shown(stored.value());
    Ok(answer(Ok((StatusCode::OK, shaped(&served.resource, value, form, query)))))
}

fn shaped(resource: &Resource, value: Value, form: Accepts, query: &Query) -> Value {
    if form != Accepts::Table {
        return value;
    }
    let meta = json!({"resourceVersion": value.pointer("/metadata/resourceVersion")});
    table::render(resource, [&value], meta, Timestamp::now(), query.include_object(), true)
}

fn list(api: &Api, place: &Place, query: &Query, form: Accepts) -> Result<Response, ApiError> {
    let served = &place.served;
    let from = query.from.as_deref().map(decode_continue).transpose()?;
    let from = from.map(|(namespace, name)| key(served, Some(&namespace), &name));
    let (found, version) = api.store.list(&served.store_key, place.namespace.as_deref(), from.as_ref());
    let limit = query.limit.unwrap_or(LIMIT_MAX).min(LIMIT_MAX);
    let is_plain = !query.selects && form != Accepts::Table && !served.is_new_event();
    let (mut texts, mut values, mut next) = (Vec::new(), Vec::new(), None);
    let mut last: Option<&Key> = None;
    for (at, stored) in &found {
        if texts.len().max(values.len()) >= limit {
            next = last.map(encode_continue);
            break;
        }
        last = Some(at);
        if is_plain {
            texts.push(&*stored.json);
            continue;
        }
        let value = stored.value();
        if query.labels.matches(&value) && query.fields.matches(&value) {
            values.push(served.shown(value));
        }
    }
    let mut meta = json!({"resourceVersion": version.to_string()});
    if let Some(next) = next {
        meta["continue"] = next.into();
    }
    if form == Accepts::Table {
        let table = table::render(&served.resource, &values, meta, Timestamp::now(), query.include_object(), true);
        return Ok(answer(Ok((StatusCode::OK, table))));
    }
    let rendered: Vec<String> = values.iter().map(Value::to_string).collect();
    let items = if is_plain { texts.join(",") } else { rendered.join(",") };
    let Resource { kind, .. } = &served.resource;
    let api_version = served.resource.api_version();
    let body =
        format!("{{\"kind\":\"{kind}List\",\"apiVersion\":\"{api_version}\",\"metadata\":{meta},\"items\":[{items}]}}");
    Ok(text(StatusCode::OK, "application/json", body))
}

fn encode_continue(key: &Key) -> String {
    format!("{}/{}", key.namespace, key.name)
}

fn decode_continue(text: &str) -> Result<(String, String), ApiError> {
    let split = text.split_once('/').map(|(namespace, name)| (namespace.to_string(), name.to_string()));
    split.ok_or_else(|| ApiError::bad_request("continue: not a token of this server"))
}

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

fn check_name(resource: &Resource, name: &str) -> Result<(), ApiError> {
    let part = |p: &str| {
        !p.is_empty()
            && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !p.starts_with('-')
            && !p.ends_with('-')
    };
    if name.len() <= 253 && name.split('.').all(part) {
        return Ok(());
    }
    let message = format!(
        "Invalid value: {name:?}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
    );
    let cause = super::schema::Cause { reason: "FieldValueInvalid", message, field: "metadata.name".into() };
    Err(ApiError::invalid(resource, name, &[cause]))
}

impl Place {
    fn how(&self, name: &str, query: &Query, headers: &HeaderMap) -> How {
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

async fn create(
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
            let cause = super::schema::Cause { reason: "FieldValueRequired", message, field: "metadata.name".into() };
            return Err(ApiError::invalid(&served.resource, "", &[cause]));
        }
    };
    check_name(&served.resource, &name)?;
    let how = place.how(&name, &query, headers);
    let key = key(&served, place.namespace.as_deref(), &name);
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

async fn update(
    api: Arc<Api>,
    place: Place,
    query: Query,
    headers: &HeaderMap,
    value: Value,
) -> Result<Response, ApiError> {
    let (value, warnings) = admit(&place, &query, value)?;
    let name = place.name.clone().unwrap_or_default();
    let given = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    if given != name {
        let message = format!("the name of the object ({given}) does not match the name on the URL ({name})");
        return Err(ApiError::bad_request(message));
    }
    let served = place.served.clone();
    let how = place.how(&name, &query, headers);
    let key = key(&served, place.namespace.as_deref(), &name);
    let written = api.store.write(key, move |current| how.update(current, value)).await;
    finish(&served, written, StatusCode::OK, &warnings, accepts(headers), &query)
}

async fn patch(
    api: Arc<Api>,
    place: Place,
    query: Query,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = to_bytes(body, BODY_MAX).await.map_err(|_| too_large())?;
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
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
            let (value, told) = admit(&place, &query, parse_body(media_type, &bytes)?)?;
            if query.field_manager.is_none() {
                return Err(ApiError::bad_request("fieldManager is required for apply patch"));
            }
            require_namespace(&api, &place)?;
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
    let name = place.name.clone().unwrap_or_default();
    check_name(&served.resource, &name)?;
    let how = place.how(&name, &query, headers);
    let key = key(&served, place.namespace.as_deref(), &name);
    let existed = api.store.get(&key).is_some();
    let written = api.store.write(key, move |current| how.patch(current, patch).0).await;
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

async fn delete(api: Arc<Api>, place: Place, query: Query, options: &Value) -> Result<Response, ApiError> {
    let served = place.served.clone();
    let mut query = query;
    query.dry_run |= options["dryRun"].as_array().is_some_and(|d| d.iter().any(|v| v == "All"));
    let Some(name) = place.name.clone() else { return delete_all(&api, &place, &query).await };
    let precondition = |field: &str| options["preconditions"][field].as_str().map(String::from);
    let (uid, version) = (precondition("uid"), precondition("resourceVersion"));
    if served.store_key == "namespaces" && !query.dry_run {
        empty_namespace(&api, &name).await?;
    }
    let how = place.how(&name, &query, &HeaderMap::new());
    let at = key(&served, place.namespace.as_deref(), &name);
    let deleted = api.store.write(at, move |current| how.delete(current, uid.as_deref(), version.as_deref())).await;
    let value = deleted.map_err(store_error)??;
    if value.pointer("/metadata/deletionTimestamp").is_some() && value.pointer("/metadata/finalizers/0").is_some() {
        return Ok(answer(Ok((StatusCode::OK, served.shown(value)))));
    }
    let Resource { group, plural, .. } = &served.resource;
    let details = json!({"name": name, "group": group, "kind": plural, "uid": value.pointer("/metadata/uid")});
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    Ok(answer(Ok((StatusCode::OK, status))))
}

async fn delete_all(api: &Api, place: &Place, query: &Query) -> Result<Response, ApiError> {
    let served = &place.served;
    let (found, version) = api.store.list(&served.store_key, place.namespace.as_deref(), None);
    let mut items = Vec::new();
    for (at, stored) in found {
        let value = stored.value();
        if query.labels.matches(&value) && query.fields.matches(&value) {
            let mut how = place.how(&at.name, query, &HeaderMap::new());
            how.namespace.clone_from(&at.namespace);
            match api.store.write(at, move |current| how.delete(current, None, None)).await.map_err(store_error)? {
                Ok(value) => items.push(served.shown(value)),
                // Gone meanwhile: that is what was wanted.
                Err(error) if error.code == StatusCode::NOT_FOUND => {}
                Err(error) => return Err(error),
            }
        }
    }
    let list = json!({
        "kind": format!("{}List", served.resource.kind),
        "apiVersion": served.resource.api_version(),
        "metadata": {"resourceVersion": version.to_string()},
        "items": items,
    });
    Ok(answer(Ok((StatusCode::OK, list))))
}

async fn empty_namespace(api: &Api, namespace: &str) -> Result<(), ApiError> {
    for served in api.kinds.iter().filter(|k| k.resource.namespaced && k.resource.is_stored()) {
        let place = Place { served: served.clone(), namespace: Some(namespace.to_string()), name: None, status: false };
        delete_all(api, &place, &Query::default()).await?;
    }
    Ok(())
}

fn store_error(error: StoreError) -> ApiError {
    ApiError::internal(error.to_string())
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
