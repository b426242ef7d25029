//! The head of the page of a Scenario: how it stands, what is wrong, and what can be done.

use super::OfScenario;
use crate::desk::layout::{address, hidden};
use crate::desk::pages::board::{last_read, mark};
use crate::desk::{markdown, time};
use crate::domain::runbooks::section::section;
use crate::domain::texts::panel::{board as said, context, times};
use crate::views::Standing;
use jiff::SignedDuration;
use maud::{Markup, html};

impl OfScenario<'_> {
    pub(super) fn head(&self) -> Markup {
        let language = self.language();
        let severity = self.finding.as_deref().and_then(crate::views::severity);
        let severity = severity.filter(|_| self.standing == Standing::Failing);
        html! {
            header id="cenario-topo" {
                p class="board__back no-print" {
                    a href="/desk/board" { (said::title(language)) }
                    " / "
                    a href=(address("/desk/board", &[("agent", &self.scenario.spec.agent)])) { (self.view.agent.name) }
                }
                p class="board__state" {
                    (mark(language, self.standing, severity))
                    @if let Some(at) = last_read(self.record(), &self.view) { span { (said::last_reading(language)) " " (time::ago(&self.visit.look, at)) } }
                }
                h1 { (self.view.title) }
                @if let Some(message) = self.message() { p class="board__message" { (message) } }
                (self.facts())
                (self.done())
                (self.actions())
            }
        }
    }

    /// What is wrong, where something is.
    fn message(&self) -> Option<String> {
        let of_finding = || self.finding.as_ref()?.status.as_ref()?.message.clone();
        match self.standing {
            Standing::Healthy | Standing::Suspended => None,
            Standing::Failing | Standing::Unknown | Standing::Late | Standing::Invalid => {
                of_finding().or_else(|| self.view.message.clone()).filter(|message| !message.trim().is_empty())
            }
        }
    }

    fn facts(&self) -> Markup {
        let language = self.language();
        let interval = self.view.interval_seconds.and_then(|seconds| i64::try_from(seconds).ok());
        let interval = interval.map(|seconds| times::span(language, SignedDuration::from_secs(seconds)));
        html! {
            p class="board__facts" {
                span class="fact" { (self.view.id) }
                @if let Some(interval) = interval { " · " (said::every(language, &interval)) }
                @if !self.scenario.spec.depends_on.is_empty() {
                    " · " (said::depends_on(language)) " "
                    @for (number, other) in self.scenario.spec.depends_on.iter().enumerate() {
                        @if number > 0 { ", " }
                        a class="fact" href={ "/desk/scenarios/" (other) } { (other) }
                    }
                }
            }
        }
    }

    /// What was just done.
    fn done(&self) -> Markup {
        let language = self.language();
        let number = |name: &str| self.asked.get(name).and_then(|number| number.parse::<usize>().ok());
        let text = match self.asked.get("done").map(String::as_str) {
            Some("reclassified") => Some(said::reclassified(language).to_string()),
            Some("pending") => Some(context::run_pending(language).to_string()),
            Some("run") => number("passed").zip(number("of")).map(|(passed, all)| context::ran(language, passed, all)),
            _ => None,
        };
        html! { @if let Some(text) = text { p class="board__done" role="status" { (text) } } }
    }

    fn actions(&self) -> Markup {
        let language = self.language();
        let may_run = self.visit.caller.require_run_role().is_ok() && self.view.ready && !self.view.suspended;
        html! {
            div class="acts no-print" {
                @if let Some(finding) = &self.finding {
                    a class="btn btn--go" href={ "/desk/findings/" (finding.metadata.name.as_deref().unwrap_or_default()) } {
                        (said::open_finding(language))
                    }
                }
                @if may_run {
                    form method="post" action={ (self.path()) "/run" } {
                        (hidden(&self.visit.csrf, &self.path()))
                        button class="btn" { (said::run_now(language)) }
                    }
                }
                @if self.scenario.spec.runbook.is_some() { a class="btn" href="#runbook" { (said::runbook(language)) } }
            }
        }
    }

    /// The section of the runbook that applies.
    pub(super) fn runbook(&self) -> Markup {
        let language = self.language();
        let Some(runbook) = &self.scenario.spec.runbook else { return html! {} };
        let page = self.panel.runbook(&runbook.spec);
        let text = page.as_deref().and_then(|page| section(page, runbook.section.as_deref()));
        html! {
            section aria-labelledby="runbook" {
                div class="drill__h" {
                    h2 id="runbook" { (said::runbook(language)) @if let Some(section) = &runbook.section { ": " (section) } }
                    span class="fact" { "specs/" (runbook.spec) ".md" }
                }
                @if let Some(text) = text { div class="book" { (markdown::of_person(&text)) } }
            }
        }
    }
}
