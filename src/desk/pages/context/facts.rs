//! The facts of a Finding: what changed, the condition that failed, who was told, the runbook, the advice, earlier occurrences.

use super::Context;
use super::thread::cites;
use crate::api::Tier;
use crate::desk::layout::hidden;
use crate::desk::{markdown, time};
use crate::domain::runbooks::section::section;
use crate::domain::texts::panel::{context as said, times};
use crate::views::{AdviceView, EvidenceView, FindingPhase, FindingView, RunbookView, SnapshotView, VoteWord};
use jiff::SignedDuration;
use maud::{Markup, html};

impl Context<'_> {
    pub(super) fn facts(&self, finding: &FindingView) -> Markup {
        html! {
            div class="facts" id="ficha" role="region" aria-label=(said::facts(self.language())) tabindex="0"
                hx-get=(self.path()) hx-trigger=[self.topics("finding")] hx-select="#ficha" hx-swap="outerHTML" {
                @if let Some(evidence) = &finding.evidence {
                    (self.changed(evidence))
                    (self.failed(finding, evidence))
                }
                (self.told(finding))
                @if let Some(runbook) = &finding.runbook { (self.runbook(runbook)) }
                (self.advice(finding))
                (self.earlier(finding))
            }
        }
    }

    fn changed(&self, evidence: &EvidenceView) -> Markup {
        let language = self.language();
        let rows = rows(evidence.last_good.as_ref(), evidence.failing.as_ref());
        html! {
            section class="fact-s" aria-labelledby="dif" {
                div class="fact-s__h" { h2 id="dif" { (said::changed(language)) } }
                @if evidence.last_good.is_none() { p class="quiet" { (said::never_good(language)) } }
                @for (probe, good, failing) in rows {
                    @let is_changed = good.is_some() && good != failing;
                    div class={ "read" @if is_changed { " read--ch" } } {
                        h3 class="fact" { (probe) }
                        dl {
                            @if let Some((good, at)) = good.zip(evidence.last_good.as_ref().map(|snapshot| snapshot.at)) {
                                dt { (said::last_good(language)) " " (time::clock(&self.visit.look, at)) }
                                dd class="fact" { (good) }
                            }
                            @if let Some((failing, at)) = failing.zip(evidence.failing.as_ref().map(|snapshot| snapshot.at)) {
                                dt { (said::at_opening(language)) " " (time::clock(&self.visit.look, at)) }
                                dd class="fact" { @if is_changed { ins { (failing) } } @else { (failing) } }
                            }
                        }
                    }
                }
                @if evidence.truncated { p class="quiet" { (said::cut(language)) } }
            }
        }
    }

    fn failed(&self, finding: &FindingView, evidence: &EvidenceView) -> Markup {
        let language = self.language();
        let Some(expression) = &evidence.expression else { return html! {} };
        let key = if finding.key.is_empty() { String::new() } else { format!(" [{}]", finding.key) };
        html! {
            section class="fact-s" aria-labelledby="expr" {
                div class="fact-s__h" { h2 id="expr" { (said::failed(language)) } span class="fact" { (finding.check) (key) } }
                pre class="expr" { (expression) }
                dl class="vals" {
                    @for value in &evidence.values { dt { (value.path) } dd { (value.value) } }
                    dt class="res" { (said::result(language)) } dd class="res" { "false" }
                }
                @if let Some(show) = &evidence.show { pre class="expr" { (show) } }
            }
        }
    }

    fn runbook(&self, runbook: &RunbookView) -> Markup {
        let language = self.language();
        let page = self.panel.runbook(&runbook.spec);
        let text = page.as_deref().and_then(|page| section(page, runbook.section.as_deref()));
        html! {
            section class="fact-s" aria-labelledby="runbook" {
                div class="fact-s__h" {
                    h2 id="runbook" {
                        (said::runbook(language)) @if let Some(section) = &runbook.section { ": " (section) }
                    }
                    @if let Some(url) = runbook.url.as_deref().filter(|url| url.starts_with("http")) {
                        a href=(url) target="_blank" rel="noopener noreferrer" { (said::open_whole(language)) }
                    }
                }
                @if let Some(text) = text { div class="book" { (markdown::of_person(&text)) } }
                p class="book-src" { span class="fact quiet" { "specs/" (runbook.spec) ".md" } }
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

    fn earlier(&self, finding: &FindingView) -> Markup {
        let language = self.language();
        let found = self.panel.resources().finding(&finding.id);
        let similar = found.map(|finding| self.panel.resources().similar_findings(&finding).items).unwrap_or_default();
        html! {
            @if !similar.is_empty() {
                section class="fact-s" aria-labelledby="antes" {
                    div class="fact-s__h" { h2 id="antes" { (said::earlier(language)) } }
                    ol class="rows earlier" {
                        @for one in similar {
                            @let span = times::span(language, SignedDuration::from_secs(i64::try_from(one.seconds).unwrap_or(i64::MAX)));
                            li {
                                span class="k" { (time::clock(&self.visit.look, one.opened_at)) }
                                a href={ "/desk/findings/" (one.finding_id) } { (one.message) }
                                span class="end" { (said::lasted(language, &span)) }
                                @for note in &one.notes { small { (note.by) ": " (note.text) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether the caller gave this vote.
fn is_own(own: Option<VoteWord>, vote: &str) -> &'static str {
    let is = matches!((own, vote), (Some(VoteWord::Useful), "useful") | (Some(VoteWord::Wrong), "wrong"));
    if is { "true" } else { "false" }
}

/// A probe, and what it read last when all was well and when the Finding opened.
type Row<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// The readings side by side, those that failed first in their order.
fn rows<'a>(good: Option<&'a SnapshotView>, failing: Option<&'a SnapshotView>) -> Vec<Row<'a>> {
    let of = |snapshot: Option<&'a SnapshotView>, probe: &str| {
        let found = snapshot?.readings.iter().find(|reading| reading.probe == probe);
        found.map(|reading| reading.reading.as_str())
    };
    let all = |snapshot: Option<&'a SnapshotView>| snapshot.into_iter().flat_map(|snapshot| &snapshot.readings);
    let mut rows: Vec<Row<'a>> = Vec::new();
    for reading in all(failing).chain(all(good)) {
        if !rows.iter().any(|(probe, ..)| *probe == reading.probe) {
            rows.push((&reading.probe, of(good, &reading.probe), of(failing, &reading.probe)));
        }
    }
    rows
}
