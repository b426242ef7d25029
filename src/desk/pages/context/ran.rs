//! Run now: the result in place, while it comes and once it is there.

use super::Context;
use super::forms::found;
use crate::api::CheckOutcome;
use crate::commands::{CommandError, RequestRun, RunProgress, look_up_run};
use crate::desk::admit::Sent;
use crate::desk::layout::address;
use crate::desk::pages::failed;
use crate::desk::panel::PanelState;
use crate::desk::symbols::shape;
use crate::desk::time;
use crate::desk::visit::{Look, Visit};
use crate::domain::texts::Language;
use crate::domain::texts::panel::{context as said, times};
use crate::views::{CheckView, RunView};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use std::collections::HashMap;
use std::time::Duration;

/// How long a run is waited for before the page says that it goes on.
const WAIT: Duration = Duration::from_secs(20);
const WAIT_IN_PLACE: Duration = Duration::from_millis(700);
/// A result that is older is not that of the button.
const RESULT_MAX: SignedDuration = SignedDuration::from_mins(5);
/// Checks that are listed, the worst first.
const CHECKS_MAX: usize = 24;

/// `POST /desk/findings/{name}/run`: its Scenario, now. With script the result appears in the page.
pub async fn run(
    State(panel): State<PanelState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    sent: Sent,
) -> Response {
    let caller = &sent.visit.caller;
    let is_in_place = headers.contains_key("hx-request");
    let finding = found(&panel, &name);
    let scenario = finding.as_ref().map(|finding| finding.spec.scenario.clone()).unwrap_or_default();
    let command = |_: &_| {
        caller.require_run_role()?;
        let wait = if is_in_place { WAIT_IN_PLACE } else { WAIT };
        Ok(RequestRun { scenario: finding?.spec.scenario.clone(), wait })
    };
    let result = panel.run(caller, command).await;
    if is_in_place {
        return fragment(&in_place(&sent.visit, &name, &scenario, &result));
    }
    match result {
        Ok(RunProgress::Finished(_)) => back(&sent, "run"),
        Ok(RunProgress::Pending { .. }) => back(&sent, "pending"),
        Err(error) => failed::answer(&panel, &sent.visit, &error, sent.form.return_path()),
    }
}

fn back(sent: &Sent, done: &str) -> Response {
    Redirect::to(&address(sent.form.return_path(), &[("done", done)])).into_response()
}

/// `GET /desk/findings/{name}/run?at=…`: what came of a run that was requested then.
pub async fn follow(
    State(panel): State<PanelState>,
    visit: Visit,
    Path(name): Path<String>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let at = asked.get("at").and_then(|at| at.parse().ok()).unwrap_or(visit.look.now);
    let finding = found(&panel, &name);
    let scenario = finding.as_ref().map(|finding| finding.spec.scenario.clone()).unwrap_or_default();
    let result = finding.and_then(|_| look_up_run(panel.resources(), &visit.caller, &scenario, at));
    fragment(&in_place(&visit, &name, &scenario, &result))
}

fn fragment(markup: &Markup) -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], markup.clone().into_string()).into_response()
}

/// The place of the result; what is in it is announced.
fn in_place(visit: &Visit, finding: &str, scenario: &str, result: &Result<RunProgress, CommandError>) -> Markup {
    let language = visit.language();
    match result {
        Ok(RunProgress::Finished(run)) => shown(&visit.look, run),
        Ok(RunProgress::Pending { requested_at }) => {
            let again = address(&format!("/desk/findings/{finding}/run"), &[("at", &requested_at.to_string())]);
            let span = visit.look.now.duration_since(*requested_at);
            html! {
                div class="ran" id="ran" role="status" hx-get=(again) hx-trigger={ "sse:scenario-" (scenario) ", every 1s" } hx-select="#ran" hx-swap="outerHTML" {
                    p { (said::running(language)) ", " span class="fact" { (times::elapsed(language, span)) } }
                }
            }
        }
        Err(error) => html! { div class="ran" id="ran" role="alert" { p { (failed::reason(language, error)) } } },
    }
}

/// The checks of a run, the worst first.
fn shown(look: &Look, run: &RunView) -> Markup {
    let language = look.language;
    let passed = run.checks.iter().filter(|check| check.outcome == CheckOutcome::Pass).count();
    let mut checks: Vec<&CheckView> = run.checks.iter().collect();
    checks.sort_by_key(|check| order(check.outcome));
    html! {
        div class="ran" id="ran" role="status" {
            // It can be folded once it was read.
            details open {
                summary { b { (said::latest(language)) } " " (time::clock(look, run.run_at)) ". " (said::ran(language, passed, run.checks.len())) }
                ul class="rows told" { @for check in checks.into_iter().take(CHECKS_MAX) { (line(language, check)) } }
            }
        }
    }
}

fn line(language: Language, check: &CheckView) -> Markup {
    html! {
        li {
            (shape(mark(check.outcome)))
            span { (word(language, check.outcome)) }
            span class="fact" { (check.name) @if !check.key.is_empty() { " [" (check.key) "]" } }
            span {}
            @if !check.message.is_empty() { small { (check.message) } }
        }
    }
}

fn order(outcome: CheckOutcome) -> u8 {
    match outcome {
        CheckOutcome::Fail => 0,
        CheckOutcome::Unknown => 1,
        CheckOutcome::Held => 2,
        CheckOutcome::Pass => 3,
    }
}

fn mark(outcome: CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Fail => "no",
        CheckOutcome::Unknown => "unknown",
        CheckOutcome::Held => "hold",
        CheckOutcome::Pass => "ok",
    }
}

fn word(language: Language, outcome: CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Fail => said::outcome_fail(language),
        CheckOutcome::Unknown => said::outcome_unknown(language),
        CheckOutcome::Held => said::outcome_held(language),
        CheckOutcome::Pass => said::outcome_pass(language),
    }
}

impl Context<'_> {
    /// Where the result of a run appears; without script, that of the run that was just requested.
    pub(super) fn ran(&self) -> Markup {
        let is_asked = self.asked.get("done").is_some_and(|done| done == "run");
        let latest = || {
            let scenario = self.panel.resources().scenario(&self.finding.as_ref()?.scenario_id)?;
            let run = RunView::new(&scenario, Timestamp::UNIX_EPOCH)?;
            (self.visit.look.now.duration_since(run.run_at) < RESULT_MAX).then_some(run)
        };
        match is_asked.then(latest).flatten() {
            Some(run) => shown(&self.visit.look, &run),
            None => html! { div class="ran" id="ran" role="status" {} },
        }
    }
}
