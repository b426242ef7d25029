//! Plans the notices of one Finding: what is to be sent, what is held back, and why the rest is not sent.

mod history;

use super::due::{Due, Next, Situation, next};
use super::flapping::{Flapping, flapping};
use super::informed::{informed_of, pair_of};
use super::policy::{ChannelPolicy, NoticePolicy, Pair};
use super::stages::{ALREADY_FAILED, Case, Verdict, Why, decide};
use crate::api::conditions::bounded;
use crate::api::notice::{
    NOTICES_MAX, REASON_AFTER_PREVIOUS, REASON_NO_RECIPIENT, REASON_NOTICES_FULL, REASON_RESOLVED_BEFORE_SENT,
    REASON_SUPERSEDED,
};
use crate::api::{Channel, FindingStatus, Informed, Notice, NoticeKind, NoticeState, Severity};
use history::{can_be_cut, cut, is_record, is_settled};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use std::collections::{BTreeMap, BTreeSet};

/// After this time of failing, a critical notice takes the other channels, too.
const FALLBACK_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Openings to further recipients leave so many of [`NOTICES_MAX`] free, for those who know of the Finding.
const KEPT_FREE: usize = 10;
/// Advice leaves so many free, for all else.
const KEPT_FREE_BY_ADVICE: usize = 20;
/// Longest message of a notice, in bytes.
pub(super) const MESSAGE_MAX: usize = 256;

/// What the decision needs besides the Finding.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    pub policy: &'a NoticePolicy,
    /// Scenarios that are failing and that the one of the Finding depends on.
    pub failing_dependencies: &'a [String],
    /// Names of active Silences that match the Finding.
    pub silences: &'a [String],
    /// The Finding is `blind` for unset settings alone: told once, without reminder and escalation.
    pub is_told_once: bool,
    /// There is advice of the local model that is to be mailed.
    pub has_advice: bool,
}

/// The notices of a Finding, and when to plan again if nothing changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub notices: Vec<Notice>,
    pub wake: Option<Timestamp>,
}

/// Plans the notices of a Finding. What is claimed stays as it is. A Finding without a phase has none.
pub fn plan(status: &FindingStatus, surroundings: &Surroundings<'_>, now: Timestamp) -> Plan {
    if status.phase.is_none() {
        return Plan { notices: status.notices.clone(), wake: None };
    }
    // Nothing can be sent or given up of a claim without a message: it was written by hand.
    let is_broken = |notice: &Notice| notice.state == NoticeState::Claimed && notice.group.is_none();
    if status.notices.iter().any(is_broken) {
        let mut mended = status.clone();
        mended.notices.retain(|notice| !is_broken(notice));
        return plan(&mended, surroundings, now);
    }
    let mut planner = Planner::new(status, surroundings, now);
    for pair in planner.pairs() {
        planner.pair(&pair);
    }
    planner.without_recipients();
    planner.finish()
}

/// The key of a record about all recipients of a channel.
type RecordKey = (Channel, NoticeKind, u32);

struct Planner<'a> {
    status: &'a FindingStatus,
    surroundings: &'a Surroundings<'a>,
    flapping: Option<Flapping>,
    failing: Vec<(Channel, NoticeKind)>,
    now: Timestamp,
    /// Notices that were planned before and still are, and new ones.
    planned: Vec<Notice>,
    /// What is held or not sent now.
    records: BTreeMap<RecordKey, (NoticeState, Why)>,
    /// Recipients who are told, or about to be told, of an opening.
    informed: usize,
    room: usize,
    wake: Option<Timestamp>,
}

