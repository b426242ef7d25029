//! One acknowledgement: whether spec and status agree, and the writes that make them agree.

use super::writer::FindingWriter;
use crate::api::{Finding, FindingStatus, Phase};
use crate::domain::transition::{self, Step};
use crate::runtime::caches::manager_of_acknowledgement;
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::WriteError;
use jiff::Timestamp;

/// Copies acknowledgements from spec to status.
#[derive(Clone)]
pub struct Acknowledgements {
    writer: FindingWriter,
    /// The API server lets people write no name but their own.
    names_are_checked: bool,
}

impl Acknowledgements {
    pub fn new(writer: FindingWriter, names_are_checked: bool) -> Acknowledgements {
        Acknowledgements { writer, names_are_checked }
    }

    /// Whether spec and status of a Finding differ.
    pub fn is_due(&self, finding: &Finding) -> bool {
        let Some(status) = &finding.status else { return false };
        let is_new = status.observed_generation != finding.metadata.generation;
        match status.phase {
            None => false,
            Some(Phase::Resolved) => is_new || finding.spec.acknowledgement.is_some(),
            Some(_) => is_new || self.acknowledged(finding, status, Timestamp::UNIX_EPOCH).is_some(),
        }
    }

    /// Reads the Finding and, where spec and status differ, makes them agree.
    pub async fn reconcile(&self, name: &str) -> Result<(), WriteError> {
        match self.writer.read(name).await? {
            Some(finding) if self.is_due(&finding) => self.write(&finding).await,
            _ => Ok(()),
        }
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
        match self.acknowledged(finding, status, now()) {
            Some((next, step)) => {
                let written = self.writer.write_status(finding, next).await?;
                self.writer.publish(&written, &[step]);
            }
            // Only the observed generation is written.
            None => drop(self.writer.write_status(finding, status.clone()).await?),
        }
        Ok(())
    }

    /// The status with what the spec says copied; `None` where it says the same.
    fn acknowledged(&self, finding: &Finding, status: &FindingStatus, now: Timestamp) -> Option<(FindingStatus, Step)> {
        let written = finding.spec.acknowledgement.as_ref();
        let manager = manager_of_acknowledgement(finding);
        let through_facade = manager == Some(field_managers::FACADE);
        let is_proven = written.is_some_and(|written| {
            transition::is_proven(status, written, manager, through_facade, self.names_are_checked)
        });
        transition::acknowledge(status, written, manager, is_proven, now)
    }
}
