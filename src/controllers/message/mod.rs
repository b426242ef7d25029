//! The Message controller: the Agent of a Thread answers people.
//!
//! 1. Follow the Messages and the Threads, with subscriptions of its own.
//! 2. Remember the Messages of people that have no answer and are not older than an hour ([`unanswered`]).
//! 3. While this replica leads, answer them, the oldest first and a few at a time: each with one Message, the name of which follows from
//!    the question, so that a repeated attempt, or another replica, finds it made.
//!
//! What Agents write is never answered, and of one author only so many Messages in a minute ([`rate`]): further ones wait, and are
//! forgotten once they are older than an hour. So programs that answer each other can't take all answers.

mod answering;
mod rate;
pub mod surroundings;
mod unanswered;

use super::context::Context;
use crate::api::{AuthorKind, Message, Thread};
use crate::domain::explained::is_explanation;
use crate::domain::thread::authorship::is_own;
use crate::domain::thread::names::{answer_name, first_name};
use crate::runtime::clock;
use crate::runtime::watch::{Change, Subscription};
use crate::telemetry::Limit;
use answering::{Answered, Answering, is_answered};
use jiff::{SignedDuration, Timestamp};
use kube::{Resource as _, ResourceExt as _};
use rate::{Rate, Turn};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, JoinSet};
use unanswered::{Unanswered, Waiting};

/// Answers that are being written at once.
const AT_ONCE: usize = 4;
/// A Message that is older is not answered: what it asks about has moved on.
const AGE_MAX: SignedDuration = SignedDuration::from_hours(1);
/// The clocks of the write fence, and the ages of the Messages, are checked this often.
const CHECK: Duration = Duration::from_secs(1);
/// Reason of the Event about a Message of which the Thread does not exist.
const REASON_NO_THREAD: &str = "ThreadNotFound";

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let controller = Controller {
        answering: Answering::new(context),
        unanswered: Unanswered::default(),
        rate: Rate::new(context.limits.answers_per_minute),
        told: HashSet::new(),
        running: JoinSet::new(),
        context: context.clone(),
    };
    let (messages, threads) = (context.caches.messages.subscribe(), context.caches.threads.subscribe());
    let stopped = context.stopped();
    tokio::spawn(async move {
        tokio::select! {
            () = controller.run(messages, threads) => {}
            _ = stopped => {}
        }
    })
}

struct Controller {
    context: Context,
    answering: Answering,
    unanswered: Unanswered,
    rate: Rate,
    /// Messages of which it was said that their Thread does not exist.
    told: HashSet<String>,
    running: JoinSet<(String, Answered)>,
}

