//! The loop of the controller: what changed, what is due, and the tasks that write and send.

mod changes;
mod dirty;
mod tasks;

use super::clock;
use super::objects::Findings;
use super::sending::{Outcome, Sender};
use super::surroundings::World;
use crate::api::Channel;
use crate::controllers::context::Context;
use crate::controllers::holds::Holding;
use crate::controllers::notification_config::NotificationConfig;
use crate::domain::notice::queue::Queue;
use crate::domain::outgoing::Delivery;
use crate::runtime::leadership::{Leadership, WriteFence};
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::WriteError;
use dirty::Dirty;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Changes in quick succession are dealt with together.
const PASS_INTERVAL: Duration = Duration::from_millis(50);
/// The longest time between two passes.
const PASS_LONGEST: Duration = Duration::from_secs(5);

/// The end of a task.
enum Done {
    Written(String, Result<(), WriteError>),
    Sent(Sending, Outcome),
}

/// What a task sends.
struct Sending {
    /// What is not sent by another task meanwhile.
    keys: BTreeSet<String>,
    findings: Vec<String>,
}

/// Tasks at once: a bound of the channel of their ends.
const TASKS_MAX: usize = 64;

pub struct Controller {
    context: Context,
    config: Arc<NotificationConfig>,
    fence: WriteFence,
    findings: Findings,
    world: World,
    queue: Queue,
    sender: Sender,
    /// The term in which everything was read, if this replica leads.
    term: Option<u64>,
    /// Findings whose notices are to be planned.
    dirty: Dirty,
    /// When the notices of a Finding are to be planned again.
    wakes: BTreeSet<(Timestamp, String)>,
    wake_of: HashMap<String, Timestamp>,
    holding: Holding,
    /// Findings whose plan is being written, or is written again later.
    writing: HashSet<String>,
    failures: HashMap<String, u32>,
    /// What is being sent: identities of groups, and of what they wait for.
    sending: HashSet<String>,
    sends: HashMap<Channel, usize>,
    done: mpsc::Sender<Done>,
    finished: mpsc::Receiver<Done>,
}

impl Controller {
    pub fn new(context: &Context) -> Controller {
        let (done, finished) = mpsc::channel(TASKS_MAX);
        let findings = Findings::new(context);
        let config = context.notices.clone();
        Controller {
            context: context.clone(),
            fence: context.fence.clone(),
            world: World::new(config.policy.clone(), context.caches.scenarios.clone()),
            sender: Sender { findings: findings.clone(), fence: context.fence.clone(), config: config.clone() },
            findings,
            config,
            queue: Queue::default(),
            term: None,
            dirty: Dirty::default(),
            wakes: BTreeSet::new(),
            wake_of: HashMap::new(),
            holding: Holding::new(&context.caches, &context.time_zone),
            writing: HashSet::new(),
            failures: HashMap::new(),
            sending: HashSet::new(),
            sends: HashMap::new(),
            done,
            finished,
        }
    }

    /// Works until it is dropped. Nothing is planned before all kinds are listed: what is not listed yet is not absent.
    pub async fn run(mut self) {
        let caches = self.context.caches.clone();
        let (mut findings, mut scenarios) = (caches.findings.subscribe(), caches.scenarios.subscribe());
        let mut silences = caches.silences.subscribe();
        caches.progress.until_listed(&["Scenario", "Finding", "Silence"]).await;
        let mut fence = self.fence.clone();
        let mut next_pass = Instant::now();
        loop {
            tokio::select! {
                change = findings.next() => self.finding_changed(change),
                change = scenarios.next() => self.scenario_changed(change),
                _ = silences.next() => self.holding.silences_changed(),
                () = fence.changed() => {}
                Some(done) = self.finished.recv() => self.ended(done),
                () = tokio::time::sleep_until(next_pass.into()) => {
                    next_pass = Instant::now() + self.pass();
                    continue;
                }
            }
            next_pass = next_pass.min(Instant::now() + PASS_INTERVAL);
        }
    }

