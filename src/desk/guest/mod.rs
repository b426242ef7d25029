//! What a person who is not signed in sees at the addresses to which notices link: the commands that show the same, without any data.

mod commands;
mod page;
#[cfg(test)]
mod tests;

pub use commands::is_name;

use crate::domain::texts::Language;
use crate::domain::texts::desk::Page;
#[cfg(test)]
use axum::http::HeaderMap;
use axum::response::Response;

/// What the pages need.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Address of the facade as people reach it, without a slash at its end.
    pub url: String,
    /// Namespace of the objects.
    pub namespace: String,
    /// Language of a reader whose browser asks for none of the catalogue.
    pub language: Language,
}

impl Guest {
    /// The page in a language, or that there is none where the name is none of an object.
    pub fn answer(&self, language: Language, page: Page<'_>) -> Response {
        let page = match page {
            Page::Finding(name) | Page::Thread(name) if !is_name(name) => None,
            page => Some(page),
        };
        page::answer(self, language, page)
    }

    /// As [`Guest::answer`], in the language that the browser prefers.
    #[cfg(test)]
    pub fn answer_in(&self, headers: &HeaderMap, page: Page<'_>) -> Response {
        self.answer(super::language::accepted(headers, self.language), page)
    }
}
