//! Writes Findings: pending updates of runs, and what people state about them.

use super::repair::{Damage, Stored};
use super::summary::FindingSummary;
use crate::api::{Finding, FindingStatus, Transition};
use crate::controllers::context::Context;
use crate::domain::desired::CheckKey;
use crate::domain::fingerprint::{finding_name, finding_spec};
use crate::domain::notice::informed::owes_end;
use crate::domain::owner::OwnerChange;
use crate::domain::pending::{PendingUpdate, apply_updates};
use crate::domain::texts::{self, Language};
use crate::domain::transition::Step;
use crate::runtime::clock::now;
use crate::runtime::events::Events;
use crate::runtime::field_managers;
use crate::runtime::findings_first::FindingsFirst;
use crate::runtime::leadership::WriteFence;
use crate::runtime::removal::{self, ObjectVersion};
use crate::runtime::version::{Version, is_older};
use crate::runtime::watch::Cache;
use crate::runtime::write::{WriteError, call, merge};
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::{ApiResource, DynamicObject};
use kube::{Api, Resource as _, ResourceExt as _};
use serde_json::json;
use std::sync::Arc;

/// A decision that other writers keep overtaking is postponed after this many tries.
const TRIES: usize = 5;

/// Writes Findings through the write fence. Clones are cheap.
#[derive(Clone)]
pub struct FindingWriter {
    api: Api<Finding>,
    /// The same kind, whatever the objects look like.
    objects: Api<DynamicObject>,
    cache: Cache<Finding>,
    events: Events,
    language: Language,
    fence: WriteFence,
    findings_first: FindingsFirst,
}

/// A Finding after a write, if it exists, and the transitions that were written.
pub type Applied = (Option<FindingSummary>, Vec<Step>);

impl FindingWriter {
    pub fn new(context: &Context) -> FindingWriter {
        FindingWriter {
            api: Api::namespaced(context.client.clone(), &context.namespace),
            objects: Api::namespaced_with(
                context.client.clone(),
                &context.namespace,
                &ApiResource::erase::<Finding>(&()),
            ),
            cache: context.caches.findings.clone(),
            events: context.events.clone(),
            language: context.language,
            fence: context.fence.clone(),
            findings_first: context.findings_first.clone(),
        }
    }

