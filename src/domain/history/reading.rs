//! One reading of a Scenario, packed into four bytes within its hour.

use crate::api::CheckOutcome;
use jiff::Timestamp;
use std::time::Duration;

/// Size of a packed reading.
pub const PAST_READING_BYTES: usize = 4;
const SECONDS_OF_HOUR: i64 = 3600;
/// Bits of the latency, in milliseconds: up to four minutes.
const LATENCY_BITS: u32 = 18;
const LATENCY_MAX: u32 = (1 << LATENCY_BITS) - 1;

/// What a run of a Scenario came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mark {
    /// All checks passed, or the rest of them is held.
    Pass,
    /// A check failed.
    Fail,
    /// Nothing failed, and something could not be judged or read.
    Unknown,
    /// All checks are held.
    Held,
}

impl Mark {
    /// All marks, in the order of their packed values.
    pub const ALL: [Mark; 4] = [Mark::Pass, Mark::Fail, Mark::Unknown, Mark::Held];

    /// Of the outcomes of a run the one that says most. Without outcomes it is unknown.
    pub fn of(outcomes: impl IntoIterator<Item = CheckOutcome>) -> Mark {
        let mark = |outcome| match outcome {
            CheckOutcome::Fail => Mark::Fail,
            CheckOutcome::Unknown => Mark::Unknown,
            CheckOutcome::Pass => Mark::Pass,
            CheckOutcome::Held => Mark::Held,
        };
        let rank = |mark: &Mark| match mark {
            Mark::Fail => 0,
            Mark::Unknown => 1,
            Mark::Pass => 2,
            Mark::Held => 3,
        };
        outcomes.into_iter().map(mark).min_by_key(rank).unwrap_or(Mark::Unknown)
    }
}

/// An hour of UTC, as hours since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hour(pub i64);

impl Hour {
    /// The hour of a time.
    pub fn of(at: Timestamp) -> Hour {
        Hour(at.as_second().div_euclid(SECONDS_OF_HOUR))
    }

    /// When it begins; the latest possible time for an hour beyond it.
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(self.0.saturating_mul(SECONDS_OF_HOUR)).unwrap_or(Timestamp::MAX)
    }

    /// So many hours later.
    pub fn plus(self, hours: i64) -> Hour {
        Hour(self.0.saturating_add(hours))
    }

    /// Its day, as days since 1970, and which hour of that day it is.
    pub fn of_day(self) -> (i64, usize) {
        (self.0.div_euclid(24), usize::try_from(self.0.rem_euclid(24)).unwrap_or_default())
    }
}

/// A reading of the past: with whole seconds, and whole milliseconds up to four minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastReading {
    pub at: Timestamp,
    pub mark: Mark,
    /// Of the slowest probe, with the evaluation.
    pub latency: Duration,
}

impl PastReading {
    /// Its hour, and itself within that hour.
    pub fn pack(&self) -> (Hour, u32) {
        let second = u32::try_from(self.at.as_second().rem_euclid(SECONDS_OF_HOUR)).unwrap_or_default();
        let latency = u32::try_from(self.latency.as_millis()).unwrap_or(LATENCY_MAX).min(LATENCY_MAX);
        // The time comes first, so that packed readings sort by it.
        (Hour::of(self.at), (second << (LATENCY_BITS + 2)) | ((self.mark as u32) << LATENCY_BITS) | latency)
    }

    /// The reading of an hour. A second beyond the hour counts as its last.
    pub fn unpack(hour: Hour, packed: u32) -> PastReading {
        let second = i64::from(packed >> (LATENCY_BITS + 2)).min(SECONDS_OF_HOUR - 1);
        let seconds = hour.start().as_second().saturating_add(second);
        PastReading {
            at: Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX),
            mark: mark_of(packed),
            latency: Duration::from_millis(u64::from(packed & LATENCY_MAX)),
        }
    }
}

fn mark_of(packed: u32) -> Mark {
    Mark::ALL[usize::try_from((packed >> LATENCY_BITS) & 3).unwrap_or_default()]
}

/// Readings counted by their marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub pass: u32,
    pub fail: u32,
    pub unknown: u32,
    pub held: u32,
}

impl Tally {
    /// Counts packed readings.
    pub fn of(packed: &[u32]) -> Tally {
        let mut tally = Tally::default();
        for one in packed {
            tally.count(mark_of(*one));
        }
        tally
    }

    fn count(&mut self, mark: Mark) {
        let counter = match mark {
            Mark::Pass => &mut self.pass,
            Mark::Fail => &mut self.fail,
            Mark::Unknown => &mut self.unknown,
            Mark::Held => &mut self.held,
        };
        *counter = counter.saturating_add(1);
    }

    /// Both together.
    pub fn plus(self, other: Tally) -> Tally {
        Tally {
            pass: self.pass.saturating_add(other.pass),
            fail: self.fail.saturating_add(other.fail),
            unknown: self.unknown.saturating_add(other.unknown),
            held: self.held.saturating_add(other.held),
        }
    }

    /// All readings.
    pub fn total(self) -> u64 {
        [self.pass, self.fail, self.unknown, self.held].into_iter().map(u64::from).sum()
    }
}
