//! When the daily digest is sent, to whom and by which replica: decisions over the Actions that record it.
//!
//! A digest is planned for each recipient, claimed before it is sent, and recorded as sent or failed. A replica that ends in between leaves
//! a claim, which another takes over once its time is over: the message is then sent again, with the same Message-ID.

use crate::api::conditions::bounded;
use crate::api::notice::{
    REASON_GAVE_UP, REASON_NO_RECIPIENT, REASON_REFUSED, REASON_RESOLVED_BEFORE_SENT, REASON_RETRYING,
    REASON_SUPERSEDED, REASON_UNCERTAIN,
};
use crate::api::{DigestNotice, NoticeState};
use crate::domain::outgoing::Delivery;
use crate::domain::printable::printable;
use crate::domain::recurrence::Schedule;
use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use sha2::{Digest as _, Sha256};

/// The verb of the Actions that record digests.
pub const VERB: &str = "digest";
/// Most recipients of a digest.
pub const RECIPIENTS_MAX: usize = 64;
/// A digest that was not begun is begun within this time after its start.
const BEGIN_WITHIN: SignedDuration = SignedDuration::from_hours(6);
/// A digest is given up after this time.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// A claim holds for the whole of an attempt, and for writing what came of it.
const CLAIM: SignedDuration = SignedDuration::from_mins(2);
/// The pause after the first failed attempt; doubled with each further one.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);
const PAUSE_MAX: SignedDuration = SignedDuration::from_mins(30);
/// Longest message of a notice, in bytes.
const MESSAGE_MAX: usize = 256;

/// A digest, as its Action has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The date in the time zone of the schedule.
    pub date: Date,
    /// When the Action was created.
    pub begun_at: Timestamp,
    /// Empty where a replica ended before it planned them, or where the Action was restored without its status.
    pub notices: Vec<DigestNotice>,
    /// Whether the Action has a result.
    pub is_ended: bool,
}

/// What decides about digests, besides their records.
#[derive(Clone, Debug)]
pub struct Plan {
    pub schedule: Schedule,
    /// Addresses of mail.
    pub recipients: Vec<String>,
    /// Domain of Message-IDs.
    pub domain: String,
    /// A name of this process, which no other one has.
    pub me: String,
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Create the Action of this date, of which this is the start, if there is something to tell.
    Create(Date, Timestamp),
    /// Write these notices into the Action of the date.
    Write(Date, Vec<DigestNotice>),
    /// Write these notices, then send the one that is claimed in them.
    Claim(Date, Vec<DigestNotice>, Claim),
    /// Nothing before this time.
    Wait(Timestamp),
}

/// One notice that this replica claims. Only what was written may be sent: [`Claim::written`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    message_id: String,
    recipient: String,
    by: String,
    until: Timestamp,
}

/// A claim that is in the Action: its notice can be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Claimed(Claim);

impl Claim {
    /// The API server accepted the write of the claim.
    pub fn written(self) -> Claimed {
        Claimed(self)
    }
}

impl Claimed {
    pub fn recipient(&self) -> &str {
        &self.0.recipient
    }

    pub fn message_id(&self) -> &str {
        &self.0.message_id
    }

    /// Until when no other replica sends it.
    pub fn until(&self) -> Timestamp {
        self.0.until
    }

    /// The notices, as they are now, with what came of the attempt; `None` where it was not made, since there is nothing to tell any more.
    /// Where another replica has taken the notice over meanwhile, only that the message was accepted is still recorded.
    pub fn recorded(&self, notices: &[DigestNotice], delivery: Option<&Delivery>, now: Timestamp) -> Vec<DigestNotice> {
        let is_of_claim = |notice: &DigestNotice| {
            let is_mine = notice.state == NoticeState::Claimed && notice.claimed_by.as_ref() == Some(&self.0.by);
            let is_news = matches!(delivery, Some(Delivery::Accepted(_))) && notice.state.is_pending();
            notice.message_id == self.0.message_id && (is_mine || is_news)
        };
        let record = |notice: &DigestNotice| match is_of_claim(notice) {
            true => after_attempt(notice, delivery, now),
            false => notice.clone(),
        };
        notices.iter().map(record).collect()
    }
}

