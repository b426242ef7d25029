//! `POST /findings/{id}/advice`, `POST /findings/{id}/advice/vote`, `GET /findings/{id}/similar`.

use super::FacadeState;
use super::fields::Fields;
use super::idempotency::{identify, once};
use super::openapi::{
    BadRequest, BodyTimeout, Conflict, IdempotencyKey, NotFound, PostErrors, ServerErrors, Unauthenticated,
};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use crate::commands::{Caller, CommandError, Note, RequestAdvice, VoteAdvice};
use crate::domain::advice::votes::Vote;
use crate::views::{AdviceRequested, SimilarFindings, VoteView, VoteWord};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Json, Response};
use utoipa::ToSchema;

/// Body of a request for advice.
// For the document alone: the handler reads the fields one by one, to name the first that is not valid.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct AdviceBody {
    /// What was tried already, at most 1024 bytes.
    #[schema(max_length = 1024)]
    note: Option<String>,
}

/// Body of a vote.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct VoteBody {
    /// What the caller thinks of the advice.
    vote: VoteWord,
}

/// Request advice on a Finding
///
/// At any severity. The advice follows in the Finding, and as a Message in its Thread: `T1` where a local model is available, after
/// minutes, else `T0` from the runbook. A resolved Finding is a conflict.
#[utoipa::path(
    post,
    path = "/findings/{id}/advice",
    operation_id = "requestAdvice",
    params(("id" = String, Path, description = "Object name of the Finding."), IdempotencyKey),
    request_body(content = AdviceBody, description = "May be left out.", content_type = "application/json"),
    responses(
        (status = 202, description = "The request was recorded.", body = AdviceRequested),
        BadRequest,
        Unauthenticated,
        NotFound,
        BodyTimeout,
        Conflict,
        PostErrors,
        ServerErrors,
    ),
)]
pub async fn request(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    let request = identify(&caller, (&method, &uri, &headers), &body)?;
    let fields = Fields::parse_optional(&body, &["note"])?;
    let note = fields.text("note")?.map(Note::parse).transpose()?.flatten();
    let resources = facade.backend.process.resources.clone();
    let command = move || RequestAdvice::new(&resources, &id, note);
    let context = facade.context(caller, request);
    once(&facade, context, command, |asked: &AdviceRequested| Reply::new(StatusCode::ACCEPTED, asked)).await
}

/// Vote on the advice on a Finding
///
/// On the advice that the Finding has now. Of each person the last vote on an advice counts. A Finding without advice is a conflict.
#[utoipa::path(
    post,
    path = "/findings/{id}/advice/vote",
    operation_id = "voteAdvice",
    params(("id" = String, Path, description = "Object name of the Finding."), IdempotencyKey),
    request_body(content = VoteBody, content_type = "application/json"),
    responses(
        (status = 200, description = "The vote was recorded.", body = VoteView),
        BadRequest,
        Unauthenticated,
        NotFound,
        BodyTimeout,
        Conflict,
        PostErrors,
        ServerErrors,
    ),
)]
pub async fn vote(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    let request = identify(&caller, (&method, &uri, &headers), &body)?;
    let vote = vote_in(&body)?;
    let resources = facade.backend.process.resources.clone();
    let command = move || VoteAdvice::new(&resources, &id, vote);
    let context = facade.context(caller, request);
    once(&facade, context, command, |vote: &VoteView| Reply::new(StatusCode::OK, vote)).await
}

/// List similar past occurrences
///
/// Earlier occurrences of the same Finding first, then those of the same check with another key, then those with close evidence; how long
/// they lasted, and what people wrote. Needs no model.
#[utoipa::path(
    get,
    path = "/findings/{id}/similar",
    operation_id = "listSimilarFindings",
    params(("id" = String, Path, description = "Object name of the Finding.")),
    responses(
        (status = 200, description = "The most similar past occurrences.", body = SimilarFindings),
        BadRequest,
        Unauthenticated,
        NotFound,
        ServerErrors,
    ),
)]
pub async fn similar(
    State(facade): State<FacadeState>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SimilarFindings>, Problem> {
    let resources = &facade.backend.process.resources;
    let finding = resources.finding(&id).ok_or_else(|| CommandError::no_such("Finding", &id))?;
    Ok(Json(resources.similar_findings(&finding)))
}

/// The vote in a body.
fn vote_in(body: &[u8]) -> Result<Vote, Problem> {
    let fields = Fields::parse(body, &["vote"])?;
    let word = fields.required("vote")?;
    Vote::parse(word).ok_or_else(|| {
        let words: Vec<_> = Vote::ALL.into_iter().map(Vote::as_str).collect();
        Problem::invalid("vote", format!("{word:?}, should be {}", words.join(" or ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_is_useful_or_wrong() {
        assert_eq!(vote_in(br#"{"vote":"useful"}"#).unwrap(), Vote::Useful);
        assert_eq!(vote_in(br#"{"vote":"wrong"}"#).unwrap(), Vote::Wrong);
        for (body, status, detail) in [
            ("", 400, "the body: "),
            ("{}", 422, "vote: is missing"),
            (r#"{"vote":"Useful"}"#, 422, r#"vote: "Useful", should be useful or wrong"#),
            (r#"{"vote":1}"#, 422, "vote: should be a string"),
            (r#"{"vote":"wrong","note":"x"}"#, 422, "note: not a field here"),
        ] {
            let problem = vote_in(body.as_bytes()).unwrap_err();
            assert!(problem.status == status && problem.detail.starts_with(detail), "{body}: {problem:?}");
        }
    }
}
