//! The board: every Scenario with how it stands, by Agent. However many there are, what is shown of them is bounded.

use super::finding::severity;
use super::kept::{FindingTable, ScenarioRow};
use super::query::{Parameters, QueryError};
use super::{OperatorStatus, Resources, ScenarioView, Standing, words};
use crate::api::{Finding, Severity};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Agents that are shown at most, where not all Scenarios are.
const GROUPS_MAX: usize = 20;
/// Scenarios of each of them at least.
const OF_GROUP_MIN: usize = 3;
/// Longest text that is searched for, in characters.
const TEXT_MAX: usize = 100;

/// Which Scenarios are shown. Conditions are combined with AND.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardFilter {
    pub standing: Option<Standing>,
    /// Object name of the Agent.
    pub agent: Option<String>,
    /// Part of the name or the title, in any case.
    pub text: Option<String>,
}

impl BoardFilter {
    /// Reads the filter from query parameters; the error names the first invalid parameter.
    pub fn parse(parameters: &Parameters) -> Result<BoardFilter, QueryError> {
        let given = |name: &str| parameters.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let standing = given("state").map(|word| words::parse(word, Standing::ALL, Standing::as_str)).transpose();
        let text = given("q").map(|text| text.chars().take(TEXT_MAX).collect());
        Ok(BoardFilter {
            standing: standing.map_err(|message| QueryError::new("state", message))?,
            agent: given("agent").map(String::from),
            text,
        })
    }

    /// Whether it selects a Scenario, whatever the text.
    fn matches(&self, row: &ScenarioRow) -> bool {
        self.standing.is_none_or(|standing| standing == row.standing)
            && self.agent.as_deref().is_none_or(|agent| *row.agent == *agent)
    }
}

/// A Scenario on the board.
#[derive(Clone, Debug)]
pub struct BoardRow {
    pub view: ScenarioView,
    pub standing: Standing,
    /// The most serious of its open Findings, and of those the oldest.
    pub finding: Option<Arc<Finding>>,
    /// How many Findings of it are open.
    pub open: usize,
}

/// The Scenarios of an Agent.
#[derive(Clone, Debug)]
pub struct BoardGroup {
    /// Object name of the Agent.
    pub agent: String,
    /// Its display name.
    pub name: String,
    pub rows: Vec<BoardRow>,
    /// How many the filter selects, with those that are not shown.
    pub selected: usize,
}

/// The board.
#[derive(Clone, Debug, Default)]
pub struct BoardView {
    /// How many Scenarios stand how, whatever the filter.
    pub counts: BTreeMap<Standing, usize>,
    pub groups: Vec<BoardGroup>,
    /// How many the filter selects.
    pub selected: usize,
    /// Objects that can't be decoded, each with what is wrong; they are counted as invalid.
    pub undecodable: Vec<(String, String)>,
    /// The page, from one, and how many there are.
    pub page: (usize, usize),
}

impl BoardView {
    /// All Scenarios.
    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }

    pub fn count(&self, standing: Standing) -> usize {
        self.counts.get(&standing).copied().unwrap_or_default()
    }
}

/// Which part of a long list is shown: the page, from one, and how many there are.
fn page_of(asked: usize, items: usize, of_page: usize) -> (usize, usize) {
    let pages = items.div_ceil(of_page).max(1);
    (asked.clamp(1, pages), pages)
}

/// Puts the first so many into their order, and the others behind them in any.
fn order_first<T>(items: &mut [T], most: usize, in_order: impl Fn(&T, &T) -> Ordering + Copy) {
    match most.checked_sub(1).filter(|last| *last < items.len()) {
        Some(last) => {
            let (before, _, _) = items.select_nth_unstable_by(last, in_order);
            before.sort_unstable_by(in_order);
        }
        None => items.sort_unstable_by(in_order),
    }
}

