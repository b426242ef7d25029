//! What waits for the model, and in which order.
//!
//! Questions of people come first, then advice that people requested, each the oldest first; then advice by severity and then by age.
//! Nothing that is under way is interrupted.

use crate::api::Severity;
use jiff::Timestamp;

/// Most jobs that wait.
pub const QUEUE_MAX: usize = 50;

/// Something that the model is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// A question of a person: the name of its Message.
    Question { message: String },
    /// Advice on a Finding; `asked` if a person requested it.
    Advice { finding: String, scenario: String, check: String, severity: Severity, asked: bool },
}

/// What came of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It waits, at this position from 1. `displaced` does not wait any more: the less urgent advice on another Finding of the same
    /// Scenario and check, or the least urgent job of a full queue. Offer it again when there is room.
    Waits { position: u32, displaced: Option<Job> },
    /// Advice on another Finding of the same Scenario and check waits, and is as urgent. Offer it again when that is done.
    Covered { finding: String },
    /// The queue is full of jobs that are as urgent.
    Full,
}

/// The jobs that wait, the next one first: at most [`QUEUE_MAX`], and of advice at most one for each Scenario and check.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    waiting: Vec<Waiting>,
    /// The one that was taken last, which may have to wait again.
    taken: Option<Waiting>,
    /// Of the last job.
    number: u64,
}

#[derive(Clone, Debug)]
struct Waiting {
    job: Job,
    since: Timestamp,
    /// The order of jobs of the same time.
    number: u64,
}

impl Waiting {
    fn order(&self) -> (Urgency, Timestamp, u64) {
        (self.job.urgency(), self.since, self.number)
    }
}

/// Less is more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    Question,
    Requested,
    Advice(Severity),
}

impl Job {
    fn urgency(&self) -> Urgency {
        match self {
            Job::Question { .. } => Urgency::Question,
            Job::Advice { asked: true, .. } => Urgency::Requested,
            Job::Advice { severity, .. } => Urgency::Advice(*severity),
        }
    }

    /// Whether a person waits for it, so that it is outside of the budget.
    pub fn is_asked(&self) -> bool {
        !matches!(self, Job::Advice { asked: false, .. })
    }

    /// Whether only one of the two may wait.
    fn is_same_entry(&self, other: &Job) -> bool {
        match (self, other) {
            (Job::Question { message }, Job::Question { message: other }) => message == other,
            (Job::Advice { scenario, check, .. }, Job::Advice { scenario: of, check: other, .. }) => {
                (scenario, check) == (of, other)
            }
            _ => false,
        }
    }

    /// Whether both are about the same Message or Finding.
    fn is_same_subject(&self, other: &Job) -> bool {
        match (self, other) {
            (Job::Question { message }, Job::Question { message: other }) => message == other,
            (Job::Advice { finding, .. }, Job::Advice { finding: other, .. }) => finding == other,
            _ => false,
        }
    }
}

impl Queue {
    pub fn new() -> Queue {
        Queue::default()
    }

    /// Adds a job. One that waits already keeps its age; its severity, and whether a person asks, become those of `job`. Of two Findings
    /// of a Scenario and check the more urgent one waits, with the age of the first.
    pub fn offer(&mut self, job: Job, now: Timestamp) -> Offered {
        let Some(at) = self.waiting.iter().position(|waiting| waiting.job.is_same_entry(&job)) else {
            return self.add(job, now);
        };
        let current = &self.waiting[at].job;
        if let Job::Advice { finding, .. } = current
            && !current.is_same_subject(&job)
            && current.urgency() <= job.urgency()
        {
            return Offered::Covered { finding: finding.clone() };
        }
        // A person who asked still waits, whatever the operator offers since.
        let job = match job {
            Job::Advice { finding, scenario, check, severity, asked } => {
                let asked = asked || current.is_asked();
                Job::Advice { finding, scenario, check, severity, asked }
            }
            question @ Job::Question { .. } => question,
        };
        let before = self.waiting.remove(at);
        let displaced = Some(before.job).filter(|before| !before.is_same_subject(&job));
        let waiting = Waiting { job, since: before.since, number: before.number };
        Offered::Waits { position: self.insert(waiting), displaced }
    }

    /// The next job, which waits no longer.
    pub fn take(&mut self) -> Option<Job> {
        self.taken = (!self.waiting.is_empty()).then(|| self.waiting.remove(0));
        self.taken.as_ref().map(|taken| taken.job.clone())
    }

    /// The job that was taken last could not begin: it waits again, at its place of before.
    pub fn keep_place(&mut self, job: Job, now: Timestamp) -> Offered {
        let before = self.taken.take().filter(|taken| taken.job.is_same_subject(&job));
        let is_waiting = self.waiting.iter().any(|waiting| waiting.job.is_same_entry(&job));
        match before {
            Some(before) if !is_waiting && self.waiting.len() < QUEUE_MAX => {
                let waiting = Waiting { job, since: before.since, number: before.number };
                Offered::Waits { position: self.insert(waiting), displaced: None }
            }
            _ => self.offer(job, now),
        }
    }

    /// The next job. If no person asked for it ([`Job::is_asked`]), no person asked for any of the others.
    pub fn first(&self) -> Option<&Job> {
        self.waiting.first().map(|waiting| &waiting.job)
    }

    /// Removes the advice on a Finding, which is resolved or gone. Returns whether it waited.
    pub fn remove_finding(&mut self, name: &str) -> bool {
        self.retain(|job| !matches!(job, Job::Advice { finding, .. } if finding == name)) > 0
    }

    /// Keeps the jobs for which `keep` is true. Returns the number of the others.
    pub fn retain(&mut self, keep: impl Fn(&Job) -> bool) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| keep(&waiting.job));
        before - self.waiting.len()
    }

    /// The position, from 1, of the job about the same Message or Finding.
    pub fn position(&self, job: &Job) -> Option<u32> {
        let at = self.waiting.iter().position(|waiting| waiting.job.is_same_subject(job))?;
        u32::try_from(at + 1).ok()
    }

    /// All jobs, each with its position from 1.
    pub fn places(&self) -> impl Iterator<Item = (&Job, u32)> {
        self.waiting.iter().zip(1..).map(|(waiting, place)| (&waiting.job, place))
    }

    /// How many jobs wait.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    fn add(&mut self, job: Job, now: Timestamp) -> Offered {
        let mut displaced = None;
        if self.waiting.len() >= QUEUE_MAX {
            match self.waiting.last() {
                Some(last) if job.urgency() < last.job.urgency() => displaced = self.waiting.pop().map(|last| last.job),
                _ => return Offered::Full,
            }
        }
        self.number += 1;
        Offered::Waits { position: self.insert(Waiting { job, since: now, number: self.number }), displaced }
    }

    /// Returns the position, from 1.
    fn insert(&mut self, job: Waiting) -> u32 {
        let at = self.waiting.partition_point(|waiting| waiting.order() < job.order());
        self.waiting.insert(at, job);
        u32::try_from(at + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
