//! The board: every Scenario with how it stands, by Agent. However many there are, what is shown of them is bounded.

use super::finding::{is_active, severity};
use super::query::{Parameters, QueryError};
use super::{OperatorStatus, Resources, ScenarioView, words};
use crate::api::{Finding, Health, Scenario, Severity, WatchState};
use crate::controllers::scenario::state_of;
use kube::ResourceExt as _;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Agents that are shown at most, where not all Scenarios are.
const GROUPS_MAX: usize = 20;
/// Scenarios of each of them at least.
const OF_GROUP_MIN: usize = 3;
/// Longest text that is searched for, in characters.
const TEXT_MAX: usize = 100;

/// How a Scenario stands, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// A Finding is open.
    Failing,
    /// It can't be judged.
    Unknown,
    /// No run was completed for two intervals.
    Late,
    /// Its spec has errors: nothing is read.
    Invalid,
    Suspended,
    Healthy,
}

impl Standing {
    pub const ALL: [Standing; 6] = [
        Standing::Failing,
        Standing::Unknown,
        Standing::Late,
        Standing::Invalid,
        Standing::Suspended,
        Standing::Healthy,
    ];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Failing => "failing",
            Standing::Unknown => "unknown",
            Standing::Late => "late",
            Standing::Invalid => "invalid",
            Standing::Suspended => "suspended",
            Standing::Healthy => "healthy",
        }
    }
}

