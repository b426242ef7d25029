//! Which open Findings have one root: they share a dependency that fails, or a target.
//!
//! A Finding has one parent at most: a Finding of a Scenario that its own depends on, or else the first among those that share a target
//! with it. Its root is where the parents end.

#[cfg(test)]
mod tests;

use crate::api::Severity;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// An open Finding as correlation looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFinding {
    /// Object name.
    pub name: String,
    pub scenario: String,
    /// What it says, for people.
    pub message: String,
    pub severity: Option<Severity>,
    pub opened_at: Option<Timestamp>,
    /// Scenarios that its Scenario depends on.
    pub depends_on: Vec<String>,
    /// The targets of the probes that its check reads, each as scheme, host and port, or the path of a file.
    pub targets: Vec<String>,
    /// Its check is that of a probe: the target could not be read.
    pub is_of_probe: bool,
}

/// Open Findings with one root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The root; it is none of `others`.
    pub root: OpenFinding,
    /// The others, the most severe first, then by name. Never empty.
    pub others: Vec<OpenFinding>,
}

/// The groups among open Findings, sorted by the name of the root. Each Finding is in at most one.
pub fn groups(open: &[OpenFinding]) -> Vec<Group> {
    let mut forest = Forest::of(open);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..open.len() {
        let root = forest.root(index);
        if root != index {
            members.entry(root).or_default().push(index);
        }
    }
    let all = |indexes: Vec<usize>| indexes.into_iter().filter_map(|index| open.get(index)).cloned();
    let mut groups: Vec<Group> = members
        .into_iter()
        .filter_map(|(root, members)| {
            let mut others: Vec<OpenFinding> = all(members).collect();
            others.sort_by(|a, b| (rank(a.severity), &a.name).cmp(&(rank(b.severity), &b.name)));
            Some(Group { root: open.get(root)?.clone(), others })
        })
        .collect();
    groups.sort_by(|a, b| a.root.name.cmp(&b.root.name));
    groups
}

/// The most severe first; without a severity last.
fn rank(severity: Option<Severity>) -> (bool, Option<Severity>) {
    (severity.is_none(), severity)
}

/// Which of several comes first: that of a probe, then the one that was opened first, the most severe, by name.
type Precedence<'a> = (Reverse<bool>, bool, Option<Timestamp>, (bool, Option<Severity>), &'a str);

fn precedence(finding: &OpenFinding) -> Precedence<'_> {
    let opened_at = finding.opened_at;
    (Reverse(finding.is_of_probe), opened_at.is_none(), opened_at, rank(finding.severity), &finding.name)
}

/// The parent of each Finding, by indexes; a root is its own.
struct Forest {
    parents: Vec<usize>,
}

impl Forest {
    fn of(open: &[OpenFinding]) -> Forest {
        // In the order of precedence the first of several is found first, and the result does not depend on the order of `open`.
        let mut order: Vec<usize> = (0..open.len()).collect();
        order.sort_by_key(|index| open.get(*index).map(precedence));
        let mut forest = Forest { parents: (0..open.len()).collect() };
        forest.add_dependencies(open, &order);
        forest.add_targets(open, &order);
        forest
    }

    fn add_dependencies(&mut self, open: &[OpenFinding], order: &[usize]) {
        let mut first_of: HashMap<&str, usize> = HashMap::new();
        let mut places = vec![0; open.len()];
        for (place, index) in order.iter().enumerate() {
            if let (Some(finding), Some(at)) = (open.get(*index), places.get_mut(*index)) {
                first_of.entry(&finding.scenario).or_insert(*index);
                *at = place;
            }
        }
        for index in order {
            let Some(finding) = open.get(*index) else { continue };
            let failing = finding.depends_on.iter().filter(|scenario| **scenario != finding.scenario);
            let failing = failing.filter_map(|scenario| first_of.get(scenario.as_str()).copied());
            if let Some(parent) = failing.min_by_key(|parent| places.get(*parent).copied()) {
                self.join(*index, parent);
            }
        }
    }

    fn add_targets(&mut self, open: &[OpenFinding], order: &[usize]) {
        let mut first_of: HashMap<&str, usize> = HashMap::new();
        for index in order {
            let Some(finding) = open.get(*index) else { continue };
            for target in &finding.targets {
                let first = *first_of.entry(target).or_insert(*index);
                if first != *index {
                    self.join(*index, first);
                }
            }
        }
    }

    /// Gives a Finding without a parent this one, unless that would be a cycle.
    fn join(&mut self, child: usize, parent: usize) {
        if self.parents.get(child) != Some(&child) || self.root(parent) == child {
            return;
        }
        if let Some(of_child) = self.parents.get_mut(child) {
            *of_child = parent;
        }
    }

    /// Where the parents end. What was passed is closer to it afterwards.
    fn root(&mut self, from: usize) -> usize {
        let mut at = from;
        // `join` makes no cycle.
        while let Some(parent) = self.parents.get(at).copied().filter(|parent| *parent != at) {
            let next = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(of_this) = self.parents.get_mut(at) {
                *of_this = next;
            }
            at = parent;
        }
        at
    }
}
