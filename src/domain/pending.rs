//! Updates of Findings that are not written yet, in order and with the times of their runs, and the status that they lead to.
//! They wait here, within bounds, for as long as the API does not answer.

use super::desired::{CheckKey, Desired, DesiredFindings};
use super::texts::{self, Language};
use super::transition::{self, Ending, ResolveReason, Step};
use crate::api::{Evidence, FindingStatus, Phase, Transition, conditions};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Changes between failing and passing that are kept for each check: as many as a Finding keeps, and one pair more.
const CHANGES_MAX: usize = 22;

/// The state that one run gives a Finding.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingUpdate {
    /// The time of the run.
    pub at: Timestamp,
    pub desired: Desired,
    /// Its place in the order of all updates of the Scenario.
    pub number: u64,
    /// Occurrences before it that are counted and no longer kept.
    uncounted: u32,
    /// It only refreshes a failure that is recorded already: one that has been resolved meanwhile is not opened again.
    only_refreshes: bool,
}

impl PendingUpdate {
    fn is_failure(&self) -> bool {
        matches!(self.desired, Desired::Open(_))
    }
}

/// The updates of one Scenario that are not written yet.
#[derive(Clone, Debug, Default)]
pub struct PendingUpdates {
    made: u64,
    queues: BTreeMap<CheckKey, VecDeque<PendingUpdate>>,
}

impl PendingUpdates {
    /// Adds the desired state of a run at this time; `known` are the checks that are open before it.
    pub fn add(&mut self, plan: DesiredFindings, known: &BTreeSet<CheckKey>, at: Timestamp) {
        for (check, desired) in plan {
            self.made += 1;
            let only_refreshes = matches!(desired, Desired::Open(_)) && known.contains(&check);
            let update = PendingUpdate { at, desired, number: self.made, uncounted: 0, only_refreshes };
            let queue = self.queues.entry(check).or_default();
            push(queue, update);
            bound(queue);
        }
    }

    /// Whether a check is open once its updates are written; `None` where it has none.
    pub fn leaves_open(&self, at: &CheckKey) -> Option<bool> {
        self.queues.get(at)?.back().map(PendingUpdate::is_failure)
    }

    /// The checks and keys that have updates.
    pub fn keys(&self) -> impl Iterator<Item = &CheckKey> {
        self.queues.keys()
    }

    /// Whether this check and key has updates.
    pub fn has(&self, at: &CheckKey) -> bool {
        self.queues.contains_key(at)
    }

    /// The checks that are open once all updates are written, of which `open` are open now.
    pub fn open_after(&self, open: BTreeSet<CheckKey>) -> BTreeSet<CheckKey> {
        let mut all = open;
        for at in self.queues.keys() {
            match self.leaves_open(at) {
                Some(true) => all.insert(at.clone()),
                _ => all.remove(at),
            };
        }
        all
    }

    /// All updates of a check up to this number are written.
    pub fn done(&mut self, at: &CheckKey, number: u64) {
        let Some(queue) = self.queues.get_mut(at) else { return };
        queue.retain(|update| update.number > number);
        if queue.is_empty() {
            self.queues.remove(at);
        }
    }

    /// The Finding was deleted: its updates are dropped.
    pub fn forget(&mut self, at: &CheckKey) {
        self.queues.remove(at);
    }

    pub fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// Gives every pending failure to this Agent.
    pub fn assign(&mut self, agent: &str) {
        for update in self.queues.values_mut().flatten() {
            if let Desired::Open(failure) = &mut update.desired
                && failure.agent != agent
            {
                failure.agent = agent.to_string();
            }
        }
    }

    /// All updates, by check, in order.
    pub fn all(&self) -> Vec<(CheckKey, Vec<PendingUpdate>)> {
        self.queues.iter().map(|(at, queue)| (at.clone(), queue.iter().cloned().collect())).collect()
    }
}

