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

    fn about(mut self, resource: &Resource, name: &str) -> ApiError {
        self.details = json!({"name": name, "group": resource.group, "kind": resource.plural});
        self
    }

    pub fn bad_request(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Understood, and not possible.
    pub fn unprocessable(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
    }

    /// What nobody may do.
    pub fn forbidden(resource: &Resource, name: &str, what: &str) -> ApiError {
        let message = format!("{} {name:?} is forbidden: {what}", resource.qualified());
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).about(resource, name)
    }

    pub fn unauthorized() -> ApiError {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// No such path.
    pub fn no_path() -> ApiError {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "the server could not find the requested resource")
    }

    pub fn not_found(resource: &Resource, name: &str) -> ApiError {
        let message = format!("{} {name:?} not found", resource.qualified());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about(resource, name)
    }

    pub fn method(method: &http::Method) -> ApiError {
        let message = format!("the server does not allow {method} on the requested resource");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    pub fn exists(resource: &Resource, name: &str) -> ApiError {
        let message = format!("{} {name:?} already exists", resource.qualified());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about(resource, name)
    }

    pub fn conflict(resource: &Resource, name: &str) -> ApiError {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: the object has been modified; please apply your changes to the latest version and try again",
            resource.qualified()
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(resource, name)
    }

    /// A precondition that does not hold.
    pub fn precondition(resource: &Resource, name: &str, what: &str) -> ApiError {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {what}", resource.qualified());
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(resource, name)
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
        let told: Vec<_> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        let told = match told.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let kind = match resource.group.is_empty() {
            true => resource.kind.clone(),
            false => format!("{}.{}", resource.kind, resource.group),
        };
        let message = format!("{kind} {name:?} is invalid: {told}");
        let details = json!({
            "name": name, "group": resource.group, "kind": resource.kind,
            "causes": causes.iter().map(cause).collect::<Vec<_>>(),
        });
        ApiError { details, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message) }
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
            "reason": self.reason,
            "code": self.code.as_u16(),
        });
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status
    }
}

fn cause(cause: &Cause) -> Value {
    json!({"reason": cause.reason, "message": cause.message, "field": cause.field})
}
