//! Advice that is told besides the Thread.

use crate::api::{Advice, FindingStatus, Tier};
use crate::domain::thread::names::is_advice_in;

/// The checked answer of the model, where it holds and the present Thread tells it.
pub fn told_by_model(status: &FindingStatus) -> Option<&Advice> {
    let (advice, thread) = (status.advice.as_ref()?, status.thread.as_deref()?);
    let is_told = advice.message.as_deref().is_some_and(|message| is_advice_in(message, thread));
    (advice.tier == Tier::T1 && advice.grounded && !advice.stale && is_told).then_some(advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::thread::names::advice_name;
    use serde_json::{Value, json};

    #[test]
    fn only_grounded_advice_of_the_model_that_holds_and_is_in_the_thread_is_told() {
        let told = |change: Value| {
            let mut status = json!({"thread": "t", "advice": {"tier": "T1", "text": "x", "grounded": true,
                "at": "2026-01-01T00:00:00Z", "basis": {"evidence": "e", "runbooks": "r", "prompt": 1},
                "message": advice_name("t", &["a"])}});
            json_patch::merge(&mut status, &change);
            told_by_model(&serde_json::from_value(status).unwrap()).is_some()
        };
        assert!(told(json!({})));
        for change in [
            json!({"advice": null}),
            json!({"thread": null}),
            json!({"thread": "u"}),
            json!({"advice": {"message": null}}),
            json!({"advice": {"tier": "T0"}}),
            json!({"advice": {"grounded": false}}),
            json!({"advice": {"stale": true}}),
        ] {
            assert!(!told(change.clone()), "{change}");
        }
    }
}