impl<'a> Planner<'a> {
    fn new(status: &'a FindingStatus, surroundings: &'a Surroundings<'a>, now: Timestamp) -> Planner<'a> {
        let flapping = flapping(&status.transitions, now);
        let (failing, fallback_at) = failing(status, now);
        let is_new = |notice: &&Notice| notice.state.is_pending() && informed_of(status, &pair_of(notice)).is_none();
        let fixed = status.notices.iter().filter(|notice| !can_be_cut(notice, status)).count();
        Planner {
            status,
            surroundings,
            flapping,
            failing,
            now,
            planned: Vec::new(),
            records: BTreeMap::new(),
            informed: status.informed.len() + status.notices.iter().filter(is_new).count(),
            room: NOTICES_MAX.saturating_sub(fixed),
            wake: flapping.map(|flapping| flapping.until).into_iter().chain(fallback_at).min(),
        }
    }

    /// All whom the settings name, who knows of the Finding, or who is about to be told.
    fn pairs(&self) -> BTreeSet<Pair> {
        let policy = self.surroundings.policy;
        let pair = |channel, recipient: &String| Pair { channel, recipient: recipient.clone() };
        let regular = policy.channels.iter().flat_map(|of| of.recipients.iter().map(move |to| pair(of.channel, to)));
        let escalation = policy.escalate_to.iter().map(|to| pair(Channel::Mail, to));
        let informed = self.status.informed.iter().map(|informed| pair(informed.channel, &informed.recipient));
        let pending = self.status.notices.iter().filter(|notice| notice.state.is_pending()).map(pair_of);
        regular.chain(escalation).chain(informed).chain(pending).collect()
    }

    fn pair(&mut self, pair: &Pair) {
        let of_pair = |notice: &&Notice| notice.state.is_pending() && pair_of(notice) == *pair;
        let pending = self.status.notices.iter().find(of_pair);
        self.after_previous(pair, pending);
        if pending.is_some_and(|notice| notice.state == NoticeState::Claimed) {
            return;
        }
        let informed = informed_of(self.status, pair);
        let Next { due, at } = next(&self.situation(), pair, informed);
        self.wake = self.wake.into_iter().chain(at).min();
        let verdict = due.map(|due| (due, self.decide(due, pair.channel, Some(pair), informed, pending.is_some())));
        let same = |due: &Due| pending.is_some_and(|p| (p.kind, p.occurrence) == (due.kind, due.occurrence));
        match verdict {
            Some((due, Verdict::Send)) if same(&due) => self.planned.extend(pending.cloned()),
            Some((due, Verdict::Send)) => {
                self.settle(pending);
                self.plan(due, pair, informed.is_none());
            }
            Some((due, kept_back)) => {
                self.settle(pending.filter(|_| !same(&due)));
                self.keep_back(pair.channel, due, kept_back);
            }
            None => self.settle(pending),
        }
    }

    /// Where a recipient knows, or may know, of an occurrence that has ended, the opening of the present one waits for that end.
    fn after_previous(&mut self, pair: &Pair, pending: Option<&Notice>) {
        let told = informed_of(self.status, pair).map(|informed| informed.occurrence);
        let claimed = pending.filter(|notice| notice.state == NoticeState::Claimed).map(|notice| notice.occurrence);
        let (Some(previous), Some(occurrence)) = (told.or(claimed), self.status.occurrences) else { return };
        // Who is not being told something else is told that it flaps, which comes instead of that end.
        let is_waiting =
            previous < occurrence && self.status.is_active() && (self.flapping.is_none() || claimed.is_some());
        if is_waiting && self.surroundings.policy.is_regular(pair) {
            let kind = if self.flapping.is_some() { NoticeKind::Flapping } else { NoticeKind::Opened };
            let why = Why { reason: REASON_AFTER_PREVIOUS, message: String::new() };
            self.record(pair.channel, Due { kind, occurrence }, NoticeState::Held, why);
        }
    }

    fn situation(&self) -> Situation<'_> {
        Situation {
            status: self.status,
            flapping: self.flapping,
            policy: self.surroundings.policy,
            is_told_once: self.surroundings.is_told_once,
            has_advice: self.surroundings.has_advice,
            failing_elsewhere: &self.failing,
            now: self.now,
        }
    }

