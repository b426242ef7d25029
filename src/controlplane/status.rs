//! Errors as Kubernetes tells them: `Status` objects.

use super::resource::Resource;
use super::schema::Cause;
use http::StatusCode;
use serde_json::{Value, json};

/// An answer that is an error.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub code: StatusCode,
    pub reason: &'static str,
    pub message: String,
    pub details: Value,
}

impl ApiError {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { code, reason, message: message.into(), details: Value::Null }
    }

    /// Says which object of which kind it is about; what is empty is left out.
    fn about(mut self, name: &str, group: &str, kind: &str) -> ApiError {
        let parts = [("name", name), ("group", group), ("kind", kind)];
        let told = parts.into_iter().filter(|(_, text)| !text.is_empty());
        self.details = told.map(|(part, text)| (part.to_string(), Value::from(text))).collect();
        self
    }

    /// With details that tell nothing, as the real server has them of some refusals.
    pub fn about_nothing(self) -> ApiError {
        self.about("", "", "")
    }

    fn about_one(self, resource: &Resource, name: &str) -> ApiError {
        self.about(name, &resource.group, &resource.plural)
    }

    fn caused_by(mut self, causes: &[Cause]) -> ApiError {
        self.details["causes"] = causes.iter().map(cause).collect();
        self
    }

    pub fn bad_request(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Understood, and not possible.
    pub fn unprocessable(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).about("", "", "")
    }

    /// What nobody may do.
    pub fn forbidden(resource: &Resource, name: &str, what: &str) -> ApiError {
        let message = format!("{} {name:?} is forbidden: {what}", resource.qualified());
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).about_one(resource, name)
    }

    pub fn unauthorized() -> ApiError {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// No such path.
    pub fn no_path() -> ApiError {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "the server could not find the requested resource")
            .about("", "", "")
    }

    /// No such subresource of an object.
    pub fn no_subresource(resource: &Resource, name: &str) -> ApiError {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about_one(resource, name)
    }

    pub fn not_found(resource: &Resource, name: &str) -> ApiError {
        let message = format!("{} {name:?} not found", resource.qualified());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about_one(resource, name)
    }

    pub fn method(resource: &Resource) -> ApiError {
        let error = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        );
        // Custom kinds are told by name, those of core are not.
        if resource.custom { error.about_one(resource, "") } else { error.about("", "", "") }
    }

    /// A failure that is no more than a sentence.
    pub fn plain(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "", message)
    }

    /// No form that the client takes is spoken here.
    pub fn not_acceptable() -> ApiError {
        let message = "only the following media types are accepted: application/json, application/yaml";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
    }

    /// A version that is still to come.
    pub fn version_to_come(version: u64, current: u64) -> ApiError {
        let message = format!("Timeout: Too large resource version: {version}, current: {current}");
        let details = json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        });
        ApiError { details, ..Self::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message) }
    }

    /// Parameters of a request that are wrong; `kind` as in `ListOptions`.
    pub fn invalid_options(kind: &str, causes: &[Cause]) -> ApiError {
        Self::invalid_kind("meta.k8s.io", kind, "", causes)
    }

    pub fn exists(resource: &Resource, name: &str) -> ApiError {
        let message = format!("{} {name:?} already exists", resource.qualified());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about_one(resource, name)
    }

    pub fn conflict(resource: &Resource, name: &str) -> ApiError {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: the object has been modified; please apply your changes to the latest version and try again",
            resource.qualified()
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).about_one(resource, name)
    }

    /// An update of another object of that name.
    pub fn other_uid(resource: &Resource, name: &str) -> ApiError {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: the UID in the request is not that of the object",
            resource.qualified()
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).about_one(resource, name)
    }

    /// A precondition that does not hold.
    pub fn precondition(resource: &Resource, name: &str, what: &str) -> ApiError {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {what}", resource.qualified());
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(name, &resource.group, &resource.kind)
    }

    /// Fields that other managers own.
    pub fn apply_conflict(causes: Vec<Cause>) -> ApiError {
        let owners: Vec<_> = causes.iter().map(|c| format!("{}: {}", c.message, c.field)).collect();
        let plural = if causes.len() == 1 { "" } else { "s" };
        let message = format!("Apply failed with {} conflict{plural}: {}", causes.len(), owners.join("\n"));
        let details = json!({"causes": causes.iter().map(cause).collect::<Vec<_>>()});
        ApiError { details, ..Self::new(StatusCode::CONFLICT, "Conflict", message) }
    }

    /// Fields that are wrong.
    pub fn invalid(resource: &Resource, name: &str, causes: &[Cause]) -> ApiError {
        // Events are told as those of core, in whatever group they came.
        let group = if resource.plural == "events" { "" } else { &resource.group };
        Self::invalid_kind(group, &resource.kind, name, causes)
    }

    /// A version that an update lacks: told of the plural, as the real server does.
    pub fn invalid_version(resource: &Resource, name: &str) -> ApiError {
        let message = "Invalid value: 0: must be specified for an update".to_string();
        let cause = Cause { reason: "FieldValueInvalid", message, field: "metadata.resourceVersion".into() };
        Self::invalid_kind(&resource.group, &resource.plural, name, &[cause])
    }

    pub fn invalid_kind(group: &str, kind: &str, name: &str, causes: &[Cause]) -> ApiError {
        let told: Vec<_> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        let told = match told.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let qualified = if group.is_empty() { kind.to_string() } else { format!("{kind}.{group}") };
        let message = format!("{qualified} {name:?} is invalid: {told}");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).about(name, group, kind).caused_by(causes)
    }

    /// A patch that leaves an object which can't be read.
    pub fn invalid_patch(why: &str) -> ApiError {
        let cause =
            Cause { reason: "FieldValueInvalid", message: format!("Invalid value: {why}"), field: "patch".into() };
        Self::invalid_kind("", "", "", &[cause])
    }

    pub fn media_type(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    pub fn too_large(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
    }

    /// The version that was asked for is no longer known.
    pub fn expired() -> ApiError {
        let message = "The resourceVersion is too old: list again";
        Self::new(StatusCode::GONE, "Expired", message)
    }

    /// The version of which a list wants its next page is no longer known.
    pub fn continue_expired() -> ApiError {
        let message = "The provided continue parameter is too old: list again from the start";
        Self::new(StatusCode::GONE, "Expired", message)
    }

    pub fn internal(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// The Status object.
    pub fn to_value(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "code": self.code.as_u16(),
        });
        if !self.reason.is_empty() {
            status["reason"] = self.reason.into();
        }
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status
    }
}

fn cause(cause: &Cause) -> Value {
    json!({"reason": cause.reason, "message": cause.message, "field": cause.field})
}
