//! The handover of a shift: `GET /desk/handover`, and as plain text, `GET /desk/handover.txt`.

mod shift;
mod text;

use super::actions::{came, did, subject};
use super::list::{self, Frame, address_with, given};
use super::{silences, when};
use crate::desk::layout::Place;
use crate::desk::panel::PanelState;
use crate::desk::visit::Visit;
use crate::desk::{symbols, time};
use crate::domain::texts::panel::{handover as said, times};
use crate::views::{FindingView, Parameters, QueryError};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use shift::{Event, Shift, What};
use text::{headline, watch};

const PATH: &str = "/desk/handover";
const FILE: &str = "/desk/handover.txt";
/// Lengths of a shift to choose from, in hours, and the usual one.
const HOURS: [i64; 5] = [4, 8, 12, 24, 72];
const USUAL: i64 = 12;
/// Longest time that is told.
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// `GET /desk/handover`.
pub async fn show(State(panel): State<PanelState>, visit: Visit, Query(parameters): Query<Parameters>) -> Response {
    let asked = given(parameters);
    let frame = Frame { panel: &panel, visit: &visit, place: Place::Handover };
    let language = visit.language();
    let filters = filters(&visit, &asked);
    let since = match since(&visit, &asked) {
        Ok(since) => since,
        Err(error) => return frame.wrong_filter(said::title(language), &filters, &asked, &error),
    };
    let shift = Shift::of(panel.resources(), since, visit.look.now);
    let content = html! {
        (list::top(said::title(language), None, &html! {}))
        div class="no-print" { (filters) }
        (Told { panel: &panel, visit: &visit, shift: &shift }.page(&asked))
    };
    frame.answer(StatusCode::OK, said::title(language), &content)
}

/// `GET /desk/handover.txt`.
pub async fn as_text(State(panel): State<PanelState>, visit: Visit, Query(parameters): Query<Parameters>) -> Response {
    let asked = given(parameters);
    match since(&visit, &asked) {
        Ok(since) => {
            let shift = Shift::of(panel.resources(), since, visit.look.now);
            ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text::text(&panel, &visit.look, &shift)).into_response()
        }
        Err(error) => {
            let text = list::wrong_value(visit.language(), &asked, &error);
            (StatusCode::BAD_REQUEST, format!("{text}\n")).into_response()
        }
    }
}

/// The beginning of the shift: a time, or so many hours ago.
fn since(visit: &Visit, asked: &Parameters) -> Result<Timestamp, QueryError> {
    let now = visit.look.now;
    let wrong = |name: &str| QueryError::new(name, "is no time within the last 31 days");
    let at = match (asked.get("since"), asked.get("hours")) {
        (Some(since), _) => when::parse(since, &visit.look.zone).ok_or_else(|| wrong("since"))?,
        (None, Some(hours)) => {
            // A longer time is refused below.
            let hours = hours.parse::<u16>().ok().filter(|hours| *hours > 0).ok_or_else(|| wrong("hours"))?;
            now - SignedDuration::from_hours(hours.into())
        }
        (None, None) => now - SignedDuration::from_hours(USUAL),
    };
    let given = if asked.contains_key("since") { "since" } else { "hours" };
    if at <= now && now.duration_since(at) <= LONGEST { Ok(at) } else { Err(wrong(given)) }
}

fn filters(visit: &Visit, asked: &Parameters) -> Markup {
    let (language, zone) = (visit.language(), &visit.look.zone);
    let chosen = asked.get("hours").map_or_else(|| USUAL.to_string(), String::clone);
    let mut hours = HOURS.to_vec();
    let is_possible = |hours: &i64| (1..=LONGEST.as_hours()).contains(hours) && !HOURS.contains(hours);
    hours.extend(chosen.parse().ok().filter(is_possible));
    hours.sort_unstable();
    let hours: Vec<_> = hours.iter().map(|hours| (hours.to_string(), said::last_hours(language, *hours))).collect();
    let since = asked.get("since").and_then(|since| when::parse(since, zone)).map(|at| when::field(at, zone));
    let fields = html! {
        (list::select("hours", said::hours(language), None, &chosen, &hours))
        (list::input("since", said::since(language), "datetime-local", &since.unwrap_or_default(), ""))
    };
    list::sieve(language, PATH, asked.contains_key("hours") || asked.contains_key("since"), &fields)
}

/// A shift as it is shown.
struct Told<'a> {
    panel: &'a PanelState,
    visit: &'a Visit,
    shift: &'a Shift,
}