fn after_attempt(notice: &DigestNotice, delivery: Option<&Delivery>, now: Timestamp) -> DigestNotice {
    let (state, reason, answer) = match delivery {
        Some(Delivery::Accepted(answer)) => (NoticeState::Sent, None, answer.as_str()),
        Some(Delivery::Refused(answer)) => (NoticeState::Failed, Some(REASON_REFUSED), answer.as_str()),
        Some(Delivery::NotNow(answer)) => (NoticeState::Planned, Some(REASON_RETRYING), answer.as_str()),
        Some(Delivery::Uncertain(answer)) => (NoticeState::Planned, Some(REASON_UNCERTAIN), answer.as_str()),
        None => (NoticeState::Suppressed, Some(REASON_RESOLVED_BEFORE_SENT), ""),
    };
    let message = (!answer.is_empty()).then(|| bounded(&printable(answer), MESSAGE_MAX));
    let next_attempt_at = state.is_pending().then(|| Time(after(now, pause(notice.attempts))));
    DigestNotice { message, next_attempt_at, ..entered(notice, state, reason, now) }
}

/// The pause after that many attempts.
fn pause(attempts: u32) -> SignedDuration {
    let factor = 2_i32.saturating_pow(attempts.saturating_sub(1));
    PAUSE.checked_mul(factor).unwrap_or(PAUSE_MAX).min(PAUSE_MAX)
}

/// So much later, as far as there are times.
fn after(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(Timestamp::MAX)
}

/// The notice in another state, without a claim.
fn entered(notice: &DigestNotice, state: NoticeState, reason: Option<&str>, now: Timestamp) -> DigestNotice {
    DigestNotice {
        state,
        reason: reason.map(String::from),
        at: Time(now),
        next_attempt_at: None,
        claimed_by: None,
        claimed_until: None,
        ..notice.clone()
    }
}

/// The name of the Action of a date.
pub fn action_name(date: Date) -> String {
    format!("{VERB}-{date}")
}

/// The date in the name of an Action.
pub fn date_of(action: &str) -> Option<Date> {
    action.strip_prefix(VERB)?.strip_prefix('-')?.parse().ok()
}

/// The Message-ID of a date for a recipient: the same for each attempt by whichever replica.
pub fn message_id(date: Date, recipient: &str, domain: &str) -> String {
    let digest = Sha256::digest(format!("{VERB} {date} {recipient}"));
    let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{VERB}-{date}-{hex}@{domain}")
}

/// The result of the Action, once all is final: `done` unless it failed for everybody, `unknown` where nobody was planned.
pub fn result(notices: &[DigestNotice]) -> Option<&'static str> {
    if notices.iter().any(|notice| notice.state.is_pending()) {
        return None;
    }
    let of = |state| notices.iter().any(|notice| notice.state == state);
    Some(match () {
        () if notices.is_empty() => "unknown",
        () if of(NoticeState::Failed) && !of(NoticeState::Sent) => "failed",
        () => "done",
    })
}

impl Plan {
    /// What is to be done next about all digests. `empty`: the start at which there was nothing to tell; a later one of the same date may
    /// begin its digest.
    pub fn next(&self, records: &[Record], empty: Option<Timestamp>, now: Timestamp) -> Step {
        if self.recipients.is_empty() {
            return Step::Wait(Timestamp::MAX);
        }
        let today = self.date(now);
        let newest = records.iter().map(|record| record.date).filter(|date| *date <= today).max();
        let mut wait = self.schedule.next(now).unwrap_or(Timestamp::MAX);
        for record in records.iter().filter(|record| !record.is_ended) {
            match self.next_of(record, newest, now) {
                Step::Wait(until) => wait = wait.min(until),
                step => return step,
            }
        }
        let is_begun = |date| records.iter().any(|record| record.date == date);
        match self.due(now).map(|start| (self.date(start), start)) {
            Some((date, start)) if Some(start) != empty && !is_begun(date) => Step::Create(date, start),
            _ => Step::Wait(wait),
        }
    }

    /// The date from which on ended digests matter, too: that of any that may be due, and more.
    pub fn recent(&self, now: Timestamp) -> Date {
        self.date(now).saturating_sub(Span::new().days(7))
    }

