//! What a message says of its Findings.

use super::objects::Member;
use crate::api::conditions::{REASON_CHECK_REMOVED, REASON_OPENED, REASON_REOPENED, REASON_SCENARIO_REMOVED};
use crate::api::{Finding, FindingRunbook, FindingStatus, NoticeGroup, NoticeKind, Phase, Tier, Transition};
use crate::domain::notice::content::{
    AcknowledgedBy, Content, ITEMS_MAX, Item, ModelAdvice, OfOpening, Opening, ReadFacts, RunbookSection,
};
use crate::domain::notice::group::GroupKey;
use crate::domain::notice::informed::informed_of;
use crate::domain::notice::record::Target;
use kube::ResourceExt as _;

/// The content of a message about these Findings, each with the occurrence that it tells of; `findings` are those of the opening that it
/// follows.
pub fn content(
    key: &GroupKey,
    group: &NoticeGroup,
    members: &[Member],
    findings: OfOpening,
    runbook: &dyn Fn(&FindingRunbook) -> RunbookSection,
) -> Content {
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by_key(|(finding, _)| (finding.status.as_ref().and_then(|status| status.severity), finding.name_any()));
    let items = sorted.iter().take(ITEMS_MAX).map(|(finding, target)| item(finding, target, runbook)).collect();
    Content {
        kind: key.kind,
        items,
        total: members.len(),
        at: group.at.0,
        id: group.id.clone(),
        opening: opening(key, members, findings),
    }
}

/// The message that told the recipient, or for an escalation others, of the opening.
fn opening(key: &GroupKey, members: &[Member], findings: OfOpening) -> Option<Opening> {
    let id = Some(&key.opening).filter(|id| !id.is_empty())?;
    let informed =
        members.iter().filter_map(|(finding, _)| finding.status.as_ref()).flat_map(|status| &status.informed);
    let mut told = informed.filter(|informed| informed.message_id == *id).peekable();
    let subject = told.peek().map(|informed| informed.subject.clone()).unwrap_or_default();
    let is_known =
        told.any(|informed| (informed.channel, &informed.recipient) == (key.pair.channel, &key.pair.recipient));
    Some(Opening { id: id.clone(), subject, is_known, findings })
}

fn item(finding: &Finding, target: &Target, runbook: &dyn Fn(&FindingRunbook) -> RunbookSection) -> Item {
    let status = finding.status.clone().unwrap_or_default();
    let is_resolved = target.kind == NoticeKind::Resolved;
    let end = end_of(&status, target).filter(|_| is_resolved);
    let acknowledgement = status.acknowledgement.clone().filter(|of| of.occurrence == target.occurrence);
    Item {
        finding: finding.name_any(),
        scenario: finding.spec.scenario.clone(),
        check: finding.spec.check.clone(),
        key: finding.spec.key.clone(),
        agent: status.agent.clone().unwrap_or_default(),
        title: status.title.clone().unwrap_or_default(),
        message: message_of(&status, target),
        severity: informed_of(&status, &target.pair)
            .and_then(|informed| informed.severity)
            .filter(|_| is_resolved)
            .or(status.severity),
        occurrence: target.occurrence,
        opened_at: opened_at(&status, target),
        resolved_at: end.map(|end| end.at.0),
        is_unwatched: end.is_some_and(is_unwatched),
        acknowledgement: acknowledgement.map(|of| AcknowledgedBy {
            by: of.by,
            note: of.note,
            at: Some(of.at.0),
            proven: of.proven,
        }),
        // What is read now is not of an earlier occurrence.
        read: if is_earlier(&status, target) { ReadFacts::default() } else { ReadFacts::of(&status) },
        runbook: status.runbook.as_ref().map(runbook),
        thread: status.thread.clone(),
        advice: advice(&status).filter(|_| target.kind == NoticeKind::Advised),
    }
}

/// Advice of the local model, as it is now: other advice may have taken its place since the notice was planned.
fn advice(status: &FindingStatus) -> Option<ModelAdvice> {
    let advice = status.advice.as_ref().filter(|advice| advice.tier == Tier::T1 && advice.grounded)?;
    Some(ModelAdvice { text: advice.text.clone(), is_stale: advice.stale })
}

