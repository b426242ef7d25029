//! Scenarios: one task that knows them all, sends due ones to be run, and has written what came of it.
//!
//! The task itself never waits for a target or for the API: runs, Findings and statuses are tasks of their own that
//! report back, so that nothing slow delays anything but itself.
//!
//! It follows Scenarios and Findings on every replica. It reads targets while this one leads, or may still lead ([`standing`]);
//! it writes only through the gate. What can't be written waits with the times at which it happened.

mod configuration;
mod entry;
mod freshness;
mod queue;
mod run;
mod standing;
mod status;
mod tick;
mod turn;

pub use configuration::ConfigurationReader;
pub use run::Runner;
pub use tick::{TickReport, TickResult};

use super::finding::{Acknowledgements, Applied, FindingWriter, version};
use crate::api::{Agent, Finding, FindingStatus, Scenario};
use crate::domain::desired::CheckKey;
use crate::domain::validate::{Expressions, ProbePolicy, dependency_cycle, validate};
use crate::runtime::leadership::WriteFence;
use crate::runtime::shared::Shared;
use crate::runtime::watch::Change;
use crate::runtime::write::WriteError;
use crate::telemetry::Metrics;
use entry::{Entry, Spec};
use freshness::Freshness;
use futures::{Stream, StreamExt as _};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Api, ResourceExt as _};
use queue::Queue;
use run::Ran;
use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tick::Ticks;
use tokio::sync::{mpsc, oneshot, watch as signal};
use tokio::time::Instant;

/// Reports of tasks that wait to be taken in.
const REPORTS_MAX: usize = 1024;
/// The heartbeat of freshness and of retries.
const BEAT: Duration = Duration::from_secs(1);
/// An Agent with this name does the work of those that are absent or suspended.
const MAESTRO: &str = "maestro";

/// A stream of changes of one kind.
pub type Changes<K> = Pin<Box<dyn Stream<Item = Change<K>> + Send>>;

/// Asks the task from outside.
pub enum Command {
    /// Run what is due, or everything.
    Tick { force: bool, reply: oneshot::Sender<TickReport> },
}

/// What came of the wishes about one Finding, up to a number.
type PlannedWrite = (CheckKey, u64, Result<Applied, WriteError>);

/// News from a task.
enum Report {
    Started { late: Duration },
    Ran { name: Arc<str>, generation: Option<i64>, at: jiff::Timestamp, requested: Option<String>, ran: Ran },
    Planned { name: Arc<str>, results: Vec<PlannedWrite> },
    StatusWritten { name: Arc<str>, result: Result<Box<Scenario>, WriteError> },
}

/// What the task needs from outside.
pub struct Setup {
    pub namespace: String,
    pub scenarios: Changes<Scenario>,
    pub findings: Changes<Finding>,
    pub agents: Store<Agent>,
    pub api: Api<Scenario>,
    pub writer: FindingWriter,
    pub runner: Runner,
    pub policy: Arc<ProbePolicy>,
    pub shared: Arc<Shared>,
    pub metrics: Arc<Metrics>,
    pub commands: mpsc::Receiver<Command>,
    pub fence: WriteFence,
}

/// The task's state.
pub struct Watch {
    namespace: String,
    agents: Store<Agent>,
    api: Api<Scenario>,
    writer: FindingWriter,
    acknowledgements: Acknowledgements,
    runner: Runner,
    policy: Arc<ProbePolicy>,
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    fence: WriteFence,
    /// The gate was open when it was last looked at.
    was_open: bool,
    /// Reports of tasks, each with the era that it was begun in: what comes from one that is over counts for nothing.
    reports: mpsc::Sender<(u64, Report)>,
    era: signal::Sender<u64>,
    entries: HashMap<Arc<str>, Entry>,
    /// Where each known Finding belongs.
    findings: HashMap<String, (Arc<str>, CheckKey)>,
    expressions: Expressions,
    depends_on: HashMap<String, Vec<String>>,
    queue: Queue,
    freshness: Freshness,
    ticks: Ticks,
    retries: BTreeSet<(Instant, Arc<str>)>,
    scenarios_synced: bool,
    findings_synced: bool,
    agents_synced: bool,
    /// The term in which this replica reads targets, if it does.
    term: Option<u64>,
    /// It has begun to: what stands in the API is known.
    live: bool,
}