impl Controller {
    /// It begins once all that answers are made of is listed: what is not listed yet is not absent.
    async fn run(mut self, mut messages: Subscription<Message>, mut threads: Subscription<Thread>) {
        let kinds = ["Scenario", "Finding", "Agent", "Silence", "Thread", "Message"];
        self.context.caches.progress.until_listed(&kinds).await;
        let mut fence = self.context.fence.clone();
        let mut check = tokio::time::interval(CHECK);
        check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                change = messages.next() => self.message_changed(change),
                change = threads.next() => self.thread_changed(&change),
                Some(ended) = self.running.join_next() => self.ended(ended),
                () = fence.changed() => {}
                _ = check.tick() => self.forget_old(),
            }
            self.begin();
        }
    }

    fn message_changed(&mut self, change: Change<Message>) {
        match change {
            Change::Applied(message) => self.message_applied(&message),
            Change::Deleted(name, _) => self.forget(&name),
            Change::Undecodable(object) => self.forget(object.metadata.name.as_deref().unwrap_or_default()),
            Change::Resynchronise => {
                self.unanswered.clear();
                for message in self.context.caches.messages.objects() {
                    self.message_applied(&message);
                }
            }
        }
    }

    fn message_applied(&mut self, message: &Arc<Message>) {
        let name = message.name_any();
        if message.spec.author.kind == AuthorKind::Agent {
            // By hand anybody can write one in the name of an Agent: it answers nothing.
            if is_own(message) {
                self.unanswered.answered(first_name(&name));
            }
            return;
        }
        if is_explanation(message) {
            return;
        }
        let (Some(uid), Some(made)) = (&message.metadata.uid, &message.metadata.creation_timestamp) else { return };
        let answer = answer_name(&name, uid);
        if is_too_old(made.0, clock::now()) || is_answered(&self.context.caches, &name, &answer) {
            return;
        }
        let thread = message.spec.thread.clone();
        let is_without_thread = self.context.caches.threads.get(&thread).is_none();
        self.unanswered.seen(Waiting { name, answer, thread, made: made.0 }, is_without_thread);
    }

    fn forget_old(&mut self) {
        self.unanswered.forget_before(oldest(clock::now()));
        self.told.retain(|name| self.unanswered.contains(name));
    }

    fn forget(&mut self, name: &str) {
        self.unanswered.gone(name);
        self.told.remove(name);
    }

    fn thread_changed(&mut self, change: &Change<Thread>) {
        match change {
            Change::Applied(thread) => self.unanswered.thread_seen(&thread.name_any()),
            Change::Resynchronise => {
                for thread in self.unanswered.absent_threads() {
                    if self.context.caches.threads.get(&thread).is_some() {
                        self.unanswered.thread_seen(&thread);
                    }
                }
            }
            Change::Deleted(..) | Change::Undecodable(_) => {}
        }
    }

    /// Begins as many answers as there is room for.
    fn begin(&mut self) {
        if !self.context.fence.is_open() {
            return;
        }
        self.tell_of_absent_threads();
        self.unanswered.wake(Instant::now());
        while self.running.len() < AT_ONCE {
            let Some(name) = self.unanswered.take() else { return };
            let Some(message) = self.context.caches.messages.get(&name) else {
                self.unanswered.gone(&name);
                continue;
            };
            let waited = self.unanswered.waited(&name);
            let most = match self.rate.turn(&message.spec.author.name, waited, Instant::now()) {
                Turn::Answer => None,
                Turn::SayThatOthersWait => {
                    let author = &message.spec.author.name;
                    self.context.metrics.limit_reached(Limit::AnswersPerMinute, format_args!("of {author}"));
                    Some(self.rate.most())
                }
                Turn::Later(until) => {
                    if !waited {
                        self.context.metrics.limit_reached(Limit::AnswersPerMinute, "further Messages");
                    }
                    self.unanswered.wait(&name, until);
                    continue;
                }
            };
            let answering = self.answering.clone();
            self.running.spawn(async move {
                let answered = answering.answer(&message, most).await;
                (name, answered)
            });
        }
    }

    fn ended(&mut self, ended: Result<(String, Answered), tokio::task::JoinError>) {
        match ended {
            Ok((name, Answered::Done)) => self.unanswered.gone(&name),
            Ok((name, Answered::NotLeading)) => self.unanswered.again(&name),
            Ok((name, Answered::NoThread)) => self.thread_was_absent(&name),
            // Its Message stays taken, so that it does not fail again and again.
            Err(error) => tracing::error!(%error, "an answer failed"),
        }
    }

    /// It may have been created since.
    fn thread_was_absent(&mut self, name: &str) {
        let thread = self.context.caches.messages.get(name).map(|message| message.spec.thread.clone());
        match thread.and_then(|thread| self.context.caches.threads.get(&thread)) {
            Some(_) => self.unanswered.again(name),
            None => self.unanswered.thread_is_absent(name),
        }
    }

    /// One Event about each Message of which the Thread does not exist.
    fn tell_of_absent_threads(&mut self) {
        for name in self.unanswered.take_untold() {
            let Some(message) = self.context.caches.messages.get(&name).filter(|_| self.told.insert(name)) else {
                continue;
            };
            let note = crate::domain::texts::answers::no_thread(self.context.language, &message.spec.thread);
            self.context.events.publish(message.object_ref(&()), true, REASON_NO_THREAD, &note);
        }
    }
}

/// Messages from before this time are not answered.
fn oldest(now: Timestamp) -> Timestamp {
    now.checked_sub(AGE_MAX).unwrap_or(Timestamp::MIN)
}

/// Whether a Message that was created at `made` is not answered any more.
fn is_too_old(made: Timestamp, now: Timestamp) -> bool {
    made < oldest(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_an_hour_is_not_answered() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(!is_too_old(at(6_400), at(10_000)));
        assert!(is_too_old(at(6_399), at(10_000)));
        assert!(!is_too_old(at(20_000), at(10_000)), "the clocks differ");
    }
}
