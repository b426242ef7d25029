//! Who else has a window open, or writes a reply in it: kept in the memory of one replica, for as long as the stream of events of that
//! person's browser is open.
//!
//! One stream serves all pages of a browser, so that it says who is here, and the requests of the pages say where: a page that is opened,
//! one that is left for another, and parts that a page reads again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A page without a request for this long is taken to be left.
const LOOKS_FOR: Duration = Duration::from_secs(15 * 60);
/// After a key is pressed, a reply is being written for this long.
pub const REPLIES_FOR: Duration = Duration::from_secs(20);
/// A stream that ended may be opened again by the next page.
pub const GRACE: Duration = Duration::from_secs(8);
/// A page is asked for so long before the one before it is closed, at most.
const NAVIGATION: Duration = Duration::from_secs(2);
/// People at most, and windows of one person.
const PEOPLE_MAX: usize = 512;
const WINDOWS_MAX: usize = 8;
/// Others that a window names.
const SHOWN_MAX: usize = 6;

/// Who is here.
#[derive(Debug, Default)]
pub struct Presence {
    people: Mutex<HashMap<String, Person>>,
}

#[derive(Debug, Default)]
struct Person {
    streams: usize,
    /// When the last stream ended.
    ended: Option<Instant>,
    windows: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    name: String,
    seen: Instant,
    replied: Option<Instant>,
}

/// Another person in a window.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Other {
    pub name: String,
    pub replies: bool,
}

impl Presence {
    fn people(&self) -> MutexGuard<'_, HashMap<String, Person>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person has opened a page, from another one, or is on it; the windows in which others see that.
    pub fn moved(&self, person: &str, to: Option<&str>, from: Option<&str>, now: Instant) -> Vec<String> {
        if to.is_none() && from.is_none() {
            return Vec::new();
        }
        let mut people = self.people();
        let Some(entry) = entry(&mut people, person, now) else { return Vec::new() };
        let mut changed = Vec::new();
        if let Some(left) = from.filter(|from| to != Some(*from)) {
            let before = entry.windows.len();
            entry.windows.retain(|window| window.name != left);
            if entry.windows.len() != before {
                changed.push(left.to_string());
            }
        }
        if let Some(to) = to {
            match entry.windows.iter_mut().find(|window| window.name == to) {
                Some(window) => window.seen = now,
                None => {
                    entry.windows.push(Window { name: to.to_string(), seen: now, replied: None });
                    let surplus = entry.windows.len().saturating_sub(WINDOWS_MAX);
                    entry.windows.drain(..surplus);
                    changed.push(to.to_string());
                }
            }
        }
        changed
    }

    /// A person writes a reply; whether that is new to the others.
    pub fn replies(&self, person: &str, window: &str, now: Instant) -> bool {
        let mut people = self.people();
        let Some(entry) = entry(&mut people, person, now) else { return false };
        let found = entry.windows.iter_mut().find(|of| of.name == window);
        let Some(window) = found else { return false };
        let was = window.is_replied(now);
        (window.seen, window.replied) = (now, Some(now));
        !was
    }

    /// A browser of this person follows the events; the windows in which others see that.
    pub fn arrives(&self, person: &str, now: Instant) -> Vec<String> {
        let mut people = self.people();
        let Some(entry) = entry(&mut people, person, now) else { return Vec::new() };
        let was_here = entry.is_here(now);
        let mut changed = if was_here { Vec::new() } else { entry.names() };
        // Without a stream no page was open any more, but for the one that has just been asked for.
        if let Some(ended) = entry.ended.take_if(|_| entry.streams == 0) {
            let is_open = |window: &Window| window.seen + NAVIGATION >= ended;
            changed.extend(entry.windows.iter().filter(|window| !is_open(window)).map(|window| window.name.clone()));
            entry.windows.retain(is_open);
        }
        entry.streams += 1;
        changed
    }

    /// One of the browsers of this person does so no more.
    pub fn leaves(&self, person: &str, now: Instant) {
        if let Some(entry) = self.people().get_mut(person) {
            entry.streams = entry.streams.saturating_sub(1);
            if entry.streams == 0 {
                entry.ended = Some(now);
            }
        }
    }

