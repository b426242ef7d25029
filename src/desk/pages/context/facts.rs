//! The facts of a Finding: what changed, the condition that failed, what depends on it, who was told, the runbook, the advice, earlier
//! occurrences.

use super::Context;
use super::thread::{cites, sources};
use crate::api::Tier;
use crate::desk::layout::hidden;
use crate::desk::pages::runbook::address_of;
use crate::desk::{markdown, time};
use crate::domain::runbooks::quoted;
use crate::domain::runbooks::section::{parts, section};
use crate::domain::texts::panel::context as said;
use crate::views::{AdviceView, FindingPhase, FindingView, RunbookView, VoteWord};
use maud::{Markup, html};

/// Further sections of a runbook at most.
const PARTS_MAX: usize = 12;

impl Context<'_> {
    pub(super) fn facts(&self, finding: &FindingView) -> Markup {
        html! {
            div class="facts" id="ficha" role="region" aria-label=(said::facts(self.language())) tabindex="0"
                hx-get=(self.path()) hx-trigger=[self.topics("finding")] hx-select="#ficha" hx-select-oob="#cabeca,#fixed-place,#waiting" hx-swap="outerHTML" {
                @if let Some(evidence) = &finding.evidence {
                    (self.changed(finding, evidence))
                    (self.failed(finding, evidence))
                }
                (self.dependencies(finding))
                (self.told(finding))
                @if let Some(runbook) = &finding.runbook { (self.runbook(finding, runbook)) }
                (self.advice(finding))
                (self.earlier(finding))
            }
        }
    }

    fn runbook(&self, finding: &FindingView, runbook: &RunbookView) -> Markup {
        let language = self.language();
        let page = self.panel.runbook(&runbook.spec);
        let text = page.as_deref().and_then(|page| section(page, runbook.section.as_deref()));
        let whole = match (&text, runbook.url.as_deref().filter(|url| url.starts_with("http"))) {
            (None, Some(url)) => {
                html! { a href=(url) target="_blank" rel="noopener noreferrer" { (said::open_whole(language)) } }
            }
            (None, None) => html! {},
            (Some(_), _) => {
                html! { a href=(address_of(&runbook.spec, runbook.section.as_deref(), None)) { (said::open_whole(language)) } }
            }
        };
        // What the advice quotes of this section.
        let cited = finding.advice.iter().flat_map(|advice| &advice.citations);
        let mut cited = cited.filter(|citation| {
            citation.spec == runbook.spec && citation.section == runbook.section && !citation.quote.contains('\n')
        });
        let quote = text.as_deref().and_then(|text| cited.find_map(|cited| quoted::place(text, &cited.quote, None)));
        html! {
            section class="fact-s" aria-labelledby="runbook" {
                div class="fact-s__h" {
                    h2 id="runbook" {
                        (said::runbook(language)) @if let Some(section) = &runbook.section { ": " (section) }
                    }
                    (whole)
                }
                @if let Some(text) = text {
                    div class="book" { (markdown::of_section(&text, quote)) }
                }
                @if let (Some(page), Some(named)) = (&page, &runbook.section) { (self.other_parts(page, named)) }
                p class="book-src" { span class="fact quiet" { "specs/" (runbook.spec) ".md" } }
            }
        }
    }

    /// The other sections of the runbook, folded: what to do is at hand, whichever section the Scenario names.
    fn other_parts(&self, page: &str, named: &str) -> Markup {
        let parts = parts(page).into_iter().filter(|heading| *heading != named);
        html! {
            @for (heading, text) in parts.take(PARTS_MAX).filter_map(|heading| Some((heading, section(page, Some(heading))?))) {
                details class="more more--part" { summary { (heading) } div class="book" { (markdown::of_section(&text, None)) } }
            }
        }
    }

    fn advice(&self, finding: &FindingView) -> Markup {
        let language = self.language();
        let is_active = finding.phase != Some(FindingPhase::Resolved);
        html! {
            section class="fact-s" aria-labelledby="conselho" {
                div class="fact-s__h" { h2 id="conselho" { (said::advice(language)) } }
                @match &finding.advice {
                    Some(advice) => (self.given(finding, advice)),
                    None => p class="quiet" { (said::no_advice(language)) },
                }
                @if self.awaited(finding).is_some() { p class="quiet" { (said::advice_on_its_way(language)) } }
                @if is_active {
                    form class="ask" method="post" action={ "/desk/findings/" (finding.id) "/advice" } {
                        (hidden(&self.visit.csrf, &self.path()))
                        button class="btn" {
                            (if finding.advice.is_some() { said::ask_again(language) } else { said::ask(language) })
                        }
                    }
                }
            }
        }
    }

    fn given(&self, finding: &FindingView, advice: &AdviceView) -> Markup {
        let language = self.language();
        let word = match (advice.tier, advice.grounded) {
            (Tier::T0, _) => said::from_runbook(language),
            (Tier::T1, true) => said::advised(language),
            (Tier::T1, false) => said::advised_unchecked(language),
        };
        let votes = &advice.votes;
        html! {
            p class="tier" { (word) " · " (time::ago(&self.visit.look, advice.created_at)) }
            @if advice.stale { p class="quiet" { (said::stale(language)) } }
            // The section itself is above, and in the runbook.
            @if advice.tier == Tier::T0 {
                @if !advice.citations.is_empty() { (sources(&advice.citations)) }
                @if let Some(why) = without_model(advice) { p class="quiet" { (why) } }
            }
            // The model's words are text, never markup.
            @if advice.tier == Tier::T1 { (markdown::plain(&advice.text)) (cites(&advice.citations)) }
            form class="vote" method="post" action={ "/desk/findings/" (finding.id) "/vote" } {
                (hidden(&self.visit.csrf, &self.path()))
                span id="voto" { (said::vote(language)) }
                @for (vote, word) in [("useful", said::useful(language)), ("wrong", said::wrong(language))] {
                    button class="btn" name="vote" value=(vote) aria-describedby="voto" aria-pressed=(is_own(votes.own, vote)) { (word) }
                }
                @if votes.useful + votes.wrong > 0 { span { (said::votes(language, votes.useful, votes.wrong)) } }
            }
        }
    }
}

/// Why there is no answer of the model: the first paragraph of advice that has a reason.
fn without_model(advice: &AdviceView) -> Option<&str> {
    let first = advice.text.split("\n\n").next().map(str::trim)?;
    (advice.reason.is_some() && !first.is_empty() && !first.ends_with(':')).then_some(first)
}

/// Whether the caller gave this vote.
fn is_own(own: Option<VoteWord>, vote: &str) -> &'static str {
    let is = matches!((own, vote), (Some(VoteWord::Useful), "useful") | (Some(VoteWord::Wrong), "wrong"));
    if is { "true" } else { "false" }
}
