//! Get, list, watch.

use super::response::{answer, shaped, text};
use crate::controlplane::request::{Accepts, Place, Query};
use crate::controlplane::served::Served;
use crate::controlplane::state::ServerState;
use crate::controlplane::status::ApiError;
use crate::controlplane::store::{Key, Listed};
use crate::controlplane::{table, watch};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Items of one page where the client names none: all.
const LIMIT_MAX: usize = 100_000;

/// Opens a watch.
pub fn watch(api: &ServerState, place: Place, query: Query, form: Accepts) -> Result<Response, ApiError> {
    query.version().map_err(|error| ApiError::plain(error.message))?;
    if form == Accepts::Table {
        query.check_table()?;
    }
    let body = watch::stream(api.store.clone(), place.served, place.namespace, query, form, api.stop.clone());
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

/// One object.
pub fn get(api: &ServerState, place: &Place, name: &str, form: Accepts, query: &Query) -> Result<Response, ApiError> {
    let served = &place.served;
    match query.version() {
        Ok(wanted) => check_reached(api, wanted)?,
        Err(error) if served.resource.custom => return Err(error),
        Err(error) => return Err(ApiError::plain(error.message)),
    }
    let stored = api.store.get(&served.key(place.namespace.as_deref(), name));
    let stored = stored.ok_or_else(|| ApiError::not_found(&served.resource, name))?;
    if form.is_plain() && !served.is_new_event() {
        return Ok(text(StatusCode::OK, "application/json", stored.json.to_string()));
    }
    let value = served.shown(stored.value());
    Ok(answer(Ok((StatusCode::OK, shaped(&served.resource, value, form, query)?))))
}

/// A version that is still to come is not waited for.
fn check_reached(api: &ServerState, version: Option<u64>) -> Result<(), ApiError> {
    let current = api.store.version();
    match version.filter(|wanted| *wanted > current) {
        Some(wanted) => Err(ApiError::version_to_come(wanted, current)),
        None => Ok(()),
    }
}

/// The objects of a kind, or a page of them.
pub fn list(api: &ServerState, place: &Place, query: &Query, form: Accepts) -> Result<Response, ApiError> {
    let served = &place.served;
    if form == Accepts::Partial {
        return Err(ApiError::not_acceptable());
    }
    let listed = listed(api, place, query)?;
    let page = Page::cut(&listed, served, query, form);
    let mut meta = json!({"resourceVersion": listed.version.to_string()});
    if served.resource.custom && form == Accepts::Json {
        meta["continue"] = "".into();
    }
    if let Some((token, left)) = &page.next {
        meta["continue"] = token.as_str().into();
        // How many are left is known only where nothing is selected.
        if !query.selects {
            meta["remainingItemCount"] = (*left).into();
        }
    }
    if form == Accepts::Table {
        query.check_table()?;
        let table = table::render(&served.resource, &page.values, meta, Timestamp::now(), query.include_object(), true);
        return Ok(answer(Ok((StatusCode::OK, table))));
    }
    let (kind, api_version) = match form {
        Accepts::PartialList => ("PartialObjectMetadata", "meta.k8s.io/v1".to_string()),
        _ => (served.resource.kind.as_str(), served.resource.api_version()),
    };
    let items = page.items(form);
    let body =
        format!("{{\"kind\":\"{kind}List\",\"apiVersion\":\"{api_version}\",\"metadata\":{meta},\"items\":[{items}]}}");
    Ok(text(StatusCode::OK, "application/json", body))
}

/// The objects from where the page begins: now, or as they stood when the first page was told.
fn listed(api: &ServerState, place: &Place, query: &Query) -> Result<Listed, ApiError> {
    let (kind, namespace) = (&place.served.store_key, place.namespace.as_deref());
    if let Some(token) = &query.from {
        if query.resource_version.as_deref().is_some_and(|version| version != "0") {
            return Err(ApiError::bad_request("specifying resource version is not allowed when using continue"));
        }
        let token = Token::decode(token)?;
        let from = place.served.key(Some(&token.namespace), &token.name);
        let listed = api.store.list_at(kind, namespace, Some(&from), token.version);
        return listed.ok_or_else(ApiError::continue_expired);
    }
    let version = query.version()?;
    check_reached(api, version)?;
    match (query.exact, version) {
        (true, Some(version)) => api.store.list_at(kind, namespace, None, version).ok_or_else(ApiError::expired),
        _ => Ok(api.store.list(kind, namespace)),
    }
}

/// What of a list is told at once.
struct Page<'a> {
    /// Stored texts, told as they are.
    texts: Vec<&'a str>,
    /// Or objects, where they had to be read.
    values: Vec<Value>,
    /// Where the next page begins, and how many objects are left.
    next: Option<(String, usize)>,
}

impl Page<'_> {
    fn cut<'a>(listed: &'a Listed, served: &Served, query: &Query, form: Accepts) -> Page<'a> {
        let limit = query.limit.unwrap_or(LIMIT_MAX).min(LIMIT_MAX);
        // The items of a list of core do not say what they are: the list says it.
        let is_plain = !query.selects && form.is_plain() && served.resource.custom;
        let mut page = Page { texts: Vec::new(), values: Vec::new(), next: None };
        for (i, (_, stored)) in listed.items.iter().enumerate() {
            if page.texts.len().max(page.values.len()) >= limit {
                let last = i.checked_sub(1).and_then(|last| listed.items.get(last));
                page.next = last.map(|(key, _)| (Token::encode(key, listed.version), listed.items.len() - i));
                break;
            }
            if is_plain {
                page.texts.push(&stored.json);
                continue;
            }
            let value = stored.value();
            if query.labels.matches(&value) && query.fields.matches(&value) {
                let mut value = served.shown(value);
                if form.is_plain() && !served.resource.custom {
                    value
                        .as_object_mut()
                        .into_iter()
                        .for_each(|v| v.retain(|name, _| name != "kind" && name != "apiVersion"));
                }
                page.values.push(value);
            }
        }
        page
    }

    fn items(&self, form: Accepts) -> String {
        if !self.texts.is_empty() {
            return self.texts.join(",");
        }
        let shown = |value: &Value| {
            if form == Accepts::PartialList { table::partial(value).to_string() } else { value.to_string() }
        };
        self.values.iter().map(shown).collect::<Vec<_>>().join(",")
    }
}

/// Where a page begins: after this object, at this version.
struct Token {
    version: u64,
    namespace: String,
    name: String,
}

impl Token {
    fn encode(key: &Key, version: u64) -> String {
        URL_SAFE_NO_PAD.encode(json!({"v": version, "ns": key.namespace, "name": key.name}).to_string())
    }

    fn decode(text: &str) -> Result<Token, ApiError> {
        let read = || {
            let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let text = |field: &str| value[field].as_str().map(String::from);
            Some(Token { version: value["v"].as_u64()?, namespace: text("ns")?, name: text("name")? })
        };
        read().ok_or_else(|| ApiError::bad_request("continue: not a token of this server"))
    }
}
