//! The notices of all Findings that are planned or claimed: which groups leave when, and which claims are over.

use super::group::{GroupKey, MEMBERS_MAX, Waiting, closes_at};
use super::record::{Leftover, Target, leftover};
use crate::api::notice::REASON_UNCERTAIN;
use crate::api::{FindingStatus, NoticeGroup, NoticeKind, NoticeState};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An index of what the statuses of Findings say, to be kept up to date by [`Queue::seen`] and [`Queue::gone`].
#[derive(Debug, Default)]
pub struct Queue {
    waiting: BTreeMap<GroupKey, BTreeMap<String, (Target, Waiting)>>,
    claims: BTreeMap<String, Claims>,
    of_finding: HashMap<String, (Vec<GroupKey>, Vec<String>)>,
}

/// What the Findings say of one message.
#[derive(Debug)]
struct Claims {
    key: GroupKey,
    group: NoticeGroup,
    claimed: BTreeMap<String, Claimed>,
    sent: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct Claimed {
    target: Target,
    by: String,
    until: Timestamp,
    /// An attempt before may have been accepted.
    is_uncertain: bool,
}

/// A group that leaves now: its Findings and what they are told about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    pub key: GroupKey,
    pub members: Vec<(String, Target)>,
}

/// A message of which a claim is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    pub key: GroupKey,
    pub group: NoticeGroup,
    /// Its Findings that are still claimed.
    pub members: Vec<(String, Target)>,
    pub leftover: Leftover,
}

impl Queue {
    /// The status of a Finding as it is now.
    pub fn seen(&mut self, finding: &str, status: &FindingStatus) {
        self.gone(finding);
        let (mut keys, mut groups) = (Vec::new(), Vec::new());
        for notice in &status.notices {
            if let Some(waiting) = Waiting::of(status, notice) {
                let key = GroupKey::of(status, notice);
                let members = self.waiting.entry(key.clone()).or_default();
                members.insert(finding.to_string(), (Target::of(notice), waiting));
                keys.push(key);
            }
            let Some(group) = &notice.group else { continue };
            if !matches!(notice.state, NoticeState::Claimed | NoticeState::Sent) {
                continue;
            }
            let claims = self.claims.entry(group.id.clone()).or_insert_with(|| Claims {
                key: GroupKey::of(status, notice),
                group: group.clone(),
                claimed: BTreeMap::new(),
                sent: BTreeSet::new(),
            });
            if notice.state == NoticeState::Sent {
                claims.sent.insert(finding.to_string());
            } else {
                let claimed = Claimed {
                    target: Target::of(notice),
                    by: notice.claimed_by.clone().unwrap_or_default(),
                    until: notice.claimed_until.as_ref().map_or(Timestamp::MIN, |until| until.0),
                    is_uncertain: notice.reason.as_deref() == Some(REASON_UNCERTAIN),
                };
                claims.claimed.insert(finding.to_string(), claimed);
            }
            groups.push(group.id.clone());
        }
        if !keys.is_empty() || !groups.is_empty() {
            self.of_finding.insert(finding.to_string(), (keys, groups));
        }
    }

    /// The Finding no longer exists.
    pub fn gone(&mut self, finding: &str) {
        let Some((keys, groups)) = self.of_finding.remove(finding) else { return };
        for key in keys {
            if let Some(members) = self.waiting.get_mut(&key) {
                members.remove(finding);
                if members.is_empty() {
                    self.waiting.remove(&key);
                }
            }
        }
        for id in groups {
            if let Some(claims) = self.claims.get_mut(&id) {
                claims.claimed.remove(finding);
                claims.sent.remove(finding);
                if claims.claimed.is_empty() && claims.sent.is_empty() {
                    self.claims.remove(&id);
                }
            }
        }
    }

    /// The groups that leave at `now`, each with at most [`MEMBERS_MAX`] Findings: first those that were not tried yet, then those that
    /// wait the longest, so that recipients who can't be reached do not keep others waiting. With a group that leaves go all notices
    /// of it that are to be tried again. Advice leaves after all else, about one Finding at a time.
    pub fn ready(&self, wait: SignedDuration, now: Timestamp) -> Vec<Ready> {
        let mut groups: Vec<_> = self
            .waiting
            .iter()
            .filter_map(|(key, members)| {
                let closes = closes_at(members.values().map(|(_, waiting)| waiting), wait);
                let is_leaving = |waiting: &Waiting| waiting.is_ready(closes, now);
                let first = members.values().map(|(_, waiting)| waiting).filter(|waiting| is_leaving(waiting));
                let is_advice = key.kind == NoticeKind::Advised;
                let order = first.map(|waiting| (is_advice, waiting.next_attempt_at, waiting.since)).min()?;
                let mut leaving: Vec<_> = members
                    .iter()
                    .filter(|(_, (_, waiting))| waiting.next_attempt_at.is_some() || is_leaving(waiting))
                    .collect();
                leaving.sort_by_key(|(_, (_, waiting))| waiting.since);
                leaving.truncate(if is_advice { 1 } else { MEMBERS_MAX });
                let members = leaving.into_iter().map(|(name, (target, _))| (name.clone(), target.clone())).collect();
                Some((order, Ready { key: key.clone(), members }))
            })
            .collect();
        groups.sort_by_key(|(order, _)| *order);
        groups.into_iter().map(|(_, ready)| ready).collect()
    }

    /// Whether this notice of a Finding waits in the group.
    pub fn is_waiting(&self, key: &GroupKey, finding: &str, target: &Target) -> bool {
        let found = self.waiting.get(key).and_then(|members| members.get(finding));
        found.is_some_and(|(waiting, _)| waiting == target)
    }

    /// When the next group leaves, at the earliest.
    pub fn next_ready(&self, wait: SignedDuration) -> Option<Timestamp> {
        let of = |members: &BTreeMap<String, (Target, Waiting)>| {
            let waiting = || members.values().map(|(_, waiting)| waiting);
            let retried = waiting().filter_map(|waiting| waiting.next_attempt_at);
            closes_at(waiting(), wait).into_iter().chain(retried).min()
        };
        self.waiting.values().filter_map(of).min()
    }

    /// The messages whose claims are over at `now`. Where no other replica can be sending (`is_alone`), the claims of others are over
    /// at once.
    pub fn overdue(&self, now: Timestamp, me: &str, is_alone: bool) -> Vec<Overdue> {
        let is_over = |claimed: &Claimed| claimed.until <= now || is_alone && claimed.by != me;
        let overdue =
            self.claims.values().filter(|claims| !claims.claimed.is_empty() && claims.claimed.values().all(is_over));
        let of = |claims: &Claims| Overdue {
            key: claims.key.clone(),
            group: claims.group.clone(),
            members: claims.claimed.iter().map(|(name, of)| (name.clone(), of.target.clone())).collect(),
            leftover: leftover(
                claims.group.size,
                claims.claimed.len(),
                claims.sent.len(),
                claims.claimed.values().any(|claimed| claimed.is_uncertain),
            ),
        };
        overdue.map(of).collect()
    }

    /// When the next claim is over.
    pub fn next_overdue(&self) -> Option<Timestamp> {
        self.claims.values().filter_map(|claims| claims.claimed.values().map(|claimed| claimed.until).max()).min()
    }
}

#[cfg(test)]
mod tests;
