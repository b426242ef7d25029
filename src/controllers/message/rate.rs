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
    /// One answer that says that there are no more for now.
    SayThatNoMore,
    None,
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

    /// Counts a Message of this author at `now`, which is not before that of an earlier call.
    pub fn turn(&mut self, author: &str, now: Instant) -> Turn {
        let author = if self.has_room(author, now) { author } else { OTHERS };
        let recent = self.recent.entry(author.to_string()).or_default();
        recent.forget_before(now);
        if recent.answers.len() < self.most {
            recent.answers.push_back(now);
            recent.is_told = false;
            return Turn::Answer;
        }
        match std::mem::replace(&mut recent.is_told, true) {
            true => Turn::None,
            false => Turn::SayThatNoMore,
        }
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
    fn an_author_gets_so_many_answers_within_any_minute_and_is_told_once() {
        let (mut rate, start) = (Rate::new(2), Instant::now());
        for (author, second, expected) in [
            ("ana", 0, Turn::Answer),
            ("ana", 30, Turn::Answer),
            ("ana", 31, Turn::SayThatNoMore),
            ("ana", 32, Turn::None),
            ("rui", 32, Turn::Answer),
            ("ana", 59, Turn::None),
            ("ana", 60, Turn::Answer),
            ("ana", 61, Turn::SayThatNoMore),
            ("ana", 62, Turn::None),
            ("ana", 200, Turn::Answer),
        ] {
            assert_eq!(rate.turn(author, start + Duration::from_secs(second)), expected, "{author} {second}");
        }
    }

    #[test]
    fn authors_beyond_those_that_are_counted_apart_share_their_answers() {
        let (mut rate, start) = (Rate::new(1), Instant::now());
        for number in 0..AUTHORS_MAX {
            assert_eq!(rate.turn(&number.to_string(), start), Turn::Answer);
        }
        let later = start + Duration::from_secs(1);
        let turns = ["x", "y", "z"].map(|author| rate.turn(author, later));
        assert_eq!(turns, [Turn::Answer, Turn::SayThatNoMore, Turn::None]);
        assert!(rate.recent.len() <= AUTHORS_MAX + 1);
        assert_eq!(rate.turn("w", start + Duration::from_secs(120)), Turn::Answer);
        assert_eq!(rate.recent.len(), 1);
    }
}
