//! Which Scenarios are late: no run of theirs has been completed for two intervals.

use std::time::{Duration, Instant};

/// Of the time between two maintenances, which is about this, no more counts: while the process is paused it completes no run.
const STEP_MAX: Duration = Duration::from_secs(1);
/// A run may end this part of the interval later than two intervals after the run before, within these bounds: its probes may take
/// the whole interval, and starting and judging it takes time.
const TOLERANCE: u32 = 10;
const TOLERANCE_MIN: Duration = Duration::from_secs(3);
const TOLERANCE_MAX: Duration = Duration::from_secs(10);
/// After a replica began to lead, the first runs may take this time longer: they are spread, and wait for Secrets.
pub const FIRST_RUNS: Duration = Duration::from_secs(10);
/// Scenarios a second that are reported as late; each costs about four writes. The others wait.
const REPORTED_PER_SECOND: f64 = 5.0;
/// Unused reports are kept, up to this number.
const SAVED_MAX: f64 = 20.0;

/// A Scenario that was reported as late.
#[derive(Clone, Debug, PartialEq)]
pub struct Late {
    /// Why the last run read nothing, if it ended so.
    pub failure: Option<String>,
    /// It was reported before this replica began to lead.
    pub is_restored: bool,
}

/// A clock that stands still while the process is paused.
pub struct WatchClock {
    elapsed: Duration,
    last: Instant,
}

impl WatchClock {
    pub fn new(now: Instant) -> WatchClock {
        WatchClock { elapsed: Duration::ZERO, last: now }
    }

    /// The time on this clock.
    pub fn at(&self, now: Instant) -> Duration {
        self.elapsed + now.saturating_duration_since(self.last).min(STEP_MAX)
    }

    /// Takes the time over; to be called at each maintenance.
    pub fn advance(&mut self, now: Instant) {
        self.elapsed = self.at(now);
        self.last = now;
    }
}

/// Whether a Scenario of this interval is late that completed its last run, or has been watched, since `since`.
pub fn is_late(since: Duration, now: Duration, interval: Duration) -> bool {
    let tolerance = (interval / TOLERANCE).clamp(TOLERANCE_MIN, TOLERANCE_MAX);
    now.saturating_sub(since) > interval.saturating_mul(2).saturating_add(tolerance)
}

/// How many Scenarios may be reported as late: many at once have one cause, and must not flood the API.
pub struct ReportBudget {
    last: Instant,
    saved: f64,
}

impl ReportBudget {
    pub fn new(now: Instant) -> ReportBudget {
        ReportBudget { last: now, saved: SAVED_MAX }
    }

    /// How many of `wanted` may be reported now.
    pub fn take(&mut self, wanted: usize, now: Instant) -> usize {
        let passed = now.saturating_duration_since(std::mem::replace(&mut self.last, now));
        self.saved = (self.saved + REPORTED_PER_SECOND * passed.as_secs_f64()).min(SAVED_MAX);
        let count = (self.saved as usize).min(wanted);
        self.saved -= count as f64;
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_scenario_is_late_a_little_after_two_intervals() {
        for (interval, late_after) in [(1, 5), (5, 13), (60, 126), (300, 610), (86_400, 172_810)] {
            let is_late = |now: u64| is_late(seconds(100), seconds(100 + now), seconds(interval));
            assert!(!is_late(late_after) && is_late(late_after + 1), "{interval}");
        }
        assert!(
            !is_late(seconds(10), seconds(0), seconds(1)) && !is_late(Duration::ZERO, Duration::MAX, Duration::MAX)
        );
    }

    #[test]
    fn the_clock_stands_still_while_the_process_is_paused() {
        let start = Instant::now();
        let mut clock = WatchClock::new(start);
        for second in 1..=5 {
            clock.advance(start + seconds(second));
        }
        assert_eq!(clock.at(start + seconds(6)), seconds(6));
        clock.advance(start + seconds(3605));
        assert_eq!(clock.at(start + seconds(3606)), seconds(5) + STEP_MAX + seconds(1));
    }

    #[test]
    fn reports_are_limited_and_saved_within_bounds() {
        let start = Instant::now();
        let mut budget = ReportBudget::new(start);
        assert_eq!(budget.take(3, start), 3);
        assert_eq!(budget.take(10_000, start), 17);
        assert_eq!(budget.take(10_000, start), 0);
        assert_eq!(budget.take(10_000, start + seconds(1)), 5);
        assert_eq!(budget.take(10_000, start + seconds(3600)), 20);
    }
}
