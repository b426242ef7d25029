//! One Finding, its Threads and Messages as an API server stores them, and two replicas of a controller that work from what they see.

mod leader;

use crate::api::{
    Acknowledgement, Evidence, FindingSpec, FindingStatus, Message, MessageAcknowledgement, MessagePhase,
    MessageStatus, RECORDED_BY, RECORDED_BY_OPERATOR, Severity, Thread, ThreadSpec, ThreadStatus, Transition,
};
use crate::domain::conversation::{Facts, Style};
use crate::domain::fingerprint::{finding_name, finding_spec};
use crate::domain::texts::Language;
use crate::domain::thread::authorship::is_own;
use crate::domain::thread::closing::Closing;
use crate::domain::thread::course::Case;
use crate::domain::thread::escalation::{Holds, Surroundings as Escalating};
use crate::domain::thread::message_status::{Subject, Surroundings};
use crate::domain::thread::names::{names_after, story_name, thread_name};
use crate::domain::thread::policy::ThreadLimits;
use crate::domain::thread::story::{Plan, plan};
use crate::domain::thread::telling::{Voices, message};
use crate::domain::thread::told::{Told, is_pending, place};
use crate::domain::thread::upkeep::upkeep;
use crate::domain::transition::{self, Ending, Failure, ResolveReason};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// What happens in the world, besides time.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Fail,
    Recover,
    Remove,
    Acknowledge,
    TakeBack,
    Severity(Severity),
    /// It fails and recovers so many times, so many seconds apart.
    Flap(usize, i64),
    /// A person acknowledges the pending Message, for so many seconds if not for good.
    AcknowledgeMessage(Option<i64>),
    DeleteThread,
    Silence(bool),
    /// The replica that does not lead works once from what it saw so far.
    Follower,
    /// The other replica leads from now on.
    Leader,
    /// The leader ends after so many of its next writes, and starts again.
    Crash(usize),
    Wait(i64),
    /// A person makes a Thread and Messages under the names that come next, in the name of an Agent.
    TakeNames,
    /// A person writes a status of the Thread by hand.
    TamperThread,
    /// A person writes the status of the pending Message by hand.
    TamperMessage(MessagePhase),
}

/// An object and how often it was written.
type Stored<T> = (u64, T);

#[derive(Clone)]
pub(super) struct State {
    pub finding: Stored<FindingStatus>,
    pub threads: BTreeMap<String, Stored<Thread>>,
    pub messages: BTreeMap<String, Stored<Message>>,
}

pub(super) struct World {
    pub now: Timestamp,
    pub stored: State,
    /// What each replica saw, and when: a process that is suspended decided then, and writes later.
    views: [(Timestamp, State); 2],
    leader: usize,
    crash_in: Option<usize>,
    silenced: bool,
    pub name: String,
    spec: FindingSpec,
    pub limits: ThreadLimits,
    /// Every transition that there was.
    pub history: Vec<Transition>,
    severity: Severity,
    /// Threads that were deleted by hand.
    pub deleted: Vec<String>,
    /// Messages of which a person wrote the status by hand.
    tampered: Vec<String>,
    /// When a person last acknowledged the Finding or a Message.
    pub acknowledged_at: Timestamp,
    /// How often a person acknowledged, changed the severity, or wrote a status.
    pub people_acted: usize,
    /// When the severity last changed.
    pub severity_at: Timestamp,
}

/// The first of the names that nobody has, or that has what is to be made.
fn free_or_its_own<K>(stored: &BTreeMap<String, Stored<K>>, name: &str, is_it: impl Fn(&K) -> bool) -> Option<String> {
    let is_free = |name: &String| stored.get(name).is_none_or(|(_, other)| is_it(other));
    std::iter::once(name.to_string()).chain(names_after(name)).find(is_free)
}

/// The leader crashed, or another writer was faster.
struct Stopped;

