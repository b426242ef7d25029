//! The hours of which readings still come.

use super::reading::{Hour, PastReading};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Readings that are kept of one hour together: 16 MiB. Enough for 10,000 Scenarios that are read every ten seconds.
pub const READINGS_MAX: usize = 4 << 20;
/// An hour is closed this many seconds after its end: runs under way then belong to it.
const GRACE: i64 = 120;

/// The readings of hours that are not closed, by the number of their Scenario.
#[derive(Clone, Debug, Default)]
pub struct OpenHours {
    hours: BTreeMap<Hour, HashMap<u32, Vec<u32>>>,
    readings: usize,
}

impl OpenHours {
    /// Adds a packed reading; false if there are too many.
    pub fn add(&mut self, hour: Hour, scenario: u32, packed: u32) -> bool {
        if self.readings >= READINGS_MAX {
            return false;
        }
        self.readings += 1;
        self.hours.entry(hour).or_default().entry(scenario).or_default().push(packed);
        true
    }

    /// The hours that are to be closed at `now`: those that are over, and those that have not begun, which the clock showed before it was
    /// set back. An hour that was closed opens again for readings that come later.
    pub fn over(&self, now: Timestamp) -> Vec<Hour> {
        let (latest, earliest) = (Hour::of(now), Hour((now.as_second() - GRACE).div_euclid(3600)));
        self.hours.keys().copied().filter(|hour| *hour < earliest || *hour > latest).collect()
    }

    /// The readings of an hour, by Scenario.
    pub fn of_hour(&self, hour: Hour) -> impl Iterator<Item = (u32, &[u32])> {
        self.hours.get(&hour).into_iter().flatten().map(|(scenario, packed)| (*scenario, packed.as_slice()))
    }

    /// The hours with readings of a Scenario.
    pub fn of_scenario(&self, scenario: u32) -> impl Iterator<Item = (Hour, &[u32])> {
        let one = move |(hour, all): (&Hour, &'_ HashMap<u32, Vec<u32>>)| all.contains_key(&scenario).then_some(*hour);
        let hours: Vec<Hour> = self.hours.iter().filter_map(one).collect();
        hours.into_iter().filter_map(move |hour| Some((hour, self.hours.get(&hour)?.get(&scenario)?.as_slice())))
    }

    /// All readings, with hour and Scenario.
    pub fn all(&self) -> impl Iterator<Item = (Hour, u32, u32)> {
        self.hours.iter().flat_map(|(hour, scenarios)| {
            scenarios.iter().flat_map(move |(scenario, packed)| packed.iter().map(move |one| (*hour, *scenario, *one)))
        })
    }

    /// Forgets an hour, which is stored.
    pub fn close(&mut self, hour: Hour) {
        let closed = self.hours.remove(&hour).into_iter().flatten().map(|(_, packed)| packed.len()).sum::<usize>();
        self.readings = self.readings.saturating_sub(closed);
    }
}

/// Both lists of packed readings of one hour, in the order of time.
pub fn merged(stored: &[u32], added: &[u32]) -> Vec<u32> {
    let mut all: Vec<u32> = stored.iter().chain(added).copied().collect();
    all.sort_unstable();
    all
}

/// The last readings of those of several hours, in the order of time.
pub fn last(hours: impl IntoIterator<Item = (Hour, Vec<u32>)>, most: usize) -> Vec<PastReading> {
    let unpacked = |(hour, packed): (Hour, Vec<u32>)| packed.into_iter().map(move |one| PastReading::unpack(hour, one));
    let mut all: Vec<PastReading> = hours.into_iter().flat_map(unpacked).collect();
    all.sort_by_key(|reading| reading.at);
    all.split_off(all.len().saturating_sub(most))
}