impl Resources {
    /// A page of the board with `most` Scenarios, or a few more where there are many Agents. Where not all that the filter selects are
    /// shown, the worst come first; else they keep their places.
    pub fn board(&self, operator: &dyn OperatorStatus, filter: &BoardFilter, page: usize, most: usize) -> BoardView {
        let (table, findings) = (self.scenario_table(), self.finding_table());
        let mut board = BoardView { page: (1, 1), counts: table.counts.clone(), ..BoardView::default() };
        let with_text = filter.text.as_deref().map(|text| self.with_text(text));
        let mut groups: BTreeMap<&Arc<str>, Vec<Entry<'_>>> = BTreeMap::new();
        for scenario in table.rows.iter() {
            if filter.matches(scenario) && with_text.as_ref().is_none_or(|names| names.contains(&*scenario.name)) {
                board.selected += 1;
                let severity = findings.worst_of(&scenario.name).and_then(|worst| worst.severity);
                groups.entry(&scenario.agent).or_default().push(Entry { scenario, severity });
            }
        }
        self.add_undecodable(operator, filter, &mut board);
        let is_whole = board.selected <= most;
        let in_order = |a: &Entry<'_>, b: &Entry<'_>| {
            let by_rank = if is_whole { Ordering::Equal } else { a.rank().cmp(&b.rank()) };
            by_rank.then_with(|| a.scenario.name.cmp(&b.scenario.name))
        };
        // Of those of one Agent a page further on may be shown.
        let first = if filter.agent.is_some() { page.max(1).saturating_mul(most) } else { most.max(OF_GROUP_MIN) };
        let mut named: Vec<Group<'_>> = Vec::new();
        for (agent, mut of_agent) in groups {
            // A page after the last one is the last one.
            let first = if first >= of_agent.len() { usize::MAX } else { first };
            order_first(&mut of_agent, first, in_order);
            named.push((self.agent_ref(agent).name, agent.to_string(), of_agent));
        }
        if !is_whole {
            named.sort_by_key(|(_, _, of_agent)| of_agent.first().map(Entry::rank));
        } else {
            named.sort_unstable_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        }
        let shown = match (is_whole, filter.agent.is_some()) {
            (true, _) => named.into_iter().map(|group| cut(group, 0, usize::MAX)).collect(),
            (false, is_of_agent) => part(named, is_of_agent, most, page, &mut board.page),
        };
        let group = |(name, agent, selected, of_agent): Shown<'_>| BoardGroup {
            rows: of_agent
                .into_iter()
                .filter_map(|entry| self.board_row(operator, &findings, entry.scenario))
                .collect(),
            agent,
            name,
            selected,
        };
        board.groups = shown.into_iter().map(group).collect();
        board
    }

    /// The names of the Scenarios that have this text in their name or title, in any case.
    fn with_text(&self, text: &str) -> HashSet<String> {
        let (text, mut names) = (text.to_lowercase(), HashSet::new());
        self.scenarios.for_each(|scenario| {
            let name = &scenario.name;
            if name.contains(&text) || scenario.spec.title.to_lowercase().contains(&text) {
                names.insert(name.to_string());
            }
        });
        names
    }

    fn add_undecodable(&self, operator: &dyn OperatorStatus, filter: &BoardFilter, board: &mut BoardView) {
        let states = operator.watch_states();
        let absent = states.invalid.first.iter().filter(|(name, _)| self.scenario(name).is_none());
        let absent: Vec<(String, String)> = absent.map(|(name, problem)| (name.clone(), problem.clone())).collect();
        *board.counts.entry(Standing::Invalid).or_default() += absent.len();
        let is_shown = filter.agent.is_none() && filter.text.is_none();
        if is_shown && filter.standing.is_none_or(|standing| standing == Standing::Invalid) {
            board.undecodable = absent;
        }
    }

    /// A Scenario as it is now, unless it was deleted.
    fn board_row(&self, operator: &dyn OperatorStatus, findings: &FindingTable, row: &ScenarioRow) -> Option<BoardRow> {
        let scenario = self.scenario(&row.name)?;
        let worst = findings.worst_of(&row.name);
        Some(BoardRow {
            view: self.scenario_view(&scenario, operator),
            standing: row.standing,
            finding: worst.and_then(|worst| self.finding(&worst.name)),
            open: findings.active_of(&row.name).count(),
        })
    }

    /// The most serious open Finding of a Scenario, if it has one.
    pub fn worst_finding(&self, scenario: &str) -> Option<Arc<Finding>> {
        self.finding(&self.finding_table().worst_of(scenario)?.name)
    }
}

/// A Scenario that the filter selects, and the severity of the most serious of its open Findings.
#[derive(Clone, Copy)]
struct Entry<'a> {
    scenario: &'a ScenarioRow,
    severity: Option<Severity>,
}

impl Entry<'_> {
    /// How bad it is.
    fn rank(&self) -> (Standing, u8) {
        (self.scenario.standing, self.severity.map_or(u8::MAX, |severity| severity as u8))
    }
}

