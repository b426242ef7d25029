//! What can be done in the window: each form is one command, with the rights of the caller, and leads back to the window.

use crate::api::{CheckOutcome, Finding, Matcher, MatcherName, MatcherOp};
use crate::commands::{
    Acknowledge, CommandError, MakeSilence, NewSilence, Note, Reply, RequestAdvice, RequestRun, RunProgress, Text,
    Unacknowledge, VoteAdvice,
};
use crate::desk::admit::Sent;
use crate::desk::layout::address;
use crate::desk::pages::failed;
use crate::desk::panel::{Panel, PanelState};
use crate::domain::advice::votes::Vote;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use std::time::Duration;

/// How long a run is waited for. It goes on where it takes longer.
const RUN_WAIT: Duration = Duration::from_secs(20);

/// Back to the window, or why it was not done.
fn back<T>(panel: &PanelState, sent: &Sent, result: Result<T, CommandError>, done: &[(&str, &str)]) -> Response {
    match result {
        Ok(_) => Redirect::to(&address(sent.form.return_path(), done)).into_response(),
        Err(error) => failed::answer(panel, &sent.visit, &error, sent.form.return_path()),
    }
}

/// `POST /desk/findings/{name}/acknowledge`.
pub async fn acknowledge(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let note = Note::parse(sent.form.get("note"));
    let command = |resources: &_| Acknowledge::new(resources, &name, note?);
    let result = panel.run(&sent.visit.caller, command).await;
    back(&panel, &sent, result, &[])
}

/// `POST /desk/findings/{name}/take-back`.
pub async fn take_back(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let result = panel.run(&sent.visit.caller, |resources| Unacknowledge::new(resources, &name)).await;
    back(&panel, &sent, result, &[])
}

/// `POST /desk/findings/{name}/advice`.
pub async fn ask(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let result = panel.run(&sent.visit.caller, |resources| RequestAdvice::new(resources, &name, None)).await;
    back(&panel, &sent, result, &[("done", "ask")])
}

/// `POST /desk/findings/{name}/vote`.
pub async fn vote(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let vote = Vote::parse(sent.form.get("vote")).ok_or_else(|| CommandError::invalid("vote", "useful or wrong"));
    let result = panel.run(&sent.visit.caller, |resources| VoteAdvice::new(resources, &name, vote?)).await;
    back(&panel, &sent, result, &[])
}

/// `POST /desk/findings/{name}/run`: its Scenario, now.
pub async fn run(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let caller = &sent.visit.caller;
    let finding = found(&panel, &name);
    let command = |_: &_| {
        caller.require_run_role()?;
        Ok(RequestRun { scenario: finding?.spec.scenario.clone(), wait: RUN_WAIT })
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

/// `POST /desk/findings/{name}/silence`: of this item, for a while.
pub async fn silence(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let finding = found(&panel, &name);
    let form = &sent.form;
    let command = |_: &_| {
        let finding = finding?;
        let equal = |name, value: &str| Matcher { name, op: MatcherOp::Equal, value: value.into() };
        let spec = &finding.spec;
        let matchers = vec![
            equal(MatcherName::Scenario, &spec.scenario),
            equal(MatcherName::Check, &spec.check),
            equal(MatcherName::Key, &spec.key),
        ];
        let (duration, reason) = (Some(form.get("duration").to_string()), form.get("reason").to_string());
        Ok(MakeSilence(NewSilence { matchers, duration, reason, ..NewSilence::default() }))
    };
    let result = panel.run(&sent.visit.caller, command).await;
    back(&panel, &sent, result, &[])
}

/// `POST /desk/threads/{name}/reply`.
pub async fn reply(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let (text, key) = (sent.form.get("body"), sent.form.get("once"));
    let command = |_: &_| Ok(Reply { thread: name.clone(), text: Text::parse("body", text)?, in_reply_to: None });
    let content = [name.as_bytes(), text.as_bytes()];
    let result = match key.is_empty() {
        true => panel.run(&sent.visit.caller, command).await.map(Some),
        false => panel.run_once(&sent.visit.caller, (key, &content), command).await,
    };
    back(&panel, &sent, result, &[])
}

fn found(panel: &Panel, name: &str) -> Result<std::sync::Arc<Finding>, CommandError> {
    panel.resources().finding(name).ok_or_else(|| CommandError::no_such("Finding", name))
}
