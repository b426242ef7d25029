//! The hours of a day, packed; and what they say about the past.

use super::DAYS;
use super::reading::{Hour, Tally};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// The hours of one day of UTC.
pub type Day = [Tally; 24];

/// A day in bytes: for each hour which of its four counts are not zero, and these as varints.
pub fn pack(day: &Day) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(48);
    for hour in day {
        let counts = [hour.pass, hour.fail, hour.unknown, hour.held];
        let present = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        bytes.push(present.fold(0, |bits, (at, _)| bits | 1_u8 << at));
        for mut count in counts.into_iter().filter(|count| *count > 0) {
            while count > 0x7f {
                bytes.push((count & 0x7f) as u8 | 0x80);
                count >>= 7;
            }
            bytes.push(count as u8);
        }
    }
    bytes
}

/// The day; hours that are missing or damaged are empty.
pub fn unpack(bytes: &[u8]) -> Day {
    let mut day = Day::default();
    let mut rest = bytes.iter().copied();
    for hour in &mut day {
        let Some(present) = rest.next() else { break };
        let mut counts = [0_u32; 4];
        for (at, count) in counts.iter_mut().enumerate() {
            if present & 1 << at != 0 {
                let Some(number) = varint(&mut rest) else { return day };
                *count = number;
            }
        }
        let [pass, fail, unknown, held] = counts;
        *hour = Tally { pass, fail, unknown, held };
    }
    day
}

fn varint(bytes: &mut impl Iterator<Item = u8>) -> Option<u32> {
    let mut number = 0_u32;
    for shift in (0..35).step_by(7) {
        let byte = bytes.next()?;
        number |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The past of one Scenario: counts of hours, and the hours that are maintenance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    pub hours: BTreeMap<Hour, Tally>,
    pub maintenance: BTreeSet<Hour>,
}

/// How much of a time a Scenario was healthy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Availability {
    pub pass: u64,
    pub fail: u64,
    /// Seconds in which it failed: of each hour the part of its readings that failed, and an interval for each of them at most.
    pub down_seconds: u64,
}

impl Availability {
    /// Passes of passes and fails; `None` without either.
    pub fn ratio(&self) -> Option<f64> {
        let judged = self.pass + self.fail;
        #[expect(clippy::cast_precision_loss, reason = "counts of thirty days are small")]
        (judged > 0).then(|| self.pass as f64 / judged as f64)
    }
}

/// What an hour of the grid shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing was read or judged.
    Gap,
    Pass,
    Fail,
    Maintenance,
}

impl Past {
    /// Adds counts of an hour.
    pub fn add(&mut self, hour: Hour, tally: Tally) {
        let all = self.hours.entry(hour).or_default();
        *all = all.plus(tally);
    }

    /// The availability of the current hour and so many before it. Failures during maintenance do not count. `interval` is the longest
    /// time between two readings, in seconds, where it is known.
    pub fn availability(&self, now: Timestamp, hours: i64, interval: Option<u64>) -> Availability {
        let current = Hour::of(now);
        let mut sum = Availability::default();
        for (hour, tally) in self.hours.range(current.plus(-hours)..=current) {
            sum.pass += u64::from(tally.pass);
            if !self.maintenance.contains(hour) {
                sum.fail += u64::from(tally.fail);
                sum.down_seconds += down(*hour, *tally, now, interval);
            }
        }
        sum
    }

    /// The last thirty days of a time zone, oldest first, each with its hours. An hour of UTC belongs to the local hour in which it
    /// begins: where clocks are set back, two belong to one.
    pub fn grid(&self, now: Timestamp, zone: &TimeZone) -> Vec<[Cell; 24]> {
        let days = usize::try_from(DAYS).unwrap_or_default();
        let mut grid = vec![[Cell::Gap; 24]; days];
        let today = zone.to_datetime(now).date();
        for hour in self.hours.keys().chain(&self.maintenance) {
            let local = zone.to_datetime(hour.start());
            let Ok(ago) = local.date().until(today).map(|span| span.get_days()) else { continue };
            let day = usize::try_from(ago).ok().and_then(|ago| (days - 1).checked_sub(ago));
            let of_day = usize::try_from(local.hour()).unwrap_or_default();
            if let Some(cell) = day.and_then(|day| grid.get_mut(day)?.get_mut(of_day)) {
                *cell = worse(*cell, self.cell(*hour));
            }
        }
        grid
    }

    fn cell(&self, hour: Hour) -> Cell {
        let tally = self.hours.get(&hour).copied().unwrap_or_default();
        match tally {
            _ if self.maintenance.contains(&hour) => Cell::Maintenance,
            Tally { fail: 1.., .. } => Cell::Fail,
            Tally { pass: 1.., .. } => Cell::Pass,
            Tally { .. } => Cell::Gap,
        }
    }
}

/// For how long it failed in an hour. Where little was read of it, as after a start, the share alone would say too much.
pub(super) fn down(hour: Hour, tally: Tally, now: Timestamp, interval: Option<u64>) -> u64 {
    let elapsed = now.as_second().saturating_sub(hour.start().as_second()).clamp(0, 3600);
    let elapsed = u64::try_from(elapsed).unwrap_or_default();
    let share = (u64::from(tally.fail) * elapsed).checked_div(tally.total()).unwrap_or_default();
    interval.map_or(share, |interval| share.min(interval.saturating_mul(u64::from(tally.fail))))
}

fn worse(one: Cell, other: Cell) -> Cell {
    let rank = |cell| match cell {
        Cell::Fail => 3,
        Cell::Maintenance => 2,
        Cell::Pass => 1,
        Cell::Gap => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}
