//! The loop of the controller: what changed, what is due, and the tasks that write and send.

use super::objects::Findings;
use super::pause::Pauses;
use super::sending::{Outcome, Sender};
use super::surroundings::World;
use super::{NotificationConfig, clock};
use crate::api::{Channel, Finding, Notice, NoticeState, Scenario};
use crate::controllers::context::Context;
use crate::domain::notice::group::GroupKey;
use crate::domain::notice::outgoing::Delivery;
use crate::domain::notice::plan::Plan;
use crate::domain::notice::queue::{Queue, Ready};
use crate::domain::notice::record::NoticeParts;
use crate::domain::silence::{ActiveSilences, ParsedSilences, Subject};
use crate::runtime::leadership::{Leadership, WriteFence};
use crate::runtime::retry::{self, Retry};
use crate::runtime::watch::Change;
use crate::runtime::write::WriteError;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Changes in quick succession are dealt with together.
const PASS_INTERVAL: Duration = Duration::from_millis(50);
/// The longest time between two passes.
const PASS_LONGEST: Duration = Duration::from_secs(5);
/// Plans that are written at once.
const WRITES_MAX: usize = 32;
/// Messages by one channel that are sent at once.
const SENDS_MAX: usize = 4;

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
    pauses: Pauses,
    sender: Sender,
    /// The term in which everything was read, if this replica leads.
    term: Option<u64>,
    /// Findings whose notices are to be planned.
    dirty: BTreeSet<String>,
    /// When the notices of a Finding are to be planned again.
    wakes: BTreeMap<(Timestamp, String), ()>,
    wake_of: HashMap<String, Timestamp>,
    parsed_silences: ParsedSilences,
    silences: ActiveSilences,
    /// Names and generations of the active ones.
    active_silences: Vec<(String, Option<i64>)>,
    /// When others are active.
    silences_until: Option<Timestamp>,
    /// A Silence was made, changed or removed.
    silences_changed: bool,
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
            pauses: Pauses::default(),
            term: None,
            dirty: BTreeSet::new(),
            wakes: BTreeMap::new(),
            wake_of: HashMap::new(),
            parsed_silences: ParsedSilences::default(),
            silences: ActiveSilences::default(),
            active_silences: Vec::new(),
            silences_until: None,
            silences_changed: true,
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
                _ = silences.next() => self.silences_changed = true,
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

    fn finding_changed(&mut self, change: Change<Finding>) {
        match change {
            Change::Applied(finding) => self.finding_seen(&finding),
            Change::Deleted(name, _) => self.finding_gone(&name),
            // The Finding controller repairs it.
            Change::Undecodable(_) => {}
            Change::Resynchronise => self.read_findings(),
        }
    }

    fn finding_seen(&mut self, finding: &Finding) {
        self.world.finding_seen(finding);
        self.dirty.insert(finding.name_any());
    }

    fn finding_gone(&mut self, name: &str) {
        self.findings.forget(Some(name));
        self.world.finding_gone(name);
        self.queue.gone(name);
        self.dirty.remove(name);
        self.failures.remove(name);
        self.wake(name, None);
    }

    fn read_findings(&mut self) {
        let all = self.context.caches.findings.objects();
        let known: HashSet<String> = all.iter().map(|finding| finding.name_any()).collect();
        let gone: Vec<String> = self.world.findings().filter(|name| !known.contains(*name)).cloned().collect();
        for name in gone {
            self.finding_gone(&name);
        }
        for finding in all {
            self.finding_seen(&finding);
        }
    }

    fn scenario_changed(&mut self, change: Change<Scenario>) {
        let affected = match change {
            Change::Applied(scenario) => self.world.scenario_seen(&scenario),
            Change::Deleted(name, _) => self.world.scenario_gone(&name),
            Change::Undecodable(object) => match &object.metadata.name {
                Some(name) => self.world.scenario_gone(name),
                None => Vec::new(),
            },
            Change::Resynchronise => {
                self.world.read_scenarios();
                self.world.findings().cloned().collect()
            }
        };
        self.dirty.extend(affected);
    }

    fn ended(&mut self, done: Done) {
        match done {
            Done::Written(name, result) => {
                self.writing.remove(&name);
                match result {
                    Ok(()) => drop(self.failures.remove(&name)),
                    Err(error) => self.write_failed(&name, &error),
                }
            }
            Done::Sent(Sending { keys, findings }, Outcome { channel, delivery, members }) => {
                for key in keys {
                    self.sending.remove(&key);
                }
                for name in findings {
                    self.index(&name);
                    self.dirty.insert(name);
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
        self.pauses.ended(channel, delivery, now);
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
            Retry::WaitForLeadership => drop(self.dirty.insert(name.to_string())),
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
            self.wakes.insert((at, name.to_string()), ());
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
        if std::mem::take(&mut self.silences_changed) || self.silences_until.is_some_and(|until| until <= now) {
            self.read_silences(now);
        }
        while let Some(((at, name), ())) = self.wakes.first_key_value().map(|(key, ())| (key.clone(), ())) {
            if at > now {
                break;
            }
            self.wake(&name, None);
            self.dirty.insert(name);
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
        self.pauses = Pauses::default();
        self.world.read_scenarios();
        self.read_findings();
    }

    fn until_next(&self, now: Timestamp) -> Duration {
        let ready = self.queue.next_ready(self.config.policy.timing.group_wait, |channel| self.pauses.until(channel));
        let wake = self.wakes.keys().next().map(|(at, _)| *at);
        let next = [ready, wake, self.queue.next_overdue(), self.silences_until].into_iter().flatten().min();
        let until = next.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        let is_due = next.is_some_and(|at| at <= now);
        // What is due and was not done waits for a task that ends.
        if is_due { PASS_INTERVAL * 4 } else { until.unwrap_or(PASS_LONGEST).clamp(PASS_INTERVAL, PASS_LONGEST) }
    }

    fn plan_dirty(&mut self, now: Timestamp) {
        let due: Vec<String> = self.dirty.iter().filter(|name| !self.writing.contains(*name)).cloned().collect();
        for name in due {
            if self.writing.len() >= WRITES_MAX {
                return;
            }
            self.dirty.remove(&name);
            self.plan(&name, now);
        }
    }

    /// Plans the notices of a Finding, and writes them where they differ. True where they do not.
    fn plan(&mut self, name: &str, now: Timestamp) -> bool {
        let Some(finding) = self.findings.get(name) else {
            self.queue.gone(name);
            return false;
        };
        let Some(status) = &finding.status else { return false };
        self.queue.seen(name, status);
        let Some(Plan { notices, wake }) = self.world.plan(&finding, &self.silences(&finding), now) else {
            return false;
        };
        self.wake(name, wake);
        if notices == status.notices {
            return true;
        }
        self.count_suppressed(&status.notices, &notices);
        if self.writing.insert(name.to_string()) {
            self.write(name.to_string(), finding.clone(), notices);
        }
        false
    }

    /// Names of the active Silences that match.
    fn silences(&self, finding: &Finding) -> Vec<String> {
        self.silences.matching(&Subject::of(finding)).into_iter().map(String::from).collect()
    }

    /// Reads the Silences anew; where others are active than before, all Findings are planned again.
    fn read_silences(&mut self, now: Timestamp) {
        let silences = self.context.caches.silences.objects();
        let named: Vec<_> = silences.iter().map(|silence| (silence.name_any(), silence)).collect();
        let zone = &self.context.time_zone;
        self.parsed_silences.refresh(named.iter().map(|(name, silence)| (name.as_str(), &***silence)), zone);
        self.silences = self.parsed_silences.active(now);
        self.silences_until = self.silences.next_change(now);
        let is_active =
            |name: &str| self.parsed_silences.get(name).is_some_and(|of| of.is_ok_and(|of| of.is_active(now)));
        let active = named.iter().filter(|(name, _)| is_active(name));
        let active: Vec<_> = active.map(|(name, silence)| (name.clone(), silence.metadata.generation)).collect();
        // Their statuses change with the Findings.
        if std::mem::replace(&mut self.active_silences, active.clone()) != active {
            self.dirty.extend(self.world.findings().cloned());
        }
    }

    /// Counts what is newly not sent.
    fn count_suppressed(&self, before: &[Notice], after: &[Notice]) {
        let is_new = |notice: &&Notice| notice.state == NoticeState::Suppressed && !before.contains(notice);
        for notice in after.iter().filter(is_new) {
            self.context.metrics.notice_result(notice.channel.as_str(), "suppressed");
        }
    }

    /// Writes a plan if the Finding is still as it was; otherwise it is planned again.
    fn write(&self, name: String, planned_for: Arc<Finding>, notices: Vec<Notice>) {
        let (findings, done) = (self.findings.clone(), self.done.clone());
        tokio::spawn(async move {
            let result = findings
                .change(&name, |status| {
                    let is_same = planned_for.status.as_ref() == Some(status);
                    is_same.then(|| NoticeParts { notices: notices.clone(), ..NoticeParts::of(status) })
                })
                .await;
            let _ = done.send(Done::Written(name, result.map(drop))).await;
        });
    }

    fn send_overdue(&mut self, now: Timestamp) {
        for overdue in self.queue.overdue(now, &self.config.replica, self.config.is_alone) {
            let channel = overdue.key.pair.channel;
            if self.is_busy(channel) || self.sending.contains(&overdue.group.id) {
                continue;
            }
            let sender = self.sender.clone();
            let findings = overdue.members.iter().map(|(name, _)| name.clone()).collect();
            let sending = Sending { keys: [overdue.group.id.clone()].into(), findings };
            self.spawn(channel, sending, async move { sender.overdue(overdue).await });
        }
    }

    /// Sends the groups that are ready. Their members are planned again first, since a dependency may fail second.
    fn send_ready(&mut self, now: Timestamp) {
        let wait = self.config.policy.timing.group_wait;
        let ready = self.queue.ready(wait, now, |channel| self.pauses.until(channel));
        for Ready { key, members } in ready {
            let channel = key.pair.channel;
            if self.is_busy(channel) {
                continue;
            }
            let free =
                |(name, _): &(String, _)| !self.sending.contains(&part(&key, name)) && !self.writing.contains(name);
            let members: Vec<_> = members.into_iter().filter(free).collect();
            let mut members: Vec<_> = members.into_iter().filter(|(name, _)| self.plan(name, now)).collect();
            members.retain(|(name, target)| self.queue.is_waiting(&key, name, target));
            if members.is_empty() {
                continue;
            }
            let keys = members.iter().map(|(name, _)| part(&key, name)).collect();
            let sending = Sending { keys, findings: members.iter().map(|(name, _)| name.clone()).collect() };
            let sender = self.sender.clone();
            self.spawn(channel, sending, async move { sender.group(Ready { key, members }).await });
        }
    }

    fn is_busy(&self, channel: Channel) -> bool {
        self.sends.get(&channel).is_some_and(|sends| *sends >= SENDS_MAX)
    }

    fn spawn(&mut self, channel: Channel, sending: Sending, work: impl Future<Output = Outcome> + Send + 'static) {
        self.sending.extend(sending.keys.iter().cloned());
        *self.sends.entry(channel).or_default() += 1;
        let done = self.done.clone();
        tokio::spawn(async move {
            // A defect in it must not keep the channel busy for ever.
            let outcome = tokio::spawn(work).await.unwrap_or(Outcome { channel, delivery: None, members: 0 });
            let _ = done.send(Done::Sent(sending, outcome)).await;
        });
    }
}

/// A Finding in a group, as it is remembered while its message is sent.
fn part(key: &GroupKey, finding: &str) -> String {
    let GroupKey { pair, kind, opening } = key;
    format!("{} {} {} {opening} {finding}", pair.channel.as_str(), pair.recipient, kind.as_str())
}
