//! The questions that the local model answers besides an Agent.
//!
//! 1. Follow the Messages, with a subscription of its own: an Agent's answer that says that the model's follows makes its question one of
//!    the open ones, until that answer is there or the question is an hour old ([`open`]).
//! 2. Tell the advice controller, which calls the model, of the open questions; it makes the prompt and stores the answer with [`Asking`].
//! 3. While this replica leads, write how far the answers have come, as the advice controller says ([`progress`]).
//! 4. Where T1 was turned off since, or the question was not asked within an hour, answer that.

mod asking;
mod open;
mod progress;

pub use asking::{Asked, Asking, Prepared};

use super::context::Context;
use crate::api::Message;
use crate::domain::conversation::answer::ModelOutcome;
use crate::runtime::clock;
use crate::runtime::retry::Retry;
use crate::runtime::watch::Subscription;
use open::Open;
use progress::Progress;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// The ages of questions are looked at, and writes that failed are repeated, this often.
const CHECK: Duration = Duration::from_secs(1);
/// Answers without the model that are stored between two looks at what changed.
const AT_ONCE: usize = 8;

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let controller = Controller {
        progress: Progress::new(context),
        asking: Asking::new(context),
        settled: BTreeSet::new(),
        failures: 0,
        not_before: Instant::now(),
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
    /// Questions that have their answer without the model, until that is seen, or of which it is refused.
    settled: BTreeSet<String>,
    /// Attempts to store such answers that failed in a row, and when the next one is due.
    failures: u32,
    not_before: Instant,
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

    /// T1 may have been on when the Agent said that the answer of the model follows; or others came before the question for an hour.
    async fn answer_without_model(&mut self) {
        let open = &self.open;
        self.settled.retain(|name| open.asked.contains_key(name) || open.late.contains(name));
        if Instant::now() < self.not_before {
            return;
        }
        let running = self.context.questions.running.borrow().as_ref().map(|(name, _)| name.clone());
        let is_due = |name: &&String| !self.settled.contains(*name) && running.as_ref() != Some(*name);
        let late = open.late.iter().filter(is_due).map(|name| (name.clone(), ModelOutcome::Late));
        let off = self.context.advice.off.into_iter().flat_map(|setting| {
            open.asked.keys().filter(is_due).map(move |name| (name.clone(), ModelOutcome::Off { setting }))
        });
        let due: Vec<_> = late.chain(off).take(AT_ONCE).collect();
        for (name, outcome) in due {
            let Some(question) = self.context.caches.messages.get(&name) else { continue };
            match self.asking.try_answer(&question, &outcome, self.failures).await {
                Ok(()) => {
                    self.failures = 0;
                    self.settled.insert(name);
                }
                Err(Retry::Stop) => drop(self.settled.insert(name)),
                Err(Retry::WaitForLeadership) => return,
                Err(Retry::After(interval)) => {
                    self.failures = self.failures.saturating_add(1);
                    self.not_before = Instant::now() + interval;
                    return;
                }
            }
        }
    }
}
