//! Which Findings have to be reconciled, and which are being reconciled.

use std::collections::BTreeSet;

/// The result of making spec and status of a Finding agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// They agree, the Finding is gone, or trying again would change nothing.
    Done,
    NotLeading,
}

/// The Findings whose spec and status differ, as last seen, each reconciled by one task at a time.
#[derive(Default)]
pub struct Work {
    due: BTreeSet<String>,
    busy: BTreeSet<String>,
}

impl Work {
    /// A Finding was seen; `is_due` where its spec and status differ.
    pub fn seen(&mut self, name: &str, is_due: bool) {
        if is_due {
            self.due.insert(name.to_string());
        } else {
            self.due.remove(name);
        }
    }

    /// Everything is seen anew.
    pub fn forget_all(&mut self) {
        self.due.clear();
    }

    /// Takes a Finding to be reconciled. Until its task ends it is not taken again, and after that only if it was seen to be due
    /// meanwhile.
    pub fn take(&mut self, name: &str) -> bool {
        !self.busy.contains(name) && self.due.remove(name) && self.busy.insert(name.to_string())
    }

    /// The task of a Finding has ended.
    pub fn ended(&mut self, name: &str, result: Reconciled) {
        self.busy.remove(name);
        if result == Reconciled::NotLeading {
            self.due.insert(name.to_string());
        }
    }

    /// The Findings to be reconciled.
    pub fn due(&self) -> Vec<String> {
        self.due.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_reconciled_once_for_each_change_that_makes_it_due() {
        let mut work = Work::default();
        assert!(!work.take("a"), "nothing was seen");
        work.seen("a", true);
        assert!(work.take("a"));
        assert!(!work.take("a"), "one task at a time");
        work.ended("a", Reconciled::Done);
        assert!(!work.take("a"), "it is not repeated, though the watch has not shown the result yet");
        work.seen("a", true);
        assert!(work.take("a"));
        work.seen("a", true);
        work.ended("a", Reconciled::Done);
        assert!(work.take("a"), "it changed while its task ran");
        work.seen("a", true);
        work.seen("a", false);
        work.ended("a", Reconciled::Done);
        assert!(!work.take("a"), "it agrees now");
    }

    #[test]
    fn what_could_not_be_written_for_want_of_leadership_stays_due() {
        let mut work = Work::default();
        work.seen("a", true);
        assert!(work.take("a"));
        work.ended("a", Reconciled::NotLeading);
        assert_eq!(work.due(), ["a"]);
        work.forget_all();
        assert!(!work.take("a"));
    }
}
