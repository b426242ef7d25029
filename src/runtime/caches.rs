//! What is kept of the objects for readers: of each kind a store, fed by a watch.

use super::shared::Shared;
use super::watch::{self, Change};
use crate::api::{Agent, Finding, Scenario};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use kube::core::{DeserializeGuard, NamespaceResourceScope};
use kube::runtime::reflector::{Store, store};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Kinds that are watched.
pub const KINDS: [&str; 3] = ["Scenario", "Finding", "Agent"];

/// The caches of a process that only serves: it reads no target, holds no lease and writes no status.
pub struct Caches {
    pub scenarios: Store<Scenario>,
    pub findings: Store<Finding>,
    pub agents: Store<Agent>,
    pub shared: Arc<Shared>,
    following: [JoinHandle<()>; 3],
}

impl Caches {
    /// Follows the objects of a namespace until [`Caches::shutdown`].
    pub fn follow(client: &Client, namespace: &str) -> Caches {
        let shared = Arc::new(Shared::waiting(KINDS));
        let (scenarios, scenario_changes) = followed(client, namespace, trim_scenario, &shared);
        let (findings, finding_changes) = followed(client, namespace, trim_finding, &shared);
        let (agents, agent_changes) = followed(client, namespace, trim_agent, &shared);
        let following = [drained(scenario_changes), drained(finding_changes), drained(agent_changes)];
        Caches { scenarios, findings, agents, shared, following }
    }

    pub fn shutdown(self) {
        for task in self.following {
            task.abort();
        }
    }
}

/// A store of a kind, and the changes that feed it while somebody takes them.
pub fn followed<K>(
    client: &Client,
    namespace: &str,
    trim: fn(&K) -> K,
    shared: &Arc<Shared>,
) -> (Store<K>, BoxStream<'static, Change<K>>)
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + Sync,
    K: 'static,
{
    let (reader, writer) = store::<K>();
    let guarded = Api::<DeserializeGuard<K>>::namespaced(client.clone(), namespace);
    (reader, watch::changes(guarded, writer, trim, shared.clone()).boxed())
}

/// Takes the changes, where only the store is of interest.
pub fn drained<K: Send + 'static>(changes: impl Stream<Item = Change<K>> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(changes.for_each(|_| std::future::ready(())))
}

/// The copy for readers: who owns which field, and how probes look, is of no use to them.
pub fn trim_scenario(scenario: &Scenario) -> Scenario {
    let mut trimmed = scenario.clone();
    trimmed.metadata.managed_fields = None;
    trimmed.spec.probes = Vec::new();
    trimmed.spec.checks = Vec::new();
    if let Some(annotations) = &mut trimmed.metadata.annotations {
        annotations.retain(|name, _| name == crate::api::RUN_REQUESTED_AT);
    }
    trimmed
}

pub fn trim_finding(finding: &Finding) -> Finding {
    let mut trimmed = finding.clone();
    trimmed.metadata.managed_fields = None;
    trimmed
}

pub fn trim_agent(agent: &Agent) -> Agent {
    let mut trimmed = agent.clone();
    trimmed.metadata.managed_fields = None;
    trimmed
}
