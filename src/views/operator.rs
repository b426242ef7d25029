//! What read models need of the operator beyond the resources.

use crate::api::{AgentModel, ModelHealth};
use crate::controllers::channel_states::ChannelState;
use crate::controllers::model_standing::Standing;
use crate::controllers::scenario::{Rounds, WatchStates};
use crate::domain::advice::due::Model;
use crate::domain::advice::questions::Step;
use crate::runtime::leadership::Leadership;
use futures::FutureExt as _;
use futures::future::{self, BoxFuture};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Reports the state of the operator, which runs in this process or in another one.
pub trait OperatorStatus: Send + Sync {
    /// The state now.
    fn state(&self) -> OperatorState;

    /// How many Scenarios are ready, invalid, suspended and late; a moment old at most.
    fn watch_states(&self) -> Arc<WatchStates>;

    /// How often a Scenario runs, and when it runs next.
    fn run_times(&self, scenario: &str) -> RunTimes;

    /// How far the advice of the local model on a Finding is; `None` where there is none to come, and where the controllers are another
    /// process.
    fn advice_step(&self, _finding: &str) -> Option<Step> {
        None
    }

    /// The last reading of all Scenarios, and the next; a moment old at most.
    fn rounds(&self) -> Rounds {
        Rounds::default()
    }

    /// Who holds the Lease, where the controllers are another process; `None` where nobody does or it is not known.
    fn leader_elsewhere(&self) -> BoxFuture<'static, Option<String>> {
        future::ready(None).boxed()
    }
}

/// State of the operator at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorState {
    /// What must be listed before the operator or the facade is ready, as text for people; empty when ready.
    pub waiting_for: Vec<String>,
    /// How long after its due time the last run started; `None` where the controllers are another process.
    pub lateness: Option<Duration>,
    /// Leadership of this replica; `None` where the controllers are another process.
    pub leadership: Option<Leadership>,
    /// Names of the Findings that can't be decoded. They are repaired at once where that is possible.
    pub undecodable_findings: Vec<String>,
    /// State of the embedded store; `None` where the API server is another process.
    pub store: Option<StoreState>,
    /// State of each channel of notices; `None` where the controllers are another process.
    pub channels: Option<Vec<ChannelState>>,
    /// What is known of the local model; `None` where the controllers are another process, and no Agent says it.
    pub model: Option<ModelState>,
    /// State of the registry; `None` where this process follows none.
    pub registry: Option<RegistryState>,
}

impl OperatorState {
    /// Why the embedded store can't be written, if so.
    pub fn write_error(&self) -> Option<&str> {
        self.store.as_ref()?.write_error.as_deref()
    }
}

/// What is known of the local model at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelState {
    /// Name and tag; `None` where T1 is off.
    pub name: Option<String>,
    pub usable: ModelUse,
    /// Why it can't be used, and what to do.
    pub detail: Option<String>,
    /// Since when it can't be asked; `None` where it can, or that is not known.
    pub since: Option<Timestamp>,
    /// It can be asked, but its last answer was of no use.
    pub is_refused: bool,
}

/// Whether the local model can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelUse {
    Off,
    Unknown,
    Failing,
    Possible { digest: String },
}

impl ModelState {
    /// What is said of it where there is no one who knows.
    pub fn forgotten(self) -> ModelState {
        ModelState { usable: ModelUse::Unknown, detail: None, since: None, is_refused: false, ..self }
    }

    /// Whether it can't be asked now.
    pub fn is_away(&self) -> bool {
        self.usable == ModelUse::Failing && !self.is_refused
    }
}

impl From<Standing> for ModelState {
    fn from(Standing { name, model, detail, refused, since, .. }: Standing) -> ModelState {
        let is_refused = refused.is_some() && matches!(model, Model::Usable(_));
        let usable = match model {
            Model::Off => ModelUse::Off,
            Model::Unknown => ModelUse::Unknown,
            Model::Faulty(_) => ModelUse::Failing,
            // It is listed, but its last answer was of no use.
            Model::Usable(_) if refused.is_some() => ModelUse::Failing,
            Model::Usable(id) => ModelUse::Possible { digest: id.digest },
        };
        ModelState { name, usable, detail: detail.or(refused), since, is_refused }
    }
}

impl From<&AgentModel> for ModelState {
    fn from(AgentModel { name, state, digest, message, reason }: &AgentModel) -> ModelState {
        let usable = match state {
            ModelHealth::Ok => ModelUse::Possible { digest: digest.clone().unwrap_or_default() },
            ModelHealth::Failing => ModelUse::Failing,
        };
        let is_refused = reason.as_deref() == Some("AnswerRefused");
        ModelState { name: Some(name.clone()), usable, detail: message.clone(), since: None, is_refused }
    }
}

/// State of the embedded store at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreState {
    /// Why it can't be written, as on a full disk; `None` if it can.
    pub write_error: Option<String>,
    /// The objects in it that can't be read, each with the reason.
    pub damaged: Vec<String>,
}

/// State of the registry at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryState {
    /// The first things of it that are not in force, each with file and position.
    pub errors: Vec<String>,
    /// How many things of it are not in force.
    pub errors_total: usize,
}

/// When a Scenario runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunTimes {
    /// Time between two runs; `None` where it is not known.
    pub interval: Option<Duration>,
    /// Time of the next run; `None` where the Scenario does not run in this process.
    pub next_run_at: Option<Timestamp>,
}
