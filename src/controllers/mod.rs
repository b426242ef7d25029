//! The operator: its controllers, one for each concern, over one set of caches.
//!
//! A new controller is a module with a function `start(&Context) -> JoinHandle<()>` and a line in [`CONTROLLERS`].

pub mod agent;
pub mod context;
pub mod finding;
mod retention;
pub mod scenario;

use crate::domain::redact::KnownSecrets;
use crate::domain::texts::Language;
use crate::domain::validate::ProbePolicy;
use crate::probes::Prober;
use crate::runtime::caches::{Caches, Watches};
use crate::runtime::events::Events;
use crate::runtime::leadership::{Election, ElectionTask, WriteFence};
use crate::telemetry::Metrics;
use context::{Context, Limits};
use kube::Client;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The controllers besides that of Scenarios, which answers ticks as well.
const CONTROLLERS: &[fn(&Context) -> JoinHandle<()>] = &[
    finding::start,   // copies acknowledgements to the status
    agent::start,     // counts open Findings
    retention::start, // removes what is finished and too old, or too much
];

/// What the operator is started with.
pub struct OperatorConfig {
    pub client: Client,
    pub namespace: String,
    pub policy: ProbePolicy,
    /// What is redacted in all readings; Secrets that are read are added.
    pub secrets: KnownSecrets,
    pub prober: Prober,
    pub language: Language,
    /// The API server lets people write no name but their own, by the chart's admission policy.
    pub names_are_checked: bool,
    pub limits: Limits,
    pub metrics: Arc<Metrics>,
    /// How the leading replica is elected; `None` where there is only one.
    pub election: Option<Election>,
}

/// A running operator.
pub struct Operator {
    pub fence: WriteFence,
    pub caches: Caches,
    pub scenarios: scenario::Handle,
    stop: watch::Sender<bool>,
    running: Vec<JoinHandle<()>>,
    watches: Watches,
    election: Option<ElectionTask>,
}

impl Operator {
    /// Starts it; it works until [`Operator::shutdown`].
    pub fn start(config: OperatorConfig) -> Operator {
        let OperatorConfig { client, namespace, .. } = config;
        let (election, fence) = match config.election {
            Some(election) => {
                let (task, fence) = ElectionTask::start(client.clone(), &namespace, election);
                (Some(task), fence)
            }
            None => (None, WriteFence::always()),
        };
        let (caches, watches) = Caches::start(&client, &namespace);
        let (stop, stopped) = watch::channel(false);
        let context = Context {
            events: Events::start(client.clone(), fence.clone()),
            client,
            namespace,
            caches: caches.clone(),
            fence: fence.clone(),
            prober: Arc::new(config.prober),
            policy: Arc::new(config.policy),
            secrets: config.secrets,
            language: config.language,
            names_are_checked: config.names_are_checked,
            limits: config.limits,
            metrics: config.metrics,
            stop: stopped,
        };
        let (scenarios, watching) = scenario::start(&context);
        let running = CONTROLLERS.iter().map(|start| start(&context)).chain([watching]).collect();
        Operator { fence, caches, scenarios, stop, running, watches, election }
    }

    /// What it still waits for before it works, for people.
    pub fn waiting_for(&self) -> Vec<String> {
        self.caches.progress.waiting_for()
    }

    /// Stops reading targets, finishes the writes under way, then lets another replica lead.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        for controller in self.running {
            let _ = controller.await;
        }
        self.watches.stop();
        if let Some(election) = self.election {
            election.shutdown().await;
        }
    }
}
