//! What is told of a shift.

use crate::api::{Action, WatchState};
use crate::commands::PARAMETER_NOTE;
use crate::controllers::scenario::state_of;
use crate::domain::clip;
use crate::domain::explained::is_explanation;
use crate::domain::printable::printable;
use crate::domain::thread::proof::{PARAMETER_MESSAGE, VERB_EXPLAIN};
use crate::domain::transition::VERB_ACKNOWLEDGE;
use crate::views::{
    ActionFilter, ActionView, FindingFilter, FindingView, Order, PageRequest, PhaseFilter, Resources, Sort,
    StandingSilence, occurrences_of,
};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;

/// Findings that are told, and things that happened, at most.
const FINDINGS_MAX: usize = 100;
const EVENTS_MAX: usize = 200;
/// Silences that are told at most.
const SILENCES_MAX: usize = 50;
/// How far ahead the next Silences are told.
const AHEAD: SignedDuration = SignedDuration::from_hours(12);
/// Characters of what a person wrote.
const WRITTEN_MAX: usize = 300;
/// The verb of requested runs.
const VERB_RUN: &str = "run";
/// The result of an Action that was refused.
const REFUSED: &str = "refused";
/// Actions that say nothing to the next shift.
const NOT_TOLD: [&str; 5] = ["sign-out", "chat", "reply", "vote", "digest"];

/// A shift: since a time until now.
pub struct Shift {
    pub since: Timestamp,
    pub until: Timestamp,
    /// Findings that are active, most serious first; the first of so many.
    pub open: Vec<FindingView>,
    pub open_total: usize,
    pub opened: usize,
    pub resolved: usize,
    /// What happened, in its order; the last of so many.
    pub events: Vec<Event>,
    pub events_total: usize,
    /// Silences that are active, or will be within the next hours.
    pub silences: Vec<StandingSilence>,
    /// Scenarios that are not watched, each with the reason.
    pub unwatched: Vec<(String, WatchState)>,
}

/// Something that happened.
pub struct Event {
    pub at: Timestamp,
    pub what: What,
}

pub enum What {
    Opened(Box<FindingView>),
    Resolved(Box<FindingView>),
    /// With what the person wrote: the note of an acknowledgement, or what fixed a Finding.
    Did(Box<ActionView>, Option<String>),
}

impl Shift {
    pub fn of(resources: &Resources, since: Timestamp, until: Timestamp) -> Shift {
        let request = PageRequest::first_of(Order::Findings(Sort::Severity), FINDINGS_MAX);
        let (open_total, mut open) = resources.select_findings(&FindingFilter::default(), None, &request, "");
        // Of several at the same time by what they are about.
        open.items.sort_by_cached_key(|finding| {
            (
                finding.severity.is_none(),
                finding.severity,
                finding.opened_at.is_none(),
                finding.opened_at,
                about(finding),
            )
        });
        let is_in = |at: Option<Timestamp>| at.filter(|at| *at >= since && *at <= until);
        let mut events = Vec::new();
        let (mut opened, mut resolved) = (0, 0);
        for phase in [PhaseFilter::Active, PhaseFilter::Resolved] {
            let filter = FindingFilter { phase, ..FindingFilter::default() };
            for finding in resources.findings.state_filter(|finding| filter.matches(finding, None)) {
                let occurrences = occurrences_of(&finding);
                for (index, occurrence) in occurrences.iter().enumerate() {
                    let view = || {
                        let view = resources.finding_view(&finding, "");
                        // How serious it was before is not kept.
                        let severity = view.severity.filter(|_| index + 1 == occurrences.len());
                        Box::new(FindingView { message: occurrence.message.clone(), severity, ..view })
                    };
                    if let Some(at) = is_in(occurrence.opened_at) {
                        opened += 1;
                        events.push(Event { at, what: What::Opened(view()) });
                    }
                    if let Some(at) = is_in(occurrence.resolved_at) {
                        resolved += 1;
                        events.push(Event { at, what: What::Resolved(view()) });
                    }
                }
            }
        }
        events.extend(actions(resources, since, until));
        let events_total = events.len();
        // The last ones, in their order.
        events.sort_by_cached_key(|event| std::cmp::Reverse((event.at, event.order(resources))));
        events.truncate(EVENTS_MAX);
        events.reverse();
        let (_, mut silences) = resources.standing_silences(until, SILENCES_MAX);
        silences.retain(|one| one.start.is_some_and(|start| start <= until + AHEAD));
        Shift {
            since,
            until,
            open: open.items,
            open_total,
            opened,
            resolved,
            events,
            events_total,
            silences,
            unwatched: unwatched(resources),
        }
    }
}

