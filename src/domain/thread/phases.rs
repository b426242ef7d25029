//! Which openings and resolutions are told.
//!
//! All of them, except while the Finding flaps ([`crate::domain::notice::flapping`]): of those only the opening with which it begins,
//! and the last change, once the Finding has kept its phase; and an opening after a person acknowledged the one before, which nobody
//! would be asked about else. So a Finding that flaps for days adds two Messages, and one for each acknowledgement.

use super::told::ToldPhase;
use crate::api::{Phase, Transition};
use crate::domain::notice::flapping::{OPENINGS, STABLE_AFTER, WITHIN};
use jiff::Timestamp;
use std::collections::VecDeque;

/// What is to be told of the changes of phase, oldest first, and when something else is if nothing changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected<'a> {
    pub tell: Vec<&'a Transition>,
    pub wake: Option<Timestamp>,
}

/// What is known besides the changes.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Earlier changes are no longer kept.
    pub is_cut: bool,
    pub last_told: Option<ToldPhase>,
    /// The Finding goes on in another Thread: nothing is waited for.
    pub is_over: bool,
    /// The Finding is open and grave, and nothing in its Thread awaits acknowledgement.
    pub is_unasked: bool,
    pub now: Timestamp,
}

/// Whether a transition is an opening or a resolution.
pub fn is_change(transition: &Transition) -> bool {
    use crate::api::conditions::{REASON_ACKNOWLEDGED, REASON_ACKNOWLEDGEMENT_REMOVED};
    ![REASON_ACKNOWLEDGED, REASON_ACKNOWLEDGEMENT_REMOVED].contains(&transition.reason.as_str())
}

/// Whether a transition is an opening.
pub fn is_opening(transition: &Transition) -> bool {
    is_change(transition) && transition.to != Phase::Resolved
}

/// Selects from the openings and resolutions of one Thread, oldest first.
pub fn select<'a>(changes: &[&'a Transition], known: &Known) -> Selected<'a> {
    let is_told =
        |change: &Transition| known.last_told == Some(ToldPhase { at: change.at.0, is_opening: is_opening(change) });
    let begins_flapping = known.is_cut && first_run_flaps(changes);
    let mut walk = Walk { flaps: begins_flapping, ..Walk::default() };
    for (number, change) in changes.iter().enumerate() {
        walk.pass(change);
        // The openings before it that made it flap are no longer kept: what followed was not told.
        let may_have_begun = known.is_cut && walk.openings.len() < OPENINGS && is_told(change) && is_opening(change);
        walk.flaps |= may_have_begun && first_run_flaps(changes.get(number..).unwrap_or_default());
    }
    let Walk { mut tell, held, last, opening, .. } = walk;
    // What is older than what was told was left out, or removed by hand.
    let is_new = |change: &Transition| known.last_told.is_none_or(|told| change.at.0 >= told.at);
    tell.retain(|change| is_new(change));
    let mut wake = None;
    if let Some(held) = held.filter(|held| is_new(held) && !is_told(held)) {
        let is_told_open = match tell.last() {
            Some(last) => is_opening(last),
            None => known.last_told.is_some_and(|told| told.is_opening),
        };
        let stable_at = last.and_then(|last| last.checked_add(STABLE_AFTER).ok()).unwrap_or(Timestamp::MAX);
        let is_stable = known.is_over || known.now >= stable_at;
        // Where nothing says that it is open, or was, that is told at once.
        let is_first = |opening: &&Transition| is_new(opening) && (is_stable || is_opening(held));
        tell.extend(opening.filter(|opening| !is_told_open && is_first(opening)));
        let is_asking = tell.iter().any(|change| is_opening(change) && !is_told(change));
        let is_asked_now = known.is_unasked && is_opening(held) && !is_asking;
        if (is_stable || is_asked_now) && tell.last() != Some(&held) {
            tell.push(held);
        }
        wake = Some(stable_at).filter(|_| !is_stable);
    }
    Selected { tell, wake }
}

/// Whether the changes up to the first that was kept for a while make the Finding flap.
fn first_run_flaps(changes: &[&Transition]) -> bool {
    let mut walk = Walk::default();
    let mut last: Option<Timestamp> = None;
    for change in changes {
        let at = change.at.0;
        if last.is_some_and(|last| at.duration_since(last) >= STABLE_AFTER) {
            return false;
        }
        last = Some(at);
        walk.pass(change);
        if walk.flaps {
            return true;
        }
    }
    false
}

#[derive(Default)]
struct Walk<'a> {
    tell: Vec<&'a Transition>,
    /// The last change while it flaps, which is told at the end.
    held: Option<&'a Transition>,
    /// The last opening.
    opening: Option<&'a Transition>,
    openings: VecDeque<Timestamp>,
    last: Option<Timestamp>,
    flaps: bool,
}

