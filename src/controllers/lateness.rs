//! The controller of lateness: one Finding says that probes begin too late. It belongs to no Scenario, and no other controller opens or
//! resolves it.
//!
//! 1. Follow the Finding.
//! 2. While this replica reads targets, decide every few seconds what becomes of it.
//! 3. Write that, with the time of the decision, until it is written.

use super::context::Context;
use super::finding::{FindingSummary, FindingWriter};
use super::probe_lateness::ProbeLateness;
use crate::api::{Evidence, Finding, LATE, OWN_SCENARIO, Severity};
use crate::domain::desired::{CheckKey, Desired, DesiredFindings};
use crate::domain::fingerprint::finding_name;
use crate::domain::lateness::{Lateness, LatenessChange, LatenessLimits, LatenessWatch};
use crate::domain::pending::PendingUpdates;
use crate::domain::texts::{self, Language};
use crate::domain::transition::{Failure, ResolveReason};
use crate::probes::Prober;
use crate::runtime::clock;
use crate::runtime::leadership::WriteFence;
use crate::runtime::version::{Version, is_older};
use crate::runtime::watch::{Cache, Change, Subscription};
use crate::runtime::write::WriteError;
use crate::telemetry::Metrics;
use kube::ResourceExt as _;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// The Agent that has the work of the program itself.
const AGENT: &str = crate::domain::agents::MAESTRO;
/// The longest time between two decisions; less where the window is short.
const INTERVAL_MAX: Duration = Duration::from_secs(5);

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let lateness = context.monitoring.lateness.clone();
    let limits = lateness.limits();
    let controller = Controller {
        at: (LATE.to_string(), String::new()),
        name: finding_name(OWN_SCENARIO, LATE, ""),
        lateness,
        limits,
        prober: context.prober.clone(),
        fence: context.fence.clone(),
        writer: FindingWriter::new(context),
        cache: context.caches.findings.clone(),
        metrics: context.metrics.clone(),
        language: context.language,
        state: State {
            term: None,
            watch: LatenessWatch::new(limits, Instant::now()),
            updates: PendingUpdates::default(),
        },
        finding: Known::NotListed,
    };
    let (changes, stopped) = (context.caches.findings.subscribe(), context.stopped());
    tokio::spawn(async move {
        tokio::select! {
            () = controller.run(changes) => {}
            _ = stopped => {}
        }
    })
}

struct Controller {
    at: CheckKey,
    name: String,
    lateness: ProbeLateness,
    limits: LatenessLimits,
    prober: Arc<Prober>,
    fence: WriteFence,
    writer: FindingWriter,
    cache: Cache<Finding>,
    metrics: Arc<Metrics>,
    language: Language,
    state: State,
    finding: Known,
}

/// What ends with a term of leadership: the next leader counts and decides anew.
struct State {
    term: Option<u64>,
    watch: LatenessWatch,
    updates: PendingUpdates,
}

/// The Finding as last seen or written.
enum Known {
    NotListed,
    Absent,
    Present(FindingSummary),
}

impl Known {
    fn is_unresolved(&self) -> bool {
        matches!(self, Known::Present(finding) if finding.is_unresolved)
    }

    fn version(&self) -> Option<Version> {
        match self {
            Known::Present(finding) => finding.version,
            Known::NotListed | Known::Absent => None,
        }
    }
}

impl Controller {
    async fn run(mut self, mut changes: Subscription<Finding>) {
        let mut timer = tokio::time::interval((self.limits.window / 24).min(INTERVAL_MAX));
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                change = changes.next() => self.finding_changed(change),
                _ = timer.tick() => {
                    self.decide(Instant::now());
                    self.write().await;
                }
            }
        }
    }

    fn finding_changed(&mut self, change: Change<Finding>) {
        match change {
            Change::Applied(finding) if finding.name_any() == self.name => self.seen(FindingSummary::of(&finding)),
            Change::Deleted(name, version) if *name == *self.name && !is_older(version, self.finding.version()) => {
                self.deleted();
            }
            Change::Resynchronise => match self.cache.get(&self.name) {
                Some(finding) => self.seen(FindingSummary::of(&finding)),
                None if self.cache.undecodable().contains(&self.name) => {}
                None => self.deleted(),
            },
            Change::Applied(_) | Change::Deleted(..) | Change::Undecodable(_) => {}
        }
    }

    fn seen(&mut self, finding: FindingSummary) {
        if !is_older(finding.version, self.finding.version()) {
            self.finding = Known::Present(finding);
        }
    }

    /// One that was open is closed by hand: it is opened again after another window of late probes.
    fn deleted(&mut self) {
        if self.finding.is_unresolved() {
            self.state.updates.forget(&self.at);
            self.state.watch = LatenessWatch::new(self.limits, Instant::now());
        }
        self.finding = Known::Absent;
    }

    /// Decides what becomes of the Finding, while this replica reads targets.
    fn decide(&mut self, now: Instant) {
        let term = self.fence.leadership().term();
        if term != self.state.term {
            self.lateness.clear();
            self.state =
                State { term, watch: LatenessWatch::new(self.limits, now), updates: PendingUpdates::default() };
        }
        if term.is_none() || matches!(self.finding, Known::NotListed) {
            return;
        }
        let lateness = self.lateness.at(&self.prober, now);
        let is_open = self.state.updates.leaves_open(&self.at).unwrap_or(self.finding.is_unresolved());
        let desired = match self.state.watch.decide(lateness, is_open, now) {
            Some(LatenessChange::Open(lateness)) => Desired::Open(Box::new(self.failure(lateness))),
            Some(LatenessChange::Resolve) => Desired::Resolved(ResolveReason::Recovered),
            None => return,
        };
        let open = if is_open { BTreeSet::from([self.at.clone()]) } else { BTreeSet::new() };
        self.state.updates.add(DesiredFindings::from([(self.at.clone(), desired)]), &open, clock::now());
    }

    /// Writes what was decided; what can't be written now is tried again after the next decision.
    async fn write(&mut self) {
        if !self.fence.is_open() {
            return;
        }
        for (at, updates) in self.state.updates.all() {
            let Some(number) = updates.last().map(|update| update.number) else { continue };
            match self.writer.apply(OWN_SCENARIO, &at, &updates, self.finding.version()).await {
                Ok((finding, steps)) => {
                    self.metrics.api_write("findings", !steps.is_empty(), true);
                    self.state.updates.done(&at, number);
                    self.finding = finding.map_or(Known::Absent, Known::Present);
                }
                Err(WriteError::NotLeading) => {}
                Err(error) => {
                    self.metrics.api_write("findings", true, false);
                    tracing::warn!(finding = self.name, %error, "Finding not written yet");
                }
            }
        }
    }

    fn failure(&self, lateness: Lateness) -> Failure {
        let LatenessLimits { max, window } = self.limits;
        Failure {
            severity: Severity::High,
            agent: AGENT.to_string(),
            title: texts::late_probes_title(self.language),
            message: texts::late_probes(self.language, lateness, max, window),
            runbook: None,
            evidence: Evidence::default(),
            interval: Duration::ZERO,
        }
    }
}
