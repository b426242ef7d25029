//! What a request asks for: its path, its query, what it accepts.

use super::Served;
use super::selector::{FieldSelector, LabelSelector};
use super::status::ApiError;
use super::table::IncludeObject;
use http::{HeaderMap, header};
use std::sync::Arc;

/// A kind, and where in it.
#[derive(Clone)]
pub struct Place {
    pub served: Arc<Served>,
    /// `None` where all namespaces are meant, or the kind has none.
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub status: bool,
}

/// Finds the kind that a path means; `None` where there is none.
pub fn locate(path: &str, kinds: &[Arc<Served>]) -> Option<Place> {
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let find = |plural: &str| {
        let matches = |s: &&Arc<Served>| {
            (s.resource.group.as_str(), s.resource.version.as_str(), s.resource.plural.as_str())
                == (group, version, plural)
        };
        kinds.iter().find(matches).cloned()
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, plural, ..] if find(plural).is_some_and(|s| s.resource.namespaced) => {
            (Some(namespace.to_string()), &rest[2..])
        }
        _ => (None, rest),
    };
    let (plural, name, status) = match rest {
        [plural] => (*plural, None, false),
        [plural, name] => (*plural, Some(name.to_string()), false),
        [plural, name, "status"] => (*plural, Some(name.to_string()), true),
        _ => return None,
    };
    let served = find(plural)?;
    let is_whole = name.is_none() || served.resource.namespaced == namespace.is_some();
    let has_status = !status || served.resource.status_subresource;
    (is_whole && has_status).then_some(Place { served, namespace, name, status })
}

/// The query parameters that are honoured.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub watch: bool,
    pub labels: LabelSelector,
    pub fields: FieldSelector,
    pub selects: bool,
    pub limit: Option<usize>,
    pub from: Option<String>,
    pub resource_version: Option<String>,
    /// Whether a list is to be as it was at just that version.
    pub exact: bool,
    pub bookmarks: bool,
    pub initial_events: bool,
    pub timeout_seconds: Option<u64>,
    pub field_manager: Option<String>,
    pub field_validation: FieldValidation,
    pub force: bool,
    pub dry_run: bool,
    pub include_object: Option<String>,
}

/// What happens to fields that the schema does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    #[default]
    Warn,
    Strict,
    Ignore,
}

impl Query {
    pub fn parse(text: Option<&str>, served: &Served) -> Result<Query, ApiError> {
        let mut query = Query::default();
        for (name, value) in url::form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            let number =
                || value.parse().map_err(|_| ApiError::bad_request(format!("{name}: {value:?} is not a number")));
            let is_set = matches!(value.as_ref(), "true" | "1");
            match name.as_ref() {
                "watch" => query.watch = is_set || value.is_empty(),
                "labelSelector" if !value.is_empty() => {
                    query.labels = LabelSelector::parse(&value).map_err(ApiError::bad_request)?;
                    query.selects = true;
                }
                "fieldSelector" if !value.is_empty() => {
                    query.fields = FieldSelector::parse(&value, &served.resource).map_err(ApiError::bad_request)?;
                    query.selects = true;
                }
                "limit" => query.limit = Some(number()?).filter(|n| *n > 0).map(|n: u64| n as usize),
                "continue" if !value.is_empty() => query.from = Some(value.into_owned()),
                "resourceVersion" if !value.is_empty() => query.resource_version = Some(value.into_owned()),
                "resourceVersionMatch" => query.exact = value == "Exact",
                "allowWatchBookmarks" => query.bookmarks = is_set,
                "sendInitialEvents" => query.initial_events = is_set,
                "timeoutSeconds" => query.timeout_seconds = Some(number()?),
                "fieldManager" => {
                    if value.len() > 128 {
                        return Err(ApiError::bad_request("fieldManager: may not be more than 128 bytes"));
                    }
                    query.field_manager = Some(value.into_owned()).filter(|m| !m.is_empty());
                }
                "fieldValidation" => {
                    query.field_validation = match value.as_ref() {
                        "Strict" => FieldValidation::Strict,
                        "Ignore" => FieldValidation::Ignore,
                        "Warn" | "" => FieldValidation::Warn,
                        other => {
                            let message = format!("fieldValidation: {other:?} is not one of Ignore, Strict, Warn");
                            return Err(ApiError::bad_request(message));
                        }
                    }
                }
                "force" => query.force = is_set,
                "dryRun" => match value.as_ref() {
                    "All" => query.dry_run = true,
                    "" => {}
                    other => return Err(ApiError::bad_request(format!("dryRun: {other:?} is not All"))),
                },
                "includeObject" => query.include_object = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(query)
    }

    /// The manager that a write is recorded under: as given, else the client's name.
    pub fn manager(&self, headers: &HeaderMap) -> String {
        let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("unknown");
        let default = || agent.split('/').next().unwrap_or("unknown").chars().take(128).collect();
        self.field_manager.clone().unwrap_or_else(default)
    }

    pub fn include_object(&self) -> IncludeObject {
        IncludeObject::parse(self.include_object.as_deref().unwrap_or_default())
    }
}

/// What form an answer is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    Json,
    Table,
    /// `PartialObjectMetadata`: the metadata alone.
    Partial,
    /// The aggregated form of discovery.
    Discovery,
}

impl Accepts {
    /// Whether objects are told as they are stored.
    pub fn is_plain(self) -> bool {
        matches!(self, Accepts::Json | Accepts::Discovery)
    }
}

/// The best form that the client takes; only JSON is spoken.
pub fn accepts(headers: &HeaderMap) -> Accepts {
    let text = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    for form in text.split(',').map(str::trim) {
        let has = |what: &str| form.split(';').any(|p| p.trim() == what);
        if !form.starts_with("application/json") {
            continue;
        }
        if has("as=Table") && has("v=v1") {
            return Accepts::Table;
        }
        if (has("as=PartialObjectMetadata") || has("as=PartialObjectMetadataList")) && has("v=v1") {
            return Accepts::Partial;
        }
        if has("as=APIGroupDiscoveryList") && has("v=v2") {
            return Accepts::Discovery;
        }
        if !form.contains("as=") {
            return Accepts::Json;
        }
    }
    Accepts::Json
}
