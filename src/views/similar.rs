//! Similar past occurrences of a Finding.

use super::Resources;
use super::shown::{line, text};
use crate::api::Finding;
use crate::domain::conversation::noted::noted;
use crate::domain::similar::{Closeness, Note, Similar, candidates, may_be_close, occurrences, similar};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The past occurrences that are most similar to a Finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SimilarFindings {
    /// At most 3, the most similar first.
    pub items: Vec<SimilarView>,
    /// Always null: there are no further pages.
    #[schema(required, example = json!(null))]
    pub next: Option<String>,
}

/// A past occurrence of a Finding, and what people wrote about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SimilarView {
    /// Object name of the Finding.
    #[schema(example = "proxmox.cluster-0123456789")]
    pub finding_id: String,
    /// Name of its Scenario.
    #[schema(example = "proxmox.cluster")]
    pub scenario_id: String,
    /// Name of the check or probe that failed.
    #[schema(example = "vm-running")]
    pub check: String,
    /// Item of a check with `forEach`, else empty.
    #[schema(example = "112")]
    pub key: String,
    /// How similar it is: `same_finding`, an earlier occurrence of the same; `same_check`, of another item; `close_evidence`, the same kind
    /// of error or status code with a similar message, or nearly the same message.
    #[schema(example = "same_finding")]
    pub closeness: &'static str,
    /// Message with which it was opened; empty where that is not known any more.
    #[schema(example = "VM 112 não está em execução")]
    pub message: String,
    /// Start of the occurrence.
    #[schema(example = "2026-01-01T03:04:05Z")]
    pub opened_at: Timestamp,
    /// End of the occurrence.
    #[schema(example = "2026-01-01T03:29:05Z")]
    pub resolved_at: Timestamp,
    /// How long it lasted, in seconds.
    #[schema(example = 1500)]
    pub seconds: u64,
    /// What people wrote when they acknowledged, and in its Thread: at most the last 3, oldest first, and what fixed it among them.
    pub notes: Vec<NoteView>,
}

/// What a person wrote about an occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoteView {
    /// Name of the person.
    #[schema(example = "ana")]
    pub by: String,
    /// The text, at most 240 characters.
    #[schema(example = "reiniciei o nó")]
    pub text: String,
    /// When it was written.
    #[schema(example = "2026-01-01T03:20:00Z")]
    pub at: Timestamp,
    /// Whether the name was authenticated; null where that is not known any more.
    #[schema(required, example = true)]
    pub proven: Option<bool>,
    /// Whether it says what fixed the Finding.
    #[schema(example = true)]
    pub explains: bool,
}

impl From<Similar> for SimilarView {
    fn from(similar: Similar) -> SimilarView {
        SimilarView {
            closeness: Closeness::as_str(similar.closeness),
            seconds: similar.lasted().unsigned_abs().as_secs(),
            finding_id: similar.finding,
            scenario_id: similar.scenario,
            check: line(&similar.check),
            key: line(&similar.key),
            message: text(&similar.message),
            opened_at: similar.opened_at,
            resolved_at: similar.resolved_at,
            notes: similar.notes.into_iter().map(NoteView::from).collect(),
        }
    }
}

impl From<Note> for NoteView {
    fn from(Note { by, text, at, is_proven, explains }: Note) -> NoteView {
        NoteView { by, text, at, proven: is_proven, explains }
    }
}

impl Resources {
    /// The last occurrence of a Finding that had ended at a time: when it was opened and resolved, and the message with which it was
    /// opened. `None` where that is not known any more.
    pub fn occurrence_before(&self, finding: &Finding, at: Timestamp) -> Option<(Timestamp, Timestamp, String)> {
        let ended = occurrences(finding.status.as_ref()?);
        ended.into_iter().filter(|(_, resolved, _)| *resolved <= at).max_by_key(|(_, resolved, _)| *resolved)
    }

    /// The past occurrences that are most similar to a Finding.
    pub fn similar_findings(&self, finding: &Finding) -> SimilarFindings {
        let findings = self.findings.state_filter(|other| may_be_close(finding, other));
        let candidates = candidates(finding, findings.iter().map(|of| &**of));
        if candidates.is_empty() {
            return SimilarFindings { items: Vec::new(), next: None };
        }
        let threads = self.threads.state_filter(|of| of.spec.finding.is_some());
        let messages = self.messages.state();
        let found = similar(candidates, threads.iter().map(|of| &**of), messages.iter().map(|of| &**of), noted);
        SimilarFindings { items: found.into_iter().map(SimilarView::from).collect(), next: None }
    }
}
