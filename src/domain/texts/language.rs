//! The languages of the catalogue.

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