impl Told<'_> {
    fn page(&self, asked: &Parameters) -> Markup {
        let (language, look, shift) = (self.visit.language(), &self.visit.look, self.shift);
        let exact = |at: Timestamp| times::exact(language, at, &look.zone);
        let file = address_with(FILE, asked, &["hours", "since"], &[]);
        html! {
            div class="shift" {
                p class="shift__when" { (said::period(language, &exact(shift.since), &exact(shift.until))) }
                p class="shift__sum" { (said::summary(language, shift.opened, shift.resolved, shift.open_total)) }
                details class="new no-print" {
                    summary class="btn" { (said::as_text(language)) }
                    div class="new__in" {
                        p class="quiet" { (said::copy(language)) " " a href=(file) { (said::open_text(language)) } " · " (said::print(language)) }
                        textarea class="copy" rows="14" readonly aria-label=(said::as_text(language)) { (text::text(self.panel, look, shift)) }
                    }
                }
                (self.open())
                (self.events())
                (self.silences())
                (self.unwatched())
            }
        }
    }

    fn open(&self) -> Markup {
        let (language, shift) = (self.visit.language(), self.shift);
        html! {
            h2 class="page__h" { (said::still_open(language)) " " span class="n" { (shift.open_total) } }
            @if shift.open.is_empty() { p class="quiet" { (said::none_open(language)) } }
            ul class="lines" { @for finding in &shift.open { (self.finding(finding)) } }
            @if shift.open_total > shift.open.len() { p { (said::more(language, shift.open_total - shift.open.len())) } }
        }
    }

    fn finding(&self, finding: &FindingView) -> Markup {
        let (language, look) = (self.visit.language(), &self.visit.look);
        html! {
            li {
                span class="lines__k" { @if let Some(severity) = finding.severity { (symbols::severity(language, severity)) } }
                div {
                    a href={ "/desk/findings/" (finding.id) } { (headline(finding)) }
                    p class="quiet" {
                        span class="fact" { (finding.scenario_id) }
                        @if let Some(at) = finding.opened_at { " · " (time::ago(look, at)) }
                        " · "
                        @if let Some(owner) = &finding.owner { b { (said::taken_by(language, &owner.by)) } " · " }
                        @match &finding.acknowledgement {
                            Some(ack) => { (said::with(language, &ack.by)) @if let Some(note) = &ack.note { ": " (note) } }
                            None => b { (said::nobody(language)) },
                        }
                    }
                }
            }
        }
    }

    fn events(&self) -> Markup {
        let (language, shift) = (self.visit.language(), self.shift);
        html! {
            h2 class="page__h" { (said::happened(language)) " " span class="n" { (shift.events_total) } }
            @if shift.events.is_empty() { p class="quiet" { (said::nothing_happened(language)) } }
            @if shift.events_total > shift.events.len() { p { (said::more(language, shift.events_total - shift.events.len())) } }
            ol class="lines" { @for event in &shift.events { (self.event(event)) } }
        }
    }

    fn event(&self, event: &Event) -> Markup {
        let language = self.visit.language();
        let of = |shape: &str, word: &str, finding: &FindingView| {
            html! {
                span class="mark" { (symbols::shape(shape)) (word) } " "
                a href={ "/desk/findings/" (finding.id) } { (headline(finding)) }
            }
        };
        html! {
            li {
                span class="lines__k" { (time::clock(&self.visit.look, event.at)) }
                div {
                    @match &event.what {
                        What::Opened(finding) => (of(finding.severity.map_or("info", |severity| severity.as_str()), said::opened(language), finding)),
                        What::Resolved(finding) => span class="lines__ok" { (of("ok", said::resolved(language), finding)) },
                        What::Did(action, written) => {
                            b { (action.actor.name) } " " (did(language, &action.verb)) ": " (subject(self.panel, action))
                            @if action.result.as_deref() != Some("done") { " " span class="quiet" { "(" (came(language, action.result.as_deref())) ")" } }
                            @if let Some(text) = written { p { "“" (text) "”" } }
                        }
                    }
                }
            }
        }
    }

    fn silences(&self) -> Markup {
        let language = self.visit.language();
        html! {
            h2 class="page__h" { (said::silenced(language)) " " span class="n" { (self.shift.silences.len()) } }
            @if self.shift.silences.is_empty() { p class="quiet" { (said::none_silenced(language)) } }
            ul class="sils" { @for one in &self.shift.silences { (silences::item(self.panel, self.visit, one, false)) } }
        }
    }

    fn unwatched(&self) -> Markup {
        let language = self.visit.language();
        html! {
            @if !self.shift.unwatched.is_empty() {
                h2 class="page__h" { (said::unwatched(language)) " " span class="n" { (self.shift.unwatched.len()) } }
                ul class="lines" {
                    @for (name, state) in &self.shift.unwatched {
                        li { span class="lines__k" { (watch(language, *state)) } div { a class="fact" href={ "/desk/scenarios/" (name) } { (name) } } }
                    }
                }
            }
        }
    }
}
