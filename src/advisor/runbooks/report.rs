//! Reports what is left out of the index.

use super::library::Refreshed;
use crate::domain::texts::RunbookProblemKind as Kind;
use crate::telemetry::{Limit, Metrics};

impl Refreshed {
    /// Counts the limits that were reached, and logs what else is left out. To be called where the problems differ from those of the
    /// refresh before.
    pub fn report(&self, metrics: &Metrics) {
        for problem in &self.problems {
            match &problem.kind {
                Kind::TooManyFiles { .. } => metrics.limit_reached(Limit::RunbookFiles, problem),
                Kind::TooManyBytes { .. } => metrics.limit_reached(Limit::RunbookBytes, problem),
                _ => tracing::warn!(%problem, "runbook not indexed"),
            }
        }
    }
}
