//! What a handler takes: a person who is signed in, or a form that such a person sent from a page of the panel.

use super::attendance;
use super::layout;
use super::panel::PanelState;
use super::session::{Cookies, return_path};
use super::visit::{Look, Visit};
use crate::commands::{Caller, Interface};
use crate::listener;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use std::convert::Infallible;

/// Longest form, in bytes; the server allows no more, either.
const FORM_MAX: usize = 160 << 10;

/// What a request is answered that does not get as far as its handler.
pub struct Answer(Box<Response>);

impl Answer {
    fn of(response: Response) -> Answer {
        Answer(Box::new(response))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl FromRequestParts<PanelState> for Look {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, panel: &PanelState) -> Result<Look, Infallible> {
        Ok(Look::of(&parts.headers, (panel.guest.language, &panel.zone)))
    }
}

/// Whether the script asks, which takes no page that it did not ask for.
fn is_script(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

/// Where a person who is not signed in is sent.
fn sign_in(parts: &Parts, look: &Look) -> Response {
    let (language, address) = (look.language, parts.uri.path_and_query().map(|address| address.as_str()));
    // A form can't be sent again from there.
    let to = if parts.method == Method::GET { return_path(address) } else { "" };
    let target = layout::address("/desk/session", &[("return", to)]);
    match is_script(&parts.headers) {
        // The page stays, with what was written on it, and says that the session has ended.
        true => layout::session_ended(language, &target),
        false => Redirect::to(&target).into_response(),
    }
}

/// The session of a request; the error is the answer to it.
fn visit(parts: &Parts, panel: &PanelState) -> Result<Option<Visit>, Answer> {
    let look = Look::of(&parts.headers, (panel.guest.language, &panel.zone));
    let values = Cookies::of(&parts.headers).all(panel.sessions.cookie());
    let mut sessions = values.filter_map(|value| panel.sessions.open(value, look.now));
    let Some(session) = sessions.find(|session| !panel.ended.has(&session.name, session.began)) else {
        return Ok(None);
    };
    listener::authenticated(&parts.extensions);
    attendance::note(panel, &session.name, parts);
    if let Err(wait) = panel.backend.gate.admit(&session.name) {
        return Err(Answer::of(layout::too_many(&look, wait)));
    }
    let caller = Caller { name: session.name.clone(), roles: session.roles.clone(), interface: Interface::Desk };
    let address = parts.uri.path_and_query().map(|address| address.as_str().to_string()).unwrap_or_default();
    let round = panel.round.get(&*panel.backend.operator, look.now);
    Ok(Some(Visit { csrf: panel.sessions.csrf(&session), session, caller, look, round, address }))
}

impl FromRequestParts<PanelState> for Visit {
    type Rejection = Answer;

    async fn from_request_parts(parts: &mut Parts, panel: &PanelState) -> Result<Visit, Answer> {
        let look = Look::of(&parts.headers, (panel.guest.language, &panel.zone));
        visit(parts, panel)?.ok_or_else(|| Answer::of(sign_in(parts, &look)))
    }
}

impl OptionalFromRequestParts<PanelState> for Visit {
    type Rejection = Answer;

    /// A part of a page that is read again is none of a page for guests.
    async fn from_request_parts(parts: &mut Parts, panel: &PanelState) -> Result<Option<Visit>, Answer> {
        match visit(parts, panel)? {
            None if is_script(&parts.headers) => {
                let look = Look::of(&parts.headers, (panel.guest.language, &panel.zone));
                Err(Answer::of(sign_in(parts, &look)))
            }
            found => Ok(found),
        }
    }
}

/// A form that a signed-in person sent from a page of the panel. Every POST that changes something takes one.
pub struct Sent {
    pub visit: Visit,
    pub form: Form,
}

/// The fields of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn parse(body: &[u8]) -> Form {
        Form(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of a field; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Where to go afterwards.
    pub fn return_path(&self) -> &str {
        return_path(Some(self.get("return")))
    }
}

/// Reads the form of a request.
pub async fn read_form(request: Request) -> Result<Form, StatusCode> {
    let body = to_bytes(request.into_body(), FORM_MAX).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    Ok(Form::parse(&body))
}

impl FromRequest<PanelState> for Sent {
    type Rejection = Answer;

    async fn from_request(request: Request, panel: &PanelState) -> Result<Sent, Answer> {
        let (mut parts, body) = request.into_parts();
        let visit = <Visit as FromRequestParts<PanelState>>::from_request_parts(&mut parts, panel).await?;
        let refused = || Answer::of(layout::refused(&visit.look));
        if !panel.guard.is_from_here(&parts.headers) {
            return Err(refused());
        }
        let form = read_form(Request::new(body)).await.map_err(|status| Answer::of(status.into_response()))?;
        if !panel.sessions.is_csrf(&visit.session, form.get("csrf")) {
            return Err(refused());
        }
        Ok(Sent { visit, form })
    }
}
