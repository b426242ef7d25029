//! `GET /desk/agents`: the roster: what each Agent watches, how busy it is, and what awaits people.

use super::list::{self, Frame, address_with, given};
use super::silences;
use crate::api::{Health, Role, Tier, WatchState};
use crate::controllers::scenario::state_of;
use crate::desk::layout::{Place, hidden, say};
use crate::desk::panel::PanelState;
use crate::desk::symbols::shape;
use crate::desk::visit::Visit;
use crate::domain::texts::Language;
use crate::domain::texts::panel::lists as said;
use crate::views::{ModelState, ModelUse, Order, PageRequest, Parameters, RosterView};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use std::collections::HashMap;

const PATH: &str = "/desk/agents";
/// Scenarios of an Agent that are shown by name.
const SCENARIOS_MAX: usize = 40;

/// The page, and what is counted once for all Agents.
struct Roster<'a> {
    frame: Frame<'a>,
    /// Questions that await the local model, by the display name of the Agent.
    asked: HashMap<String, usize>,
    model: Option<ModelState>,
}

pub async fn show(State(panel): State<PanelState>, visit: Visit, Query(parameters): Query<Parameters>) -> Response {
    let parameters = given(parameters);
    let frame = Frame { panel: &panel, visit: &visit, place: Place::Agents };
    let language = visit.language();
    let request = match PageRequest::parse(&parameters, Order::Roster) {
        Ok(request) => request,
        Err(error) => return frame.wrong_filter(said::agents(language), &html! {}, &parameters, &error),
    };
    let page = panel.resources().list_roster(&request);
    let total = panel.resources().agents.state().len();
    let roster = Roster { asked: asked_of_model(&panel), model: panel.backend.operator.state().model, frame };
    let first = parameters.contains_key("cursor").then_some(PATH);
    let next = page.next.as_deref().map(|next| address_with(PATH, &Parameters::new(), &[], &[("cursor", next)]));
    let count = said::count_agents(language, total);
    let content = html! {
        (list::top(said::agents(language), (total > 0).then_some(&count), &html! {}))
        (silences::done(&panel, &visit, &parameters))
        @if page.items.is_empty() {
            (say(said::no_agents(language), said::no_agents_more(language), None))
        } @else {
            p class="crew__h" aria-hidden="true" {
                span { (said::agents(language)) } span { (said::watches(language)) } span { (said::busy(language)) }
            }
            ol class="crew" { @for agent in &page.items { (roster.agent(agent)) } }
        }
        (list::pager(language, first, next.as_deref()))
    };
    roster.frame.answer(StatusCode::OK, said::agents(language), &content)
}

/// How many questions each Agent has at the local model.
fn asked_of_model(panel: &PanelState) -> HashMap<String, usize> {
    let resources = panel.resources();
    let waits = |message: &crate::api::Message| message.status.as_ref().is_some_and(|status| status.answer.is_some());
    let mut counts = HashMap::new();
    for message in resources.messages.state_filter(waits) {
        if let Some(thread) = resources.thread(&message.spec.thread) {
            *counts.entry(resources.agent_ref(&thread.spec.agent).id).or_insert(0) += 1;
        }
    }
    counts
}

