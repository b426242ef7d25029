//! `POST /desk/preferences`: the language, the theme and the keys of this browser.

use crate::desk::admit::Sent;
use crate::desk::panel::PanelState;
use crate::desk::session::set;
use crate::desk::visit::{KEYS, LANGUAGE, THEME, Theme};
use crate::domain::texts::Language;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};

const YEAR: i64 = 365 * 24 * 3600;

pub async fn choose(State(panel): State<PanelState>, headers: HeaderMap, sent: Sent) -> Response {
    let is_secure = panel.guard.is_secure(&headers);
    let language = Language::parse(sent.form.get("language"));
    let language = language.and_then(|language| set(LANGUAGE, language.tag(), YEAR, is_secure));
    let theme = match sent.form.get("theme") {
        "system" => set(THEME, "", 0, is_secure),
        word => Theme::parse(word).and_then(|theme| set(THEME, theme.as_str(), YEAR, is_secure)),
    };
    let keys = match sent.form.get("keys") {
        "off" => set(KEYS, "off", YEAR, is_secure),
        "on" => set(KEYS, "", 0, is_secure),
        _ => None,
    };
    let mut response = Redirect::to(sent.form.return_path()).into_response();
    for cookie in [language, theme, keys].into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
