//! What waits for the model: one job at a time is asked.

use super::{Controller, LOOK, SETTLE};
use crate::api::{Finding, Severity};
use crate::controllers::advice::asking::{Asking, Ended};
use crate::controllers::advice::compose::Why;
use crate::controllers::advice::writer::Task;
use crate::domain::advice::{Job, Offered, Queue};
use crate::domain::model::ModelFault;
use crate::runtime::clock;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet};

/// Attempts that time out or break off, for the same evidence.
const ATTEMPTS_MAX: u32 = 2;

/// What waits for the model, and what it is asked.
pub struct Jobs {
    /// `None` where T1 is off.
    pub asking: Option<Asking>,
    pub queue: Queue,
    /// Findings for which the queue had no room.
    pub unplaced: BTreeSet<String>,
    /// Questions that were asked, until that is seen in the Messages.
    pub settled: BTreeSet<String>,
    pub running: Option<Job>,
    pub tasks: JoinSet<Ended>,
    /// Attempts for a Finding that failed, with the hash of its evidence.
    pub attempts: HashMap<String, (String, u32)>,
    /// Until then the model is not asked.
    pub not_before: Option<Timestamp>,
    pub looks: JoinSet<()>,
    next_look: Instant,
}

impl Jobs {
    pub fn new(asking: Option<Asking>, now: Instant) -> Jobs {
        Jobs {
            asking,
            queue: Queue::new(),
            unplaced: BTreeSet::new(),
            settled: BTreeSet::new(),
            running: None,
            tasks: JoinSet::new(),
            attempts: HashMap::new(),
            not_before: None,
            looks: JoinSet::new(),
            next_look: now,
        }
    }
}

impl Controller {
    /// A Finding waits for advice of the model.
    pub(super) fn offer(&mut self, finding: &Finding, severity: Severity, asked: bool) {
        let name = finding.name_any();
        let is_running = matches!(&self.jobs.running, Some(Job::Advice { finding, .. }) if *finding == name);
        if is_running || self.is_given_up(finding) {
            return;
        }
        let (scenario, check) = (finding.spec.scenario.clone(), finding.spec.check.clone());
        let job = Job::Advice { finding: name.clone(), scenario, check, severity, asked };
        match self.jobs.queue.offer(job, clock::now()) {
            Offered::Waits { displaced, .. } => {
                self.jobs.unplaced.remove(&name);
                if let Some(Job::Advice { finding, .. }) = displaced {
                    self.jobs.unplaced.insert(finding);
                }
            }
            Offered::Covered { .. } | Offered::Full => drop(self.jobs.unplaced.insert(name)),
        }
    }

    /// Begins the next job, where the budget and the breaker allow; looks at the server where nothing waits.
    pub(super) fn begin_job(&mut self, now: Instant) {
        let Some(asking) = self.jobs.asking.clone() else { return };
        if self.jobs.running.is_some() {
            return;
        }
        let at = clock::now();
        let is_held = self.jobs.not_before.is_some_and(|until| at < until);
        let may = self.jobs.queue.first().is_some_and(|job| job.is_asked() || asking.budget_next(at) == Some(at));
        if is_held || !may {
            if !is_held && now >= self.jobs.next_look && self.jobs.looks.is_empty() {
                self.jobs.next_look = now + LOOK;
                self.jobs.looks.spawn(async move { asking.look().await });
            }
            return;
        }
        let Some(job) = self.jobs.queue.take() else { return };
        self.jobs.next_look = now + LOOK;
        match &job {
            Job::Advice { finding, asked, .. } => {
                let (Some(finding), asked) = (self.findings.get(finding), *asked) else { return };
                self.jobs.tasks.spawn(async move { asking.advise(&finding, asked).await });
            }
            Job::Question { message } => {
                let name = message.clone();
                self.jobs.tasks.spawn(async move { asking.question(&name).await });
            }
        }
        self.jobs.running = Some(job);
    }

    /// When the next job may begin, or the server is looked at.
    pub(super) fn next_job(&self, now: Instant) -> Option<Instant> {
        let asking = self.jobs.asking.as_ref()?;
        if self.jobs.running.is_some() {
            return None;
        }
        let at = clock::now();
        let budget =
            self.jobs.queue.first().and_then(|job| if job.is_asked() { Some(at) } else { asking.budget_next(at) });
        let next = match (self.jobs.not_before, budget) {
            (Some(until), Some(budget)) => until.max(budget),
            (None, Some(budget)) => budget,
            (_, None) => return Some(self.jobs.next_look.max(now)),
        };
        Some(now + Duration::try_from(next.duration_since(at)).unwrap_or(Duration::ZERO))
    }

    pub(super) fn job_ended(&mut self, ended: Result<Ended, JoinError>) {
        let ended = match ended {
            Ok(ended) => ended,
            // Leadership was lost, and everything is decided anew.
            Err(error) if error.is_cancelled() => return,
            Err(error) => {
                tracing::error!(%error, "a call of the local model failed");
                Ended::Failed(ModelFault::Defect)
            }
        };
        let Some(job) = self.jobs.running.take() else { return };
        self.jobs.not_before = None;
        let name = match &job {
            Job::Advice { finding, .. } => finding.clone(),
            Job::Question { message } => {
                self.question_ended(message.clone(), &ended);
                self.place_others();
                return;
            }
        };
        match ended {
            Ended::Later { until, fault } => {
                self.jobs.not_before = Some(until);
                if let Some(fault) = fault {
                    let why = Why { reason: fault.reason(), fault: Some(fault), model: None };
                    self.write_soon(&name, Task::Instead(why));
                }
                if self.findings.get(&name).is_some_and(|finding| is_active(&finding)) {
                    self.jobs.queue.offer(job, clock::now());
                }
            }
            Ended::Settled => self.write_soon(&name, Task::Due { waits: None }),
            Ended::Without(why) => self.write_soon(&name, Task::Instead(why)),
            Ended::Failed(fault) => self.attempt_failed(&name, fault),
            Ended::Answer(answer) => {
                self.jobs.attempts.remove(&name);
                self.write_soon(&name, Task::Answer(answer));
            }
        }
        self.place_others();
    }

    /// It is tried a second time; then that is what came of it until the evidence changes, or another replica leads.
    fn attempt_failed(&mut self, name: &str, fault: ModelFault) {
        let Some(facts) = self.findings.get(name).and_then(|finding| self.composer.facts(&finding)) else { return };
        let attempts = self.jobs.attempts.entry(name.to_string()).or_insert_with(|| (facts.evidence.clone(), 0));
        if attempts.0 != facts.evidence {
            *attempts = (facts.evidence.clone(), 0);
        }
        attempts.1 += 1;
        self.write_soon(name, Task::Instead(Why { reason: fault.reason(), fault: Some(fault), model: None }));
    }

    /// Whether so many attempts failed with its present evidence that the model is not asked again.
    fn is_given_up(&self, finding: &Finding) -> bool {
        let Some((evidence, count)) = self.jobs.attempts.get(&finding.name_any()) else { return false };
        let is_same = || self.composer.facts(finding).is_some_and(|facts| facts.evidence == *evidence);
        *count >= ATTEMPTS_MAX && is_same()
    }

    /// There may be room in the queue for others.
    fn place_others(&mut self) {
        for name in std::mem::take(&mut self.jobs.unplaced) {
            let severity = self.findings.get(&name).and_then(|finding| finding.status.as_ref()?.severity);
            self.pending.add(&name, severity, Instant::now() + SETTLE);
        }
    }
}

fn is_active(finding: &Finding) -> bool {
    finding.status.as_ref().is_some_and(crate::api::FindingStatus::is_active)
}
