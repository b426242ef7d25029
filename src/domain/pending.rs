//! What runs want of Findings and is not written yet, in order and with the times of the runs; and what a Finding's status
//! becomes of it. It waits here for as long as the API does not answer, within bounds.

use super::desired::{CheckKey, Desired, DesiredFindings};
use super::texts::{self, Language};
use super::transition::{self, Step};
use crate::api::{Evidence, FindingStatus, Phase, Transition};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Changes between broken and whole that are kept for each check: those that a Finding keeps, and a pair more.
const TURNS_MAX: usize = 22;

/// What one run wants of a Finding.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingUpdate {
    /// When that run was.
    pub at: Timestamp,
    pub desired: Desired,
    /// Its place in the order of all wishes.
    pub number: u64,
    /// Occurrences before it that are counted, but no longer kept.
    missed: u32,
    /// It only tells how a fault that is on record is now: one that has ended meanwhile, it does not open again.
    renews: bool,
}

impl PendingUpdate {
    fn is_broken(&self) -> bool {
        matches!(self.desired, Desired::Open(_))
    }
}

/// The wishes of one Scenario that are not fulfilled yet.
#[derive(Clone, Debug, Default)]
pub struct PendingUpdates {
    made: u64,
    queues: BTreeMap<CheckKey, VecDeque<PendingUpdate>>,
}

impl PendingUpdates {
    /// Adds what a run at this time wants, with `known` open before it. What is asked for already is not asked for twice.
    pub fn add(&mut self, plan: DesiredFindings, known: &BTreeSet<CheckKey>, at: Timestamp) {
        for (check, desired) in plan {
            self.made += 1;
            let renews = matches!(desired, Desired::Open(_)) && known.contains(&check);
            let update = PendingUpdate { at, desired, number: self.made, missed: 0, renews };
            let queue = self.queues.entry(check).or_default();
            queue_up(queue, update);
            bound(queue);
        }
    }

    /// Whether a check is to be broken once its wishes are fulfilled; `None` where there are none.
    pub fn leaves_open(&self, at: &CheckKey) -> Option<bool> {
        self.queues.get(at)?.back().map(PendingUpdate::is_broken)
    }

    /// Of these that are open, and of what is to open: those open once everything is fulfilled.
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

    /// Everything up to this number is fulfilled.
    pub fn done(&mut self, at: &CheckKey, number: u64) {
        let Some(queue) = self.queues.get_mut(at) else { return };
        queue.retain(|update| update.number > number);
        if queue.is_empty() {
            self.queues.remove(at);
        }
    }

    /// The Finding is gone: nothing is wanted of it.
    pub fn forget(&mut self, at: &CheckKey) {
        self.queues.remove(at);
    }

    pub fn clear(&mut self) {
        self.queues.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// The work of every fault that waits goes to this Agent.
    pub fn assign(&mut self, agent: &str) {
        for update in self.queues.values_mut().flatten() {
            if let Desired::Open(failure) = &mut update.desired
                && failure.agent != agent
            {
                failure.agent = agent.to_string();
            }
        }
    }

    /// All of them, by check, in order.
    pub fn all(&self) -> Vec<(CheckKey, Vec<PendingUpdate>)> {
        self.queues.iter().map(|(at, queue)| (at.clone(), queue.iter().cloned().collect())).collect()
    }
}

/// Of faults in a row the first is kept, which opens, and the last, which tells how it is now; of passes in a row the first.
fn queue_up(queue: &mut VecDeque<PendingUpdate>, update: PendingUpdate) {
    let mut last = queue.iter().rev().map(PendingUpdate::is_broken);
    let (last, before) = (last.next(), last.next());
    match (last, update.is_broken()) {
        (Some(false), false) => return,
        (Some(true), _) if before == Some(true) => drop(queue.pop_back()),
        (Some(false), true) => {
            // The newest fault brings the evidence that stays: what an earlier one brought would only take up memory.
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

/// Drops the oldest pair where there are too many: a fault and its end together leave a Finding as it was, but for the count.
fn bound(queue: &mut VecDeque<PendingUpdate>) {
    let turns = |queue: &VecDeque<PendingUpdate>| {
        let kinds: Vec<bool> = queue.iter().map(PendingUpdate::is_broken).collect();
        kinds.windows(2).filter(|w| w[0] != w[1]).count() + 1
    };
    if queue.len() <= TURNS_MAX || turns(queue) <= TURNS_MAX {
        return;
    }
    let mut missed = 0;
    for _ in 0..2 {
        let Some(first) = queue.pop_front() else { break };
        missed += first.missed + u32::from(first.is_broken());
        while queue.front().is_some_and(|next| next.is_broken() == first.is_broken()) {
            queue.pop_front();
        }
    }
    if let Some(failure) = queue.iter_mut().find(|w| w.is_broken()) {
        failure.missed += missed;
    }
}

/// The status that fulfils the wishes in their order, and the steps to it; `None` where nothing is to be said.
/// `current` is that of the object, empty where it has none yet; `None` where there is no object.
pub fn apply_updates(
    current: Option<&FindingStatus>,
    updates: &[PendingUpdate],
    language: Language,
) -> Option<(FindingStatus, Vec<Step>)> {
    let mut reached: Option<FindingStatus> = None;
    let mut steps = Vec::new();
    // A write may have been stored though its answer was lost: what stands on record is not done again.
    let stands = current.and_then(|status| updates.iter().rposition(|update| is_on_record(status, update)));
    for update in &updates[stands.map_or(0, |last| last + 1)..] {
        let status = reached.as_ref().or(current);
        let next = match &update.desired {
            Desired::Open(_) if update.renews && !is_unresolved(status) => None,
            Desired::Open(failure) => transition::open(status, failure, update.at),
            Desired::Resolved(reason) => {
                let message = texts::resolved(language, *reason);
                status.and_then(|s| transition::resolve(s, *reason, message, update.at))
            }
        };
        let Some((mut next, step)) = next else { continue };
        if matches!(step, Step::Opened | Step::Reopened) {
            next.occurrences = next.occurrences.map(|n| n.saturating_add(update.missed));
        }
        reached = Some(next);
        steps.push(step);
    }
    reached.map(|status| (status, steps))
}

fn is_unresolved(status: Option<&FindingStatus>) -> bool {
    status.is_some_and(FindingStatus::is_unresolved)
}

fn is_on_record(status: &FindingStatus, update: &PendingUpdate) -> bool {
    let turn = |t: &Transition| match update.desired {
        Desired::Open(_) => t.to == Phase::Open && matches!(t.reason.as_str(), "Opened" | "Reopened"),
        Desired::Resolved(reason) => t.to == Phase::Resolved && t.reason == reason.as_str(),
    };
    status.transitions.iter().any(|t| t.at.0 == update.at && turn(t))
}

#[cfg(test)]
mod tests;
