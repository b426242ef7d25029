//! The rows of the board, by Agent.

use super::Board;
use super::past::{SPANS, availability, last_read};
use crate::api::Severity;
use crate::desk::symbols::shape;
use crate::desk::{charts, time};
use crate::domain::clip;
use crate::domain::texts::Language;
use crate::domain::texts::panel::board as said;
use crate::views::{BoardGroup, BoardRow, Standing};
use maud::{Markup, html};

/// Characters of what is wrong with a Scenario.
const MESSAGE_MAX: usize = 160;

/// The shape and the words of how a Scenario stands; where it fails, of its severity.
pub fn mark(language: Language, standing: Standing, severity: Option<Severity>) -> Markup {
    let (class, symbol) = match (standing, severity) {
        (Standing::Failing, Some(severity)) => (severity.as_str(), severity.as_str()),
        (Standing::Failing, None) => ("critical", "no"),
        (Standing::Unknown, _) => ("high", "unknown"),
        (Standing::Late, _) => ("medium", "late"),
        (Standing::Invalid, _) => ("high", "invalid"),
        (Standing::Suspended, _) => ("low", "hold"),
        (Standing::Healthy, _) => ("good", "ok"),
    };
    let word = match (standing, severity) {
        (Standing::Failing, Some(severity)) => said::failing_as(language, severity),
        _ => small_state(language, standing).to_string(),
    };
    html! { span class={ "mark mark--" (class) } { (shape(symbol)) (word) } }
}

/// The word of how a Scenario stands.
pub fn small_state(language: Language, standing: Standing) -> &'static str {
    match standing {
        Standing::Failing => said::failing(language),
        Standing::Unknown => said::unknown(language),
        Standing::Late => said::late(language),
        Standing::Invalid => said::invalid(language),
        Standing::Suspended => said::suspended(language),
        Standing::Healthy => said::healthy(language),
    }
}

/// The heads of the columns, for those who see them; each cell has its own label.
pub fn columns(language: Language) -> Markup {
    html! {
        div class="cols" aria-hidden="true" {
            span { (said::state(language)) }
            span { (said::scenario(language)) }
            span { (said::last_readings(language)) }
            span class="r lat" { (said::latency(language)) }
            @for span in spans(language) { span class="r" { "% " (span) } }
            span class="r" { (said::last_read(language)) }
        }
    }
}

pub fn spans(language: Language) -> [String; 3] {
    ["24 h", "7 d", "30 d"]
        .map(|span| if language == Language::English { span.replace(' ', "\u{a0}") } else { span.into() })
}

/// What is wrong with a Scenario, in a line.
pub fn message(row: &BoardRow) -> Option<String> {
    let of_finding = || row.finding.as_ref()?.status.as_ref()?.message.clone();
    let text = match row.standing {
        Standing::Failing => of_finding().or_else(|| row.view.message.clone()),
        Standing::Unknown | Standing::Late | Standing::Invalid => of_finding().or_else(|| row.view.message.clone()),
        Standing::Suspended | Standing::Healthy => None,
    };
    let first = text?.lines().next().unwrap_or_default().trim().to_string();
    (!first.is_empty()).then(|| clip::chars(&first, MESSAGE_MAX))
}

impl Board<'_> {
    pub(super) fn group(&self, group: &BoardGroup) -> Markup {
        let language = self.language();
        let id = format!("a-{}", group.agent);
        let hidden = group.selected.saturating_sub(group.rows.len());
        let is_of_agent = self.filter.agent.is_some();
        html! {
            section class="agent" aria-labelledby=(id) {
                div class="agent__h" {
                    h2 id=(id) { (group.name) }
                    span class="fact" { (group.selected) }
                }
                ol { @for row in &group.rows { li { (self.row(row)) } } }
                @if hidden > 0 && !is_of_agent {
                    p class="agent__more" {
                        a href=(self.address(self.filter.standing, Some(&group.agent), ("", ""))) {
                            (said::more(language, hidden)) span class="vh" { ": " (group.name) }
                        }
                    }
                }
            }
        }
    }

    fn row(&self, row: &BoardRow) -> Markup {
        let (language, view) = (self.language(), &row.view);
        let severity = row.severity();
        let failing = severity.filter(|_| row.standing == Standing::Failing);
        let class = match (row.standing, failing) {
            (Standing::Failing, Some(severity)) => format!("scn scn--bad scn--{}", severity.as_str()),
            (Standing::Failing, None) => "scn scn--bad scn--critical".into(),
            (Standing::Healthy | Standing::Suspended, _) => "scn".into(),
            _ => "scn scn--odd".into(),
        };
        html! {
            div class=(class) {
                (mark(language, row.standing, failing))
                span class="scn__t" {
                    a id={ "s-" (view.id) } href={ "/desk/scenarios/" (view.id) } { (view.title) }
                    @if let Some(message) = message(row) {
                        small class="scn__m" {
                            (message)
                            @if row.open > 1 { " " span class="scn__n" { (said::more_open(language, row.open - 1)) } }
                        }
                    }
                    small { span class="fact" { (view.id) } }
                }
                (self.past(row))
            }
        }
    }

    fn past(&self, row: &BoardRow) -> Markup {
        let (language, look, view) = (self.language(), &self.visit.look, &row.view);
        let record = self.pasts.of(&view.id);
        html! {
            @match record {
                Some(record) => {
                    (charts::strip(language, &record.last))
                    @let (line, latency) = charts::spark(&record.last);
                    span class="lat" {
                        (line)
                        span {
                            span class="vh" { (said::latency(language)) " " }
                            @match latency {
                                Some(latency) => (said::milliseconds(language, latency.as_millis())),
                                None => "—",
                            }
                        }
                    }
                    @for (span, hours) in spans(language).iter().zip(SPANS) {
                        @let (share, is_low) = availability(language, record.past.availability(look.now, hours, None));
                        span class={ "num" @if is_low { " low" } } data-l=(span) {
                            span class="vh" { (said::availability_of(language, span)) } (share)
                        }
                    }
                }
                None => { span {} span class="lat" { span {} span { "—" } } @for _ in SPANS { span class="num" { "—" } } }
            }
            span class="num last" data-l=(said::last_read(language).to_lowercase()) {
                span class="vh" { (said::last_read(language)) " " }
                @match last_read(record, view) { Some(at) => (time::age(look, at)), None => "—" }
            }
        }
    }
}
