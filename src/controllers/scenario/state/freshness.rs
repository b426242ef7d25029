//! The small budget for writing only when a Scenario last ran.

use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Writes a second that are always allowed.
const RATE_MIN: f64 = 0.5;
/// Or this share of the rate of probes, if it is more: under 2 %, since runs may fall behind their intervals, and the Lease is renewed
/// besides.
const SHARE: f64 = 0.016;
/// Nothing is written for freshness alone within this time after the start.
const QUIET: Duration = Duration::from_secs(60);
/// Unused budget is kept for this many writes at most.
const SAVED_MAX: f64 = 5.0;

/// One Scenario's part in the budget.
pub struct Staleness<'a> {
    pub name: &'a Arc<str>,
    /// Its probes each second; 0 where it does not run.
    pub probes_per_second: f64,
    pub last_run_at: Option<Timestamp>,
    /// The last run that the API has.
    pub written: Option<Timestamp>,
}

/// The budget.
pub struct Freshness {
    begins: Instant,
    last: Instant,
    saved: f64,
}

impl Freshness {
    pub fn new(now: Instant) -> Freshness {
        Freshness { begins: now + QUIET, last: now, saved: 0.0 }
    }

    /// The Scenarios to write now, stalest first, within the budget since the last call.
    pub fn stalest<'a>(&mut self, now: Instant, scenarios: impl Iterator<Item = Staleness<'a>>) -> Vec<Arc<str>> {
        let passed = now.saturating_duration_since(std::mem::replace(&mut self.last, now));
        if now < self.begins {
            return Vec::new();
        }
        let mut probes_per_second = 0.0;
        let mut stale = Vec::new();
        for scenario in scenarios {
            probes_per_second += scenario.probes_per_second;
            // The API keeps whole seconds.
            if scenario.last_run_at.map(|t| t.as_second()) > scenario.written.map(|t| t.as_second()) {
                stale.push((scenario.written, scenario.name));
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
        stale.into_iter().map(|(_, name)| name.clone()).collect()
    }
}
