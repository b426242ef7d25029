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
