//! The clock, as the API keeps time.

use jiff::Timestamp;

/// The time, in whole microseconds: fields of type MicroTime keep no more.
pub fn now_in_micros() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// The time, in whole seconds: the API keeps no more.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Waits until a time, and this long at most.
pub async fn wait_until(at: Timestamp, most: std::time::Duration) {
    let left = std::time::Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
    tokio::time::sleep(left.min(most)).await;
}
