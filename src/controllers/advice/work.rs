//! The loop of the controller: what changed, what is written, and what the model is asked.

mod embedding;
mod jobs;
mod questions;

use super::asking::Asking;
use super::compose::Composer;
use super::pending::Pending;
use super::writer::{Outcome, Task, Writer};
use crate::api::{Agent, AgentSpec, Finding, Severity};
use crate::controllers::context::Context;
use crate::controllers::open_questions::OpenQuestions;
use crate::domain::advice::Job;
use crate::domain::advice::due::{BUDGET_SPENT, Due, Request, Write, due};
use crate::runtime::clock;
use crate::runtime::leadership::{Leadership, WriteFence};
use crate::runtime::newest::Newest;
use crate::runtime::retry::{self, Retry};
use crate::runtime::watch::Change;
use crate::runtime::write::WriteError;
use jobs::Jobs;
use kube::ResourceExt as _;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

/// The longest time between two passes.
const PASS_LONGEST: Duration = Duration::from_secs(5);
/// A Finding that changed is decided on after this time: its notices are written first.
const SETTLE: Duration = Duration::from_secs(2);
/// Between two writes that nobody waits for.
const WRITE_INTERVAL: Duration = Duration::from_millis(250);
/// Writes at once.
const WRITES_MAX: usize = 2;
/// Findings that are decided on in one pass: the loop takes note of changes in between.
const DECISIONS_MAX: usize = 256;
/// Between two passes with more to decide on.
const PASS_INTERVAL: Duration = Duration::from_millis(20);
/// The runbooks are looked at this often, and the model server while nothing waits for it.
const REFRESH: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(60);

/// The end of a write.
struct Written {
    name: String,
    task: Task,
    result: Result<Outcome, WriteError>,
}

pub struct Controller {
    context: Context,
    fence: WriteFence,
    composer: Composer,
    findings: Newest<Finding>,
    /// The Agents, as they were seen last.
    agents: HashMap<String, AgentSpec>,
    /// The term in which everything was looked at, if this replica leads.
    term: Option<u64>,
    /// What is to be decided on.
    pending: Pending,
    writes: Writes,
    jobs: Jobs,
    runbooks: Runbooks,
    open_questions: watch::Receiver<Arc<OpenQuestions>>,
}

/// What is written.
struct Writes {
    writer: Writer,
    /// What is to be written of Findings, where it is not what is due.
    tasks: HashMap<String, Task>,
    running: JoinSet<Written>,
    busy: BTreeSet<String>,
    failures: HashMap<String, u32>,
    /// When the next one may begin that nobody waits for.
    next: Instant,
}

/// The runbooks, by which everything is decided.
struct Runbooks {
    refreshes: JoinSet<()>,
    next: Instant,
    revision: Option<Arc<str>>,
}

impl Controller {
    pub fn new(context: &Context) -> Controller {
        let composer = Composer::new(context);
        let now = Instant::now();
        Controller {
            fence: context.fence.clone(),
            findings: Newest::new(context.caches.findings.clone()),
            agents: HashMap::new(),
            term: None,
            pending: Pending::default(),
            writes: Writes {
                writer: Writer::new(context, composer.clone()),
                tasks: HashMap::new(),
                running: JoinSet::new(),
                busy: BTreeSet::new(),
                failures: HashMap::new(),
                next: now,
            },
            jobs: Jobs::new(Asking::new(context, composer.clone()), now),
            open_questions: context.questions.open(),
            runbooks: Runbooks { refreshes: JoinSet::new(), next: now, revision: None },
            composer,
            context: context.clone(),
        }
    }