    /// The start of the digest that should have begun.
    fn due(&self, now: Timestamp) -> Option<Timestamp> {
        self.schedule.last(now).filter(|start| now.duration_since(*start) <= BEGIN_WITHIN)
    }

    fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.schedule.zone().clone()).date()
    }

    fn next_of(&self, record: &Record, newest: Option<Date>, now: Timestamp) -> Step {
        if record.notices.is_empty() {
            // One that was restored from a backup without its status is not sent again.
            let is_due = self.due(now).is_some_and(|start| self.date(start) == record.date);
            return Step::Write(record.date, if is_due { self.planned(record.date, now) } else { Vec::new() });
        }
        let ended: Vec<_> = record.notices.iter().map(|notice| self.ended(notice, record, newest, now)).collect();
        // All are final where only the result was not written.
        if ended != record.notices || result(&ended).is_some() {
            return Step::Write(record.date, ended);
        }
        let pending = ended.iter().filter(|notice| notice.state.is_pending());
        let next = pending.map(|notice| (self.claimable_at(notice), notice)).min_by_key(|(at, _)| *at);
        match next {
            Some((at, notice)) if at <= now => self.claim(record, notice, now),
            Some((at, _)) => Step::Wait(at),
            None => Step::Wait(Timestamp::MAX),
        }
    }

    fn planned(&self, date: Date, now: Timestamp) -> Vec<DigestNotice> {
        let planned = |recipient: &String| DigestNotice {
            recipient: recipient.clone(),
            state: NoticeState::Planned,
            reason: None,
            message: None,
            message_id: message_id(date, recipient, &self.domain),
            at: Time(now),
            attempts: 0,
            next_attempt_at: None,
            claimed_by: None,
            claimed_until: None,
        };
        self.recipients.iter().take(RECIPIENTS_MAX).map(planned).collect()
    }

    /// The notice, with a reason where it is not sent any more. What another replica may be sending stays as it is.
    fn ended(&self, notice: &DigestNotice, record: &Record, newest: Option<Date>, now: Timestamp) -> DigestNotice {
        let is_being_sent = notice.state == NoticeState::Claimed && self.claimable_at(notice) > now;
        let with = |state, reason| entered(notice, state, Some(reason), now);
        if !notice.state.is_pending() || is_being_sent {
            notice.clone()
        } else if newest.is_some_and(|newest| record.date < newest) {
            with(NoticeState::Suppressed, REASON_SUPERSEDED)
        } else if !self.recipients.contains(&notice.recipient) {
            with(NoticeState::Suppressed, REASON_NO_RECIPIENT)
        } else if now >= after(record.begun_at, GIVE_UP_AFTER) {
            DigestNotice { message: notice.message.clone(), ..with(NoticeState::Failed, REASON_GAVE_UP) }
        } else {
            notice.clone()
        }
    }

    /// When this replica may claim a notice that is pending: at once where the claim is its own, which it does not send at the moment.
    fn claimable_at(&self, notice: &DigestNotice) -> Timestamp {
        match notice.state {
            NoticeState::Claimed if notice.claimed_by.as_ref() == Some(&self.me) => Timestamp::MIN,
            NoticeState::Claimed => time(notice.claimed_until.as_ref()),
            _ => time(notice.next_attempt_at.as_ref()),
        }
    }

    fn claim(&self, record: &Record, notice: &DigestNotice, now: Timestamp) -> Step {
        let (message_id, recipient, by) = (notice.message_id.clone(), notice.recipient.clone(), self.me.clone());
        let claim = Claim { message_id, recipient, by, until: after(now, CLAIM) };
        let claimed = DigestNotice {
            message: notice.message.clone(),
            attempts: notice.attempts.saturating_add(1),
            claimed_by: Some(self.me.clone()),
            claimed_until: Some(Time(claim.until)),
            ..entered(notice, NoticeState::Claimed, None, now)
        };
        let notices = record.notices.iter();
        let notices =
            notices.map(|one| if one.message_id == notice.message_id { claimed.clone() } else { one.clone() });
        Step::Claim(record.date, notices.collect(), claim)
    }
}

fn time(at: Option<&Time>) -> Timestamp {
    at.map_or(Timestamp::MIN, |at| at.0)
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
