//! The loop of the controller: what changed, what is due, and the tasks that write.

mod changes;
mod decide;
mod roots;

use super::correlation::Correlation;
use super::index::Index;
use super::tasks::{Ended, Tasks};
use crate::controllers::context::Context;
use crate::controllers::holds::Holding;
use crate::domain::thread::policy::ThreadLimits;
use crate::runtime::leadership::{Leadership, WriteFence};
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::WriteError;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Changes in quick succession are dealt with together.
const PASS_INTERVAL: Duration = Duration::from_millis(20);
/// The longest time between two passes.
const PASS_LONGEST: Duration = Duration::from_secs(5);
/// The longest time between two passes while the stories of Findings are held.
const HELD_INTERVAL: Duration = Duration::from_millis(200);
/// Tasks at once; what else is due waits.
const TASKS_MAX: usize = 32;
/// Objects that are decided on in one pass: the loop takes note of changes in between.
const DECISIONS_MAX: usize = 256;

/// What is decided on, and written by one task at a time. In this order, Findings first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// The story of a Finding.
    Finding(String),
    /// The statuses of a Thread and of its Messages.
    Thread(String),
    /// What the Finding of this name is the root of.
    Root(String),
    /// The settings by which targets are compared.
    Settings,
}

pub struct Controller {
    context: Context,
    limits: ThreadLimits,
    fence: WriteFence,
    index: Index,
    holding: Holding,
    correlation: Correlation,
    tasks: Tasks,
    /// The term in which everything was looked at, if this replica leads.
    term: Option<u64>,
    dirty: BTreeSet<Subject>,
    wakes: BTreeSet<(Timestamp, Subject)>,
    wake_of: HashMap<Subject, Timestamp>,
    busy: HashSet<Subject>,
    failures: HashMap<Subject, u32>,
    done: mpsc::Sender<(Subject, Ended)>,
    finished: mpsc::Receiver<(Subject, Ended)>,
}

impl Controller {
    pub fn new(context: &Context) -> Controller {
        let (done, finished) = mpsc::channel(TASKS_MAX);
        let caches = &context.caches;
        Controller {
            limits: context.limits.threads,
            fence: context.fence.clone(),
            index: Index::new(caches.findings.clone(), caches.threads.clone(), caches.messages.clone()),
            holding: Holding::new(caches, &context.time_zone),
            correlation: Correlation::new(context.roots.clone()),
            tasks: Tasks::new(context),
            context: context.clone(),
            term: None,
            dirty: BTreeSet::new(),
            wakes: BTreeSet::new(),
            wake_of: HashMap::new(),
            busy: HashSet::new(),
            failures: HashMap::new(),
            done,
            finished,
        }
    }

    /// Works until it is dropped. Nothing is decided before all kinds are listed: what is not listed yet is not absent.
    pub async fn run(mut self) {
        let caches = self.context.caches.clone();
        let (mut findings, mut threads) = (caches.findings.subscribe(), caches.threads.subscribe());
        let (mut messages, mut silences) = (caches.messages.subscribe(), caches.silences.subscribe());
        let mut scenarios = caches.scenarios.subscribe();
        caches.progress.until_listed(&["Scenario", "Finding", "Agent", "Silence", "Thread", "Message"]).await;
        let mut fence = self.fence.clone();
        let mut next_pass = Instant::now();
        loop {
            tokio::select! {
                change = findings.next() => self.finding_changed(change),
                change = threads.next() => self.thread_changed(change),
                change = messages.next() => self.message_changed(change),
                _ = silences.next() => self.holding.silences_changed(),
                change = scenarios.next() => self.correlation.scenario_changed(&change),
                () = fence.changed() => {}
                Some((subject, ended)) = self.finished.recv() => self.ended(subject, ended),
                () = tokio::time::sleep_until(next_pass.into()) => {
                    next_pass = Instant::now() + self.pass();
                    continue;
                }
            }
            next_pass = next_pass.min(Instant::now() + PASS_INTERVAL);
        }
    }

