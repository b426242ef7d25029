//! Parsing of requests: path, query parameters and accepted formats.

use super::field_validation::FieldValidation;
use super::schema::Cause;
use super::selector::{FieldSelector, LabelSelector};
use super::served_kind::ServedKind;
use super::status::ApiError;
use super::table::IncludeObject;
use http::{HeaderMap, header};
use std::sync::Arc;

/// Maximum length of a field manager, in bytes.
const MANAGER_MAX: usize = 128;

/// What a request addresses: a kind, or an object of it.
#[derive(Clone)]
pub struct RequestTarget {
    pub served: Arc<ServedKind>,
    /// `None` for all namespaces and for cluster-scoped kinds.
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub status: bool,
}

/// Why a path addresses nothing.
pub enum LocateError {
    /// The group or version is not served; the response is not a Status.
    Version,
    Kind,
    /// The kind has no such subresource.
    Subresource(Box<RequestTarget>),
}

/// Resolves the path of a request.
pub fn locate(path: &str, kinds: &[Arc<ServedKind>]) -> Result<RequestTarget, LocateError> {
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Err(LocateError::Version),
    };
    if !kinds.iter().any(|s| (s.resource.group.as_str(), s.resource.version.as_str()) == (group, version)) {
        return Err(LocateError::Version);
    }
    let find = |plural: &str| {
        let matches = |s: &&Arc<ServedKind>| {
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
    let (plural, name, part) = match rest {
        [plural] => (*plural, None, None),
        [plural, name] => (*plural, Some(name.to_string()), None),
        [plural, name, part] => (*plural, Some(name.to_string()), Some(*part)),
        _ => return Err(LocateError::Kind),
    };
    let served = find(plural).ok_or(LocateError::Kind)?;
    let has_objects = served.resource.is_stored();
    if name.is_some() && (!has_objects || served.resource.namespaced != namespace.is_some()) {
        return Err(LocateError::Kind);
    }
    let has_part = part.is_none() || (part == Some("status") && served.resource.status_subresource);
    let target = RequestTarget { served, namespace, name, status: part.is_some() };
    if has_part { Ok(target) } else { Err(LocateError::Subresource(Box::new(target))) }
}

/// The supported query parameters.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub watch: bool,
    pub labels: LabelSelector,
    pub fields: FieldSelector,
    pub has_selector: bool,
    pub limit: Option<usize>,
    pub continue_token: Option<String>,
    pub resource_version: Option<String>,
    /// Whether a list is requested exactly at `resource_version`.
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

impl Query {
    /// Parses the query parameters. Errors name `options`, such as `ListOptions`.
    pub fn parse(text: Option<&str>, served: &ServedKind, options: &str, is_apply: bool) -> Result<Query, ApiError> {
        let mut query = Query::default();
        let mut given = DependentParameters::default();
        let mut causes = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            let number = || {
                value
                    .parse::<i64>()
                    .map_err(|_| ApiError::bad_request(format!("strconv.ParseInt: parsing {value:?}: invalid syntax")))
            };
            // As Kubernetes reads them; clients in Python write `False`.
            let is_set = !(value.eq_ignore_ascii_case("false") || value == "0");
            match name.as_ref() {
                "watch" => query.watch = is_set,
                "labelSelector" if !value.is_empty() => {
                    query.labels = LabelSelector::parse(&value).map_err(ApiError::bad_request)?;
                    query.has_selector = true;
                }
                "fieldSelector" if !value.is_empty() => {
                    query.fields = FieldSelector::parse(&value, &served.resource).map_err(ApiError::bad_request)?;
                    query.has_selector = true;
                }
                "limit" => query.limit = usize::try_from(number()?).ok().filter(|n| *n > 0),
                "continue" if !value.is_empty() => query.continue_token = Some(value.into_owned()),
                "resourceVersion" if !value.is_empty() => query.resource_version = Some(value.into_owned()),
                "resourceVersionMatch" => given.version_match = value.into_owned(),
                "allowWatchBookmarks" => query.bookmarks = is_set,
                "sendInitialEvents" => given.initial_events = Some(is_set),
                "timeoutSeconds" => query.timeout_seconds = number()?.try_into().ok(),
                "fieldManager" => query.field_manager = manager(&value, &mut causes),
                "fieldValidation" => query.field_validation = field_validation(&value, &mut causes),
                "force" => {
                    query.force = is_set;
                    given.force = true;
                }
                "dryRun" => match value.as_ref() {
                    "All" => query.dry_run = true,
                    other => causes.push(unsupported("dryRun", &format!("[{other:?}]"), &["All"])),
                },
                "propagationPolicy" => check_policy(&value, &mut causes),
                "includeObject" => query.include_object = Some(value.into_owned()),
                _ => {}
            }
        }
        // As in kube-apiserver, a list at version 0 is not paged.
        if query.resource_version.as_deref() == Some("0") && query.continue_token.is_none() {
            query.limit = None;
        }
        if options == "ListOptions" {
            given.check_list(&mut query, &mut causes);
        }
        if options == "PatchOptions" {
            given.check_patch(&query, is_apply, &mut causes);
        }
        if causes.is_empty() { Ok(query) } else { Err(ApiError::invalid_options(options, &causes)) }
    }

    /// The field manager of a write. Defaults to the first part of the User-Agent.
    pub fn manager(&self, headers: &HeaderMap) -> String {
        let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("unknown");
        let default = || agent.split('/').next().unwrap_or("unknown").chars().take(128).collect();
        self.field_manager.clone().unwrap_or_else(default)
    }

    pub fn include_object(&self) -> IncludeObject {
        IncludeObject::parse(self.include_object.as_deref().unwrap_or_default()).unwrap_or(IncludeObject::Metadata)
    }

    /// The requested resourceVersion; `None` for any.
    pub fn version(&self) -> Result<Option<u64>, ApiError> {
        let Some(text) = &self.resource_version else { return Ok(None) };
        let error = |_| {
            let what = format!(
                "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
            );
            ApiError::bad_request(format!("invalid resource version: {what}"))
        };
        text.parse().map(Some).map_err(error)
    }

    /// Validates the parameters of a Table request.
    pub fn check_table(&self) -> Result<(), ApiError> {
        let text = self.include_object.as_deref().unwrap_or_default();
        let why = format!(
            "Unable to convert to Table as requested: includeObject: Invalid value: {text:?}: must be 'Metadata', 'Object', 'None', or empty"
        );
        IncludeObject::parse(text).map(drop).ok_or_else(|| ApiError::bad_request(why))
    }
}

