//! Keys that were new within the last hour though their Findings have been removed since, by hand or since they were too many.

use crate::domain::keys::is_new;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;

/// The interval of forgetting what is no longer new.
const PRUNE: SignedDuration = SignedDuration::from_mins(1);

/// The times at which such Findings were created, by Scenario and check. A replica that takes over knows only of the Findings that exist.
#[derive(Default)]
pub struct RemovedKeys {
    by_check: HashMap<(Arc<str>, String), Vec<Timestamp>>,
    pruned_at: Option<Timestamp>,
}

impl RemovedKeys {
    /// Notes that a Finding was removed which was created at this time.
    pub fn add(&mut self, scenario: &Arc<str>, check: &str, created_at: Timestamp, now: Timestamp) {
        if !is_new(created_at, now) {
            return;
        }
        if self.pruned_at.is_none_or(|at| now.duration_since(at) >= PRUNE) {
            self.pruned_at = Some(now);
            self.by_check.retain(|_, times| {
                times.retain(|created_at| is_new(*created_at, now));
                !times.is_empty()
            });
        }
        self.by_check.entry((scenario.clone(), check.to_string())).or_default().push(created_at);
    }

    /// How many keys of a check were new within the last hour and have no Findings any more.
    pub fn count(&self, scenario: &Arc<str>, check: &str, now: Timestamp) -> usize {
        if self.by_check.is_empty() {
            return 0;
        }
        let times = self.by_check.get(&(scenario.clone(), check.to_string()));
        times.into_iter().flatten().filter(|created_at| is_new(**created_at, now)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_for_an_hour_after_its_creation_and_is_then_forgotten() {
        let (mut removed, shop) = (RemovedKeys::default(), Arc::from("shop"));
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        removed.add(&shop, "vm", at(-3600), at(0));
        assert!(removed.by_check.is_empty());
        removed.add(&shop, "vm", at(-10), at(0));
        removed.add(&shop, "vm", at(-5), at(1));
        removed.add(&shop, "disk", at(0), at(1));
        let counts = |now| [removed.count(&shop, "vm", at(now)), removed.count(&shop, "disk", at(now))];
        assert_eq!([counts(1), counts(3590), counts(3595), counts(3600)], [[2, 1], [1, 1], [0, 1], [0, 0]]);
        removed.add(&shop, "disk", at(3600), at(3600));
        assert_eq!(removed.by_check.len(), 1);
    }
}
