//! The Findings of a Scenario: those that are open, and those before.

use super::OfScenario;
use crate::api::Finding;
use crate::desk::layout::address;
use crate::desk::time;
use crate::domain::texts::panel::{board as said, times};
use crate::views::is_active;
use jiff::Timestamp;
use maud::{Markup, html};
use std::sync::Arc;

/// Findings that are shown, the last ones.
const SHOWN: usize = 10;

fn opened_at(finding: &Finding) -> Option<Timestamp> {
    finding.status.as_ref()?.opened_at.as_ref().map(|at| at.0)
}

impl OfScenario<'_> {
    pub(super) fn findings(&self) -> Markup {
        let language = self.language();
        let mut findings = self.panel.resources().findings.state_filter(|finding| {
            finding.spec.scenario == self.view.id
                && finding.status.as_ref().is_some_and(|status| status.phase.is_some())
        });
        findings.sort_by_key(|finding| (!is_active(finding), std::cmp::Reverse(opened_at(finding))));
        html! {
            section aria-labelledby="ocorrencias" {
                div class="drill__h" {
                    h2 id="ocorrencias" { (said::findings(language)) }
                    a class="no-print" href=(address("/desk/findings", &[("scenario", &self.view.id)])) { (said::all_findings(language)) }
                }
                @if findings.is_empty() { p class="quiet" { (said::no_findings(language)) } }
                ol class="rows" { @for finding in findings.iter().take(SHOWN) { (self.finding(finding)) } }
            }
        }
    }

    fn finding(&self, finding: &Arc<Finding>) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        let name = finding.metadata.name.as_deref().unwrap_or_default();
        let status = finding.status.as_ref();
        let message = status.and_then(|status| status.message.as_deref()).unwrap_or(&finding.spec.check);
        let (opened, is_open) = (opened_at(finding), is_active(finding));
        let ended = status.and_then(|status| status.resolved_at.as_ref()).map(|at| at.0);
        let lasted = opened.map(|opened| ended.filter(|_| !is_open).unwrap_or(look.now).duration_since(opened));
        html! {
            li {
                span class="k" {
                    @if is_open { b { (said::open(language)) } } @else if let Some(at) = opened { (time::clock(look, at)) }
                }
                a href={ "/desk/findings/" (name) } { (message) }
                @if let Some(lasted) = lasted { span class="end" { (times::span(language, lasted)) } }
            }
        }
    }
}
