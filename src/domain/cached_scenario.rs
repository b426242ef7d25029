//! A Scenario as it is kept in memory: without what the API server alone needs of an object.

use crate::api::{RUN_REQUESTED_AT, Scenario, ScenarioSpec, ScenarioStatus};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A Scenario as it is kept in memory, without room for metadata that nothing reads.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(test, derive(serde::Deserialize), serde(from = "Scenario"))]
pub struct CachedScenario {
    pub name: Arc<str>,
    /// `None` where the API server says none.
    pub uid: Option<Arc<str>>,
    /// `None` where the API server says none.
    pub resource_version: Option<Box<str>>,
    pub generation: Option<i64>,
    pub created_at: Option<Timestamp>,
    /// `None` where there are none.
    pub labels: Option<Box<BTreeMap<String, String>>>,
    /// The annotation [`RUN_REQUESTED_AT`], which requests a run.
    pub run_requested_at: Option<Box<str>>,
    pub spec: Arc<ScenarioSpec>,
    pub status: Option<ScenarioStatus>,
}

impl From<Scenario> for CachedScenario {
    fn from(scenario: Scenario) -> CachedScenario {
        let Scenario { metadata, spec, status } = scenario;
        let requested = metadata.annotations.and_then(|mut annotations| annotations.remove(RUN_REQUESTED_AT));
        CachedScenario {
            name: metadata.name.unwrap_or_default().into(),
            uid: metadata.uid.map(Into::into),
            resource_version: metadata.resource_version.map(Into::into),
            generation: metadata.generation,
            created_at: metadata.creation_timestamp.map(|time| time.0),
            labels: metadata.labels.filter(|labels| !labels.is_empty()).map(Box::new),
            run_requested_at: requested.map(Into::into),
            spec: Arc::new(spec),
            status,
        }
    }
}

impl CachedScenario {
    /// Takes from an earlier state of the object what has not changed, so that all who hold some of it hold the same.
    pub fn share(&mut self, earlier: &CachedScenario) {
        if self.name == earlier.name {
            self.name = earlier.name.clone();
        }
        if self.uid == earlier.uid {
            self.uid = earlier.uid.clone();
        }
        if self.spec == earlier.spec {
            self.spec = earlier.spec.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn scenario(title: &str, metadata: Value, status: Value) -> CachedScenario {
        serde_json::from_value(
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": metadata,
            "spec": {"title": title, "agent": "pulso", "severity": "low", "probes": []}, "status": status}),
        )
        .unwrap()
    }

    #[test]
    fn an_object_keeps_of_its_metadata_what_is_read() {
        let metadata = json!({"name": "shop", "namespace": "ops", "uid": "u", "resourceVersion": "7", "generation": 2,
            "creationTimestamp": "2026-03-01T12:00:00Z", "labels": {"team": "a"},
            "annotations": {RUN_REQUESTED_AT: "2026-03-01T12:00:01Z", "other": "text"}});
        let kept = scenario("t", metadata, json!({"health": "healthy"}));
        let texts = [Some(&*kept.name), kept.uid.as_deref(), kept.resource_version.as_deref()];
        assert_eq!(texts, [Some("shop"), Some("u"), Some("7")]);
        assert_eq!((kept.generation, kept.run_requested_at.as_deref()), (Some(2), Some("2026-03-01T12:00:01Z")));
        assert_eq!(kept.created_at, Some("2026-03-01T12:00:00Z".parse().unwrap()));
        assert_eq!(kept.labels, Some(Box::new(BTreeMap::from([("team".into(), "a".into())]))));
        assert_eq!((kept.spec.title.as_str(), kept.status.is_some()), ("t", true));
        let bare = scenario("t", json!({"name": "shop", "labels": {}}), Value::Null);
        assert_eq!((bare.uid, bare.resource_version, bare.generation), (None, None, None));
        assert_eq!((bare.created_at, bare.labels, bare.run_requested_at), (None, None, None));
    }

    #[test]
    fn it_is_smaller_than_the_object() {
        let kept = size_of::<CachedScenario>() + size_of::<ScenarioSpec>();
        assert!(kept + 200 < size_of::<Scenario>(), "{kept} and {}", size_of::<Scenario>());
    }

    #[test]
    fn what_has_not_changed_is_in_memory_once() {
        let of = |title, uid| scenario(title, json!({"name": "shop", "uid": uid}), Value::Null);
        let (earlier, mut later) = (of("t", "u"), of("t", "u"));
        later.share(&earlier);
        assert!(Arc::ptr_eq(&later.name, &earlier.name) && Arc::ptr_eq(&later.spec, &earlier.spec));
        assert!(
            later.uid.as_ref().zip(earlier.uid.as_ref()).is_some_and(|(later, earlier)| Arc::ptr_eq(later, earlier))
        );
        let mut other = of("other", "v");
        other.share(&earlier);
        assert_eq!(other, of("other", "v"));
        assert!(Arc::ptr_eq(&other.name, &earlier.name));
    }
}
