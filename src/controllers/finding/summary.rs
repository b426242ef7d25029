//! What the controllers need to know of one Finding.

use crate::api::{Finding, FindingStatus};
use crate::domain::desired::CheckKey;
use crate::runtime::version::Version;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::sync::Arc;

/// What is known of one Finding.
#[derive(Clone, Debug)]
pub struct FindingSummary {
    pub name: String,
    pub scenario: Arc<str>,
    pub at: CheckKey,
    pub version: Option<Version>,
    /// Whether it is in no phase, Open or Acknowledged: the operator has to see to it.
    pub is_unresolved: bool,
    /// Whether it is in phase Open or Acknowledged: it counts.
    pub is_active: bool,
    /// When the object was created; long ago where it does not say.
    pub created_at: Timestamp,
    /// When it was resolved; `None` where it is not.
    pub resolved_at: Option<Timestamp>,
}

impl FindingSummary {
    pub fn of(finding: &Finding) -> FindingSummary {
        let resolved_at = resolved_at(finding);
        FindingSummary {
            name: finding.name_any(),
            scenario: finding.spec.scenario.as_str().into(),
            at: (finding.spec.check.clone(), finding.spec.key.clone()),
            version: Version::of(finding),
            is_unresolved: resolved_at.is_none(),
            is_active: finding.status.as_ref().is_some_and(FindingStatus::is_active),
            created_at: finding.metadata.creation_timestamp.as_ref().map_or(Timestamp::MIN, |at| at.0),
            resolved_at,
        }
    }
}

/// When a Finding was resolved; `None` where it is not. Where it does not say when: since when it has its phase, or when it was created,
/// or long ago.
pub fn resolved_at(finding: &Finding) -> Option<Timestamp> {
    let status = finding.status.as_ref().filter(|status| !status.is_unresolved())?;
    let FindingStatus { resolved_at, since, .. } = status;
    let at = resolved_at.as_ref().or(since.as_ref()).or(finding.metadata.creation_timestamp.as_ref());
    Some(at.map_or(Timestamp::MIN, |at| at.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::{finding_name, finding_spec};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use serde_json::json;

    #[test]
    fn only_resolved_findings_have_a_time_of_resolution() {
        let at = |status: serde_json::Value| {
            let mut finding = Finding::new(&finding_name("shop", "vm", "1"), finding_spec("shop", "vm", "1"));
            finding.metadata.creation_timestamp = Some(Time("2026-01-01T00:00:00Z".parse().unwrap()));
            finding.status = serde_json::from_value(status).unwrap();
            FindingSummary::of(&finding).resolved_at.map(|at| at.to_string())
        };
        let (third, second) = ("2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z");
        let stated = json!({"phase": "Resolved", "resolvedAt": third, "since": second});
        assert_eq!(at(stated).as_deref(), Some(third));
        assert_eq!(at(json!({"phase": "Resolved", "since": second})).as_deref(), Some(second), "that of its phase");
        assert_eq!(at(json!({"phase": "Resolved"})).as_deref(), Some("2026-01-01T00:00:00Z"), "that of its creation");
        for status in [json!(null), json!({}), json!({"phase": "Open"}), json!({"phase": "Acknowledged"})] {
            assert_eq!(at(status.clone()), None, "{status}");
        }
    }
}
