//! Who reads a page, and how: the session, the language, the time zone, the theme.

use super::language;
use super::round::Round;
use super::session::{Cookies, Session};
use crate::commands::Caller;
use crate::domain::texts::Language;
use axum::http::HeaderMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::percent_decode_str;

/// Cookies of what a reader chose, which are the same for all instances.
pub const LANGUAGE: &str = "desk-language";
pub const THEME: &str = "desk-theme";
/// Present where the reader switched the keys off.
pub const KEYS: &str = "desk-keys";
const ZONE: &str = "desk-zone";

/// How a page looks to its reader.
#[derive(Clone, Debug)]
pub struct Look {
    /// That which the reader chose, else that of the settings.
    pub language: Language,
    /// That which the reader chose, else that which the browser asks for: of pages for guests.
    pub asked: Language,
    pub zone: TimeZone,
    pub theme: Option<Theme>,
    /// Whether single keys are shortcuts.
    pub keys: bool,
    /// The time at which the page is made.
    pub now: Timestamp,
}

/// The theme that a reader chose; without one the system decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub fn parse(word: &str) -> Option<Theme> {
        match word {
            "light" => Some(Theme::Light),
            "dark" => Some(Theme::Dark),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

impl Look {
    pub fn of(headers: &HeaderMap, default: (Language, &TimeZone)) -> Look {
        let cookies = Cookies::of(headers);
        let (language, zone) = default;
        let chosen = cookies.get(LANGUAGE).and_then(Language::parse);
        let told = cookies.get(ZONE).map(|zone| percent_decode_str(zone).decode_utf8_lossy().into_owned());
        Look {
            language: chosen.unwrap_or(language),
            asked: chosen.unwrap_or_else(|| language::accepted(headers, language)),
            zone: told.and_then(|zone| TimeZone::get(&zone).ok()).unwrap_or_else(|| zone.clone()),
            theme: cookies.get(THEME).and_then(Theme::parse),
            keys: cookies.get(KEYS).is_none(),
            now: Timestamp::now(),
        }
    }
}

/// A person who is signed in.
#[derive(Clone, Debug)]
pub struct Visit {
    pub session: Session,
    pub caller: Caller,
    /// What the forms of the session carry.
    pub csrf: String,
    pub look: Look,
    /// What the bar says of the watch itself.
    pub round: Round,
    /// The path and query of the page.
    pub address: String,
}

impl Visit {
    pub fn language(&self) -> Language {
        self.look.language
    }
}
