//! What waits for the model: one job at a time is asked.

use super::embedding::Embedding;
use super::{Controller, LOOK, SETTLE};
use crate::api::{Finding, Severity};
use crate::controllers::advice::asking::{Asking, Ended};
use crate::controllers::advice::compose::Why;
use crate::controllers::advice::writer::Task;
use crate::domain::advice::{Again, Job, Offered, Overtaken, Queue, Subject, Tries};
use crate::domain::model::ModelFault;
use crate::runtime::clock;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet};

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
    /// The calls for a Finding that gave no answer.
    pub tries: HashMap<String, Tries>,
    /// The answers on a Finding during which its evidence changed.
    pub overtaken: HashMap<String, Overtaken>,
    /// Until then the model is not asked.
    pub not_before: Option<Timestamp>,
    pub looks: JoinSet<()>,
    pub embedding: Embedding,
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
            tries: HashMap::new(),
            overtaken: HashMap::new(),
            not_before: None,
            looks: JoinSet::new(),
            embedding: Embedding::default(),
            next_look: now,
        }
    }
}

impl Controller {
    /// A Finding waits for advice of the model.
    pub(super) fn offer(&mut self, finding: &Finding, severity: Severity, asked: bool) {
        self.place(finding, severity, asked, Queue::offer);
    }

    /// The same, by this way into the queue.
    fn place(
        &mut self,
        finding: &Finding,
        severity: Severity,
        asked: bool,
        way: fn(&mut Queue, Job, Timestamp) -> Offered,
    ) {
        let name = finding.name_any();
        let is_running = matches!(&self.jobs.running, Some(Job::Advice { finding, .. }) if *finding == name);
        if is_running {
            return;
        }
        match self.again(finding) {
            Again::Now => {}
            Again::At(at) => {
                let wait = Duration::try_from(at.duration_since(clock::now())).unwrap_or(Duration::ZERO);
                return self.pending.add(&name, Some(severity), Instant::now() + wait);
            }
            Again::Never => return,
        }
        let (scenario, check) = (finding.spec.scenario.clone(), finding.spec.check.clone());
        let job = Job::Advice { finding: name.clone(), scenario, check, severity, asked };
        match way(&mut self.jobs.queue, job, clock::now()) {
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
            if !is_held {
                self.begin_embedding(now);
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
        let first =
            self.jobs.queue.first().and_then(|job| if job.is_asked() { Some(at) } else { asking.budget_next(at) });
        let after = |next: Timestamp| now + Duration::try_from(next.duration_since(at)).unwrap_or(Duration::ZERO);
        let look = self.jobs.looks.is_empty().then_some(self.jobs.next_look);
        let not_before = self.jobs.not_before.map(after);
        let embedding = self.jobs.embedding.due().map(|next| not_before.map_or(next, |until| until.max(next)));
        let call = next_call(first.map(after), not_before, look);
        call.into_iter().chain(embedding).min().map(|next| next.max(now))
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
                    let subject = self.subject(&name);
                    let why = Why { reason: fault.reason(), fault: Some(fault), model: None, subject };
                    self.write_soon(&name, Task::Instead(why));
                }
                self.offer_again(&name, &job);
            }
            Ended::Settled => self.write_soon(&name, Task::Due { waits: None }),
            Ended::Without(why) => self.write_soon(&name, Task::Instead(why)),
            Ended::Failed(fault) => {
                if let Some(subject) = self.subject(&name) {
                    self.unanswered(&name, subject, fault, None);
                }
            }
            Ended::Unanswered { subject, fault, until } => self.unanswered(&name, subject, fault, until),
            Ended::Answer(answer) => {
                self.jobs.tries.remove(&name);
                let is_last = self.is_last(&name, &answer.subject);
                self.write_soon(&name, Task::Answer { answer, is_last });
            }
        }
        self.place_others();
    }

    /// Whether an answer about this is told also if the evidence changed meanwhile.
    fn is_last(&self, name: &str, answered: &Subject) -> bool {
        let requested_at = answered.requested_at.as_deref();
        self.jobs.overtaken.get(name).zip(requested_at).is_some_and(|(overtaken, at)| overtaken.is_last(at))
    }

    /// An answer was stored: whether the evidence changed during it, for the next one.
    pub(super) fn answered(&mut self, name: &str, stored: &Finding) {
        let advice = stored.status.as_ref().and_then(|status| status.advice.as_ref());
        match advice.filter(|advice| advice.stale).and_then(|advice| advice.requested_at.as_deref()) {
            Some(requested_at) => self.jobs.overtaken.entry(name.to_string()).or_default().note(requested_at),
            None => drop(self.jobs.overtaken.remove(name)),
        }
    }

    /// The job could not begin: it waits again, at its place.
    fn offer_again(&mut self, name: &str, job: &Job) {
        let Some(finding) = self.findings.get(name).filter(|finding| is_active(finding)) else { return };
        if let Job::Advice { severity, asked, .. } = job {
            self.place(&finding, *severity, *asked, Queue::keep_place);
        }
    }

    /// A call gave no answer, and another one may; after too many of them, that is what came of it until the evidence changes, a person
    /// asks, or another replica leads.
    fn unanswered(&mut self, name: &str, subject: Subject, fault: ModelFault, until: Option<Timestamp>) {
        self.jobs.not_before = until;
        let tries = self.jobs.tries.entry(name.to_string()).or_default();
        match until {
            Some(_) => tries.away(subject.clone(), clock::now()),
            None => tries.failed(subject.clone()),
        }
        let why = Why { reason: fault.reason(), fault: Some(fault), model: None, subject: Some(subject) };
        self.write_soon(name, Task::Instead(why));
    }

    /// When the model may be asked about what it would be asked about now.
    fn again(&self, finding: &Finding) -> Again {
        let Some(tries) = self.jobs.tries.get(&finding.name_any()) else { return Again::Now };
        let subject = self.composer.facts(finding).map(|facts| facts.subject());
        subject.map_or(Again::Now, |subject| tries.again(&subject, clock::now()))
    }

    fn subject(&self, name: &str) -> Option<Subject> {
        self.findings.get(name).and_then(|finding| self.composer.facts(&finding)).map(|facts| facts.subject())
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

/// When the next job may begin, or the server is looked at: `first` is when the budget allows the first job that waits, if there is one, and
/// `not_before` is when the server may be called.
fn next_call(first: Option<Instant>, not_before: Option<Instant>, look: Option<Instant>) -> Option<Instant> {
    first.or(look).map(|next| not_before.map_or(next, |until| until.max(next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_calls_are_held_nothing_is_done_at_once() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        for (first, not_before, look, expected) in [
            (Some(now), None, Some(after(9)), Some(now)),
            (Some(after(5)), Some(after(3)), Some(now), Some(after(5))),
            (Some(now), Some(after(3)), Some(now), Some(after(3))),
            // Nothing waits: the server is looked at, but not before it may be called.
            (None, Some(after(3)), Some(now), Some(after(3))),
            (None, None, Some(after(7)), Some(after(7))),
            // It is being looked at.
            (None, None, None, None),
        ] {
            assert_eq!(next_call(first, not_before, look), expected, "{first:?} {not_before:?} {look:?}");
        }
    }
}
