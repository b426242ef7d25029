//! Counts consecutive outcomes, so that a single failure opens no Finding and a single pass resolves none.

use super::outcome::{Evaluation, Outcome};
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
    counts: BTreeMap<(String, String), Count>,
    blind: Count,
}

impl Streaks {
    /// After a restart: what is open counts as failing, all else is pending.
    pub fn restore<'a>(open: impl IntoIterator<Item = (&'a str, &'a str)>) -> Streaks {
        let mut streaks = Streaks::default();
        for (check, key) in open {
            let broken = Count { state: CheckState::Failing, contradicting: 0 };
            match check {
                BLIND => streaks.blind = broken,
                _ => {
                    streaks.counts.insert((check.to_string(), key.to_string()), broken);
                }
            }
        }
        streaks
    }

    /// Counts the outcomes of one run. Unknown and held change no streak except that of `blind`.
    pub fn observe(&mut self, outcomes: &Evaluation, thresholds: Thresholds) {
        for outcome in &outcomes.list {
            let slot = || (outcome.check.clone(), outcome.key.clone());
            match outcome.result {
                CheckOutcome::Fail => self.counts.entry(slot()).or_default().fails(thresholds),
                CheckOutcome::Pass => self.counts.entry(slot()).or_default().passes(thresholds),
                CheckOutcome::Unknown | CheckOutcome::Held => {}
            }
        }
        self.vanished_items_pass(outcomes, thresholds);
        let has = |result| outcomes.list.iter().any(|o: &Outcome| o.result == result);
        if has(CheckOutcome::Unknown) {
            self.blind.fails(thresholds);
        } else if !outcomes.list.is_empty() && !has(CheckOutcome::Held) {
            // Everything could be judged: that needs no confirmation.
            self.blind = Count { state: CheckState::Passing, contradicting: 0 };
        } else if self.blind.state != CheckState::Failing {
            self.blind.contradicting = 0;
        }
    }

    /// An item that left a list which was read counts as a pass.
    fn vanished_items_pass(&mut self, outcomes: &Evaluation, thresholds: Thresholds) {
        for ((check, key), count) in &mut self.counts {
            if outcomes.items.get(check).is_some_and(|keys| !keys.contains(key)) {
                count.passes(thresholds);
            }
        }
    }

    /// Forgets items that left their list and have no open Finding.
    pub fn prune(&mut self, outcomes: &Evaluation, is_open: impl Fn(&str, &str) -> bool) {
        self.counts.retain(|(check, key), _| {
            let gone = outcomes.items.get(check).is_some_and(|keys| !keys.contains(key));
            !gone || is_open(check, key)
        });
    }

    /// A Finding of this check was deleted by hand: it is counted from the start.
    pub fn forget(&mut self, check: &str, key: &str) {
        match check {
            BLIND => self.blind = Count::default(),
            _ => {
                self.counts.remove(&(check.to_string(), key.to_string()));
            }
        }
    }

    /// Forgets checks that the Scenario no longer has.
    pub fn retain(&mut self, mut has_check: impl FnMut(&str, &str) -> bool) {
        self.counts.retain(|(check, key), _| has_check(check, key));
    }

    /// The state of a check or an item of it.
    pub fn state(&self, check: &str, key: &str) -> CheckState {
        if check == BLIND {
            return self.blind.state;
        }
        self.counts.get(&(check.to_string(), key.to_string())).map(|c| c.state).unwrap_or_default()
    }

    /// Whether a streak is being counted: then the next run comes after the confirm interval.
    pub fn is_counting(&self) -> bool {
        self.blind.contradicting > 0 || self.counts.values().any(|c| c.contradicting > 0)
    }
}

#[cfg(test)]
mod tests;
