//! The head of the window: severity and age, what happened, who works on it and who acknowledged it, who else looks, and what can be done.

use super::changed::shortened;
use super::{Context, back};
use crate::commands::Caller;
use crate::desk::layout::hidden;
use crate::desk::pages::presence;
use crate::desk::{symbols, time};
use crate::domain::clip;
use crate::domain::texts::panel::{context as said, times, words};
use crate::views::{FindingPhase, FindingView};
use maud::{Markup, html};

/// Characters of a headline that are shown; all of it stands in the conversation.
const HEADLINE_MAX: usize = 200;
/// Headlines above this length are set smaller.
const LONG: usize = 60;
/// For how long notices can be silenced from here.
const SPANS: [(&str, i64); 5] = [("30m", 1800), ("1h", 3600), ("4h", 14_400), ("12h", 43_200), ("24h", 86_400)];

impl Context<'_> {
    pub(super) fn head(&self, pending: usize) -> Markup {
        let (language, headline) = (self.language(), clip::chars(&self.headline, HEADLINE_MAX));
        let class = if headline.chars().count() > LONG { "is-long" } else { "" };
        html! {
            header class="head" id="cabeca" {
                (back(language, pending))
                @if let Some(finding) = &self.finding { (self.meta(finding)) }
                h1 id="conversa" class=(class) { (headline) }
                @match &self.finding {
                    Some(finding) => {
                        (self.who(finding))
                        (self.done())
                        @if finding.phase != Some(FindingPhase::Resolved) { (self.actions(finding)) }
                    }
                    None => p class="head__who" { (self.present()) span class="quiet" { (self.agent()) } },
                }
            }
        }
    }

    /// The events after which a part of the window is read again.
    pub(super) fn topics(&self, kind: &str) -> Option<String> {
        let name = match kind {
            "finding" => &self.finding.as_ref()?.id,
            _ => &self.thread.as_ref()?.id,
        };
        // Several changes at once are read once.
        Some(format!("sse:{kind}-{name} delay:150ms, sse:reset delay:150ms"))
    }

    fn agent(&self) -> &str {
        self.thread.as_ref().map_or("", |thread| thread.agent.name.as_str())
    }

    fn meta(&self, finding: &FindingView) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        let (since, comma) = said::opened(language);
        html! {
            p class="head__meta" {
                @if let Some(severity) = finding.severity {
                    span class=[(finding.phase == Some(FindingPhase::Resolved)).then_some("is-over")] { (symbols::severity(language, severity)) }
                }
                @match (finding.phase, finding.resolved_at) {
                    (Some(FindingPhase::Resolved), at) => span {
                        (said::resolved(language)) @if let Some(at) = at { " " (time::ago(look, at)) }
                    },
                    _ => @if let Some(at) = finding.opened_at {
                        span { (since) " " (time::clock(look, at)) (comma) " " (time::ago(look, at)) }
                    },
                }
                @if let Some(count) = finding.occurrences.filter(|count| *count > 1) { span { (said::times(language, count)) } }
            }
        }
    }

    fn who(&self, finding: &FindingView) -> Markup {
        let language = self.language();
        let place = [&finding.check, &finding.key].into_iter().filter(|part| !part.is_empty());
        let agent = finding.agent.as_ref().map_or("", |agent| agent.name.as_str());
        html! {
            p class="head__who" {
                @match (&finding.owner, finding.phase) {
                    (Some(owner), Some(FindingPhase::Resolved)) => { (said::was_owned_by(language, &owner.by)) ". " }
                    (Some(owner), _) => {
                        b { (said::owned_by(language, &owner.by)) } " " (time::ago(&self.visit.look, owner.at))
                        @if !owner.proven { " (" (words::not_proven(language)) ")" }
                        ". "
                    }
                    (None, Some(FindingPhase::Resolved)) => {}
                    (None, _) => { b { (said::nobody(language)) } " " }
                }
                @if let Some(ack) = &finding.acknowledgement {
                    (said::acknowledged_by(language, &ack.by)) " " (time::ago(&self.visit.look, ack.at))
                    @if !ack.proven { " (" (words::not_proven(language)) ")" }
                    @if let Some(note) = &ack.note { ": " (shortened(note)) }
                    ". "
                }
                (self.present())
                span class="quiet" {
                    (agent) " · "
                    span class="fact" {
                        a href={ "/desk/scenarios/" (finding.scenario_id) } { (finding.scenario_id) }
                        @for part in place { " / " (part) }
                    }
                }
            }
        }
    }

    /// Who else has this window open.
    fn present(&self) -> Markup {
        html! { @if let Some(window) = self.window() { (presence::line(self.panel, self.visit, window)) " " } }
    }

    /// What was just done.
    fn done(&self) -> Markup {
        let language = self.language();
        let text = match self.asked.get("done").map(String::as_str) {
            Some("pending") => Some(said::run_pending(language).to_string()),
            _ => None,
        };
        html! { @if let Some(text) = text { p class="head__done" role="status" { (text) } } }
    }

    fn actions(&self, finding: &FindingView) -> Markup {
        let language = self.language();
        html! {
            div class="acts" role="group" aria-label=(said::actions(language)) {
                (self.owner(finding))
                @match finding.phase {
                    Some(FindingPhase::Acknowledged) => (self.button(finding, "take-back", said::take_back(language))),
                    _ => (self.acknowledge(finding)),
                }
                @if may_run(&self.visit.caller) { (self.run(finding)) }
                (self.silence(finding))
            }
        }
    }

    fn button(&self, finding: &FindingView, action: &str, word: &str) -> Markup {
        html! {
            form method="post" action={ "/desk/findings/" (finding.id) "/" (action) } {
                (hidden(&self.visit.csrf, &self.path()))
                button class="btn" id=(action) { (word) }
            }
        }
    }

    /// Takes it over, from the owner that is shown; whose it is can release it.
    fn owner(&self, finding: &FindingView) -> Markup {
        let language = self.language();
        let owner = finding.owner.as_ref().map(|owner| owner.by.as_str());
        if owner == Some(self.visit.caller.name.as_str()) {
            return self.button(finding, "release", said::release(language));
        }
        let word = owner.map_or(said::take_over(language).to_string(), |by| said::take_from(language, by));
        html! {
            form method="post" action={ "/desk/findings/" (finding.id) "/owner" } {
                (hidden(&self.visit.csrf, &self.path()))
                input type="hidden" name="from" value=(owner.unwrap_or_default());
                button class={ "btn" @if owner.is_none() { " btn--go" } } id="take-over" title=(said::take_over_more(language)) { (word) }
            }
        }
    }

    /// Runs it; with script the result appears in place. What is selected is said, since the parts around have another selection.
    pub(super) fn run(&self, finding: &FindingView) -> Markup {
        let action = format!("/desk/findings/{}/run", finding.id);
        html! {
            form method="post" action=(action) hx-post=(action) hx-target="#ran" hx-select="#ran" hx-swap="outerHTML" hx-disabled-elt="find button" {
                (hidden(&self.visit.csrf, &self.path()))
                button class="btn" data-key="run" { (said::run_now(self.language())) }
            }
        }
    }

    fn acknowledge(&self, finding: &FindingView) -> Markup {
        let language = self.language();
        html! {
            details class="act" name="act" {
                summary class="btn" id="acknowledge" title=(said::acknowledge_more(language)) { (said::acknowledge(language)) }
                form class="act__in" method="post" action={ "/desk/findings/" (finding.id) "/acknowledge" } {
                    (hidden(&self.visit.csrf, &self.path()))
                    p { (said::acknowledge_more(language)) }
                    label for="nota" { (said::note(language)) " (" (said::optional(language)) ")" }
                    textarea id="nota" name="note" rows="2" maxlength="1000" {}
                    button class="btn btn--go" { (said::acknowledge(language)) }
                }
            }
        }
    }

    fn silence(&self, finding: &FindingView) -> Markup {
        let language = self.language();
        html! {
            details class="act" name="act" {
                summary class="btn" id="silence" { (said::silence(language)) }
                form class="act__in" method="post" action={ "/desk/findings/" (finding.id) "/silence" } {
                    (hidden(&self.visit.csrf, &self.path()))
                    p { (said::silence_more(language)) }
                    label for="tempo" { (said::silence_for(language)) }
                    select id="tempo" name="duration" {
                        @for (value, seconds) in SPANS {
                            option value=(value) { (times::span(language, jiff::SignedDuration::from_secs(seconds))) }
                        }
                    }
                    label for="motivo" { (said::reason(language)) }
                    textarea id="motivo" name="reason" rows="2" maxlength="1000" required {}
                    button class="btn btn--go" { (said::silence(language)) }
                }
            }
        }
    }
}

/// Whether this person may run Scenarios.
pub(super) fn may_run(caller: &Caller) -> bool {
    caller.require_run_role().is_ok()
}