impl World {
    pub(super) fn new() -> World {
        let state =
            State { finding: (0, FindingStatus::default()), threads: BTreeMap::new(), messages: BTreeMap::new() };
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        World {
            now,
            views: [(now, state.clone()), (now, state.clone())],
            stored: state,
            leader: 0,
            crash_in: None,
            silenced: false,
            name: finding_name("shop", "vm", ""),
            spec: finding_spec("shop", "vm", ""),
            limits: ThreadLimits::default(),
            history: Vec::new(),
            severity: Severity::Critical,
            deleted: Vec::new(),
            tampered: Vec::new(),
            acknowledged_at: Timestamp::MIN,
            severity_at: Timestamp::MIN,
            people_acted: 0,
        }
    }

    pub(super) fn status(&self) -> &FindingStatus {
        &self.stored.finding.1
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Fail => self.fail(),
            Event::Severity(severity) => {
                self.severity = *severity;
                self.severity_at = self.now;
                self.people_acted += 1;
                if self.status().is_active() {
                    self.fail();
                }
            }
            Event::Recover => self.resolve(ResolveReason::Recovered),
            Event::Remove => self.resolve(ResolveReason::ScenarioRemoved),
            Event::Acknowledge => self.acknowledge(true),
            Event::TakeBack => self.acknowledge(false),
            Event::AcknowledgeMessage(seconds) => self.acknowledge_message(*seconds),
            Event::DeleteThread => {
                if let Some(thread) = self.status().thread.clone()
                    && self.stored.threads.remove(&thread).is_some()
                {
                    self.deleted.push(thread);
                }
            }
            Event::Silence(is_on) => self.silenced = *is_on,
            Event::Follower => drop(self.work(1 - self.leader)),
            Event::Leader => self.leader = 1 - self.leader,
            Event::Crash(writes) => self.crash_in = Some(*writes),
            Event::Flap(times, seconds) => {
                for _ in 0..*times {
                    self.fail();
                    self.pass(*seconds);
                    self.resolve(ResolveReason::Recovered);
                    self.pass(*seconds);
                }
            }
            Event::TakeNames => self.take_names(),
            Event::TamperThread => {
                for (version, thread) in self.stored.threads.values_mut() {
                    thread.status.get_or_insert_default().last_sequence = Some(u32::MAX);
                    *version += 1;
                }
            }
            Event::TamperMessage(phase) => self.tamper_message(*phase),
            Event::Wait(_) => {}
        }
        self.pass(if let Event::Wait(seconds) = event { *seconds } else { 1 });
    }

    fn change(&mut self, next: Option<(FindingStatus, transition::Step)>) {
        let Some((next, step)) = next else { return };
        if step.event_reason().is_some() {
            self.history.extend(next.transitions.last().cloned());
        }
        self.stored.finding = (self.stored.finding.0 + 1, next);
    }

    fn fail(&mut self) {
        let failure = Failure {
            severity: self.severity,
            agent: "pulso".into(),
            title: "t".into(),
            message: "m".into(),
            runbook: None,
            evidence: Evidence::default(),
            interval: Duration::from_secs(60),
        };
        self.change(transition::open(Some(self.status()), &failure, self.now));
    }

    fn resolve(&mut self, reason: ResolveReason) {
        if self.status().phase.is_some() {
            let ending = Ending { why: "recovered".into(), message: "it recovered".into() };
            self.change(transition::resolve(self.status(), reason, &ending, self.now));
        }
    }

    fn acknowledge(&mut self, is_made: bool) {
        let written =
            Acknowledgement { by: "ana".into(), note: Some("on it".into()), at: Some(Time(self.now)), action: None };
        let written = is_made.then_some(&written);
        self.acknowledged_at = self.now;
        self.people_acted += 1;
        if self.status().phase.is_some() {
            self.change(transition::acknowledge(self.status(), written, None, true, self.now));
        }
    }

    fn acknowledge_message(&mut self, seconds: Option<i64>) {
        self.acknowledged_at = self.now;
        self.people_acted += 1;
        let until = seconds.map(|seconds| Time(self.now + SignedDuration::from_secs(seconds)));
        let pending = self.stored.messages.values_mut().filter(|(_, message)| is_pending(message));
        if let Some((version, message)) = pending.max_by_key(|(_, message)| message.spec.at.clone()) {
            let (by, at) = ("bia".to_string(), Some(Time(self.now)));
            message.spec.acknowledgement = Some(MessageAcknowledgement { by, note: None, at, until, action: None });
            *version += 1;
        }
    }

    fn take_names(&mut self) {
        let next = self.now + SignedDuration::from_secs(1);
        let begun = thread_name(&self.name, next);
        let spec = json!({"subject": "s", "agent": "pulso"});
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "metadata": {"name": begun}, "spec": spec});
        self.stored.threads.entry(begun.clone()).or_insert((1, serde_json::from_value(object).unwrap()));
        for thread in self.status().thread.clone().into_iter().chain([format!("{begun}.2")]) {
            for reason in ["Opened", "Reopened", "Resolved", "Acknowledged", "Escalated"] {
                let spec = json!({"thread": thread, "author": {"kind": "agent", "name": "vigia"}, "body": "b", "reason": reason,
                    "severity": "info"});
                let name = story_name(&thread, reason, next);
                let metadata = json!({"name": name, "creationTimestamp": self.now.to_string()});
                let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": metadata, "spec": spec});
                self.stored.messages.entry(name).or_insert((1, serde_json::from_value(object).unwrap()));
            }
        }
    }

    fn tamper_message(&mut self, phase: MessagePhase) {
        let pending =
            self.stored.messages.iter_mut().filter(|(_, (_, message))| is_own(message) && is_pending(message));
        if let Some((name, (version, message))) = pending.max_by_key(|(_, (_, message))| message.spec.at.clone()) {
            message.status.get_or_insert_default().phase = Some(phase);
            *version += 1;
            self.tampered.push(name.clone());
            self.people_acted += 1;
        }
    }

    /// Lets so much time pass, with the leader at work.
    pub(super) fn pass(&mut self, seconds: i64) {
        let end = self.now + SignedDuration::from_secs(seconds);
        loop {
            self.lead();
            if self.now >= end {
                return;
            }
            let left = end.duration_since(self.now).as_secs();
            self.now += SignedDuration::from_secs(left.min(30 + seconds / 30));
        }
    }

    /// All is well again, and stays so until nothing is left to do.
    pub(super) fn settle(&mut self) {
        (self.crash_in, self.silenced) = (None, false);
        self.pass(2 * 3600);
        self.resolve(ResolveReason::Recovered);
        self.pass(26 * 3600);
    }
}

fn check_reserved(before: Option<u32>, after: Option<u32>) {
    let is_senseless = before == Some(u32::MAX);
    assert!(is_senseless || after >= before, "sequences that are reserved stay so");
}

impl State {
    /// The Messages of a Thread.
    pub(super) fn told(&self, thread: &str) -> Told {
        let mut told = Told::default();
        for (_, message) in self.messages.values().filter(|(_, message)| message.spec.thread == thread) {
            told.insert(Arc::new(message.clone()));
        }
        told
    }

    /// The Messages of a Thread in their order.
    pub(super) fn ordered(&self, thread: &str) -> Vec<&Message> {
        let mut messages: Vec<&Message> = self
            .messages
            .values()
            .map(|(_, message)| message)
            .filter(|message| message.spec.thread == thread)
            .collect();
        messages.sort_by(|a, b| place(a).cmp(&place(b)));
        messages
    }
}

/// The counts of a Thread.
pub(super) fn counts(status: &ThreadStatus) -> (Option<u32>, Option<u32>) {
    (status.message_count, status.pending_count)
}
