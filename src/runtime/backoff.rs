//! Retry intervals: longer with each failure, up to a bound, with jitter.

use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

/// `first`, doubled with each consecutive failure up to `longest`, then jittered.
pub fn pause(failures: u32, first: Duration, longest: Duration) -> Duration {
    jittered(first.saturating_mul(2_u32.saturating_pow(failures)).min(longest))
}

/// Between half of `span` and all of it.
pub fn jittered(span: Duration) -> Duration {
    // The standard library seeds its hasher at random each time; nothing better is needed here.
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let part = (random >> 11) as f64 / (1_u64 << 53) as f64;
    span.mul_f64(0.5 + part / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_grow_to_their_bound_and_differ() {
        let (first, longest) = (Duration::from_secs(2), Duration::from_secs(30));
        for (failures, up_to) in [(0, 2), (1, 4), (3, 16), (4, 30), (400, 30)] {
            let up_to = Duration::from_secs(up_to);
            let intervals: Vec<_> = (0..100).map(|_| pause(failures, first, longest)).collect();
            assert!(intervals.iter().all(|p| *p >= up_to / 2 && *p <= up_to), "{failures}: {intervals:?}");
            assert!(intervals.iter().any(|p| *p != intervals[0]), "{failures}: all alike");
        }
    }
}
