//! The scenario controller's decisions: an event goes in, effects come out. No clock, no network, no Kubernetes client.
//!
//! [`State::on`] is the one way in. The task in `super` carries the effects out and reports what became of them as further
//! events. Handlers are in files by subject: [`objects`] (Scenarios, Findings, Agents), [`leadership`], [`runs`], [`results`] (of
//! writes), [`watching`] (what keeps Scenarios from being watched).

mod activation;
mod dependencies;
mod effects;
mod event;
mod findings;
mod freshness;
mod lateness;
mod leadership;
mod model;
mod objects;
mod removed_keys;
mod requests;
mod results;
mod runs;
mod scenario;
mod schedule;
mod ticks;
mod watching;
mod writes;

#[cfg(test)]
mod tests;

pub use effects::{Effect, FindingUpdate, FindingWrite, FindingWritten, RunOrder, RunResult, StatusWrite};
pub use event::{AgentSummary, Event, Now, ObjectChange, UndecodableObject};
pub use model::{Settings, State};
pub use scenario::{RunId, StatusSeen};
pub use ticks::{TickId, TickReport, TickResult};

use effects::Effects;

impl State {
    /// Processes an event and returns what is to be done about it.
    pub fn on(&mut self, event: Event, now: Now) -> Vec<Effect> {
        let mut effects = Effects::new();
        match event {
            Event::Leadership { term, may_write } => self.leadership_changed(term, may_write, now, &mut effects),
            Event::Scenario(change) => self.scenario_changed(change, now, &mut effects),
            Event::Finding(change) => self.finding_changed(change, now, &mut effects),
            Event::Agent(change) => self.agent_changed(change, now, &mut effects),
            Event::RunEnded { scenario, id, started_at, result } => {
                self.run_ended(&scenario, id, (started_at, result), now, &mut effects);
            }
            Event::FindingsWritten { scenario, id, removed, results } => {
                self.findings_removed(&removed);
                self.findings_written(&scenario, id, results, now, &mut effects);
            }
            Event::StatusWritten { scenario, id, result } => {
                self.status_written(&scenario, id, result, now, &mut effects);
            }
            Event::Tick { id, force } => self.tick(id, force, now, &mut effects),
            Event::TickAbandoned { id } => self.ticks.abandon(id),
            Event::Timer => self.timer(now, &mut effects),
            Event::Stopping => self.activation.stop(),
        }
        effects
    }
}
