//! Which pages of other origins may call the REST routes from a browser.

use super::PREFIX;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

/// How long a browser may remember what is allowed.
const MAX_AGE: Duration = Duration::from_secs(600);
/// Origins at most.
const ORIGINS_MAX: usize = 64;

/// Reads origins, separated by commas. The error says what would be right.
pub fn parse_origins(text: &str) -> Result<Vec<HeaderValue>, String> {
    let given: Vec<_> = text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
    if given.len() > ORIGINS_MAX {
        return Err(format!("should be at most {ORIGINS_MAX} origins: there are {}", given.len()));
    }
    given.into_iter().map(parse_origin).collect()
}

fn parse_origin(text: &str) -> Result<HeaderValue, String> {
    let wrong = |why: &str| Err(format!("should be origins such as https://desk.example.com:8443: {text:?} {why}"));
    if matches!(text, "*" | "null") {
        return wrong("stands for pages that nobody named");
    }
    let Ok(url) = Url::parse(text) else { return wrong("is not an origin") };
    if !matches!(url.scheme(), "http" | "https") {
        return wrong("does not begin with http:// or https://");
    }
    if url.host_str().is_some_and(|host| host.contains('*')) {
        return wrong("has a wildcard, and only exact origins are compared");
    }
    // As browsers send it: in lower case, without a default port, and with nothing after the port.
    let origin = url.origin().ascii_serialization();
    if origin != text {
        return wrong(&format!("would be {origin}"));
    }
    HeaderValue::from_str(&origin).or_else(|_| wrong("is not an origin"))
}

/// Allows the origins, and nothing where there are none. Only the REST routes can be called from there.
pub(super) fn layer(origins: Vec<HeaderValue>) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let is_allowed =
        move |origin: &HeaderValue, request: &Parts| request.uri.path().starts_with(PREFIX) && origins.contains(origin);
    let asked = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_NONE_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("last-event-id"),
    ];
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(is_allowed))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(asked)
            .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER])
            .max_age(MAX_AGE),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_exact_and_errors_say_what_would_be_right() {
        let origins = parse_origins("https://desk.example.com, http://127.0.0.1:8192,").unwrap();
        assert_eq!(origins, ["https://desk.example.com", "http://127.0.0.1:8192"]);
        assert!(parse_origins("").unwrap().is_empty());
        for (text, says) in [
            ("*", "\"*\" stands for pages that nobody named"),
            ("null", "\"null\" stands for"),
            ("desk.example.com", "is not an origin"),
            ("ftp://desk.example.com", "does not begin with http:// or https://"),
            ("https://desk.example.com/", "would be https://desk.example.com"),
            ("https://Desk.example.com", "would be https://desk.example.com"),
            ("https://desk.example.com:443", "would be https://desk.example.com"),
            ("https://ana@desk.example.com", "would be https://desk.example.com"),
            ("https://a.example.com,https://*.example.com", "\"https://*.example.com\" has a wildcard"),
        ] {
            let error = parse_origins(text).unwrap_err();
            assert!(error.contains(says) && error.starts_with("should be"), "{text}: {error}");
        }
        assert!(parse_origins(&"https://a.example.com,".repeat(ORIGINS_MAX + 1)).is_err());
    }
}
