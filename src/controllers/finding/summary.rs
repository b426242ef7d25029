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
    pub is_unresolved: bool,
    /// When the object was created; long ago where it does not say.
    pub created_at: Timestamp,
    /// When it was resolved; only where `is_unresolved` is false. Long ago where it does not say.
    pub resolved_at: Timestamp,
}

impl FindingSummary {
    pub fn of(finding: &Finding) -> FindingSummary {
        let resolved_at = finding.status.as_ref().and_then(|status| status.resolved_at.as_ref());
        FindingSummary {
            name: finding.name_any(),
            scenario: finding.spec.scenario.as_str().into(),
            at: (finding.spec.check.clone(), finding.spec.key.clone()),
            version: Version::of(finding),
            is_unresolved: finding.status.as_ref().is_none_or(FindingStatus::is_unresolved),
            created_at: finding.metadata.creation_timestamp.as_ref().map_or(Timestamp::MIN, |at| at.0),
            resolved_at: resolved_at.map_or(Timestamp::MIN, |at| at.0),
        }
    }
}
