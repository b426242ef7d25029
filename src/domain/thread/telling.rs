//! One Message of the story of a Finding: what it tells, and the spec that says it.

use super::told::{
    ACKNOWLEDGED, ACKNOWLEDGEMENT_EXPIRED, ACKNOWLEDGEMENT_REMOVED, CORRELATED, ESCALATED, FLAPPING, OPENED, REOPENED,
    RESOLVED, SETTLED, SEVERITY_CHANGED,
};
use crate::api::conditions::bounded;
use crate::api::{
    Author, AuthorKind, FindingAcknowledgement, FindingStatus, MessageSpec, Phase, Role, Severity, Tier, Transition,
};
use crate::domain::agents::{MAESTRO, VIGIA};
use crate::domain::conversation::tell::{Event, tell};
use crate::domain::conversation::{BODY_MAX, Facts, Said, Style};
use crate::domain::texts;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use std::time::Duration;

/// A Message that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    pub name: String,
    pub what: What,
    pub at: Timestamp,
    /// The change that it tells of; `None` of what is decided from the present state.
    pub change: Option<Transition>,
    pub severity: Option<Severity>,
    pub needs_ack: bool,
}

/// What a Message tells.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Opened,
    Reopened(u32),
    SeverityChanged {
        from: Severity,
        to: Severity,
    },
    Acknowledged(FindingAcknowledgement),
    /// A Message was acknowledged, its Finding was not.
    MessageAcknowledged {
        by: FindingAcknowledgement,
        until: Option<Timestamp>,
    },
    AcknowledgementRemoved,
    AcknowledgementExpired {
        by: String,
    },
    Escalated(Duration),
    Correlated,
    Resolved {
        after: Option<Duration>,
        is_unwatched: bool,
    },
    /// It was opened for the third time within an hour.
    Flapping,
    /// It flapped, and has kept its phase since.
    Settled,
}

impl What {
    /// The reason of the Message.
    pub fn reason(&self) -> &'static str {
        match self {
            What::Opened => OPENED,
            What::Reopened(_) => REOPENED,
            What::SeverityChanged { .. } => SEVERITY_CHANGED,
            What::Acknowledged(_) | What::MessageAcknowledged { .. } => ACKNOWLEDGED,
            What::AcknowledgementRemoved => ACKNOWLEDGEMENT_REMOVED,
            What::AcknowledgementExpired { .. } => ACKNOWLEDGEMENT_EXPIRED,
            What::Escalated(_) => ESCALATED,
            What::Correlated => CORRELATED,
            What::Resolved { .. } => RESOLVED,
            What::Flapping => FLAPPING,
            What::Settled => SETTLED,
        }
    }

    /// Whether the Message has the severity. Those that answer a person have none: a change of severity that comes at the same time would
    /// be taken for told.
    pub fn is_graded(&self) -> bool {
        match self {
            What::Opened
            | What::Reopened(_)
            | What::SeverityChanged { .. }
            | What::AcknowledgementExpired { .. }
            | What::Escalated(_) => true,
            What::Acknowledged(_)
            | What::MessageAcknowledged { .. }
            | What::AcknowledgementRemoved
            | What::Correlated
            | What::Resolved { .. }
            | What::Flapping
            | What::Settled => false,
        }
    }

    fn event(&self) -> Event<'_> {
        match self {
            What::Opened => Event::Opened,
            What::Reopened(occurrence) => Event::Reopened(*occurrence),
            What::SeverityChanged { from, to } => Event::SeverityChanged { from: *from, to: *to },
            What::Acknowledged(by) | What::MessageAcknowledged { by, .. } => Event::Acknowledged(by),
            What::AcknowledgementRemoved => Event::AcknowledgementRemoved,
            What::AcknowledgementExpired { by } => Event::AcknowledgementExpired { by },
            What::Escalated(after) => Event::Escalated(*after),
            What::Correlated => Event::Correlated,
            What::Flapping => Event::Flapping,
            What::Settled => Event::Settled,
            What::Resolved { after, is_unwatched } => Event::Resolved { after: *after, is_unwatched: *is_unwatched },
        }
    }
}

