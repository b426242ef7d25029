//! Health of the program.

use super::finding::{is_active, severity};
use super::shown::line;
use super::{ModelState, ModelUse, OperatorState, RegistryState, StoreState};
use crate::api::conditions::bounded;
use crate::api::{Finding, Health, Severity};
use crate::controllers::channel_states::ChannelState;
use crate::controllers::scenario::{NotWatched, WatchStates};
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::printable::printable;
use crate::runtime::leadership::Leadership;
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// A scheduler whose runs start later than this is degraded.
const LATENESS_MAX: Duration = Duration::from_secs(30);
/// Maximum number of damaged objects that are named, and of errors of the registry.
const NAMED_MAX: usize = 20;
/// Maximum length of an error of the registry, in bytes.
const ERROR_MAX: usize = 512;

/// Health of the program; with a valid token in the request also the details.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HealthView {
    /// State of the program.
    pub status: ServiceStatus,
    /// Tier that is active: `T1` while the local model can be used, as the replica that leads knows; else `T0`, the deterministic checks.
    #[schema(example = "T0")]
    pub tier: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// Present only where the request carries a valid token.
    #[serde(flatten)]
    #[schema(value_type = HealthDetails)]
    pub details: Option<HealthDetails>,
}

/// State of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServiceStatus {
    /// Working.
    Ok,
    /// Working, but late, without a confirmed lease, with Findings that can't be decoded, with a store that can't be written or read
    /// completely, with Scenarios that are invalid or late, with a channel of notices that has been failing for five minutes, or with
    /// errors in the registry.
    Degraded,
    /// Not ready.
    Down,
}

/// Details of the program's health: all of these properties or none.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HealthDetails {
    /// Scenarios by health.
    #[schema(required = false)]
    pub scenarios: ScenarioCounts,
    /// Scenarios by state, and those that are not watched.
    #[schema(required = false)]
    pub scenario_states: ScenarioStatesView,
    /// Findings that are Open or Acknowledged, by severity.
    #[schema(required = false)]
    pub open_findings: OpenFindings,
    /// How long after its due time the last run started, in seconds; null where the controllers are another process.
    pub scheduler_lateness_seconds: Option<f64>,
    /// What the program waits for before it is ready.
    #[schema(required = false)]
    pub waiting_for: Vec<String>,
    /// Leadership of this replica; null where the controllers are another process.
    pub replica: Option<ReplicaView>,
    /// Names of the first Findings that can't be decoded. The operator removes what it can't decode; one of which the identity is
    /// damaged has to be deleted.
    #[schema(required = false)]
    pub undecodable_findings: Vec<String>,
    /// State of each channel of notices, as this replica saw it while it led; only where the controllers are in this process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<ChannelView>>,
    /// State of the local model, as the replica that leads saw it last; only where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelView>,
    /// State of the embedded store; only in standalone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreView>,
    /// State of the registry; only where this process follows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<RegistryView>,
}

/// Scenarios by state. Each is in one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScenarioStatesView {
    /// Those whose probes run.
    pub ready: usize,
    /// Those whose spec has errors or cannot be decoded.
    pub invalid: usize,
    /// Those that are suspended.
    pub suspended: usize,
    /// Those that may run, and completed no run for two intervals.
    pub late: usize,
    /// The first invalid ones, at most 20.
    pub first_invalid: Vec<NotWatchedView>,
    /// The first late ones, at most 20.
    pub first_late: Vec<NotWatchedView>,
}

/// A Scenario that is not watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotWatchedView {
    /// Object name of the Scenario.
    #[schema(example = "proxmox.cluster")]
    pub id: String,
    /// What is wrong.
    pub message: String,
}

/// State of a channel of notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelView {
    /// `mail`, `ntfy` or `webhook`.
    #[schema(example = "mail")]
    pub channel: &'static str,
    /// `off` (not configured), `ok` or `failing`, by the last attempt.
    #[schema(example = "failing")]
    pub state: &'static str,
    /// Time since when it has this state; null before the first attempt.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Why the last attempt failed; null where it did not.
    #[schema(required, example = "connection refused")]
    pub last_error: Option<String>,
}

