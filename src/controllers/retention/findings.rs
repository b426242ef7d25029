//! Resolved Findings.

use super::Sweeper;
use crate::api::Finding;
use crate::controllers::context::Limits;
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
        let Due { objects, beyond_count } = due(self.findings.objects(), &self.limits, now);
        self.remover.too_many::<Finding>(Limit::RetainedObjects, beyond_count);
        self.remover.remove_all(&self.finding_api, &objects).await
    }
}

/// What is to be removed.
struct Due {
    objects: Vec<ObjectVersion>,
    /// How many are more than are kept.
    beyond_count: usize,
}

/// Resolved Findings that are too old, or too many; not those of which a recipient is still to be told the end.
fn due(mut findings: Vec<Arc<Finding>>, limits: &Limits, now: Timestamp) -> Due {
    findings.retain(|finding| !finding.status.as_ref().is_some_and(|status| owes_end(status, now)));
    let resolved = findings.iter().filter_map(|finding| {
        let at = resolved_at(finding)?;
        Some(Finished { at, object: ObjectVersion::of(&finding.metadata), weight: 1 })
    });
    let expired = expired(resolved.collect(), limits.retention.age, limits.retention.objects_max, now);
    let mut objects: BTreeSet<ObjectVersion> = expired.objects.into_iter().collect();
    objects.extend(beyond_check_limit(&findings, limits.keys.findings_per_check, now));
    Due { objects: objects.into_iter().collect(), beyond_count: expired.beyond_count }
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
    use crate::domain::keys::KeyLimits;
    use crate::domain::retention::RetentionLimits;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use serde_json::json;
    use std::time::Duration;

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
    fn a_finding_of_which_an_end_is_owed_is_kept_for_two_days() {
        let limits = Limits {
            answers_per_minute: 30,
            threads: crate::domain::thread::policy::ThreadLimits::default(),
            keys: KeyLimits { findings_per_check: 1, new_keys_per_hour: 1 },
            retention: RetentionLimits { age: Duration::from_secs(3600), objects_max: 1, actions_max: 1 },
            evaluations: 1,
        };
        let known = json!([{"channel": "mail", "recipient": "ana@x", "occurrence": 1, "messageId": "o@x",
            "since": "2026-01-01T00:00:00Z"}]);
        let owed = |key: &str| {
            let status = json!({"phase": "Resolved", "resolvedAt": "2026-01-02T00:00:00Z", "informed": known});
            finding("vm", key, status)
        };
        let all = || vec![owed("1"), owed("2"), finding("vm", "3", resolved("2026-01-02T00:00:00Z"))];
        let removed = |now: &str| {
            let due = due(all(), &limits, now.parse().unwrap());
            (due.objects.into_iter().map(|object| object.name).collect::<BTreeSet<_>>(), due.beyond_count)
        };
        let names = |keys: &[&str]| keys.iter().map(|key| finding_name("shop", "vm", key)).collect::<BTreeSet<_>>();
        assert_eq!(removed("2026-01-02T00:30:00Z"), (names(&[]), 0), "neither too old, nor too many without them");
        assert_eq!(removed("2026-01-03T23:59:59Z"), (names(&["3"]), 0));
        assert_eq!(removed("2026-01-04T00:00:00Z").0, names(&["1", "2", "3"]));
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
