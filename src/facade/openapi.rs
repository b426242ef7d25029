//! The OpenAPI document of the REST routes, generated from the handlers and the view types, and `GET /openapi.json`.

use super::problem::{MEDIA_TYPE, ProblemBody};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::Ref;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Object, OpenApi, RefOr, Required, Type};
use utoipa::{IntoParams, IntoResponses, OpenApi as _, ToSchema};

/// The document, as it is served and as `docs/openapi.json` has it: JSON with a newline at the end.
pub fn document() -> String {
    let mut document = super::documented_routes().into_openapi();
    let posts = document.paths.paths.values_mut().filter_map(|path| path.post.as_mut());
    let may_be_without = |id: &str| !BODY_REQUIRED.contains(&id);
    for operation in posts.filter(|operation| operation.operation_id.as_deref().is_some_and(may_be_without)) {
        // Every other body may be left out. The attributes can express that only together with null, which is not accepted.
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            body.required = Some(Required::False);
        }
    }
    for operation in document.paths.paths.values_mut().filter_map(|path| path.get.as_mut()) {
        if !operation.operation_id.as_deref().is_some_and(|id| UNCONDITIONAL.contains(&id)) {
            make_conditional(operation);
        }
    }
    // It is made of strings, numbers and maps with string keys, which always serialize.
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// The GETs whose answers have no tag.
const UNCONDITIONAL: [&str; 4] = ["followEvents", "getHealth", "getRun", "getOpenApi"];

/// Describes what [`super::conditional`] adds to an operation.
fn make_conditional(operation: &mut Operation) {
    let text = || Object::with_type(Type::String);
    let header = |description: &str| HeaderBuilder::new().schema(Some(text())).description(Some(description)).build();
    let etag = || header("Identifies this body, for If-None-Match.");
    if let Some(RefOr::T(found)) = operation.responses.responses.get_mut("200") {
        found.headers.insert("ETag".into(), RefOr::T(etag()));
        found.headers.insert("Cache-Control".into(), RefOr::T(header("Always `private, no-cache`.")));
    }
    let same =
        ResponseBuilder::new().description("What If-None-Match names is still the answer.").header("ETag", etag());
    operation.responses.responses.insert("304".into(), same.build().into());
    let if_none_match = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The ETag of an answer that the client has."))
        .schema(Some(text()))
        .example(Some("\"9f86d081884c7d659a2feaa0c55ad015\"".into()));
    operation.parameters.get_or_insert_default().push(RefOr::T(if_none_match.build()));
}
/// The operations that need a body.
const BODY_REQUIRED: [&str; 4] = ["makeSilence", "reply", "chat", "explainFinding"];

static DOCUMENT: LazyLock<String> = LazyLock::new(document);

/// This document
///
/// Public.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenApi",
    security(()),
    responses((status = 200, description = "An OpenAPI 3.1 document.", body = Object), ServerErrors),
)]
pub async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Agentic Ops",
        description = "Health, Scenarios, Findings, Agents, their Threads and Messages, Silences and Actions of Agentic Ops. Times are in RFC 3339, UTC; errors are problems (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(),
    ),
    servers((url = "/", description = "This server.")),
    security(("bearer" = [])),
    components(schemas(ProblemBody)),
)]
struct Base;

/// What the document has besides the routes: security schemes and the responses that routes share.
pub(super) fn base() -> OpenApi {
    let mut document = Base::openapi();
    document.info.contact = None;
    let components = document.components.get_or_insert_default();
    let mut bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    bearer = bearer.description(Some("A signed token with a name and at least one role, or a token of the cluster."));
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    let internal = ApiKeyValue::with_description("X-Ops-Internal-Token", "The value of OPS_INTERNAL_TOKEN.");
    components.add_security_scheme("internal_token", SecurityScheme::ApiKey(ApiKey::Header(internal)));
    for problem in PROBLEMS {
        components.responses.insert(problem.name.into(), problem.response().into());
    }
    document
}

/// A response that several routes share.
struct SharedProblem {
    status: u16,
    /// Its name in the document.
    name: &'static str,
    description: &'static str,
    /// A header and what it is for.
    header: Option<(&'static str, Type, &'static str)>,
}

