//! What changed between the last good reading and the one of the failure, field by field; and the condition that failed.

use super::Context;
use crate::desk::time;
use crate::domain::difference::{Compared, Difference, Focus, difference};
use crate::domain::false_part::false_parts;
use crate::domain::texts::Language;
use crate::domain::texts::panel::context as said;
use crate::views::{EvidenceView, FindingPhase, FindingView, SnapshotView};
use maud::{Markup, html};
use std::ops::Range;

/// Longest value that is shown whole, in characters.
const VALUE_MAX: usize = 96;
/// Changed fields that are told in short.
const BRIEF_MAX: usize = 3;

/// The differences of each probe, those that changed first.
fn differences<'a>(finding: &FindingView, evidence: &'a EvidenceView) -> Vec<(&'a str, Difference)> {
    let excerpt = |snapshot: &'a Option<SnapshotView>, probe: &str| {
        let found = snapshot.as_ref()?.readings.iter().find(|reading| reading.probe == probe);
        found.map(|reading| reading.reading.as_str())
    };
    let all = [&evidence.failing, &evidence.last_good].into_iter().flatten().flat_map(|snapshot| &snapshot.readings);
    let mut probes: Vec<&str> = Vec::new();
    for reading in all {
        if !probes.contains(&reading.probe.as_str()) {
            probes.push(&reading.probe);
        }
    }
    // What the check shows is of the first probe that it reads.
    let shown = |at: usize| evidence.show.as_deref().filter(|_| at == 0).unwrap_or_default();
    let compared = probes.iter().enumerate().map(|(at, probe)| {
        let focus = Focus {
            expression: evidence.expression.as_deref().unwrap_or_default(),
            key: &finding.key,
            show: shown(at),
        };
        (*probe, difference(excerpt(&evidence.last_good, probe), excerpt(&evidence.failing, probe), focus))
    });
    let mut compared: Vec<_> = compared.collect();
    compared.sort_by_key(|(_, difference)| difference.changed.is_empty());
    compared
}

impl Context<'_> {
    pub(super) fn changed(&self, finding: &FindingView, evidence: &EvidenceView) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        html! {
            section class="fact-s" aria-labelledby="dif" {
                div class="fact-s__h" { h2 id="dif" { (said::changed(language)) } }
                @if evidence.last_good.is_none() { p class="quiet" { (said::never_good(language)) } }
                @for (probe, difference) in differences(finding, evidence) {
                    table class="diff" {
                        caption class="vh" { (said::compared(language)) ": " (probe) }
                        thead { tr {
                            th scope="col" { span class="fact" { (probe) } }
                            th scope="col" {
                                (said::last_good(language))
                                @if let Some(good) = &evidence.last_good { " " (time::clock(look, good.at)) }
                            }
                            th scope="col" {
                                (if finding.phase == Some(FindingPhase::Resolved) { said::at_opening(language) } else { said::now(language) })
                                @if let Some(failing) = &evidence.failing { " " (time::clock(look, failing.at)) }
                            }
                        } }
                        tbody { (rows(language, &difference.changed, true)) }
                    }
                    (folded(language, &said::other_fields(language, difference.also_changed.len()), &difference.also_changed))
                    (folded(language, &said::equal_fields(language, difference.equal.len()), &difference.equal))
                }
                @if evidence.truncated { p class="quiet" { (said::cut(language)) } }
            }
        }
    }

    /// The condition with the part that was false, and what it read.
    pub(super) fn failed(&self, finding: &FindingView, evidence: &EvidenceView) -> Markup {
        let language = self.language();
        let Some(expression) = &evidence.expression else { return html! {} };
        let key = if finding.key.is_empty() { String::new() } else { format!(" [{}]", finding.key) };
        html! {
            section class="fact-s" aria-labelledby="expr" {
                div class="fact-s__h" { h2 id="expr" { (said::failed(language)) } span class="fact" { (finding.check) (key) } }
                (marked(expression, evidence))
                dl class="vals" {
                    @for value in &evidence.values { dt { (value.path) } dd { (shortened(&value.value)) } }
                }
                p class="res" { (said::result(language)) " " b { "false" } }
                @if let Some(show) = &evidence.show {
                    details class="more" { summary { (said::show_of_check(language)) } pre class="expr" { (show) } }
                }
            }
        }
    }

    /// The same in a few lines, for a screen on which the facts come after the conversation.
    pub(super) fn brief(&self) -> Markup {
        let language = self.language();
        let Some((finding, evidence)) = self.finding.as_ref().and_then(|of| Some((of, of.evidence.as_ref()?))) else {
            return html! {};
        };
        let changed: Vec<_> =
            differences(finding, evidence).into_iter().flat_map(|(_, of)| of.changed).take(BRIEF_MAX).collect();
        if changed.is_empty() && evidence.expression.is_none() {
            return html! {};
        }
        html! {
            section class="brief" aria-label=(said::in_short(language)) {
                @if !changed.is_empty() {
                    table class="diff" {
                        thead class="vh" { tr {
                            th scope="col" { (said::field(language)) }
                            th scope="col" { (said::last_good(language)) }
                            th scope="col" { (said::now(language)) }
                        } }
                        tbody { (rows(language, &changed, true)) }
                    }
                }
                @else if let Some(expression) = &evidence.expression { (marked(expression, evidence)) }
            }
        }
    }
}