impl<'a> Walk<'a> {
    fn pass(&mut self, change: &'a Transition) {
        let at = change.at.0;
        if self.last.is_some_and(|last| at.duration_since(last) >= STABLE_AFTER) {
            self.flaps = false;
            self.tell.extend(self.held.take());
        }
        self.last = Some(at);
        let was_flapping = self.flaps;
        if is_opening(change) {
            self.opening = Some(change);
            self.openings.push_back(at);
            if self.openings.len() > OPENINGS {
                self.openings.pop_front();
            }
            let first = self.openings.front().filter(|_| self.openings.len() == OPENINGS);
            self.flaps |= first.is_some_and(|first| at.duration_since(*first) <= WITHIN);
        }
        if was_flapping {
            self.held = Some(change);
        } else {
            self.tell.push(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Openings and resolutions in turn, at these times.
    fn history(times: &[i64]) -> Vec<Transition> {
        let one = |(number, second): (usize, &i64)| {
            let (to, reason) = match number {
                0 => (Phase::Open, "Opened"),
                _ if number % 2 == 0 => (Phase::Open, "Reopened"),
                _ => (Phase::Resolved, "Recovered"),
            };
            Transition { at: Time(at(*second)), from: None, to, reason: reason.into(), message: String::new() }
        };
        times.iter().enumerate().map(one).collect()
    }

    /// What is told of changes at these times by a controller that looks at each second at which something changes, and when the last
    /// was kept for a while. The Finding keeps the last 20 changes.
    fn told(times: &[i64]) -> Vec<i64> {
        let all = history(times);
        let mut told: Vec<&Transition> = Vec::new();
        for count in 1..=all.len() {
            let kept = &all[count.saturating_sub(20)..count];
            let changes: Vec<&Transition> = kept.iter().collect();
            let next = all.get(count).map_or(Timestamp::MAX, |next| next.at.0);
            let stable = all[count - 1].at.0.checked_add(STABLE_AFTER).unwrap();
            for now in [all[count - 1].at.0, stable].into_iter().filter(|now| *now < next) {
                let last_told = told.last().map(|last| ToldPhase { at: last.at.0, is_opening: is_opening(last) });
                let known = Known { is_cut: kept.len() == 20, last_told, is_over: false, is_unasked: false, now };
                for change in select(&changes, &known).tell {
                    if !told.iter().any(|other| std::ptr::eq(*other, change)) {
                        told.push(change);
                    }
                }
            }
        }
        told.iter().map(|change| change.at.0.as_second()).collect()
    }

    #[test]
    fn all_changes_are_told_unless_the_finding_flaps() {
        assert_eq!(told(&[0, 60, 120, 4000, 9000]), [0, 60, 120, 4000, 9000]);
        assert_eq!(told(&[0, 60, 120, 180]), [0, 60, 120, 180], "two openings");
        assert_eq!(told(&[0, 60, 120, 180, 240, 300, 360]), [0, 60, 120, 180, 240, 360], "the third, and the last");
        assert_eq!(told(&[0, 60, 120, 180, 240, 300, 360, 2000]), [0, 60, 120, 180, 240, 360, 2000], "it was over");
    }

    #[test]
    fn a_finding_that_flaps_for_days_adds_two_messages() {
        for pause in [1, 60, 300, 890] {
            let mut times: Vec<i64> = (0..200).map(|number| number * pause).collect();
            assert_eq!(told(&times), [0, pause, 2 * pause, 3 * pause, 4 * pause, 199 * pause], "{pause}");
            // The run before it is still among what is kept.
            times = (0..201).map(|number| if number == 0 { 0 } else { 1000 + number * pause }).collect();
            assert!(told(&times).len() <= 8, "{pause}: {:?}", told(&times));
        }
    }

    #[test]
    fn an_opening_after_an_acknowledgement_is_told_while_it_flaps() {
        let all = history(&[0, 60, 120, 180, 240, 300, 360]);
        let of = |count: usize, last_told: i64, is_unasked| {
            let changes: Vec<&Transition> = all[..count].iter().collect();
            let last_told = Some(ToldPhase { at: at(last_told), is_opening: true });
            let known = Known { is_cut: false, last_told, is_over: false, is_unasked, now: at(361) };
            select(&changes, &known).tell.iter().map(|change| change.at.0.as_second()).collect::<Vec<_>>()
        };
        // What was told in this second is found again by its name.
        assert_eq!(of(7, 240, false), [240], "it was told to be open, and is in the inbox");
        assert_eq!(of(7, 240, true), [240, 360], "that was acknowledged");
        assert_eq!(of(7, 360, true), [0; 0], "it was told");
        assert_eq!(of(6, 240, true), [240], "it is resolved");
    }

    #[test]
    fn after_an_outage_what_is_open_is_told_at_once_and_the_rest_in_short() {
        let all = history(&(0..21).map(|number| number * 60).collect::<Vec<_>>());
        let changes: Vec<&Transition> = all[1..].iter().collect();
        let of = |last_told, now| {
            let known = Known { is_cut: true, last_told, is_over: false, is_unasked: false, now: at(now) };
            select(&changes, &known).tell.iter().map(|change| change.at.0.as_second()).collect::<Vec<_>>()
        };
        assert_eq!(of(None, 1201), [1200]);
        assert_eq!(of(Some(ToldPhase { at: at(0), is_opening: true }), 1201), [0; 0], "it was told to be open");
        assert_eq!(of(Some(ToldPhase { at: at(0), is_opening: true }), 1200 + 900), [1200]);
    }
}
