//! Threads: the view, and the filter of lists.

use super::kept::ThreadRow;
use super::order::created_at;
use super::order::{Order, Sort};
use super::query::{Parameters, QueryError};
use super::shown::line;
use super::{AgentRef, Page, PageRequest, Resources, finding, words};
use crate::api::{Severity, Thread};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// A conversation between an Agent and the people on duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThreadView {
    /// Object name of the Thread.
    #[schema(example = "proxmox.cluster-0123456789-s44we8")]
    pub id: String,
    /// Subject of the conversation.
    #[schema(example = "Cluster do Proxmox: VM 112 não está em execução")]
    pub subject: String,
    /// The Agent that takes part.
    pub agent: AgentRef,
    /// Object name of the Finding that it is about; null for another subject.
    #[schema(required, example = "proxmox.cluster-0123456789")]
    pub finding_id: Option<String>,
    /// Severity of that Finding; null without one.
    #[schema(required)]
    pub severity: Option<Severity>,
    /// Whether the conversation goes on.
    pub state: ThreadState,
    /// Number of Messages.
    #[schema(example = 4)]
    pub message_count: u32,
    /// Number of Messages that await an acknowledgement.
    #[schema(example = 1)]
    pub pending_count: u32,
    /// Time of the last Message; null before there is one.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub last_message_at: Option<Timestamp>,
    /// Time of its creation.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub created_at: Option<Timestamp>,
}

/// Whether a conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ThreadState {
    Open,
    Closed,
}

impl ThreadState {
    fn of(is_closed: bool) -> ThreadState {
        if is_closed { ThreadState::Closed } else { ThreadState::Open }
    }

    /// The word of the parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            ThreadState::Open => "open",
            ThreadState::Closed => "closed",
        }
    }
}

impl ThreadView {
    /// The view of a Thread; `agent` is the reference to its Agent, `severity` that of its Finding.
    pub fn new(thread: &Thread, agent: AgentRef, severity: Option<Severity>) -> ThreadView {
        let status = thread.status.as_ref();
        ThreadView {
            id: thread.name_any(),
            subject: line(&thread.spec.subject),
            agent,
            finding_id: thread.spec.finding.clone(),
            severity,
            state: ThreadState::of(thread.spec.closed),
            message_count: status.and_then(|status| status.message_count).unwrap_or(0),
            pending_count: status.and_then(|status| status.pending_count).unwrap_or(0),
            last_message_at: status.and_then(|status| status.last_message_at.as_ref()).map(|at| at.0),
            created_at: created_at(thread),
        }
    }
}

/// Filter of a list of Threads. Conditions are combined with AND.
#[derive(Clone, Debug, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ThreadFilter {
    /// Whether to list those that go on, or those that have ended; all by default.
    #[param(inline, nullable = false)]
    pub state: Option<ThreadState>,
    /// Id or object name of the Agent.
    #[param(nullable = false, example = "A1")]
    pub agent: Option<String>,
    /// Object name of the Finding.
    #[param(nullable = false, example = "proxmox.cluster-0123456789")]
    pub finding_id: Option<String>,
}

impl ThreadFilter {
    /// Names of the parameters that [`ThreadFilter::parse`] reads.
    pub const PARAMETERS: [&'static str; 3] = ["state", "agent", "finding_id"];

    /// Reads the filter from query parameters; the error names the first invalid parameter.
    pub fn parse(parameters: &Parameters) -> Result<ThreadFilter, QueryError> {
        let states = [ThreadState::Open, ThreadState::Closed];
        let state = parameters.get("state").map(|word| words::parse(word, states, ThreadState::as_str)).transpose();
        let text = |name| parameters.get(name).cloned();
        Ok(ThreadFilter {
            state: state.map_err(|message| QueryError::new("state", message))?,
            agent: text("agent"),
            finding_id: text("finding_id"),
        })
    }

    /// Whether the filter selects a Thread. `agent` is the object name of the Agent to filter by.
    fn matches(&self, thread: &ThreadRow, agent: Option<&str>) -> bool {
        self.state.is_none_or(|state| state == ThreadState::of(thread.is_closed))
            && agent.is_none_or(|agent| *thread.agent == *agent)
            && self.finding_id.as_deref().is_none_or(|finding| thread.finding.as_deref() == Some(finding))
    }
}

impl Resources {
    /// The view of a Thread, with the reference to its Agent and the severity of its Finding.
    pub fn thread_view(&self, thread: &Thread) -> ThreadView {
        ThreadView::new(thread, self.agent_ref(&thread.spec.agent), self.severity_of_thread(thread))
    }

    /// The severity of the Finding that a Thread is about.
    pub(super) fn severity_of_thread(&self, thread: &Thread) -> Option<Severity> {
        finding::severity(&*self.finding(thread.spec.finding.as_deref()?)?)
    }

    /// One page of the Threads that a filter selects, in the order of the request. The error names what is wrong with the filter.
    pub fn list_threads(&self, filter: &ThreadFilter, page: &PageRequest) -> Result<Page<ThreadView>, QueryError> {
        self.find_threads(filter, page).map(|(_, page)| page)
    }

    /// As [`Resources::list_threads`], with the number of all that the filter selects.
    pub fn find_threads(
        &self,
        filter: &ThreadFilter,
        page: &PageRequest,
    ) -> Result<(usize, Page<ThreadView>), QueryError> {
        let agent = self.agent_of_filter(filter.agent.as_deref())?;
        let sort = if let Order::Threads(sort) = page.order { sort } else { Sort::default() };
        let (table, findings) = (self.thread_table(), self.finding_table());
        let found: Vec<&ThreadRow> = table.rows.iter().filter(|row| filter.matches(row, agent.as_deref())).collect();
        let severity = |row: &ThreadRow| findings.rows.named(row.finding.as_deref()?)?.severity;
        let keyed = found.iter().map(|row| (sort.key(|| severity(row), row.created_at), *row));
        let view = |row: &&ThreadRow| self.thread(&row.name).map(|thread| self.thread_view(&thread));
        Ok((found.len(), Page::select(page, page.after(), keyed, |row| &row.name, view)))
    }
}
