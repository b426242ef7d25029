//! Why a check failed: the view of what was read.

use crate::api::{Evidence, ReadValue, Snapshot};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Why the check failed, and what was read then and when it last passed, at most 4 KiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EvidenceView {
    /// What `show` of the check gives; null where it has none.
    #[schema(required, example = "{\"vmid\": 112}")]
    pub show: Option<String>,
    /// The expression that was false; null where the check is a probe, or could not be judged.
    #[schema(required, example = "item.status == \"running\"")]
    pub expression: Option<String>,
    /// What the expression read, in its order.
    pub values: Vec<ValueView>,
    /// Readings of the run that opened the Finding.
    #[schema(required)]
    pub failing: Option<SnapshotView>,
    /// Readings of the last run that passed.
    #[schema(required)]
    pub last_good: Option<SnapshotView>,
    /// Whether something was cut to keep the limit.
    #[schema(example = false)]
    pub truncated: bool,
}

/// A value that an expression read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValueView {
    /// Where it is, as in the expression.
    #[schema(example = "probes.api.status")]
    pub path: String,
    /// The value as JSON, with secret values redacted; in parentheses, why there is none.
    #[schema(example = "500")]
    pub value: String,
}

/// Readings of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SnapshotView {
    /// Time of the run.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub at: Timestamp,
    /// One excerpt for each probe.
    pub readings: Vec<ReadingView>,
}

/// Excerpt of a reading, with secret values redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReadingView {
    /// Name of the probe.
    #[schema(example = "vms")]
    pub probe: String,
    /// The excerpt.
    #[schema(example = "200 {\"data\":[]}")]
    pub reading: String,
}

impl From<Evidence> for EvidenceView {
    fn from(evidence: Evidence) -> EvidenceView {
        let value = |read: ReadValue| ValueView { path: read.path, value: read.value };
        EvidenceView {
            show: evidence.show,
            expression: evidence.expression,
            values: evidence.values.into_iter().map(value).collect(),
            failing: evidence.failing.map(SnapshotView::from),
            last_good: evidence.last_good.map(SnapshotView::from),
            truncated: evidence.truncated,
        }
    }
}

impl From<Snapshot> for SnapshotView {
    fn from(snapshot: Snapshot) -> SnapshotView {
        let readings = snapshot.readings.into_iter();
        SnapshotView {
            at: snapshot.at.0,
            readings: readings.map(|r| ReadingView { probe: r.probe, reading: r.reading }).collect(),
        }
    }
}
