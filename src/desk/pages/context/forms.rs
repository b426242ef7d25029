//! What can be done in the window: each form is one command, with the rights of the caller, and leads back to the window.

use crate::api::{ADVICE_REQUESTED_AT, Finding, Matcher, MatcherName, MatcherOp, Message};
use crate::commands::{
    Acknowledge, CommandError, MakeSilence, NewSilence, Note, Release, Reply, RequestAdvice, TakeOver, Text,
    Unacknowledge, VoteAdvice,
};
use crate::desk::admit::Sent;
use crate::desk::layout::address;
use crate::desk::pages::failed;
use crate::desk::panel::{Panel, PanelState};
use crate::domain::advice::votes::Vote;
use crate::domain::refusal::InvalidInput;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::time::Duration;

/// How long what was done, or the first answer to a reply, is waited for, and how often it is looked for. It is shown later where it
/// takes longer.
const WAIT: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(40);

/// Back to the window, or why it was not done.
pub(super) fn back<T>(
    panel: &PanelState,
    sent: &Sent,
    result: Result<T, CommandError>,
    done: &[(&str, &str)],
) -> Response {
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
    if let Ok(requested) = &result {
        let is_shown = || requested_at(&panel, &name).is_some_and(|at| at >= requested.requested_at);
        shown(is_shown).await;
    }
    back(&panel, &sent, result, &[])
}

/// `POST /desk/findings/{name}/vote`.
pub async fn vote(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let vote = Vote::parse(sent.form.get("vote")).ok_or_else(|| CommandError::invalid("vote", InvalidInput::NotAVote));
    let result = panel.run(&sent.visit.caller, |resources| VoteAdvice::new(resources, &name, vote?)).await;
    back(&panel, &sent, result, &[])
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
    if let Ok(Some(message)) = &result {
        answered(&panel, &message.id).await;
    }
    back(&panel, &sent, result, &[])
}

/// Waits a little for the first answer to a Message, which is of what was read, and there at once.
async fn answered(panel: &Panel, message: &str) {
    let is_answer = |other: &Message| other.spec.in_reply_to.as_deref() == Some(message);
    shown(|| panel.resources().messages.find(|other| is_answer(other)).is_some()).await;
}

/// Waits a little until the caches show what was done, so that the page that follows does.
pub(super) async fn shown(is_shown: impl Fn() -> bool) {
    let comes = async {
        while !is_shown() {
            tokio::time::sleep(POLL).await;
        }
    };
    // It is shown when it comes.
    let _ = tokio::time::timeout(WAIT, comes).await;
}

/// `POST /desk/findings/{name}/owner`: from the owner that the page showed.
pub async fn take_over(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let seen = Some(sent.form.get("from")).filter(|from| !from.is_empty()).map(String::from);
    let result = panel.run(&sent.visit.caller, |resources| TakeOver::new(resources, &name, Some(seen))).await;
    if result.is_ok() {
        shown(|| owner(&panel, &name).as_ref() == Some(&sent.visit.caller.name)).await;
    }
    back(&panel, &sent, result, &[])
}

/// `POST /desk/findings/{name}/release`.
pub async fn release(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let result = panel.run(&sent.visit.caller, |resources| Release::new(resources, &name)).await;
    if result.is_ok() {
        shown(|| owner(&panel, &name).is_none()).await;
    }
    back(&panel, &sent, result, &[])
}

/// When advice on a Finding was requested last.
fn requested_at(panel: &Panel, name: &str) -> Option<Timestamp> {
    let finding = panel.resources().finding(name)?;
    finding.annotations().get(ADVICE_REQUESTED_AT)?.parse().ok()
}

/// The owner of a Finding as the operator recorded it.
fn owner(panel: &Panel, name: &str) -> Option<String> {
    let finding = panel.resources().finding(name)?;
    finding.status.as_ref()?.owner.as_ref().map(|owner| owner.by.clone())
}

pub(super) fn found(panel: &Panel, name: &str) -> Result<std::sync::Arc<Finding>, CommandError> {
    panel.resources().finding(name).ok_or_else(|| CommandError::no_such("Finding", name))
}
