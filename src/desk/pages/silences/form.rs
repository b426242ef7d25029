//! The forms that make a Silence: one with all its fields, and one for a maintenance of an hour.

use crate::api::{MatcherName, MatcherOp, Severity};
use crate::desk::admit::Form;
use crate::desk::layout::hidden;
use crate::desk::pages::list;
use crate::desk::panel::PanelState;
use crate::desk::visit::Visit;
use crate::domain::texts::Language;
use crate::domain::texts::panel::{silences as said, times, words};
use crate::views::Parameters;
use jiff::SignedDuration;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// For how long notices can be silenced.
pub const SPANS: [(&str, i64); 7] =
    [("30m", 1800), ("1h", 3600), ("2h", 7200), ("4h", 14_400), ("8h", 28_800), ("12h", 43_200), ("24h", 86_400)];
/// The one that is chosen at first.
const USUAL_SPAN: &str = "1h";

/// What is filled in, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    values: BTreeMap<String, String>,
    /// What is wrong: the label of the field, and why.
    pub error: Option<(&'static str, String)>,
    is_open: bool,
}

impl Draft {
    /// The conditions that an address names, such as `?new&scenario=proxmox.cluster`.
    pub fn of_address(asked: &Parameters) -> Draft {
        let names = MatcherName::ALL.map(MatcherName::as_str);
        let values: BTreeMap<_, _> =
            asked.clone().into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect();
        Draft { is_open: !values.is_empty(), values, error: None }
    }

    /// What was sent, with what is wrong with it.
    pub fn of_form(form: &Form, error: (&'static str, String)) -> Draft {
        let of_name = MatcherName::ALL.map(|name| [name.as_str().to_string(), op_field(name)]).concat();
        let more = ["from", "duration", "until", "reason"].map(String::from);
        let names = of_name.into_iter().chain(more);
        let values = names.map(|name| (name.clone(), form.get(&name).to_string())).collect();
        Draft { values, error: Some(error), is_open: true }
    }

    fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }
}

/// The name of the field that says how a property is compared.
pub fn op_field(name: MatcherName) -> String {
    format!("{}-op", name.as_str())
}

/// The button that silences a Scenario or an Agent for an hour.
pub fn quick(panel: &PanelState, visit: &Visit) -> Markup {
    let language = visit.language();
    let (scenarios, agents) = (list::scenarios(panel), list::agents(panel));
    let group = |label: &str, kind: &str, options: &[(String, String)]| {
        html! {
            optgroup label=(label) {
                @for (value, word) in options { option value={ (kind) ":" (value) } { (word) } }
            }
        }
    };
    html! {
        form class="quick" method="post" action="/desk/silences/maintenance" aria-label=(said::quick(language)) {
            (hidden(&visit.csrf, super::PATH))
            label class="field" {
                span class="field__l" { (said::quick_label(language)) }
                select name="what" required aria-describedby="manutencao-mais" {
                    option value="" { (said::quick_what(language)) }
                    (group(said::quick_group_scenarios(language), "scenario", &scenarios.named))
                    (group(said::quick_group_agents(language), "agent", &agents))
                }
            }
            button class="btn" { (said::quick_for(language)) }
            span class="quick__more" id="manutencao-mais" { (said::quick_more(language)) }
        }
    }
}

/// The form with all fields.
pub fn form(panel: &PanelState, visit: &Visit, draft: &Draft) -> Markup {
    let language = visit.language();
    html! {
        details class="new" id="novo" open[draft.is_open] {
            summary class="btn" { (said::make(language)) }
            form class="new__in" method="post" action="/desk/silences" {
                (hidden(&visit.csrf, super::PATH))
                input type="hidden" name="once" value=(uuid::Uuid::new_v4().simple());
                @if let Some((field, error)) = &draft.error {
                    p class="new__error" role="alert" { b { (said::not_made(language)) ". " } (field) ": " (error) }
                }
                fieldset {
                    legend { (said::what(language)) }
                    p class="quiet" { (said::what_more(language)) }
                    (conditions(panel, language, draft))
                }
                fieldset {
                    legend { (said::when(language)) }
                    (times_of(language, draft))
                }
                label class="field new__why" {
                    span class="field__l" { (said::why(language)) }
                    input type="text" name="reason" value=(draft.value("reason")) required maxlength="1000" aria-describedby="motivo-mais";
                    span class="field__l" id="motivo-mais" { (said::why_more(language)) }
                }
                p { button class="btn btn--go" { (said::do_make(language)) } }
            }
        }
    }
}

fn conditions(panel: &PanelState, language: Language, draft: &Draft) -> Markup {
    let severities = Severity::ALL.map(|one| (one.as_str().to_string(), words::severity(language, one).to_string()));
    html! {
        div class="new__c" {
            (text(language, draft, MatcherName::Scenario, said::scenario(language), Some("cenarios")))
            datalist id="cenarios" { @for (name, title) in &list::scenarios(panel).named { option value=(name) { (title) } } }
            (text(language, draft, MatcherName::Check, said::check(language), None))
            (text(language, draft, MatcherName::Key, said::key(language), None))
            (list::select("agent", said::agent(language), Some(said::any(language)), draft.value("agent"), &list::agents(panel)))
            (list::select("severity", said::severity(language), Some(said::any(language)), draft.value("severity"), &severities))
        }
    }
}

/// A condition on a text: how it is compared, and with what.
fn text(language: Language, draft: &Draft, name: MatcherName, label: &str, datalist: Option<&str>) -> Markup {
    let ops = [MatcherOp::Equal, MatcherOp::NotEqual, MatcherOp::Matches, MatcherOp::MatchesNot];
    let (op, field) = (op_field(name), name.as_str());
    html! {
        div class="field" {
            label class="field__l" for={ "c-" (field) } { (label) }
            div class="new__t" {
                select name=(op) aria-label=(label) {
                    @for one in ops { option value=(one.as_str()) selected[draft.value(&op) == one.as_str()] { (op_word(language, one)) } }
                }
                input type="text" id={ "c-" (field) } name=(field) value=(draft.value(field)) list=[datalist] maxlength="256" autocomplete="off" spellcheck="false";
            }
        }
    }
}

fn op_word(language: Language, op: MatcherOp) -> &'static str {
    match op {
        MatcherOp::Equal => said::is(language),
        MatcherOp::NotEqual => said::is_not(language),
        MatcherOp::Matches => said::matches(language),
        MatcherOp::MatchesNot => said::matches_not(language),
    }
}

fn times_of(language: Language, draft: &Draft) -> Markup {
    let spans =
        SPANS.map(|(value, seconds)| (value.to_string(), times::span(language, SignedDuration::from_secs(seconds))));
    let span = if draft.value("duration").is_empty() { USUAL_SPAN } else { draft.value("duration") };
    html! {
        div class="new__c" {
            (list::input("from", &format!("{} ({})", said::from(language), said::from_now(language)), "datetime-local", draft.value("from"), ""))
            (list::select("duration", said::length(language), None, span, &spans))
            (list::input("until", said::until(language), "datetime-local", draft.value("until"), ""))
        }
    }
}
