//! The operator: a file or folder a kind. Fetch, validate, decide, apply, write status.

pub mod agent;
pub mod finding;
pub mod scenario;

use crate::api::{Agent, Finding, Scenario};
use crate::domain::texts::Language;
use crate::domain::validate::ProbePolicy;
use crate::probes::Prober;
use crate::runtime::caches::{self, followed, trim_agent, trim_finding, trim_scenario};
use crate::runtime::events::Events;
use crate::runtime::leadership::{Election, ElectionTask, WriteFence};
use crate::runtime::shared::Shared;
use crate::telemetry::Metrics;
use finding::FindingWriter;
use kube::runtime::reflector::Store;
use kube::{Api, Client};
use scenario::ConfigurationReader;
use scenario::{Command, Runner, Setup, TickReport};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch as signal};
use tokio::task::JoinHandle;

/// Commands that wait to be taken in.
const COMMANDS_MAX: usize = 64;

/// What the operator is told at its start.
pub struct OperatorConfig {
    pub client: Client,
    pub namespace: String,
    pub policy: ProbePolicy,
    pub prober: Prober,
    pub language: Language,
    /// The API server lets people write no name but their own, by the chart's admission policy.
    pub names_are_checked: bool,
    pub metrics: Arc<Metrics>,
    /// How it is decided which replica leads; `None` where there is no other.
    pub election: Option<Election>,
}

/// A running operator.
pub struct Operator {
    pub fence: WriteFence,
    pub scenarios: Store<Scenario>,
    pub findings: Store<Finding>,
    pub agents: Store<Agent>,
    pub shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    stop: signal::Sender<bool>,
    watching: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
    elector: Option<ElectionTask>,
}

impl Operator {
    /// Starts it; it works until [`Operator::shutdown`].
    pub fn start(config: OperatorConfig) -> Operator {
        let OperatorConfig { client, namespace, policy, prober, language, names_are_checked, metrics, election } =
            config;
        let (elector, fence) = match election {
            Some(election) => {
                let (elector, fence) = ElectionTask::start(client.clone(), &namespace, election);
                (Some(elector), fence)
            }
            None => (None, WriteFence::always()),
        };
        let shared = Arc::new(Shared::waiting(caches::KINDS));
        let (scenarios, scenario_changes) = followed(&client, &namespace, trim_scenario, &shared);
        let (findings, finding_changes) = followed(&client, &namespace, trim_finding, &shared);
        let (agents, agent_changes) = followed(&client, &namespace, trim_agent, &shared);
        let following = caches::drained(agent_changes);
        let agent_api = Api::namespaced(client.clone(), &namespace);
        let count = agent::count_open(agent_api, agents.clone(), findings.clone(), fence.clone());
        let listing = shared.clone();
        let thresholds = tokio::spawn(async move {
            listing.wait_for(&["Agent", "Finding"]).await;
            count.await;
        });

        let policy = Arc::new(policy);
        let writer = FindingWriter {
            api: Api::namespaced(client.clone(), &namespace),
            store: findings.clone(),
            namespace: namespace.clone(),
            events: Events::start(client.clone(), fence.clone()),
            language,
            fence: fence.clone(),
            names_are_checked,
        };
        let reader = ConfigurationReader::new(client.clone(), &namespace);
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        let (stop, mut stopped) = signal::channel(false);
        let setup = Setup {
            api: Api::namespaced(client, &namespace),
            namespace,
            scenarios: scenario_changes,
            findings: finding_changes,
            agents: agents.clone(),
            writer,
            runner: Runner::new(reader, Arc::new(prober), policy.clone(), language, metrics.clone()),
            policy,
            shared: shared.clone(),
            metrics,
            commands: receiver,
            fence: fence.clone(),
        };
        let watching = tokio::spawn(async move {
            let stop = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            scenario::watch(setup, stop).await;
        });
        let others = vec![following, thresholds];
        Operator { fence, scenarios, findings, agents, shared, commands, stop, watching, others, elector }
    }

    /// What it still waits for before it works, for people.
    pub fn waiting_for(&self) -> Vec<String> {
        self.shared.waiting_for()
    }

    /// A sender of commands, for whoever outlives a borrow.
    pub fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    /// Stops reading targets, finishes what is being written, then lets another replica lead.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        let _ = self.watching.await;
        for task in self.others {
            task.abort();
        }
        if let Some(elector) = self.elector {
            elector.shutdown().await;
        }
    }
}

/// Runs what is due, or everything, and waits for what came of it; `None` where this replica does not, or no longer, lead.
pub async fn tick(commands: &mpsc::Sender<Command>, force: bool) -> Option<TickReport> {
    let (reply, answer) = oneshot::channel();
    commands.send(Command::Tick { force, reply }).await.ok()?;
    answer.await.ok()
}
