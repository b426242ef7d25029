//! The round: when something was read last, how many Scenarios are up to date, when the next reading comes, and whether notices leave. It
//! is in the bar of every page ([`super::watch`]), since a panel of a program that has stopped must not look calm.

use crate::api::Channel;
use crate::controllers::scenario::{Rounds, WatchStates};
use crate::views::OperatorStatus;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// It is worked out again after this time.
const FRESH: Duration = Duration::from_secs(1);
/// Beside two intervals: for a slow run, and for what is recorded of it later.
const SLACK: SignedDuration = SignedDuration::from_secs(90);

/// The round at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub last_at: Option<Timestamp>,
    pub next_at: Option<Timestamp>,
    /// Scenarios that are read in time.
    pub fresh: usize,
    /// Those that should be: all but the suspended ones.
    pub expected: usize,
    /// Nothing was read for two of the shortest intervals.
    pub has_stopped: bool,
    /// Channels of notices that are down, each since then.
    pub down: Vec<(Channel, Timestamp)>,
}

impl Round {
    pub fn of(rounds: Rounds, states: &WatchStates, down: Vec<(Channel, Timestamp)>, now: Timestamp) -> Round {
        let expected = states.ready + states.late.total + states.invalid.total;
        let longest =
            rounds.interval.and_then(|interval| SignedDuration::try_from(interval).ok()).unwrap_or_default() * 2;
        let is_over = |last: Timestamp| now.duration_since(last) > longest + SLACK;
        let is_read = states.ready + states.late.total > 0 && rounds.interval.is_some();
        Round {
            last_at: rounds.last_at,
            next_at: rounds.next_at,
            fresh: states.ready,
            expected,
            has_stopped: is_read && rounds.last_at.is_some_and(is_over),
            down,
        }
    }
}

/// The round, worked out once a second at most.
#[derive(Default)]
pub struct LastRound(Mutex<Option<(Instant, Round)>>);

impl LastRound {
    pub fn get(&self, operator: &dyn OperatorStatus, now: Timestamp) -> Round {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, round)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return round.clone();
        }
        let channels = operator.state().channels.unwrap_or_default();
        let down = channels.into_iter().filter(|state| state.is_down);
        let down = down.filter_map(|state| Some((state.channel, state.since?))).collect();
        let round = Round::of(operator.rounds(), &operator.watch_states(), down, now);
        *last = Some((Instant::now(), round.clone()));
        round
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_round_has_stopped_after_two_intervals_and_the_slack() {
        let states = WatchStates { ready: 7, suspended: 1, ..WatchStates::default() };
        let rounds = |last: Option<i64>| Rounds {
            last_at: last.map(at),
            next_at: None,
            interval: Some(Duration::from_secs(60)),
        };
        let has_stopped =
            |last, states: &WatchStates, now| Round::of(rounds(last), states, Vec::new(), at(now)).has_stopped;
        assert!(!has_stopped(Some(1000), &states, 1210) && has_stopped(Some(1000), &states, 1211));
        assert!(!has_stopped(None, &states, 9999), "nothing was read yet");
        let off = WatchStates { suspended: 1, ..WatchStates::default() };
        assert!(!has_stopped(Some(1000), &off, 9999), "nothing is to be read");
        let round = Round::of(rounds(Some(1000)), &states, Vec::new(), at(1001));
        assert_eq!((round.fresh, round.expected), (7, 7));
    }
}
