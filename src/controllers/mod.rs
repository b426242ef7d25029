//! The operator: its controllers, one for each concern, over one set of caches.
//!
//! A new controller is a module with a function `start(&Context) -> JoinHandle<()>` and a line in [`CONTROLLERS`].

pub mod advice;
pub mod advice_config;
mod advice_steps;
pub mod agent;
pub mod channel_states;
pub mod context;
mod curator;
pub mod digest;
pub mod finding;
mod heartbeat;
mod holds;
mod lateness;
mod making;
mod message;
pub mod model_standing;
pub mod monitoring;
mod notification;
pub mod notification_config;
mod open_questions;
pub mod probe_lateness;
mod question;
mod retention;
mod roots;
mod runbook_search;
pub mod scenario;
mod silence;
mod thread;

use crate::domain::redact::KnownSecrets;
use crate::domain::texts::Language;
use crate::domain::validate::ProbePolicy;
use crate::history::History;
use crate::probes::Prober;
use crate::runtime::caches::{Caches, Watches};
use crate::runtime::events::Events;
use crate::runtime::findings_first::FindingsFirst;
use crate::runtime::leadership::{Election, ElectionTask, WriteFence};
use crate::telemetry::Metrics;
use advice_config::AdviceConfig;
use channel_states::ChannelStates;
use context::{Context, Limits};
use digest::DigestConfig;
use kube::Client;
use model_standing::ModelStanding;
use monitoring::SelfMonitoring;
use notification_config::NotificationConfig;
use open_questions::Questions;
use roots::Roots;
use runbook_search::RunbookSearch;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The controllers besides that of Scenarios, which answers ticks as well, and that of the digest, which sends mail.
const CONTROLLERS: &[fn(&Context) -> JoinHandle<()>] = &[
    finding::start,      // copies acknowledgements to the status
    agent::start,        // counts what Agents have to do
    silence::start,      // keeps the statuses of Silences
    notification::start, // tells people of Findings
    message::start,      // answers people in Threads
    question::start,     // finds the questions that the local model answers, and tells how far that has come
    advice::start,       // advises on serious Findings
    thread::start,       // tells in Threads what happens to Findings, and keeps their statuses
    retention::start,    // removes what is finished and too old, or too much
    lateness::start,     // reports probes that begin too late
    curator::start,      // tells once a week what the runbooks lack
    heartbeat::start,    // calls a push monitor while all is well
];

/// The default time of a stop.
const STOP: Duration = Duration::from_secs(5);
/// Of the time of a stop, for giving leadership up.
const RELEASE: Duration = Duration::from_secs(1);
/// Of the time of a stop, for ending what no longer waits for writes.
const SETTLE: Duration = Duration::from_millis(250);

/// What the operator is started with.
pub struct OperatorConfig {
    pub client: Client,
    pub namespace: String,
    pub policy: ProbePolicy,
    /// What is redacted in all readings; Secrets that are read are added.
    pub secrets: KnownSecrets,
    pub prober: Prober,
    pub language: Language,
    /// Name of the time zone of Silences that name none.
    pub time_zone: Arc<str>,
    /// The API server lets people write no name but their own, by the chart's admission policy.
    pub names_are_checked: bool,
    pub limits: Limits,
    pub notices: NotificationConfig,
    /// What advice is made with.
    pub advice: AdviceConfig,
    /// The daily digest; `None` where mail is off.
    pub digest: Option<DigestConfig>,
    pub metrics: Arc<Metrics>,
    pub monitoring: SelfMonitoring,
    /// Where readings are kept, if anywhere.
    pub history: History,
    /// How the leading replica is elected; `None` where there is only one.
    pub election: Option<Election>,
}

/// A running operator.
pub struct Operator {
    pub fence: WriteFence,
    pub caches: Caches,
    pub scenarios: scenario::Handle,
    pub channels: ChannelStates,
    pub model: ModelStanding,
    pub history: History,
    stop: watch::Sender<Option<Instant>>,
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
        let (stop, stopped) = watch::channel(None);
        let context = Context {
            events: Events::start(client.clone(), fence.clone()),
            client,
            namespace,
            caches: caches.clone(),
            fence: fence.clone(),
            findings_first: FindingsFirst::default(),
            prober: Arc::new(config.prober),
            policy: Arc::new(config.policy),
            secrets: config.secrets,
            language: config.language,
            time_zone: config.time_zone,
            names_are_checked: config.names_are_checked,
            limits: config.limits,
            notices: Arc::new(config.notices),
            search: RunbookSearch::new(
                config.advice.library.clone(),
                config.advice.vectors.clone(),
                config.metrics.clone(),
            ),
            questions: Questions::default(),
            advice: Arc::new(config.advice),
            metrics: config.metrics,
            monitoring: config.monitoring,
            history: config.history,
            roots: Roots::default(),
            stop: stopped,
        };
        let (scenarios, watching) = scenario::start(&context);
        let digest = digest::start(&context, config.digest);
        let running = CONTROLLERS.iter().map(|start| start(&context)).chain([watching, digest]).collect();
        let (channels, model) = (context.monitoring.channels.clone(), context.monitoring.model.clone());
        let history = context.history.clone();
        Operator { fence, caches, scenarios, channels, model, history, stop, running, watches, election }
    }

    /// What it still waits for before it works, for people.
    pub fn waiting_for(&self) -> Vec<String> {
        self.caches.progress.waiting_for()
    }

    /// Stops as [`Operator::shutdown_by`] does, in [`STOP`].
    pub async fn shutdown(self) {
        self.shutdown_by(Instant::now() + STOP).await;
    }

    /// Stops reading targets, finishes the writes under way, then lets another replica lead; all of it before `until`. What has not
    /// been written then is decided anew by the next leader.
    pub async fn shutdown_by(self, until: Instant) {
        let before = |time| until.checked_sub(time).unwrap_or(until);
        let _ = self.stop.send(Some(before(RELEASE + SETTLE)));
        for mut controller in self.running {
            if tokio::time::timeout_at(before(RELEASE).into(), &mut controller).await.is_err() {
                controller.abort();
            }
        }
        self.watches.stop();
        self.history.shutdown(before(RELEASE)).await;
        if let Some(election) = self.election {
            let _ = tokio::time::timeout_at(until.into(), election.shutdown()).await;
        }
    }
}