    /// Works until it is dropped. Nothing is decided before all kinds are listed, and the runbooks are indexed.
    pub async fn run(mut self) {
        let caches = self.context.caches.clone();
        let (mut findings, mut agents) = (caches.findings.subscribe(), caches.agents.subscribe());
        caches.progress.until_listed(&["Scenario", "Finding", "Agent", "Thread", "Message"]).await;
        self.context.search.refresh(caches.scenarios.objects()).await;
        self.runbooks.next = Instant::now() + REFRESH;
        let mut fence = self.fence.clone();
        let mut questions = self.open_questions.clone();
        let mut next_pass = Instant::now();
        loop {
            tokio::select! {
                change = findings.next() => self.finding_changed(change),
                change = agents.next() => self.agent_changed(&change),
                () = fence.changed() => {}
                _ = questions.changed() => {}
                Some(written) = self.writes.running.join_next() => self.written(written),
                Some(ended) = self.jobs.tasks.join_next() => self.job_ended(ended),
                Some(stepped) = self.jobs.embedding.steps.join_next() => self.embedded(stepped),
                Some(_) = self.jobs.looks.join_next() => self.may_embed(),
                Some(_) = self.runbooks.refreshes.join_next() => self.may_embed(),
                () = tokio::time::sleep_until(next_pass.into()) => {
                    next_pass = Instant::now() + self.pass();
                    continue;
                }
            }
            next_pass = next_pass.min(Instant::now() + PASS_INTERVAL);
        }
    }

    fn finding_changed(&mut self, change: Change<Finding>) {
        match change {
            Change::Applied(finding) => self.finding_seen(&finding, SETTLE),
            Change::Deleted(name, _) => self.forget(&name),
            Change::Undecodable(object) => self.forget(object.metadata.name.as_deref().unwrap_or_default()),
            Change::Resynchronise => self.resynchronise(),
        }
    }

    /// The Agent that does the work of a Finding may be another one, or of another tier. Statuses of Agents change nothing.
    fn agent_changed(&mut self, change: &Change<Agent>) {
        let is_other = match change {
            Change::Applied(agent) => {
                let name = agent.name_any();
                self.agents.insert(name, agent.spec.clone()).as_ref() != Some(&agent.spec)
            }
            Change::Undecodable(object) => {
                self.agents.remove(object.metadata.name.as_deref().unwrap_or_default()).is_some()
            }
            Change::Deleted(name, _) => self.agents.remove(&**name).is_some(),
            Change::Resynchronise => {
                let agents = self.context.caches.agents.objects();
                let agents = agents.iter().map(|agent| (agent.name_any(), agent.spec.clone())).collect();
                std::mem::replace(&mut self.agents, agents) != self.agents
            }
        };
        if is_other && self.term.is_some() {
            self.all_seen(SETTLE);
        }
    }

    fn resynchronise(&mut self) {
        self.findings.forget_all();
        let cache = self.context.caches.findings.clone();
        self.jobs.queue.retain(|job| match job {
            Job::Advice { finding, .. } => cache.get(finding).is_some(),
            Job::Question { .. } => true,
        });
        self.all_seen(SETTLE);
    }

    fn all_seen(&mut self, after: Duration) {
        for finding in self.context.caches.findings.objects() {
            self.finding_seen(&finding, after);
        }
    }

    fn finding_seen(&mut self, finding: &Finding, after: Duration) {
        let name = finding.name_any();
        let status = finding.status.as_ref();
        if !status.is_some_and(crate::api::FindingStatus::is_active) {
            self.forget(&name);
            return;
        }
        if self.term.is_some() {
            let is_requested = Request::of(finding.metadata.annotations.as_ref()).is_some()
                && self.composer.facts(finding).is_some_and(|facts| facts.present().is_asked());
            let after = if is_requested { Duration::ZERO } else { after };
            self.pending.add(&name, status.and_then(|status| status.severity), Instant::now() + after);
        }
    }

    /// It is resolved or gone: nobody waits for advice.
    fn forget(&mut self, name: &str) {
        self.pending.remove(name);
        self.writes.tasks.remove(name);
        self.writes.failures.remove(name);
        self.jobs.tries.remove(name);
        self.jobs.overtaken.remove(name);
        self.composer.compared.remove(name);
        self.jobs.unplaced.remove(name);
        self.jobs.queue.remove_finding(name);
        self.findings.forget(name);
    }

