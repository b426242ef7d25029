//! The small budget for writing that nothing changed: when a Scenario last ran.

use super::entry::Entry;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Writes a second that are always allowed.
const RATE_MIN: f64 = 0.5;
/// Or this share of the rate of probes, if it is more: under 2 %, since runs may fall behind their intervals.
const SHARE: f64 = 0.018;
/// Nothing is freshened before this long after the start.
const QUIET: Duration = Duration::from_secs(60);
/// Unused budget is kept for this many writes at most.
const SAVED_MAX: f64 = 5.0;

/// Keeps the budget.
pub struct Freshness {
    since: Instant,
    saved: f64,
}

impl Freshness {
    pub fn new(now: Instant) -> Freshness {
        Freshness { since: now + QUIET, saved: 0.0 }
    }

    /// The Scenarios to write now, stalest first, after `passed` since the last call.
    pub fn stalest<'a>(
        &mut self,
        now: Instant,
        passed: Duration,
        entries: impl Iterator<Item = &'a Entry>,
    ) -> Vec<Arc<str>> {
        if now < self.since {
            return Vec::new();
        }
        let mut probes_per_second = 0.0;
        let mut stale: Vec<_> = Vec::new();
        for entry in entries {
            if let Some(valid) = entry.runnable() {
                probes_per_second += valid.probes.len() as f64 / valid.interval.as_secs_f64();
            }
            let written = entry.written.last_run_at.as_ref().map(|t| t.0);
            // The API keeps whole seconds.
            if entry.last_run_at.map(|t| t.as_second()) > written.map(|t| t.as_second()) {
                stale.push((written, entry.name.clone()));
            }
        }
        let rate = RATE_MIN.max(SHARE * probes_per_second);
        self.saved = (self.saved + rate * passed.as_secs_f64()).min(SAVED_MAX.max(rate));
        let count = (self.saved as usize).min(stale.len());
        if count == 0 {
            return Vec::new();
        }
        if count < stale.len() {
            stale.select_nth_unstable(count - 1);
            stale.truncate(count);
        }
        self.saved -= count as f64;
        stale.into_iter().map(|(_, name)| name).collect()
    }
}
