//! Turns of the evaluations that keep a thread busy. Scenarios that are costly to evaluate wait for each other, not others for them.
//!
//! What an evaluation costs is known once it was made. So the turn of a Scenario that does not count as costly is short: what takes
//! longer is ended, and evaluated anew when it is its turn among the costly ones.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Steps of an evaluation that is not costly: about 20 ms.
const QUICK_STEPS: usize = 400_000;
/// Steps of the first evaluation of a Scenario, before it counts as costly: about 2 ms, since after a start all wait for theirs.
const FIRST_STEPS: usize = 40_000;
/// Names that are remembered; beyond them all are forgotten, and known again after one evaluation.
const NAMES_MAX: usize = 20_000;

/// What the last evaluation of a Scenario cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cost {
    Quick,
    /// It has not been evaluated yet. It may use any turn, once; turns of known Scenarios are not kept from them by it.
    Unknown,
    Costly,
}

impl Cost {
    const ALL: [Cost; 3] = [Cost::Quick, Cost::Unknown, Cost::Costly];
}

/// Who may evaluate, and what Scenarios cost. Clones share it.
#[derive(Clone)]
pub struct Evaluations {
    state: Arc<Mutex<State>>,
}

struct State {
    most: usize,
    known: HashMap<String, Cost>,
    groups: [Group; 3],
    tickets: u64,
}

/// The Scenarios of one cost.
#[derive(Default)]
struct Group {
    running: usize,
    waiting: VecDeque<(u64, oneshot::Sender<Turn>)>,
}

/// The right to evaluate; it ends when it is dropped.
pub struct Turn {
    evaluations: Evaluations,
    counted_as: Cost,
}

impl Turn {
    /// The steps after which an evaluation that can be made anew is ended; `None`: none of this turn is.
    pub fn steps(&self) -> Option<usize> {
        match self.counted_as {
            Cost::Quick => Some(QUICK_STEPS),
            Cost::Unknown => Some(FIRST_STEPS),
            Cost::Costly => None,
        }
    }
}

impl Evaluations {
    /// At most so many evaluations at once; at most half of them of Scenarios that were costly the last time.
    pub fn new(most: usize) -> Evaluations {
        let state = State { most: most.max(1), known: HashMap::new(), groups: Default::default(), tickets: 0 };
        Evaluations { state: Arc::new(Mutex::new(state)) }
    }

    /// Waits until this Scenario may be evaluated. `is_repeatable`: its evaluation can be ended and made anew; one that can't
    /// counts as costly until it was made once.
    pub async fn turn(&self, scenario: &str, is_repeatable: bool) -> Turn {
        let (sender, receiver) = oneshot::channel();
        let first = if is_repeatable { Cost::Unknown } else { Cost::Costly };
        let cost = {
            let mut state = self.lock();
            let cost = state.known.get(scenario).copied().unwrap_or(first);
            state.tickets += 1;
            let ticket = state.tickets;
            // Those that were cancelled.
            state.group(cost).waiting.retain(|(_, waiting)| !waiting.is_closed());
            state.group(cost).waiting.push_back((ticket, sender));
            cost
        };
        self.start_ready();
        // The sender is kept until the turn, so that there is no error.
        receiver.await.unwrap_or_else(|_| Turn { evaluations: self.clone(), counted_as: cost })
    }

    /// An evaluation of this Scenario took so many steps.
    pub fn finished(&self, scenario: &str, steps: usize) {
        self.set(scenario, if steps > QUICK_STEPS { Cost::Costly } else { Cost::Quick });
    }

    /// An evaluation of this Scenario was ended, since its turn was too short.
    pub fn ended(&self, scenario: &str) {
        self.set(scenario, Cost::Costly);
    }

    fn set(&self, scenario: &str, cost: Cost) {
        let known = &mut self.lock().known;
        if known.len() >= NAMES_MAX && !known.contains_key(scenario) {
            known.clear();
        }
        known.insert(scenario.to_string(), cost);
    }

