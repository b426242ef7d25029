//! What every controller is started with.

use crate::domain::keys::KeyLimits;
use crate::domain::redact::KnownSecrets;
use crate::domain::retention::RetentionLimits;
use crate::domain::texts::Language;
use crate::domain::validate::ProbePolicy;
use crate::probes::Prober;
use crate::runtime::caches::Caches;
use crate::runtime::events::Events;
use crate::runtime::leadership::WriteFence;
use crate::telemetry::Metrics;
use kube::Client;
use std::sync::Arc;
use tokio::sync::watch;

/// How many objects the controllers keep.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub keys: KeyLimits,
    pub retention: RetentionLimits,
}

/// The connections and settings that controllers share. Clones share them.
#[derive(Clone)]
pub struct Context {
    pub client: Client,
    pub namespace: String,
    pub caches: Caches,
    pub fence: WriteFence,
    pub events: Events,
    pub prober: Arc<Prober>,
    pub policy: Arc<ProbePolicy>,
    pub secrets: KnownSecrets,
    pub language: Language,
    pub names_are_checked: bool,
    pub limits: Limits,
    pub metrics: Arc<Metrics>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Context {
    /// Resolves when the operator stops.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.clone();
        async move {
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }
}
