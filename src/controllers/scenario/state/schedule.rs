//! When each Scenario runs next: a heap, so that ten thousand Scenarios cost one timer.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Instant;

/// Each Scenario's next run.
#[derive(Default)]
pub struct Schedule {
    /// Entries are never removed early: only the one with the number in `next` counts.
    heap: BinaryHeap<Reverse<(Instant, u64, Arc<str>)>>,
    next: HashMap<Arc<str>, (Instant, u64)>,
    numbers: u64,
}

impl Schedule {
    /// Plans the next run of a Scenario, in place of the one planned before.
    pub fn plan(&mut self, name: Arc<str>, at: Instant) {
        self.numbers += 1;
        self.heap.push(Reverse((at, self.numbers, name.clone())));
        self.next.insert(name, (at, self.numbers));
    }

    /// Plans no further run.
    pub fn cancel(&mut self, name: &str) {
        self.next.remove(name);
    }

    /// The time of the next run of any Scenario; it may be too early where that run was planned anew.
    pub fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes a Scenario whose run is due, with the time it was due at.
    pub fn take_due(&mut self, now: Instant) -> Option<(Arc<str>, Instant)> {
        while self.next_at()? <= now {
            let Reverse((at, number, name)) = self.heap.pop()?;
            if self.next.get(&name).is_some_and(|(_, current)| *current == number) {
                self.next.remove(&name);
                return Some((name, at));
            }
        }
        None
    }

    /// Whether a Scenario runs at this time at the latest.
    pub fn is_due_by(&self, name: &str, by: Instant) -> bool {
        self.next.get(name).is_some_and(|(at, _)| *at <= by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_the_run_that_was_planned_last_is_due() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut schedule = Schedule::default();
        for (name, seconds) in [("a", 9), ("b", 3), ("a", 1), ("c", 2), ("b", 5)] {
            schedule.plan(name.into(), at(seconds));
        }
        schedule.cancel("c");
        let due = |schedule: &mut Schedule, now| schedule.take_due(at(now)).map(|(name, at)| (name.to_string(), at));
        assert_eq!(due(&mut schedule, 0), None);
        assert!(schedule.is_due_by("a", at(1)) && !schedule.is_due_by("b", at(4)) && !schedule.is_due_by("c", at(9)));
        assert_eq!(due(&mut schedule, 4), Some(("a".into(), at(1))));
        assert_eq!(due(&mut schedule, 4), None);
        assert_eq!(due(&mut schedule, 99), Some(("b".into(), at(5))));
        assert_eq!(due(&mut schedule, 99), None);
        assert_eq!(schedule.next_at(), None, "nothing is kept");
    }
}