/// Follows the Scenarios until `stop` resolves.
pub async fn watch(setup: Setup, stop: impl Future<Output = ()>) {
    let (reports, mut reported) = mpsc::channel(REPORTS_MAX);
    let Setup { mut scenarios, mut findings, mut commands, .. } = setup;
    let mut watch = Watch {
        namespace: setup.namespace,
        agents: setup.agents,
        api: setup.api,
        acknowledgements: Acknowledgements::new(setup.writer.clone()),
        writer: setup.writer,
        runner: setup.runner,
        policy: setup.policy,
        shared: setup.shared,
        metrics: setup.metrics,
        was_open: false,
        fence: setup.fence,
        reports,
        era: signal::Sender::new(0),
        entries: HashMap::new(),
        findings: HashMap::new(),
        expressions: Expressions::default(),
        depends_on: HashMap::new(),
        queue: Queue::default(),
        freshness: Freshness::new(Instant::now()),
        ticks: Ticks::default(),
        retries: BTreeSet::new(),
        scenarios_synced: false,
        findings_synced: false,
        agents_synced: false,
        term: None,
        live: false,
    };
    let mut fence = watch.fence.clone();
    let shared = watch.shared.clone();
    let agents_listed = shared.wait_for(&["Agent"]);
    tokio::pin!(agents_listed);
    watch.look_at_standing();
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    tokio::pin!(stop);
    loop {
        let next = watch.queue.next_at().filter(|_| watch.live);
        let due = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = fence.changed() => watch.look_at_standing(),
            () = &mut agents_listed, if !watch.agents_synced => {
                watch.agents_synced = true;
                watch.begin();
            }
            Some((era, report)) = reported.recv() => watch.take_report(era, report),
            Some(change) = findings.next() => watch.finding_changed(change),
            Some(change) = scenarios.next() => watch.scenario_changed(change),
            Some(Command::Tick { force, reply }) = commands.recv() => watch.tick(force, reply),
            () = due => watch.start_due(Instant::now()),
            _ = beat.tick() => {
                watch.look_at_standing();
                watch.beat(Instant::now());
            }
        }
    }
    watch.settle(reported).await;
}

impl Watch {
    fn scenario_changed(&mut self, change: Change<Scenario>) {
        match change {
            Change::Applied(scenario) => self.scenario_applied(&scenario),
            Change::Undecodable(invalid) => {
                let name: Arc<str> = invalid.metadata.name.clone().unwrap_or_default().into();
                let entry = self.entries.entry(name.clone()).or_insert_with(|| Entry::new(name.clone()));
                entry.generation = invalid.metadata.generation;
                entry.resource_version = invalid.metadata.resource_version.clone();
                let why = invalid.error.to_string();
                entry.take_spec(Spec::Undecodable(why), crate::runtime::clock::now());
                self.write_status(&name);
            }
            Change::Deleted(name) => self.scenario_deleted(&name),
            Change::Synced => {
                self.scenarios_synced = true;
                self.begin();
            }
        }
    }

    fn scenario_applied(&mut self, scenario: &Scenario) {
        let name: Arc<str> = scenario.name_any().into();
        let entry = self.entries.entry(name.clone()).or_insert_with(|| Entry::new(name.clone()));
        if !entry.see(scenario, version(scenario)) {
            return;
        }
        let is_edit = entry.generation != scenario.metadata.generation;
        if is_edit {
            entry.generation = scenario.metadata.generation;
            entry.depends_on = scenario.spec.depends_on.clone();
            let spec = match validate(&name, &scenario.spec, &self.policy, &mut self.expressions) {
                Ok(valid) => Spec::Valid(Arc::new(valid)),
                Err(errors) => Spec::Invalid(errors),
            };
            entry.take_spec(spec, crate::runtime::clock::now());
            if let Some(valid) = entry.runnable() {
                self.shared.understood(&name, valid.interval);
            }
            self.dependencies_changed(&name);
        }
        if !self.live {
            return;
        }
        let asked = self.entries.get(&name).is_some_and(|e| e.requested.is_some());
        if is_edit || asked {
            self.run_soon(&name);
        }
        if is_edit {
            self.write_plan(&name);
        }
        self.write_status(&name);
    }

