//! Findings whose notices are to be planned.

use crate::api::Severity;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Names of Findings, each once, in the order in which they are planned: the most severe first, then by name. When everything fails at
/// once, planning takes a while, and what is critical does not wait for the rest.
#[derive(Debug, Default)]
pub struct Dirty {
    order: BTreeSet<(Option<Severity>, Arc<str>)>,
    of_name: HashMap<Arc<str>, Option<Severity>>,
}

impl Dirty {
    /// Adds a Finding, with the severity that it has now.
    pub fn insert(&mut self, name: &str, severity: Option<Severity>) {
        self.remove(name);
        let name: Arc<str> = name.into();
        self.order.insert((severity, name.clone()));
        self.of_name.insert(name, severity);
    }

    pub fn remove(&mut self, name: &str) {
        if let Some((name, severity)) = self.of_name.remove_entry(name) {
            self.order.remove(&(severity, name));
        }
    }

    /// Takes the first one that is none of `others`.
    pub fn take_first_except(&mut self, others: &HashSet<String>) -> Option<Arc<str>> {
        let (_, name) = self.order.iter().find(|(_, name)| !others.contains(&**name))?;
        let name = name.clone();
        self.remove(&name);
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(dirty: &mut Dirty, others: &HashSet<String>) -> Vec<String> {
        std::iter::from_fn(|| dirty.take_first_except(others)).map(|name| name.to_string()).collect()
    }

    #[test]
    fn the_most_severe_come_first_and_each_once() {
        let mut dirty = Dirty::default();
        for (name, severity) in [
            ("c", Some(Severity::Low)),
            ("b", Some(Severity::Critical)),
            ("a", Some(Severity::Low)),
            ("d", Some(Severity::High)),
            ("c", Some(Severity::Critical)),
            ("e", Some(Severity::Critical)),
        ] {
            dirty.insert(name, severity);
        }
        dirty.remove("e");
        dirty.remove("e");
        let writing = HashSet::from(["b".to_string()]);
        assert_eq!(all(&mut dirty, &writing), ["c", "d", "a"]);
        assert_eq!(all(&mut dirty, &HashSet::new()), ["b"]);
        assert!(dirty.order.is_empty() && dirty.of_name.is_empty());
    }
}