/// State of the local model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ModelView {
    /// Name and tag; null where the model is off.
    #[schema(required, example = "qwen2.5:7b-instruct")]
    pub name: Option<String>,
    /// `off` (not configured), `unknown` (no replica leads, or it was not looked at yet), `ok` or `failing`: the last call failed or was of no use.
    #[schema(example = "failing")]
    pub state: &'static str,
    /// Digest, as the server lists it; null unless the state is `ok`.
    #[schema(required, example = json!(null))]
    pub digest: Option<String>,
    /// Why it can't be used, and what to do.
    #[schema(
        required,
        example = "the server does not have the model qwen2.5:7b-instruct; to install it, run there: ollama pull qwen2.5:7b-instruct"
    )]
    pub detail: Option<String>,
}

/// State of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RegistryView {
    /// The first things of it that are not in force, at most 20, each with file and position.
    pub errors: Vec<String>,
    /// How many things of it are not in force.
    pub errors_total: usize,
}

/// State of the embedded store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoreView {
    /// Whether it can be written. If not, objects are read as they were stored last.
    pub writable: bool,
    /// Why it can't be written.
    #[schema(required, example = "database or disk is full")]
    pub error: Option<String>,
    /// The first of the objects in it that can't be read, each with the reason.
    pub damaged: Vec<String>,
    /// How many objects can't be read.
    pub damaged_total: usize,
}

/// Number of Scenarios by health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScenarioCounts {
    /// All Scenarios.
    pub total: usize,
    /// Healthy ones.
    pub healthy: usize,
    /// Failing ones.
    pub failing: usize,
    /// Those whose health is unknown.
    pub unknown: usize,
}

/// Number of Findings that are Open or Acknowledged, by severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenFindings {
    /// Critical ones.
    pub critical: usize,
    /// High ones.
    pub high: usize,
    /// Medium ones.
    pub medium: usize,
    /// Low ones.
    pub low: usize,
    /// Informational ones.
    pub info: usize,
}

/// Leadership of a replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplicaView {
    /// `leading`, `uncertain` (the Lease can't be renewed) or `following`.
    #[schema(example = "leading")]
    pub standing: &'static str,
    /// The replica that holds the Lease, if this one follows and has read it.
    #[schema(required)]
    pub holder: Option<String>,
}

impl HealthView {
    /// The health without details, for requests without a token.
    pub fn summary(operator: &OperatorState, states: &WatchStates) -> HealthView {
        HealthView {
            status: status(operator, states),
            tier: tier(operator),
            version: env!("CARGO_PKG_VERSION"),
            details: None,
        }
    }

    /// The health with details.
    pub fn detailed(
        operator: &OperatorState,
        states: &WatchStates,
        scenarios: &[Arc<CachedScenario>],
        findings: &[Arc<Finding>],
    ) -> HealthView {
        let details = HealthDetails {
            scenarios: ScenarioCounts::of(scenarios),
            scenario_states: ScenarioStatesView::new(states),
            open_findings: OpenFindings::of(findings),
            scheduler_lateness_seconds: operator.lateness.map(|lateness| lateness.as_secs_f64()),
            waiting_for: operator.waiting_for.clone(),
            replica: operator.leadership.as_ref().map(ReplicaView::new),
            undecodable_findings: operator.undecodable_findings.iter().take(NAMED_MAX).cloned().collect(),
            channels: operator.channels.as_ref().map(|channels| channels.iter().map(ChannelView::new).collect()),
            model: operator.model.as_ref().map(ModelView::new),
            store: operator.store.as_ref().map(StoreView::new),
            registry: operator.registry.as_ref().map(RegistryView::new),
        };
        HealthView { details: Some(details), ..HealthView::summary(operator, states) }
    }
}

/// T1 needs a model that can be used.
fn tier(operator: &OperatorState) -> &'static str {
    let is_usable = operator.model.as_ref().is_some_and(|model| matches!(model.usable, ModelUse::Possible { .. }));
    if is_usable { "T1" } else { "T0" }
}

