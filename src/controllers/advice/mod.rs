//! The advice controller: what the runbooks and the local model say about serious Findings.
//!
//! 1. Follow Findings and Agents; remember the Findings whose advice may not be what it should be ([`pending`]).
//! 2. While this replica leads, decide for each of them ([`due`](crate::domain::advice::due)): store the section of its runbook (T0) or
//!    that the advice is stale, and have the model asked. Writes are few in a second, of the most severe Findings first, so that notices
//!    never wait for them.
//! 3. Ask the model about one thing at a time ([`asking`], and the [`questions`] of people first), as far as the budget and the breaker
//!    allow: find excerpts, render the prompt, check the answer, and store it (T1) in the status and in a Message of the Agent.
//!
//! 4. While nothing waits for the model, embed the pieces of runbooks that changed, a batch at a time ([`work`]).
//!
//! The section of the runbook alone is told in the Thread only to a person who asked for advice. The opening Message and the mail have
//! quoted the Scenario's runbook already; that T1 is off, or how it is turned on, is nothing that each Thread has to say; and what the
//! search finds for a Scenario without a runbook was judged by nobody. All of that is in `status.advice`.

mod asking;
mod compose;
mod pending;
mod questions;
mod work;
mod writer;

use super::context::Context;
use tokio::task::JoinHandle;
use work::Controller;

/// Starts the controller; it ends when the context is stopped. What is not stored then, the next leader decides anew.
pub fn start(context: &Context) -> JoinHandle<()> {
    let controller = Controller::new(context);
    let stopped = context.stopped();
    tokio::spawn(async move {
        tokio::select! {
            () = controller.run() => {}
            _ = stopped => {}
        }
    })
}
