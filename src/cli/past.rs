//! Where the panel gets the history from: the file of this process.

use crate::controllers::Operator;
use crate::domain::history::record::Record;
use crate::history::History;
use crate::runtime::leadership::{Leadership, WriteFence};
use crate::views::{HistoryReader, NoHistory, OperatorStatus};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::sync::Arc;

/// The history of a process with an operator. It is complete while this replica leads, since only whoever leads reads targets.
struct LocalHistory {
    history: History,
    fence: WriteFence,
}

/// The history as a process with an operator has it.
pub fn of_operator(operator: &Operator) -> Arc<dyn HistoryReader> {
    Arc::new(LocalHistory { history: operator.history.clone(), fence: operator.fence.clone() })
}

/// The history as a process without an operator has it: it can say who does.
pub fn elsewhere(operator: Arc<dyn OperatorStatus>) -> Arc<dyn HistoryReader> {
    Arc::new(HistoryElsewhere(operator))
}

impl HistoryReader for LocalHistory {
    fn records(
        &self,
        scenarios: Vec<String>,
        now: Timestamp,
        most: usize,
    ) -> BoxFuture<'static, Result<Vec<Record>, NoHistory>> {
        let history = self.history.clone();
        if let Leadership::Following { holder } = self.fence.leadership() {
            return async move { Err(NoHistory::Elsewhere { holder }) }.boxed();
        }
        if !history.is_on() {
            return async { Err(NoHistory::Off) }.boxed();
        }
        async move {
            let read =
                move || scenarios.iter().map(|name| history.record_of(name, now, most)).collect::<Result<_, _>>();
            let read = tokio::task::spawn_blocking(read).await.map_err(|_| NoHistory::Failed)?;
            read.map_err(|error| {
                tracing::warn!(%error, "the history can't be read");
                NoHistory::Failed
            })
        }
        .boxed()
    }
}

/// The history of a process that has none, since the replica that leads does.
struct HistoryElsewhere(Arc<dyn OperatorStatus>);

impl HistoryReader for HistoryElsewhere {
    fn records(
        &self,
        _scenarios: Vec<String>,
        _now: Timestamp,
        _most: usize,
    ) -> BoxFuture<'static, Result<Vec<Record>, NoHistory>> {
        let holder = self.0.leader_elsewhere();
        async move { Err(NoHistory::Elsewhere { holder: holder.await }) }.boxed()
    }
}
