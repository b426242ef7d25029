//! How many answers one author gets within a minute.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(60);
/// Authors that are counted apart. Names by kubectl are chosen freely: beyond it those without an answer in the window are counted as one.
const AUTHORS_MAX: usize = 1_000;
/// Stands for them; no author has this name.
const OTHERS: &str = "";

/// What a Message gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Answer,
    /// One answer that says that further Messages wait.
    SayThatOthersWait,
    /// It waits until this time at least.
    Later(Instant),
}

/// The answers of each author within a minute.
#[derive(Debug)]
pub struct Rate {
    most: usize,
    recent: HashMap<String, Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    answers: VecDeque<Instant>,
    is_told: bool,
}

impl Recent {
    fn forget_before(&mut self, now: Instant) {
        while self.answers.front().is_some_and(|at| now.saturating_duration_since(*at) >= WINDOW) {
            self.answers.pop_front();
        }
    }
}

impl Rate {
    /// At most so many answers to one author within a minute.
    pub fn new(most: usize) -> Rate {
        Rate { most, recent: HashMap::new() }
    }

    pub fn most(&self) -> usize {
        self.most
    }

    /// Counts a Message of this author at `now`, which is not before that of an earlier call. `waits` where it had to wait before.
    pub fn turn(&mut self, author: &str, waits: bool, now: Instant) -> Turn {
        let author = if self.has_room(author, now) { author } else { OTHERS };
        let recent = self.recent.entry(author.to_string()).or_default();
        recent.forget_before(now);
        if recent.answers.len() < self.most {
            recent.answers.push_back(now);
            // As long as there are some that wait, it was said.
            recent.is_told &= waits;
            return Turn::Answer;
        }
        if !waits && !std::mem::replace(&mut recent.is_told, true) {
            return Turn::SayThatOthersWait;
        }
        Turn::Later(recent.answers.front().map_or(now, |first| *first + WINDOW))
    }

    fn has_room(&mut self, author: &str, now: Instant) -> bool {
        if self.recent.contains_key(author) || self.recent.len() < AUTHORS_MAX {
            return true;
        }
        self.recent.retain(|_, recent| {
            recent.forget_before(now);
            !recent.answers.is_empty()
        });
        self.recent.len() < AUTHORS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_so_many_answers_within_a_minute_an_author_waits_and_is_told_once() {
        let (mut rate, start) = (Rate::new(2), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        for (author, waits, second, expected) in [
            ("ana", false, 0, Turn::Answer),
            ("ana", false, 30, Turn::Answer),
            ("ana", false, 31, Turn::SayThatOthersWait),
            ("ana", false, 32, Turn::Later(at(60))),
            ("rui", false, 32, Turn::Answer),
            ("ana", false, 59, Turn::Later(at(60))),
            ("ana", true, 60, Turn::Answer),
            ("ana", true, 60, Turn::Later(at(90))),
            ("ana", false, 61, Turn::Later(at(90))),
            ("ana", true, 90, Turn::Answer),
            ("ana", false, 200, Turn::Answer),
            ("ana", false, 201, Turn::Answer),
            ("ana", false, 202, Turn::SayThatOthersWait),
        ] {
            assert_eq!(rate.turn(author, waits, at(second)), expected, "{author} {second}");
        }
    }

    #[test]
    fn authors_beyond_those_that_are_counted_apart_share_their_answers() {
        let (mut rate, start) = (Rate::new(1), Instant::now());
        for number in 0..AUTHORS_MAX {
            assert_eq!(rate.turn(&number.to_string(), false, start), Turn::Answer);
        }
        let later = start + Duration::from_secs(1);
        let turns = ["x", "y", "z"].map(|author| rate.turn(author, false, later));
        assert_eq!(turns, [Turn::Answer, Turn::SayThatOthersWait, Turn::Later(later + WINDOW)]);
        assert!(rate.recent.len() <= AUTHORS_MAX + 1);
        assert_eq!(rate.turn("w", false, start + Duration::from_secs(120)), Turn::Answer);
        assert_eq!(rate.recent.len(), 1);
    }
}
