//! Which open Findings have one root: they share a dependency that fails, or a target.
//!
//! A Finding has one parent at most, in this order: a Finding of a Scenario that its own depends on, whenever that was opened; a check of
//! its Scenario that its own requires; the first of those that share a target with it. Its root is where the parents end.

mod candidate;
mod forest;
#[cfg(test)]
mod tests;

pub use candidate::Candidate;

use crate::api::Severity;
use forest::Forest;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// An open Finding, as people are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFinding {
    /// Object name.
    pub name: String,
    pub scenario: String,
    /// What it says, for people.
    pub message: String,
    pub severity: Option<Severity>,
    pub opened_at: Option<Timestamp>,
}

/// Open Findings with one root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The root; it is none of `others`.
    pub root: OpenFinding,
    /// The others, the most severe first, then by name. Never empty.
    pub others: Vec<OpenFinding>,
}

/// The groups among open Findings, sorted by the name of the root. Each Finding is in at most one. `depends_on` gives the Scenarios that
/// a Scenario depends on, whether they fail or not.
pub fn groups(open: &[Candidate], depends_on: &dyn Fn(&str) -> Vec<String>) -> Vec<Group> {
    let mut forest = Forest::of(open, depends_on);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..open.len() {
        let root = forest.root(index);
        if root != index {
            members.entry(root).or_default().push(index);
        }
    }
    let finding = |index: usize| open.get(index).map(|candidate| candidate.finding.clone());
    let mut groups: Vec<Group> = members
        .into_iter()
        .filter_map(|(root, members)| {
            let mut others: Vec<OpenFinding> = members.into_iter().filter_map(finding).collect();
            others.sort_by(|a, b| (rank(a.severity), &a.name).cmp(&(rank(b.severity), &b.name)));
            Some(Group { root: finding(root)?, others })
        })
        .collect();
    groups.sort_by(|a, b| a.root.name.cmp(&b.root.name));
    groups
}

/// The most severe first; without a severity last.
fn rank(severity: Option<Severity>) -> (bool, Option<Severity>) {
    (severity.is_none(), severity)
}