/// How a Scenario stands. A failure says more than lateness.
pub fn standing(scenario: &Scenario) -> Standing {
    let health = scenario.status.as_ref().and_then(|status| status.health);
    match (state_of(scenario), health) {
        (WatchState::Invalid, _) => Standing::Invalid,
        (WatchState::Suspended, _) => Standing::Suspended,
        (_, Some(Health::Failing)) => Standing::Failing,
        (WatchState::Late, _) => Standing::Late,
        (WatchState::Ready, Some(Health::Healthy)) => Standing::Healthy,
        (WatchState::Ready, _) => Standing::Unknown,
    }
}

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

    fn matches(&self, scenario: &Scenario, of: Standing) -> bool {
        self.standing.is_none_or(|standing| standing == of)
            && self.agent.as_ref().is_none_or(|agent| scenario.spec.agent == *agent)
            && self.text.as_ref().is_none_or(|text| {
                let text = text.to_lowercase();
                let name = scenario.metadata.name.as_deref().unwrap_or_default();
                name.contains(&text) || scenario.spec.title.to_lowercase().contains(&text)
            })
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

/// A Scenario before its view is made.
struct Candidate {
    scenario: Arc<Scenario>,
    standing: Standing,
}

impl Candidate {
    fn name(&self) -> &str {
        self.scenario.metadata.name.as_deref().unwrap_or_default()
    }
}

/// Open Findings of one Scenario: the most serious one, then the oldest, and how many there are.
type Worst = (Arc<Finding>, usize);

/// The open Findings of Scenarios.
fn worst(findings: Vec<Arc<Finding>>) -> HashMap<String, Worst> {
    let key = |finding: &Finding| {
        let opened = finding.status.as_ref().and_then(|status| status.opened_at.as_ref()).map(|at| at.0);
        (severity(finding).map_or(u8::MAX, |severity| severity as u8), opened)
    };
    let mut worst: HashMap<String, Worst> = HashMap::new();
    for finding in findings {
        match worst.get_mut(&finding.spec.scenario) {
            Some((other, count)) => {
                *count += 1;
                if key(&finding) < key(other) {
                    *other = finding;
                }
            }
            None => drop(worst.insert(finding.spec.scenario.clone(), (finding, 1))),
        }
    }
    worst
}

/// Which part of a long list is shown: the page, from one, and how many there are.
fn page_of(asked: usize, items: usize, of_page: usize) -> (usize, usize) {
    let pages = items.div_ceil(of_page).max(1);
    (asked.clamp(1, pages), pages)
}

impl Resources {
    /// A page of the board with `most` Scenarios, or a few more where there are many Agents. Where not all that the filter selects are
    /// shown, the worst come first; else they keep their places.
    pub fn board(&self, operator: &dyn OperatorStatus, filter: &BoardFilter, page: usize, most: usize) -> BoardView {
        let worst = worst(self.findings.state_filter(is_active));
        let mut board = BoardView { page: (1, 1), ..BoardView::default() };
        let mut groups: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        for scenario in self.scenarios.state() {
            let standing = standing(&scenario);
            *board.counts.entry(standing).or_default() += 1;
            if filter.matches(&scenario, standing) {
                board.selected += 1;
                groups.entry(scenario.spec.agent.clone()).or_default().push(Candidate { scenario, standing });
            }
        }
        self.add_undecodable(operator, filter, &mut board);
        let is_whole = board.selected <= most;
        let rank = |one: &Candidate| {
            (
                one.standing,
                worst.get(one.name()).and_then(|(finding, _)| severity(finding)).map_or(u8::MAX, |s| s as u8),
            )
        };
        for of_agent in groups.values_mut() {
            of_agent.sort_unstable_by(|a, b| {
                let by_rank = if is_whole { std::cmp::Ordering::Equal } else { rank(a).cmp(&rank(b)) };
                by_rank.then_with(|| a.name().cmp(b.name()))
            });
        }
        let mut named: Vec<(String, String, Vec<Candidate>)> =
            groups.into_iter().map(|(agent, of_agent)| (self.agent_ref(&agent).name, agent, of_agent)).collect();
        if !is_whole {
            named.sort_by_key(|(_, _, of_agent)| of_agent.first().map(&rank));
        } else {
            named.sort_unstable_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        }
        let shown = match (is_whole, filter.agent.is_some()) {
            (true, _) => named.into_iter().map(|group| cut(group, 0, usize::MAX)).collect(),
            (false, is_of_agent) => part(named, is_of_agent, most, page, &mut board.page),
        };
        board.groups = shown
            .into_iter()
            .map(|(name, agent, selected, of_agent)| BoardGroup {
                rows: of_agent.into_iter().map(|one| self.board_row(operator, &worst, one)).collect(),
                agent,
                name,
                selected,
            })
            .collect();
        board
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

    fn board_row(
        &self,
        operator: &dyn OperatorStatus,
        worst: &HashMap<String, Worst>,
        Candidate { scenario, standing }: Candidate,
    ) -> BoardRow {
        let name = scenario.name_any();
        let view = self.scenario_view(&scenario, operator);
        let (finding, open) = worst.get(&name).cloned().unzip();
        BoardRow { view, standing, finding, open: open.unwrap_or_default() }
    }

    /// The most serious open Finding of a Scenario, if it has one.
    pub fn worst_finding(&self, scenario: &str) -> Option<Arc<Finding>> {
        let of_it = self.findings.state_filter(|finding| finding.spec.scenario == scenario && is_active(finding));
        worst(of_it).remove(scenario).map(|(finding, _)| finding)
    }
}

/// The Scenarios of an Agent: its display name, its object name, and they.
type Group = (String, String, Vec<Candidate>);
/// What is shown of it: the names, how many the filter selects, and those of them that are shown.
type Shown = (String, String, usize, Vec<Candidate>);

fn cut((name, agent, of_agent): Group, skipped: usize, most: usize) -> Shown {
    (name, agent, of_agent.len(), of_agent.into_iter().skip(skipped).take(most).collect())
}

/// A page of one Agent, or of the first Scenarios of several.
fn part(groups: Vec<Group>, is_of_agent: bool, most: usize, asked: usize, page: &mut (usize, usize)) -> Vec<Shown> {
    if is_of_agent {
        let rows = groups.iter().map(|(_, _, of_agent)| of_agent.len()).sum();
        *page = page_of(asked, rows, most);
        let skipped = (page.0 - 1) * most;
        return groups.into_iter().map(|group| cut(group, skipped, most)).collect();
    }
    *page = page_of(asked, groups.len(), GROUPS_MAX);
    let on_page: Vec<Group> = groups.into_iter().skip((page.0 - 1) * GROUPS_MAX).take(GROUPS_MAX).collect();
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
    use serde_json::json;

    fn scenario(name: &str, status: serde_json::Value) -> Arc<Scenario> {
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name},
            "spec": {"title": "Título de Tudo", "agent": "a", "severity": "low", "probes": []}, "status": status});
        Arc::new(serde_json::from_value(object).unwrap())
    }

    #[test]
    fn a_scenario_stands_in_one_way() {
        for (status, expected) in [
            (json!({"state": "ready", "health": "healthy"}), Standing::Healthy),
            (json!({"state": "ready", "health": "failing"}), Standing::Failing),
            (json!({"state": "late", "health": "failing"}), Standing::Failing),
            (json!({"state": "late", "health": "unknown"}), Standing::Late),
            (json!({"state": "suspended", "health": "failing"}), Standing::Suspended),
            (json!({"state": "invalid", "health": "unknown"}), Standing::Invalid),
            (json!(null), Standing::Unknown),
        ] {
            assert_eq!(standing(&scenario("x", status.clone())), expected, "{status}");
        }
    }

    #[test]
    fn a_filter_is_of_the_address() {
        let parse = |query: &[(&str, &str)]| {
            BoardFilter::parse(&query.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
        };
        assert_eq!(parse(&[("state", ""), ("agent", ""), ("q", " ")]).unwrap(), BoardFilter::default());
        assert_eq!(parse(&[("state", "broken")]).unwrap_err().parameter, "state");
        let filter = parse(&[("state", "late"), ("q", "TÍTULO")]).unwrap();
        let one = scenario("shop.front", json!(null));
        assert!(filter.matches(&one, Standing::Late) && !filter.matches(&one, Standing::Failing));
        let matches = |query: &[(&str, &str)]| parse(query).unwrap().matches(&one, Standing::Healthy);
        assert!(matches(&[("q", "Front")]) && matches(&[("agent", "a")]));
        assert!(!matches(&[("q", "back")]) && !matches(&[("agent", "b")]));
    }

    #[test]
    fn of_many_a_page_has_some_of_each_agent_or_a_part_of_one() {
        let group = |agent: usize, count: usize| -> Group {
            let of = |number| Candidate {
                scenario: scenario(&format!("s-{number:04}"), json!(null)),
                standing: Standing::Healthy,
            };
            (format!("Agent {agent}"), format!("a-{agent}"), (0..count).map(of).collect())
        };
        let shown = |groups: Vec<Group>, is_of_agent, asked| {
            let mut page = (1, 1);
            let shown = part(groups, is_of_agent, 60, asked, &mut page);
            let rows: Vec<(usize, usize)> = shown.iter().map(|(_, _, all, rows)| (*all, rows.len())).collect();
            (page, rows, shown.first().and_then(|first| Some(first.3.first()?.name().to_string())))
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
