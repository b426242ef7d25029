//! Makes and ends Silences, by the commands that REST has.

use super::form::{Draft, op_field};
use super::{PATH, frame, page};
use crate::api::{Matcher, MatcherName, MatcherOp};
use crate::commands::{CommandError, EndSilence, MakeSilence, NewSilence};
use crate::desk::admit::{Form, Sent};
use crate::desk::layout::{Place, address};
use crate::desk::pages::{failed, when};
use crate::desk::panel::PanelState;
use crate::domain::silence::{InputField, SilenceField};
use crate::domain::texts::panel::{lists, silences as said};
use crate::domain::texts::{Language, silence_input};
use crate::runtime::clock::now;
use crate::views::Parameters;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::tz::TimeZone;
use std::time::Duration;
use tokio::time::sleep;

/// The length of a maintenance by one click.
const MAINTENANCE: &str = "1h";
/// How long, and how often, the cache is read until it has what was done.
const SEEN_WAIT: Duration = Duration::from_secs(1);
const SEEN_POLL: Duration = Duration::from_millis(25);

/// `POST /desk/silences`.
pub async fn make(State(panel): State<PanelState>, sent: Sent) -> Response {
    let (visit, form) = (&sent.visit, &sent.form);
    let language = visit.language();
    let new = match read(language, form, &visit.look.zone) {
        Ok(new) => new,
        Err(error) => return again(&panel, &sent, error),
    };
    // Asked here first, so that what is wrong is told in the language of the reader, beside what was filled in.
    if let Err(error) = new.clone().spec(&visit.caller.name, &panel.resources().time_zone, now()) {
        return again(
            &panel,
            &sent,
            (label(language, &error.field), silence_input(language, &visit.look.zone, &error.problem)),
        );
    }
    made(&panel, &sent, new).await
}

/// `POST /desk/silences/maintenance`: a Scenario or an Agent, for an hour.
pub async fn maintenance(State(panel): State<PanelState>, sent: Sent) -> Response {
    let (language, form) = (sent.visit.language(), &sent.form);
    let given = form.get("what").split_once(':');
    let (kind, name) = match (form.get("scenario"), form.get("agent")) {
        ("", "") => given.unwrap_or_default(),
        (scenario, "") => ("scenario", scenario),
        (_, agent) => ("agent", agent),
    };
    let property = match kind {
        "scenario" => MatcherName::Scenario,
        "agent" => MatcherName::Agent,
        _ => return again(&panel, &sent, (said::quick(language), said::quick_none(language).into())),
    };
    if name.is_empty() {
        return again(&panel, &sent, (said::quick(language), said::quick_none(language).into()));
    }
    let matchers = vec![Matcher { name: property, op: MatcherOp::Equal, value: name.to_string() }];
    let (duration, reason) = (Some(MAINTENANCE.to_string()), lists::maintenance_reason(language).to_string());
    made(&panel, &sent, NewSilence { matchers, duration, reason, ..NewSilence::default() }).await
}

/// `POST /desk/silences/{name}/end`.
pub async fn end(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    match panel.run(&sent.visit.caller, |resources| EndSilence::new(resources, &name)).await {
        Ok(_) => {
            let is_ended = || match panel.resources().silence(&name) {
                Some(silence) => !panel.resources().silence_view(&silence, now()).active,
                None => true,
            };
            seen(is_ended).await;
            back(&sent, &[("done", "ended")])
        }
        Err(error) => failed::answer(&panel, &sent.visit, &error, sent.form.return_path()),
    }
}

async fn made(panel: &PanelState, sent: &Sent, new: NewSilence) -> Response {
    let caller = &sent.visit.caller;
    let key = sent.form.get("once");
    let content = format!("{new:?}");
    let command = |_: &_| Ok(MakeSilence(new));
    let result: Result<_, CommandError> = match key.is_empty() {
        true => panel.run(caller, command).await.map(Some),
        false => panel.run_once(caller, (key, &[content.as_bytes()]), command).await,
    };
    match result {
        Ok(view) => {
            let id = view.map(|view| view.id).unwrap_or_default();
            if !id.is_empty() {
                seen(|| panel.resources().silence(&id).is_some()).await;
            }
            back(sent, &[("done", "made"), ("id", &id)])
        }
        Err(error) => failed::answer(panel, &sent.visit, &error, sent.form.return_path()),
    }
}

/// Waits until the page can show what was done, which the cache has a moment later.
async fn seen(is_seen: impl Fn() -> bool) {
    let wait = async {
        while !is_seen() {
            sleep(SEEN_POLL).await;
        }
    };
    // The page is right a moment later in any case.
    let _ = tokio::time::timeout(SEEN_WAIT, wait).await;
}

/// Back to a page that says what was done.
fn back(sent: &Sent, done: &[(&str, &str)]) -> Response {
    let to = sent.form.return_path();
    let is_told = [PATH, Place::Agents.address()].contains(&to);
    let to = if is_told { address(to, done) } else { to.to_string() };
    Redirect::to(&to).into_response()
}

/// The page again, with what was filled in and what is wrong with it.
fn again(panel: &PanelState, sent: &Sent, error: (&'static str, String)) -> Response {
    let draft = Draft::of_form(&sent.form, error);
    match page(panel, &sent.visit, &Parameters::new(), &draft) {
        Ok(content) => {
            let title = said::title(sent.visit.language());
            frame(panel, &sent.visit).answer(StatusCode::UNPROCESSABLE_ENTITY, title, &content)
        }
        Err(_) => Redirect::to(PATH).into_response(),
    }
}

/// What a form says of a new Silence.
fn read(language: Language, form: &Form, zone: &TimeZone) -> Result<NewSilence, (&'static str, String)> {
    let time = |name: &str, label: &'static str| match form.get(name).trim() {
        "" => Ok(None),
        text => match when::parse(text, zone) {
            Some(at) => Ok(Some(at)),
            None => Err((label, format!("{text:?} {}", said::not_a_time(language)))),
        },
    };
    let (starts_at, ends_at) = (time("from", said::field_from(language))?, time("until", said::field_end(language))?);
    let matchers: Vec<Matcher> = MatcherName::ALL.into_iter().filter_map(|name| matcher(form, name)).collect();
    if matchers.is_empty() {
        return Err((said::field_matchers(language), said::no_condition(language).to_string()));
    }
    let duration = ends_at.is_none().then(|| form.get("duration").to_string());
    let reason = form.get("reason").to_string();
    Ok(NewSilence { matchers, starts_at, ends_at, duration, recurrence: None, reason })
}

/// The condition on a property, where one is filled in.
fn matcher(form: &Form, name: MatcherName) -> Option<Matcher> {
    let value = form.get(name.as_str()).trim();
    let given = form.get(&op_field(name)).to_string();
    let op = MatcherOp::ALL.into_iter().find(|op| op.as_str() == given).unwrap_or(MatcherOp::Equal);
    (!value.is_empty()).then(|| Matcher { name, op, value: value.to_string() })
}

/// The field of the form in which something is wrong.
fn label(language: Language, field: &InputField) -> &'static str {
    match field {
        InputField::Reason => said::why(language),
        InputField::Length => said::length(language),
        InputField::Spec(SilenceField::Matchers | SilenceField::MatcherValue(_)) => said::field_matchers(language),
        InputField::Spec(_) => said::field_end(language),
    }
}
