//! What can be done on the page of a Scenario: run it now, and say that past failures were maintenance.

use crate::api::CheckOutcome;
use crate::commands::{CommandError, Reclassify, RequestRun, RunProgress};
use crate::desk::admit::Sent;
use crate::desk::layout::address;
use crate::desk::pages::failed;
use crate::desk::panel::{Panel, PanelState};
use crate::domain::history::Hour;
use crate::domain::history::maintenance::{self, MAINTENANCE, Reclassified};
use crate::domain::refusal::InvalidInput;
use crate::runtime::clock;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use std::time::Duration;

/// How long a run is waited for. It goes on where it takes longer.
const RUN_WAIT: Duration = Duration::from_secs(20);
/// How long the page waits for what was said to be in the cache, and how often it looks.
const SEEN_WAIT: Duration = Duration::from_secs(2);
const SEEN_POLL: Duration = Duration::from_millis(20);

/// Back to the page, or why it was not done.
fn back<T>(panel: &PanelState, sent: &Sent, result: Result<T, CommandError>, done: &[(&str, &str)]) -> Response {
    match result {
        Ok(_) => Redirect::to(&address(sent.form.return_path(), done)).into_response(),
        Err(error) => failed::answer(panel, &sent.visit, &error, sent.form.return_path()),
    }
}

/// `POST /desk/scenarios/{name}/run`.
pub async fn run(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let caller = &sent.visit.caller;
    let command = |_: &_| {
        caller.require_run_role()?;
        Ok(RequestRun { scenario: name, wait: RUN_WAIT })
    };
    let result = panel.run(caller, command).await;
    match &result {
        Ok(RunProgress::Finished(run)) => {
            let passed = run.checks.iter().filter(|check| check.outcome == CheckOutcome::Pass).count().to_string();
            let all = run.checks.len().to_string();
            back(&panel, &sent, result, &[("done", "run"), ("passed", &passed), ("of", &all)])
        }
        _ => back(&panel, &sent, result, &[("done", "pending")]),
    }
}

/// `POST /desk/scenarios/{name}/reclassify`: hours of the past, as the page has them.
pub async fn reclassify(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let form = &sent.form;
    let hour = |field: &str| {
        form.get(field).parse().map(Hour).map_err(|_| CommandError::invalid(field, InvalidInput::NotAnHour))
    };
    // That of the command, so that what is over here is over there.
    let now = clock::now();
    let command = |_: &_| {
        let (from, until) = (hour("from")?.start(), hour("until")?.start());
        let is_maintenance = form.get("as") == MAINTENANCE;
        // Of the current hour what is over.
        Ok(Reclassify {
            scenario: name.clone(),
            from,
            until: until.min(now),
            is_maintenance,
            reason: form.get("reason").into(),
        })
    };
    let result = panel.run(&sent.visit.caller, command).await;
    if let Ok(said) = &result {
        // Longer than that nobody waits: the page then shows it when it is read again.
        let _ = tokio::time::timeout(SEEN_WAIT, seen(&panel, &name, said)).await;
    }
    back(&panel, &sent, result, &[("done", "reclassified")])
}

/// Waits until the caches have what was said.
async fn seen(panel: &Panel, scenario: &str, said: &Reclassified) {
    loop {
        let actions = panel.resources().reclassifications();
        let hours = maintenance::hours(actions.iter().map(|action| &**action), scenario);
        if hours.contains(&said.from) == said.is_maintenance {
            return;
        }
        tokio::time::sleep(SEEN_POLL).await;
    }
}