    /// Does what is due; gives the time until the next pass.
    fn pass(&mut self) -> Duration {
        let Leadership::Leading { term } = self.fence.leadership() else {
            if self.term.take().is_some() {
                self.end();
            }
            return PASS_LONGEST;
        };
        if self.term != Some(term) {
            self.begin(term);
        }
        let now = Instant::now();
        if now >= self.runbooks.next && self.runbooks.refreshes.is_empty() {
            self.runbooks.next = now + REFRESH;
            let (search, scenarios) = (self.context.search.clone(), self.context.caches.scenarios.objects());
            self.runbooks.refreshes.spawn(async move { search.refresh(scenarios).await });
        }
        let revision = self.context.search.revision();
        let before = self.runbooks.revision.replace(revision.clone());
        if before.is_some_and(|before| before != revision) {
            self.all_seen(Duration::ZERO);
        }
        let is_more = self.decide_some(now);
        self.offer_questions();
        self.begin_job(now);
        self.tell_places();
        self.context.metrics.set_advice_queue(self.jobs.queue.len());
        let refresh = self.runbooks.refreshes.is_empty().then_some(self.runbooks.next);
        let next = [self.next_decision(), refresh, self.next_job(now)];
        let next = next.into_iter().flatten().min().map_or(PASS_LONGEST, |at| at.saturating_duration_since(now));
        if is_more { PASS_INTERVAL } else { next.clamp(PASS_INTERVAL, PASS_LONGEST) }
    }

    /// This replica begins to lead: everything is decided from what the API holds.
    fn begin(&mut self, term: u64) {
        self.end();
        self.term = Some(term);
        self.findings.forget_all();
        let findings = self.context.caches.findings.objects();
        if let Some(asking) = &self.jobs.asking {
            let calls = findings.iter().filter_map(|finding| finding.status.as_ref()?.advice.as_ref());
            let calls = calls.filter(|advice| {
                // The last failed call of a Finding is known by its reason, earlier ones are not.
                let is_failed = matches!(advice.reason.as_deref(), Some("ModelTooSlow" | "AnswerRefused"));
                (advice.basis.model.is_some() || is_failed) && advice.requested_at.is_none()
            });
            asking.resume(calls.map(|advice| advice.at.0));
        }
        self.all_seen(Duration::ZERO);
    }

    /// What is under way for the model is ended, and forgotten.
    fn end(&mut self) {
        // A call that is under way is dropped, and nothing of it comes back.
        self.jobs = Jobs::new(self.jobs.asking.clone(), Instant::now());
        self.context.questions.queued(Default::default());
        self.context.questions.running(None);
        self.composer.standing.advice.clear();
        self.pending.clear();
        self.writes.tasks.clear();
        self.writes.failures.clear();
        self.composer.standing.forget();
        self.composer.compared.clear();
    }

    /// Decides on Findings until one is to be written that nobody waits for; returns whether there may be more to decide on at once.
    fn decide_some(&mut self, now: Instant) -> bool {
        for _ in 0..DECISIONS_MAX {
            if self.writes.running.len() >= WRITES_MAX {
                return false;
            }
            let (busy, tasks, may_write) = (&self.writes.busy, &self.writes.tasks, now >= self.writes.next);
            let may = |name: &str| !busy.contains(name) && (may_write || tasks.contains_key(name));
            let Some(name) = self.pending.take(now, may) else { return false };
            self.decide(&name, now);
        }
        true
    }

    /// When the next Finding may be decided on. The end of a write begins another pass.
    fn next_decision(&self) -> Option<Instant> {
        let Writes { busy, tasks, running, next, .. } = &self.writes;
        if running.len() >= WRITES_MAX {
            return None;
        }
        let tasks = self.pending.next(|name| !busy.contains(name) && tasks.contains_key(name));
        let others = self.pending.next(|name| !busy.contains(name)).map(|at| at.max(*next));
        [tasks, others].into_iter().flatten().min()
    }

