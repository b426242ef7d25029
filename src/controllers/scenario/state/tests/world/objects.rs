//! Objects that people create, change and delete.

use super::*;
use crate::domain::cached_scenario::CachedScenario;

impl World {
    pub fn agent(&mut self, name: &str, is_suspended: bool) {
        self.on(Event::Agent(ObjectChange::Applied(AgentSummary { name: name.into(), is_suspended })));
    }

    /// Creates a Scenario, or replaces its spec: one that runs each minute and opens on the second fail, with these fields besides.
    pub fn scenario(&mut self, name: &str, fields: Value) {
        let mut spec = json!({
            "title": name, "agent": "pulso", "severity": "high",
            "probes": [{"name": "web", "http": {"url": "http://127.0.0.1:9"}}],
            "checks": [{"name": "status", "expect": "probes.web.status == 200"}],
        });
        for (field, value) in fields.as_object().unwrap() {
            spec[field] = value.clone();
        }
        let before = self.stored.scenarios.get(name);
        let generation = before.and_then(|s| s.metadata.generation).unwrap_or(0) + 1;
        let uid = before.and_then(|s| s.metadata.uid.clone()).unwrap_or_else(|| format!("uid-{}", self.stored.version));
        let (annotations, status) = (before.map(|s| s.annotations().clone()), before.and_then(|s| s.status.clone()));
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
            "metadata": {"name": name, "generation": generation, "uid": uid, "annotations": annotations},
            "spec": spec, "status": status});
        self.store_scenario(serde_json::from_value(object).unwrap());
    }

    pub fn store_scenario(&mut self, mut scenario: Scenario) {
        self.stored.version += 1;
        scenario.metadata.resource_version = Some(self.stored.version.to_string());
        self.stored.scenarios.insert(scenario.name_any(), scenario.clone());
        self.on(Event::Scenario(ObjectChange::Applied(Arc::new(scenario.into()))));
    }

    /// Another writer changes the status, unseen.
    pub fn meddle_with_status(&mut self, name: &str) {
        self.stored.version += 1;
        let version = self.stored.version.to_string();
        let scenario = self.stored.scenarios.get_mut(name).unwrap();
        scenario.metadata.resource_version = Some(version);
        scenario.status = Some(ScenarioStatus::default());
    }

    pub fn undecodable(&mut self, name: &str) {
        self.stored.version += 1;
        let (generation, resource_version) = (Some(99), Some(self.stored.version.to_string()));
        if let Some(scenario) = self.stored.scenarios.get_mut(name) {
            (scenario.metadata.generation, scenario.metadata.resource_version) = (generation, resource_version.clone());
        }
        let object = UndecodableObject {
            name: name.into(),
            generation,
            resource_version,
            error: "missing field `x`".into(),
            outline: self.outline.clone(),
        };
        self.on(Event::Scenario(ObjectChange::Undecodable(object)));
    }

    /// Writes, or with `None` removes, the annotation that requests a run.
    pub fn request(&mut self, name: &str, at: Option<&str>) {
        let mut scenario = self.stored.scenarios[name].clone();
        match at {
            Some(at) => scenario.annotations_mut().insert(RUN_REQUESTED_AT.into(), at.into()),
            None => scenario.annotations_mut().remove(RUN_REQUESTED_AT),
        };
        self.store_scenario(scenario);
    }

    pub fn delete_scenario(&mut self, name: &str) {
        self.stored.scenarios.remove(name);
        self.on(Event::Scenario(ObjectChange::Deleted(name.into(), None)));
    }

    /// It is deleted while the watch is interrupted.
    pub fn delete_unseen(&mut self, name: &str) {
        self.stored.scenarios.remove(name);
        self.stored.findings.remove(&finding_name(name, "status", ""));
    }

    /// The object is deleted and created again, with the same spec, while the watch is interrupted.
    pub fn recreate_unseen(&mut self, name: &str, interval: &str) {
        let mut scenario = self.stored.scenarios[name].clone();
        scenario.metadata.uid = Some("another".into());
        scenario.spec.interval = Some(interval.into());
        scenario.status = None;
        self.stored.version += 1;
        scenario.metadata.resource_version = Some(self.stored.version.to_string());
        self.stored.scenarios.insert(name.into(), scenario);
        self.list_scenarios();
    }

    /// Another writer changes the object, and the watch shows it.
    pub fn touch(&mut self, name: &str) {
        let scenario = self.stored.scenarios[name].clone();
        self.store_scenario(scenario);
    }

    /// It is deleted while the watch is interrupted.
    pub fn delete_finding_unseen(&mut self, scenario: &str) {
        self.stored.findings.remove(&finding_name(scenario, "status", ""));
    }

    /// The object as it is now.
    pub fn copy(&self, scenario: &str) -> Arc<CachedScenario> {
        Arc::new(self.stored.scenarios[scenario].clone().into())
    }
}
