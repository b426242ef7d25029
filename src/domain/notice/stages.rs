//! The stages that a notice passes before it is planned, each a table of its own.

use super::due::Due;
use super::flapping::Flapping;
use super::policy::ChannelPolicy;
use crate::api::notice::{
    INFORMED_MAX, REASON_BELOW_SEVERITY, REASON_CHANNEL_OFF, REASON_DEPENDENCY, REASON_FLAPPING, REASON_INFORMED_FULL,
    REASON_NO_RECIPIENT, REASON_NOTICE_ACKNOWLEDGED, REASON_SILENCED,
};
use crate::api::{FindingStatus, Notice, NoticeKind, NoticeState, Phase};

/// What becomes of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Send,
    /// It is sent once the reason no longer holds.
    Hold(Why),
    /// It is not sent, unless the Finding changes.
    Drop(Why),
}

/// Why a notice is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// One of the reasons of [`crate::api::notice`].
    pub reason: &'static str,
    /// What the reason refers to: names of Scenarios, Silences, settings or people. May be empty.
    pub message: String,
}

/// What the stages look at.
pub struct Case<'a> {
    pub due: Due,
    pub status: &'a FindingStatus,
    pub channel: &'a ChannelPolicy,
    /// `None`: the settings name none.
    pub recipient: Option<&'a str>,
    pub flapping: Option<Flapping>,
    /// Scenarios that are failing and that this one depends on.
    pub failing_dependencies: &'a [String],
    /// Active Silences that match.
    pub silences: &'a [String],
    /// It is told because another channel fails.
    pub is_fallback: bool,
    pub is_informed: bool,
    /// Recipients who are told, or about to be told, of an opening.
    pub informed: usize,
}

/// A stage: what becomes of a notice by one rule.
pub type Stage = fn(&Case<'_>) -> Verdict;

/// The stages, in their order: the first that does not send decides.
pub const STAGES: [(&str, Stage); 8] = [
    ("severity", severity),
    ("acknowledgement", acknowledgement),
    ("dependency", dependency),
    ("silence", silence),
    ("flapping", flapping),
    ("recipient", recipient),
    ("channel", channel),
    ("deduplication", deduplication),
];

/// What becomes of a notice that is due.
pub fn decide(case: &Case<'_>) -> Verdict {
    STAGES.iter().map(|(_, stage)| stage(case)).find(|verdict| *verdict != Verdict::Send).unwrap_or(Verdict::Send)
}

/// Whether the notice asks people to act: others only tell those who know of the Finding what became of it.
fn asks(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::Opened
        | NoticeKind::Flapping
        | NoticeKind::Reminder
        | NoticeKind::Escalated
        | NoticeKind::Advised => true,
        NoticeKind::Acknowledged | NoticeKind::Resolved => false,
    }
}

fn hold(reason: &'static str, message: impl Into<String>) -> Verdict {
    Verdict::Hold(Why { reason, message: message.into() })
}

fn drop(reason: &'static str, message: impl Into<String>) -> Verdict {
    Verdict::Drop(Why { reason, message: message.into() })
}

fn severity(case: &Case<'_>) -> Verdict {
    let Some(severity) = case.status.severity.filter(|_| asks(case.due.kind) && !case.is_fallback) else {
        return Verdict::Send;
    };
    // The most severe is the least of them.
    match severity > case.channel.least {
        true => drop(REASON_BELOW_SEVERITY, format!("{severity} < {}", case.channel.least)),
        false => Verdict::Send,
    }
}

fn acknowledgement(case: &Case<'_>) -> Verdict {
    let is_carried = case.flapping.is_some_and(|flapping| flapping.is_acknowledged);
    match (&case.status.acknowledgement, case.status.phase) {
        _ if !asks(case.due.kind) => Verdict::Send,
        (Some(acknowledgement), Some(Phase::Acknowledged)) => hold(REASON_NOTICE_ACKNOWLEDGED, &acknowledgement.by),
        _ if is_carried => hold(REASON_NOTICE_ACKNOWLEDGED, ""),
        _ => Verdict::Send,
    }
}

fn dependency(case: &Case<'_>) -> Verdict {
    match asks(case.due.kind) && !case.failing_dependencies.is_empty() {
        true => hold(REASON_DEPENDENCY, case.failing_dependencies.join(", ")),
        false => Verdict::Send,
    }
}

fn silence(case: &Case<'_>) -> Verdict {
    match case.due.kind != NoticeKind::Resolved && !case.silences.is_empty() {
        true => hold(REASON_SILENCED, case.silences.join(", ")),
        false => Verdict::Send,
    }
}

fn flapping(case: &Case<'_>) -> Verdict {
    match case.flapping.is_some() && case.due.kind != NoticeKind::Flapping {
        true => hold(REASON_FLAPPING, ""),
        false => Verdict::Send,
    }
}

fn recipient(case: &Case<'_>) -> Verdict {
    match case.recipient {
        None => drop(REASON_NO_RECIPIENT, case.channel.recipients_setting),
        Some(_) => Verdict::Send,
    }
}

fn channel(case: &Case<'_>) -> Verdict {
    match case.channel.missing {
        // Who knows of the Finding is told of its end once the channel is configured again.
        Some(setting) if case.is_informed => hold(REASON_CHANNEL_OFF, setting),
        Some(setting) => drop(REASON_CHANNEL_OFF, setting),
        None => Verdict::Send,
    }
}

fn deduplication(case: &Case<'_>) -> Verdict {
    if case.is_informed {
        return Verdict::Send;
    }
    let Due { kind, occurrence } = case.due;
    let failed = case.status.notices.iter().find(|notice| {
        let Notice { channel, recipient, state, .. } = notice;
        *state == NoticeState::Failed
            && *channel == case.channel.channel
            && Some(recipient.as_str()) == case.recipient
            && (notice.kind, notice.occurrence) == (kind, occurrence)
    });
    match failed {
        Some(_) => Verdict::Drop(Why { reason: ALREADY_FAILED, message: String::new() }),
        None if case.informed >= INFORMED_MAX => drop(REASON_INFORMED_FULL, ""),
        None => Verdict::Send,
    }
}

/// Not written: the notice that failed says why.
pub const ALREADY_FAILED: &str = "AlreadyFailed";

#[cfg(test)]
mod tests;