fn status(operator: &OperatorState, states: &WatchStates) -> ServiceStatus {
    let is_uncertain = matches!(operator.leadership, Some(Leadership::Uncertain { .. }));
    let is_late = operator.lateness.is_some_and(|lateness| lateness > LATENESS_MAX);
    let is_store_faulty = operator.store.as_ref().is_some_and(|store| *store != StoreState::default());
    let has_errors = operator.registry.as_ref().is_some_and(|registry| registry.errors_total > 0);
    let is_degraded = is_uncertain
        || is_late
        || is_store_faulty
        || has_errors
        || operator.channels.iter().flatten().any(|channel| channel.is_down)
        || !operator.undecodable_findings.is_empty()
        || !states.is_well();
    match operator.waiting_for.is_empty() {
        false => ServiceStatus::Down,
        true if is_degraded => ServiceStatus::Degraded,
        true => ServiceStatus::Ok,
    }
}

impl ScenarioCounts {
    fn of(scenarios: &[Arc<CachedScenario>]) -> ScenarioCounts {
        let count =
            |health| scenarios.iter().filter(|s| s.status.as_ref().and_then(|s| s.health) == Some(health)).count();
        let (total, healthy, failing) = (scenarios.len(), count(Health::Healthy), count(Health::Failing));
        ScenarioCounts { total, healthy, failing, unknown: total - healthy - failing }
    }
}

impl OpenFindings {
    fn of(findings: &[Arc<Finding>]) -> OpenFindings {
        let count = |level| findings.iter().filter(|f| is_active(f) && severity(f) == Some(level)).count();
        OpenFindings {
            critical: count(Severity::Critical),
            high: count(Severity::High),
            medium: count(Severity::Medium),
            low: count(Severity::Low),
            info: count(Severity::Info),
        }
    }
}

impl ScenarioStatesView {
    fn new(states: &WatchStates) -> ScenarioStatesView {
        let WatchStates { ready, suspended, invalid, late } = states;
        let first = |of: &NotWatched| {
            let one = |(id, message): (&String, &String)| NotWatchedView { id: id.clone(), message: message.clone() };
            of.first.iter().map(one).collect()
        };
        ScenarioStatesView {
            ready: *ready,
            invalid: invalid.total,
            suspended: *suspended,
            late: late.total,
            first_invalid: first(invalid),
            first_late: first(late),
        }
    }
}

impl ChannelView {
    fn new(state: &ChannelState) -> ChannelView {
        let ChannelState { channel, standing, since, last_error, .. } = state;
        ChannelView {
            channel: channel.as_str(),
            state: standing.as_str(),
            since: *since,
            last_error: last_error.clone(),
        }
    }
}

impl ModelView {
    fn new(ModelState { name, usable, detail, .. }: &ModelState) -> ModelView {
        let (state, digest) = match usable {
            ModelUse::Off => ("off", None),
            ModelUse::Unknown => ("unknown", None),
            ModelUse::Failing => ("failing", None),
            ModelUse::Possible { digest } => ("ok", Some(line(digest))),
        };
        let detail = detail.as_deref().map(|detail| bounded(&line(detail), ERROR_MAX));
        ModelView { name: name.as_deref().map(line), state, digest, detail }
    }
}

impl RegistryView {
    fn new(registry: &RegistryState) -> RegistryView {
        let RegistryState { errors, errors_total } = registry;
        let first = errors.iter().take(NAMED_MAX).map(|error| bounded(&printable(error), ERROR_MAX));
        RegistryView { errors: first.collect(), errors_total: *errors_total }
    }
}

impl StoreView {
    fn new(store: &StoreState) -> StoreView {
        let StoreState { write_error, damaged } = store;
        StoreView {
            writable: write_error.is_none(),
            error: write_error.clone(),
            damaged: damaged.iter().take(NAMED_MAX).cloned().collect(),
            damaged_total: damaged.len(),
        }
    }
}

impl ReplicaView {
    fn new(leadership: &Leadership) -> ReplicaView {
        let holder = match leadership {
            Leadership::Following { holder } => holder.clone(),
            Leadership::Leading { .. } | Leadership::Uncertain { .. } => None,
        };
        ReplicaView { standing: leadership.as_str(), holder }
    }
}
