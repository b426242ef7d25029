//! The parent of each open Finding.

use super::{Candidate, rank};
use crate::api::Severity;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// Scenarios that are looked at in search of a dependency that fails.
const DEPENDENCIES_MAX: usize = 1000;
/// Findings of one Scenario that are compared in search of a parent; a check has a hundred items at most.
const OF_SCENARIO_MAX: usize = 128;

/// Which of several comes first where nothing else decides: that of a probe, then one that is not about an item alone, then the one that
/// was opened first, the most severe, by name.
type Precedence<'a> = (Reverse<bool>, bool, bool, Option<Timestamp>, (bool, Option<Severity>), &'a str);

fn precedence(candidate: &Candidate) -> Precedence<'_> {
    let finding = &candidate.finding;
    let opened_at = finding.opened_at;
    let is_of_item = !candidate.key.is_empty();
    (Reverse(candidate.is_of_probe), is_of_item, opened_at.is_none(), opened_at, rank(finding.severity), &finding.name)
}

/// The parents of all Findings, by indexes; a root is its own.
pub struct Forest<'a> {
    open: &'a [Candidate],
    parents: Vec<usize>,
    /// All indexes in the order of precedence: the first of several is found first, and the result does not depend on the order of `open`.
    order: Vec<usize>,
    /// The place of each in `order`.
    places: Vec<usize>,
    /// The Findings of each Scenario, in the order of precedence.
    of_scenario: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Forest<'a> {
    pub fn of(open: &'a [Candidate], depends_on: &dyn Fn(&str) -> Vec<String>) -> Forest<'a> {
        let mut order: Vec<usize> = (0..open.len()).collect();
        order.sort_by_key(|index| open.get(*index).map(precedence));
        let mut places = vec![0; open.len()];
        let mut of_scenario: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, index) in order.iter().enumerate() {
            if let (Some(candidate), Some(at)) = (open.get(*index), places.get_mut(*index)) {
                *at = place;
                of_scenario.entry(&candidate.finding.scenario).or_default().push(*index);
            }
        }
        let mut forest = Forest { open, parents: (0..open.len()).collect(), order, places, of_scenario };
        forest.add_dependencies(depends_on);
        forest.add_required();
        forest.add_targets();
        forest
    }

    /// Where the parents end. What was passed is closer to it afterwards.
    pub fn root(&mut self, from: usize) -> usize {
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

    /// Whatever was opened first: a Finding of the nearest Scenarios that fail among those that its own depends on. Of several one that
    /// shares a target with it, then one whose item it is named after.
    fn add_dependencies(&mut self, depends_on: &dyn Fn(&str) -> Vec<String>) {
        let mut failing: HashMap<&str, Vec<usize>> = HashMap::new();
        for scenario in self.of_scenario.keys() {
            failing.insert(scenario, self.failing_dependencies(scenario, depends_on));
        }
        for child in self.order.clone() {
            let Some(candidate) = self.open.get(child) else { continue };
            let others = failing.get(candidate.finding.scenario.as_str()).into_iter().flatten();
            let parent = others.min_by_key(|other| {
                let of_other = self.open.get(**other);
                let shares = of_other.is_some_and(|other| candidate.shares_target(other));
                let is_named = of_other.is_some_and(|other| candidate.is_named_after(other));
                (Reverse(shares), Reverse(is_named), self.places.get(**other).copied())
            });
            if let Some(parent) = parent {
                self.join(child, *parent);
            }
        }
    }

    /// The Findings of the nearest failing Scenarios; what lies behind them is found from them.
    fn failing_dependencies(&self, scenario: &str, depends_on: &dyn Fn(&str) -> Vec<String>) -> Vec<usize> {
        let mut seen = BTreeSet::from([scenario.to_string()]);
        let mut left = depends_on(scenario);
        let mut found = Vec::new();
        while let Some(next) = left.pop() {
            if seen.len() > DEPENDENCIES_MAX || !seen.insert(next.clone()) {
                continue;
            }
            let of_next = self.of_scenario.get(next.as_str()).into_iter().flatten().copied();
            let fails = |index: &usize| self.open.get(*index).is_some_and(|candidate| !candidate.is_blind());
            let before = found.len();
            found.extend(of_next.filter(fails).take(OF_SCENARIO_MAX));
            if found.len() == before {
                left.extend(depends_on(&next));
            }
        }
        found
    }

    /// A check is not judged while one that it requires fails. Of several the one with the same item.
    fn add_required(&mut self) {
        for child in self.order.clone() {
            let Some(candidate) = self.open.get(child).filter(|candidate| !candidate.requires.is_empty()) else {
                continue;
            };
            let of_scenario = self.of_scenario.get(candidate.finding.scenario.as_str()).into_iter().flatten();
            let required = of_scenario
                .filter(|index| self.open.get(**index).is_some_and(|other| candidate.requires.contains(&other.check)));
            let has_other_key = |index: &usize| self.open.get(*index).is_some_and(|other| other.key != candidate.key);
            let parent = required.take(OF_SCENARIO_MAX).min_by_key(|index| has_other_key(index)).copied();
            if let Some(parent) = parent {
                self.join(child, parent);
            }
        }
    }

    /// The first that reads a target is the parent of the others, but not of other items of its own check. A check that reads several
    /// targets is no parent where something else is its root: nothing says then that this target fails.
    fn add_targets(&mut self) {
        let mut first_of: HashMap<&str, usize> = HashMap::new();
        for index in self.order.clone() {
            let Some(candidate) = self.open.get(index) else { continue };
            let firsts = candidate.targets.iter().filter_map(|target| first_of.get(target.as_str()).copied());
            let others = firsts.filter(|first| self.open.get(*first).is_some_and(|of| !of.is_sibling(candidate)));
            if let Some(parent) = others.min_by_key(|first| self.places.get(*first).copied()) {
                self.join(index, parent);
            }
            if candidate.targets.len() == 1 || self.parents.get(index) == Some(&index) {
                for target in &candidate.targets {
                    first_of.entry(target).or_insert(index);
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
}
