//! Acknowledgements: what people write into a Finding's spec is copied to its status for the occurrence at hand.

use super::FindingWriter;
use crate::api::{Finding, FindingStatus, Phase};
use crate::domain::texts;
use crate::domain::transition::{self, Step};
use crate::runtime::backoff::pause;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use jiff::Timestamp;
use kube::{Resource as _, ResourceExt as _};
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// Takes note of acknowledgements, one Finding at a time each.
#[derive(Clone)]
pub struct Acknowledgements {
    writer: FindingWriter,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Findings whose spec and status say different things, as last seen.
    due: BTreeSet<String>,
    /// Those that a task is at.
    busy: HashSet<String>,
}

impl Acknowledgements {
    pub fn new(writer: FindingWriter) -> Acknowledgements {
        Acknowledgements { writer, state: Arc::default() }
    }

    /// Looks at a Finding that changed; where there is something to note, a task does it and keeps trying. A replica that does not
    /// lead only remembers it.
    pub fn look_at(&self, finding: &Finding) {
        let name = finding.name_any();
        let due = self.is_due(finding);
        {
            let mut state = self.lock();
            if due {
                state.due.insert(name.clone())
            } else {
                state.due.remove(&name)
            };
        }
        if due && self.writer.fence.is_open() {
            self.begin(name, Some(finding.clone()));
        }
    }

    /// A Finding is gone.
    pub fn forget(&self, name: &str) {
        self.lock().due.remove(name);
    }

    /// This replica leads now, or again: what it remembers is done.
    pub fn resume(&self) {
        let due: Vec<String> = self.lock().due.iter().cloned().collect();
        for name in due {
            self.begin(name, None);
        }
    }

    fn begin(&self, name: String, finding: Option<Finding>) {
        if !self.lock().busy.insert(name.clone()) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            this.work_at(&name, finding).await;
            this.lock().busy.remove(&name);
        });
    }

    /// Tries until spec and status agree, or this replica leads no more.
    async fn work_at(&self, name: &str, mut current: Option<Finding>) {
        let mut failures = 0;
        while self.writer.fence.is_open() {
            if let Some(finding) = &current {
                match self.note(finding).await {
                    Ok(()) | Err(WriteError::Gone | WriteError::Conflict) => {}
                    Err(error) => {
                        tracing::warn!(finding = name, %error, "acknowledgement not noted yet");
                        tokio::time::sleep(pause(failures, RETRY_FIRST, RETRY_MAX)).await;
                        failures += 1;
                    }
                }
            }
            // What was written meanwhile came while this Finding was busy: look again.
            match call(self.writer.api.get_opt(name)).await {
                Ok(Some(fresh)) if self.is_due(&fresh) => current = Some(fresh),
                Ok(_) => {
                    self.lock().due.remove(name);
                    return;
                }
                Err(_) => {
                    tokio::time::sleep(pause(failures, RETRY_FIRST, RETRY_MAX)).await;
                    failures += 1;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn note(&self, finding: &Finding) -> Result<(), WriteError> {
        let Some(status) = &finding.status else { return Ok(()) };
        if let (Some(Phase::Resolved), Some(written)) = (status.phase, &finding.spec.acknowledgement) {
            let noted = status.acknowledgement.as_ref();
            let is_left_over = noted.is_some_and(|n| n.by == written.by && n.note == written.note);
            self.writer.strip_acknowledgement(finding).await?;
            if !is_left_over {
                let note = texts::acknowledgement_refused(self.writer.language, &written.by);
                self.writer.events.publish(finding.object_ref(&()), true, "AcknowledgementRefused", &note);
            }
            return Ok(());
        }
        match self.noted(finding, status, crate::runtime::clock::now()) {
            Some((next, step)) => {
                let written = self.writer.write_status(finding, next).await?;
                self.writer.tell(&written, &[step]);
            }
            None => {
                self.writer.write_status(finding, status.clone()).await?;
            }
        }
        Ok(())
    }

    /// Whether spec and status say different things.
    fn is_due(&self, finding: &Finding) -> bool {
        let Some(status) = &finding.status else { return false };
        let is_new = status.observed_generation != finding.metadata.generation;
        match status.phase {
            None => false,
            Some(Phase::Resolved) => is_new || finding.spec.acknowledgement.is_some(),
            Some(_) => is_new || self.noted(finding, status, Timestamp::UNIX_EPOCH).is_some(),
        }
    }

    /// The status once note is taken of what the spec says; `None` where it says the same.
    fn noted(&self, finding: &Finding, status: &FindingStatus, now: Timestamp) -> Option<(FindingStatus, Step)> {
        let written = finding.spec.acknowledgement.as_ref();
        let manager = manager_of_acknowledgement(finding);
        let manager = manager.as_deref();
        let through_facade = manager == Some(field_managers::FACADE);
        let checked = self.writer.names_are_checked;
        let proven = written.is_some_and(|w| transition::is_proven(status, w, manager, through_facade, checked));
        transition::acknowledge(status, written, manager, proven, now)
    }
}

/// The field manager that owns `spec.acknowledgement`.
fn manager_of_acknowledgement(finding: &Finding) -> Option<String> {
    finding.spec.acknowledgement.as_ref()?;
    let owners = finding.metadata.managed_fields.iter().flatten();
    let owning = owners.filter(|entry| {
        let fields = entry.fields_v1.as_ref().map(|f| &f.0);
        fields.is_some_and(|f| f.get("f:spec").is_some_and(|s| s.get("f:acknowledgement").is_some()))
    });
    owning.max_by_key(|entry| entry.time.clone()).and_then(|entry| entry.manager.clone())
}
