//! What every controller is started with.

use super::advice_config::AdviceConfig;
use super::monitoring::SelfMonitoring;
use super::notification_config::NotificationConfig;
use super::open_questions::Questions;
use super::roots::Roots;
use super::runbook_search::RunbookSearch;
use crate::domain::keys::KeyLimits;
use crate::domain::redact::KnownSecrets;
use crate::domain::retention::RetentionLimits;
use crate::domain::texts::Language;
use crate::domain::thread::policy::ThreadLimits;
use crate::domain::validate::ProbePolicy;
use crate::history::History;
use crate::probes::Prober;
use crate::runtime::caches::Caches;
use crate::runtime::events::Events;
use crate::runtime::findings_first::FindingsFirst;
use crate::runtime::leadership::WriteFence;
use crate::telemetry::Metrics;
use kube::Client;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// How many objects the controllers keep, and what they do at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub keys: KeyLimits,
    pub retention: RetentionLimits,
    pub threads: ThreadLimits,
    /// Evaluations of Scenarios that keep a thread busy, at once.
    pub evaluations: usize,
    /// Answers of Agents to one author within a minute.
    pub answers_per_minute: usize,
}

/// The connections and settings that controllers share. Clones share them.
#[derive(Clone)]
pub struct Context {
    pub client: Client,
    pub namespace: String,
    pub caches: Caches,
    pub fence: WriteFence,
    pub findings_first: FindingsFirst,
    pub events: Events,
    pub prober: Arc<Prober>,
    pub policy: Arc<ProbePolicy>,
    pub secrets: KnownSecrets,
    pub language: Language,
    /// Name of the time zone of Silences that name none.
    pub time_zone: Arc<str>,
    pub names_are_checked: bool,
    pub limits: Limits,
    pub notices: Arc<NotificationConfig>,
    pub(super) search: RunbookSearch,
    pub(super) questions: Questions,
    pub advice: Arc<AdviceConfig>,
    pub metrics: Arc<Metrics>,
    pub monitoring: SelfMonitoring,
    pub history: History,
    pub roots: Roots,
    /// Until when the writes under way may take, once the operator stops.
    pub(super) stop: watch::Receiver<Option<Instant>>,
}

impl Context {
    /// Resolves when the operator stops, with the time until which the writes under way may take.
    pub fn stopped(&self) -> impl Future<Output = Instant> + Send + use<> {
        let mut stop = self.stop.clone();
        async move {
            let until = stop.wait_for(Option::is_some).await.ok().and_then(|until| *until);
            until.unwrap_or_else(Instant::now)
        }
    }
}
