//! `GET /inbox`.

use super::FacadeState;
use super::openapi::{BadRequest, ServerErrors, Unauthenticated};
use super::problem::Problem;
use crate::commands::Caller;
use crate::views::{InboxFilter, InboxView, Order, Page, PageRequest, Parameters, Sort, SortParameter};
use axum::extract::{Query, State};
use axum::response::Json;

/// List the Messages that await an acknowledgement
///
/// Those of all roles, unless `role` names one.
#[utoipa::path(
    get,
    path = "/inbox",
    operation_id = "listInbox",
    params(InboxFilter, SortParameter, PageRequest),
    responses(
        (status = 200, description = "One page of Messages.", body = Page<InboxView>),
        BadRequest,
        Unauthenticated,
        ServerErrors,
    ),
)]
pub async fn list(
    State(facade): State<FacadeState>,
    _caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<InboxView>>, Problem> {
    let [role, agent, severity] = InboxFilter::PARAMETERS;
    PageRequest::check_names(&parameters, &[role, agent, severity, Sort::PARAMETER])?;
    let filter = InboxFilter::parse(&parameters)?;
    let page = PageRequest::parse(&parameters, Order::Inbox(Sort::parse(&parameters)?))?;
    Ok(Json(facade.backend.process.resources.list_inbox(&filter, &page)?))
}
