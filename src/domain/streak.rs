//! Counts consecutive outcomes, so that a single failure opens no Finding and a single pass resolves none.

use super::check_key::CheckMap;
use super::outcome::{Evaluation, Outcome};
use super::validate::ValidatedScenario;
use crate::api::{BLIND, CheckOutcome};
use std::collections::BTreeMap;

/// The state of a check, or of one item of it, by its streak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckState {
    /// Not judged yet.
    #[default]
    Pending,
    Passing,
    Failing,
}

/// Consecutive outcomes that change the state.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    pub fail: u32,
    pub recover: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    state: CheckState,
    /// Consecutive outcomes that contradict the state.
    contradicting: u32,
}

const FAILING: Count = Count { state: CheckState::Failing, contradicting: 0 };

impl Count {
    fn fails(&mut self, thresholds: Thresholds) {
        match self.state {
            CheckState::Failing => self.contradicting = 0,
            _ => {
                self.contradicting += 1;
                if self.contradicting >= thresholds.fail {
                    *self = Count { state: CheckState::Failing, contradicting: 0 };
                }
            }
        }
    }

    fn passes(&mut self, thresholds: Thresholds) {
        match self.state {
            CheckState::Failing => {
                self.contradicting += 1;
                if self.contradicting >= thresholds.recover {
                    *self = Count { state: CheckState::Passing, contradicting: 0 };
                }
            }
            // Nothing is open: one pass is enough.
            _ => *self = Count { state: CheckState::Passing, contradicting: 0 },
        }
    }
}

/// The streaks of one Scenario, by check and key.
#[derive(Clone, Debug, Default)]
pub struct Streaks {
    counts: CheckMap<Count>,
    /// Of each check that had surplus keys.
    surplus: BTreeMap<String, Count>,
    blind: Count,
    /// Whether `blind` fails because nothing was read, and not because of unknown outcomes.
    is_unread: bool,
}

impl Streaks {
    /// After a restart: what is open counts as failing, all else is pending. An empty key may be that of a check without `forEach` or
    /// that of surplus keys: [`Streaks::retain`] keeps the one that the spec has.
    pub fn restore<'a>(open: impl IntoIterator<Item = (&'a str, &'a str)>) -> Streaks {
        let mut streaks = Streaks::default();
        for (check, key) in open {
            if check == BLIND {
                streaks.blind = FAILING;
                continue;
            }
            if key.is_empty() {
                streaks.surplus.insert(check.to_string(), FAILING);
            }
            *streaks.counts.entry(&check.into(), key, Count::default) = FAILING;
        }
        streaks
    }

    /// Counts the outcomes of one run. Unknown and held change no streak except that of `blind`.
    pub fn observe(&mut self, outcomes: &Evaluation, thresholds: Thresholds) {
        for outcome in &outcomes.list {
            let count = match outcome.result {
                CheckOutcome::Fail => Count::fails,
                CheckOutcome::Pass => Count::passes,
                CheckOutcome::Unknown | CheckOutcome::Held => continue,
            };
            count(self.counts.entry(&outcome.check, &outcome.key, Count::default), thresholds);
        }
        self.vanished_items_pass(outcomes, thresholds);
        let has = |result| outcomes.list.iter().any(|o: &Outcome| o.result == result);
        let was_unread = std::mem::take(&mut self.is_unread);
        if has(CheckOutcome::Unknown) {
            self.blind.fails(thresholds);
        } else if !outcomes.list.is_empty() && (was_unread || !has(CheckOutcome::Held)) {
            // Everything could be judged, or the Scenario is read again: that needs no confirmation.
            self.blind = Count { state: CheckState::Passing, contradicting: 0 };
        } else if self.blind.state != CheckState::Failing {
            self.blind.contradicting = 0;
        }
    }

    /// Nothing is read, for a reason that no run confirms: `blind` fails at once. It passes with the next run that has no unknown
    /// outcome: what is held then has a Finding of its own.
    pub fn unread(&mut self) {
        self.blind = FAILING;
        self.is_unread = true;
    }

    /// An item that left a list which was read counts as a pass.
    fn vanished_items_pass(&mut self, outcomes: &Evaluation, thresholds: Thresholds) {
        for (check, key, count) in self.counts.iter_mut() {
            if outcomes.items.get(check).is_some_and(|keys| !keys.contains(key)) {
                count.passes(thresholds);
            }
        }
    }

    /// Counts whether a check has surplus keys, in a run that read its list. They have failed often enough already, so that the first
    /// run with any counts as failing; the end needs as many runs as that of any other Finding.
    pub fn observe_surplus(&mut self, check: &str, has_any: bool, thresholds: Thresholds) {
        if has_any {
            match self.surplus.get_mut(check) {
                Some(count) => count.fails(thresholds),
                None => drop(self.surplus.insert(check.to_string(), FAILING)),
            }
        } else if let Some(count) = self.surplus.get_mut(check) {
            count.passes(thresholds);
        }
    }

    /// Forgets items that left their list and have no open Finding, and what is over of surplus keys.
    pub fn prune(&mut self, outcomes: &Evaluation, is_open: impl Fn(&str, &str) -> bool) {
        self.surplus.retain(|check, count| count.state != CheckState::Passing || is_open(check, ""));
        self.counts.retain(|check, key| {
            let gone = outcomes.items.get(check).is_some_and(|keys| !keys.contains(key));
            !gone || is_open(check, key)
        });
    }

    /// A Finding of this check was deleted by hand: it is counted from the start.
    pub fn forget(&mut self, check: &str, key: &str) {
        match check {
            BLIND => (self.blind, self.is_unread) = (Count::default(), false),
            _ => {
                self.counts.remove(check, key);
                if let Some(count) = self.surplus.get_mut(check).filter(|_| key.is_empty()) {
                    *count = Count::default();
                }
            }
        }
    }

    /// Forgets what the Scenario no longer has.
    pub fn retain(&mut self, scenario: &ValidatedScenario) {
        self.counts.retain(|check, key| scenario.has_check(check, key));
        self.surplus.retain(|check, _| scenario.has_list(check));
    }

    /// The state of a check or an item of it.
    pub fn state(&self, check: &str, key: &str) -> CheckState {
        if check == BLIND {
            return self.blind.state;
        }
        self.counts.get(check, key).map(|c| c.state).unwrap_or_default()
    }

    /// The state of the surplus keys of a check; `None` where it had none.
    pub fn surplus_state(&self, check: &str) -> Option<CheckState> {
        self.surplus.get(check).map(|c| c.state)
    }

    /// Whether a streak is being counted: then the next run comes after the confirm interval.
    pub fn is_counting(&self) -> bool {
        let mut counts = self.counts.values().chain(self.surplus.values()).chain([&self.blind]);
        counts.any(|c| c.contradicting > 0)
    }
}

#[cfg(test)]
mod tests;
