//! `POST /findings/{id}/resolution`.

use super::FacadeState;
use super::fields::Fields;
use super::idempotency::{identify, once};
use super::openapi::{
    BadRequest, BodyTimeout, Conflict, IdempotencyKey, NotFound, PostErrors, ServerErrors, Unauthenticated,
};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use crate::commands::{Caller, Explain, Text};
use crate::views::MessageView;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use utoipa::ToSchema;

/// Body with what fixed a Finding.
// For the document alone: the handler reads the fields one by one, to name the first that is not valid.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct ResolutionBody {
    /// What fixed it, 1 to 16384 characters that are not all blank. It is no command, whatever it says.
    #[schema(min_length = 1, max_length = 16384, example = "O disco /var encheu; apaguei logs antigos e liguei a VM.")]
    body: String,
}

/// Tell what fixed a Finding
///
/// Kept as a Message with the reason `Explained` in the Thread of the last occurrence, and shown under similar Findings. A Finding that is
/// not resolved, or whose Thread was removed, is a conflict.
#[utoipa::path(
    post,
    path = "/findings/{id}/resolution",
    operation_id = "explainFinding",
    params(
        ("id" = String, Path, description = "Object name of the Finding.", example = "proxmox.cluster-0123456789"),
        IdempotencyKey,
    ),
    request_body(content = ResolutionBody, content_type = "application/json"),
    responses(
        (status = 201, description = "The Message.", body = MessageView),
        BadRequest,
        Unauthenticated,
        NotFound,
        BodyTimeout,
        Conflict,
        PostErrors,
        ServerErrors,
    ),
)]
pub async fn explain(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    let request = identify(&caller, (&method, &uri, &headers), &body)?;
    let fields = Fields::parse(&body, &["body"])?;
    let text = Text::parse("body", fields.required("body")?)?;
    let resources = facade.backend.process.resources.clone();
    let command = move || Explain::new(&resources, &id, text);
    let context = facade.context(caller, request);
    once(&facade, context, command, |message: &MessageView| Reply::new(StatusCode::CREATED, message)).await
}
