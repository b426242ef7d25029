//! The table of Scenarios.

use super::Words;
use super::followed::Table;
use super::rows::{Row, Rows};
use crate::domain::cached_scenario::CachedScenario;
use crate::views::standing::{Standing, standing};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A Scenario.
#[derive(Clone, PartialEq, Eq)]
pub struct ScenarioRow {
    pub name: Arc<str>,
    /// Object name of the Agent.
    pub agent: Arc<str>,
    pub standing: Standing,
}

/// All of them, in no order.
#[derive(Clone, Default)]
pub struct ScenarioTable {
    pub rows: Rows<ScenarioRow>,
    /// How many stand how, where there are any.
    pub counts: BTreeMap<Standing, usize>,
    words: Words,
}

impl ScenarioRow {
    fn of(scenario: &CachedScenario, words: &mut Words) -> ScenarioRow {
        ScenarioRow { name: scenario.name.clone(), agent: words.of(&scenario.spec.agent), standing: standing(scenario) }
    }
}

impl Row for ScenarioRow {
    fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl Table<CachedScenario> for ScenarioTable {
    fn is_current(&self, name: &str, scenario: Option<&CachedScenario>) -> bool {
        let row = scenario.map(|scenario| ScenarioRow::of(scenario, &mut Words::default()));
        row.as_ref() == self.rows.named(name)
    }

    fn put(&mut self, scenario: &CachedScenario) {
        self.words.forget_others(|| self.rows.iter().map(|row| &row.agent));
        let row = ScenarioRow::of(scenario, &mut self.words);
        *self.counts.entry(row.standing).or_default() += 1;
        let before = self.rows.put(row);
        self.forget(before);
    }

    fn remove(&mut self, name: &str) {
        let before = self.rows.remove(name);
        self.forget(before);
    }
}

impl ScenarioTable {
    /// Takes back what a row was counted for that was replaced or removed.
    fn forget(&mut self, row: Option<ScenarioRow>) {
        let Some(row) = row else { return };
        let count = self.counts.entry(row.standing).or_default();
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&row.standing);
        }
    }
}
