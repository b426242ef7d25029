//! Runs due Scenarios on request, for an external cron.
//!
//! A tick is authorized by a secret that belongs to no person, and records no Action.

use super::CommandError;
use crate::api::Health;
use crate::runtime::leadership::LEASE_NAME;
use crate::views::TickView;
use futures::future::BoxFuture;

/// Results returned at most.
const RESULTS_MAX: usize = 500;

/// Runs Scenarios: the operator of this process.
pub trait Scheduler: Send + Sync {
    /// Runs the due Scenarios, or all with `force`, and waits for them. The error says why this replica does not run them.
    fn tick(&self, force: bool) -> BoxFuture<'static, Result<TickView, String>>;
}

/// Why the facade alone runs nothing, and who does: `leader` holds the Lease.
pub fn scheduler_is_elsewhere(leader: Option<&str>) -> CommandError {
    let leader = match leader {
        Some(leader) => format!("{leader} holds Lease {LEASE_NAME}, and leads"),
        None => format!("nobody is seen to hold Lease {LEASE_NAME}"),
    };
    CommandError::unavailable(format!(
        "this process is the facade alone and never leads: the controllers run due Scenarios in another process, and answer this route \
         there; {leader}"
    ))
}

/// Runs the due Scenarios, or all with `force`. Of many results, those that are not healthy are kept.
pub async fn tick(scheduler: &dyn Scheduler, force: bool) -> Result<TickView, CommandError> {
    let mut view = scheduler.tick(force).await.map_err(CommandError::unavailable)?;
    view.results.sort_by_key(|result| result.health == Some(Health::Healthy));
    view.results.truncate(RESULTS_MAX);
    Ok(view)
}
