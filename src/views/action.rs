//! Actions: what people did.

use super::order::Key;
use super::order::created_at;
use super::query::{Parameters, QueryError};
use super::shown::{line, text};
use super::{Page, PageRequest, Resources};
use crate::api::{Action, Role};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Longest verb, in characters.
const VERB_MAX: usize = 63;

/// The record of something that a person did, or of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActionView {
    /// Object name of the Action.
    #[schema(example = "action-0123456789")]
    pub id: String,
    /// When it was recorded, before anything was changed.
    #[schema(required, example = "2026-01-02T03:10:00Z")]
    pub at: Option<Timestamp>,
    /// What was done.
    #[schema(example = "acknowledge")]
    pub verb: String,
    /// What was acted upon.
    pub subject: SubjectView,
    /// Who acted, and by which interface.
    pub actor: ActorView,
    /// Whether the name of the actor was authenticated: the facade recorded the Action.
    #[schema(example = true)]
    pub proven: bool,
    /// `done`, `unchanged`, `refused`, `failed` or `unknown`; null while it is in progress.
    #[schema(required, example = "done")]
    pub result: Option<String>,
    /// Details of the result.
    #[schema(required, example = json!(null))]
    pub message: Option<String>,
}

/// An object that was acted upon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SubjectView {
    /// Kind of the object.
    #[schema(example = "Finding")]
    pub kind: String,
    /// Name of the object.
    #[schema(example = "proxmox.cluster-0123456789")]
    pub name: String,
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActorView {
    /// Name of the person, as authenticated by the interface.
    #[schema(example = "ana")]
    pub name: String,
    /// Roles of the person at that time.
    pub roles: Vec<Role>,
    /// Interface that was used: `rest`, `desk` (the panel), `agent` or `kubectl`.
    #[schema(example = "rest")]
    pub via: String,
}

impl ActionView {
    /// The view of an Action.
    pub fn new(action: &Action) -> ActionView {
        let (spec, status) = (&action.spec, action.status.as_ref());
        ActionView {
            id: action.name_any(),
            at: created_at(action),
            verb: line(&spec.verb),
            subject: SubjectView { kind: line(&spec.subject.kind), name: line(&spec.subject.name) },
            actor: ActorView {
                name: line(&spec.actor.name),
                roles: spec.actor.roles.clone(),
                via: line(&spec.actor.via),
            },
            proven: action.is_of_facade(),
            result: status.and_then(|status| status.result.as_deref()).map(line),
            message: status.and_then(|status| status.message.as_deref()).map(text),
        }
    }
}

/// Filter of the list of Actions. Conditions are combined with AND.
#[derive(Clone, Debug, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActionFilter {
    /// What was done, such as `acknowledge`.
    #[param(nullable = false, max_length = 63, pattern = "^[a-z][a-z-]*$", example = "acknowledge")]
    pub verb: Option<String>,
    /// Name of the person.
    #[param(nullable = false, example = "ana")]
    pub actor: Option<String>,
    /// Actions that were recorded at this time or later.
    #[param(nullable = false, value_type = Option<Timestamp>, example = "2026-01-02T00:00:00Z")]
    pub since: Option<Timestamp>,
}

impl ActionFilter {
    /// Names of the parameters that [`ActionFilter::parse`] reads.
    pub const PARAMETERS: [&'static str; 3] = ["verb", "actor", "since"];

    /// Reads the filter from query parameters; the error names the first invalid parameter.
    pub fn parse(parameters: &Parameters) -> Result<ActionFilter, QueryError> {
        let shown = |text: &str| text.chars().take(64).collect::<String>();
        let since = parameters.get("since").map(|text| {
            let expected = "is not a time such as 2026-01-02T03:04:05Z";
            text.parse().map_err(|_| QueryError::new("since", format!("{:?} {expected}", shown(text))))
        });
        if let Some(verb) = parameters.get("verb").filter(|verb| !is_verb(verb)) {
            let expected = "is not a verb such as acknowledge: lower-case letters and dashes";
            return Err(QueryError::new("verb", format!("{:?} {expected}", shown(verb))));
        }
        let text = |name| parameters.get(name).cloned();
        Ok(ActionFilter { verb: text("verb"), actor: text("actor"), since: since.transpose()? })
    }

    /// Whether it selects an Action.
    pub fn matches(&self, action: &Action) -> bool {
        self.verb.as_ref().is_none_or(|verb| action.spec.verb == *verb)
            && self.actor.as_ref().is_none_or(|actor| action.spec.actor.name == *actor)
            && self.since.is_none_or(|since| created_at(action).is_some_and(|at| at >= since))
    }
}

fn is_verb(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    starts && text.len() <= VERB_MAX && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

impl Resources {
    /// One page of the Actions that a filter selects, newest first.
    pub fn list_actions(&self, filter: &ActionFilter, page: &PageRequest) -> Page<ActionView> {
        self.find_actions(filter, page).1
    }

    /// As [`Resources::list_actions`], with the number of all that the filter selects.
    pub fn find_actions(&self, filter: &ActionFilter, page: &PageRequest) -> (usize, Page<ActionView>) {
        let actions = self.actions.state_filter(|action| filter.matches(action));
        let total = actions.len();
        (total, Page::new(page, actions, |action| Key::newest_first(created_at(action)), ActionView::new))
    }
}
