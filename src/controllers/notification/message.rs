//! What a message says of its Findings.

use super::objects::Member;
use crate::api::conditions::{REASON_CHECK_REMOVED, REASON_OPENED, REASON_REOPENED, REASON_SCENARIO_REMOVED};
use crate::api::{Finding, FindingRunbook, FindingStatus, NoticeGroup, NoticeKind, Tier};
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
    let end = ended(&status, target);
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
        resolved_at: end.as_ref().filter(|_| is_resolved).map(|end| end.at),
        is_unwatched: is_resolved && end.is_some_and(|end| end.is_unwatched),
        acknowledgement: acknowledgement.map(|of| AcknowledgedBy {
            by: of.by,
            note: of.note,
            at: Some(of.at.0),
            proven: of.proven,
        }),
        read: ReadFacts::of(&status),
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

/// The message of the Finding; of an occurrence that has ended, in a message that tells of its opening, what was wrong then.
fn message_of(status: &FindingStatus, target: &Target) -> String {
    let is_over = !status.is_active() || status.occurrences != Some(target.occurrence);
    let tells_end = matches!(target.kind, NoticeKind::Resolved | NoticeKind::Reminder);
    let opening = status.transitions.iter().rev().find(|transition| {
        [REASON_OPENED, REASON_REOPENED].contains(&transition.reason.as_str()) && !transition.message.is_empty()
    });
    match opening.filter(|_| is_over && !tells_end) {
        Some(opening) => opening.message.clone(),
        None => status.message.clone().unwrap_or_default(),
    }
}

/// How an occurrence ended.
struct End {
    at: jiff::Timestamp,
    is_unwatched: bool,
}

/// The end of the occurrence that the target is about: the last one, unless the Finding was opened again since.
fn ended(status: &FindingStatus, target: &Target) -> Option<End> {
    let later = status.occurrences.unwrap_or(1).saturating_sub(target.occurrence);
    let ends = status.transitions.iter().rev().filter(|transition| transition.to == crate::api::Phase::Resolved);
    let skip = if status.is_active() { later.saturating_sub(1) } else { later };
    let end = ends.into_iter().nth(usize::try_from(skip).unwrap_or(usize::MAX))?;
    let is_unwatched = [REASON_CHECK_REMOVED, REASON_SCENARIO_REMOVED].contains(&end.reason.as_str());
    Some(End { at: end.at.0, is_unwatched })
}

/// When the occurrence that the target is about was opened, as far as that is known.
fn opened_at(status: &FindingStatus, target: &Target) -> Option<jiff::Timestamp> {
    if status.occurrences == Some(target.occurrence) {
        return status.opened_at.as_ref().map(|at| at.0);
    }
    informed_of(status, &target.pair).map(|informed| informed.since.0)
}