    /// Does what is due; gives the time until the next pass.
    fn pass(&mut self) -> Duration {
        let Leadership::Leading { term } = self.fence.leadership() else {
            self.term = None;
            return PASS_LONGEST;
        };
        if self.term != Some(term) {
            self.begin(term);
        }
        let now = clock();
        self.holding.refresh(now);
        while let Some((at, subject)) = self.wakes.first().cloned() {
            if at > now {
                break;
            }
            self.wake(&subject, None);
            self.dirty.insert(subject);
        }
        let correlates_in = self.correlate();
        let is_held = self.context.findings_first.should_others_wait();
        for _ in 0..DECISIONS_MAX {
            if self.busy.len() >= TASKS_MAX {
                // The end of a task begins the next pass.
                return PASS_LONGEST;
            }
            let Some(subject) = self.next(is_held).cloned() else { break };
            self.dirty.remove(&subject);
            self.decide(&subject, now);
        }
        let is_rest = self.next(is_held).is_some();
        let wake = self.wakes.first().and_then(|(at, _)| Duration::try_from(at.duration_since(clock())).ok());
        let rest = if is_held { HELD_INTERVAL } else { PASS_LONGEST };
        let next = if is_rest { Duration::ZERO } else { wake.unwrap_or(rest).min(rest).min(correlates_in) };
        next.clamp(PASS_INTERVAL, PASS_LONGEST)
    }

    /// The next subject to decide on. The stories of Findings are held while many Findings are being written.
    fn next(&self, is_held: bool) -> Option<&Subject> {
        // In the order of subjects Findings come first.
        let first = if is_held { Subject::Thread(String::new()) } else { Subject::Finding(String::new()) };
        self.dirty.range(first..).find(|subject| !self.busy.contains(*subject))
    }

    /// This replica begins to lead: everything is decided from what the API holds.
    fn begin(&mut self, term: u64) {
        self.term = Some(term);
        self.index.findings.forget_all();
        self.index.threads.forget_all();
        self.read_messages();
        self.read_threads();
        self.read_findings();
    }

    fn ended(&mut self, subject: Subject, Ended { written, result }: Ended) {
        self.busy.remove(&subject);
        for finding in written.findings {
            self.dirty.insert(Subject::Finding(finding.name_any()));
            self.index.findings.wrote(Arc::new(finding));
        }
        for thread in written.threads {
            self.dirty.insert(Subject::Thread(thread.name_any()));
            self.index.thread_seen(&thread);
            self.index.threads.wrote(Arc::new(thread));
        }
        for message in written.messages {
            self.dirty.insert(Subject::Thread(message.spec.thread.clone()));
            self.index.message_seen(Arc::new(message));
        }
        if let Some(settings) = written.settings {
            self.correlation.take_settings(settings);
        }
        match result {
            Ok(()) => drop(self.failures.remove(&subject)),
            Err(error) => self.failed(subject, &error),
        }
    }

    fn failed(&mut self, subject: Subject, error: &WriteError) {
        if matches!(error, WriteError::Gone) {
            self.forget(&subject);
        }
        let failures = self.failures.entry(subject.clone()).or_default();
        match retry::ACKNOWLEDGEMENTS.decide(error, *failures) {
            Retry::Stop if !matches!(error, WriteError::Gone) => {
                tracing::error!(?subject, %error, "not told: the API server refuses it");
            }
            Retry::Stop => drop(self.failures.remove(&subject)),
            Retry::WaitForLeadership => drop(self.dirty.insert(subject)),
            Retry::After(interval) => {
                *failures = failures.saturating_add(1);
                if *failures > 1 {
                    tracing::debug!(?subject, %error, "not told yet");
                }
                let interval = SignedDuration::try_from(interval.max(PASS_INTERVAL)).unwrap_or(SignedDuration::ZERO);
                self.wake(&subject, clock().checked_add(interval).ok());
            }
        }
    }

    /// What was written of it is not there any more.
    fn forget(&mut self, subject: &Subject) {
        match subject {
            Subject::Finding(name) | Subject::Root(name) => self.index.findings.forget(name),
            Subject::Thread(name) => self.index.threads.forget(name),
            Subject::Settings => {}
        }
    }

    /// Sets when something is to be decided again.
    fn wake(&mut self, subject: &Subject, at: Option<Timestamp>) {
        if let Some(before) = self.wake_of.remove(subject) {
            self.wakes.remove(&(before, subject.clone()));
        }
        if let Some(at) = at {
            self.wake_of.insert(subject.clone(), at);
            self.wakes.insert((at, subject.clone()));
        }
    }
}

/// The time in microseconds, as `spec.at` of a Message keeps it.
fn clock() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
