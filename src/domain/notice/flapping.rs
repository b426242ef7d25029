//! Whether a Finding flaps: it was opened for the third time within an hour, and has not kept a phase for a while since.

use crate::api::conditions::{REASON_ACKNOWLEDGED, REASON_ACKNOWLEDGEMENT_REMOVED};
use crate::api::{Phase, Transition};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// This many openings within [`WITHIN`] make a Finding flap.
pub const OPENINGS: usize = 3;
pub const WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// It flaps until it was open, or resolved, for this long.
pub const STABLE_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// A Finding that flaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flapping {
    /// The opening with which it began.
    pub since: Timestamp,
    /// When it ends, unless the phase changes before.
    pub until: Timestamp,
    /// A person acknowledged an occurrence of it, which holds for the following ones.
    pub is_acknowledged: bool,
}

/// Reads the changes of phase, oldest first; `None` where it does not flap at `now`.
pub fn flapping(transitions: &[Transition], now: Timestamp) -> Option<Flapping> {
    let mut openings: VecDeque<Timestamp> = VecDeque::new();
    let mut since: Option<Timestamp> = None;
    let mut last_change: Option<Timestamp> = None;
    let mut is_acknowledged = false;
    for transition in transitions {
        let at = transition.at.0;
        match (transition.to, transition.reason.as_str()) {
            (_, REASON_ACKNOWLEDGED) => is_acknowledged = true,
            (_, REASON_ACKNOWLEDGEMENT_REMOVED) => is_acknowledged = false,
            (to, _) => {
                if last_change.is_some_and(|last| at.duration_since(last) >= STABLE_AFTER) {
                    since = None;
                }
                last_change = Some(at);
                if to != Phase::Resolved {
                    openings.push_back(at);
                    if openings.len() > OPENINGS {
                        openings.pop_front();
                    }
                    let is_third = openings.len() == OPENINGS
                        && openings.front().is_some_and(|first| at.duration_since(*first) <= WITHIN);
                    if is_third && since.is_none() {
                        since = Some(at);
                    }
                    is_acknowledged &= since.is_some();
                }
            }
        }
    }
    let until = last_change?.checked_add(STABLE_AFTER).unwrap_or(Timestamp::MAX);
    since.filter(|_| now < until).map(|since| Flapping { since, until, is_acknowledged })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::conditions::{REASON_OPENED, REASON_RECOVERED, REASON_REOPENED};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    /// `o` opens, `r` resolves, `a` acknowledges, `u` takes that back; each with its minute.
    fn history(changes: &[(char, i64)]) -> Vec<Transition> {
        let one = |(what, minute): &(char, i64)| {
            let (to, reason) = match what {
                'o' if *minute == 0 => (Phase::Open, REASON_OPENED),
                'o' => (Phase::Open, REASON_REOPENED),
                'r' => (Phase::Resolved, REASON_RECOVERED),
                'a' => (Phase::Acknowledged, REASON_ACKNOWLEDGED),
                _ => (Phase::Open, REASON_ACKNOWLEDGEMENT_REMOVED),
            };
            Transition { at: Time(at(*minute)), from: None, to, reason: reason.into(), message: String::new() }
        };
        changes.iter().map(one).collect()
    }

    #[test]
    fn the_third_opening_within_an_hour_begins_it_and_a_kept_phase_ends_it() {
        let three = [('o', 0), ('r', 5), ('o', 10), ('r', 15), ('o', 20)];
        let of = |changes: &[(char, i64)], now| flapping(&history(changes), at(now)).map(|f| (f.since, f.until));
        assert_eq!(of(&three[..4], 16), None, "two openings");
        assert_eq!(of(&three, 20), Some((at(20), at(35))));
        assert_eq!(of(&three, 34), Some((at(20), at(35))));
        assert_eq!(of(&three, 35), None, "it stayed open for 15 minutes");
        let resolved = [&three[..], &[('r', 30)]].concat();
        assert_eq!(of(&resolved, 44), Some((at(20), at(45))), "each change begins the time anew");
        assert_eq!(of(&resolved, 45), None);
        let fourth = [&resolved[..], &[('o', 44)]].concat();
        assert_eq!(of(&fourth, 50), Some((at(20), at(59))), "it went on");
        let again = [&resolved[..], &[('o', 50)]].concat();
        assert_eq!(
            of(&again, 50),
            Some((at(50), at(65))),
            "it had ended, and this is the third opening within an hour again"
        );
        let slow = [('o', 0), ('r', 5), ('o', 10), ('r', 15), ('o', 61)];
        assert_eq!(of(&slow, 61), None, "not within an hour");
        assert_eq!(of(&[('o', 0), ('r', 5), ('o', 10), ('r', 15), ('o', 60)], 60), Some((at(60), at(75))));
        assert_eq!(flapping(&[], at(0)), None);
    }

    #[test]
    fn an_acknowledgement_holds_for_later_occurrences_of_the_same_flapping() {
        let of = |changes: &[(char, i64)]| {
            let now = changes.last().unwrap().1;
            flapping(&history(changes), at(now)).map(|f| f.is_acknowledged)
        };
        let base = [('o', 0), ('r', 5), ('o', 10), ('r', 15), ('o', 20)];
        assert_eq!(of(&base), Some(false));
        let acknowledged = [&base[..], &[('a', 21), ('r', 22), ('o', 23)]].concat();
        assert_eq!(of(&acknowledged), Some(true));
        let taken_back = [&base[..], &[('a', 21), ('u', 22), ('r', 23), ('o', 24)]].concat();
        assert_eq!(of(&taken_back), Some(false));
        let before = [('o', 0), ('a', 1), ('r', 5), ('o', 10), ('r', 15), ('o', 20)];
        assert_eq!(of(&before), Some(false), "of an occurrence before it flapped, and another came between");
        let just_before = [('o', 0), ('r', 5), ('o', 10), ('a', 11), ('r', 15), ('o', 20)];
        assert_eq!(of(&just_before), Some(true), "of the occurrence before the third");
    }
}
