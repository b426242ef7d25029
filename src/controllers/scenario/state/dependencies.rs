//! Which Scenarios depend on which: the one place that knows, and finds cycles.

use crate::domain::validate::dependency_cycle;
use foldhash::fast::RandomState;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// `spec.dependsOn` of all Scenarios that have one.
#[derive(Default)]
pub struct Dependencies {
    edges: HashMap<String, Vec<String>>,
    cycles: HashMap<Arc<str>, Vec<String>, RandomState>,
}

impl Dependencies {
    /// Replaces what a Scenario depends on, and tells for which Scenarios a cycle appeared, changed or went away.
    pub fn set(&mut self, name: &Arc<str>, depends_on: &[String]) -> Vec<Arc<str>> {
        let before = match depends_on {
            [] => self.edges.remove(&**name),
            _ => self.edges.insert(name.to_string(), depends_on.to_vec()),
        };
        if before.as_deref().unwrap_or_default() == depends_on {
            return Vec::new();
        }
        // A cycle changes only for those whose old cycle or whose new one goes through this Scenario.
        let mut concerned = self.reachable_from(name);
        concerned.insert(name.clone());
        let through = self.cycles.iter().filter(|(_, path)| path.iter().any(|step| **step == **name));
        concerned.extend(through.map(|(other, _)| other.clone()));
        let mut changed = Vec::new();
        for other in concerned {
            let cycle = dependency_cycle(&other, &self.edges);
            if cycle.as_ref() != self.cycles.get(&other) {
                match cycle {
                    Some(path) => self.cycles.insert(other.clone(), path),
                    None => self.cycles.remove(&other),
                };
                changed.push(other);
            }
        }
        changed
    }

    fn reachable_from(&self, name: &str) -> BTreeSet<Arc<str>> {
        let mut reached = BTreeSet::new();
        let mut next = vec![name];
        while let Some(at) = next.pop() {
            for other in self.edges.get(at).into_iter().flatten() {
                if reached.insert(Arc::from(other.as_str())) {
                    next.push(other);
                }
            }
        }
        reached
    }

    /// The cycle that a Scenario is part of, as the names along it, itself first and last.
    pub fn cycle(&self, name: &str) -> Option<&[String]> {
        self.cycles.get(name).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(dependencies: &mut Dependencies, name: &str, depends_on: &[&str]) -> Vec<String> {
        let depends_on: Vec<String> = depends_on.iter().map(ToString::to_string).collect();
        dependencies.set(&name.into(), &depends_on).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_cycle_is_found_for_all_its_members_and_goes_with_one_edge() {
        let mut all = Dependencies::default();
        assert!(set(&mut all, "a", &["b"]).is_empty());
        assert!(set(&mut all, "b", &["c"]).is_empty());
        assert!(set(&mut all, "outside", &["a"]).is_empty());
        assert_eq!(set(&mut all, "c", &["a"]), ["a", "b", "c"]);
        assert_eq!(all.cycle("a").unwrap(), ["a", "b", "c", "a"]);
        assert_eq!(all.cycle("outside"), None, "it depends on a cycle and is in none");
        assert!(set(&mut all, "c", &["a"]).is_empty(), "nothing new");
        assert_eq!(set(&mut all, "b", &[]), ["a", "b", "c"]);
        assert_eq!(all.cycle("a"), None);
    }
}
