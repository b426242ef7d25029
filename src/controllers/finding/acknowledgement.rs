//! What people wrote into one Finding: whether spec and status agree, and the writes that make them agree.

use super::votes::Votes;
use super::writer::{FindingWriter, has_statements};
use crate::api::{Action, Finding, FindingStatus, Phase};
use crate::controllers::context::Context;
use crate::domain::owner::{self, OwnerChange};
use crate::domain::transition::{self, FindingRef, Step};
use crate::runtime::caches::{manager_of_acknowledgement, manager_of_owner};
use crate::runtime::clock::now;
use crate::runtime::write::{WriteError, call};
use jiff::Timestamp;
use kube::core::DeserializeGuard;
use kube::{Api, ResourceExt as _};

/// Copies acknowledgements and owners from spec to status, and records votes.
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
            Some(Phase::Resolved) => is_new || has_statements(finding),
            Some(_) => {
                is_new
                    || self.acknowledged(finding, status, false, Timestamp::UNIX_EPOCH).is_some()
                    || self.owned(finding, status, false, Timestamp::UNIX_EPOCH).is_some()
            }
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
        if status.phase == Some(Phase::Resolved) && has_statements(finding) {
            return self.remove(finding, status).await;
        }
        let is_recorded = self.is_recorded(finding, status).await?;
        let is_owner_recorded = self.is_owner_recorded(finding, status).await?;
        let (next, step) = match self.acknowledged(finding, status, is_recorded, now()) {
            Some((next, step)) => (next, Some(step)),
            None => (status.clone(), None),
        };
        let (next, change) = match self.owned(finding, &next, is_owner_recorded, now()) {
            Some((next, change)) => (next, Some(change)),
            None => (next, None),
        };
        // Where neither changed, only the observed generation is written.
        let written = self.writer.write_status(finding, next).await?;
        self.writer.publish(&written, step.as_slice());
        if let Some(change) = &change {
            self.writer.publish_owner(&written, change);
        }
        Ok(())
    }

    /// Removes what people stated about an occurrence that has ended, and says so where it was not recorded before.
    async fn remove(&self, finding: &Finding, status: &FindingStatus) -> Result<(), WriteError> {
        let written = finding.spec.acknowledgement.as_ref().filter(|written| {
            let copied = status.acknowledgement.as_ref();
            !copied.is_some_and(|copy| copy.by == written.by && copy.note == written.note)
        });
        let owner = finding.spec.owner.as_ref();
        let owner = owner.filter(|owner| status.owner.as_ref().is_none_or(|copy| copy.by != owner.by));
        self.writer.remove_statements(finding).await?;
        if let Some(written) = written {
            self.writer.publish_refused_acknowledgement(finding, &written.by);
        }
        if let Some(owner) = owner {
            self.writer.publish_refused_owner(finding, &owner.by);
        }
        Ok(())
    }

    /// Whether the facade recorded the acknowledgement, which is read in the Action that it names. One that was found to be
    /// recorded is not looked up again: by then its Action may have been removed.
    async fn is_recorded(&self, finding: &Finding, status: &FindingStatus) -> Result<bool, WriteError> {
        let Some(written) = &finding.spec.acknowledgement else { return Ok(false) };
        if self.acknowledged(finding, status, false, Timestamp::UNIX_EPOCH).is_none() {
            return Ok(false);
        }
        let says_so = |action: &Action, created, of: &FindingRef<'_>| {
            transition::is_recorded_by(&action.spec, created, of, written)
        };
        self.is_in_action(finding, status, written.action.as_deref(), says_so).await
    }

    /// As [`Acknowledgements::is_recorded`], of the owner.
    async fn is_owner_recorded(&self, finding: &Finding, status: &FindingStatus) -> Result<bool, WriteError> {
        let Some(written) = &finding.spec.owner else { return Ok(false) };
        if self.owned(finding, status, false, Timestamp::UNIX_EPOCH).is_none() {
            return Ok(false);
        }
        let says_so =
            |action: &Action, created, of: &FindingRef<'_>| owner::is_recorded_by(&action.spec, created, of, written);
        self.is_in_action(finding, status, written.action.as_deref(), says_so).await
    }

    /// Whether the Action of this name was recorded by the facade, was not refused, and says so.
    async fn is_in_action(
        &self,
        finding: &Finding,
        status: &FindingStatus,
        name: Option<&str>,
        says_so: impl Fn(&Action, Timestamp, &FindingRef<'_>) -> bool,
    ) -> Result<bool, WriteError> {
        let Some(name) = name.filter(|name| is_object_name(name)) else { return Ok(false) };
        let action = match call(self.actions.get_opt(name)).await {
            Ok(action) => action.and_then(|action| action.0.ok()),
            Err(error) if error.is_forbidden() => {
                tracing::warn!(%error, finding = finding.name_any(), "an Action can't be read: the name that it records is not proven");
                None
            }
            Err(error) => return Err(error),
        };
        let Some(action) = action else { return Ok(false) };
        let (Some(created), Some(uid)) = (&action.metadata.creation_timestamp, &finding.metadata.uid) else {
            return Ok(false);
        };
        let finding = FindingRef { name: &finding.name_any(), uid, occurrences: status.occurrences };
        // The result is written after the change.
        let result = action.status.as_ref().and_then(|status| status.result.as_deref());
        let is_made = result.is_none_or(|result| result == "done");
        Ok(is_made && action.is_of_facade() && says_so(&action, created.0, &finding))
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

    /// As [`Acknowledgements::acknowledged`], of the owner.
    fn owned(
        &self,
        finding: &Finding,
        status: &FindingStatus,
        is_recorded: bool,
        now: Timestamp,
    ) -> Option<(FindingStatus, OwnerChange)> {
        let written = finding.spec.owner.as_ref();
        let manager = manager_of_owner(finding);
        let is_proven = written
            .is_some_and(|written| owner::is_proven(status, written, manager, is_recorded, self.names_are_checked));
        owner::own(status, written, manager, is_proven, now)
    }
}

/// Whether a name can be that of an object: it becomes part of a request path.
fn is_object_name(name: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.len() <= 253 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_inside)
}
