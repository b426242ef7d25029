//! What of a stored status can be read, where all of it cannot.
//!
//! The schema keeps most of it out, but not all: of times it checks only the form, and people may loosen it, restore an object of
//! another version or repair a store by hand.

use crate::api::{FindingStatus, Phase};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A status, and the fields that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Salvaged {
    /// The fields that could be read. A phase that could not is that of the times.
    pub status: FindingStatus,
    /// The other fields as they are stored. Where the status is no object: none, and nothing of it could be read.
    pub lost: Map<String, Value>,
}

/// Reads field by field. Fields that this version does not know are neither read nor lost.
pub fn finding_status(stored: &Value) -> Salvaged {
    let Value::Object(fields) = stored else {
        return Salvaged { status: FindingStatus::default(), lost: Map::new() };
    };
    let lost = lost::<FindingStatus>(fields);
    let good = fields.clone().into_iter().filter(|(name, _)| !lost.contains_key(name)).collect();
    let mut status: FindingStatus = serde_json::from_value(Value::Object(good)).unwrap_or_default();
    if lost.contains_key("phase") {
        status.phase = phase_of(&status);
    }
    Salvaged { status, lost }
}

/// The fields of a stored status that cannot be read as one. Every field of a status is optional, so that an object with one of them is
/// a status.
pub fn lost<T: DeserializeOwned>(stored: &Map<String, Value>) -> Map<String, Value> {
    let is_lost = |name: &String, value: &Value| {
        let one = Map::from_iter([(name.clone(), value.clone())]);
        serde_json::from_value::<T>(Value::Object(one)).is_err()
    };
    stored.iter().filter(|(name, value)| is_lost(name, value)).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// The phase that the rest of a status tells; `None` where it was never opened.
fn phase_of(status: &FindingStatus) -> Option<Phase> {
    match status {
        FindingStatus { resolved_at: Some(_), .. } => Some(Phase::Resolved),
        FindingStatus { opened_at: None, .. } => None,
        FindingStatus { acknowledgement: Some(_), .. } => Some(Phase::Acknowledged),
        _ => Some(Phase::Open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const AT: &str = "2026-01-01T00:00:00Z";

    fn salvaged(stored: Value) -> (Value, Vec<String>) {
        let Salvaged { status, lost } = finding_status(&stored);
        (serde_json::to_value(status).unwrap(), lost.keys().cloned().collect())
    }

    #[test]
    fn what_can_be_read_is_kept() {
        let whole = json!({"phase": "Open", "severity": "high", "openedAt": AT, "occurrences": 3});
        assert_eq!(salvaged(whole.clone()), (whole.clone(), vec![]));
        for (field, garbage) in [
            ("severity", json!("urgent")),
            ("occurrences", json!(-1)),
            ("title", json!({"a": 1})),
            ("acknowledgement", json!({"by": "ana"})),
            ("transitions", json!([{"at": "2026-01-01T00:00:00+99:99", "to": "Open", "reason": "Opened"}])),
            ("conditions", json!("none")),
        ] {
            let (mut stored, mut kept) = (whole.clone(), whole.clone());
            stored[field] = garbage;
            kept.as_object_mut().unwrap().remove(field);
            assert_eq!(salvaged(stored), (kept, vec![field.to_string()]));
        }
    }

    #[test]
    fn a_phase_that_cannot_be_read_is_that_of_the_times() {
        let ack = json!({"by": "ana", "at": AT, "occurrence": 1});
        for (rest, phase) in [
            (json!({}), None),
            (json!({"openedAt": AT}), Some("Open")),
            (json!({"openedAt": AT, "acknowledgement": ack}), Some("Acknowledged")),
            (json!({"openedAt": AT, "acknowledgement": ack, "resolvedAt": AT}), Some("Resolved")),
        ] {
            let mut stored = rest.clone();
            stored["phase"] = "Silenced".into();
            let (status, lost) = salvaged(stored);
            assert_eq!((status["phase"].as_str(), lost), (phase, vec!["phase".to_string()]), "{rest}");
        }
        assert_eq!(salvaged(json!({"openedAt": AT})).0["phase"], Value::Null, "one without a phase has none");
    }

    #[test]
    fn fields_that_a_later_version_added_are_not_lost() {
        assert_eq!(salvaged(json!({"phase": "Open", "informants": [1]})), (json!({"phase": "Open"}), vec![]));
    }

    #[test]
    fn a_status_that_is_no_object_is_none() {
        for stored in [json!("x"), json!([]), json!(1)] {
            assert_eq!(salvaged(stored), (json!({}), vec![]));
        }
    }
}
