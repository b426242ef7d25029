//! The Agents and what they are at.

use super::finding::is_active;
use super::message_state::is_pending;
use super::order::Key;
use super::shown::line;
use super::{Page, PageRequest, Resources};
use crate::api::{Agent, Role, Tier};
use kube::ResourceExt as _;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// An Agent: what it watches, and what awaits people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RosterView {
    /// The Agent's id, such as `A1`; the object name of an Agent without an id.
    #[schema(example = "A1")]
    pub id: String,
    /// The display name.
    #[schema(example = "Pulso")]
    pub name: String,
    /// Name of the area that it covers.
    #[schema(example = "node_health")]
    pub codename: String,
    /// Whether it can use the local model.
    pub tier: Tier,
    /// Roles whose inbox shows its Messages.
    pub inbox: Vec<Role>,
    /// Names of the Scenarios that it owns.
    #[schema(example = json!(["desk.api.health", "proxmox.cluster"]))]
    pub scenarios: Vec<String>,
    /// Number of Findings that are open or acknowledged, those that it has for a suspended Agent included.
    #[schema(example = 1)]
    pub open_findings: u32,
    /// Number of Messages in its Threads that await an acknowledgement.
    #[schema(example = 1)]
    pub pending_messages: u32,
    /// Whether its work goes to the Agent `maestro`.
    #[schema(example = false)]
    pub suspended: bool,
}

/// What belongs to the Agents, by object name.
struct Belongings {
    scenarios: BTreeMap<String, Vec<String>>,
    findings: HashMap<String, u32>,
    messages: HashMap<String, u32>,
}

impl Resources {
    /// One page of all Agents, sorted by object name.
    pub fn list_roster(&self, page: &PageRequest) -> Page<RosterView> {
        let of_agents = self.belongings();
        Page::new(page, self.agents.state(), |_| Key::BY_NAME, |agent| RosterView::new(agent, &of_agents))
    }

    /// Counted anew, so that the numbers are those of the lists of the same moment.
    fn belongings(&self) -> Belongings {
        let mut scenarios: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for scenario in self.scenarios.state() {
            scenarios.entry(scenario.spec.agent.clone()).or_default().push(scenario.name.to_string());
        }
        scenarios.values_mut().for_each(|names| names.sort_unstable());
        let mut findings = HashMap::new();
        for finding in self.findings.state_filter(is_active) {
            if let Some(agent) = finding.status.as_ref().and_then(|status| status.agent.as_deref()) {
                count(&mut findings, agent);
            }
        }
        let mut messages = HashMap::new();
        for message in self.messages.state_filter(is_pending) {
            if let Some(thread) = self.thread(&message.spec.thread) {
                count(&mut messages, &thread.spec.agent);
            }
        }
        Belongings { scenarios, findings, messages }
    }
}

fn count(counts: &mut HashMap<String, u32>, agent: &str) {
    match counts.get_mut(agent) {
        Some(counted) => *counted += 1,
        None => {
            counts.insert(agent.to_string(), 1);
        }
    }
}

impl RosterView {
    fn new(agent: &Agent, of_agents: &Belongings) -> RosterView {
        let (name, spec) = (agent.name_any(), &agent.spec);
        RosterView {
            id: spec.id.as_deref().map(line).unwrap_or_else(|| name.clone()),
            name: line(&spec.display_name),
            codename: line(&spec.codename),
            tier: spec.tier,
            inbox: spec.inbox_roles.clone(),
            scenarios: of_agents.scenarios.get(&name).cloned().unwrap_or_default(),
            open_findings: of_agents.findings.get(&name).copied().unwrap_or(0),
            pending_messages: of_agents.messages.get(&name).copied().unwrap_or(0),
            suspended: spec.suspend,
        }
    }
}
