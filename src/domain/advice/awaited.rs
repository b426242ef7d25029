//! Whether advice on a Finding is still to come, as the Finding itself says. Every replica can tell.

use super::due::{BUDGET_SPENT, Request};
use crate::api::{FindingStatus, Tier};
use crate::domain::model::ModelFault;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Advice that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Since when.
    pub since: Timestamp,
    /// Whether a person asked for it.
    pub is_requested: bool,
}

/// The advice that is to come on a Finding: that which a person asked for, and that of the model which takes the place of the section of
/// the runbook. Advice that waits for the budget alone is none of it, unless a person asked.
pub fn awaited(status: &FindingStatus, annotations: Option<&BTreeMap<String, String>>) -> Option<Awaited> {
    if !status.is_active() {
        return None;
    }
    let opened = status.opened_at.as_ref().map_or(Timestamp::MIN, |at| at.0);
    let request = Request::of(annotations).filter(|request| request.at >= opened);
    let stored = status.advice.as_ref();
    let answered = stored.and_then(|stored| stored.requested_at.as_deref()?.parse::<Timestamp>().ok());
    if let Some(request) = &request
        && answered.is_none_or(|answered| answered < request.at)
    {
        return Some(Awaited { since: request.at, is_requested: true });
    }
    let stored = stored.filter(|stored| stored.tier == Tier::T0 && stored.basis.model.is_none())?;
    let is_requested = request.is_some();
    let is_to_come = match stored.reason.as_deref() {
        None => true,
        Some(BUDGET_SPENT) => is_requested,
        // The model is asked once the server can be.
        Some(reason) => is_of_server(reason),
    };
    is_to_come.then(|| Awaited { since: request.map_or(stored.at.0, |request| request.at), is_requested })
}

fn is_of_server(reason: &str) -> bool {
    let faults = [ModelFault::Away { error: String::new() }, ModelFault::Missing { model: String::new() }];
    faults.iter().any(|fault| fault.reason() == reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ADVICE_REQUESTED_AT;
    use serde_json::{Value, json};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn of(advice: Value, requested: Option<&str>) -> Option<Awaited> {
        let mut stored = json!({"tier": "T0", "text": "t", "grounded": true, "at": "2026-01-02T03:04:07Z", "stale": false,
            "citations": [], "basis": {"evidence": "e", "runbooks": "r", "prompt": 1}});
        json_patch::merge(&mut stored, &advice);
        let stored = (!advice.is_null()).then_some(stored);
        let status = json!({"phase": "Open", "openedAt": "2026-01-02T03:04:05Z", "advice": stored});
        let annotations = requested.map(|at| BTreeMap::from([(ADVICE_REQUESTED_AT.to_string(), at.to_string())]));
        awaited(&serde_json::from_value(status).unwrap(), annotations.as_ref())
    }

    #[test]
    fn advice_is_awaited_until_the_model_answered_or_will_not() {
        let own = Some(Awaited { since: at("2026-01-02T03:04:07Z"), is_requested: false });
        assert_eq!(of(json!({}), None), own);
        for (reason, expected) in [
            ("ModelAway", own),
            ("ModelMissing", own),
            ("BudgetSpent", None),
            ("ModelOff", None),
            ("ModelTooSlow", None),
            ("AnswerNotGrounded", None),
        ] {
            assert_eq!(of(json!({"reason": reason}), None), expected, "{reason}");
        }
        let model = json!({"name": "m", "digest": "d", "seconds": 3});
        for told in [json!({"tier": "T1"}), json!({"basis": {"model": model}}), json!(null)] {
            assert_eq!(of(told.clone(), None), None, "{told}");
        }
    }

    #[test]
    fn a_request_is_awaited_until_there_is_advice_for_it() {
        let asked = "2026-01-02T03:10:00Z";
        let awaits = Some(Awaited { since: at(asked), is_requested: true });
        assert_eq!(of(json!(null), Some(asked)), awaits);
        assert_eq!(of(json!({"tier": "T1", "requestedAt": "2026-01-02T03:09:00Z"}), Some(asked)), awaits);
        assert_eq!(of(json!({"tier": "T1", "requestedAt": asked}), Some(asked)), None);
        // What it was told instead is not the end where the model can be asked later.
        assert_eq!(of(json!({"reason": "ModelAway", "requestedAt": asked}), Some(asked)), awaits);
        assert_eq!(of(json!({"reason": "ModelTooSlow", "requestedAt": asked}), Some(asked)), None);
        // Of an earlier occurrence.
        assert_eq!(of(json!({"tier": "T1"}), Some("2026-01-02T03:00:00Z")), None);
    }
}
