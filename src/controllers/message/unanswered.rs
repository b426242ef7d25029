//! Which Messages of people have no answer.

use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Instant;

/// A Message of a person without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub name: String,
    /// The name that its answer will have.
    pub answer: String,
    pub thread: String,
    /// When it was created.
    pub made: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Due,
    /// It is being answered.
    Taken,
    /// Its author got many answers lately: it waits.
    Waits,
    /// Its Thread does not exist.
    WithoutThread,
}

/// Messages without an answer, by their names, by those of their answers and by those of absent Threads.
#[derive(Debug, Default)]
pub struct Unanswered {
    messages: HashMap<String, (Waiting, Stage)>,
    by_answer: HashMap<String, String>,
    /// Those that waited once.
    waited: HashSet<String>,
    /// The oldest first.
    due: BTreeSet<(Timestamp, String)>,
    /// Those that wait, by the time until which they do.
    waits: BTreeSet<(Instant, String)>,
    by_thread: HashMap<String, BTreeSet<String>>,
    untold: BTreeSet<String>,
    by_time: BTreeSet<(Timestamp, String)>,
}

impl Unanswered {
    /// A Message has no answer. One that is known already stays as it is.
    pub fn seen(&mut self, waiting: Waiting, is_without_thread: bool) {
        if self.messages.get(&waiting.name).is_some_and(|(known, _)| known.answer == waiting.answer) {
            return;
        }
        self.gone(&waiting.name);
        let (name, made) = (waiting.name.clone(), waiting.made);
        self.by_answer.insert(waiting.answer.clone(), name.clone());
        self.by_time.insert((made, name.clone()));
        self.messages.insert(name.clone(), (waiting, Stage::Taken));
        match is_without_thread {
            true => self.thread_is_absent(&name),
            false => self.again(&name),
        }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.messages.contains_key(name)
    }

    /// An answer of this name exists.
    pub fn answered(&mut self, answer: &str) {
        if let Some(name) = self.by_answer.get(answer).cloned() {
            self.gone(&name);
        }
    }

    /// A Message was answered or deleted, or is not to be answered.
    pub fn gone(&mut self, name: &str) {
        let Some((waiting, _)) = self.messages.remove(name) else { return };
        self.by_answer.remove(&waiting.answer);
        self.waited.remove(&waiting.name);
        self.by_time.remove(&(waiting.made, waiting.name.clone()));
        self.unplace(&waiting);
    }

    /// All of them, to be seen anew.
    pub fn clear(&mut self) {
        // Those that are being answered stay so.
        self.messages.retain(|_, (_, stage)| *stage == Stage::Taken);
        let taken = &self.messages;
        self.by_answer.retain(|_, name| taken.contains_key(name));
        self.by_time.retain(|(_, name)| taken.contains_key(name));
        self.waited.retain(|name| taken.contains_key(name));
        self.due.clear();
        self.waits.clear();
        self.by_thread.clear();
        self.untold.clear();
    }

    /// The oldest that is due; it is not due any more until [`Unanswered::again`].
    pub fn take(&mut self) -> Option<String> {
        let (_, name) = self.due.pop_first()?;
        if let Some((_, stage)) = self.messages.get_mut(&name) {
            *stage = Stage::Taken;
        }
        Some(name)
    }

    /// One that was taken was not answered.
    pub fn again(&mut self, name: &str) {
        self.place(name, Stage::Due);
    }

    /// One that was taken waits until this time.
    pub fn wait(&mut self, name: &str, until: Instant) {
        self.place(name, Stage::Waits);
        if self.messages.contains_key(name) {
            self.waits.insert((until, name.to_string()));
            self.waited.insert(name.to_string());
        }
    }

    /// Whether it had to wait before.
    pub fn waited(&self, name: &str) -> bool {
        self.waited.contains(name)
    }

    /// Those that waited until now are due.
    pub fn wake(&mut self, now: Instant) {
        while let Some((_, name)) = self.waits.first().filter(|(until, _)| *until <= now).cloned() {
            self.waits.pop_first();
            self.place(&name, Stage::Due);
        }
    }

    /// The Thread of a Message does not exist.
    pub fn thread_is_absent(&mut self, name: &str) {
        self.place(name, Stage::WithoutThread);
    }

    /// A Thread exists: its Messages are due.
    pub fn thread_seen(&mut self, thread: &str) {
        for name in self.by_thread.remove(thread).unwrap_or_default() {
            self.untold.remove(&name);
            self.place(&name, Stage::Due);
        }
    }

    /// Threads that do not exist and have Messages.
    pub fn absent_threads(&self) -> Vec<String> {
        self.by_thread.keys().cloned().collect()
    }

