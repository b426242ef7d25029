//! Which openings and resolutions are told.
//!
//! All of them, except while the Finding flaps ([`crate::domain::notice::flapping`]): of those only the opening with which it begins,
//! and the last change, once the Finding has kept its phase. So a Finding that flaps for days adds two Messages.

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
    let begins_flapping = known.is_cut && first_run_flaps(changes);
    let mut walk = Walk { flaps: begins_flapping, ..Walk::default() };
    for change in changes {
        walk.pass(change);
    }
    let Walk { mut tell, held, last, opening, .. } = walk;
    // What is older than what was told was left out, or removed by hand.
    let is_new = |change: &Transition| known.last_told.is_none_or(|told| change.at.0 >= told.at);
    tell.retain(|change| is_new(change));
    let mut wake = None;
    let is_told =
        |change: &Transition| known.last_told == Some(ToldPhase { at: change.at.0, is_opening: is_opening(change) });
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
        if is_stable && tell.last() != Some(&held) {
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
