//! When a Silence is active.

use crate::domain::recurrence::Schedule;
use jiff::{SignedDuration, Timestamp};

/// Occurrences that are joined to one time in each direction; further away it counts as unbounded.
const JOINED_MAX: usize = 64;

/// The time in which a Silence is active, now or else next. It is active from the start on, and no longer at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub active: bool,
    /// Start of this time; `None` where there is none.
    pub start: Option<Timestamp>,
    /// End of it; `None` where there is none, or where occurrences follow each other without a gap.
    pub end: Option<Timestamp>,
}

/// When a Silence is active, whatever the time is now.
#[derive(Clone, Debug)]
pub(super) enum Times {
    Once {
        start: Timestamp,
        end: Timestamp,
    },
    /// From each start of the schedule that is not before `from`. Occurrences that overlap or touch are one time.
    Recurring {
        schedule: Box<Schedule>,
        length: SignedDuration,
        from: Timestamp,
    },
}

impl Times {
    pub fn once(start: Timestamp, end: Timestamp) -> Times {
        Times::Once { start, end }
    }

    pub fn recurring(schedule: Schedule, length: SignedDuration, from: Timestamp) -> Times {
        Times::Recurring { schedule: Box::new(schedule), length, from }
    }

    pub fn window(&self, now: Timestamp) -> Window {
        match self {
            Times::Once { end, .. } if now >= *end => Window { active: false, start: None, end: None },
            Times::Once { start, end } if start >= end => Window { active: false, start: None, end: None },
            Times::Once { start, end } => Window { active: now >= *start, start: Some(*start), end: Some(*end) },
            Times::Recurring { schedule, length, from } => {
                let occurrences = Occurrences { schedule, length: *length, from: *from };
                match occurrences.running(now) {
                    Some(start) => {
                        let (start, end) = (occurrences.joined_start(start), occurrences.joined_end(start).ok());
                        Window { active: true, start: Some(start), end }
                    }
                    None => {
                        let start = occurrences.next(now);
                        let end = start.and_then(|start| occurrences.joined_end(start).ok());
                        Window { active: false, start, end }
                    }
                }
            }
        }
    }

    pub fn is_active(&self, now: Timestamp) -> bool {
        match self {
            Times::Once { start, end } => (*start..*end).contains(&now),
            Times::Recurring { schedule, length, from } => {
                Occurrences { schedule, length: *length, from: *from }.running(now).is_some()
            }
        }
    }

    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Times::Once { start, end } if start < end => [*start, *end].into_iter().find(|at| *at > now),
            Times::Once { .. } => None,
            Times::Recurring { schedule, length, from } => {
                let occurrences = Occurrences { schedule, length: *length, from: *from };
                match occurrences.running(now) {
                    Some(start) => Some(occurrences.joined_end(start).unwrap_or_else(|searched| searched)),
                    None => occurrences.next(now),
                }
            }
        }
    }

    pub fn final_end(&self) -> Option<Timestamp> {
        match self {
            Times::Once { end, .. } => Some(*end),
            Times::Recurring { .. } => None,
        }
    }
}

/// The occurrences of a recurring Silence.
struct Occurrences<'a> {
    schedule: &'a Schedule,
    length: SignedDuration,
    from: Timestamp,
}

impl Occurrences<'_> {
    /// The first start after a time.
    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        // A start at `from` counts.
        let before_first = self.from.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(self.from);
        self.schedule.next(after.max(before_first))
    }

    /// The last start at or before a time.
    fn last(&self, at: Timestamp) -> Option<Timestamp> {
        self.schedule.last(at).filter(|start| *start >= self.from)
    }

    fn end(&self, start: Timestamp) -> Timestamp {
        start.saturating_add(self.length).unwrap_or(Timestamp::MAX)
    }

    /// The last start whose occurrence has not ended.
    fn running(&self, now: Timestamp) -> Option<Timestamp> {
        self.last(now).filter(|start| now < self.end(*start))
    }

    /// The start of the first of the occurrences that follow each other without a gap up to this one.
    fn joined_start(&self, mut start: Timestamp) -> Timestamp {
        for _ in 0..JOINED_MAX {
            // The earliest one that reaches it: its start is at most a length before.
            let reaches = start.saturating_sub(self.length).unwrap_or(Timestamp::MIN);
            let just_before = reaches.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(reaches);
            match self.next(just_before) {
                Some(earlier) if earlier < start => start = earlier,
                _ => return start,
            }
        }
        self.from
    }

    /// The end of the last of the occurrences that follow each other without a gap from this one on. The error is the end of the
    /// last one that was looked at.
    fn joined_end(&self, mut start: Timestamp) -> Result<Timestamp, Timestamp> {
        for _ in 0..JOINED_MAX {
            let end = self.end(start);
            match self.last(end) {
                Some(later) if later > start => start = later,
                _ => return Ok(end),
            }
        }
        Err(self.end(start))
    }
}

#[cfg(test)]
mod tests;