impl Roster<'_> {
    fn agent(&self, agent: &RosterView) -> Markup {
        let language = self.frame.language();
        let tier = self.tier(agent)(language);
        html! {
            li class="crew__a" {
                div class="crew__who" {
                    h2 { (agent.name) " " span class="fact quiet" { (agent.id) } }
                    p class="quiet" { span class="fact" { (agent.codename) } " · " (tier) }
                    @if !agent.inbox.is_empty() {
                        p class="quiet" { (said::inbox_of(language)) " " (agent.inbox.iter().copied().map(Role::as_str).collect::<Vec<_>>().join(", ")) }
                    }
                    @if agent.suspended { p class="mark" { (shape("hold")) (said::suspended(language)) } }
                }
                div class="crew__what" {
                    h3 { (said::watches(language)) }
                    @if agent.scenarios.is_empty() { p class="quiet" { (said::watches_nothing(language)) } } @else { (self.scenarios(agent)) }
                }
                div class="crew__busy" {
                    h3 { (said::busy(language)) }
                    (self.busy(agent))
                    @if !agent.scenarios.is_empty() { (self.maintenance(agent)) }
                }
            }
        }
    }

    /// What the Agent answers with: the model only where it can be asked.
    fn tier(&self, agent: &RosterView) -> fn(Language) -> &'static str {
        match (agent.tier, &self.model) {
            (Tier::T0, _) => said::tier_t0,
            (Tier::T1, Some(model)) if model.usable == ModelUse::Off => said::tier_off,
            (Tier::T1, Some(model)) if model.is_away() => said::tier_away,
            (Tier::T1, _) => said::tier_t1,
        }
    }

    fn scenarios(&self, agent: &RosterView) -> Markup {
        let language = self.frame.language();
        html! {
            ul class="crew__s" {
                @for name in agent.scenarios.iter().take(SCENARIOS_MAX) {
                    @let (symbol, word) = self.state(language, name);
                    li {
                        span class={ "mark mark--" (if symbol == "no" { "high" } else { "good" }) } { (shape(symbol)) }
                        a class="fact" href={ "/desk/scenarios/" (name) } { (list::dotted(name)) }
                        span class="quiet" { (word) }
                    }
                }
                @if agent.scenarios.len() > SCENARIOS_MAX { li { "… " (agent.scenarios.len()) } }
            }
        }
    }

    /// The shape and the word for how a Scenario is.
    fn state(&self, language: Language, name: &str) -> (&'static str, &'static str) {
        let Some(scenario) = self.frame.panel.resources().scenario(name) else {
            return ("unknown", said::health_unknown(language));
        };
        match (state_of(&scenario), scenario.status.as_ref().and_then(|status| status.health)) {
            (WatchState::Invalid, _) => ("invalid", said::state_invalid(language)),
            (WatchState::Suspended, _) => ("hold", said::state_suspended(language)),
            (WatchState::Late, _) => ("late", said::state_late(language)),
            (WatchState::Ready, Some(Health::Failing)) => ("no", said::health_failing(language)),
            (WatchState::Ready, Some(Health::Healthy)) => ("ok", said::health_healthy(language)),
            (WatchState::Ready, Some(Health::Unknown) | None) => ("unknown", said::health_unknown(language)),
        }
    }

    fn busy(&self, agent: &RosterView) -> Markup {
        let language = self.frame.language();
        let findings = address_with("/desk/findings", &Parameters::new(), &[], &[("agent", &agent.id)]);
        let inbox = address_with("/desk", &Parameters::new(), &[], &[("agent", &agent.id)]);
        let asked = self.asked.get(&agent.id).copied().unwrap_or_default();
        let runs = self.runs_per_hour(agent);
        let is_idle = agent.open_findings == 0 && agent.pending_messages == 0 && asked == 0;
        html! {
            ul {
                @if agent.open_findings > 0 { li { a href=(findings) { (said::open_findings(language, agent.open_findings)) } } }
                @if agent.pending_messages > 0 { li { a href=(inbox) { (said::pending_messages(language, agent.pending_messages)) } } }
                @if asked > 0 { li { (said::asked_of_model(language, asked)) } }
                @if is_idle { li class="quiet" { (said::idle(language)) } }
                @if runs > 0 { li class="quiet" { (said::runs_per_hour(language, runs)) } }
            }
        }
    }

    /// How often the Scenarios are read that are not suspended.
    fn runs_per_hour(&self, agent: &RosterView) -> u64 {
        let interval = |name: &String| self.frame.panel.backend.operator.run_times(name).interval;
        let seconds = agent.scenarios.iter().filter_map(interval).map(|interval| interval.as_secs().max(1));
        seconds.map(|seconds| 3600 / seconds).sum()
    }

    /// The button that holds back all notices of an Agent for an hour.
    fn maintenance(&self, agent: &RosterView) -> Markup {
        let language = self.frame.language();
        let name = self.frame.panel.resources().agent_object_name(&agent.id);
        html! {
            form method="post" action="/desk/silences/maintenance" {
                (hidden(&self.frame.visit.csrf, PATH))
                input type="hidden" name="agent" value=(name);
                button class="btn" aria-label={ (said::maintenance(language)) ": " (agent.name) } { (said::maintenance(language)) }
            }
        }
    }
}
