//! From planned to claimed to sent or failed: how the status of a Finding changes with each step.

use super::informed::pair_of;
use super::plan::MESSAGE_MAX;
use super::policy::Pair;
use super::printable_answer;
use crate::api::notice::{REASON_GAVE_UP, REASON_REFUSED, REASON_RETRYING, REASON_UNCERTAIN};
use crate::api::{FindingStatus, Informed, Notice, NoticeGroup, NoticeKind, NoticeState};
use crate::domain::outgoing::Delivery;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// After this time of failing, a notice is given up.
pub const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Advice of which the answer of the server was lost is given up after this time: until then its recipient is told nothing else.
const ADVICE_UNCERTAIN_MAX: SignedDuration = SignedDuration::from_mins(1);
/// The retry intervals: doubled from the first to the longest.
const RETRY_FIRST: SignedDuration = SignedDuration::from_secs(10);
const RETRY_LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// The parts of a Finding's status that the notifier writes.
#[derive(Clone, Debug, PartialEq)]
pub struct NoticeParts {
    pub notices: Vec<Notice>,
    pub informed: Vec<Informed>,
}

/// Which notice of a Finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub pair: Pair,
    pub kind: NoticeKind,
    pub occurrence: u32,
}

/// Who sends, and until when no other replica does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub by: String,
    pub until: Timestamp,
    pub group: NoticeGroup,
}

impl NoticeParts {
    pub fn of(status: &FindingStatus) -> NoticeParts {
        NoticeParts { notices: status.notices.clone(), informed: status.informed.clone() }
    }
}

impl Target {
    pub fn of(notice: &Notice) -> Target {
        Target { pair: pair_of(notice), kind: notice.kind, occurrence: notice.occurrence }
    }

    fn is(&self, notice: &Notice) -> bool {
        *self == Target::of(notice)
    }
}

/// When the next attempt follows after so many, the first of which was so long ago. A notice also leaves with new ones of its group: those
/// attempts count, and must not make the next one later than attempts of its own would have.
fn retry_after(attempts: u32, since_first: SignedDuration) -> SignedDuration {
    let factor = 2_i32.saturating_pow(attempts.saturating_sub(1).min(10));
    let by_count = RETRY_FIRST.checked_mul(factor).unwrap_or(RETRY_LONGEST);
    let by_time = since_first.max(SignedDuration::ZERO).checked_add(RETRY_FIRST).unwrap_or(RETRY_LONGEST);
    by_count.min(by_time).min(RETRY_LONGEST)
}

/// Claims a planned notice, or one that is claimed as part of the same message. `None` where it is neither any more.
pub fn claim(status: &FindingStatus, target: &Target, claim: &Claim, now: Timestamp) -> Option<NoticeParts> {
    let mut parts = NoticeParts::of(status);
    let notice = parts.notices.iter_mut().find(|notice| target.is(notice) && notice.state.is_pending())?;
    if notice.state == NoticeState::Claimed && notice.group.as_ref().is_none_or(|group| group.id != claim.group.id) {
        return None;
    }
    if notice.state == NoticeState::Claimed {
        // What came of the attempt before is not known.
        notice.reason = Some(REASON_UNCERTAIN.into());
    }
    notice.state = NoticeState::Claimed;
    notice.at = Time(now);
    notice.claimed_by = Some(claim.by.clone());
    notice.claimed_until = Some(Time(claim.until));
    notice.group = Some(claim.group.clone());
    notice.first_attempt_at.get_or_insert(Time(now));
    Some(parts)
}

/// Gives a claim up of which nothing was sent: the notice is planned again. `None` where it is not claimed so.
pub fn release(status: &FindingStatus, target: &Target, group: &str, now: Timestamp) -> Option<NoticeParts> {
    let mut parts = NoticeParts::of(status);
    let notice = claimed(&mut parts.notices, target, group)?;
    unclaim(notice, NoticeState::Planned, now);
    notice.group = None;
    if notice.attempts == 0 {
        notice.first_attempt_at = None;
    }
    Some(parts)
}

