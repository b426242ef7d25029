//! Typed read models of the resources: what the REST facade serializes, and what the panel, agents and mail show.
//!
//! Each view is built from resources by a pure function; [`Resources`] looks the resources up in the caches. The schemas of the
//! OpenAPI document are derived from these types.

mod agent;
mod chat;
mod finding;
mod health;
mod message;
mod operator;
mod page;
mod query;
mod resources;
mod run;
mod samples;
mod scenario;
mod silence;
#[cfg(test)]
mod tests;
mod tick;
mod words;

pub use agent::AgentRef;
pub use chat::{ChatRef, ChatView};
pub use finding::{
    AcknowledgementView, EvidenceView, FindingFilter, FindingPhase, FindingView, PhaseFilter, ReadingView, RunbookView,
    SnapshotView, is_active, phase, severity,
};
pub use health::{HealthDetails, HealthView, OpenFindings, ReplicaView, ScenarioCounts, ServiceStatus, StoreView};
pub use message::{AuthorView, CitationView, MessageAcknowledgementView, MessageView};
pub use operator::{OperatorState, OperatorStatus, RegistryState, RunTimes, StoreState};
pub use page::{Cursor, LIMIT_DEFAULT, LIMIT_MAX, Page, PageRequest};
pub use query::{Parameters, QueryError};
pub use resources::Resources;
pub use run::{CheckView, RunAccepted, RunView};
pub use samples::Totals;
pub use scenario::{ScenarioView, is_ready};
pub use silence::{MatcherView, RecurrenceView, SilenceFilter, SilenceView};
pub use tick::{TickResultView, TickView};
