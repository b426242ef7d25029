//! The Silence controller: what people see of a Silence, in its status.
//!
//! 1. Follow Silences and Findings, with subscriptions of its own.
//! 2. Once something changed, or a Silence begins or ends: parse what is new, and find the Findings that each active one matches.
//! 3. While this replica leads, write the statuses that say something else.

mod status;

use super::context::Context;
use crate::api::{Finding, FindingStatus, Silence, SilenceStatus};
use crate::domain::silence::ParsedSilences;
use crate::domain::texts::Language;
use crate::runtime::caches::Caches;
use crate::runtime::clock;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry::{self, Retry};
use crate::runtime::watch::Subscription;
use crate::runtime::write::{self, WriteError};
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use status::{Candidate, status};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Between two rounds: changes in quick succession are looked at once.
const INTERVAL: Duration = Duration::from_secs(1);
/// Without a change the time is compared this often with the next start or end, in case the clock was set.
const CLOCK_CHECK: Duration = Duration::from_secs(60);

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let controller = Controller {
        api: Api::namespaced(context.client.clone(), &context.namespace),
        caches: context.caches.clone(),
        fence: context.fence.clone(),
        language: context.language,
        time_zone: context.time_zone.clone(),
        parsed: ParsedSilences::default(),
        failures: 0,
    };
    let (silences, findings) = (context.caches.silences.subscribe(), context.caches.findings.subscribe());
    let stopped = context.stopped();
    tokio::spawn(async move {
        tokio::select! {
            () = controller.run(silences, findings) => {}
            _ = stopped => {}
        }
    })
}

struct Controller {
    api: Api<Silence>,
    caches: Caches,
    fence: WriteFence,
    language: Language,
    time_zone: Arc<str>,
    parsed: ParsedSilences,
    /// Rounds in a row in which a write failed.
    failures: u32,
}

impl Controller {
    /// It begins once both kinds are listed: what is not listed yet is held back all the same.
    async fn run(mut self, mut silences: Subscription<Silence>, mut findings: Subscription<Finding>) {
        self.caches.progress.until_listed(&["Silence", "Finding"]).await;
        let mut fence = self.fence.clone();
        let mut soonest = Instant::now();
        let mut due = soonest;
        loop {
            tokio::select! {
                _ = silences.next() => due = due.min(soonest),
                _ = findings.next() => due = due.min(soonest),
                () = fence.changed() => due = due.min(soonest),
                () = tokio::time::sleep_until(due) => {
                    let pause = self.round().await;
                    soonest = Instant::now() + INTERVAL;
                    due = soonest.max(Instant::now() + pause);
                }
            }
        }
    }

    /// Writes the statuses that have to change, and returns how long to wait for the next round if nothing changes.
    async fn round(&mut self) -> Duration {
        if !self.fence.is_open() {
            return INTERVAL;
        }
        let now = clock::now();
        let silences = self.caches.silences.objects();
        let named: Vec<(String, Arc<Silence>)> = silences.into_iter().map(|s| (s.name_any(), s)).collect();
        self.parsed.refresh(named.iter().map(|(name, silence)| (name.as_str(), &**silence)), &self.time_zone);
        let findings = if named.is_empty() { Vec::new() } else { self.findings() };
        let candidates = status::sorted(findings.iter().map(|finding| Candidate::of(finding)).collect());
        let mut pause = None;
        for (name, silence) in &named {
            let Some(parsed) = self.parsed.get(name) else { continue };
            let next = status(silence, parsed, &candidates, self.language, now);
            if silence.status.as_ref() != Some(&next)
                && let Err(error) = self.write(name, silence, &next).await
            {
                pause = self.pause_after(name, &error).or(pause);
            }
            // Of many Silences over many Findings each is a piece of work of its own.
            tokio::task::yield_now().await;
        }
        match pause {
            Some(pause) => {
                self.failures = self.failures.saturating_add(1);
                pause
            }
            None => {
                self.failures = 0;
                until(self.parsed.active(now).next_change(now), clock::now())
            }
        }
    }

    /// Those that are Open or Acknowledged.
    fn findings(&self) -> Vec<Arc<Finding>> {
        let mut findings = self.caches.findings.objects();
        findings.retain(|finding| finding.status.as_ref().is_some_and(FindingStatus::is_active));
        findings
    }

    async fn write(&self, name: &str, silence: &Silence, next: &SilenceStatus) -> Result<Silence, WriteError> {
        let version = silence.resource_version();
        let patch = write::merge("status", silence.status.as_ref(), next, version.as_deref())?;
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        self.fence.write(self.api.patch_status(name, &params, &Patch::Merge(patch))).await
    }

    /// When to try again after a failed write; `None` where only a change of the object could help.
    fn pause_after(&self, name: &str, error: &WriteError) -> Option<Duration> {
        match retry::WRITES.decide(error, self.failures) {
            Retry::Stop => {
                tracing::warn!(silence = name, %error, "status not written: the API server refuses it");
                None
            }
            Retry::WaitForLeadership => Some(INTERVAL),
            Retry::After(interval) => {
                if !interval.is_zero() {
                    tracing::warn!(silence = name, %error, "status not written yet");
                }
                Some(interval)
            }
        }
    }
}

/// The time until the next start or end, at most [`CLOCK_CHECK`].
fn until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    let left = next.and_then(|next| Duration::try_from(next.duration_since(now)).ok());
    left.unwrap_or(CLOCK_CHECK).min(CLOCK_CHECK)
}
