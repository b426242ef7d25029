//! What happens: the events that the state processes.

use super::effects::{FindingWritten, RunResult};
use super::scenario::{RunId, StatusSeen};
use super::ticks::TickId;
use super::writes::WriteId;
use crate::controllers::finding::FindingSummary;
use crate::domain::cached_scenario::CachedScenario;
use crate::runtime::guard::Outline;
use crate::runtime::version::Version;
use crate::runtime::write::WriteError;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;

/// The time of an event.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For schedules.
    pub monotonic: Instant,
    /// For records, in whole seconds.
    pub wall: Timestamp,
}

/// What happened.
pub enum Event {
    /// The term in which this replica may read targets, if it does, and whether it may write now.
    Leadership {
        term: Option<u64>,
        may_write: bool,
    },
    Scenario(ObjectChange<Arc<CachedScenario>>),
    Finding(ObjectChange<FindingSummary>),
    Agent(ObjectChange<AgentSummary>),
    /// A run has ended.
    RunEnded {
        scenario: Arc<str>,
        id: RunId,
        started_at: Timestamp,
        result: RunResult,
    },
    FindingsWritten {
        scenario: Arc<str>,
        id: WriteId,
        /// Names of the Findings that were removed.
        removed: Vec<String>,
        results: Vec<FindingWritten>,
    },
    StatusWritten {
        scenario: Arc<str>,
        id: WriteId,
        result: Result<StatusSeen, WriteError>,
    },
    /// Run what is due, or everything.
    Tick {
        id: TickId,
        force: bool,
    },
    /// The caller of a tick is gone.
    TickAbandoned {
        id: TickId,
    },
    /// The time of [`super::State::next_timer`] has come.
    Timer,
    /// The process ends: nothing begins any more.
    Stopping,
}

/// A change of one kind's objects.
pub enum ObjectChange<T> {
    Applied(T),
    Undecodable(UndecodableObject),
    /// With its version at the deletion, where that is known.
    Deleted(Arc<str>, Option<Version>),
    /// All objects there are: what is not among them has been deleted.
    Resynchronised(Vec<T>, Vec<UndecodableObject>),
}

/// An object that does not have the shape that this program knows.
#[derive(Clone, Debug)]
pub struct UndecodableObject {
    pub name: Arc<str>,
    pub generation: Option<i64>,
    pub resource_version: Option<String>,
    pub error: String,
    pub outline: Outline,
}

/// What the controller needs to know of an Agent.
#[derive(Clone, Debug)]
pub struct AgentSummary {
    pub name: String,
    pub is_suspended: bool,
}
