//! The cached resources that views are built from.

use super::finding::{opened_at, phase, severity};
use super::kept::{FindingRow, FindingTable, Kept, MessageTable, PendingTable, ScenarioTable, ThreadTable};
use super::order::{Key, Order, Sort, created_at};
use super::query::QueryError;
use super::silence::is_active;
use super::{
    AgentRef, FindingFilter, FindingView, OperatorStatus, Page, PageRequest, RecordedVotes, ScenarioView,
    SilenceFilter, SilenceView, VoteView,
};
use crate::api::{Action, Agent, Finding, Message, Silence, Thread};
use crate::domain::advice::votes::{Cast, tally};
use crate::domain::cached_scenario::CachedScenario;
use crate::runtime::objects::Objects;
use crate::runtime::votes::VotesByFinding;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::sync::Arc;

/// Agents that an error names at most.
const AGENTS_SHOWN: usize = 32;

/// The watched resources of one namespace. Cheap to clone.
#[derive(Clone)]
pub struct Resources {
    pub namespace: String,
    pub scenarios: Objects<CachedScenario>,
    pub findings: Objects<Finding>,
    pub agents: Objects<Agent>,
    pub silences: Objects<Silence>,
    pub threads: Objects<Thread>,
    pub messages: Objects<Message>,
    pub actions: Objects<Action>,
    pub votes: VotesByFinding,
    /// Name of the time zone of Silences that name none.
    pub time_zone: Arc<str>,
    /// What is worked out from all of them.
    pub kept: Arc<Kept>,
}

impl Resources {
    /// The Scenario of this name.
    pub fn scenario(&self, name: &str) -> Option<Arc<CachedScenario>> {
        self.scenarios.get(name)
    }

    /// The Finding of this name; none before the operator has written its phase, which follows its creation at once.
    pub fn finding(&self, name: &str) -> Option<Arc<Finding>> {
        self.findings.get(name).filter(|finding| phase(finding).is_some())
    }

    /// The reference to an Agent by its object name.
    pub fn agent_ref(&self, object_name: &str) -> AgentRef {
        let agent = self.agents.get(object_name);
        AgentRef::new(object_name, agent.as_deref())
    }

    /// The object name of an Agent that is given by its id, its object name, or the name that people see.
    pub fn agent_object_name(&self, given: &str) -> String {
        let lower = given.to_lowercase();
        let is_shown = |agent: &Agent| {
            let names = [agent.spec.id.as_ref(), Some(&agent.spec.display_name)];
            names.into_iter().flatten().any(|known| known.to_lowercase() == lower)
        };
        let by_id = self.agents.find(|agent| agent.spec.id.as_deref() == Some(given));
        let name = |agent: Arc<Agent>| agent.metadata.name.clone();
        // Of several the same one each time.
        let shown = || self.agents.state_filter(is_shown).into_iter().filter_map(name).min();
        by_id.or_else(|| self.agents.get(given)).and_then(name).or_else(shown).unwrap_or_else(|| given.to_string())
    }

    /// The view of a Finding for the caller `looker`, with the reference to its Agent and the votes on its advice.
    pub fn finding_view(&self, finding: &Finding, looker: &str) -> FindingView {
        let status = finding.status.as_ref();
        let agent = status.and_then(|status| status.agent.as_deref());
        let advice = status.and_then(|status| status.advice.as_ref());
        let name = finding.name_any();
        let votes = advice.map(|advice| self.recorded_votes(&name).on(&name, advice, Some(looker)));
        FindingView::new(finding, agent.map(|name| self.agent_ref(name)), votes.unwrap_or_default())
    }

    /// The votes on any advice on a Finding.
    pub fn recorded_votes(&self, finding: &str) -> RecordedVotes {
        RecordedVotes(self.votes.of(finding))
    }

    /// The view of a vote that an Action records, which the cache may not have.
    pub fn vote_view(&self, action: &Action) -> VoteView {
        let own = Cast::of(action);
        let (finding, by) = (action.spec.subject.name.as_str(), action.spec.actor.name.as_str());
        let cached = self.recorded_votes(finding).0;
        let name = action.name_any();
        let others = cached.iter().filter(|other| other.name_any() != name).filter_map(|other| Cast::of(other));
        let advice = own.as_ref().map_or("", |own| own.advice).to_string();
        let votes = tally(others.chain(own), finding, &advice, Some(by)).into();
        VoteView { finding_id: finding.to_string(), action_id: name, votes }
    }

    /// The object name of the Agent that a filter gives; the error says which there are.
    pub(super) fn agent_of_filter(&self, given: Option<&str>) -> Result<Option<String>, QueryError> {
        let Some(given) = given else { return Ok(None) };
        let name = self.agent_object_name(given);
        let agents = self.agents.state();
        // Before the Agents are listed none can be refused.
        if agents.is_empty() || agents.iter().any(|agent| agent.metadata.name.as_deref() == Some(&name)) {
            return Ok(Some(name));
        }
        // It may have been deleted, and still have Findings.
        let is_of_it = |finding: &Finding| finding.status.as_ref().and_then(|of| of.agent.as_deref()) == Some(&name);
        if self.findings.find(is_of_it).is_some() {
            return Ok(Some(name));
        }
        let id = |agent: &Arc<Agent>| agent.spec.id.clone().unwrap_or_else(|| agent.name_any());
        let mut ids: Vec<String> = agents.iter().map(id).collect();
        ids.sort_unstable();
        ids.truncate(AGENTS_SHOWN);
        let given: String = given.chars().take(64).collect();
        Err(QueryError::new(
            "agent",
            format!("{given:?} is not the id or name of an Agent; there is {}", ids.join(", ")),
        ))
    }

