//! Where read models get the history from: the file of this process, or the replica that has it.

use super::Resources;
use crate::api::Action;
use crate::domain::history::maintenance::VERB;
use crate::domain::history::record::Record;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::sync::Arc;

/// Reads the history, wherever it is kept.
pub trait HistoryReader: Send + Sync {
    /// What is known of Scenarios, in their order, each with at most so many of its last readings.
    fn records(
        &self,
        scenarios: Vec<String>,
        now: Timestamp,
        most: usize,
    ) -> BoxFuture<'static, Result<Vec<Record>, NoHistory>>;
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