    /// Messages of which the Thread does not exist, each of them once.
    pub fn take_untold(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.untold)
    }

    /// Those from before `oldest` are not answered any more.
    pub fn forget_before(&mut self, oldest: Timestamp) {
        while let Some((made, name)) = self.by_time.first().filter(|(made, _)| *made < oldest).cloned() {
            self.gone(&name);
            self.by_time.remove(&(made, name));
        }
    }

    fn place(&mut self, name: &str, at: Stage) {
        let Some((waiting, stage)) = self.messages.get_mut(name) else { return };
        *stage = at;
        let waiting = waiting.clone();
        self.unplace(&waiting);
        match at {
            Stage::Due => drop(self.due.insert((waiting.made, waiting.name))),
            Stage::WithoutThread => {
                self.untold.insert(waiting.name.clone());
                self.by_thread.entry(waiting.thread).or_default().insert(waiting.name);
            }
            Stage::Taken | Stage::Waits => {}
        }
    }

    fn unplace(&mut self, waiting: &Waiting) {
        self.due.remove(&(waiting.made, waiting.name.clone()));
        self.untold.remove(&waiting.name);
        if self.waited.contains(&waiting.name) {
            self.waits.retain(|(_, name)| *name != waiting.name);
        }
        if let Some(names) = self.by_thread.get_mut(&waiting.thread) {
            names.remove(&waiting.name);
            if names.is_empty() {
                self.by_thread.remove(&waiting.thread);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn waiting(name: &str, second: i64) -> Waiting {
        let (name, answer) = (name.to_string(), format!("answer-{name}"));
        Waiting { thread: format!("thread-of-{name}"), name, answer, made: Timestamp::from_second(second).unwrap() }
    }

    #[test]
    fn the_oldest_is_answered_first_and_once() {
        let mut all = Unanswered::default();
        for (name, second) in [("b", 2), ("a", 3), ("c", 1)] {
            all.seen(waiting(name, second), false);
            all.seen(waiting(name, second), false);
        }
        let taken: Vec<String> = std::iter::from_fn(|| all.take()).collect();
        assert_eq!(taken, ["c", "b", "a"]);
        all.seen(waiting("a", 3), false);
        assert_eq!(all.take(), None, "it is being answered");
        all.again("a");
        assert_eq!(all.take().as_deref(), Some("a"));
        all.answered("answer-a");
        all.again("a");
        assert_eq!(all.take(), None, "it is answered");
    }

    #[test]
    fn one_that_waits_is_due_once_the_time_has_come() {
        let (mut all, start) = (Unanswered::default(), Instant::now());
        let later = start + Duration::from_secs(60);
        for (name, second) in [("a", 1), ("b", 2), ("c", 3)] {
            all.seen(waiting(name, second), false);
            assert_eq!(all.take().as_deref(), Some(name));
            all.wait(name, later);
        }
        all.gone("b");
        all.seen(waiting("a", 1), false);
        all.wake(start);
        assert_eq!((all.take(), all.waited("a"), all.waited("b")), (None, true, false));
        all.wake(later);
        assert_eq!((all.take().as_deref(), all.take().as_deref(), all.take()), (Some("a"), Some("c"), None));
        all.wait("c", later);
        all.clear();
        all.wake(later);
        assert_eq!(all.take(), None, "it is to be seen anew");
    }

    #[test]
    fn a_name_that_is_used_again_is_another_message() {
        let mut all = Unanswered::default();
        all.seen(waiting("a", 1), false);
        assert_eq!(all.take().as_deref(), Some("a"));
        all.seen(Waiting { answer: "answer-2".into(), ..waiting("a", 2) }, false);
        assert_eq!(all.take().as_deref(), Some("a"));
        all.answered("answer-a");
        assert!(all.contains("a"));
        all.answered("answer-2");
        assert!(!all.contains("a"));
    }

    #[test]
    fn a_message_without_a_thread_is_due_once_the_thread_is_there() {
        let mut all = Unanswered::default();
        all.seen(waiting("a", 1), true);
        assert_eq!((all.take(), all.take_untold().len(), all.take_untold().len()), (None, 1, 0));
        assert_eq!(all.absent_threads(), ["thread-of-a"]);
        all.thread_seen("thread-of-b");
        all.thread_seen("thread-of-a");
        assert_eq!((all.take().as_deref(), all.absent_threads().len()), (Some("a"), 0));
        // It was deleted before it was answered.
        all.thread_is_absent("a");
        assert_eq!((all.take(), all.take_untold().len()), (None, 1));
        all.gone("a");
        assert!(all.absent_threads().is_empty() && all.take_untold().is_empty());
    }

    #[test]
    fn what_is_too_old_is_forgotten() {
        let mut all = Unanswered::default();
        all.seen(waiting("a", 1), false);
        all.seen(waiting("b", 2), true);
        all.seen(waiting("c", 3), false);
        all.forget_before(Timestamp::from_second(3).unwrap());
        assert_eq!((all.take().as_deref(), all.take()), (Some("c"), None));
        assert!(all.absent_threads().is_empty() && !all.contains("a"));
    }

    #[test]
    fn reading_everything_anew_leaves_what_is_being_answered() {
        let mut all = Unanswered::default();
        all.seen(waiting("a", 1), false);
        all.seen(waiting("b", 2), false);
        assert_eq!(all.take().as_deref(), Some("a"));
        all.clear();
        assert!(all.contains("a") && !all.contains("b"));
        all.seen(waiting("a", 1), false);
        all.seen(waiting("b", 2), false);
        assert_eq!((all.take().as_deref(), all.take()), (Some("b"), None));
    }
}
