//! The Secrets that valid Scenarios name: which of them are still to be read before the next run, so that no reading shows a value that
//! another Scenario sends.

use std::collections::BTreeSet;
use tokio::time::{Duration, Instant};

/// Names that are remembered. More Secrets than are redacted in all readings are not worth a read.
const NAMES_MAX: usize = 1024;
/// The interval of reading again, in the background, what could not be read.
const RETRY: Duration = Duration::from_secs(5);

/// The names. Deleted Scenarios leave theirs, until there are too many.
#[derive(Debug, Default)]
pub struct NamedSecrets {
    seen: BTreeSet<String>,
    /// Not read yet.
    unread: BTreeSet<String>,
    /// They could not be read.
    failed: BTreeSet<String>,
    tried: Option<Instant>,
}

impl NamedSecrets {
    /// A valid Scenario names this Secret. Returns whether it is remembered: there may be too many.
    pub fn add(&mut self, name: &str) -> bool {
        if self.seen.contains(name) {
            return true;
        }
        if self.seen.len() >= NAMES_MAX {
            self.seen = self.unread.union(&self.failed).cloned().collect();
        }
        if self.seen.len() >= NAMES_MAX {
            return false;
        }
        self.seen.insert(name.to_string());
        self.unread.insert(name.to_string())
    }

    /// What is to be read before a run.
    pub fn unread(&self) -> Vec<String> {
        self.unread.iter().cloned().collect()
    }

    /// It was read, or there is no such Secret that may be read.
    pub fn read(&mut self, name: &str) {
        self.unread.remove(name);
        self.failed.remove(name);
    }

    /// Runs wait no longer for those of these names that were not read by `now`. Returns whether there are any.
    pub fn give_up(&mut self, names: &[String], now: Instant) -> bool {
        let failed: Vec<String> = names.iter().filter_map(|name| self.unread.take(name)).collect();
        if !failed.is_empty() {
            self.tried = Some(now);
        }
        self.failed.extend(failed.iter().cloned());
        !failed.is_empty()
    }

    /// What is to be tried again at `now`, while runs go on.
    pub fn retry(&mut self, now: Instant) -> Vec<String> {
        if self.failed.is_empty() || self.tried.is_some_and(|tried| now.saturating_duration_since(tried) < RETRY) {
            return Vec::new();
        }
        self.tried = Some(now);
        self.failed.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_read_once_before_a_run() {
        let mut named = NamedSecrets::default();
        assert!(named.add("a") && named.add("b") && named.add("a"));
        assert_eq!(named.unread(), ["a", "b"]);
        named.read("a");
        assert_eq!(named.unread(), ["b"], "a run that was cancelled has left it");
        named.read("b");
        assert!(named.add("a") && named.unread().is_empty());
        assert!(named.add("c"));
        assert_eq!(named.unread(), ["c"]);
    }

    #[test]
    fn runs_wait_once_for_what_cannot_be_read() {
        let (mut named, start) = (NamedSecrets::default(), Instant::now());
        named.add("a");
        let before = named.unread();
        named.add("new");
        assert!(named.give_up(&before, start) && !named.give_up(&before, start));
        assert_eq!(named.unread(), ["new"], "it was not tried");
        assert!(named.retry(start).is_empty());
        assert_eq!(named.retry(start + RETRY), ["a"]);
        assert!(named.retry(start + RETRY).is_empty(), "it is being read");
        named.read("a");
        assert!(named.retry(start + 2 * RETRY).is_empty());
    }

    #[test]
    fn names_are_bounded() {
        let mut named = NamedSecrets::default();
        assert!((0..NAMES_MAX).all(|i| named.add(&i.to_string())));
        assert!(!named.add("more"));
        (0..NAMES_MAX).for_each(|i| named.read(&i.to_string()));
        assert!(named.add("more"), "others were read");
        assert_eq!(named.unread(), ["more"]);
    }
}
