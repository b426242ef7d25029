//! Runs due Scenarios on request, for an external cron.
//!
//! A tick is authorized by a secret that belongs to no person, and records no Action.

use super::CommandError;
use crate::api::Health;
use crate::views::TickView;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Results returned at most.
const RESULTS_MAX: usize = 500;

/// Runs Scenarios: the operator of this process.
pub trait Scheduler: Send + Sync {
    /// Runs the due Scenarios, or all with `force`, and waits for them. The error says why this replica does not run them.
    fn tick(&self, force: bool) -> BoxFuture<'static, Result<TickView, String>>;
}

/// The scheduler of this process; Unavailable where the controllers are another process.
pub fn require_scheduler(scheduler: Option<&Arc<dyn Scheduler>>) -> Result<&Arc<dyn Scheduler>, CommandError> {
    let reason =
        "this process is the facade alone and never leads: the controllers run due Scenarios in another process";
    scheduler.ok_or_else(|| CommandError::unavailable(reason))
}

/// Runs the due Scenarios, or all with `force`. Of many results, those that are not healthy are kept.
pub async fn tick(scheduler: &dyn Scheduler, force: bool) -> Result<TickView, CommandError> {
    let mut view = scheduler.tick(force).await.map_err(CommandError::unavailable)?;
    view.results.sort_by_key(|result| result.health == Some(Health::Healthy));
    view.results.truncate(RESULTS_MAX);
    Ok(view)
}
