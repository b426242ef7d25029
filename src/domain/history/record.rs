//! What is known of the past of one Scenario, and how replicas tell it to each other.

use super::cells::{Day, Past, pack, unpack};
use super::open::last;
use super::reading::{Hour, PastReading, Tally};
use super::{DAYS, RAW_HOURS};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The last readings of a Scenario, and its hours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Oldest first.
    pub last: Vec<PastReading>,
    /// Without maintenance, which Actions say.
    pub past: Past,
}

/// A [`Record`] as it is sent: packed, since it has up to 744 hours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Packed readings by hours since 1970.
    last: BTreeMap<i64, Vec<u32>>,
    /// Packed days by days since 1970, in base64.
    days: BTreeMap<i64, String>,
}

impl Record {
    pub fn sent(&self) -> Sent {
        let mut sent = Sent::default();
        for reading in &self.last {
            let (hour, packed) = reading.pack();
            sent.last.entry(hour.0).or_default().push(packed);
        }
        let mut days: BTreeMap<i64, Day> = BTreeMap::new();
        for (hour, tally) in &self.past.hours {
            let (day, of_day) = hour.of_day();
            days.entry(day).or_default()[of_day] = *tally;
        }
        sent.days = days.into_iter().map(|(day, cells)| (day, BASE64.encode(pack(&cells)))).collect();
        sent
    }

    /// What was sent, with no more than a history has; what is damaged is empty.
    pub fn received(sent: Sent, most: usize) -> Record {
        let hours = usize::try_from(RAW_HOURS + 2).unwrap_or_default();
        let days = usize::try_from(DAYS + 2).unwrap_or_default();
        let readings = sent.last.into_iter().rev().take(hours).map(|(hour, packed)| (Hour(hour), packed));
        let mut record = Record { last: last(readings, most), past: Past::default() };
        for (day, text) in sent.days.into_iter().rev().take(days) {
            let cells = unpack(&BASE64.decode(text).unwrap_or_default());
            let first = day.saturating_mul(24);
            for (hour, tally) in (0_i64..).zip(cells).filter(|(_, tally)| *tally != Tally::default()) {
                record.past.add(Hour(first.saturating_add(hour)), tally);
            }
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::history::Mark;
    use jiff::Timestamp;
    use std::time::Duration;

    #[test]
    fn a_record_is_the_same_after_it_was_sent() {
        let reading = |second, mark| PastReading {
            at: Timestamp::from_second(second).unwrap(),
            mark,
            latency: Duration::from_millis(84),
        };
        let mut past = Past::default();
        for hour in [-1, 0, 25, 700] {
            past.add(Hour(hour), Tally { pass: 1000, fail: 1, ..Tally::default() });
        }
        let last = vec![reading(-5, Mark::Held), reading(30, Mark::Pass), reading(3601, Mark::Fail)];
        let record = Record { last, past };
        let text = serde_json::to_string(&record.sent()).unwrap();
        assert_eq!(Record::received(serde_json::from_str(&text).unwrap(), 100), record);
        assert_eq!(Record::received(record.sent(), 1).last, record.last[2..]);
        let damaged: Sent =
            serde_json::from_str(r#"{"last": {"0": [4294967295]}, "days": {"0": "not base64!"}}"#).unwrap();
        assert!(Record::received(damaged, 10).past.hours.is_empty());
    }

    #[test]
    fn what_is_sent_is_bounded() {
        let hours = 0..1000_i64;
        let sent = Sent {
            last: hours.clone().map(|hour| (hour, vec![0])).collect(),
            days: hours.map(|day| (day, BASE64.encode(pack(&[Tally { pass: 1, ..Tally::default() }; 24])))).collect(),
        };
        let record = Record::received(sent, usize::MAX);
        assert_eq!((record.last.len(), record.past.hours.len()), (26, 32 * 24));
    }
}