/// The Scenarios of an Agent: its display name, its object name, and they.
type Group<'a> = (String, String, Vec<Entry<'a>>);
/// What is shown of it: the names, how many the filter selects, and those of them that are shown.
type Shown<'a> = (String, String, usize, Vec<Entry<'a>>);

fn cut((name, agent, of_agent): Group<'_>, skipped: usize, most: usize) -> Shown<'_> {
    (name, agent, of_agent.len(), of_agent.into_iter().skip(skipped).take(most).collect())
}

/// A page of one Agent, or of the first Scenarios of several.
fn part<'a>(
    groups: Vec<Group<'a>>,
    is_of_agent: bool,
    most: usize,
    asked: usize,
    page: &mut (usize, usize),
) -> Vec<Shown<'a>> {
    if is_of_agent {
        let rows = groups.iter().map(|(_, _, of_agent)| of_agent.len()).sum();
        *page = page_of(asked, rows, most);
        let skipped = (page.0 - 1) * most;
        return groups.into_iter().map(|group| cut(group, skipped, most)).collect();
    }
    *page = page_of(asked, groups.len(), GROUPS_MAX);
    let on_page: Vec<Group<'_>> = groups.into_iter().skip((page.0 - 1) * GROUPS_MAX).take(GROUPS_MAX).collect();
    let of_group = (most / on_page.len().max(1)).max(OF_GROUP_MIN);
    on_page.into_iter().map(|group| cut(group, 0, of_group)).collect()
}

impl BoardRow {
    /// The severity of its open Finding.
    pub fn severity(&self) -> Option<Severity> {
        self.finding.as_deref().and_then(severity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(name: &str, standing: Standing) -> ScenarioRow {
        ScenarioRow { name: name.into(), agent: "a".into(), standing }
    }

    #[test]
    fn a_filter_is_of_the_address() {
        let parse = |query: &[(&str, &str)]| {
            BoardFilter::parse(&query.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
        };
        assert_eq!(parse(&[("state", ""), ("agent", ""), ("q", " ")]).unwrap(), BoardFilter::default());
        assert_eq!(parse(&[("state", "broken")]).unwrap_err().parameter, "state");
        let filter = parse(&[("state", "late"), ("q", "TÍTULO")]).unwrap();
        assert_eq!(filter.text.as_deref(), Some("TÍTULO"));
        assert!(filter.matches(&scenario("s", Standing::Late)) && !filter.matches(&scenario("s", Standing::Failing)));
        let matches = |query: &[(&str, &str)]| parse(query).unwrap().matches(&scenario("s", Standing::Healthy));
        assert!(matches(&[("agent", "a")]) && !matches(&[("agent", "b")]));
    }

    #[test]
    fn of_many_a_page_has_some_of_each_agent_or_a_part_of_one() {
        let all: Vec<_> = (0..100).map(|number| scenario(&format!("s-{number:04}"), Standing::Healthy)).collect();
        let group = |agent: usize, count: usize| -> Group<'_> {
            let entries = all.iter().map(|scenario| Entry { scenario, severity: None });
            (format!("Agent {agent}"), format!("a-{agent}"), entries.take(count).collect())
        };
        let shown = |groups: Vec<Group<'_>>, is_of_agent, asked| {
            let mut page = (1, 1);
            let shown = part(groups, is_of_agent, 60, asked, &mut page);
            let rows: Vec<(usize, usize)> = shown.iter().map(|(_, _, all, rows)| (*all, rows.len())).collect();
            (page, rows, shown.first().and_then(|first| Some(first.3.first()?.scenario.name.to_string())))
        };
        assert_eq!(shown(vec![group(1, 100), group(2, 2)], false, 1).1, [(100, 30), (2, 2)]);
        let many = || (0..50).map(|agent| group(agent, 4)).collect::<Vec<_>>();
        let (page, rows, _) = shown(many(), false, 3);
        assert_eq!((page, rows), ((3, 3), vec![(4, 4); 10]));
        assert_eq!(shown(many(), false, 1).1, vec![(4, 3); 20]);
        let (page, rows, first) = shown(vec![group(1, 100)], true, 2);
        assert_eq!((page, rows, first.as_deref()), ((2, 2), vec![(100, 40)], Some("s-0060")));
        assert_eq!(shown(vec![group(1, 100)], true, 99).0, (2, 2), "the last page");
    }
}
