//! Where read models get the history from: the file of this process, or the replica that has it.

use super::Resources;
use crate::api::Action;
use crate::domain::history::maintenance::VERB;
use crate::domain::history::record::Record;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::sync::Arc;

/// What is asked of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Names of Scenarios.
    pub scenarios: Vec<String>,
    /// Readings of each at most, the last ones.
    pub most: usize,
    /// The time now.
    pub now: Timestamp,
}

/// What is known of Scenarios, in their order, or why nothing is.
pub type Records = Result<Vec<Record>, NoHistory>;

/// Reads the history, wherever it is kept.
pub trait HistoryReader: Send + Sync {
    /// From this process alone.
    fn own(&self, query: HistoryQuery) -> BoxFuture<'static, Records>;

    /// From this process or, where another replica has it, from that one.
    fn records(&self, query: HistoryQuery) -> BoxFuture<'static, Records> {
        self.own(query)
    }
}

/// Why nothing is known of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoHistory {
    /// It is not kept.
    Off,
    /// The replica that leads has it, and does not tell; its name, where that is known.
    Elsewhere { holder: Option<String> },
    /// The file can't be read.
    Failed,
}

impl Resources {
    /// The Actions that say what hours of the past were.
    pub fn reclassifications(&self) -> Vec<Arc<Action>> {
        self.actions.state_filter(|action| action.spec.verb == VERB)
    }
}
