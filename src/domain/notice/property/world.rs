//! A world of a few Findings, recipients, replicas and servers, with a controller that works from what is stored.

mod leader;

use crate::api::notice::{REASON_CHANNEL_OFF, REASON_FLAPPING};
use crate::api::{
    Acknowledgement, Channel, Evidence, FindingStatus, Notice, NoticeGroup, NoticeKind, NoticeState, Phase, Severity,
};
use crate::domain::notice::flapping::flapping;
use crate::domain::notice::group::{MemberId, group_id};
use crate::domain::notice::plan::{Surroundings, plan};
use crate::domain::notice::policy::{ChannelPolicy, NoticePolicy, Pair, Timing};
use crate::domain::notice::queue::{Queue, Ready};
use crate::domain::notice::record::{self, Claim, Leftover, NoticeParts, Target};
use crate::domain::outgoing::Delivery;
use crate::domain::transition::{self, Ending, Failure, ResolveReason};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(super) const FINDINGS: usize = 3;
pub(super) const REPLICAS: [&str; 2] = ["one", "two"];
/// How long a claim holds.
pub(super) const CLAIM: SignedDuration = SignedDuration::from_secs(120);

/// What happens in the world, besides time.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Fail(usize),
    Recover(usize),
    Remove(usize),
    Acknowledge(usize),
    TakeBack(usize),
    Severity(usize, Severity),
    Silence(usize, bool),
    Dependency(usize, bool),
    /// It fails and recovers three times, so many seconds apart.
    Flap(usize, i64),
    /// The server of a channel: how it answers from now on.
    Server(Channel, Answer),
    /// The settings name a recipient, or no longer.
    Recipient(bool),
    /// The settings configure mail, or no longer.
    Mail(bool),
    /// The model advises on it, or what it said no longer holds.
    Advice(usize, bool),
    /// The other replica leads from now on; the one before may be in the middle of something.
    Leader,
    /// The leader ends after so many of its next steps, and starts again.
    Crash(usize),
    Wait(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Accepts,
    Refuses,
    IsAway,
    /// It accepts the message, and the answer is lost.
    AcceptsAndDrops,
    /// It loses the message and the answer.
    LosesAndDrops,
}

/// A message that a server accepted.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) id: String,
    pub(super) pair: Pair,
    pub(super) kind: NoticeKind,
    pub(super) members: BTreeSet<(usize, u32)>,
    pub(super) at: Timestamp,
}

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) stored: Vec<FindingStatus>,
    pub(super) policy: NoticePolicy,
    pub(super) silenced: [bool; FINDINGS],
    pub(super) dependency: [bool; FINDINGS],
    pub(super) advised: [bool; FINDINGS],
    pub(super) servers: BTreeMap<Channel, Answer>,
    pub(super) leader: usize,
    /// Steps after which the leader crashes.
    pub(super) crash_in: Option<usize>,
    pub(super) accepted: Vec<Accepted>,
    /// All that was handed to a server, whatever came of it.
    pub(super) attempts: Vec<Accepted>,
    /// Ends that could not be told for 24 hours.
    pub(super) given_up: BTreeSet<(usize, Pair, u32)>,
}

/// The leader crashed.
pub(super) struct Crashed;

pub(super) fn policy() -> NoticePolicy {
    let channel = |channel, least, recipients: &[&str], setting| ChannelPolicy {
        channel,
        least,
        recipients: recipients.iter().map(ToString::to_string).collect(),
        missing: None,
        recipients_setting: setting,
    };
    NoticePolicy {
        channels: vec![
            channel(Channel::Mail, Severity::High, &["ana@x", "bia@x"], "DESK_ROOT_NOTIFY_EMAIL"),
            channel(Channel::Ntfy, Severity::Critical, &["ntfy"], "DESK_OPS_NTFY_TOPIC"),
            channel(Channel::Webhook, Severity::High, &["webhook"], "AGENTIC_WEBHOOK_URL"),
        ],
        escalate_to: vec!["chefe@x".into()],
        timing: Timing {
            group_wait: SignedDuration::from_secs(30),
            remind_after: Some(SignedDuration::from_hours(4)),
            escalate_after: Some(SignedDuration::from_mins(15)),
        },
        mails_advice: true,
        id_domain: "x.test".into(),
    }
}