/// The message of the Finding as it is; of an earlier occurrence, and of one that has ended where a message tells of its opening, what was
/// said when it ended or was opened.
fn message_of(status: &FindingStatus, target: &Target) -> String {
    let tells_end = matches!(target.kind, NoticeKind::Resolved | NoticeKind::Reminder);
    let then = match (is_earlier(status, target), tells_end) {
        (true, true) => end_of(status, target),
        (false, true) => None,
        (is_earlier, false) => opening_of(status, target).filter(|_| is_earlier || !status.is_active()),
    };
    let then = then.map(|transition| &transition.message).filter(|message| !message.is_empty());
    then.or(status.message.as_ref()).cloned().unwrap_or_default()
}

/// Whether the Finding was opened again since.
fn is_earlier(status: &FindingStatus, target: &Target) -> bool {
    later(status, target) > 0
}

/// How many occurrences are later than the one that the target is about.
fn later(status: &FindingStatus, target: &Target) -> usize {
    let later = status.occurrences.unwrap_or(1).saturating_sub(target.occurrence);
    usize::try_from(later).unwrap_or(usize::MAX)
}

/// The opening of the occurrence that the target is about, unless it is too long ago.
fn opening_of<'s>(status: &'s FindingStatus, target: &Target) -> Option<&'s Transition> {
    let is_opening = |transition: &&Transition| [REASON_OPENED, REASON_REOPENED].contains(&transition.reason.as_str());
    status.transitions.iter().rev().filter(is_opening).nth(later(status, target))
}

/// Its end: the last one, unless the Finding was opened again since.
fn end_of<'s>(status: &'s FindingStatus, target: &Target) -> Option<&'s Transition> {
    let (later, mut ends) =
        (later(status, target), status.transitions.iter().rev().filter(|of| of.to == Phase::Resolved));
    let skip = if status.is_active() { later.saturating_sub(1) } else { later };
    ends.nth(skip)
}

/// Whether nothing is watched any more where an occurrence ended so.
fn is_unwatched(end: &Transition) -> bool {
    [REASON_CHECK_REMOVED, REASON_SCENARIO_REMOVED].contains(&end.reason.as_str())
}

/// When the occurrence that the target is about was opened, as far as that is known.
fn opened_at(status: &FindingStatus, target: &Target) -> Option<jiff::Timestamp> {
    if status.occurrences == Some(target.occurrence) {
        return status.opened_at.as_ref().map(|at| at.0);
    }
    informed_of(status, &target.pair).map(|informed| informed.since.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Channel;
    use crate::domain::notice::policy::Pair;
    use serde_json::{Value, json};

    fn status(phase: &str, transitions: &[(&str, &str, &str)]) -> FindingStatus {
        let entry = |(to, reason, message): &(&str, &str, &str)| json!({"at": "2026-01-01T00:00:00Z", "to": to, "reason": reason, "message": message});
        let occurrences = transitions.iter().filter(|(to, ..)| *to == "Open").count();
        let transitions: Vec<Value> = transitions.iter().map(entry).collect();
        let status = json!({"phase": phase, "message": "now", "occurrences": occurrences, "transitions": transitions});
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn a_message_says_what_was_wrong_in_the_occurrence_that_it_tells_of() {
        let all = [
            ("Open", REASON_OPENED, "first"),
            ("Resolved", "Recovered", "first is over"),
            ("Open", REASON_REOPENED, "second"),
            ("Resolved", "Recovered", "second is over"),
            ("Open", REASON_REOPENED, "third"),
        ];
        let (open, over) = (status("Open", &all), status("Resolved", &all[..4]));
        for (status, occurrence, kind, expected) in [
            (&open, 3, NoticeKind::Opened, "now"),
            (&open, 2, NoticeKind::Opened, "second"),
            (&open, 2, NoticeKind::Resolved, "second is over"),
            (&open, 1, NoticeKind::Resolved, "first is over"),
            (&over, 2, NoticeKind::Opened, "second"),
            (&over, 2, NoticeKind::Resolved, "now"),
            (&over, 1, NoticeKind::Resolved, "first is over"),
            (&over, 1, NoticeKind::Opened, "first"),
        ] {
            let pair = Pair { channel: Channel::Mail, recipient: "ana@example.org".into() };
            let target = Target { pair, kind, occurrence };
            assert_eq!(message_of(status, &target), expected, "{occurrence} {kind:?}");
        }
    }
}
