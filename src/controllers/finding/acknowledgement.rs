//! What people wrote into one Finding: whether spec and status agree, and the writes that make them agree.

use super::votes::Votes;
use super::writer::FindingWriter;
use crate::api::{Action, Finding, FindingStatus, Phase};
use crate::controllers::context::Context;
use crate::domain::transition::{self, FindingRef, Step};
use crate::runtime::caches::manager_of_acknowledgement;
use crate::runtime::clock::now;
use crate::runtime::write::{WriteError, call};
use jiff::Timestamp;
use kube::core::DeserializeGuard;
use kube::{Api, ResourceExt as _};

/// Copies acknowledgements from spec to status, and records votes.
#[derive(Clone)]
pub struct Acknowledgements {
    writer: FindingWriter,
    votes: Votes,
    actions: Api<DeserializeGuard<Action>>,
    /// The API server lets people write no name but their own.
    names_are_checked: bool,
}

impl Acknowledgements {
    pub fn new(context: &Context) -> Acknowledgements {
        Acknowledgements {
            writer: FindingWriter::new(context),
            votes: Votes::new(context),
            actions: Api::namespaced(context.client.clone(), &context.namespace),
            names_are_checked: context.names_are_checked,
        }
    }

    /// Whether spec and status of a Finding differ, or a person votes on its advice.
    pub fn is_due(&self, finding: &Finding) -> bool {
        Votes::is_due(finding) || self.differ(finding)
    }

    fn differ(&self, finding: &Finding) -> bool {
        let Some(status) = &finding.status else { return false };
        let is_new = status.observed_generation != finding.metadata.generation;
        match status.phase {
            None => false,
            Some(Phase::Resolved) => is_new || finding.spec.acknowledgement.is_some(),
            Some(_) => is_new || self.acknowledged(finding, status, false, Timestamp::UNIX_EPOCH).is_some(),
        }
    }

    /// Reads the Finding and, where spec and status differ, makes them agree; then records a vote.
    pub async fn reconcile(&self, name: &str) -> Result<(), WriteError> {
        let Some(mut finding) = self.writer.read(name).await? else { return Ok(()) };
        if self.differ(&finding) {
            self.write(&finding).await?;
            if !Votes::is_due(&finding) {
                return Ok(());
            }
            let Some(written) = self.writer.read(name).await? else { return Ok(()) };
            finding = written;
        }
        self.votes.record(&finding).await
    }

    async fn write(&self, finding: &Finding) -> Result<(), WriteError> {
        let Some(status) = &finding.status else { return Ok(()) };
        if let (Some(Phase::Resolved), Some(written)) = (status.phase, &finding.spec.acknowledgement) {
            let copied = status.acknowledgement.as_ref();
            let was_copied = copied.is_some_and(|copy| copy.by == written.by && copy.note == written.note);
            self.writer.remove_acknowledgement(finding).await?;
            if !was_copied {
                let note = self.writer.refusal_note(&written.by);
                self.writer.publish_note(finding, true, "AcknowledgementRefused", &note);
            }
            return Ok(());
        }
        let is_recorded = self.is_recorded(finding, status).await?;
        match self.acknowledged(finding, status, is_recorded, now()) {
            Some((next, step)) => {
                let written = self.writer.write_status(finding, next).await?;
                self.writer.publish(&written, &[step]);
            }
            // Only the observed generation is written.
            None => drop(self.writer.write_status(finding, status.clone()).await?),
        }
        Ok(())
    }

    /// Whether the facade recorded the acknowledgement, which is read in the Action that it names. One that was found to be
    /// recorded is not looked up again: by then its Action may have been removed.
    async fn is_recorded(&self, finding: &Finding, status: &FindingStatus) -> Result<bool, WriteError> {
        let Some(written) = &finding.spec.acknowledgement else { return Ok(false) };
        let Some(name) = written.action.as_deref().filter(|name| is_object_name(name)) else { return Ok(false) };
        if self.acknowledged(finding, status, false, Timestamp::UNIX_EPOCH).is_none() {
            return Ok(false);
        }
        let action = match call(self.actions.get_opt(name)).await {
            Ok(action) => action.and_then(|action| action.0.ok()),
            Err(error) if error.is_forbidden() => {
                tracing::warn!(%error, finding = finding.name_any(), "the Action of an acknowledgement can't be read: its name is not proven");
                None
            }
            Err(error) => return Err(error),
        };
        let Some(action) = action else { return Ok(false) };
        let (Some(created), Some(uid)) = (&action.metadata.creation_timestamp, &finding.metadata.uid) else {
            return Ok(false);
        };
        let finding = FindingRef { name: &finding.name_any(), uid, occurrences: status.occurrences };
        // The result is written after the acknowledgement.
        let result = action.status.as_ref().and_then(|status| status.result.as_deref());
        let is_made = result.is_none_or(|result| result == "done");
        Ok(is_made && action.is_of_facade() && transition::is_recorded_by(&action.spec, created.0, &finding, written))
    }

    /// The status with what the spec says copied; `None` where it says the same. `is_recorded` where the facade recorded it.
    fn acknowledged(
        &self,
        finding: &Finding,
        status: &FindingStatus,
        is_recorded: bool,
        now: Timestamp,
    ) -> Option<(FindingStatus, Step)> {
        let written = finding.spec.acknowledgement.as_ref();
        let manager = manager_of_acknowledgement(finding);
        let is_proven = written.is_some_and(|written| {
            transition::is_proven(status, written, manager, is_recorded, self.names_are_checked)
        });
        transition::acknowledge(status, written, manager, is_proven, now)
    }
}

/// Whether a name can be that of an object: it becomes part of a request path.
fn is_object_name(name: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.len() <= 253 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_inside)
}
