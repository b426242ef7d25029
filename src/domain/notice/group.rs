//! Groups: notices of one kind to one recipient by one channel wait for each other and leave as one message.

use super::informed::{opening_of, pair_of};
use super::policy::Pair;
use crate::api::{FindingStatus, Notice, NoticeKind, NoticeState, Severity};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

/// A group is sent at most this long after the first notice about a critical Finding joined it.
const CRITICAL_WAIT: SignedDuration = SignedDuration::from_secs(1);
/// Findings of one message at most; further ones wait for the next.
pub const MEMBERS_MAX: usize = 1000;

/// What the notices of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    pub pair: Pair,
    pub kind: NoticeKind,
    /// The message that told of the opening, of a kind that follows one; else empty.
    pub opening: String,
}

/// A planned notice that waits for its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub since: Timestamp,
    pub is_critical: bool,
    /// After an attempt that failed.
    pub next_attempt_at: Option<Timestamp>,
}

impl GroupKey {
    /// The group of a notice of this Finding.
    pub fn of(status: &FindingStatus, notice: &Notice) -> GroupKey {
        let pair = pair_of(notice);
        let opening = opening_of(status, notice);
        let opening = opening.map(|informed| informed.message_id.clone()).unwrap_or_default();
        GroupKey { pair, kind: notice.kind, opening }
    }
}

impl Waiting {
    /// How a notice of a Finding waits; `None` where it is not planned.
    pub fn of(status: &FindingStatus, notice: &Notice) -> Option<Waiting> {
        (notice.state == NoticeState::Planned).then(|| Waiting {
            since: notice.since.0,
            is_critical: status.severity == Some(Severity::Critical),
            next_attempt_at: notice.next_attempt_at.as_ref().map(|at| at.0),
        })
    }

    /// Whether it leaves at `now` with a group of which the new notices leave at `closes_at`.
    pub fn is_ready(&self, closes_at: Option<Timestamp>, now: Timestamp) -> bool {
        self.next_attempt_at.or(closes_at).is_some_and(|at| at <= now)
    }
}

/// When the new notices of a group leave: `wait` after the first, and at most a second after the first critical one. Later ones do
/// not extend it. `None` where there is no new one.
pub fn closes_at<'a>(members: impl Iterator<Item = &'a Waiting>, wait: SignedDuration) -> Option<Timestamp> {
    let of = |member: &Waiting| {
        let wait = if member.is_critical { wait.min(CRITICAL_WAIT) } else { wait };
        member.since.checked_add(wait).unwrap_or(Timestamp::MAX)
    };
    members.filter(|member| member.next_attempt_at.is_none()).map(of).min()
}

/// A Finding in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberId<'a> {
    pub finding: &'a str,
    /// A Finding that was deleted and created anew is another one.
    pub uid: &'a str,
    pub occurrence: u32,
    /// When the notice was planned: reminders are repeated.
    pub since: Timestamp,
}

/// The identity of the message that these Findings get: a Message-ID without angle brackets. The same members have the same.
pub fn group_id(key: &GroupKey, members: &mut [MemberId<'_>], domain: &str) -> String {
    members.sort_unstable();
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    };
    for part in [key.pair.channel.as_str(), &key.pair.recipient, key.kind.as_str(), &key.opening] {
        add(part);
    }
    for MemberId { finding, uid, occurrence, since } in members {
        for part in [finding, uid, occurrence.to_string().as_str(), since.as_microsecond().to_string().as_str()] {
            add(part);
        }
    }
    let hash = data_encoding::HEXLOWER.encode(&hash.finalize()[..16]);
    format!("{}.{hash}@{domain}", key.kind.as_str().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Channel;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    #[test]
    fn a_group_waits_for_others_and_shortly_for_critical_ones() {
        let new = |since, is_critical| Waiting { since: at(since), is_critical, next_attempt_at: None };
        let wait = SignedDuration::from_secs(30);
        let closes = |members: &[Waiting]| closes_at(members.iter(), wait).map(|at| at.as_millisecond());
        assert_eq!(closes(&[]), None);
        assert_eq!(closes(&[new(500, false)]), Some(30_500));
        assert_eq!(closes(&[new(500, false), new(9_000, false)]), Some(30_500), "never extended");
        assert_eq!(closes(&[new(500, false), new(9_000, true), new(9_900, true)]), Some(10_000));
        assert_eq!(closes(&[new(500, false), new(30_400, true)]), Some(30_500), "never extended");
        let again = Waiting { next_attempt_at: Some(at(100)), ..new(0, true) };
        assert_eq!(closes(&[again]), None);
        assert!(again.is_ready(None, at(100)) && !again.is_ready(Some(at(50)), at(99)));
        assert!(new(0, false).is_ready(Some(at(50)), at(50)) && !new(0, false).is_ready(Some(at(51)), at(50)));
        let short = closes_at([new(0, true)].iter(), SignedDuration::ZERO);
        assert_eq!(short, Some(at(0)));
    }

    #[test]
    fn the_identity_of_a_message_is_that_of_its_members_recipient_and_kind() {
        let key = |recipient: &str, kind, opening: &str| GroupKey {
            pair: Pair { channel: Channel::Mail, recipient: recipient.into() },
            kind,
            opening: opening.into(),
        };
        let member = |finding, occurrence| MemberId { finding, uid: "u", occurrence, since: at(5) };
        let (a, b) = (member("a", 1), member("b", 1));
        let opened = key("ana@x", NoticeKind::Opened, "");
        let id = group_id(&opened, &mut [a, b], "x.test");
        assert_eq!(id, group_id(&opened, &mut [b, a], "x.test"), "whatever the order");
        assert!(id.starts_with("opened.") && id.ends_with("@x.test"), "{id}");
        let others = [
            group_id(&opened, &mut [a], "x.test"),
            group_id(&opened, &mut [a, member("b", 2)], "x.test"),
            group_id(&opened, &mut [a, MemberId { uid: "v", ..b }], "x.test"),
            group_id(&opened, &mut [a, MemberId { since: at(6), ..b }], "x.test"),
            group_id(&key("bia@x", NoticeKind::Opened, ""), &mut [a, b], "x.test"),
            group_id(&key("ana@x", NoticeKind::Resolved, "o"), &mut [a, b], "x.test"),
            group_id(&key("ana@x", NoticeKind::Resolved, "p"), &mut [a, b], "x.test"),
        ];
        let different: std::collections::BTreeSet<&String> = others.iter().chain([&id]).collect();
        assert_eq!(different.len(), others.len() + 1);
    }
}