    fn decide(&mut self, name: &str, now: Instant) {
        let Some(finding) = self.findings.get(name) else { return };
        let Some(facts) = self.composer.facts(&finding) else { return };
        if let Some(task) = self.writes.tasks.remove(name) {
            self.begin_write(name, finding, task);
            return;
        }
        let present = facts.present();
        let (Due { write, ask }, is_asked) = (due(&present), present.is_asked());
        match ask {
            true => self.offer(&finding, facts.status.severity.unwrap_or(Severity::Info), is_asked),
            false => drop(self.jobs.queue.remove_finding(name)),
        }
        let Some(write) = write else { return };
        let is_unbudgeted = self.jobs.asking.as_ref().is_some_and(|asking| {
            let at = clock::now();
            asking.budget_next(at) != Some(at)
        });
        let waits = (write == Write::Fallback(None) && is_unbudgeted && !is_asked).then_some(BUDGET_SPENT);
        self.writes.next = now + WRITE_INTERVAL;
        self.begin_write(name, finding, Task::Due { waits });
    }

    fn begin_write(&mut self, name: &str, finding: Arc<Finding>, task: Task) {
        let (writer, name) = (self.writes.writer.clone(), name.to_string());
        self.writes.busy.insert(name.clone());
        self.writes.running.spawn(async move {
            // A defect in it must not keep the Finding busy for ever.
            let (of, work) = (finding, task.clone());
            let write = tokio::spawn(async move { writer.write(&of, &work).await });
            let result = write.await.unwrap_or(Err(WriteError::Panicked));
            Written { name, task, result }
        });
    }

    fn written(&mut self, written: Result<Written, JoinError>) {
        let Ok(Written { name, task, result }) = written else { return };
        self.writes.busy.remove(&name);
        let error = match result {
            Ok(outcome) => {
                self.writes.failures.remove(&name);
                match outcome {
                    Outcome::Stored(finding) => {
                        if matches!(task, Task::Answer { .. }) {
                            self.answered(&name, &finding);
                        }
                        let finding = Arc::new(*finding);
                        self.findings.wrote(finding.clone());
                        self.finding_seen(&finding, Duration::ZERO);
                    }
                    // After a call that gave no answer another one may be due.
                    Outcome::Unchanged => {
                        self.writes.next = self.writes.next.min(Instant::now());
                        if let (Task::Instead(_), Some(finding)) = (&task, self.findings.get(&name)) {
                            self.finding_seen(&finding, Duration::ZERO);
                        }
                    }
                }
                return;
            }
            Err(error) => error,
        };
        let failures = self.writes.failures.entry(name.clone()).or_default();
        match retry::WRITES.decide(&error, *failures) {
            Retry::Stop => {
                if !matches!(error, WriteError::Gone) {
                    tracing::error!(finding = name, %error, "advice not stored: the API server refuses it");
                }
                self.writes.failures.remove(&name);
            }
            Retry::WaitForLeadership => {}
            Retry::After(interval) => {
                *failures = failures.saturating_add(1);
                tracing::debug!(finding = name, %error, "advice not stored yet");
                if !matches!(task, Task::Due { .. }) {
                    self.writes.tasks.insert(name.clone(), task);
                }
                let severity = self.findings.get(&name).and_then(|finding| finding.status.as_ref()?.severity);
                self.pending.add(&name, severity, Instant::now() + interval);
            }
        }
    }

    /// Writes this of a Finding at once.
    fn write_soon(&mut self, name: &str, task: Task) {
        let Some(finding) = self.findings.get(name) else { return };
        self.writes.tasks.insert(name.to_string(), task);
        self.pending.add(name, finding.status.as_ref().and_then(|status| status.severity), Instant::now());
    }
}