    /// Applies the updates, in order, to the Finding of this check. Where another writer was faster, the Finding is read and the
    /// decision made again.
    ///
    /// `known` is the newest version that this replica has seen or written: an older copy in the cache, whose watch may have been
    /// interrupted, decides nothing.
    pub async fn apply(
        &self,
        scenario: &str,
        at: &CheckKey,
        updates: &[PendingUpdate],
        known: Option<Version>,
    ) -> Result<Applied, WriteError> {
        let _write = self.findings_first.begin();
        let name = finding_name(scenario, &at.0, &at.1);
        let mut current = self.cache.get(&name).map(|finding| (*finding).clone());
        if current.as_ref().map_or(known.is_some(), |finding| is_older(Version::of(finding), known)) {
            current = self.read(&name).await?;
        }
        for _ in 0..TRIES {
            match self.try_apply(scenario, at, &name, current.as_ref(), updates).await {
                Err(WriteError::Conflict | WriteError::Exists | WriteError::Gone) => {
                    current = self.read(&name).await?;
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
        let status = current.map(|finding| finding.status.as_ref().unwrap_or(&none));
        let Some((next, steps)) = apply_updates(status, updates, self.language) else {
            return Ok((current.map(FindingSummary::of), Vec::new()));
        };
        let finding = match current {
            // What people stated was about an occurrence that has ended.
            Some(finding) if steps.contains(&Step::Reopened) && has_statements(finding) => {
                self.remove_statements(finding).await?
            }
            Some(finding) => finding.clone(),
            None => self.create(scenario, at, name).await?,
        };
        let written = self.write_status(&finding, next).await?;
        self.publish(&written, &steps);
        Ok((Some(FindingSummary::of(&written)), steps))
    }

    async fn create(&self, scenario: &str, at: &CheckKey, name: &str) -> Result<Finding, WriteError> {
        let spec = finding_spec(scenario, &at.0, &at.1);
        let params = PostParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        self.fence.write(self.api.create(&params, &Finding::new(name, spec))).await
    }

    /// Removes a Finding, unless it is no longer resolved, or a recipient is still to be told of its end. True where it no longer exists.
    pub async fn remove_resolved(&self, name: &str) -> Result<bool, WriteError> {
        let finding = match self.cache.get(name) {
            Some(finding) => finding,
            None => match self.read(name).await? {
                Some(finding) => Arc::new(finding),
                None => return Ok(true),
            },
        };
        if finding.status.as_ref().is_none_or(|status| status.is_unresolved() || owes_end(status, now())) {
            return Ok(false);
        }
        removal::remove(&self.api, &self.fence, &ObjectVersion::of(&finding.metadata)).await
    }

    /// Reads a Finding from the API. One of which fields cannot be decoded is repaired first: they are removed.
    pub async fn read(&self, name: &str) -> Result<Option<Finding>, WriteError> {
        let Some(object) = call(self.objects.get_opt(name)).await? else { return Ok(None) };
        match Stored::read(object)? {
            Stored::Whole(finding) => Ok(Some(*finding)),
            Stored::Damaged(damage) => self.repair(name, *damage).await.map(Some),
        }
    }

    async fn repair(&self, name: &str, damage: Damage) -> Result<Finding, WriteError> {
        let Damage { fields, spec, status, mut resource_version } = damage;
        let mut repaired = None;
        if let Some(patch) = spec {
            let written = self.fence.write(self.objects.patch(name, &params(), &Patch::Merge(patch))).await?;
            resource_version.clone_from(&written.metadata.resource_version);
            repaired = Some(written);
        }
        if let Some(mut patch) = status {
            patch["metadata"] = json!({ "resourceVersion": resource_version });
            repaired = Some(self.fence.write(self.objects.patch_status(name, &params(), &Patch::Merge(patch))).await?);
        }
        let object = repaired.ok_or(WriteError::Gone)?;
        let undecodable = |error: String| WriteError::Undecodable { name: name.into(), error };
        let finding: Finding = object.try_parse().map_err(|error| undecodable(error.to_string()))?;
        let lost = fields.join(", ");
        tracing::warn!(finding = name, fields = lost, "Finding repaired: fields that can't be decoded were removed");
        self.publish_note(&finding, true, "Repaired", &texts::finding_repaired(self.language, &lost));
        Ok(finding)
    }

    /// Writes what changed in the status, if the object is still the one that was decided on.
    pub async fn write_status(&self, finding: &Finding, mut next: FindingStatus) -> Result<Finding, WriteError> {
        next.observed_generation = finding.metadata.generation;
        for condition in &mut next.conditions {
            condition.observed_generation = finding.metadata.generation;
        }
        let patch = merge("status", finding.status.as_ref(), &next, finding.metadata.resource_version.as_deref())?;
        self.fence.write(self.api.patch_status(&finding.name_any(), &params(), &Patch::Merge(patch))).await
    }

    /// Removes the acknowledgement and the owner from the spec.
    pub async fn remove_statements(&self, finding: &Finding) -> Result<Finding, WriteError> {
        let patch = json!({
            "metadata": { "resourceVersion": finding.metadata.resource_version },
            "spec": { "acknowledgement": null, "owner": null },
        });
        self.fence.write(self.api.patch(&finding.name_any(), &params(), &Patch::Merge(patch))).await
    }

    /// Removes an annotation.
    pub async fn remove_annotation(&self, finding: &Finding, name: &str) -> Result<Finding, WriteError> {
        let patch = json!({
            "metadata": { "resourceVersion": finding.metadata.resource_version, "annotations": { name: null } },
        });
        self.fence.write(self.api.patch(&finding.name_any(), &params(), &Patch::Merge(patch))).await
    }

    /// Publishes Events for the steps that were just written: each but a refresh is one of the newest transitions, in order.
    pub fn publish(&self, finding: &Finding, steps: &[Step]) {
        let status = finding.status.clone().unwrap_or_default();
        let published: Vec<(Step, &str)> = steps.iter().filter_map(|s| Some((*s, s.event_reason()?))).collect();
        let newest = status.transitions.iter().rev();
        let pairs: Vec<_> = published.into_iter().rev().zip(newest).collect();
        for ((step, reason), transition) in pairs.into_iter().rev() {
            self.publish_one(finding, step, reason, transition);
        }
    }

    fn publish_one(&self, finding: &Finding, step: Step, reason: &str, transition: &Transition) {
        let is_warning = matches!(step, Step::Opened | Step::Reopened);
        let removed = texts::acknowledgement_removed(self.language);
        let note = match step {
            Step::Unacknowledged if transition.message.is_empty() => &removed,
            _ if transition.message.is_empty() => reason,
            _ => &transition.message,
        };
        self.publish_note(finding, is_warning, reason, note);
        let (scenario, check, key) = (&finding.spec.scenario, &finding.spec.check, &finding.spec.key);
        let severity = finding.status.as_ref().and_then(|s| s.severity).map(|s| s.as_str());
        tracing::info!(
            finding = %finding.name_any(), scenario, check, key, severity, at = %transition.at.0,
            "{}: {note}", reason.to_lowercase()
        );
    }

    /// Publishes that a person acknowledged a resolved Finding.
    pub fn publish_refused_acknowledgement(&self, finding: &Finding, by: &str) {
        self.publish_note(finding, true, "AcknowledgementRefused", &texts::acknowledgement_refused(self.language, by));
    }

    /// Publishes that a person took a resolved Finding over.
    pub fn publish_refused_owner(&self, finding: &Finding, by: &str) {
        self.publish_note(finding, true, "OwnerRefused", &texts::owner_refused(self.language, by));
    }

    /// Publishes that a person took a Finding over, or that it was released.
    pub fn publish_owner(&self, finding: &Finding, change: &OwnerChange) {
        let (reason, note) = match change {
            OwnerChange::TakenOver { by } => ("TakenOver", texts::taken_over(self.language, by)),
            OwnerChange::Released { by } => ("Released", texts::released(self.language, by)),
        };
        self.publish_note(finding, false, reason, &note);
    }

    /// Publishes one Event about a Finding.
    pub fn publish_note(&self, finding: &Finding, is_warning: bool, reason: &str, note: &str) {
        let mut about = finding.object_ref(&());
        about.resource_version = None;
        self.events.publish(about, is_warning, reason, note);
    }
}

/// Whether people stated something about the current occurrence.
pub fn has_statements(finding: &Finding) -> bool {
    finding.spec.acknowledgement.is_some() || finding.spec.owner.is_some()
}

fn params() -> PatchParams {
    PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() }
}
