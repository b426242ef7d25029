//! A command that was not carried out.

use crate::commands::CommandError;
use crate::desk::layout::{Page, say_alone};
use crate::desk::panel::PanelState;
use crate::desk::visit::Visit;
use crate::domain::texts::Language;
use crate::domain::texts::panel::words;
use crate::domain::texts::refusals::{invalid_input, refusal};
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

/// The page that says why, with a way back.
pub fn answer(_panel: &PanelState, visit: &Visit, error: &CommandError, back: &str) -> Response {
    let language = visit.language();
    let title = words::not_done(language);
    let main = html! {
        main id="principal" class="plain" {
            div role="alert" { (say_alone(title, &reason(language, error), Some((back, words::try_again(language))))) }
        }
    };
    let page = Page { title: format!("{title} · Desk"), place: None, pending: 0, visit };
    page.answer(status(error), &main)
}

/// Why, in the reader's language.
pub fn reason(language: Language, error: &CommandError) -> String {
    match error {
        CommandError::TooMany { retry_after } => words::wait_seconds(language, retry_after.as_secs()),
        CommandError::Invalid { field, problem } => {
            format!("{}: {}", words::field(language, field), invalid_input(language, problem))
        }
        CommandError::NotFound(_)
        | CommandError::Conflict(_)
        | CommandError::Rejected(_)
        | CommandError::Forbidden(_)
        | CommandError::Unavailable { .. } => refusal(language, &error.refusal()),
    }
}

pub fn status(error: &CommandError) -> StatusCode {
    match error {
        CommandError::NotFound(_) => StatusCode::NOT_FOUND,
        CommandError::Conflict(_) => StatusCode::CONFLICT,
        CommandError::Invalid { .. } | CommandError::Rejected(_) => StatusCode::UNPROCESSABLE_ENTITY,
        CommandError::Forbidden(_) => StatusCode::FORBIDDEN,
        CommandError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        CommandError::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}
