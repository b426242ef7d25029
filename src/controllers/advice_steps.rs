//! How far advice on Findings is that the local model gives, for those who wait for it.

use crate::api::AnswerPhase;
use crate::domain::advice::questions::Step;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// What waits for the model, and what it is at, by the names of Findings. Clones share it. Only the replica that leads knows.
#[derive(Clone, Debug, Default)]
pub struct AdviceSteps(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Places in the queue, from 1.
    queued: HashMap<String, u32>,
    running: Option<(String, AnswerPhase)>,
}

/// Nothing is under way any more when it is dropped, however the work ended.
pub(super) struct Running<'a>(&'a AdviceSteps);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.0.write().unwrap_or_else(PoisonError::into_inner).running = None;
    }
}

impl AdviceSteps {
    /// Tells the places of Findings in the queue, from 1.
    pub(super) fn queued(&self, places: HashMap<String, u32>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).queued = places;
    }

    /// Tells what is done for a Finding; until the guard is dropped.
    pub(super) fn begin(&self, finding: &str) -> Running<'_> {
        self.is_at(finding, AnswerPhase::Loading);
        Running(self)
    }

    /// Tells what is done for a Finding.
    pub(super) fn is_at(&self, finding: &str, phase: AnswerPhase) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).running = Some((finding.to_string(), phase));
    }

    /// This replica does not lead any more.
    pub(super) fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }

    /// How far the advice on a Finding is; `None` where the model is not to give any, or it is not known here.
    pub fn of(&self, finding: &str) -> Option<Step> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match &known.running {
            Some((name, phase)) if name == finding => Some(Step { phase: *phase, position: None }),
            _ => {
                let place = known.queued.get(finding)?;
                Some(Step { phase: AnswerPhase::Queued, position: Some(*place) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_goes_before_a_place_and_ends_with_its_guard() {
        let steps = AdviceSteps::default();
        steps.queued(HashMap::from([("f".to_string(), 2)]));
        let phase = |name| steps.of(name).map(|step| (step.phase, step.position));
        assert_eq!((phase("f"), phase("g")), (Some((AnswerPhase::Queued, Some(2))), None));
        let running = steps.begin("f");
        assert_eq!(phase("f"), Some((AnswerPhase::Loading, None)));
        steps.is_at("f", AnswerPhase::Writing);
        assert_eq!(phase("f"), Some((AnswerPhase::Writing, None)));
        drop(running);
        assert_eq!(phase("f"), Some((AnswerPhase::Queued, Some(2))));
        steps.clear();
        assert_eq!(phase("f"), None);
    }
}
