//! What the controllers need to know of one Finding.

use crate::api::{Finding, FindingStatus};
use crate::domain::desired::CheckKey;
use crate::runtime::version::Version;
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
}

impl FindingSummary {
    pub fn of(finding: &Finding) -> FindingSummary {
        FindingSummary {
            name: finding.name_any(),
            scenario: finding.spec.scenario.as_str().into(),
            at: (finding.spec.check.clone(), finding.spec.key.clone()),
            version: Version::of(finding),
            is_unresolved: finding.status.as_ref().is_none_or(FindingStatus::is_unresolved),
        }
    }
}
