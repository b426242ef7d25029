//! What happened before, and what depends on the Scenario.

use super::Context;
use crate::api::Health;
use crate::desk::symbols::{self, shape};
use crate::desk::time;
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::similar::earlier;
use crate::domain::texts::Language;
use crate::domain::texts::panel::{context as said, times};
use crate::domain::thread::names::thread_name;
use crate::views::{FindingView, NoteView, SimilarView, severity};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;
use maud::{Markup, html};
use std::sync::Arc;

/// Earlier occurrences that are listed.
const EARLIER_MAX: usize = 8;
/// Scenarios that are listed in each direction.
const DEPENDENTS_MAX: usize = 12;
const SAME_FINDING: &str = "same_finding";

impl Context<'_> {
    /// The earlier occurrences of this Finding, and similar ones of others, with what people wrote.
    pub(super) fn earlier(&self, finding: &FindingView) -> Markup {
        let (language, resources) = (self.language(), self.panel.resources());
        let Some(found) = resources.finding(&finding.id) else { return html! {} };
        let similar = resources.similar_findings(&found).items;
        let own = found.status.as_ref().map(earlier).unwrap_or_default();
        let notes = |opened: Timestamp| {
            let of = similar.iter().find(|one| one.closeness == SAME_FINDING && one.opened_at == opened);
            of.map(|one| one.notes.as_slice()).unwrap_or_default()
        };
        let others: Vec<_> = similar.iter().filter(|one| one.closeness != SAME_FINDING).collect();
        html! {
            section class="fact-s" aria-labelledby="antes" {
                div class="fact-s__h" { h2 id="antes" { (said::earlier_own(language)) } }
                @if own.is_empty() { p class="quiet" { (said::no_earlier(language)) } }
                ol class="rows earlier" {
                    @for (opened, resolved, message) in own.iter().take(EARLIER_MAX) {
                        @let text = if message.is_empty() { finding.title.as_deref().unwrap_or_default() } else { message.as_str() };
                        li {
                            span class="k" { (time::clock(&self.visit.look, *opened)) }
                            (self.told_in(&finding.id, *opened, text))
                            span class="end" { (lasted(language, resolved.duration_since(*opened))) }
                            (written(language, notes(*opened)))
                        }
                    }
                }
                @if !others.is_empty() {
                    h3 class="sub" { (said::earlier(language)) }
                    ol class="rows earlier" { @for one in others { (self.similar(one)) } }
                }
            }
        }
    }

    fn similar(&self, one: &SimilarView) -> Markup {
        let language = self.language();
        html! {
            li {
                span class="k" { (time::clock(&self.visit.look, one.opened_at)) }
                (self.told_in(&one.finding_id, one.opened_at, if one.message.is_empty() { &one.check } else { &one.message }))
                span class="end" { (lasted(language, one.resolved_at.duration_since(one.opened_at))) }
                (written(language, &one.notes))
            }
        }
    }

    /// A link to the conversation about an occurrence, where it is kept; else to its Finding.
    fn told_in(&self, finding: &str, opened: Timestamp, text: &str) -> Markup {
        let thread = thread_name(finding, opened);
        let address = match self.panel.resources().thread(&thread) {
            Some(_) => format!("/desk/threads/{thread}"),
            None => format!("/desk/findings/{finding}"),
        };
        html! { a href=(address) { (text) } }
    }

    /// What this depends on, and what depends on it.
    pub(super) fn dependencies(&self, finding: &FindingView) -> Markup {
        let (language, resources) = (self.language(), self.panel.resources());
        let on = resources.scenario(&finding.scenario_id).map(|own| own.spec.depends_on.clone()).unwrap_or_default();
        let on: Vec<_> = on.iter().filter_map(|name| resources.scenario(name)).take(DEPENDENTS_MAX).collect();
        let mut of = resources.scenarios.state_filter(|other| other.spec.depends_on.contains(&finding.scenario_id));
        of.sort_by_key(|other| (health(other) != Health::Failing, other.name.clone()));
        of.truncate(DEPENDENTS_MAX);
        html! {
            @if !on.is_empty() || !of.is_empty() {
                section class="fact-s" aria-labelledby="dep" {
                    @for (id, title, scenarios) in [("dep", said::depended_on(language), &of), ("dep-de", said::depends_on(language), &on)] {
                        @if !scenarios.is_empty() {
                            @if id == "dep" || of.is_empty() { div class="fact-s__h" { h2 id="dep" { (title) } } }
                            @else { h3 class="sub" { (title) } }
                            ul class="rows told" { @for scenario in scenarios { (self.dependency(scenario)) } }
                        }
                    }
                }
            }
        }
    }

    /// A Scenario with its health, and with the most serious of its Findings where it fails.
    fn dependency(&self, scenario: &Arc<CachedScenario>) -> Markup {
        let (language, name) = (self.language(), scenario.name.clone());
        let worst = self.panel.resources().worst_finding(&name);
        let worst = worst.as_deref();
        let opened = worst.and_then(|of| of.status.as_ref()?.opened_at.as_ref()).map(|at| at.0);
        let mark = match (health(scenario), worst.and_then(severity)) {
            (Health::Failing, Some(severity)) => {
                html! { span class={ "mark mark--" (severity.as_str()) } { (shape(severity.as_str())) } }
            }
            (Health::Failing, None) => symbols::shape("no"),
            (Health::Healthy, _) => symbols::shape("ok"),
            (Health::Unknown, _) => symbols::shape("unknown"),
        };
        html! {
            li {
                (mark)
                span { (word(language, health(scenario))) }
                @match worst {
                    Some(of) => a href={ "/desk/findings/" (of.name_any()) } { (scenario.spec.title) },
                    None => a href={ "/desk/scenarios/" (name) } { (scenario.spec.title) },
                }
                span class="end" { @if let Some(opened) = opened { (time::age(&self.visit.look, opened)) } }
            }
        }
    }
}

fn health(scenario: &CachedScenario) -> Health {
    scenario.status.as_ref().and_then(|status| status.health).unwrap_or(Health::Unknown)
}

fn word(language: Language, health: Health) -> &'static str {
    match health {
        Health::Healthy => said::health_healthy(language),
        Health::Failing => said::health_failing(language),
        Health::Unknown => said::health_unknown(language),
    }
}

fn lasted(language: Language, span: SignedDuration) -> String {
    said::lasted(language, &times::span(language, span))
}

/// What people wrote, what fixed it first.
fn written(language: Language, notes: &[NoteView]) -> Markup {
    html! {
        @for note in notes.iter().filter(|note| note.explains) {
            small class="fixed" { b { (said::fixed(language)) ": " } (note.text) " (" (note.by) ")" }
        }
        @for note in notes.iter().filter(|note| !note.explains) { small { (note.by) ": " (note.text) } }
    }
}
