//! Turns of the evaluations that keep a thread busy. Scenarios that are costly to evaluate wait for each other, not others for them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// Evaluations at once: each keeps a thread busy.
const EVALUATIONS_MAX: usize = 2;
/// Of these, evaluations of Scenarios that took many steps last time, or are not known yet.
const COSTLY_MAX: usize = 1;
/// Steps of an evaluation that is not costly: about 20 ms.
const QUICK_STEPS: usize = 400_000;
/// Names that are remembered; beyond them all are forgotten, and known again after one evaluation.
const NAMES_MAX: usize = 20_000;

/// Who may evaluate, and which Scenarios were quick.
pub struct Evaluations {
    all: Arc<Semaphore>,
    costly: Arc<Semaphore>,
    /// Names of Scenarios whose last evaluation was quick.
    quick: Mutex<HashSet<String>>,
}

/// The right to evaluate; it ends when it is dropped.
pub struct Turn {
    _costly: Option<OwnedSemaphorePermit>,
    _all: OwnedSemaphorePermit,
}

impl Evaluations {
    pub fn new() -> Evaluations {
        Evaluations {
            all: Arc::new(Semaphore::new(EVALUATIONS_MAX)),
            costly: Arc::new(Semaphore::new(COSTLY_MAX)),
            quick: Mutex::default(),
        }
    }

    /// Waits until this Scenario may be evaluated; an error where the program stops.
    pub async fn turn(&self, scenario: &str) -> Result<Turn, AcquireError> {
        let is_quick = self.quick.lock().unwrap_or_else(PoisonError::into_inner).contains(scenario);
        let costly = if is_quick { None } else { Some(self.costly.clone().acquire_owned().await?) };
        Ok(Turn { _costly: costly, _all: self.all.clone().acquire_owned().await? })
    }

    /// An evaluation of this Scenario took so many steps.
    pub fn finished(&self, scenario: &str, steps: usize) {
        let mut quick = self.quick.lock().unwrap_or_else(PoisonError::into_inner);
        if steps > QUICK_STEPS {
            quick.remove(scenario);
            return;
        }
        if quick.len() >= NAMES_MAX {
            quick.clear();
        }
        quick.insert(scenario.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn costly_scenarios_wait_for_each_other_only() {
        let evaluations = Evaluations::new();
        evaluations.finished("quick", QUICK_STEPS);
        evaluations.finished("costly", QUICK_STEPS + 1);
        let now = |scenario| evaluations.turn(scenario).now_or_never().map(Result::unwrap);
        let first = now("costly").unwrap();
        assert!(now("costly").is_none());
        assert!(now("unknown").is_none());
        let second = now("quick").unwrap();
        assert!(now("quick").is_none(), "two at once");
        drop(second);
        drop(first);
        assert!(now("unknown").is_some());
    }

    #[test]
    fn a_scenario_is_as_costly_as_its_last_evaluation() {
        let evaluations = Evaluations::new();
        let _costly = evaluations.turn("costly").now_or_never().unwrap();
        let is_quick = |scenario| evaluations.turn(scenario).now_or_never().is_some();
        assert!(!is_quick("a"));
        evaluations.finished("a", 1);
        assert!(is_quick("a"));
        evaluations.finished("a", QUICK_STEPS + 1);
        assert!(!is_quick("a"));
    }

    #[test]
    fn names_are_bounded() {
        let evaluations = Evaluations::new();
        for i in 0..2 * NAMES_MAX + 1 {
            evaluations.finished(&i.to_string(), 1);
        }
        assert_eq!(evaluations.quick.lock().unwrap().len(), 1);
    }
}
