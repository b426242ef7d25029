//! When a Scenario was down, in whole hours.

use super::cells::{Past, down};
use super::reading::Hour;
use jiff::Timestamp;

/// Hours in a row in which a Scenario failed, all of them downtime or all of them maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    pub from: Hour,
    /// The first hour that is no part of it.
    pub until: Hour,
    pub is_maintenance: bool,
    /// Failed readings in it.
    pub fails: u64,
    /// For how long it failed, in seconds: see [`Past::availability`].
    pub down_seconds: u64,
}

impl Past {
    /// The outages, the last one first.
    pub fn outages(&self, now: Timestamp, interval: Option<u64>) -> Vec<Outage> {
        let mut outages: Vec<Outage> = Vec::new();
        for (hour, tally) in self.hours.iter().filter(|(_, tally)| tally.fail > 0) {
            let (is_maintenance, fails) = (self.maintenance.contains(hour), u64::from(tally.fail));
            let down_seconds = down(*hour, *tally, now, interval);
            match outages.last_mut() {
                Some(last) if last.until == *hour && last.is_maintenance == is_maintenance => {
                    last.until = hour.plus(1);
                    last.fails += fails;
                    last.down_seconds += down_seconds;
                }
                _ => outages.push(Outage { from: *hour, until: hour.plus(1), is_maintenance, fails, down_seconds }),
            }
        }
        outages.reverse();
        outages
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::history::Tally;

    #[test]
    fn hours_in_a_row_are_one_outage() {
        let mut past = Past::default();
        for (hour, fail) in [(1, 2), (2, 1), (3, 0), (5, 4), (6, 1), (7, 1)] {
            past.add(Hour(hour), Tally { pass: 1, fail, ..Tally::default() });
        }
        past.maintenance.extend([Hour(6), Hour(9)]);
        let outage = |from, until, is_maintenance, (fails, down_seconds)| Outage {
            from: Hour(from),
            until: Hour(until),
            is_maintenance,
            fails,
            down_seconds,
        };
        let expected = [
            outage(7, 8, false, (1, 60)),
            outage(6, 7, true, (1, 60)),
            outage(5, 6, false, (4, 240)),
            outage(1, 3, false, (3, 180)),
        ];
        let now = Hour(9).start();
        assert_eq!(past.outages(now, Some(60)), expected);
        assert_eq!(past.outages(now, None)[0].down_seconds, 1800);
        assert_eq!(Past::default().outages(now, None), []);
    }
}