    /// Gives the turns that are free.
    fn start_ready(&self) {
        loop {
            let Some((counted_as, waiter)) = self.lock().start_next() else { return };
            // Where its receiver was dropped, the turn ends here. The lock is free, since the end of a turn takes it.
            drop(waiter.send(Turn { evaluations: self.clone(), counted_as }));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn start_next(&mut self) -> Option<(Cost, oneshot::Sender<Turn>)> {
        let cost = self.next()?;
        let group = self.group(cost);
        let (_, waiter) = group.waiting.pop_front()?;
        group.running += 1;
        Some((cost, waiter))
    }

    /// Whose turn it is. Of all turns but one, quick Scenarios have the first choice; the one goes to the Scenario that waits longest, so that
    /// the others have a turn, too.
    fn next(&self) -> Option<Cost> {
        let running = |cost: Cost| self.groups[cost as usize].running;
        if Cost::ALL.into_iter().map(running).sum::<usize>() >= self.most {
            return None;
        }
        let ticket = |cost: Cost| self.groups[cost as usize].waiting.front().map(|(ticket, _)| *ticket);
        let may_start = |cost: &Cost| *cost != Cost::Costly || running(Cost::Costly) < (self.most / 2).max(1);
        let have_their_turn = running(Cost::Unknown) + running(Cost::Costly) > 0;
        if have_their_turn && ticket(Cost::Quick).is_some() {
            return Some(Cost::Quick);
        }
        let waiting = Cost::ALL.into_iter().filter(may_start).filter_map(|cost| Some((ticket(cost)?, cost)));
        waiting.min_by_key(|(ticket, _)| *ticket).map(|(_, cost)| cost)
    }

    fn group(&mut self, cost: Cost) -> &mut Group {
        &mut self.groups[cost as usize]
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.evaluations.lock();
        let group = state.group(self.counted_as);
        group.running = group.running.saturating_sub(1);
        drop(state);
        self.evaluations.start_ready();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use futures::future::BoxFuture;

    fn evaluations() -> Evaluations {
        let evaluations = Evaluations::new(2);
        evaluations.finished("quick", QUICK_STEPS);
        evaluations.finished("costly", QUICK_STEPS + 1);
        evaluations
    }

    /// A Scenario that waits, unless it has its turn at once.
    fn waits(evaluations: &Evaluations, scenario: &'static str) -> BoxFuture<'static, Turn> {
        let evaluations = evaluations.clone();
        let mut turn = async move { evaluations.turn(scenario, true).await }.boxed();
        assert!(turn.as_mut().now_or_never().is_none(), "{scenario} has its turn");
        turn
    }

    fn has_turn(evaluations: &Evaluations, scenario: &str) -> Turn {
        evaluations.turn(scenario, true).now_or_never().unwrap_or_else(|| panic!("{scenario} waits"))
    }

    #[test]
    fn costly_scenarios_wait_for_each_other_only() {
        let evaluations = evaluations();
        let costly = has_turn(&evaluations, "costly");
        let mut second = waits(&evaluations, "costly");
        let unknown = has_turn(&evaluations, "unknown");
        let _third = waits(&evaluations, "quick");
        drop((costly, unknown));
        assert!(second.as_mut().now_or_never().is_some());
    }

    #[test]
    fn scenarios_that_were_never_evaluated_use_any_turn() {
        let evaluations = Evaluations::new(2);
        let first = has_turn(&evaluations, "a");
        let _second = has_turn(&evaluations, "b");
        let mut third = waits(&evaluations, "c");
        evaluations.finished("a", QUICK_STEPS + 1);
        drop(first);
        assert!(third.as_mut().now_or_never().is_some());
    }

    #[test]
    fn of_one_turn_quick_scenarios_have_the_first_choice_and_of_the_other_who_waits_longest() {
        let evaluations = evaluations();
        let (first, second) = (has_turn(&evaluations, "a"), has_turn(&evaluations, "b"));
        let mut unknown: Vec<_> = ["c", "d", "e"].map(|name| waits(&evaluations, name)).into();
        let mut quick = waits(&evaluations, "quick");
        drop(first);
        let quick = quick.as_mut().now_or_never().expect("it does not wait for all that are unknown");
        let mut next = waits(&evaluations, "quick");
        drop(second);
        let turn = unknown[0].as_mut().now_or_never().expect("the others have a turn, too");
        assert!(next.as_mut().now_or_never().is_none());
        drop(quick);
        assert!(next.as_mut().now_or_never().is_some());
        drop(turn);
    }

    #[test]
    fn a_scenario_is_as_costly_as_its_last_evaluation() {
        let evaluations = evaluations();
        let _costly = has_turn(&evaluations, "costly");
        evaluations.finished("a", QUICK_STEPS + 1);
        let mut waiting = waits(&evaluations, "a");
        evaluations.finished("a", 1);
        drop(has_turn(&evaluations, "a"));
        assert!(waiting.as_mut().now_or_never().is_none(), "it counts as it did when it began to wait");
    }

    #[test]
    fn a_turn_is_short_until_the_scenario_counts_as_costly() {
        let evaluations = evaluations();
        assert_eq!(has_turn(&evaluations, "quick").steps(), Some(QUICK_STEPS));
        assert_eq!(has_turn(&evaluations, "costly").steps(), None);
        assert_eq!(has_turn(&evaluations, "new").steps(), Some(FIRST_STEPS));
        evaluations.ended("new");
        assert_eq!(has_turn(&evaluations, "new").steps(), None);
        let once = evaluations.turn("once", false).now_or_never().unwrap();
        assert_eq!(once.steps(), None);
        // It waits for the costly ones, and keeps the other turn from none.
        let _second = waits(&evaluations, "costly");
        drop(has_turn(&evaluations, "other"));
    }

    #[test]
    fn turns_of_cancelled_runs_pass_to_the_next() {
        let evaluations = evaluations();
        let (first, second) = (has_turn(&evaluations, "a"), has_turn(&evaluations, "b"));
        drop(waits(&evaluations, "quick"));
        let given = waits(&evaluations, "quick");
        let mut last = waits(&evaluations, "quick");
        drop(first);
        // It has its turn, and is cancelled before it learns of it.
        drop(given);
        assert!(last.as_mut().now_or_never().is_some());
        drop(second);
        let state = evaluations.lock();
        assert!(state.groups.iter().all(|group| group.running == 0 && group.waiting.is_empty()));
    }

    #[test]
    fn names_are_bounded() {
        let evaluations = Evaluations::new(2);
        for i in 0..2 * NAMES_MAX + 1 {
            evaluations.finished(&i.to_string(), 1);
        }
        assert_eq!(evaluations.lock().known.len(), 1);
    }
}
