//! History of readings: each reading for a day, then counts for each hour of thirty days.
//!
//! Days and hours are those of UTC, so that no stored count depends on a setting or on daylight saving time; only the grid that is
//! shown has the hours of the reader's time zone.

pub mod cells;
pub mod maintenance;
pub mod open;
pub mod outage;
mod reading;
pub mod record;
#[cfg(test)]
mod tests;

pub use reading::{Hour, Mark, PAST_READING_BYTES, PastReading, Tally};

/// Hours for which each reading is kept, besides the current one.
pub const RAW_HOURS: i64 = 24;
/// Days for which hours are kept, today included.
pub const DAYS: i64 = 30;
