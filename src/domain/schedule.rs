//! When a Scenario runs: on its interval, spread over it, sooner while a streak is being counted.

use super::fingerprint::fingerprint;
use std::time::Duration;

/// The first runs after a start are spread over this for each Scenario, …
const FIRST_PASS_EACH: Duration = Duration::from_micros(400);
/// … but at least and at most this long in all.
const FIRST_PASS_MIN: Duration = Duration::from_millis(500);
const FIRST_PASS_MAX: Duration = Duration::from_secs(5);

/// The delay of the first run of `name` after the start, of `total` Scenarios: the first pass is short.
pub fn first_delay(name: &str, total: usize, interval: Duration) -> Duration {
    let window = FIRST_PASS_EACH.saturating_mul(total.try_into().unwrap_or(u32::MAX));
    window.clamp(FIRST_PASS_MIN, FIRST_PASS_MAX).min(interval).mul_f64(spread(name))
}

/// The delay from the first run of `name` to its second: from then on it keeps its own place in the interval.
pub fn second_delay(name: &str, interval: Duration) -> Duration {
    interval.mul_f64(1.0 - spread(&format!("{name}/phase")) * 0.9)
}

/// The place of `name` in a window, from 0 to 1: the same at every start.
fn spread(name: &str) -> f64 {
    let digits = fingerprint(name, "", "");
    let number = u64::from_str_radix(&digits, 16).unwrap_or(0);
    number as f64 / (1_u64 << 40) as f64
}

/// The delay from the due time of one run to the next.
pub fn next_delay(interval: Duration, confirm_interval: Duration, counting: bool) -> Duration {
    if counting { confirm_interval.min(interval) } else { interval }
}

#[cfg(test)]
mod tests;
