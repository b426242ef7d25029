//! The limits that report when they are reached: by the metric `agentic_ops_limit_reached_total` and a log line.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Each limit is logged at most once in this time; the metric counts every time.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// A limit that protects the program, or others, from one target, author or client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Probes under way, of all targets.
    Probes,
    /// The cost of a CEL expression, or of all expressions of a Scenario in one run.
    Evaluation,
}

impl Limit {
    /// The value of the metric's label `limit`.
    pub fn as_str(self) -> &'static str {
        match self {
            Limit::Probes => "probes",
            Limit::Evaluation => "evaluation",
        }
    }

    /// The setting that changes it.
    pub fn setting(self) -> &'static str {
        match self {
            Limit::Probes => "AGENTIC_PROBES_MAX",
            Limit::Evaluation => "AGENTIC_EVALUATION_STEPS",
        }
    }
}

/// When each limit was logged last.
#[derive(Default)]
pub(super) struct Throttle {
    logged: Mutex<HashMap<Limit, Instant>>,
}

impl Throttle {
    /// Whether the limit may be logged at `now`; if so, it counts as logged.
    pub fn is_due(&self, limit: Limit, now: Instant) -> bool {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = logged.get(&limit).is_none_or(|last| now.saturating_duration_since(*last) >= LOG_INTERVAL);
        if is_due {
            logged.insert(limit, now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_logged_once_a_minute() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let due = |seconds| throttle.is_due(Limit::Probes, start + Duration::from_secs(seconds));
        assert_eq!([0, 1, 59, 60, 61, 120].map(due), [true, false, false, true, false, true]);
    }
}
