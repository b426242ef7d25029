//! What the state asks the task to do, and in which form the results come back.

use super::scenario::RunId;
use super::ticks::{TickId, TickReport};
use super::writes::WriteId;
use crate::api::{ScenarioStatus, WatchState};
use crate::controllers::finding::FindingSummary;
use crate::controllers::scenario::watch_states::WatchStates;
use crate::domain::desired::CheckKey;
use crate::domain::evidence::RunSnapshot;
use crate::domain::keys::KeyLimit;
use crate::domain::outcome::Evaluation;
use crate::domain::pending::PendingUpdate;
use crate::domain::run_failure::RunFailure;
use crate::domain::transition::Step;
use crate::domain::validate::{ValidatedScenario, ValidationError};
use crate::runtime::version::Version;
use crate::runtime::write::WriteError;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is to be done.
pub enum Effect {
    StartRun(RunOrder),
    /// End all runs under way; their results do not count.
    CancelRuns,
    /// End this run; its result does not count.
    CancelRun {
        id: RunId,
    },
    WriteFindings(FindingWrite),
    WriteStatus(Box<StatusWrite>),
    /// A Scenario refers to Secrets that must be known before the next run of any Scenario.
    SecretsNamed(Arc<ValidatedScenario>),
    /// A run has been processed.
    RunRecorded,
    /// Keys that failed have no Findings of their own.
    KeyLimitReached {
        scenario: Arc<str>,
        check: String,
        limit: KeyLimit,
    },
    /// For the log: what keeps the Scenario from being watched, in English, or nothing any more.
    StateChanged {
        scenario: Arc<str>,
        state: WatchState,
        problem: Option<String>,
    },
    /// For readers of the states: those of all Scenarios now.
    StatesKnown(Box<WatchStates>),
    /// For readers of the schedule: the Scenario runs next at this time.
    Scheduled {
        scenario: Arc<str>,
        at: Instant,
        interval: Duration,
    },
    /// For readers of the schedule: the interval that the Scenario has wherever it runs.
    IntervalKnown {
        scenario: Arc<str>,
        interval: Duration,
    },
    /// For readers of the schedule: the Scenario does not run.
    Unscheduled {
        scenario: Arc<str>,
    },
    /// For readers of the schedule: nothing runs here.
    ScheduleCleared,
    AnswerTick {
        id: TickId,
        report: TickReport,
    },
    /// The tick is not answered: this replica can't run it.
    RefuseTick {
        id: TickId,
    },
}

/// The effects of one event, in order.
pub type Effects = Vec<Effect>;

/// A run to be started.
pub struct RunOrder {
    pub id: RunId,
    pub scenario: Arc<str>,
    pub spec: Arc<ValidatedScenario>,
    /// When it was to start.
    pub starts_at: Instant,
    /// Whether its targets answered in the last run before this process, as far as the API tells.
    pub answered_before: bool,
}

/// The result of a run.
pub enum RunResult {
    Evaluated {
        evaluation: Evaluation,
        snapshot: Arc<RunSnapshot>,
    },
    /// The spec asks for what it may not use; nothing was read.
    Refused(Vec<ValidationError>),
    /// Nothing was read, for a reason that is not the Scenario's.
    Failed(RunFailure),
}

/// Updates of the Findings of one Scenario, and what makes room for new ones.
pub struct FindingWrite {
    pub id: WriteId,
    pub scenario: Arc<str>,
    /// Names of resolved Findings that make room for new ones, to be removed before the updates.
    pub removals: Vec<String>,
    pub updates: Vec<FindingUpdate>,
}

/// Updates of one Finding, in order.
pub struct FindingUpdate {
    pub at: CheckKey,
    pub updates: Vec<PendingUpdate>,
    /// The newest version known: an older copy in a cache must decide nothing.
    pub known: Option<Version>,
}

/// The result for one Finding.
pub struct FindingWritten {
    pub at: CheckKey,
    /// The number of the last update that was written.
    pub number: u64,
    /// The Finding as it is now, if it exists, and the transitions that were written.
    pub result: Result<(Option<FindingSummary>, Vec<Step>), WriteError>,
}

/// A status to be written, if the object is still at this version.
pub struct StatusWrite {
    pub id: WriteId,
    pub scenario: Arc<str>,
    pub resource_version: String,
    pub before: ScenarioStatus,
    pub status: ScenarioStatus,
}