/// Of consecutive failures the first, which opens, and the last, which is current, are kept; of consecutive passes the first.
fn push(queue: &mut VecDeque<PendingUpdate>, update: PendingUpdate) {
    let mut last = queue.iter().rev().map(PendingUpdate::is_failure);
    let (last, before) = (last.next(), last.next());
    match (last, update.is_failure()) {
        (Some(false), false) => return,
        (Some(true), _) if before == Some(true) => drop(queue.pop_back()),
        (Some(false), true) => {
            // The evidence of the newest failure replaces that of earlier ones, which would only take up memory.
            for earlier in queue.iter_mut() {
                if let Desired::Open(failure) = &mut earlier.desired {
                    failure.evidence = Evidence::default();
                }
            }
        }
        _ => {}
    }
    queue.push_back(update);
}

/// Drops the oldest pairs where there are too many: a failure and its end together change only the count of occurrences.
fn bound(queue: &mut VecDeque<PendingUpdate>) {
    let changes = |queue: &VecDeque<PendingUpdate>| {
        let kinds: Vec<bool> = queue.iter().map(PendingUpdate::is_failure).collect();
        kinds.windows(2).filter(|w| w[0] != w[1]).count() + 1
    };
    if queue.len() <= CHANGES_MAX || changes(queue) <= CHANGES_MAX {
        return;
    }
    let mut uncounted = 0;
    for _ in 0..2 {
        let Some(first) = queue.pop_front() else { break };
        uncounted += first.uncounted + u32::from(first.is_failure());
        while queue.front().is_some_and(|next| next.is_failure() == first.is_failure()) {
            queue.pop_front();
        }
    }
    if let Some(failure) = queue.iter_mut().find(|w| w.is_failure()) {
        failure.uncounted += uncounted;
    }
}

/// Applies updates, in order, to the status of a Finding: the resulting status with the steps to it; `None` where nothing changes.
/// `current` is the status of the object, empty where it has none yet; `None` where there is no object.
pub fn apply_updates(
    current: Option<&FindingStatus>,
    updates: &[PendingUpdate],
    language: Language,
) -> Option<(FindingStatus, Vec<Step>)> {
    let mut result: Option<FindingStatus> = None;
    let mut steps = Vec::new();
    // A write may have been stored though its answer was lost: what is recorded is not applied again.
    let recorded = current.and_then(|status| updates.iter().rposition(|update| is_recorded(status, update)));
    for update in &updates[recorded.map_or(0, |last| last + 1)..] {
        let status = result.as_ref().or(current);
        let next = match &update.desired {
            Desired::Open(_) if update.only_refreshes && !is_unresolved(status) => None,
            Desired::Open(failure) => transition::open(status, failure, update.at),
            Desired::Resolved(reason) => status
                .and_then(|s| transition::resolve(s, *reason, &ending(s, *reason, update.at, language), update.at)),
        };
        let Some((mut next, step)) = next else { continue };
        if matches!(step, Step::Opened | Step::Reopened) {
            next.occurrences = next.occurrences.map(|n| n.saturating_add(update.uncounted));
        }
        result = Some(next);
        steps.push(step);
    }
    result.map(|status| (status, steps))
}

/// How a Finding of this status ends at this time.
fn ending(status: &FindingStatus, reason: ResolveReason, at: Timestamp, language: Language) -> Ending {
    // A failure that the clock puts after its end took no time that could be told.
    let opened_at = status.opened_at.as_ref().map(|opened| opened.0);
    let open_for = opened_at.and_then(|opened| Duration::try_from(at.duration_since(opened)).ok());
    Ending {
        why: texts::resolved(language, reason).to_string(),
        message: texts::resolved_message(language, reason, open_for, status.message.as_deref()),
    }
}

fn is_unresolved(status: Option<&FindingStatus>) -> bool {
    status.is_some_and(FindingStatus::is_unresolved)
}

fn is_recorded(status: &FindingStatus, update: &PendingUpdate) -> bool {
    let matches_transition = |t: &Transition| match update.desired {
        // It makes no transition: the one of that second is another's.
        Desired::Open(_) if update.only_refreshes => false,
        Desired::Open(_) => {
            t.to == Phase::Open && matches!(t.reason.as_str(), conditions::REASON_OPENED | conditions::REASON_REOPENED)
        }
        Desired::Resolved(reason) => t.to == Phase::Resolved && t.reason == reason.as_str(),
    };
    status.transitions.iter().any(|t| t.at.0 == update.at && matches_transition(t))
}

#[cfg(test)]
mod tests;
