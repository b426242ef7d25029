//! How many keys of a check with `forEach` have Findings of their own. Further failing keys are surplus: the Finding with an empty
//! key counts them.

use super::outcome::Evaluation;
use super::streak::{CheckState, Streaks};
use crate::api::CheckOutcome;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A key whose Finding was created this recently is new. Its Finding makes no room for others, so that the Findings that exist always
/// tell how many keys were new.
const NEW: SignedDuration = SignedDuration::from_hours(1);

/// The limits of each check with `forEach`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLimits {
    /// Findings kept, resolved ones included; that of the surplus keys does not count.
    pub findings_per_check: usize,
    /// Keys without a Finding that get one within an hour.
    pub new_keys_per_hour: usize,
}

/// The Finding of a key, as the API has it or as pending updates will create it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptKey {
    /// `None` where it is to be created.
    pub created_at: Option<Timestamp>,
    /// Since when it is resolved, with no updates pending; `None` otherwise.
    pub resolved_at: Option<Timestamp>,
}

/// The Findings of one check with `forEach`, by key.
pub type KeptKeys = BTreeMap<String, KeptKey>;

/// What the limits of one check depend on.
#[derive(Clone, Debug, Default)]
pub struct CheckFindings {
    pub kept: KeptKeys,
    /// Keys that were new within the last hour and whose Findings have been removed since.
    pub removed_new: usize,
}

/// A limit that left keys without Findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLimit {
    FindingsPerCheck,
    NewKeysPerHour,
}

/// The surplus keys of one check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckSurplus {
    /// In the order of the list.
    pub keys: Vec<String>,
    /// What was reached; none where the keys are surplus since earlier and did not fail in this run.
    pub reached: Option<KeyLimit>,
}

/// The surplus keys of each check whose list was read in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurplusKeys {
    pub limits: KeyLimits,
    pub by_check: BTreeMap<String, CheckSurplus>,
}

impl SurplusKeys {
    /// Which keys are surplus after a run whose outcomes have been counted. `findings` gives those of a check.
    pub fn after(
        outcomes: &Evaluation,
        streaks: &Streaks,
        findings: impl Fn(&str) -> CheckFindings,
        limits: KeyLimits,
        now: Timestamp,
    ) -> SurplusKeys {
        let by_check = outcomes.items.keys().map(|check| {
            let of_check = outcomes.list.iter().filter(|o| *o.check == **check && o.result != CheckOutcome::Pass);
            let failing: Vec<(&str, CheckOutcome)> = of_check
                .filter(|o| !o.key.is_empty() && streaks.state(check, &o.key) == CheckState::Failing)
                .map(|o| (o.key.as_str(), o.result))
                .collect();
            let surplus = if failing.is_empty() {
                CheckSurplus::default()
            } else {
                surplus_of_check(&failing, &findings(check), limits, now)
            };
            (check.clone(), surplus)
        });
        SurplusKeys { limits, by_check: by_check.collect() }
    }

    /// Whether this key is surplus.
    pub fn has(&self, check: &str, key: &str) -> bool {
        self.by_check.get(check).is_some_and(|surplus| surplus.keys.iter().any(|k| k == key))
    }
}

/// Of the failing keys without a Finding, as many get one as there is room and as may be new; only those that failed in this run.
fn surplus_of_check(
    failing: &[(&str, CheckOutcome)],
    CheckFindings { kept, removed_new }: &CheckFindings,
    limits: KeyLimits,
    now: Timestamp,
) -> CheckSurplus {
    let reopened: BTreeSet<&str> = failing.iter().map(|(key, _)| *key).collect();
    let is_removable = |(key, kept): &(&String, &KeptKey)| kept.is_removable(now) && !reopened.contains(key.as_str());
    let room = (limits.findings_per_check + kept.iter().filter(is_removable).count()).saturating_sub(kept.len());
    let new = removed_new + kept.values().filter(|kept| kept.is_new(now)).count();
    let allowance = limits.new_keys_per_hour.saturating_sub(new);
    let mut left = room.min(allowance);
    let mut surplus = CheckSurplus::default();
    for (key, outcome) in failing.iter().filter(|(key, _)| !kept.contains_key(*key)) {
        if *outcome == CheckOutcome::Fail {
            if left > 0 {
                left -= 1;
                continue;
            }
            let limit = if room <= allowance { KeyLimit::FindingsPerCheck } else { KeyLimit::NewKeysPerHour };
            surplus.reached = Some(limit);
        }
        surplus.keys.push((*key).to_string());
    }
    surplus
}

/// The keys whose Findings are removed, so that no more than `most` are kept: resolved ones, oldest first.
pub fn to_remove(kept: &KeptKeys, most: usize, now: Timestamp) -> Vec<&str> {
    let excess = kept.len().saturating_sub(most);
    if excess == 0 {
        return Vec::new();
    }
    let mut removable: Vec<_> = kept
        .iter()
        .filter(|(_, kept)| kept.is_removable(now))
        .map(|(key, kept)| (kept.resolved_at, key.as_str()))
        .collect();
    removable.sort_unstable();
    removable.truncate(excess);
    removable.into_iter().map(|(_, key)| key).collect()
}

/// Whether a key whose Finding was created at this time is new.
pub fn is_new(created_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(created_at) < NEW
}

impl KeptKey {
    fn is_new(&self, now: Timestamp) -> bool {
        self.created_at.is_none_or(|created_at| is_new(created_at, now))
    }

    fn is_removable(&self, now: Timestamp) -> bool {
        self.resolved_at.is_some() && !self.is_new(now)
    }
}

#[cfg(test)]
mod tests;
