//! The catalogue of texts that people on duty read, in Brazilian Portuguese and English. One file per subject.
//!
//! Words of the API stay as they are in both languages: kinds, phases, outcomes, condition reasons, field paths, setting names. So do
//! the messages of libraries and of the operating system.

/// Formats one of two texts with the same arguments: Portuguese first, then English.
macro_rules! text {
    ($language:expr, $portuguese:literal, $english:literal $(, $argument:expr)* $(,)?) => {
        match $language {
            $crate::domain::texts::Language::Portuguese => format!($portuguese $(, $argument)*),
            $crate::domain::texts::Language::English => format!($english $(, $argument)*),
        }
    };
}

mod checks;
mod cli;
mod conditions;
mod expressions;
mod readings;
#[cfg(test)]
mod tests;
mod validation;

pub use checks::{blind, blind_title, check_failed, item_without_name, not_given};
pub use cli::{
    DocumentError, check_columns, demo_started, document_error, operator_started, shutting_down, standalone_started,
    unknown_field,
};
pub use conditions::{
    acknowledgement_refused, acknowledgement_removed, cannot_evaluate, cannot_evaluate_recently, checks_pass,
    findings_open, not_evaluated_yet, not_ready, resolved, run_failure, spec_valid, suspended, suspended_spec,
    undecodable,
};
pub use expressions::{compilation, evaluation};
pub use readings::{detail, unread};
pub use validation::{validation, validations};

/// A language of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Brazilian Portuguese.
    #[default]
    Portuguese,
    English,
}

impl Language {
    /// Both languages.
    pub const ALL: [Language; 2] = [Language::Portuguese, Language::English];

    /// `pt` or `en`, with or without a region.
    pub fn parse(text: &str) -> Option<Language> {
        match text.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "pt" => Some(Language::Portuguese),
            "en" => Some(Language::English),
            _ => None,
        }
    }
}

/// A list of alternatives: `int ou double`, `int or double`.
fn alternatives(language: Language, items: &[&str]) -> String {
    items.join(&text!(language, " ou ", " or "))
}
