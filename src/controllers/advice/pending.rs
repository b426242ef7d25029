//! Which Findings are to be decided on, and in which order.

use crate::api::Severity;
use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

/// The Findings that are to be decided on, with the rank of their severity and the time from which. Those of one severity are in the
/// order in which they came.
#[derive(Default)]
pub struct Pending {
    places: HashMap<String, (usize, Instant)>,
    order: BTreeSet<(usize, Instant, String)>,
}

impl Pending {
    /// A Finding is to be decided on, not before this time. One that is there already keeps its time.
    pub fn add(&mut self, name: &str, severity: Option<Severity>, from: Instant) {
        let from = self.places.get(name).map_or(from, |(_, before)| from.min(*before));
        self.remove(name);
        self.places.insert(name.to_string(), (rank(severity), from));
        self.order.insert((rank(severity), from, name.to_string()));
    }

    pub fn remove(&mut self, name: &str) {
        if let Some((rank, from)) = self.places.remove(name) {
            self.order.remove(&(rank, from, name.to_string()));
        }
    }

    /// Takes the first one whose time has come, of those for which `may` is true.
    pub fn take(&mut self, now: Instant, may: impl Fn(&str) -> bool) -> Option<String> {
        let (_, _, name) = self.order.iter().find(|(_, from, name)| *from <= now && may(name))?;
        let name = name.clone();
        self.remove(&name);
        Some(name)
    }

    /// When the next one may be taken, of those for which `may` is true.
    pub fn next(&self, may: impl Fn(&str) -> bool) -> Option<Instant> {
        self.order.iter().filter(|(_, _, name)| may(name)).map(|(_, from, _)| *from).min()
    }

    pub fn clear(&mut self) {
        *self = Pending::default();
    }
}

/// Less is more severe; Findings without a severity come last.
fn rank(severity: Option<Severity>) -> usize {
    let all = Severity::ALL;
    severity.and_then(|severity| all.iter().position(|other| *other == severity)).unwrap_or(all.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_most_severe_comes_first_and_then_the_oldest() {
        let now = Instant::now();
        let after = |ms| now + Duration::from_millis(ms);
        let mut pending = Pending::default();
        pending.add("low", Some(Severity::Low), now);
        pending.add("none", None, now);
        pending.add("second", Some(Severity::Critical), after(2));
        pending.add("first", Some(Severity::Critical), after(1));
        pending.add("later", Some(Severity::Critical), after(100));
        pending.add("low", Some(Severity::High), after(50));
        assert_eq!(pending.next(|_| true), Some(now), "it keeps its time");
        let mut taken = Vec::new();
        while let Some(name) = pending.take(after(10), |name| name != "busy") {
            taken.push(name);
        }
        assert_eq!(taken, ["first", "second", "low", "none"]);
        assert_eq!((pending.take(after(99), |_| true), pending.next(|_| true)), (None, Some(after(100))));
        assert_eq!(pending.take(after(100), |name| name != "later"), None);
        assert_eq!(pending.next(|name| name != "later"), None);
        pending.remove("later");
        assert_eq!((pending.take(after(100), |_| true), pending.next(|_| true)), (None, None));
    }
}
