//! The retention controller: removes what is finished and too old, or too much, so that the store does not grow without an end.
//!
//! Once a minute, while this replica leads:
//!
//! 1. resolved Findings, from the cache ([`findings`]);
//! 2. Silences that ended, from the cache ([`silences`]);
//! 3. closed Threads with their Messages, read by pages, less often ([`threads`]);
//! 4. Actions, of which only metadata is read, by pages ([`actions`]).
//!
//! Nothing is removed that is open, and nothing that was changed since it was decided on.

mod actions;
mod findings;
mod silences;
mod threads;

use super::context::{Context, Limits};
use crate::api::{Action, Finding, Message, Silence, Thread};
use crate::runtime::clock;
use crate::runtime::leadership::WriteFence;
use crate::runtime::removal::{self, ObjectVersion};
use crate::runtime::watch::Cache;
use crate::runtime::write::WriteError;
use crate::telemetry::{Limit, Metrics};
use actions::ActionSweep;
use kube::core::DeserializeGuard;
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior};

/// Between two sweeps.
const INTERVAL: Duration = Duration::from_secs(60);
/// The write fence is checked this often.
const FENCE_CHECK: Duration = Duration::from_secs(1);
/// Every so many sweeps Threads and Messages are read, which are large.
const THREADS_EVERY: u32 = 10;
/// Between two removals: at most 50 a second.
const PACE: Duration = Duration::from_millis(20);

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let (caches, stopped) = (context.caches.clone(), context.stopped());
    let mut sweeper = Sweeper::new(context);
    tokio::spawn(async move {
        let sweeping = async {
            caches.progress.until_listed(&["Finding"]).await;
            loop {
                sweeper.until_leading().await;
                sweeper.sweep().await;
                tokio::time::sleep(INTERVAL).await;
            }
        };
        tokio::select! {
            () = sweeping => {}
            _ = stopped => {}
        }
    })
}

struct Sweeper {
    findings: Cache<Finding>,
    finding_api: Api<Finding>,
    silences: Cache<Silence>,
    silence_api: Api<Silence>,
    threads: Api<DeserializeGuard<Thread>>,
    messages: Api<DeserializeGuard<Message>>,
    actions: Api<Action>,
    action_sweep: ActionSweep,
    /// Sweeps until the next one of Threads.
    threads_in: u32,
    limits: Limits,
    remover: Remover,
}

impl Sweeper {
    fn new(context: &Context) -> Sweeper {
        let (client, namespace) = (&context.client, &context.namespace);
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Sweeper {
            findings: context.caches.findings.clone(),
            finding_api: Api::namespaced(client.clone(), namespace),
            silences: context.caches.silences.clone(),
            silence_api: Api::namespaced(client.clone(), namespace),
            threads: Api::namespaced(client.clone(), namespace),
            messages: Api::namespaced(client.clone(), namespace),
            actions: Api::namespaced(client.clone(), namespace),
            action_sweep: ActionSweep::default(),
            threads_in: 0,
            limits: context.limits,
            remover: Remover { fence: context.fence.clone(), metrics: context.metrics.clone(), pace },
        }
    }

    async fn until_leading(&mut self) {
        while !self.remover.fence.is_open() {
            // Another replica may have changed what is there.
            self.action_sweep = ActionSweep::default();
            tokio::time::sleep(FENCE_CHECK).await;
        }
    }

    /// Removes what is due now. An error ends the sweep of its kind until the next one.
    async fn sweep(&mut self) {
        let now = clock::now();
        let findings = self.sweep_findings(now).await;
        report("Finding", &findings);
        let silences = self.sweep_silences(now).await;
        report("Silence", &silences);
        if self.threads_in == 0 {
            let threads = self.sweep_threads(now).await;
            report("Thread", &threads);
            self.threads_in = THREADS_EVERY;
        }
        self.threads_in -= 1;
        let actions = self.sweep_actions(now).await;
        report("Action", &actions);
    }
}

/// Logs how many objects of a kind, and what belongs to them, were removed.
fn report(kind: &'static str, removed: &Result<usize, WriteError>) {
    match removed {
        Ok(0) | Err(WriteError::NotLeading) => {}
        Ok(count) => tracing::info!(kind, count, "objects removed: they were finished, and too old or too many"),
        Err(error) => tracing::warn!(kind, %error, "objects not removed yet"),
    }
}

/// Removes objects at a bounded rate.
struct Remover {
    fence: WriteFence,
    metrics: Arc<Metrics>,
    pace: Interval,
}

impl Remover {
    /// Removes one object. True where it no longer exists, false where it was changed since.
    async fn remove<K>(&mut self, api: &Api<K>, object: &ObjectVersion) -> Result<bool, WriteError>
    where
        K: Clone + Debug + DeserializeOwned,
    {
        self.pace.tick().await;
        removal::remove(api, &self.fence, object).await
    }

    /// Removes these objects, and returns how many no longer exist.
    async fn remove_all<K>(&mut self, api: &Api<K>, objects: &[ObjectVersion]) -> Result<usize, WriteError>
    where
        K: Clone + Debug + DeserializeOwned,
    {
        let mut removed = 0;
        for object in objects {
            removed += usize::from(self.remove(api, object).await?);
        }
        Ok(removed)
    }

    /// Reports that there are more objects of a kind than are kept.
    fn too_many<K: Resource<DynamicType = ()>>(&self, limit: Limit, beyond: usize) {
        if beyond > 0 {
            self.metrics.limit_reached(limit, format_args!("kind {}: {beyond} more than are kept", K::kind(&())));
        }
    }
}
