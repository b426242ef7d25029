//! The caches of a process: one list and watch of each kind, shared by all controllers and the facade.

use super::listing::ListProgress;
use super::watch::Cache;
use crate::api::{Agent, Finding, RUN_REQUESTED_AT, Scenario, Silence};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::{Client, ResourceExt as _};
use tokio::task::JoinHandle;

/// Kinds that are watched.
const KINDS: [&str; 4] = ["Scenario", "Finding", "Agent", "Silence"];

/// One cache for each kind.
#[derive(Clone)]
pub struct Caches {
    pub scenarios: Cache<Scenario>,
    pub findings: Cache<Finding>,
    pub agents: Cache<Agent>,
    pub silences: Cache<Silence>,
    pub progress: ListProgress,
}

/// The tasks that fill the caches.
pub struct Watches([JoinHandle<()>; 4]);

impl Watches {
    /// Ends them; the caches stay as they are.
    pub fn stop(self) {
        for task in self.0 {
            task.abort();
        }
    }
}

impl Caches {
    /// Lists and watches the kinds in a namespace until [`Watches::stop`].
    pub fn start(client: &Client, namespace: &str) -> (Caches, Watches) {
        let progress = ListProgress::expecting(KINDS);
        let (scenarios, first) = Cache::start(client, namespace, trim_scenario, &progress);
        let (findings, second) = Cache::start(client, namespace, trim_finding, &progress);
        let (agents, third) = Cache::start(client, namespace, trim_agent, &progress);
        let (silences, fourth) = Cache::start(client, namespace, trim_silence, &progress);
        (Caches { scenarios, findings, agents, silences, progress }, Watches([first, second, third, fourth]))
    }
}

/// Without managed fields, annotations that nothing reads, and the room for more probes and checks that decoding leaves.
fn trim_scenario(mut scenario: Scenario) -> Scenario {
    scenario.metadata.managed_fields = None;
    scenario.spec.probes.shrink_to_fit();
    scenario.spec.checks.shrink_to_fit();
    if let Some(status) = &mut scenario.status {
        status.conditions.shrink_to_fit();
    }
    if let Some(annotations) = &mut scenario.metadata.annotations {
        annotations.retain(|name, _| name == RUN_REQUESTED_AT);
    }
    scenario
}

/// Of the managed fields only the owners of the acknowledgement are kept: they show how it was written.
fn trim_finding(mut finding: Finding) -> Finding {
    if let Some(owners) = &mut finding.metadata.managed_fields {
        owners.retain(owns_acknowledgement);
    }
    finding
}

fn trim_agent(mut agent: Agent) -> Agent {
    agent.metadata.managed_fields = None;
    agent
}

fn trim_silence(mut silence: Silence) -> Silence {
    silence.metadata.managed_fields = None;
    // What `kubectl apply` keeps there is as large as the spec.
    silence.metadata.annotations = None;
    silence
}

/// Whether this entry owns a field of `spec.acknowledgement`.
fn owns_acknowledgement(entry: &ManagedFieldsEntry) -> bool {
    let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
    fields.is_some_and(|fields| fields.get("f:spec").is_some_and(|spec| spec.get("f:acknowledgement").is_some()))
}

/// The field manager that last wrote `spec.acknowledgement`.
pub fn manager_of_acknowledgement(finding: &Finding) -> Option<&str> {
    finding.spec.acknowledgement.as_ref()?;
    let owners = finding.managed_fields().iter().filter(|entry| owns_acknowledgement(entry));
    owners.max_by_key(|entry| entry.time.clone()).and_then(|entry| entry.manager.as_deref())
}
