//! How many requests an identity may send.

use super::problem::Problem;
use crate::telemetry::{Limit, Metrics};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The seconds in which requests are counted.
const WINDOW: u64 = 60;
/// Identities whose requests are counted at once. Beyond it those without a request in the window have to wait.
const IDENTITIES_MAX: usize = 10_000;

/// Why a request is refused now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Refused {
    /// After so many seconds one more is possible.
    retry_after: u64,
    limit: Limit,
}

/// The requests of an identity within the window: second and number, oldest first.
#[derive(Default)]
struct Requests {
    seconds: VecDeque<(u64, usize)>,
    total: usize,
}

impl Requests {
    /// Forgets those before the window.
    fn forget(&mut self, now: u64) {
        while let Some((_, number)) = self.seconds.front().copied().filter(|(second, _)| second + WINDOW <= now) {
            self.total -= number;
            self.seconds.pop_front();
        }
    }

    fn count(&mut self, now: u64) {
        self.total += 1;
        match self.seconds.back_mut() {
            Some((second, number)) if *second == now => *number += 1,
            _ => self.seconds.push_back((now, 1)),
        }
    }
}

/// The requests of each identity within a minute, by the second.
pub struct RequestRate {
    most: usize,
    began: Instant,
    recent: Mutex<HashMap<String, Requests>>,
}

impl RequestRate {
    /// At most so many requests of one identity within a minute.
    pub fn new(most: usize) -> RequestRate {
        RequestRate { most, began: Instant::now(), recent: Mutex::default() }
    }

    /// Counts a request. Too Many Requests where the identity sent too many in the last minute.
    pub fn require(&self, identity: &str, metrics: &Metrics) -> Result<(), Problem> {
        self.admit(identity, self.began.elapsed().as_secs()).map_err(|refused| {
            metrics.limit_reached(refused.limit, format_args!("of {identity}"));
            let detail =
                format!("more than {} requests within a minute: try again after {} s", self.most, refused.retry_after);
            Problem::too_many_requests(detail, Duration::from_secs(refused.retry_after))
        })
    }

    /// Counts a request at `now`, in seconds, which is not before that of an earlier call by more than a moment.
    fn admit(&self, identity: &str, now: u64) -> Result<(), Refused> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if !recent.contains_key(identity) && recent.len() >= IDENTITIES_MAX {
            recent.retain(|_, requests| requests.seconds.back().is_some_and(|(second, _)| second + WINDOW > now));
            if recent.len() >= IDENTITIES_MAX {
                return Err(Refused { retry_after: WINDOW, limit: Limit::CountedPeople });
            }
        }
        let requests = recent.entry(identity.to_string()).or_default();
        requests.forget(now);
        match requests.seconds.front() {
            Some((oldest, _)) if requests.total >= self.most => {
                let retry_after = (oldest + WINDOW).saturating_sub(now).max(1);
                Err(Refused { retry_after, limit: Limit::RequestsPerMinute })
            }
            _ => {
                requests.count(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_sends_so_many_requests_within_any_minute() {
        let rate = RequestRate::new(3);
        let wait = |retry_after| Err(Refused { retry_after, limit: Limit::RequestsPerMinute });
        for (identity, second, expected) in [
            ("ana", 0, Ok(())),
            ("ana", 0, Ok(())),
            ("ana", 20, Ok(())),
            ("ana", 30, wait(30)),
            ("rui", 30, Ok(())),
            ("ana", 59, wait(1)),
            ("ana", 60, Ok(())),
            ("ana", 60, Ok(())),
            ("ana", 61, wait(19)),
            ("ana", 80, Ok(())),
            ("ana", 81, wait(39)),
            ("ana", 500, Ok(())),
        ] {
            assert_eq!(rate.admit(identity, second), expected, "{identity} at {second}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_for_each_identity_and_in_their_number() {
        let rate = RequestRate::new(1_000_000);
        for second in 0..300 {
            for _ in 0..10 {
                rate.admit("ana", second).unwrap();
            }
        }
        assert_eq!(rate.recent.lock().unwrap()["ana"].seconds.len(), 60);
        for i in 1..IDENTITIES_MAX {
            rate.admit(&format!("p{i}"), 299).unwrap();
        }
        assert_eq!(rate.admit("one more", 358).unwrap_err().limit, Limit::CountedPeople);
        assert_eq!(rate.admit("ana", 358), Ok(()), "known already");
        assert_eq!(rate.admit("one more", 359), Ok(()));
        assert_eq!(rate.recent.lock().unwrap().len(), 2);
    }
}