    /// One page of the Findings that a filter selects, in the order of the request, for the caller `looker`.
    pub fn list_findings(
        &self,
        filter: &FindingFilter,
        page: &PageRequest,
        looker: &str,
    ) -> Result<Page<FindingView>, QueryError> {
        self.find_findings(filter, page, looker).map(|(_, page)| page)
    }

    /// As [`Resources::list_findings`], with the number of all that the filter selects.
    pub fn find_findings(
        &self,
        filter: &FindingFilter,
        page: &PageRequest,
        looker: &str,
    ) -> Result<(usize, Page<FindingView>), QueryError> {
        let agent = self.agent_of_filter(filter.agent.as_deref())?;
        Ok(self.select_findings(filter, agent.as_deref(), page, looker))
    }

    /// The same with the object name of the Agent to filter by.
    pub fn select_findings(
        &self,
        filter: &FindingFilter,
        agent: Option<&str>,
        page: &PageRequest,
        looker: &str,
    ) -> (usize, Page<FindingView>) {
        let sort = if let Order::Findings(sort) = page.order { sort } else { Sort::default() };
        if filter.text.is_some() {
            let findings = self.findings.state_filter(|finding| filter.matches(finding, agent));
            let key = |finding: &Finding| sort.key(|| severity(finding), opened_at(finding));
            return (findings.len(), Page::new(page, findings, key, |finding| self.finding_view(finding, looker)));
        }
        let table = self.finding_table();
        let found: Vec<&FindingRow> = table.rows.iter().filter(|row| filter.matches_row(row, agent)).collect();
        let keyed = found.iter().map(|row| (sort.key(|| row.severity, row.opened_at), *row));
        // One that changed since is shown as it is now.
        let view = |row: &&FindingRow| self.finding(&row.name).map(|finding| self.finding_view(&finding, looker));
        (found.len(), Page::select(page, page.after(), keyed, |row| &row.name, view))
    }

    /// The Thread of this name.
    pub fn thread(&self, name: &str) -> Option<Arc<Thread>> {
        self.threads.get(name)
    }

    /// The Message of this name.
    pub fn message(&self, name: &str) -> Option<Arc<Message>> {
        self.messages.get(name)
    }

    /// The Silence of this name.
    pub fn silence(&self, name: &str) -> Option<Arc<Silence>> {
        self.silences.get(name)
    }

    /// The view of a Silence at `now`.
    pub fn silence_view(&self, silence: &Silence, now: Timestamp) -> SilenceView {
        SilenceView::new(silence, &self.time_zone, now)
    }

    /// One page of the Silences that a filter selects, newest first.
    pub fn list_silences(&self, filter: &SilenceFilter, page: &PageRequest, now: Timestamp) -> Page<SilenceView> {
        let is_selected =
            |silence: &Silence| filter.active.is_none_or(|active| active == is_active(silence, &self.time_zone, now));
        let silences = self.silences.state_filter(is_selected);
        let key = |silence: &Silence| Key::newest_first(created_at(silence));
        Page::new(page, silences, key, |silence| self.silence_view(silence, now))
    }

    /// The view of a Scenario.
    pub fn scenario_view(&self, scenario: &CachedScenario, operator: &dyn OperatorStatus) -> ScenarioView {
        ScenarioView::new(scenario, self.agent_ref(&scenario.spec.agent), operator.run_times(&scenario.name))
    }

    /// One page of all Scenarios, sorted by name.
    pub fn list_scenarios(&self, operator: &dyn OperatorStatus, page: &PageRequest) -> Page<ScenarioView> {
        let view = |scenario: &CachedScenario| self.scenario_view(scenario, operator);
        Page::new(page, self.scenarios.state(), |_| Key::BY_NAME, view)
    }

    /// All Findings that have a phase.
    pub(super) fn finding_table(&self) -> Arc<FindingTable> {
        self.kept.findings.get(&self.findings, || self.kept.pending.forget())
    }

    /// All Threads.
    pub(super) fn thread_table(&self) -> Arc<ThreadTable> {
        self.kept.threads.get(&self.threads, || self.kept.pending.forget())
    }

    /// All Messages that are pending or acknowledged.
    pub(super) fn message_table(&self) -> Arc<MessageTable> {
        self.kept.messages.get(&self.messages, || self.kept.pending.forget())
    }

    /// All pending Messages with what they are about.
    pub(super) fn pending_table(&self) -> Arc<PendingTable> {
        let (messages, threads, findings) = (self.message_table(), self.thread_table(), self.finding_table());
        let is_current = |table: &PendingTable| table.is_of(&messages, &threads, &findings);
        let make = || PendingTable::of(messages.clone(), &threads, findings.clone());
        self.kept.pending.get(is_current, make)
    }

    /// All Scenarios, and how they stand.
    pub(super) fn scenario_table(&self) -> Arc<ScenarioTable> {
        self.kept.scenarios.get(&self.scenarios, || {})
    }
}
