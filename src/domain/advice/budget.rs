//! How often advice is asked for that no person requested.

use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// The time over which calls are counted.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// At most so many calls within any hour. Requests of people are not counted: do not ask it about them.
#[derive(Clone, Debug)]
pub struct Budget {
    per_hour: usize,
    /// The last calls, oldest first: at most `per_hour`.
    spent: VecDeque<Timestamp>,
}

impl Budget {
    /// `per_hour` calls within any hour; none at all if it is 0.
    pub fn new(per_hour: usize) -> Budget {
        Budget { per_hour, spent: VecDeque::new() }
    }

    /// As [`Budget::new`], with the times of earlier calls in any order, as the statuses of Findings have them: so that neither a
    /// restart nor another leader begins a new hour.
    pub fn resumed(per_hour: usize, calls: impl IntoIterator<Item = Timestamp>) -> Budget {
        let mut spent: Vec<Timestamp> = calls.into_iter().collect();
        spent.sort_unstable();
        let kept = spent.split_off(spent.len().saturating_sub(per_hour));
        Budget { per_hour, spent: kept.into() }
    }

    /// Whether a call may be made.
    pub fn may(&self, now: Timestamp) -> bool {
        self.counted(now).count() < self.per_hour
    }

    /// A call is made.
    pub fn spend(&mut self, now: Timestamp) {
        if self.per_hour == 0 {
            return;
        }
        while self.spent.len() >= self.per_hour {
            self.spent.pop_front();
        }
        self.spent.push_back(now);
    }

    /// The call for which was spent at this time was not made.
    pub fn refund(&mut self, at: Timestamp) {
        if let Some(place) = self.spent.iter().rposition(|spent| *spent == at) {
            self.spent.remove(place);
        }
    }

    /// When the next call may be made: `now` if one may; `None` if never.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        if self.may(now) {
            return Some(now);
        }
        let oldest = self.counted(now).min()?;
        oldest.checked_add(WINDOW).ok()
    }

    /// The calls of the last hour. One that is in the future was made before the clock was set back, and is not counted, so that it
    /// does not hold calls for longer than an hour.
    fn counted(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.spent.iter().copied().filter(move |at| *at <= now && now.duration_since(*at) < WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    #[test]
    fn calls_are_counted_over_the_last_hour() {
        let mut budget = Budget::new(2);
        budget.spend(at(0));
        assert!(budget.may(at(10)) && budget.next(at(10)) == Some(at(10)));
        budget.spend(at(600));
        for (second, may) in [(600, false), (3599, false), (3600, true), (4199, true), (90_000, true)] {
            assert_eq!(budget.may(at(second)), may, "{second}");
        }
        assert_eq!(budget.next(at(700)), Some(at(3600)));
    }

    #[test]
    fn a_call_that_was_not_made_is_not_counted() {
        let mut budget = Budget::new(2);
        budget.spend(at(0));
        budget.spend(at(5));
        budget.refund(at(5));
        budget.refund(at(9));
        assert!(budget.may(at(9)));
        budget.spend(at(9));
        assert_eq!(budget.next(at(10)), Some(at(3600)));
    }

    #[test]
    fn without_a_budget_there_is_no_call() {
        let mut budget = Budget::new(0);
        budget.spend(at(0));
        assert!(!budget.may(at(0)) && budget.next(at(0)).is_none());
    }

    #[test]
    fn a_restart_begins_no_new_hour() {
        let budget = Budget::resumed(2, [at(50), at(-9000), at(10)]);
        assert!(!budget.may(at(100)));
        assert_eq!(budget.next(at(100)), Some(at(3610)));
        assert!(Budget::resumed(2, [at(-9000), at(10)]).may(at(100)));
        assert!(!Budget::resumed(0, [at(0)]).may(at(100)));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_no_call() {
        let mut budget = Budget::new(1);
        budget.spend(at(1_000_000));
        assert!(budget.may(at(0)));
        budget.spend(at(0));
        assert!(!budget.may(at(1)));
    }

    proptest! {
        #[test]
        fn never_more_calls_within_an_hour(per_hour in 0usize..6, steps in prop::collection::vec(0i64..2000, 0..80)) {
            let (mut budget, mut now, mut calls) = (Budget::new(per_hour), 0, Vec::new());
            for step in steps {
                now += step;
                let may = budget.may(at(now));
                prop_assert_eq!(budget.next(at(now)) == Some(at(now)), may);
                if may {
                    budget.spend(at(now));
                    calls.push(now);
                }
                let within = calls.iter().filter(|call| now - **call < 3600).count();
                prop_assert!(within <= per_hour);
                prop_assert_eq!(within == per_hour, !budget.may(at(now)));
            }
        }
    }
}