impl Event {
    /// The order of several in one second: runs that were requested, what was opened, what was done about it in the order in which it was
    /// written, what was resolved.
    fn order(&self, resources: &Resources) -> (u8, u64, Option<[String; 3]>) {
        let written = |action: &ActionView| {
            let version = resources.actions.get(&action.id).and_then(|action| action.resource_version());
            version.and_then(|version| version.parse().ok()).unwrap_or_default()
        };
        match &self.what {
            What::Did(action, _) if action.verb == VERB_RUN => (0, written(action), None),
            What::Opened(finding) => (1, 0, Some(about(finding))),
            What::Did(action, _) => (2, written(action), None),
            What::Resolved(finding) => (3, 0, Some(about(finding))),
        }
    }
}

/// The check and the item of a Finding.
fn about(finding: &FindingView) -> [String; 3] {
    [&finding.scenario_id, &finding.check, &finding.key].map(Clone::clone)
}

/// What people did that matters to the next shift.
fn actions(resources: &Resources, since: Timestamp, until: Timestamp) -> Vec<Event> {
    let filter = ActionFilter { since: Some(since), ..ActionFilter::default() };
    let is_told = |action: &Action| {
        // Nothing came of what was refused.
        let result = action.status.as_ref().and_then(|status| status.result.as_deref());
        !NOT_TOLD.contains(&action.spec.verb.as_str()) && result != Some(REFUSED) && filter.matches(action)
    };
    let told = resources.actions.state_filter(is_told);
    let told = told.iter().map(|action| ActionView::new(action));
    let events = told.filter_map(|action| {
        let written = match action.verb.as_str() {
            VERB_EXPLAIN => explained(resources, &action),
            VERB_ACKNOWLEDGE => noted(resources, &action),
            _ => None,
        };
        Some(Event { at: action.at?, what: What::Did(Box::new(action), written) })
    });
    events.filter(|event| event.at <= until).collect()
}

/// The note of an acknowledgement.
fn noted(resources: &Resources, action: &ActionView) -> Option<String> {
    let recorded = resources.actions.get(&action.id)?;
    let note = recorded.spec.parameters.get(PARAMETER_NOTE)?;
    action.proven.then(|| in_one_line(note))
}

/// What a person wrote who told what fixed a Finding.
fn explained(resources: &Resources, action: &ActionView) -> Option<String> {
    let recorded = resources.actions.get(&action.id)?;
    let message = resources.message(recorded.spec.parameters.get(PARAMETER_MESSAGE)?)?;
    let thread = resources.thread(&message.spec.thread)?;
    let is_about_it = thread.spec.finding.as_ref() == Some(&action.subject.name);
    let is_told = action.proven && is_explanation(&message) && is_about_it;
    is_told.then(|| in_one_line(&message.spec.body))
}

/// A text in one line.
pub fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn in_one_line(text: &str) -> String {
    clip::chars(&printable(&collapsed(text)), WRITTEN_MAX)
}

fn unwatched(resources: &Resources) -> Vec<(String, WatchState)> {
    let scenarios = resources.scenarios.state();
    let states = scenarios.iter().map(|scenario| (scenario.name.to_string(), state_of(scenario)));
    let mut unwatched: Vec<_> = states.filter(|(_, state)| *state != WatchState::Ready).collect();
    unwatched.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    unwatched.truncate(FINDINGS_MAX);
    unwatched
}
