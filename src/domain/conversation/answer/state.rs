//! The state of what is asked about, and lists of what is open.

use super::{About, Known, NAME_MAX, before};
use crate::api::conditions::{READY, find};
use crate::api::{Phase, ScenarioSpec, ScenarioStatus, Severity};
use crate::domain::conversation::command::{Question, Understood};
use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::{Style, finding, tell, worded};
use crate::domain::notice::flapping::flapping;
use crate::domain::notice::wording::one_line;
use crate::domain::silence::SilencedBy;
use crate::domain::texts::answers::{self as texts, State};
use crate::domain::texts::{conversation, notices};
use jiff::Timestamp;

/// Findings that an answer lists at most.
const LISTED_MAX: usize = 20;
/// Longest headline of one, in characters.
const HEADLINE_MAX: usize = 240;
/// Longest title and message.
const TITLE_MAX: usize = 200;
const MESSAGE_MAX: usize = 1024;

/// A Scenario, and what is known besides about it.
#[derive(Clone, Debug)]
pub struct ScenarioFacts<'a> {
    pub name: &'a str,
    pub spec: &'a ScenarioSpec,
    pub status: Option<&'a ScenarioStatus>,
    /// The page of its runbook, where the file could be read.
    pub page: Option<&'a str>,
    /// The active Silences of the whole Scenario.
    pub silences: &'a [SilencedBy],
}

/// An open Finding in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    pub name: String,
    pub scenario: String,
    /// Object name of the Agent that owns it.
    pub agent: String,
    pub message: String,
    pub severity: Option<Severity>,
    pub opened_at: Option<Timestamp>,
    pub is_acknowledged: bool,
    pub is_silenced: bool,
}

/// The open Findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenList {
    /// The most severe first, then the oldest.
    items: Vec<OpenItem>,
    /// The Agent that answers, by the name of the object and by the one that people see.
    agent: (String, String),
}

impl OpenList {
    /// Sorts them. `agent` and `shown` name the Agent that answers.
    pub fn new(mut items: Vec<OpenItem>, agent: &str, shown: &str) -> OpenList {
        items.sort_by(|a, b| key(a).cmp(&key(b)));
        OpenList { items, agent: (agent.to_string(), shown.to_string()) }
    }
}

fn key(item: &OpenItem) -> (bool, Option<Severity>, bool, Option<Timestamp>, &str) {
    (item.severity.is_none(), item.severity, item.opened_at.is_none(), item.opened_at, &item.name)
}

/// The state of what a Message is about; of everything where it is about nothing.
pub fn about(draft: &mut Draft, known: &Known<'_>, style: &Style) {
    let language = style.language;
    match &known.about {
        About::Finding(facts) => {
            let state = match facts.status.phase {
                Some(Phase::Open) => State::Open,
                Some(Phase::Acknowledged) => State::Acknowledged,
                Some(Phase::Resolved) => State::Resolved,
                None => State::Unknown,
            };
            let badge = conversation::badge(language, facts.status.severity);
            let headline = format!("{badge}{}", finding::headline(facts, language));
            draft.paragraph(texts::finding_state(language, state, &headline));
            if flapping(&facts.status.transitions, known.now).is_some() {
                draft.paragraph(format!("{}. {}", notices::flapping(language), texts::flapping_next(language)));
            }
            finding::facts(draft, facts, style);
            if let Some(owner) = facts.status.owner.as_ref().filter(|_| facts.status.is_active()) {
                let by = notices::person(language, &one_line(&owner.by, NAME_MAX), owner.proven);
                draft.paragraph(texts::owned(language, &by, &notices::moment(language, owner.at.0, &style.zone)));
            }
            finding::silenced(draft, None, true, facts.silences, style);
            if facts.status.is_active() {
                finding::what_was_read(draft, facts, style);
                tell::affected(draft, facts, style);
                before::list(draft, known, style);
            }
        }
        About::Scenario(facts) => {
            let open = (known.open)();
            scenario(draft, facts, &open, known.besides.is_empty(), style);
            besides(draft, known, &open, style);
        }
        About::Agent(shown) => {
            let open = (known.open)();
            let of: Vec<&OpenItem> = open.items.iter().filter(|item| item.agent == open.agent.0).collect();
            list(draft, Some(shown), &of, style);
        }
        About::OneOf { asked, scenarios } => {
            let names: Vec<String> = scenarios.iter().take(LISTED_MAX).cloned().collect();
            draft.list(Some(&texts::one_of(language, &one_line(asked, NAME_MAX))), names);
            if !known.besides.is_empty() {
                besides(draft, known, &(known.open)(), style);
            }
        }
        About::Findings { asked, names } => open_about(draft, &(known.open)(), asked, names, style),
        About::Unknown(name) => draft.paragraph(texts::no_such(language, &one_line(name, NAME_MAX))),
        About::Nothing => open(draft, &(known.open)(), style),
    }
}

