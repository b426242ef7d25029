//! Findings: what a plan wants of them, written; and what people write into them, taken note of.

mod acknowledge;

pub use acknowledge::Acknowledgements;

use crate::api::{Finding, FindingSpec, FindingStatus, Transition};
use crate::domain::desired::CheckKey;
use crate::domain::fingerprint::{finding_name, fingerprint};
use crate::domain::pending::{PendingUpdate, apply_updates};
use crate::domain::texts::{self, Language};
use crate::domain::transition::Step;
use crate::runtime::events::Events;
use crate::runtime::leadership::WriteFence;
use crate::runtime::write::{WriteError, call, merge};
use kube::api::{Patch, PatchParams, PostParams};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Api, Resource as _, ResourceExt as _};
use serde_json::json;

/// A decision that others keep overtaking is put off after this many tries.
const TRIES: usize = 5;

/// Writes Findings.
#[derive(Clone)]
pub struct FindingWriter {
    pub api: Api<Finding>,
    pub store: Store<Finding>,
    pub namespace: String,
    pub events: Events,
    pub language: Language,
    pub fence: WriteFence,
    /// The API server lets people write no name but their own.
    pub names_are_checked: bool,
}

/// A Finding after a write.
#[derive(Debug, Clone)]
pub struct Applied {
    pub name: String,
    /// None where there was nothing to write.
    pub steps: Vec<Step>,
    pub unresolved: bool,
    /// The resource version, as a number where it is one.
    pub version: u64,
}

/// The resource version as a number: they are comparable within one kind.
pub fn version(object: &impl kube::Resource) -> u64 {
    object.meta().resource_version.as_deref().and_then(|v| v.parse().ok()).unwrap_or(0)
}

impl FindingWriter {
    /// Makes the Finding of this check what it is to be. The decision is made again whenever someone else wrote first.
    ///
    /// `known` is the newest version that this replica has seen or written: an older copy in the store, whose watch may have been
    /// cut off, decides nothing.
    pub async fn apply(
        &self,
        scenario: &str,
        at: &CheckKey,
        updates: &[PendingUpdate],
        known: u64,
    ) -> Result<Applied, WriteError> {
        let name = finding_name(scenario, &at.0, &at.1);
        let mut current = self.store.get(&ObjectRef::new(&name).within(&self.namespace)).map(|f| (*f).clone());
        if current.as_ref().map_or(0, version) < known {
            current = call(self.api.get_opt(&name)).await?;
        }
        for _ in 0..TRIES {
            match self.try_apply(scenario, at, &name, current.as_ref(), updates).await {
                Err(WriteError::Conflict | WriteError::Exists | WriteError::Gone) => {
                    current = call(self.api.get_opt(&name)).await?;
                }
                other => return other,
            }
        }
        Err(WriteError::Conflict)
    }

    async fn try_apply(
        &self,
        scenario: &str,
        at: &CheckKey,
        name: &str,
        current: Option<&Finding>,
        updates: &[PendingUpdate],
    ) -> Result<Applied, WriteError> {
        let none = FindingStatus::default();
        let status = current.map(|f| f.status.as_ref().unwrap_or(&none));
        let Some((next, steps)) = apply_updates(status, updates, self.language) else {
            let unresolved = status.is_some_and(FindingStatus::is_unresolved);
            return Ok(Applied {
                name: name.into(),
                steps: Vec::new(),
                unresolved,
                version: current.map_or(0, version),
            });
        };
        let stands = match current {
            // What people wrote was about an occurrence that is over.
            Some(finding) if steps.contains(&Step::Reopened) && finding.spec.acknowledgement.is_some() => {
                self.strip_acknowledgement(finding).await?
            }
            Some(finding) => finding.clone(),
            None => self.create(scenario, at, name).await?,
        };
        let written = self.write_status(&stands, next).await?;
        self.tell(&written, &steps);
        let unresolved = written.status.as_ref().is_none_or(FindingStatus::is_unresolved);
        Ok(Applied { name: name.into(), steps, unresolved, version: version(&written) })
    }

    async fn create(&self, scenario: &str, at: &CheckKey, name: &str) -> Result<Finding, WriteError> {
        let spec = FindingSpec {
            scenario: scenario.to_string(),
            check: at.0.clone(),
            key: at.1.clone(),
            fingerprint: fingerprint(scenario, &at.0, &at.1),
            acknowledgement: None,
        };
        let params =
            PostParams { field_manager: Some(crate::runtime::field_managers::OPERATOR.into()), ..Default::default() };
        self.fence.write(self.api.create(&params, &Finding::new(name, spec))).await
    }

    /// Writes what changed in the status, if the object is still the one that was decided on.
    async fn write_status(&self, finding: &Finding, mut next: FindingStatus) -> Result<Finding, WriteError> {
        next.observed_generation = finding.metadata.generation;
        for condition in &mut next.conditions {
            condition.observed_generation = finding.metadata.generation;
        }
        let patch = merge("status", finding.status.as_ref(), &next, finding.metadata.resource_version.as_deref())?;
        let params =
            PatchParams { field_manager: Some(crate::runtime::field_managers::OPERATOR.into()), ..Default::default() };
        self.fence.write(self.api.patch_status(&finding.name_any(), &params, &Patch::Merge(patch))).await
    }

    /// Takes the acknowledgement out of the spec.
    async fn strip_acknowledgement(&self, finding: &Finding) -> Result<Finding, WriteError> {
        let patch = json!({
            "metadata": { "resourceVersion": finding.metadata.resource_version },
            "spec": { "acknowledgement": null },
        });
        let params =
            PatchParams { field_manager: Some(crate::runtime::field_managers::OPERATOR.into()), ..Default::default() };
        self.fence.write(self.api.patch(&finding.name_any(), &params, &Patch::Merge(patch))).await
    }

    /// Tells of the steps that were just written: each but a refresh is the newest of the transitions, in order.
    fn tell(&self, finding: &Finding, steps: &[Step]) {
        let status = finding.status.clone().unwrap_or_default();
        let news: Vec<(Step, &str)> = steps.iter().filter_map(|s| Some((*s, s.event_reason()?))).collect();
        let newest = status.transitions.iter().rev();
        let told: Vec<_> = news.into_iter().rev().zip(newest).collect();
        for ((step, reason), transition) in told.into_iter().rev() {
            self.tell_one(finding, step, reason, transition);
        }
    }

    fn tell_one(&self, finding: &Finding, step: Step, reason: &str, transition: &Transition) {
        let warning = matches!(step, Step::Opened | Step::Reopened);
        let withdrawn = texts::acknowledgement_removed(self.language);
        let note = match step {
            Step::Unacknowledged if transition.message.is_empty() => &withdrawn,
            _ if transition.message.is_empty() => reason,
            _ => &transition.message,
        };
        let mut about = finding.object_ref(&());
        about.resource_version = None;
        self.events.publish(about, warning, reason, note);
        let (scenario, check, key) = (&finding.spec.scenario, &finding.spec.check, &finding.spec.key);
        let severity = finding.status.as_ref().and_then(|s| s.severity).map(|s| s.as_str());
        tracing::info!(
            finding = %finding.name_any(), scenario, check, key, severity, at = %transition.at.0,
            "{}: {note}", reason.to_lowercase()
        );
    }
}