    fn decide(
        &self,
        due: Due,
        channel: Channel,
        pair: Option<&Pair>,
        informed: Option<&Informed>,
        is_planned: bool,
    ) -> Verdict {
        let unknown = ChannelPolicy {
            channel,
            least: Severity::Info,
            recipients: Vec::new(),
            missing: Some(setting_of(channel)),
            recipients_setting: "",
        };
        decide(&Case {
            due,
            status: self.status,
            channel: self.surroundings.policy.channel(channel).unwrap_or(&unknown),
            recipient: pair.map(|pair| pair.recipient.as_str()),
            flapping: self.flapping,
            failing_dependencies: self.surroundings.failing_dependencies,
            silences: self.surroundings.silences,
            is_fallback: pair.is_some_and(|pair| self.situation().is_fallback(pair, due.kind)),
            is_informed: informed.is_some(),
            informed: if is_planned { 0 } else { self.informed },
        })
    }

    /// Plans a notice where there is room for it; otherwise once others are final. If nothing is pending, none will be.
    fn plan(&mut self, due: Due, pair: &Pair, is_new: bool) {
        let kept_free = match due.kind {
            NoticeKind::Advised => KEPT_FREE_BY_ADVICE,
            _ if is_new => KEPT_FREE,
            _ => 0,
        };
        if self.room <= kept_free {
            if !self.status.notices.iter().any(|notice| notice.state.is_pending()) && self.planned.is_empty() {
                let why = Why { reason: REASON_NOTICES_FULL, message: String::new() };
                self.record(pair.channel, due, NoticeState::Suppressed, why);
            }
            return;
        }
        self.room -= 1;
        self.informed += usize::from(is_new);
        self.planned.push(notice(due, pair.channel, &pair.recipient, NoticeState::Planned, None, self.now));
    }

    /// A planned notice is no longer to be sent.
    fn settle(&mut self, planned: Option<&Notice>) {
        let Some(Notice { kind, occurrence, channel, .. }) = planned else { return };
        let is_over = !self.status.is_active() || self.status.occurrences != Some(*occurrence);
        let reason = match is_over && *kind != NoticeKind::Resolved && *kind != NoticeKind::Acknowledged {
            true => REASON_RESOLVED_BEFORE_SENT,
            false => REASON_SUPERSEDED,
        };
        let why = Why { reason, message: String::new() };
        self.record(*channel, Due { kind: *kind, occurrence: *occurrence }, NoticeState::Suppressed, why);
    }

    /// Records what is not sent now.
    fn keep_back(&mut self, channel: Channel, due: Due, verdict: Verdict) {
        match verdict {
            Verdict::Send => {}
            Verdict::Hold(why) => self.record(channel, due, NoticeState::Held, why),
            Verdict::Drop(why) => self.record(channel, due, NoticeState::Suppressed, why),
        }
    }

    fn record(&mut self, channel: Channel, due: Due, state: NoticeState, why: Why) {
        if why.reason != ALREADY_FAILED {
            self.records.entry((channel, due.kind, due.occurrence)).or_insert((state, why));
        }
    }

    /// Channels without recipients: the reason stands on the Finding once.
    fn without_recipients(&mut self) {
        if !self.status.is_active() {
            return;
        }
        let occurrence = self.status.occurrences.unwrap_or(1);
        let kind = if self.flapping.is_some() { NoticeKind::Flapping } else { NoticeKind::Opened };
        let policy = self.surroundings.policy;
        for of in policy.channels.iter().filter(|of| of.recipients.is_empty()) {
            let due = Due { kind, occurrence };
            let verdict = self.decide(due, of.channel, None, None, false);
            self.keep_back(of.channel, due, verdict);
        }
        if policy.escalate_to.is_empty() {
            match self.situation().escalation_at() {
                Some(at) if at <= self.now => {
                    let why = Why { reason: REASON_NO_RECIPIENT, message: "AGENTIC_ESCALATE_EMAIL".into() };
                    let due = Due { kind: NoticeKind::Escalated, occurrence };
                    self.record(Channel::Mail, due, NoticeState::Suppressed, why);
                }
                at => self.wake = self.wake.into_iter().chain(at).min(),
            }
        }
    }

