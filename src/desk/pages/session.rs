//! Signing in and out: `/desk/session`, `/desk/session/once/{code}`, `/desk/session/out`.

use crate::api::Role;
use crate::commands::SignOut;
use crate::desk::admit::{Sent, read_form};
use crate::desk::backend::{NotVerified, SignedIn};
use crate::desk::layout::{self, say_alone};
use crate::desk::panel::PanelState;
use crate::desk::session::{Session, return_path, set};
use crate::desk::visit::{Look, Visit};
use crate::domain::texts::panel::{session as said, words};
use crate::listener;
use crate::views::Parameters;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use std::time::Instant;

/// Whom the one-time link signs in.
const LOCAL: &str = "local";

/// `GET /desk/session`: the form for a token.
pub async fn form(look: Look, visit: Option<Visit>, Query(parameters): Query<Parameters>) -> Response {
    let to = return_path(parameters.get("return").map(String::as_str));
    if visit.is_some() {
        return Redirect::to(to).into_response();
    }
    let is_out = parameters.contains_key("out");
    let intro = if is_out {
        html! { p class="say__t" { (said::signed_out(look.language)) } p { (said::signed_out_more(look.language)) } }
    } else {
        html! {}
    };
    token_page(StatusCode::OK, &look, &intro, to)
}

fn token_page(status: StatusCode, look: &Look, intro: &Markup, to: &str) -> Response {
    let language = look.language;
    let body = html! {
        div class="say" {
            (intro)
            h1 class="say__t" { (said::title(language)) }
            p { (said::token_help(language)) }
            form method="post" action="/desk/session" class="sign-in" {
                input type="hidden" name="return" value=(to);
                label for="token" { (said::token(language)) }
                textarea id="token" name="token" rows="4" required autocomplete="off" spellcheck="false" {}
                p class="say__do" { button class="btn btn--go" { (words::sign_in(language)) } }
            }
        }
    };
    layout::plain(status, look, said::title(language), &body)
}

/// `POST /desk/session`: the Desk hands a token over, or a person pastes one.
pub async fn begin(State(panel): State<PanelState>, look: Look, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if !panel.guard.is_from_here(&parts.headers) {
        return layout::refused(&look);
    }
    let form = match read_form(Request::new(body)).await {
        Ok(form) => form,
        Err(status) => return status.into_response(),
    };
    match panel.backend.gate.verify(form.get("token").trim()).await {
        Ok(person) => {
            listener::authenticated(&parts.extensions);
            enter(&panel, &look, &parts.headers, person, form.return_path())
        }
        Err(reason) => not_verified(&look, reason, form.return_path()),
    }
}

fn not_verified(look: &Look, reason: NotVerified, to: &str) -> Response {
    let language = look.language;
    let roles = Role::ALL.map(Role::as_str).join(", ");
    let (status, title, more) = match reason {
        NotVerified::Invalid => {
            (StatusCode::UNAUTHORIZED, said::token_refused(language), said::token_refused_more(language).to_string())
        }
        NotVerified::NoRole => {
            (StatusCode::FORBIDDEN, said::no_role(language), format!("{} {roles}.", said::no_role_more(language)))
        }
        NotVerified::Later => {
            (StatusCode::SERVICE_UNAVAILABLE, said::later(language), said::later_more(language).to_string())
        }
    };
    let intro = html! { div role="alert" { p class="say__t" { (title) } p { (more) } } };
    token_page(status, look, &intro, to)
}

/// Begins a session, and goes on to a page.
fn enter(panel: &PanelState, look: &Look, headers: &HeaderMap, person: SignedIn, to: &str) -> Response {
    let SignedIn { name, roles, expires } = person;
    let earliest = panel.ended.earliest(&name);
    let Some(mut session) = Session::begin(name, roles, expires, look.now) else {
        return not_verified(look, NotVerified::Invalid, to);
    };
    // In the second in which the person signed out elsewhere.
    session.began = session.began.max(earliest);
    let seconds = session.seconds_left(look.now);
    let sealed = panel.sessions.seal(&session);
    match set(panel.sessions.cookie(), &sealed, seconds, panel.guard.is_secure(headers)) {
        Some(cookie) => ([(SET_COOKIE, cookie)], Redirect::to(to)).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `GET /desk/session/once/{code}`: shows a button, so that a program that looks at links does not use it.
pub async fn once_form(State(panel): State<PanelState>, look: Look, Path(code): Path<String>) -> Response {
    let language = look.language;
    if !panel.once.is_valid(&code, Instant::now()) {
        return once_over(&look);
    }
    let body = html! {
        div class="say" {
            h1 class="say__t" { (said::once_title(language)) }
            p { (said::once_help(language)) }
            form method="post" action={ "/desk/session/once/" (code) } {
                p class="say__do" { button class="btn btn--go" { (words::sign_in(language)) } }
            }
        }
    };
    layout::plain(StatusCode::OK, &look, said::once_title(language), &body)
}

/// `POST /desk/session/once/{code}`: uses it.
pub async fn once(
    State(panel): State<PanelState>,
    look: Look,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Response {
    if !panel.guard.is_from_here(&headers) {
        return layout::refused(&look);
    }
    if !panel.once.take(&code, Instant::now()) {
        return once_over(&look);
    }
    let until = look.now + jiff::SignedDuration::from_hours(12);
    let person = SignedIn { name: LOCAL.into(), roles: vec![Role::SuperAdmin], expires: Some(until) };
    enter(&panel, &look, &headers, person, "/desk")
}

fn once_over(look: &Look) -> Response {
    let language = look.language;
    let title = said::once_over(language);
    let link = Some(("/desk/session", words::sign_in(language)));
    layout::plain(StatusCode::GONE, look, title, &say_alone(title, said::once_over_more(language), link))
}

/// `POST /desk/session/out`: ends all sessions of this person.
pub async fn end(State(panel): State<PanelState>, headers: HeaderMap, sent: Sent) -> Response {
    let visit = &sent.visit;
    let result = panel.run(&visit.caller, |_| Ok(SignOut)).await;
    match result {
        Ok(at) => panel.ended.note(&visit.caller.name, at.as_second()),
        Err(error) => return super::failed::answer(&panel, visit, &error, "/desk"),
    }
    let gone = set(panel.sessions.cookie(), "", 0, panel.guard.is_secure(&headers));
    let mut response = Redirect::to("/desk/session?out").into_response();
    response.headers_mut().extend(gone.map(|cookie| (SET_COOKIE, cookie)));
    response
}