fn rows(language: Language, fields: &[Compared], is_changed: bool) -> Markup {
    let cell = |value: &Option<String>| match value {
        Some(value) if value.is_empty() => html! { "\"\"" },
        Some(value) => html! { (value) },
        None => html! { span class="quiet" { (said::not_kept(language)) } },
    };
    html! {
        @for field in fields {
            tr class=(if is_changed { "ch" } else { "eq" }) {
                th scope="row" { (field.path) }
                td { @if is_changed { del { (cell(&field.good)) } } @else { (cell(&field.good)) } }
                td { @if is_changed { ins { (cell(&field.now)) } } @else { (cell(&field.now)) } }
            }
        }
    }
}

fn folded(language: Language, summary: &str, fields: &[Compared]) -> Markup {
    html! {
        @if !fields.is_empty() {
            details class="more" {
                summary { (summary) }
                table class="diff diff--more" { tbody { (rows(language, fields, false)) } }
            }
        }
    }
}

/// A value; of a long one the beginning, with the rest folded.
pub(super) fn shortened(value: &str) -> Markup {
    match value.char_indices().nth(VALUE_MAX) {
        Some((at, _)) => html! {
            details class="more more--value" { summary { (value.get(..at).unwrap_or_default()) "…" } (value) }
        },
        None => html! { (value) },
    }
}

/// The expression with the parts that were false.
fn marked(expression: &str, evidence: &EvidenceView) -> Markup {
    let reads: Vec<(&str, &str)> =
        evidence.values.iter().map(|value| (value.path.as_str(), value.value.as_str())).collect();
    let parts = false_parts(expression, &reads, evidence.show.as_deref());
    html! {
        pre class="expr" {
            @for (text, is_false) in pieces(expression, &parts) {
                @if is_false { mark { (text) } } @else { (text) }
            }
        }
    }
}

/// The text in pieces, each with whether it is one of these parts, which are in order.
fn pieces<'a>(text: &'a str, parts: &[Range<usize>]) -> Vec<(&'a str, bool)> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for part in parts {
        pieces.push((text.get(from..part.start).unwrap_or_default(), false));
        pieces.push((text.get(part.clone()).unwrap_or_default(), true));
        from = part.end;
    }
    pieces.push((text.get(from..).unwrap_or_default(), false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_in_pieces() {
        assert_eq!(pieces("a && b && c", &[0..1, 5..6]), [("a", true), (" && ", false), ("b", true), (" && c", false)]);
        assert_eq!(pieces("ab", &[0..1, 1..2]), [("a", true), ("b", true)]);
        assert_eq!(pieces("a", &[]), [("a", false)]);
    }
}
