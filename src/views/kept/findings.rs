//! The table of Findings.

use super::Words;
use super::followed::Table;
use super::rows::{Row, Rows};
use crate::api::{Finding, Phase, Severity};
use crate::runtime::objects::CachedObject as _;
use crate::views::FindingFilter;
use crate::views::finding::{opened_at, phase, severity};
use foldhash::fast::RandomState;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// A Finding that has a phase.
#[derive(Clone, PartialEq, Eq)]
pub struct FindingRow {
    pub name: Arc<str>,
    pub scenario: Arc<str>,
    pub check: Arc<str>,
    pub key: Arc<str>,
    pub phase: Phase,
    pub severity: Option<Severity>,
    /// Object name of the Agent.
    pub agent: Option<Arc<str>>,
    pub opened_at: Option<Timestamp>,
    /// Whether a person took it over, or acknowledged it.
    pub is_owned: bool,
    /// The Thread that tells of the current or last occurrence.
    pub thread: Option<Arc<str>>,
}

/// All of them, in no order.
#[derive(Clone, Default)]
pub struct FindingTable {
    pub rows: Rows<FindingRow>,
    words: Words,
    /// The names of the open and acknowledged ones, by Scenario.
    active: HashMap<Arc<str>, Vec<Arc<str>>, RandomState>,
}

impl FindingRow {
    /// The most serious first, then the oldest; by name, where there are several, so that it is the same one each time.
    pub fn seriousness(&self) -> impl Ord + '_ {
        (self.severity.map_or(u8::MAX, |severity| severity as u8), self.opened_at, &self.name)
    }

    fn words(&self) -> impl Iterator<Item = &Arc<str>> {
        [&self.check, &self.key].into_iter().chain(&self.agent)
    }

    fn of(finding: &Finding, words: &mut Words) -> Option<FindingRow> {
        let (spec, status) = (&finding.spec, finding.status.as_ref()?);
        let phase = phase(finding)?;
        Some(FindingRow {
            name: finding.shared_name(),
            scenario: spec.scenario.as_str().into(),
            check: words.of(&spec.check),
            key: words.of(&spec.key),
            phase,
            severity: severity(finding),
            agent: status.agent.as_deref().map(|agent| words.of(agent)),
            opened_at: opened_at(finding),
            is_owned: status.owner.is_some() || phase == Phase::Acknowledged,
            thread: status.thread.as_deref().map(Arc::from),
        })
    }
}

impl Row for FindingRow {
    fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl Table<Finding> for FindingTable {
    fn is_current(&self, name: &str, finding: Option<&Finding>) -> bool {
        let row = finding.and_then(|finding| FindingRow::of(finding, &mut Words::default()));
        row.as_ref() == self.rows.named(name)
    }

    fn put(&mut self, finding: &Finding) {
        self.words.forget_others(|| self.rows.iter().flat_map(FindingRow::words));
        let Some(row) = FindingRow::of(finding, &mut self.words) else { return self.remove(finding.name()) };
        let active = row.phase.is_active().then(|| (row.scenario.clone(), row.name.clone()));
        let before = self.rows.put(row);
        self.forget(before);
        if let Some((scenario, name)) = active {
            self.active.entry(scenario).or_default().push(name);
        }
    }

    fn remove(&mut self, name: &str) {
        let before = self.rows.remove(name);
        self.forget(before);
    }
}

impl FindingFilter {
    /// As [`FindingFilter::matches`], without the words that are searched for.
    pub fn matches_row(&self, row: &FindingRow, agent: Option<&str>) -> bool {
        self.selects(row.phase, row.severity, &row.scenario)
            && agent.is_none_or(|wanted| row.agent.as_deref() == Some(wanted))
    }
}

impl FindingTable {
    /// Those of a Scenario that are open or acknowledged.
    pub fn active_of(&self, scenario: &str) -> impl Iterator<Item = &FindingRow> {
        self.active.get(scenario).into_iter().flatten().filter_map(|name| self.rows.named(name))
    }

    /// The most serious of those, then the oldest.
    pub fn worst_of(&self, scenario: &str) -> Option<&FindingRow> {
        self.active_of(scenario).min_by(|a, b| a.seriousness().cmp(&b.seriousness()))
    }

    /// Takes a row out of those that are open that was replaced or removed.
    fn forget(&mut self, row: Option<FindingRow>) {
        let Some(row) = row.filter(|row| row.phase.is_active()) else { return };
        let Some(of_scenario) = self.active.get_mut(&row.scenario) else { return };
        of_scenario.retain(|name| *name != row.name);
        if of_scenario.is_empty() {
            self.active.remove(&row.scenario);
        }
    }
}