/// Parameters whose validity depends on others.
#[derive(Default)]
struct DependentParameters {
    version_match: String,
    initial_events: Option<bool>,
    force: bool,
}

impl DependentParameters {
    fn check_list(&self, query: &mut Query, causes: &mut Vec<Cause>) {
        let version = query.resource_version.clone().unwrap_or_default();
        let mut forbid = |field: &str, why: &str| causes.push(forbidden(field, why));
        match (self.version_match.as_str(), query.watch) {
            ("", _) => {}
            (_, true) if self.initial_events.is_none() => {
                forbid(
                    "resourceVersionMatch",
                    "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                );
            }
            ("Exact" | "NotOlderThan", false) if version.is_empty() => {
                forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
            }
            ("Exact", false) if version == "0" => {
                forbid("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
            }
            ("Exact" | "NotOlderThan", false) if query.continue_token.is_some() => {
                forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
            }
            ("Exact", false) => query.exact = true,
            ("NotOlderThan", _) => {}
            (other, _) => {
                causes.push(unsupported("resourceVersionMatch", &format!("{other:?}"), &["Exact", "NotOlderThan", ""]))
            }
        }
        match (self.initial_events, query.watch) {
            (None, _) => {}
            (Some(_), false) => causes.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")),
            (Some(_), true) if self.version_match != "NotOlderThan" => {
                let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
                causes.push(forbidden("resourceVersionMatch", why));
            }
            (Some(wanted), true) => query.initial_events = wanted,
        }
    }

    fn check_patch(&self, query: &Query, is_apply: bool, causes: &mut Vec<Cause>) {
        if self.force && !is_apply {
            causes.push(forbidden("force", "may not be specified for non-apply patch"));
        }
        if is_apply && query.field_manager.is_none() {
            let message = "Required value: is required for apply patch".to_string();
            causes.push(Cause { reason: "FieldValueRequired", message, field: "fieldManager".into() });
        }
    }
}

fn forbidden(field: &str, why: &str) -> Cause {
    Cause { reason: "FieldValueForbidden", message: format!("Forbidden: {why}"), field: field.into() }
}

fn unsupported(field: &str, value: &str, supported: &[&str]) -> Cause {
    let supported: Vec<_> = supported.iter().map(|s| format!("{s:?}")).collect();
    let message = format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
    Cause { reason: "FieldValueNotSupported", message, field: field.into() }
}

fn manager(value: &str, causes: &mut Vec<Cause>) -> Option<String> {
    let field = || "fieldManager".to_string();
    if value.len() > MANAGER_MAX {
        let message = format!("Too long: may not be more than {MANAGER_MAX} bytes");
        causes.push(Cause { reason: "FieldValueTooLong", message, field: field() });
    }
    if let Some((i, c)) = value.char_indices().find(|(_, c)| c.is_control()) {
        let message = format!("Invalid value: {value:?}: invalid character U+{:04X} (at position {i})", u32::from(c));
        causes.push(Cause { reason: "FieldValueInvalid", message, field: field() });
    }
    Some(value.to_string()).filter(|m| !m.is_empty())
}

fn field_validation(value: &str, causes: &mut Vec<Cause>) -> FieldValidation {
    match value {
        "Strict" => FieldValidation::Strict,
        "Ignore" => FieldValidation::Ignore,
        "Warn" | "" => FieldValidation::Warn,
        other => {
            causes.push(unsupported("fieldValidation", &format!("{other:?}"), &["", "Ignore", "Strict", "Warn"]));
            FieldValidation::Warn
        }
    }
}

/// Validates a propagation policy, which has no effect: there is no garbage collection.
pub fn check_policy(value: &str, causes: &mut Vec<Cause>) {
    if !matches!(value, "" | "Foreground" | "Background" | "Orphan") {
        let supported = ["Foreground", "Background", "Orphan", "nil"];
        causes.push(unsupported("propagationPolicy", &format!("{value:?}"), &supported));
    }
}

/// The format of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    Json,
    Table,
    /// `PartialObjectMetadata`.
    Partial,
    /// `PartialObjectMetadataList`.
    PartialList,
    /// Aggregated discovery.
    Discovery,
    /// None of the accepted formats is supported.
    Unsupported,
}

impl ResponseFormat {
    /// Whether objects are sent complete, as JSON.
    pub fn is_plain(self) -> bool {
        matches!(self, ResponseFormat::Json | ResponseFormat::Discovery)
    }
}

/// The first accepted format that is supported.
pub fn response_format(headers: &HeaderMap) -> ResponseFormat {
    let text = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    for form in text.split(',').map(str::trim) {
        let has = |what: &str| form.split(';').any(|p| p.trim() == what);
        if matches!(form.split(';').next(), Some("" | "*/*" | "application/*")) {
            return ResponseFormat::Json;
        }
        if !form.starts_with("application/json") {
            continue;
        }
        if has("as=Table") && has("v=v1") {
            return ResponseFormat::Table;
        }
        if has("as=PartialObjectMetadata") && has("v=v1") {
            return ResponseFormat::Partial;
        }
        if has("as=PartialObjectMetadataList") && has("v=v1") {
            return ResponseFormat::PartialList;
        }
        if has("as=APIGroupDiscoveryList") && has("v=v2") {
            return ResponseFormat::Discovery;
        }
        if !form.contains("as=") {
            return ResponseFormat::Json;
        }
    }
    ResponseFormat::Unsupported
}