    fn ended(&mut self, done: Done) {
        match done {
            Done::Written(name, result) => {
                self.writing.remove(&name);
                match result {
                    Ok(()) => drop(self.failures.remove(&name)),
                    Err(error) => self.write_failed(&name, &error),
                }
                // Without a wait for the next pass, which would bound how many are written in a second.
                if self.is_leading() {
                    self.plan_dirty(clock());
                }
            }
            Done::Sent(Sending { keys, findings }, Outcome { channel, delivery, members }) => {
                for key in keys {
                    self.sending.remove(&key);
                }
                for name in findings {
                    self.index(&name);
                    self.mark_dirty(&name);
                }
                if let Some(sends) = self.sends.get_mut(&channel) {
                    *sends = sends.saturating_sub(1);
                }
                if let Some(delivery) = delivery {
                    self.delivered(channel, &delivery, members);
                }
            }
        }
    }

    /// Takes note of what the server of a channel answered.
    fn delivered(&mut self, channel: Channel, delivery: &Delivery, members: usize) {
        let now = clock();
        let states = &self.context.monitoring.channels;
        let result = match delivery {
            Delivery::Accepted(_) | Delivery::Refused(_) => {
                states.succeeded(channel, now);
                if matches!(delivery, Delivery::Accepted(_)) { "sent" } else { "failed" }
            }
            Delivery::NotNow(error) | Delivery::Uncertain(error) => {
                states.failed(channel, now, error);
                "retried"
            }
        };
        for _ in 0..members {
            self.context.metrics.notice_result(channel.as_str(), result);
        }
    }

    /// Reads what a Finding says of notices that wait or are claimed.
    fn index(&mut self, name: &str) {
        match self.findings.get(name).as_ref().and_then(|finding| finding.status.as_ref()) {
            Some(status) => self.queue.seen(name, status),
            None => self.queue.gone(name),
        }
    }

    fn write_failed(&mut self, name: &str, error: &WriteError) {
        let failures = self.failures.entry(name.to_string()).or_default();
        match retry::WRITES.decide(error, *failures) {
            Retry::Stop => tracing::error!(finding = name, %error, "notices not written: the API server refuses them"),
            Retry::WaitForLeadership => self.mark_dirty(name),
            Retry::After(interval) => {
                *failures = failures.saturating_add(1);
                tracing::debug!(finding = name, %error, "notices not written yet");
                let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::ZERO);
                self.wake(name, Some(clock() + interval));
            }
        }
    }

    /// Sets when a Finding is to be planned again.
    fn wake(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(before) = self.wake_of.remove(name) {
            self.wakes.remove(&(before, name.to_string()));
        }
        if let Some(at) = at {
            self.wake_of.insert(name.to_string(), at);
            self.wakes.insert((at, name.to_string()));
        }
    }

    /// The notices of a Finding are to be planned.
    fn mark_dirty(&mut self, name: &str) {
        let finding = self.findings.get(name);
        let severity = finding.and_then(|finding| finding.status.as_ref().and_then(|status| status.severity));
        self.dirty.insert(name, severity);
    }

    fn mark_all_dirty(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            self.mark_dirty(&name);
        }
    }

    /// Whether this replica leads, and has read everything since it does.
    fn is_leading(&self) -> bool {
        matches!(self.fence.leadership(), Leadership::Leading { term } if self.term == Some(term))
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
        if self.holding.refresh(now) {
            let all: Vec<String> = self.world.findings().cloned().collect();
            self.mark_all_dirty(all);
        }
        while let Some((at, name)) = self.wakes.first().cloned() {
            if at > now {
                break;
            }
            self.wake(&name, None);
            self.mark_dirty(&name);
        }
        self.plan_dirty(now);
        self.send_overdue(now);
        self.send_ready(now);
        self.until_next(now)
    }

    /// This replica begins to lead: everything is decided from what the API holds.
    fn begin(&mut self, term: u64) {
        self.term = Some(term);
        self.findings.forget(None);
        self.queue = Queue::default();
        self.world.read_scenarios();
        self.read_findings();
        // What came of a message is judged by all of its Findings, while plans are written a few at a time.
        let all: Vec<String> = self.world.findings().cloned().collect();
        for name in all {
            self.index(&name);
        }
    }

    fn until_next(&self, now: Timestamp) -> Duration {
        let ready = self.queue.next_ready(self.config.policy.timing.group_wait);
        let wake = self.wakes.first().map(|(at, _)| *at);
        let next = [ready, wake, self.queue.next_overdue(), self.holding.until()].into_iter().flatten().min();
        let until = next.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        let is_due = next.is_some_and(|at| at <= now);
        // What is due and was not done waits for a task that ends.
        if is_due { PASS_INTERVAL * 4 } else { until.unwrap_or(PASS_LONGEST).clamp(PASS_INTERVAL, PASS_LONGEST) }
    }
}
