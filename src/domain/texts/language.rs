//! The languages of the catalogue.

use std::time::Duration;

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

    /// The language as HTML and HTTP name it.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Portuguese => "pt-BR",
            Language::English => "en",
        }
    }

    /// A time in seconds, as people read it: `10 s`, `0.5 s`.
    pub(super) fn seconds(self, time: Duration) -> String {
        let seconds = time.as_secs_f64().to_string();
        match self {
            Language::Portuguese => format!("{} s", seconds.replace('.', ",")),
            Language::English => format!("{seconds} s"),
        }
    }
}