/// Who speaks, and to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voices {
    /// The Agent that does the work of the one that owns the Finding.
    pub acting: String,
    /// The inbox of that.
    pub roles: Vec<Role>,
    /// Whether Vigia is there and not suspended.
    pub has_vigia: bool,
}

impl Voices {
    /// The Agent that tells what was read from targets.
    pub fn reporter(&self) -> &'static str {
        if self.has_vigia { VIGIA } else { MAESTRO }
    }

    /// Vigia tells what was read from targets, Maestro what Findings have in common, and the owner the rest.
    fn author(&self, what: &What) -> &str {
        match what {
            What::Opened
            | What::Reopened(_)
            | What::SeverityChanged { .. }
            | What::Resolved { .. }
            | What::Flapping
            | What::Settled => self.reporter(),
            What::Correlated => MAESTRO,
            What::Acknowledged(_)
            | What::MessageAcknowledged { .. }
            | What::AcknowledgementRemoved
            | What::AcknowledgementExpired { .. }
            | What::Escalated(_) => &self.acting,
        }
    }

    /// A person has it in the inbox, whatever the Agents say.
    fn recipients(&self, what: &What) -> Vec<String> {
        let mut roles = self.roles.clone();
        if roles.is_empty() || matches!(what, What::Escalated(_)) && !roles.contains(&Role::AgenticOperator) {
            roles.push(Role::AgenticOperator);
        }
        roles.into_iter().map(|role| role.as_str().to_string()).collect()
    }
}

/// The spec of the Message in a Thread. `facts` are about the Finding as it is now.
pub fn message(telling: &Telling, thread: &str, voices: &Voices, facts: &Facts<'_>, style: &Style) -> MessageSpec {
    let then = telling.change.as_ref().and_then(|change| as_of(facts.status, change));
    // Which Silences were active at that time is not known.
    let silences = if then.is_some() { &[] } else { facts.silences };
    let facts = Facts { status: then.as_ref().unwrap_or(facts.status), silences, ..*facts };
    let Said { mut body, citations } = tell(&telling.what.event(), &facts, style);
    if let What::MessageAcknowledged { until, .. } = &telling.what {
        body = format!("{body}\n\n{}", texts::message_acknowledged(style.language, &style.zone, *until));
    }
    if body.trim().is_empty() {
        body = telling.what.reason().to_string();
    }
    MessageSpec {
        thread: thread.to_string(),
        author: Author { kind: AuthorKind::Agent, name: voices.author(&telling.what).to_string() },
        body: bounded(&body, BODY_MAX),
        in_reply_to: None,
        recipients: if telling.needs_ack { voices.recipients(&telling.what) } else { Vec::new() },
        needs_ack: telling.needs_ack,
        at: Some(MicroTime(telling.at)),
        tier: Some(Tier::T0),
        citations,
        grounded: None,
        reason: Some(telling.what.reason().to_string()),
        severity: telling.severity,
        finding: None,
        scenario: None,
        action: None,
        acknowledgement: None,
    }
}

/// What the Finding was after a change, where it was opened or resolved again since; `None` where it still is.
fn as_of(status: &FindingStatus, change: &Transition) -> Option<FindingStatus> {
    let last = status.transitions.iter().rev().find(|transition| super::phases::is_change(transition))?;
    if !super::phases::is_change(change) || last == change {
        return None;
    }
    let is_resolved = change.to == Phase::Resolved;
    Some(FindingStatus {
        phase: Some(change.to),
        message: Some(&change.message).filter(|message| !message.is_empty()).cloned().or(status.message.clone()),
        opened_at: if is_resolved { None } else { Some(change.at.clone()) },
        resolved_at: is_resolved.then_some(Time(change.at.0)),
        since: Some(change.at.clone()),
        acknowledgement: None,
        ..status.clone()
    })
}