    /// Forgets a person who is not here any more; the windows in which others see that.
    pub fn forget(&self, person: &str, now: Instant) -> Vec<String> {
        let mut people = self.people();
        match people.get(person) {
            Some(entry) if !entry.is_here(now) => people.remove(person).map(|entry| entry.names()).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Who else is in a window, those who write first.
    pub fn others(&self, window: &str, person: &str, now: Instant) -> Vec<Other> {
        let people = self.people();
        let others = people.iter().filter(|(name, entry)| name.as_str() != person && entry.is_here(now));
        let mut found: Vec<Other> = others
            .filter_map(|(name, entry)| {
                let window =
                    entry.windows.iter().find(|of| of.name == window && now.duration_since(of.seen) < LOOKS_FOR)?;
                Some(Other { name: name.clone(), replies: window.is_replied(now) })
            })
            .collect();
        found.sort_by(|a, b| (!a.replies, &a.name).cmp(&(!b.replies, &b.name)));
        found.truncate(SHOWN_MAX);
        found
    }
}

impl Person {
    fn is_here(&self, now: Instant) -> bool {
        self.streams > 0 || self.ended.is_some_and(|ended| now.duration_since(ended) < GRACE)
    }

    fn names(&self) -> Vec<String> {
        self.windows.iter().map(|window| window.name.clone()).collect()
    }
}

impl Window {
    fn is_replied(&self, now: Instant) -> bool {
        self.replied.is_some_and(|replied| now.duration_since(replied) < REPLIES_FOR)
    }
}

/// The entry of a person; `None` where there are too many people.
fn entry<'a>(people: &'a mut HashMap<String, Person>, person: &str, now: Instant) -> Option<&'a mut Person> {
    if !people.contains_key(person) && people.len() >= PEOPLE_MAX {
        let is_recent = |entry: &Person| entry.windows.iter().any(|window| now.duration_since(window.seen) < GRACE);
        people.retain(|_, entry| entry.is_here(now) || is_recent(entry));
        if people.len() >= PEOPLE_MAX {
            return None;
        }
    }
    Some(people.entry(person.to_string()).or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(presence: &Presence, window: &str, person: &str, now: Instant) -> Vec<(String, bool)> {
        presence.others(window, person, now).into_iter().map(|other| (other.name, other.replies)).collect()
    }

    #[test]
    fn others_are_seen_while_their_stream_and_their_page_are_open() {
        let (presence, start) = (Presence::default(), Instant::now());
        let at = |second: u64| start + Duration::from_secs(second);
        assert_eq!(presence.moved("davi", Some("f"), None, at(0)), ["f"]);
        assert!(names(&presence, "f", "ana", at(0)).is_empty(), "without a stream a page may be closed already");
        assert_eq!(presence.arrives("davi", at(1)), ["f"]);
        assert_eq!(names(&presence, "f", "ana", at(1)), [("davi".to_string(), false)]);
        assert!(names(&presence, "f", "davi", at(1)).is_empty() && names(&presence, "g", "ana", at(1)).is_empty());
        assert!(presence.replies("davi", "f", at(2)) && !presence.replies("davi", "f", at(9)));
        assert_eq!(names(&presence, "f", "ana", at(9)), [("davi".to_string(), true)]);
        assert_eq!(names(&presence, "f", "ana", at(29)), [("davi".to_string(), false)]);
        assert_eq!(presence.moved("davi", Some("g"), Some("f"), at(30)), ["f", "g"]);
        assert!(names(&presence, "f", "ana", at(30)).is_empty());
        presence.leaves("davi", at(40));
        assert!(presence.forget("davi", at(41)).is_empty(), "the next page opens another stream");
        assert_eq!(presence.forget("davi", at(49)), ["g"]);
        assert!(names(&presence, "g", "ana", at(49)).is_empty());
    }

    #[test]
    fn a_page_that_was_left_by_typing_another_address_is_left_with_its_stream() {
        let (presence, start) = (Presence::default(), Instant::now());
        let at = |second: u64| start + Duration::from_secs(second);
        presence.moved("davi", Some("f"), None, at(0));
        presence.arrives("davi", at(0));
        // The next page, by its address: no request says where it came from.
        presence.moved("davi", Some("g"), None, at(10));
        presence.leaves("davi", at(10));
        assert_eq!(presence.arrives("davi", at(11)), ["f"]);
        assert!(names(&presence, "f", "ana", at(11)).is_empty());
        assert_eq!(names(&presence, "g", "ana", at(11)).len(), 1);
    }

    #[test]
    fn a_page_without_a_request_is_left_at_last() {
        let (presence, start) = (Presence::default(), Instant::now());
        presence.moved("davi", Some("f"), None, start);
        presence.arrives("davi", start);
        let later = start + LOOKS_FOR - Duration::from_secs(1);
        assert!(presence.moved("davi", Some("f"), None, later).is_empty());
        assert_eq!(presence.others("f", "ana", start + LOOKS_FOR).len(), 1);
        assert!(presence.others("f", "ana", later + LOOKS_FOR).is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let (presence, now) = (Presence::default(), Instant::now());
        for number in 0..2 * PEOPLE_MAX {
            presence.moved(&format!("p{number}"), Some("f"), None, now);
            presence.arrives(&format!("p{number}"), now);
        }
        let kept = presence.people().len();
        assert_eq!((kept, presence.others("f", "ana", now).len()), (PEOPLE_MAX, SHOWN_MAX));
        for number in 0..100 {
            presence.moved("p1", Some(&format!("w{number}")), None, now);
        }
        let windows = presence.people()["p1"].windows.len();
        assert_eq!(windows, WINDOWS_MAX);
        assert!(!presence.replies("p1", "never-opened", now));
    }
}