const PROBLEMS: [SharedProblem; 13] = [
    problem(400, "BadRequest", "The path, a parameter or the body can't be read."),
    with_header(
        problem(401, "Unauthorized", "No bearer token, or one that is not valid."),
        ("WWW-Authenticate", Type::String, "Always `Bearer`."),
    ),
    with_header(
        problem(401, "WrongInternalToken", "X-Ops-Internal-Token is missing or wrong."),
        ("WWW-Authenticate", Type::String, "Always `Bearer`."),
    ),
    problem(403, "Forbidden", "The caller has no role, or none that allows the request."),
    problem(404, "NotFound", "The object does not exist."),
    problem(408, "BodyTimeout", "The body did not arrive in time."),
    problem(409, "Conflict", "The state of the object does not allow it, or it was changed at the same time."),
    problem(413, "PayloadTooLarge", "The body is longer than 160 KiB."),
    problem(422, "Invalid", "A field is not valid, or the Idempotency-Key was used for another request."),
    with_header(
        problem(
            429,
            "TooManyRequests",
            "The caller sent too many requests or commands in the last minute, or has too many streams open.",
        ),
        ("Retry-After", Type::Integer, "Seconds after which to try again."),
    ),
    problem(500, "Failed", "An error of this program; its log has the details."),
    with_header(
        problem(
            503,
            "Unavailable",
            "Not possible now: the Kubernetes API, the keys that verify tokens or the operator are not available.",
        ),
        ("Retry-After", Type::Integer, "Seconds after which to try again."),
    ),
    problem(504, "Timeout", "No answer within 75 seconds."),
];

const fn problem(status: u16, name: &'static str, description: &'static str) -> SharedProblem {
    SharedProblem { status, name, description, header: None }
}

const fn with_header(problem: SharedProblem, header: (&'static str, Type, &'static str)) -> SharedProblem {
    SharedProblem { header: Some(header), ..problem }
}

impl SharedProblem {
    fn response(&self) -> utoipa::openapi::Response {
        let title = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let example = json!({"title": title, "status": self.status, "detail": self.description});
        let schema = Ref::from_schema_name(ProblemBody::name());
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        let mut response = ResponseBuilder::new().description(self.description).content(MEDIA_TYPE, content);
        if let Some((name, kind, description)) = &self.header {
            let schema = Object::with_type(kind.clone());
            let header = HeaderBuilder::new().schema(Some(schema)).description(Some(*description));
            response = response.header(*name, header.build());
        }
        response.build()
    }
}

/// Declares groups of shared responses, by their names, for use in `responses(…)` of a route.
macro_rules! response_groups {
    ($($(#[$doc:meta])* $group:ident = $($name:literal),+;)*) => {$(
        $(#[$doc])*
        pub struct $group;

        impl IntoResponses for $group {
            fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
                shared(&[$($name),+])
            }
        }
    )*};
}

response_groups! {
    /// Of routes that read a path, a query or a body.
    BadRequest = "BadRequest";
    /// Of routes that take a bearer token.
    Unauthenticated = "Unauthorized", "Forbidden", "TooManyRequests", "Unavailable";
    /// Of the route that takes the internal token.
    WrongInternalToken = "WrongInternalToken";
    /// Of routes about one object.
    NotFound = "NotFound";
    /// Of routes that depend on an object's state.
    Conflict = "Conflict";
    /// Of routes that read a body.
    BodyTimeout = "BodyTimeout";
    /// Of POSTs without an Idempotency-Key.
    PayloadTooLarge = "PayloadTooLarge";
    /// Of commands without a body.
    TooManyRequests = "TooManyRequests";
    /// Of POSTs with an Idempotency-Key.
    PostErrors = "PayloadTooLarge", "Invalid", "TooManyRequests";
    /// Of routes that need the operator.
    Unavailable = "Unavailable";
    /// Of all routes.
    ServerErrors = "Failed", "Timeout";
}

fn shared(names: &[&str]) -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
    let wanted = PROBLEMS.iter().filter(|problem| names.contains(&problem.name));
    wanted.map(|p| (p.status.to_string(), RefOr::Ref(Ref::from_response_name(p.name)))).collect()
}

/// Header of requests that may be repeated.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct IdempotencyKey {
    /// Identifies the request: repeated with the same key by the same caller, as long as its Action is kept, it is carried out once
    /// and answered the same. 1 to 255 printable ASCII characters.
    #[param(rename = "Idempotency-Key", nullable = false, min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}