impl World {
    pub(super) fn new() -> World {
        World {
            now: Timestamp::from_second(1_000_000).unwrap(),
            stored: vec![FindingStatus::default(); FINDINGS],
            policy: policy(),
            silenced: [false; FINDINGS],
            dependency: [false; FINDINGS],
            advised: [false; FINDINGS],
            servers: Channel::ALL.into_iter().map(|channel| (channel, Answer::Accepts)).collect(),
            leader: 0,
            crash_in: None,
            accepted: Vec::new(),
            attempts: Vec::new(),
            given_up: BTreeSet::new(),
        }
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Fail(at) => self.fail(*at, self.stored[*at].severity.unwrap_or(Severity::Critical)),
            Event::Severity(at, severity) if self.stored[*at].is_active() => self.fail(*at, *severity),
            Event::Recover(at) => self.resolve(*at, ResolveReason::Recovered),
            Event::Remove(at) => self.resolve(*at, ResolveReason::ScenarioRemoved),
            Event::Acknowledge(at) => self.acknowledge(*at, true),
            Event::TakeBack(at) => self.acknowledge(*at, false),
            Event::Silence(at, is_on) => self.silenced[*at] = *is_on,
            Event::Advice(at, is_there) => self.advised[*at] = *is_there,
            Event::Dependency(at, is_failing) => self.dependency[*at] = *is_failing,
            Event::Server(channel, answer) => {
                self.servers.insert(*channel, *answer);
            }
            Event::Recipient(is_named) => {
                self.policy.channels[0].recipients.retain(|to| to != "bia@x");
                self.policy.channels[0].recipients.extend(is_named.then(|| "bia@x".to_string()));
            }
            Event::Mail(is_on) => self.policy.channels[0].missing = (!is_on).then_some("SMTP_URL"),
            Event::Leader => self.leader = 1 - self.leader,
            Event::Crash(steps) => self.crash_in = Some(*steps),
            Event::Flap(at, seconds) => {
                for _ in 0..3 {
                    self.fail(*at, self.stored[*at].severity.unwrap_or(Severity::High));
                    self.pass(*seconds);
                    self.resolve(*at, ResolveReason::Recovered);
                    self.pass(*seconds);
                }
            }
            Event::Severity(..) | Event::Wait(_) => {}
        }
        let seconds = if let Event::Wait(seconds) = event { *seconds } else { 1 };
        self.pass(seconds);
    }

    fn fail(&mut self, at: usize, severity: Severity) {
        let failure = Failure {
            severity,
            agent: "pulso".into(),
            title: "t".into(),
            message: "m".into(),
            runbook: None,
            evidence: Evidence::default(),
            interval: Duration::from_secs(60),
        };
        if let Some((next, _)) = transition::open(Some(&self.stored[at]), &failure, self.now) {
            self.stored[at] = next;
        }
    }

    fn resolve(&mut self, at: usize, reason: ResolveReason) {
        let ending = Ending { why: String::new(), message: String::new() };
        if self.stored[at].phase.is_some()
            && let Some((next, _)) = transition::resolve(&self.stored[at], reason, &ending, self.now)
        {
            self.stored[at] = next;
        }
    }

    fn acknowledge(&mut self, at: usize, is_made: bool) {
        let written = Acknowledgement { by: "ana".into(), note: None, at: Some(Time(self.now)), action: None };
        let written = is_made.then_some(&written);
        if let Some((next, _)) = transition::acknowledge(&self.stored[at], written, None, true, self.now) {
            self.stored[at] = next;
        }
    }

    /// Lets so much time pass, with the leader at work.
    fn pass(&mut self, seconds: i64) {
        let end = self.now + SignedDuration::from_secs(seconds);
        loop {
            if self.work().is_err() {
                self.crash_in = None;
                continue;
            }
            if self.now >= end {
                return;
            }
            let left = end.duration_since(self.now).as_secs();
            self.now += SignedDuration::from_secs(left.min(7 + seconds / 40));
        }
    }

    /// All is well again, and stays so until nothing is left to do.
    pub(super) fn settle(&mut self) {
        self.policy = NoticePolicy { mails_advice: self.policy.mails_advice, ..policy() };
        self.crash_in = None;
        for channel in Channel::ALL {
            self.servers.insert(channel, Answer::Accepts);
        }
        (self.silenced, self.dependency) = ([false; FINDINGS], [false; FINDINGS]);
        self.pass(3 * 3600);
        for at in 0..FINDINGS {
            self.resolve(at, ResolveReason::Recovered);
        }
        self.pass(3 * 3600);
    }
}

pub(super) fn name(at: usize) -> String {
    format!("f{at}")
}

pub(super) fn index(name: &str) -> usize {
    name[1..].parse().unwrap()
}

pub(super) fn check_ends(held: usize) {
    assert_eq!(held, 0, "an end is held back from those who know of the Finding");
}

pub(super) fn summary(status: &FindingStatus) -> Vec<String> {
    let one = |n: &Notice| {
        format!("{:?} {} {:?} {} {:?} {:?}", n.kind, n.occurrence, n.channel, n.recipient, n.state, n.reason)
    };
    status.notices.iter().map(one).collect()
}
