//! Who has taken a Finding over: copied from spec to status for the current occurrence. It changes no phase, adds no transition and holds
//! no notice back.

use super::transition::FindingRef;
use crate::api::conditions::bounded;
use crate::api::{ActionSpec, FindingOwner, FindingStatus, Owner};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// The verb of Actions that record who took a Finding over.
pub const VERB_TAKE_OVER: &str = "take-over";
/// The verb of Actions that release a Finding.
pub const VERB_RELEASE: &str = "release";

/// A change of the owner, for its Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerChange {
    TakenOver {
        by: String,
    },
    /// By the person who removed the owner, who was this person.
    Released {
        by: String,
    },
}

/// The status after people wrote, changed or removed `spec.owner`; `None` where nothing changes. A Finding that is resolved keeps the
/// owner of its last occurrence.
///
/// `manager` is the field manager that wrote it; `proven` whether the name was.
pub fn own(
    current: &FindingStatus,
    written: Option<&Owner>,
    manager: Option<&str>,
    proven: bool,
    now: Timestamp,
) -> Option<(FindingStatus, OwnerChange)> {
    if !current.is_active() {
        return None;
    }
    let Some(written) = written else {
        let by = current.owner.as_ref()?.by.clone();
        return Some((FindingStatus { owner: None, ..current.clone() }, OwnerChange::Released { by }));
    };
    let recorded = of_occurrence(current).filter(|recorded| recorded.by == written.by);
    let at = written.at.clone().or_else(|| recorded.map(|recorded| recorded.at.clone())).unwrap_or(Time(now));
    let taken = FindingOwner {
        by: written.by.clone(),
        at,
        occurrence: current.occurrences.unwrap_or(1),
        action: written.action.clone(),
        manager: manager.map(|manager| bounded(manager, 128)),
        proven,
    };
    // The same owner applied again, as from a backup, changes nothing unless the name is proven now.
    let is_same = |recorded: &FindingOwner| {
        (&recorded.by, &recorded.at, &recorded.action) == (&taken.by, &taken.at, &taken.action)
            && recorded.proven >= taken.proven
    };
    if recorded.is_some_and(is_same) {
        return None;
    }
    let by = taken.by.clone();
    Some((FindingStatus { owner: Some(taken), ..current.clone() }, OwnerChange::TakenOver { by }))
}

/// What was recorded for the current occurrence.
fn of_occurrence(current: &FindingStatus) -> Option<&FindingOwner> {
    current.owner.as_ref().filter(|recorded| recorded.occurrence == current.occurrences.unwrap_or(1))
}

/// Whether the name in `spec.owner` is proven to be that of its writer, by the same rules as that of an acknowledgement
/// ([`super::transition::is_proven`]).
pub fn is_proven(
    current: &FindingStatus,
    written: &Owner,
    manager: Option<&str>,
    is_recorded: bool,
    names_are_checked: bool,
) -> bool {
    match of_occurrence(current).filter(|recorded| recorded.by == written.by) {
        _ if is_recorded => true,
        Some(recorded) if names_are_checked => recorded.proven,
        None => names_are_checked,
        Some(recorded) => {
            let manager = manager.map(|manager| bounded(manager, 128));
            let is_same_time = written.at.as_ref().is_none_or(|at| *at == recorded.at);
            recorded.proven && is_same_time && recorded.manager == manager
        }
    }
}

/// Whether an Action records this owner: of this Finding in this occurrence, this person, at the time when the Action was created.
pub fn is_recorded_by(action: &ActionSpec, created: Timestamp, finding: &FindingRef<'_>, written: &Owner) -> bool {
    let (subject, Some(before)) = (&action.subject, &action.before) else { return false };
    action.verb == VERB_TAKE_OVER
        && subject.kind == "Finding"
        && subject.name == finding.name
        && before.uid.as_deref() == Some(finding.uid)
        && before.occurrence == finding.occurrences
        && action.actor.name == written.by
        && written.at.as_ref().is_some_and(|at| at.0 == created)
}

#[cfg(test)]
mod tests;
