//! What is still to come of the local model, an answer or advice on the Finding, and how far it is. What was read is answered at once, in
//! the log.

use super::Context;
use crate::desk::time;
use crate::domain::advice::awaited::{Awaited, awaited};
use crate::domain::advice::due::BUDGET_SPENT;
use crate::domain::advice::questions::AWAY_MAX;
use crate::domain::texts::panel::{context as said, times};
use crate::views::{FindingView, ModelState, ProgressPhase};
use jiff::Timestamp;
use maud::{Markup, html};

/// How far something is: the phase, and the place in the queue.
type Step = (ProgressPhase, Option<u32>);

impl Context<'_> {
    pub fn waiting(&self) -> Markup {
        let lines: Vec<Markup> = [self.answer_to_come(), self.advice_to_come()].into_iter().flatten().collect();
        // Read again while something is awaited, since its elapsed time is shown.
        let path = (!lines.is_empty()).then(|| self.path());
        html! {
            div class="waits" id="waiting" hx-get=[path] hx-trigger="every 5s" hx-select="#waiting" hx-swap="outerHTML" {
                @for line in lines { p class="waiting" role="status" { span { (line) } } }
            }
        }
    }

    /// The last question that the model is still to answer.
    fn answer_to_come(&self) -> Option<Markup> {
        let language = self.language();
        let agent = self.thread.as_ref().map_or("", |thread| thread.agent.name.as_str());
        let asked = self.messages.iter().rev().find(|message| message.answer.is_some())?;
        let progress = asked.answer.as_ref()?;
        let step = (progress.phase, progress.position);
        Some(match self.away().filter(|_| is_queued(step)) {
            Some(model) => {
                let until = asked.created_at.and_then(|at| at.checked_add(AWAY_MAX).ok());
                let until = until.filter(|until| *until > self.visit.look.now);
                html! {
                    b { (agent) } " " (self.model_away(&model)) " "
                    @match until {
                        Some(until) => { (said::answer_comes_until(language)) " " (time::clock(&self.visit.look, until)) "." },
                        None => (said::answer_comes(language)),
                    }
                }
            }
            None => {
                html! { b { (agent) } " " (self.step(step, said::model_answers(language))) (self.elapsed(asked.created_at)) }
            }
        })
    }

    /// Advice on the Finding that is still to come.
    fn advice_to_come(&self) -> Option<Markup> {
        let (language, finding) = (self.language(), self.finding.as_ref()?);
        let (step, awaited) = self.awaited(finding)?;
        let since = awaited.map(|awaited| awaited.since);
        let subject = html! { b { (said::the_advice(language)) } " " };
        Some(match (self.away().filter(|_| step.is_none_or(is_queued)), step) {
            (Some(model), _) => html! { (subject) (self.model_away(&model)) " " (said::advice_comes(language)) },
            (None, Some(step)) => {
                html! { (subject) (self.step(step, said::advice_made(language))) (self.elapsed(since)) }
            }
            (None, None) => {
                let is_requested = awaited.is_some_and(|awaited| awaited.is_requested);
                let word = if is_requested { said::advice_asked(language) } else { said::waits_its_turn(language) };
                html! { (subject) (word) (self.elapsed(since)) }
            }
        })
    }

    /// How far advice on the Finding is, and since when it is to come; `None` where there is none to come.
    pub(super) fn awaited(&self, view: &FindingView) -> Option<(Option<Step>, Option<Awaited>)> {
        let finding = self.panel.resources().finding(&view.id)?;
        let awaited = awaited(finding.status.as_ref()?, finding.metadata.annotations.as_ref());
        let step = self.panel.backend.operator.advice_step(&view.id);
        // It is in the queue, and does not begin before the next hour.
        let is_for_budget = view.advice.as_ref().is_some_and(|advice| advice.reason.as_deref() == Some(BUDGET_SPENT));
        let step = step.map(|step| (step.phase.into(), step.position));
        let step = step.filter(|step| awaited.is_some() || !(is_for_budget && is_queued(*step)));
        (step.is_some() || awaited.is_some()).then_some((step, awaited))
    }

    /// The model, where it can't be asked now.
    fn away(&self) -> Option<ModelState> {
        self.panel.backend.operator.state().model.filter(ModelState::is_away)
    }

    /// That it does not answer, and since when.
    fn model_away(&self, model: &ModelState) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        html! {
            (said::waits_for(language)) " " a href="/desk/model" { (said::the_model(language)) } (said::which_is_away(language))
            @if let Some(since) = model.since { " " (said::away_since(language)) " " (time::clock(look, since)) } "."
        }
    }

    fn step(&self, (phase, place): Step, working: &str) -> Markup {
        let language = self.language();
        html! {
            @match (phase, place) {
                (ProgressPhase::Queued | ProgressPhase::Stored, Some(place)) => {
                    (said::waits_its_turn(language)) ": " (said::queued(language, place))
                }
                (ProgressPhase::Queued | ProgressPhase::Stored, None) => (said::waits_its_turn(language)),
                (ProgressPhase::Loading, _) => { (working) ": " (said::loading(language)) }
                (ProgressPhase::Reading, _) => { (working) ": " (said::reading(language)) }
                (ProgressPhase::Writing, _) => { (working) ": " (said::writing(language)) }
            }
        }
    }

    fn elapsed(&self, since: Option<Timestamp>) -> Markup {
        let (language, now) = (self.language(), self.visit.look.now);
        html! {
            @if let Some(since) = since { ", " span class="fact" { (times::elapsed(language, now.duration_since(since))) } }
        }
    }
}

/// Whether the model is not at it yet.
fn is_queued((phase, _): Step) -> bool {
    matches!(phase, ProgressPhase::Queued | ProgressPhase::Stored)
}
