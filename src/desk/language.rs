//! The language that a browser asks for.

use crate::domain::texts::Language;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// Languages of a header that are looked at.
const LANGUAGES_MAX: usize = 20;

/// The language of the catalogue that a request prefers; `default` if it names none.
pub fn accepted(headers: &HeaderMap, default: Language) -> Language {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (0.0, default);
    for range in accepted.split(',').take(LANGUAGES_MAX) {
        let mut parts = range.split(';').map(str::trim);
        let Some(language) = parts.next().and_then(Language::parse) else { continue };
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |text| text.parse::<f64>().ok());
        // Of equal ones the first.
        if let Some(quality) = quality.filter(|quality| *quality > best.0) {
            best = (quality, language);
        }
    }
    best.1
}
