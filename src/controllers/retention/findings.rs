//! Resolved Findings.

use super::Sweeper;
use crate::api::Finding;
use crate::controllers::finding::resolved_at;
use crate::domain::keys::{KeptKey, KeptKeys, to_remove};
use crate::domain::notice::informed::owes_end;
use crate::domain::retention::{Finished, expired};
use crate::runtime::removal::ObjectVersion;
use crate::runtime::write::WriteError;
use crate::telemetry::Limit;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Sweeper {
    pub(super) async fn sweep_findings(&mut self, now: Timestamp) -> Result<usize, WriteError> {
        let mut findings = self.findings.objects();
        findings.retain(|finding| !finding.status.as_ref().is_some_and(|status| owes_end(status, now)));
        let retention = self.limits.retention;
        let resolved = findings.iter().filter_map(|finding| {
            let at = resolved_at(finding)?;
            Some(Finished { at, object: ObjectVersion::of(&finding.metadata), weight: 1 })
        });
        let expired = expired(resolved.collect(), retention.age, retention.objects_max, now);
        self.remover.too_many::<Finding>(Limit::RetainedObjects, expired.beyond_count);
        let mut objects: BTreeSet<ObjectVersion> = expired.objects.into_iter().collect();
        objects.extend(beyond_check_limit(&findings, self.limits.keys.findings_per_check, now));
        drop(findings);
        let objects: Vec<ObjectVersion> = objects.into_iter().collect();
        self.remover.remove_all(&self.finding_api, &objects).await
    }
}

/// Resolved Findings of checks with `forEach` that have more than are kept. The Scenario controller removes them before it creates
/// others; these are from before the limit was lowered, or could not be removed then.
fn beyond_check_limit(findings: &[Arc<Finding>], most: usize, now: Timestamp) -> Vec<ObjectVersion> {
    let mut by_check: BTreeMap<(&str, &str), Vec<&Arc<Finding>>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !finding.spec.key.is_empty()) {
        by_check.entry((&finding.spec.scenario, &finding.spec.check)).or_default().push(finding);
    }
    let mut beyond = Vec::new();
    for of_check in by_check.values().filter(|of_check| of_check.len() > most) {
        let kept: KeptKeys = of_check
            .iter()
            .map(|finding| {
                let created_at = finding.metadata.creation_timestamp.as_ref().map_or(Timestamp::MIN, |at| at.0);
                let kept = KeptKey { created_at: Some(created_at), resolved_at: resolved_at(finding) };
                (finding.spec.key.clone(), kept)
            })
            .collect();
        let keys: BTreeSet<&str> = to_remove(&kept, most, now).into_iter().collect();
        let removed = of_check.iter().filter(|finding| keys.contains(finding.spec.key.as_str()));
        beyond.extend(removed.map(|finding| ObjectVersion::of(&finding.metadata)));
    }
    beyond
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::{finding_name, finding_spec};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use serde_json::json;

    fn finding(check: &str, key: &str, status: serde_json::Value) -> Arc<Finding> {
        let mut finding = Finding::new(&finding_name("shop", check, key), finding_spec("shop", check, key));
        finding.metadata.creation_timestamp = Some(Time("2026-01-01T00:00:00Z".parse().unwrap()));
        finding.status = serde_json::from_value(status).unwrap();
        Arc::new(finding)
    }

    fn resolved(at: &str) -> serde_json::Value {
        json!({"phase": "Resolved", "resolvedAt": at})
    }

    #[test]
    fn the_oldest_resolved_findings_beyond_the_limit_of_a_check_are_removed() {
        let now = "2026-02-01T00:00:00Z".parse().unwrap();
        let all = [
            finding("vm", "1", resolved("2026-01-03T00:00:00Z")),
            finding("vm", "2", resolved("2026-01-02T00:00:00Z")),
            finding("vm", "3", json!({"phase": "Open"})),
            finding("vm", "", json!({"phase": "Open"})),
            finding("disk", "1", resolved("2026-01-02T00:00:00Z")),
        ];
        let removed = |most| {
            let beyond = beyond_check_limit(&all, most, now);
            beyond.into_iter().map(|object| object.name).collect::<BTreeSet<_>>()
        };
        let names = |keys: &[&str]| keys.iter().map(|key| finding_name("shop", "vm", key)).collect::<BTreeSet<_>>();
        assert_eq!(removed(3), names(&[]));
        assert_eq!(removed(2), names(&["2"]));
        assert_eq!(removed(1), names(&["1", "2"]));
    }
}
