//! Get, list, watch.

use super::response::{answer, damaged, in_format, text};
use crate::controlplane::object::to_json;
use crate::controlplane::request::{Query, RequestTarget, ResponseFormat};
use crate::controlplane::served_kind::ServedKind;
use crate::controlplane::state::ServerState;
use crate::controlplane::status::ApiError;
use crate::controlplane::store::{Key, ListResult, StoredObject};
use crate::controlplane::{Reached, table, watch};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Maximum number of items of one page.
const LIMIT_MAX: usize = 100_000;

/// Starts a watch. With a guard it is ended if its client does not read.
pub fn watch(
    api: &ServerState,
    is_guarded: bool,
    target: RequestTarget,
    query: Query,
    format: ResponseFormat,
) -> Result<Response, ApiError> {
    query.version().map_err(|error| ApiError::without_reason(error.message))?;
    if format == ResponseFormat::Table {
        query.check_table()?;
    }
    let guard = is_guarded.then(|| {
        let report = api.report.clone();
        let report = Box::new(move || report(Reached::WatchBacklog, "the client of a watch does not read"));
        watch::Guard { backlog: api.limits.watch_backlog, report }
    });
    let stop = api.stop.clone();
    let body = watch::stream(api.store.reader(), target.served, target.namespace, query, format, stop, guard);
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

/// Gets one object.
pub fn get(
    api: &ServerState,
    target: &RequestTarget,
    name: &str,
    format: ResponseFormat,
    query: &Query,
) -> Result<Response, ApiError> {
    let served = &target.served;
    match query.version() {
        Ok(wanted) => check_reached(api, wanted)?,
        Err(error) if served.resource.custom => return Err(error),
        Err(error) => return Err(ApiError::without_reason(error.message)),
    }
    let key = served.key(target.namespace.as_deref(), name);
    let absent =
        || api.store.damage(&key).map_or(ApiError::not_found(&served.resource, name), |why| damaged(&key, &why));
    let stored = api.store.get(&key).ok_or_else(absent)?;
    if format.is_plain() && !served.is_events_v1() {
        return Ok(text(StatusCode::OK, "application/json", stored.json.get().into_owned()));
    }
    let value = served.to_served(stored.value());
    Ok(answer(Ok((StatusCode::OK, in_format(&served.resource, value, format, query)?))))
}

/// Rejects a resourceVersion that is newer than the current one.
fn check_reached(api: &ServerState, version: Option<u64>) -> Result<(), ApiError> {
    let current = api.store.version();
    match version.filter(|wanted| *wanted > current) {
        Some(wanted) => Err(ApiError::version_too_large(wanted, current)),
        None => Ok(()),
    }
}

/// Lists objects of a kind, or a page of them.
pub fn list(
    api: &ServerState,
    target: &RequestTarget,
    query: &Query,
    format: ResponseFormat,
) -> Result<Response, ApiError> {
    let served = &target.served;
    if format == ResponseFormat::Partial {
        return Err(ApiError::not_acceptable());
    }
    let listed = listed(api, target, query)?;
    let page = Page::cut(&listed, served, query, format);
    let mut meta = json!({"resourceVersion": listed.version.to_string()});
    if served.resource.custom && format == ResponseFormat::Json {
        meta["continue"] = "".into();
    }
    if let Some((token, left)) = &page.next {
        meta["continue"] = token.as_str().into();
        // The number of remaining items is known only without a selector.
        if !query.has_selector {
            meta["remainingItemCount"] = (*left).into();
        }
    }
    if format == ResponseFormat::Table {
        query.check_table()?;
        let table =
            table::render(&served.resource, &page.objects, meta, Timestamp::now(), query.include_object(), true);
        return Ok(answer(Ok((StatusCode::OK, table))));
    }
    let (kind, api_version) = match format {
        ResponseFormat::PartialList => ("PartialObjectMetadata", "meta.k8s.io/v1".to_string()),
        _ => (served.resource.kind.as_str(), served.resource.api_version()),
    };
    let items = page.items(format);
    let body =
        format!("{{\"kind\":\"{kind}List\",\"apiVersion\":\"{api_version}\",\"metadata\":{meta},\"items\":[{items}]}}");
    Ok(text(StatusCode::OK, "application/json", body))
}

/// The objects from the start of the page: current ones, or those at the version of the first page.
fn listed(api: &ServerState, target: &RequestTarget, query: &Query) -> Result<ListResult, ApiError> {
    let (kind, namespace) = (&target.served.store_key, target.namespace.as_deref());
    // How many objects a selector passes over is not known.
    let most = if query.has_selector { usize::MAX } else { limit(query) };
    if let Some(token) = &query.continue_token {
        if query.resource_version.as_deref().is_some_and(|version| version != "0") {
            return Err(ApiError::bad_request("specifying resource version is not allowed when using continue"));
        }
        let token = ContinueToken::decode(token)?;
        let from = target.served.key(Some(&token.namespace), &token.name);
        let listed = api.store.list_at(kind, namespace, Some(&from), token.version, most);
        return listed.ok_or_else(ApiError::continue_expired);
    }
    let version = query.version()?;
    check_reached(api, version)?;
    match (query.exact, version) {
        (true, Some(version)) => {
            api.store.list_at(kind, namespace, None, version, most).ok_or_else(ApiError::resource_version_expired)
        }
        _ => Ok(api.store.first(kind, namespace, most)),
    }
}

/// Maximum number of items of the page.
fn limit(query: &Query) -> usize {
    query.limit.unwrap_or(LIMIT_MAX).min(LIMIT_MAX)
}

/// A page of a list.
struct Page<'a> {
    /// Items as stored JSON, if they need no conversion.
    stored_json: Vec<Cow<'a, str>>,
    /// Items as objects, otherwise.
    objects: Vec<Value>,
    /// Continue token and number of remaining items.
    next: Option<(String, usize)>,
}