/// Records what came of sending a claimed notice. `None` where it is no longer claimed as part of this message.
pub fn record(
    status: &FindingStatus,
    target: &Target,
    group: &str,
    delivery: &Delivery,
    now: Timestamp,
) -> Option<NoticeParts> {
    let mut parts = NoticeParts::of(status);
    let NoticeParts { notices, informed } = &mut parts;
    let notice = claimed(notices, target, group)?;
    notice.attempts = notice.attempts.saturating_add(1);
    let first = notice.first_attempt_at.as_ref().map_or(now, |at| at.0);
    let was_uncertain = notice.reason.as_deref() == Some(REASON_UNCERTAIN);
    let is_uncertain = was_uncertain || matches!(delivery, Delivery::Uncertain(_));
    let give_up_after = match notice.kind {
        NoticeKind::Advised if is_uncertain => ADVICE_UNCERTAIN_MAX,
        _ => GIVE_UP_AFTER,
    };
    let is_over = now.duration_since(first) >= give_up_after;
    let (answer, reason) = match delivery {
        Delivery::Accepted(answer) => (answer, None),
        // Who knows of the Finding was not refused before.
        Delivery::Refused(answer) if notice.kind != NoticeKind::Resolved => (answer, Some(REASON_REFUSED)),
        Delivery::Refused(answer) | Delivery::NotNow(answer) | Delivery::Uncertain(answer) if is_over => {
            (answer, Some(REASON_GAVE_UP))
        }
        Delivery::Refused(answer) | Delivery::NotNow(answer) if !was_uncertain => (answer, Some(REASON_RETRYING)),
        Delivery::Refused(answer) | Delivery::NotNow(answer) | Delivery::Uncertain(answer) => {
            (answer, Some(REASON_UNCERTAIN))
        }
    };
    notice.reason = reason.map(String::from);
    notice.message = Some(printable_answer(answer, MESSAGE_MAX)).filter(|answer| !answer.is_empty());
    let next = now.checked_add(retry_after(notice.attempts, now.duration_since(first))).unwrap_or(Timestamp::MAX);
    let may_know = was_uncertain || matches!(delivery, Delivery::Accepted(_) | Delivery::Uncertain(_));
    match reason {
        None => unclaim(notice, NoticeState::Sent, now),
        Some(REASON_RETRYING) => {
            unclaim(notice, NoticeState::Planned, now);
            notice.group = None;
            notice.next_attempt_at = Some(Time(next));
        }
        // The same message is sent again, by the replica that leads then.
        Some(REASON_UNCERTAIN) => {
            notice.at = Time(now);
            notice.claimed_until = Some(Time(next));
            return Some(parts);
        }
        Some(_) => unclaim(notice, NoticeState::Failed, now),
    }
    if notice.state != NoticeState::Planned {
        let notice = notice.clone();
        told(informed, status, &notice, may_know, now);
    }
    Some(parts)
}

fn claimed<'a>(notices: &'a mut [Notice], target: &Target, group: &str) -> Option<&'a mut Notice> {
    notices.iter_mut().find(|notice| {
        let is_part = notice.group.as_ref().is_some_and(|of| of.id == group);
        target.is(notice) && notice.state == NoticeState::Claimed && is_part
    })
}

fn unclaim(notice: &mut Notice, state: NoticeState, now: Timestamp) {
    notice.state = state;
    notice.at = Time(now);
    notice.claimed_by = None;
    notice.claimed_until = None;
    notice.next_attempt_at = None;
}

/// What the recipient knows once a notice is final. One that failed for good counts as told, so that it is not sent again, except an
/// opening, of which the recipient does not know unless it `may_know`.
fn told(informed: &mut Vec<Informed>, status: &FindingStatus, notice: &Notice, may_know: bool, now: Timestamp) {
    let of_pair = |one: &Informed| one.channel == notice.channel && one.recipient == notice.recipient;
    if notice.kind == NoticeKind::Resolved {
        informed.retain(|one| !of_pair(one));
        return;
    }
    let Some(known) = informed.iter_mut().find(|one| of_pair(one)) else {
        if may_know && notice.kind != NoticeKind::Advised {
            informed.push(newly_informed(status, notice, now));
        }
        return;
    };
    match notice.kind {
        NoticeKind::Flapping => {
            known.flapping_at = Some(Time(now));
            known.occurrence = notice.occurrence;
        }
        NoticeKind::Escalated => known.escalated_at = Some(Time(now)),
        NoticeKind::Advised => known.advised_at = Some(Time(now)),
        NoticeKind::Reminder => {
            known.reminded_at = Some(Time(now));
            known.flapping_at = None;
            known.occurrence = notice.occurrence;
        }
        NoticeKind::Acknowledged => {
            known.acknowledged_at = status.acknowledgement.as_ref().map(|acknowledgement| acknowledgement.at.clone());
            known.flapping_at = None;
            known.occurrence = notice.occurrence;
        }
        NoticeKind::Opened | NoticeKind::Resolved => {}
    }
}

fn newly_informed(status: &FindingStatus, notice: &Notice, now: Timestamp) -> Informed {
    let group = notice.group.as_ref();
    Informed {
        channel: notice.channel,
        recipient: notice.recipient.clone(),
        occurrence: notice.occurrence,
        message_id: group.map(|group| group.id.clone()).unwrap_or_default(),
        subject: group.map(|group| group.subject.clone()).unwrap_or_default(),
        since: Time(now),
        severity: status.severity,
        acknowledged_at: None,
        reminded_at: None,
        advised_at: None,
        escalated_at: (notice.kind == NoticeKind::Escalated).then_some(Time(now)),
        flapping_at: (notice.kind == NoticeKind::Flapping).then_some(Time(now)),
    }
}

/// What has to be done about a message that was claimed and whose claim is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// It may have been sent: the same message is sent again.
    SendAgain,
    /// One of its Findings is recorded as sent: so were the others.
    WasSent,
    /// Not all of its Findings were claimed: it was not sent.
    NotSent,
}

/// Reads what the Findings say of one message: its size, and how many of them are claimed and sent as part of it. Where an attempt
/// before is in doubt it was complete then, and a Finding that is missing was deleted since.
pub fn leftover(size: u32, claimed: usize, sent: usize, is_uncertain: bool) -> Leftover {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    match (sent, claimed) {
        (1.., _) => Leftover::WasSent,
        (0, claimed) if claimed >= size || is_uncertain => Leftover::SendAgain,
        _ => Leftover::NotSent,
    }
}

#[cfg(test)]
mod tests;