    fn scenario_deleted(&mut self, name: &str) {
        let Some(mut entry) = self.entries.remove(name) else { return };
        self.depends_on.remove(name);
        self.shared.forget(name);
        if self.live {
            entry.take_removal(crate::runtime::clock::now());
            self.resolve_orphans(entry);
        } else if let Some(rest) = entry.without_scenario() {
            // Whoever leads resolves its Findings; if that is this replica one day, it finds them here.
            self.entries.insert(rest.name.clone(), rest);
        }
        self.dependencies_changed(name);
    }

    /// Looks for circles again, for this Scenario and for those that were in one or may be in one now.
    fn dependencies_changed(&mut self, name: &str) {
        match self.entries.get(name).map(|e| e.depends_on.clone()).filter(|d| !d.is_empty()) {
            Some(depends_on) => self.depends_on.insert(name.to_string(), depends_on),
            None => self.depends_on.remove(name),
        };
        let concerned: Vec<Arc<str>> = self
            .entries
            .values()
            .filter(|e| !e.depends_on.is_empty() || e.cycle.is_some())
            .map(|e| e.name.clone())
            .collect();
        for other in concerned {
            let cycle = dependency_cycle(&other, &self.depends_on);
            let Some(entry) = self.entries.get_mut(&other).filter(|e| e.cycle != cycle) else { continue };
            entry.cycle = cycle;
            if self.live {
                self.run_soon(&other);
                self.write_status(&other);
            }
        }
    }

    fn finding_changed(&mut self, change: Change<Finding>) {
        match change {
            Change::Applied(finding) => {
                let name = finding.name_any();
                let at = (finding.spec.check.clone(), finding.spec.key.clone());
                let scenario: Arc<str> = finding.spec.scenario.as_str().into();
                let unresolved = finding.status.as_ref().is_none_or(FindingStatus::is_unresolved);
                self.findings.insert(name, (scenario.clone(), at.clone()));
                self.acknowledgements.look_at(&finding);
                match self.entries.get_mut(&scenario) {
                    Some(entry) => entry.see_finding(at, version(&*finding), unresolved),
                    None if unresolved && self.live => self.orphan(scenario, at, version(&*finding)),
                    // Before the Scenarios are listed nobody knows whose it is: it is looked at when they are.
                    None if unresolved => {
                        let mut entry = Entry::new(scenario.clone());
                        entry.see_finding(at, version(&*finding), true);
                        self.entries.insert(scenario, entry);
                        return;
                    }
                    None => return,
                }
                if self.live {
                    self.write_status(finding.spec.scenario.as_str());
                }
            }
            Change::Deleted(name) => {
                let Some((scenario, at)) = self.findings.remove(&name) else { return };
                self.acknowledgements.forget(&name);
                if let Some(entry) = self.entries.get_mut(&scenario) {
                    entry.forget_finding(&at);
                    self.write_status(&scenario);
                }
            }
            Change::Undecodable(invalid) => {
                tracing::warn!(finding = invalid.metadata.name, error = %invalid.error, "Finding can't be read; left alone");
            }
            Change::Synced => {
                self.findings_synced = true;
                self.begin();
            }
        }
    }

    /// The Agent that does the work of `name`: itself, or Maestro where it is absent or suspended.
    fn effective_agent(&self, name: &str) -> String {
        let found = self.agents.get(&ObjectRef::new(name).within(&self.namespace));
        match found {
            Some(agent) if !agent.spec.suspend => name.to_string(),
            _ => MAESTRO.to_string(),
        }
    }
}