/// Open Findings that say what was asked about, besides those of the Scenarios that were found by it.
fn besides(draft: &mut Draft, known: &Known<'_>, open: &OpenList, style: &Style) {
    if let (false, Understood::Question(Question::Status { of: Some(asked) })) =
        (known.besides.is_empty(), known.understood)
    {
        open_about(draft, open, asked, known.besides, style);
    }
}

/// Open Findings that say what was asked about.
fn open_about(draft: &mut Draft, open: &OpenList, asked: &str, names: &[String], style: &Style) {
    let of: Vec<&OpenItem> = open.items.iter().filter(|item| names.contains(&item.name)).collect();
    match of.is_empty() {
        // They were resolved meanwhile.
        true => list(draft, None, &of, style),
        false => listed(draft, &texts::open_about(style.language, &one_line(asked, NAME_MAX)), &of, style),
    }
}

/// `is_alone`: no open Findings of others follow.
fn scenario(draft: &mut Draft, facts: &ScenarioFacts<'_>, open: &OpenList, is_alone: bool, style: &Style) {
    let language = style.language;
    let shown = format!("{} ({})", one_line(&facts.spec.title, TITLE_MAX), facts.name);
    draft.paragraph(texts::scenario_state(language, &shown, facts.status.and_then(|status| status.health)));
    let ready = facts.status.and_then(|status| find(&status.conditions, READY));
    let why = ready.filter(|ready| ready.status != "True").map(|ready| one_line(&ready.message, MESSAGE_MAX));
    let state = facts.status.and_then(|status| status.state);
    let not_watched = state.and_then(|state| texts::not_watched(language, state, &why.unwrap_or_default()));
    let last_run = facts.status.and_then(|status| status.last_run_at.as_ref());
    let last_run = last_run.map(|at| texts::last_run(language, &notices::moment(language, at.0, &style.zone)));
    let lines = [not_watched, Some(texts::severity_of(language, facts.spec.severity)), last_run];
    draft.list(None, lines.into_iter().flatten());
    finding::silenced(draft, None, false, facts.silences, style);
    let of: Vec<&OpenItem> = open.items.iter().filter(|item| item.scenario == facts.name).collect();
    if !of.is_empty() || is_alone {
        list(draft, None, &of, style);
    }
}

/// What the Agent that answers has open, then that of the others.
pub fn open(draft: &mut Draft, open: &OpenList, style: &Style) {
    let (agent, shown) = &open.agent;
    let (own, others): (Vec<&OpenItem>, Vec<&OpenItem>) = open.items.iter().partition(|item| item.agent == *agent);
    if others.is_empty() {
        list(draft, None, &own, style);
        return;
    }
    list(draft, Some(shown), &own, style);
    listed(draft, &texts::open_besides(style.language, open.items.len(), others.len()), &others, style);
}

/// The number of Findings, and the first of them.
fn list(draft: &mut Draft, agent: Option<&str>, items: &[&OpenItem], style: &Style) {
    let count = texts::open_count(style.language, agent, items.len());
    match items.is_empty() {
        true => draft.paragraph(count),
        false => listed(draft, &count, items, style),
    }
}

fn listed(draft: &mut Draft, heading: &str, items: &[&OpenItem], style: &Style) {
    let mut lines: Vec<String> = items.iter().take(LISTED_MAX).map(|item| line(item, style)).collect();
    let left = items.len().saturating_sub(LISTED_MAX);
    if left > 0 {
        lines.push(notices::not_listed(style.language, left));
    }
    draft.list(Some(heading), lines);
}

fn line(item: &OpenItem, style: &Style) -> String {
    let language = style.language;
    let said = if item.message.is_empty() { &item.scenario } else { &item.message };
    let said = one_line(&worded::in_words(language, said), HEADLINE_MAX);
    let said = format!("{}{said}", conversation::badge(language, item.severity));
    let since = item.opened_at.map(|at| notices::moment(language, at, &style.zone));
    let is_known = [item.is_acknowledged, item.is_silenced];
    texts::open_item(language, &said, since.as_deref(), is_known, &item.name)
}
