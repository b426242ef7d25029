//! The table of Scenarios on the board.

use super::{FindingRow, FindingTable, Words, name};
use crate::api::{Scenario, Severity};
use crate::runtime::objects::Objects;
use crate::views::standing::{Standing, standing};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

/// A Scenario.
pub struct BoardEntry {
    pub name: Arc<str>,
    /// Object name of the Agent.
    pub agent: Arc<str>,
    pub standing: Standing,
    /// The severity of the most serious of its open Findings.
    pub severity: Option<Severity>,
}

/// The open Findings of a Scenario.
pub struct Worst {
    /// The most serious one, then the oldest.
    pub finding: Arc<str>,
    /// How many there are.
    pub open: usize,
}

/// All of them, in no order.
pub struct BoardTable {
    pub entries: Vec<BoardEntry>,
    /// How many stand how.
    pub counts: BTreeMap<Standing, usize>,
    worst: HashMap<Arc<str>, Worst>,
    /// Only to know it again.
    findings: Weak<FindingTable>,
    /// Of the Scenarios; `None` where one was changing when it was read.
    revision: Option<u64>,
}

impl FindingRow {
    /// The most serious first, then the oldest.
    pub fn seriousness(&self) -> (u8, Option<Timestamp>) {
        (self.severity.map_or(u8::MAX, |severity| severity as u8), self.opened_at)
    }
}

impl BoardTable {
    /// Whether it says how these are.
    pub fn is_of(&self, scenarios: &Objects<Scenario>, findings: &Arc<FindingTable>) -> bool {
        std::ptr::eq(self.findings.as_ptr(), Arc::as_ptr(findings))
            && self.revision.is_some_and(|revision| scenarios.revision() == Some(revision))
    }

    pub fn of(scenarios: &Objects<Scenario>, findings: &Arc<FindingTable>) -> BoardTable {
        // Read before the Scenarios: they may only be newer.
        let revision = scenarios.revision();
        let mut worst: HashMap<Arc<str>, (&FindingRow, usize)> = HashMap::new();
        for row in findings.rows.iter().filter(|row| row.phase.is_active()) {
            let known = worst.entry(row.scenario.clone()).or_insert((row, 0));
            known.1 += 1;
            if row.seriousness() < known.0.seriousness() {
                known.0 = row;
            }
        }
        let (mut entries, mut counts) = (Vec::with_capacity(scenarios.len()), BTreeMap::new());
        let mut words = Words::default();
        scenarios.for_each(|scenario| {
            let (name, standing) = (name(scenario), standing(scenario));
            *counts.entry(standing).or_default() += 1;
            let severity = worst.get(&name).and_then(|(finding, _)| finding.severity);
            entries.push(BoardEntry { name, agent: words.of(&scenario.spec.agent), standing, severity });
        });
        let worst =
            worst.into_iter().map(|(scenario, (row, open))| (scenario, Worst { finding: row.name.clone(), open }));
        let worst = worst.collect();
        BoardTable { entries, counts, worst, findings: Arc::downgrade(findings), revision }
    }

    /// The open Findings of a Scenario, if it has any.
    pub fn worst(&self, scenario: &str) -> Option<&Worst> {
        self.worst.get(scenario)
    }
}
