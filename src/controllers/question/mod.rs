//! The questions that the local model answers besides an Agent.
//!
//! 1. Follow the Messages, with a subscription of its own: an Agent's answer that says that the model's follows makes its question one of
//!    the open ones, until that answer is there or the question is an hour old ([`open`]).
//! 2. Tell the advice controller, which calls the model, of the open questions; it makes the prompt and stores the answer with [`Asking`].
//! 3. While this replica leads, write how far the answers have come, as the advice controller says ([`progress`]).
//! 4. Where T1 was turned off since, answer that.

mod asking;
mod open;
mod progress;

pub use asking::{Asked, Asking, Prepared};

use super::context::Context;
use crate::api::Message;
use crate::domain::conversation::answer::ModelOutcome;
use crate::runtime::clock;
use crate::runtime::watch::Subscription;
use open::Open;
use progress::Progress;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The ages of questions are looked at, and writes that failed are repeated, this often.
const CHECK: Duration = Duration::from_secs(1);

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let controller = Controller {
        progress: Progress::new(context),
        asking: Asking::new(context),
        open: Open::default(),
        context: context.clone(),
    };
    let messages = context.caches.messages.subscribe();
    let stopped = context.stopped();
    tokio::spawn(async move {
        tokio::select! {
            () = controller.run(messages) => {}
            _ = stopped => {}
        }
    })
}

struct Controller {
    context: Context,
    asking: Asking,
    open: Open,
    progress: Progress,
}

impl Controller {
    async fn run(mut self, mut messages: Subscription<Message>) {
        let kinds = ["Scenario", "Finding", "Agent", "Silence", "Thread", "Message"];
        self.context.caches.progress.until_listed(&kinds).await;
        let mut fence = self.context.fence.clone();
        let questions = self.context.questions.clone();
        let (mut queued, mut running) = (questions.queued.subscribe(), questions.running.subscribe());
        let mut check = tokio::time::interval(CHECK);
        check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let cache = self.context.caches.messages.clone();
        loop {
            tokio::select! {
                change = messages.next() => self.open.changed(&change, &cache, clock::now()),
                _ = queued.changed() => {}
                _ = running.changed() => {}
                () = fence.changed() => {}
                _ = check.tick() => self.open.refresh(&cache, clock::now()),
            }
            questions.asked(self.open.asked.clone());
            if self.context.fence.is_open() {
                self.answer_without_model().await;
                self.progress.write(&self.open, &questions.steps(), clock::now()).await;
            }
        }
    }

    /// T1 may have been on when the Agent said that the answer of the model follows.
    async fn answer_without_model(&self) {
        let Some(setting) = self.context.inquiry.off_by else { return };
        for name in self.open.asked.keys() {
            if let Some(question) = self.context.caches.messages.get(name) {
                self.asking.answer(&question, &ModelOutcome::Off { setting }).await;
            }
        }
    }
}
