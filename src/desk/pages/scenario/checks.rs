//! The checks of a Scenario with their conditions, and what came of each.

use super::OfScenario;
use crate::api::{BLIND, CheckOutcome, CheckResult, CheckSpec, Finding, Probe};
use crate::desk::symbols::shape;
use crate::domain::clip;
use crate::domain::texts::panel::{board as said, times};
use crate::views::{Standing, is_active};
use maud::{Markup, html};
use std::sync::Arc;

/// Items of a check that are shown.
const ITEMS: usize = 12;
/// Values of an expression that are shown.
const VALUES: usize = 6;
/// Characters of a value, and of a condition.
const VALUE_MAX: usize = 160;
const CONDITION_MAX: usize = 1200;

impl OfScenario<'_> {
    pub(super) fn checks(&self) -> Markup {
        let language = self.language();
        let spec = &self.scenario.spec;
        let open = self
            .panel
            .resources()
            .findings
            .state_filter(|finding| finding.spec.scenario == self.view.id && is_active(finding));
        let asked = self.scenario.status.as_ref().and_then(|status| status.last_requested_run.as_ref());
        let ago = asked.map(|run| times::ago(language, self.visit.look.now.duration_since(run.run_at.0)));
        html! {
            section aria-labelledby="verificacoes" {
                div class="drill__h" {
                    h2 id="verificacoes" { (said::checks(language)) }
                    @if let Some(ago) = ago { span { (said::requested(language, &ago)) } }
                }
                ol class="checks" {
                    @for probe in &spec.probes { (self.probe(probe, &open)) }
                    @for check in &*spec.checks { (self.check(check, &open)) }
                }
            }
        }
    }

    fn probe(&self, probe: &Probe, open: &[Arc<Finding>]) -> Markup {
        let language = self.language();
        html! {
            li {
                (self.outcome(&probe.name, open))
                div {
                    span class="fact" { (probe.name) } " " span class="quiet" { (said::probe(language)) }
                    @if let Some(target) = target(probe) { code { (self.shown(target)) } }
                    (self.items(&probe.name, open))
                }
            }
        }
    }

    fn check(&self, check: &CheckSpec, open: &[Arc<Finding>]) -> Markup {
        let language = self.language();
        html! {
            li {
                (self.outcome(&check.name, open))
                div {
                    span class="fact" { (check.name) }
                    @if !check.requires.is_empty() {
                        " " span class="quiet" { (said::requires(language)) " " span class="fact" { (check.requires.join(", ")) } }
                    }
                    @for (word, condition) in [(said::given(language), &check.given), (said::for_each(language), &check.for_each)] {
                        @if let Some(condition) = condition { code { span class="quiet" { (word) ": " } (self.shown(condition)) } }
                    }
                    code { (self.shown(&check.expect)) }
                    (self.items(&check.name, open))
                }
            }
        }
    }

    /// A text of the spec, without what is known to be secret.
    fn shown(&self, text: &str) -> String {
        clip::chars(&self.panel.backend.context.secrets.redact(text), CONDITION_MAX)
    }

    /// What came of the last run on request.
    fn results(&self, name: &str) -> impl Iterator<Item = &CheckResult> {
        let run = self.scenario.status.as_ref().and_then(|status| status.last_requested_run.as_ref());
        run.into_iter().flat_map(|run| &run.checks).filter(move |result| result.name == name)
    }

    /// The outcome of a check: an open Finding says it, else the last run on request, else that the Scenario is healthy.
    fn outcome(&self, name: &str, open: &[Arc<Finding>]) -> Markup {
        let language = self.language();
        let failing =
            open.iter().find(|finding| finding.spec.check == name).map(|finding| crate::views::severity(finding));
        let asked = self.results(name).map(|result| result.outcome).min();
        let is_blind = open.iter().any(|finding| finding.spec.check == BLIND);
        let (class, symbol, word) = match (failing, asked) {
            (Some(severity), _) => {
                (severity.map_or("critical", |severity| severity.as_str()), "no", said::fails(language))
            }
            (None, Some(CheckOutcome::Fail)) => ("high", "no", said::fails(language)),
            (None, Some(CheckOutcome::Unknown)) => ("high", "unknown", said::unknown(language)),
            (None, Some(CheckOutcome::Held)) => ("low", "hold", said::held(language)),
            (None, Some(CheckOutcome::Pass)) => ("good", "ok", said::passes(language)),
            (None, None) if is_blind => ("high", "unknown", said::unknown(language)),
            (None, None) if self.standing == Standing::Healthy => ("good", "ok", said::passes(language)),
            (None, None) if self.standing == Standing::Failing => ("info", "info", said::no_finding(language)),
            (None, None) => ("info", "info", said::not_known(language)),
        };
        html! { span class={ "mark mark--" (class) } { (shape(symbol)) (word) } }
    }

    /// What is known of the items of a check: the values of those that fail, and what the run on request said.
    fn items(&self, name: &str, open: &[Arc<Finding>]) -> Markup {
        let failing: Vec<&Arc<Finding>> = open.iter().filter(|finding| finding.spec.check == name).collect();
        let is_failing = |key: &str| failing.iter().any(|finding| finding.spec.key == key);
        let results = self.results(name).filter(|result| !result.message.is_empty() && !is_failing(&result.key));
        html! {
            @for finding in failing.iter().take(ITEMS) {
                @let status = finding.status.as_ref();
                p class="checks__i" {
                    @if !finding.spec.key.is_empty() { span class="fact" { "[" (finding.spec.key) "]" } " " }
                    a href={ "/desk/findings/" (finding.metadata.name.as_deref().unwrap_or_default()) } {
                        (status.and_then(|status| status.message.as_deref()).unwrap_or(name))
                    }
                }
                @for value in status.and_then(|status| status.evidence.as_ref()).into_iter().flat_map(|evidence| &evidence.values).take(VALUES) {
                    code { (value.path) " = " (clip::chars(&value.value, VALUE_MAX)) }
                }
            }
            @for result in results.take(ITEMS) {
                p class="checks__i" {
                    @if !result.key.is_empty() { span class="fact" { "[" (result.key) "]" } " " }
                    (result.message)
                }
            }
        }
    }
}

/// What a probe reads.
fn target(probe: &Probe) -> Option<&str> {
    let http = probe.http.as_ref().map(|http| http.url.as_str());
    let sqlite = probe.sqlite.as_ref().map(|sqlite| sqlite.query.as_str());
    let tls = probe.tls.as_ref().map(|tls| tls.address.as_str());
    let tcp = probe.tcp.as_ref().map(|tcp| tcp.address.as_str());
    http.or(sqlite).or(tls).or(tcp).or(probe.dns.as_ref().map(|dns| dns.name.as_str()))
}
