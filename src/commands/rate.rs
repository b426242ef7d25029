//! How many commands a person may give: each is one unit, whatever number of objects it acts upon.

use super::CommandError;
use crate::domain::refusal::InvalidInput;
use crate::telemetry::Limit;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The objects of a bulk command, at most.
pub const BULK_MAX: usize = 500;
/// The time in which commands are counted.
const WINDOW: Duration = Duration::from_secs(60);
/// People of whom commands are counted at once. Beyond it those without a command in the window have to wait.
const PEOPLE_MAX: usize = 10_000;

/// On how many objects a command acts, each of which gets an Action of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objects(usize);

impl Objects {
    pub const ONE: Objects = Objects(1);

    /// The objects of a bulk command. Invalid unless there are 1 to [`BULK_MAX`]; `field` names them in the input.
    pub fn bulk(field: &str, count: usize) -> Result<Objects, CommandError> {
        match count {
            1..=BULK_MAX => Ok(Objects(count)),
            _ => Err(CommandError::invalid(field, InvalidInput::NumberOfObjects { count, max: BULK_MAX })),
        }
    }

    pub fn count(self) -> usize {
        self.0
    }
}

/// Shows that a command was counted: without it no Action is recorded.
#[derive(Debug)]
pub struct Permit(());

/// Why a command is refused now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// After this time one more is possible, in whole seconds.
    pub retry_after: Duration,
    pub limit: Limit,
}

/// The commands of each person within a minute.
pub struct CommandRate {
    most: usize,
    recent: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl CommandRate {
    /// At most so many commands of one person within a minute.
    pub fn new(most: usize) -> CommandRate {
        CommandRate { most, recent: Mutex::default() }
    }

    /// Counts a command at `now`, which is not before that of an earlier call.
    pub fn admit(&self, person: &str, _objects: Objects, now: Instant) -> Result<Permit, Refused> {
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < WINDOW;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if !recent.contains_key(person) && recent.len() >= PEOPLE_MAX {
            recent.retain(|_, commands| commands.back().is_some_and(is_recent));
            if recent.len() >= PEOPLE_MAX {
                return Err(Refused { retry_after: WINDOW, limit: Limit::CountedPeople });
            }
        }
        let commands = recent.entry(person.to_string()).or_default();
        while commands.front().is_some_and(|at| !is_recent(at)) {
            commands.pop_front();
        }
        match commands.front() {
            Some(oldest) if commands.len() >= self.most => {
                let wait = WINDOW.saturating_sub(now.saturating_duration_since(*oldest));
                let retry_after = Duration::from_secs(wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX));
                Err(Refused { retry_after, limit: Limit::ActionsPerMinute })
            }
            _ => {
                commands.push_back(now);
                Ok(Permit(()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_person_gives_so_many_commands_within_any_minute() {
        let (rate, start) = (CommandRate::new(3), Instant::now());
        let admit = |person, second| rate.admit(person, Objects::ONE, after(start, second)).map(drop);
        let wait = |seconds| Err(Refused { retry_after: Duration::from_secs(seconds), limit: Limit::ActionsPerMinute });
        for (person, second, expected) in [
            ("ana", 0, Ok(())),
            ("ana", 10, Ok(())),
            ("ana", 20, Ok(())),
            ("ana", 30, wait(30)),
            ("rui", 30, Ok(())),
            ("ana", 59, wait(1)),
            ("ana", 60, Ok(())),
            ("ana", 60, wait(10)),
            ("ana", 70, Ok(())),
            ("ana", 71, wait(9)),
            ("ana", 500, Ok(())),
        ] {
            assert_eq!(admit(person, second), expected, "{person} at {second}");
        }
    }

    #[test]
    fn a_bulk_command_counts_as_one_and_has_a_bounded_number_of_objects() {
        let (rate, now) = (CommandRate::new(2), Instant::now());
        let bulk = Objects::bulk("findings", BULK_MAX).unwrap();
        assert_eq!(bulk.count(), BULK_MAX);
        assert!(rate.admit("ana", bulk, now).is_ok() && rate.admit("ana", bulk, now).is_ok());
        assert!(rate.admit("ana", bulk, now).is_err());
        for count in [0, BULK_MAX + 1] {
            let error = Objects::bulk("findings", count).unwrap_err();
            assert!(matches!(&error, CommandError::Invalid { field, .. } if field == "findings"), "{error:?}");
        }
    }

    #[test]
    fn the_number_of_people_is_bounded_and_those_who_gave_no_command_lately_are_forgotten() {
        let (rate, start) = (CommandRate::new(1), Instant::now());
        let admit = |person: String, second| rate.admit(&person, Objects::ONE, after(start, second)).map(drop);
        for i in 0..PEOPLE_MAX {
            assert_eq!(admit(format!("p{i}"), 0), Ok(()));
        }
        assert_eq!(admit("one more".into(), 59).unwrap_err().limit, Limit::CountedPeople);
        assert!(admit("p0".into(), 60).is_ok(), "known already");
        assert!(admit("one more".into(), 60).is_ok());
        assert_eq!(rate.recent.lock().unwrap().len(), 2);
    }
}
