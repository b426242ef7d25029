//! Errors as Kubernetes `Status` objects.

use super::Reached;
use super::resource::Resource;
use super::schema::Cause;
use http::StatusCode;
use serde_json::{Value, json};

/// An error response.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub code: StatusCode,
    pub reason: &'static str,
    pub message: String,
    pub details: Value,
    /// The limit that the request reached, which is reported.
    pub reached: Option<Reached>,
}

impl ApiError {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { code, reason, message: message.into(), details: Value::Null, reached: None }
    }

    /// The error of a request that reached this limit.
    pub fn at_limit(self, reached: Reached) -> ApiError {
        ApiError { reached: Some(reached), ..self }
    }

    /// Sets name, group and kind in the details, without empty ones.
    fn with_details(mut self, name: &str, group: &str, kind: &str) -> ApiError {
        let parts = [("name", name), ("group", group), ("kind", kind)];
        let given = parts.into_iter().filter(|(_, text)| !text.is_empty());
        self.details = given.map(|(part, text)| (part.to_string(), Value::from(text))).collect();
        self
    }

    /// With empty details, as kube-apiserver has them for some errors.
    pub fn with_empty_details(self) -> ApiError {
        self.with_details("", "", "")
    }

    fn for_object(self, resource: &Resource, name: &str) -> ApiError {
        self.with_details(name, &resource.group, &resource.plural)
    }

    fn with_causes(mut self, causes: &[Cause]) -> ApiError {
        self.details["causes"] = causes.iter().map(cause).collect();
        self
    }

    pub fn bad_request(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// A request that was decoded and cannot be carried out.
    pub fn unprocessable(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).with_details("", "", "")
    }

    /// A request that no client may make.
    pub fn forbidden(resource: &Resource, name: &str, what: &str) -> ApiError {
        let message = format!("{} {name:?} is forbidden: {what}", resource.group_resource());
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).for_object(resource, name)
    }

    pub fn unauthorized() -> ApiError {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// The path does not exist.
    pub fn path_not_found() -> ApiError {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "the server could not find the requested resource")
            .with_details("", "", "")
    }

    /// The subresource does not exist.
    pub fn subresource_not_found(resource: &Resource, name: &str) -> ApiError {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).for_object(resource, name)
    }

    pub fn not_found(resource: &Resource, name: &str) -> ApiError {
        let message = format!("{} {name:?} not found", resource.group_resource());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).for_object(resource, name)
    }

    pub fn method_not_allowed(resource: &Resource) -> ApiError {
        // kube-apiserver names the kind only for custom resources.
        let error = Self::document_method_not_allowed();
        if resource.custom { error.for_object(resource, "") } else { error }
    }

    /// The path of a document does not have the method.
    pub fn document_method_not_allowed() -> ApiError {
        let message = "the server does not allow this method on the requested resource";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message).with_empty_details()
    }

    /// An internal error without reason and details.
    pub fn without_reason(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "", message)
    }

    /// None of the accepted media types is supported.
    pub fn not_acceptable() -> ApiError {
        let message = "only the following media types are accepted: application/json, application/yaml";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
    }

    /// The requested resourceVersion is newer than the current one.
    pub fn version_too_large(version: u64, current: u64) -> ApiError {
        let message = format!("Timeout: Too large resource version: {version}, current: {current}");
        let details = json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        });
        ApiError { details, ..Self::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message) }
    }

    /// Invalid query parameters. `kind` is the options type, such as `ListOptions`.
    pub fn invalid_options(kind: &str, causes: &[Cause]) -> ApiError {
        Self::invalid_kind("meta.k8s.io", kind, "", causes)
    }

    pub fn already_exists(resource: &Resource, name: &str) -> ApiError {
        let message = format!("{} {name:?} already exists", resource.group_resource());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).for_object(resource, name)
    }

    pub fn is_already_exists(&self) -> bool {
        self.reason == "AlreadyExists"
    }

    pub fn conflict(resource: &Resource, name: &str) -> ApiError {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: the object has been modified; please apply your changes to the latest version and try again",
            resource.group_resource()
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).for_object(resource, name)
    }

    /// The object has another UID than the request body.
    pub fn uid_mismatch(resource: &Resource, name: &str) -> ApiError {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: the UID in the request does not match the UID of the object",
            resource.group_resource()
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).for_object(resource, name)
    }

    /// A precondition that is not met.
    pub fn precondition_failed(resource: &Resource, name: &str, what: &str) -> ApiError {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: Precondition failed: {what}",
            resource.group_resource()
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).with_details(name, &resource.group, &resource.kind)
    }

    /// Fields that other managers own.
    pub fn apply_conflict(causes: Vec<Cause>) -> ApiError {
        let owners: Vec<_> = causes.iter().map(|c| format!("{}: {}", c.message, c.field)).collect();
        let plural = if causes.len() == 1 { "" } else { "s" };
        let message = format!("Apply failed with {} conflict{plural}: {}", causes.len(), owners.join("\n"));
        let details = json!({"causes": causes.iter().map(cause).collect::<Vec<_>>()});
        ApiError { details, ..Self::new(StatusCode::CONFLICT, "Conflict", message) }
    }

    /// Validation errors.
    pub fn invalid(resource: &Resource, name: &str, causes: &[Cause]) -> ApiError {
        // kube-apiserver reports events of both groups as core/v1.
        let group = if resource.plural == "events" { "" } else { &resource.group };
        Self::invalid_kind(group, &resource.kind, name, causes)
    }

    /// An update without resourceVersion. kube-apiserver reports it with the plural name.
    pub fn invalid_version(resource: &Resource, name: &str) -> ApiError {
        let message = "Invalid value: 0: must be specified for an update".to_string();
        let cause = Cause { reason: "FieldValueInvalid", message, field: "metadata.resourceVersion".into() };
        Self::invalid_kind(&resource.group, &resource.plural, name, &[cause])
    }

    pub fn invalid_kind(group: &str, kind: &str, name: &str, causes: &[Cause]) -> ApiError {
        let errors: Vec<_> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        let errors = match errors.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let qualified = if group.is_empty() { kind.to_string() } else { format!("{kind}.{group}") };
        let message = format!("{qualified} {name:?} is invalid: {errors}");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
            .with_details(name, group, kind)
            .with_causes(causes)
    }

    /// A patch whose result cannot be decoded.
    pub fn invalid_patch(why: &str) -> ApiError {
        let cause =
            Cause { reason: "FieldValueInvalid", message: format!("Invalid value: {why}"), field: "patch".into() };
        Self::invalid_kind("", "", "", &[cause])
    }

    pub fn unsupported_media_type(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    pub fn too_large(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message).at_limit(Reached::RequestBytes)
    }

    /// The requested resourceVersion is no longer in the log.
    pub fn resource_version_expired() -> ApiError {
        let message = "The resourceVersion for the provided list or watch is too old.";
        Self::new(StatusCode::GONE, "Expired", message)
    }

    /// A response that is larger than all responses may be together, in KiB. A client that tries again gets no other answer.
    pub fn response_too_large(size: u32, total: usize) -> ApiError {
        let message = format!(
            "the response has {size} KiB, and all responses together may have {total} KiB: ask for pages with the parameter limit (kubectl: --chunk-size), or have the setting AGENTIC_RESPONSES_BYTES raised"
        );
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
    }

    /// The resourceVersion of a continue token is no longer in the log.
    pub fn continue_expired() -> ApiError {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.";
        Self::new(StatusCode::GONE, "Expired", message)
    }

    /// The body of the request did not arrive in time.
    pub fn request_timeout(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::REQUEST_TIMEOUT, "Timeout", message)
    }

    /// The server handles too much at once; the client is asked to try again.
    pub fn too_many_requests(message: impl Into<String>) -> ApiError {
        let details = json!({"retryAfterSeconds": 1});
        ApiError { details, ..Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message) }
    }

    pub fn internal(message: impl Into<String>) -> ApiError {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// The Status object as JSON.
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