impl Page<'_> {
    fn cut<'a>(listed: &'a ListResult, served: &ServedKind, query: &Query, format: ResponseFormat) -> Page<'a> {
        let limit = limit(query);
        let next = |last: &(Key, StoredObject), left: usize| (ContinueToken::encode(&last.0, listed.version), left);
        // Items of a list of a built-in kind have no kind and apiVersion.
        let is_plain = !query.has_selector && format.is_plain() && served.resource.custom;
        let mut page = Page { stored_json: Vec::new(), objects: Vec::new(), next: None };
        for (i, (_, stored)) in listed.items.iter().enumerate() {
            if page.stored_json.len().max(page.objects.len()) >= limit {
                let last = i.checked_sub(1).and_then(|last| listed.items.get(last));
                page.next = last.map(|last| next(last, listed.items.len() - i));
                break;
            }
            if is_plain {
                page.stored_json.push(stored.json.get());
                continue;
            }
            let value = stored.value();
            if query.labels.matches(&value) && query.fields.matches(&value) {
                let mut value = served.to_served(value);
                if format.is_plain() && !served.resource.custom {
                    value
                        .as_object_mut()
                        .into_iter()
                        .for_each(|v| v.retain(|name, _| name != "kind" && name != "apiVersion"));
                }
                page.objects.push(value);
            }
        }
        if let (Some(last), 1..) = (listed.items.last(), listed.left) {
            page.next = Some(next(last, listed.left));
        }
        page
    }

    fn items(&self, format: ResponseFormat) -> String {
        if !self.stored_json.is_empty() {
            return self.stored_json.join(",");
        }
        let shown = |value: &Value| {
            if format == ResponseFormat::PartialList { to_json(&table::partial(value)) } else { to_json(value) }
        };
        self.objects.iter().map(shown).collect::<Vec<_>>().join(",")
    }
}

/// A continue token: the last object of the page, and the version of the list.
struct ContinueToken {
    version: u64,
    namespace: String,
    name: String,
}

impl ContinueToken {
    fn encode(key: &Key, version: u64) -> String {
        URL_SAFE_NO_PAD.encode(json!({"v": version, "ns": key.namespace, "name": key.name}).to_string())
    }

    fn decode(text: &str) -> Result<ContinueToken, ApiError> {
        let read = || {
            let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let text = |field: &str| value[field].as_str().map(String::from);
            Some(ContinueToken { version: value["v"].as_u64()?, namespace: text("ns")?, name: text("name")? })
        };
        read().ok_or_else(|| ApiError::bad_request("continue key is not valid"))
    }
}