    fn finish(mut self) -> Plan {
        let mut notices = Vec::with_capacity(self.status.notices.len() + self.planned.len());
        for old in &self.status.notices {
            if old.state == NoticeState::Planned {
                notices.extend(self.planned.iter().position(|new| new == old).map(|at| self.planned.remove(at)));
            } else if is_record(old) {
                notices.extend(self.continued(old));
            } else {
                notices.push(old.clone());
            }
        }
        for ((channel, kind, occurrence), (state, why)) in std::mem::take(&mut self.records) {
            notices.push(notice(Due { kind, occurrence }, channel, "", state, Some(why), self.now));
        }
        notices.append(&mut self.planned);
        cut(&mut notices, self.status);
        Plan { notices, wake: self.wake }
    }

    /// What becomes of a record about a channel.
    fn continued(&mut self, old: &Notice) -> Option<Notice> {
        let key = (old.channel, old.kind, old.occurrence);
        if let Some((state, why)) = self.records.remove(&key) {
            let mut next =
                notice(Due { kind: old.kind, occurrence: old.occurrence }, old.channel, "", state, Some(why), self.now);
            next.since = old.since.clone();
            let is_same = (next.state, &next.reason, &next.message) == (old.state, &old.reason, &old.message);
            return Some(if is_same { old.clone() } else { next });
        }
        let is_current = self.status.is_active() && self.status.occurrences == Some(old.occurrence);
        let is_told = |notices: &[Notice]| {
            notices.iter().any(|n| !is_record(n) && (n.channel, n.kind, n.occurrence) == key && n.since >= old.since)
        };
        match old.state {
            NoticeState::Held if is_told(&self.planned) || is_told(&self.status.notices) => None,
            NoticeState::Held => {
                let mut next = old.clone();
                let held = [old.reason.as_deref(), old.message.as_deref()].into_iter().flatten().collect::<Vec<_>>();
                let is_over = !is_current && old.kind != NoticeKind::Acknowledged;
                let reason = if is_over { REASON_RESOLVED_BEFORE_SENT } else { REASON_SUPERSEDED };
                next.state = NoticeState::Suppressed;
                next.message = Some(bounded(&held.join(": "), MESSAGE_MAX));
                next.reason = Some(reason.into());
                next.at = Time(self.now);
                Some(next)
            }
            // It would still be recorded if it still held.
            _ if is_current && !is_settled(old) => None,
            _ => Some(old.clone()),
        }
    }
}

/// Channels that have failed for a while to tell something critical, and when that has to be looked at again.
fn failing(status: &FindingStatus, now: Timestamp) -> (Vec<(Channel, NoticeKind)>, Option<Timestamp>) {
    let mut failing = Vec::new();
    let mut wake = None;
    if status.severity != Some(Severity::Critical) || !status.is_active() {
        return (failing, wake);
    }
    let current = status.notices.iter().filter(|notice| status.occurrences == Some(notice.occurrence));
    for notice in current.filter(|notice| notice.state.is_pending() || notice.state == NoticeState::Failed) {
        let Some(first) = notice.first_attempt_at.as_ref().filter(|_| notice.attempts > 0) else { continue };
        let at = first.0.checked_add(FALLBACK_AFTER).unwrap_or(Timestamp::MAX);
        match at <= now || notice.state == NoticeState::Failed {
            true => failing.push((notice.channel, notice.kind)),
            false => wake = wake.into_iter().chain([at]).min(),
        }
    }
    (failing, wake)
}

fn setting_of(channel: Channel) -> &'static str {
    match channel {
        Channel::Mail => "SMTP_URL",
        Channel::Ntfy => "DESK_OPS_NTFY_TOPIC",
        Channel::Webhook => "AGENTIC_WEBHOOK_URL",
    }
}

fn notice(due: Due, channel: Channel, recipient: &str, state: NoticeState, why: Option<Why>, now: Timestamp) -> Notice {
    let message = why.as_ref().map(|why| bounded(&why.message, MESSAGE_MAX)).filter(|message| !message.is_empty());
    Notice {
        kind: due.kind,
        occurrence: due.occurrence,
        channel,
        recipient: recipient.to_string(),
        state,
        reason: why.map(|why| why.reason.to_string()),
        message,
        since: MicroTime(now),
        at: Time(now),
        attempts: 0,
        next_attempt_at: None,
        first_attempt_at: None,
        claimed_by: None,
        claimed_until: None,
        group: None,
    }
}

#[cfg(test)]
mod tests;
