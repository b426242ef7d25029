//! Typed read models of the resources: what the REST facade serializes, and what the panel, agents and mail show.
//!
//! Each view is built from resources by a pure function; [`Resources`] looks the resources up in the caches. The schemas of the
//! OpenAPI document are derived from these types.

mod action;
mod advice;
mod agent;
mod board;
mod change;
mod chat;
mod citation;
mod evidence;
mod finding;
mod health;
mod inbox_filter;
mod kept;
mod message;
mod message_state;
mod operator;
mod order;
mod owner;
mod page;
mod past;
mod pending;
mod query;
mod reader;
mod resources;
mod roster;
mod run;
mod samples;
mod scenario;
mod shown;
mod silence;
mod silence_standing;
mod similar;
mod standing;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod thread;
mod tick;
mod vote;
mod words;

pub use action::{ActionFilter, ActionView, ActorView, SubjectView};
pub use advice::{AdviceModelView, AdviceView};
pub use agent::AgentRef;
pub use board::{BoardFilter, BoardGroup, BoardRow, BoardView};
pub use change::{ChangeView, DeletedChange, FindingChange, MessageChange, ScenarioChange};
pub use chat::{AnswerProgressView, ChatAnswers, ChatEvent, ChatProgress, ChatRef, ChatView, ProgressPhase};
pub use citation::CitationView;
pub use evidence::{EvidenceView, ReadingView, SnapshotView, ValueView};
pub use finding::{
    AcknowledgementView, FindingFilter, FindingPhase, FindingView, NoticeView, OccurrenceView, PhaseFilter,
    RunbookView, happened, is_active, occurrences_of, phase, severity,
};
pub use health::{
    HealthDetails, HealthView, ModelView, OpenFindings, ReplicaView, ScenarioCounts, ServiceStatus, StoreView,
};
pub use inbox_filter::InboxFilter;
pub use kept::Kept;
pub use message::{AuthorView, InboxView, MessageAcknowledgementView, MessagePhaseView, MessageView};
pub use message_state::is_pending;
pub use operator::{ModelState, ModelUse, OperatorState, OperatorStatus, RegistryState, RunTimes, StoreState};
pub use order::{Order, Sort, SortParameter};
pub use owner::OwnerView;
pub use page::{Cursor, LIMIT_DEFAULT, LIMIT_MAX, Page, PageRequest};
pub use past::{HistoryQuery, HistoryReader, NoHistory, Records};
pub use pending::{AcknowledgedItem, AcknowledgedView, First, OfCheck, PendingCount, PendingItem, PendingView};
pub use query::{Parameters, QueryError};
pub use reader::Reader;
pub use resources::Resources;
pub use roster::RosterView;
pub use run::{CheckView, RunAccepted, RunView};
pub use samples::Totals;
pub use scenario::{ScenarioView, is_ready};
pub use silence::{MatcherView, RecurrenceView, SilenceFilter, SilenceView};
pub use silence_standing::{SilenceStanding, StandingSilence};
pub use similar::{NoteView, SimilarFindings, SimilarView};
pub use standing::{Standing, standing};
pub use thread::{ThreadFilter, ThreadState, ThreadView};
pub use tick::{TickResultView, TickView};
pub use vote::{AdviceRequested, RecordedVotes, VoteView, VoteWord, VotesView};
