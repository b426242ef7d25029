//! `ETag` and `If-None-Match`: what has not changed is not sent again.

use super::problem::Problem;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;
use std::fmt::Write as _;

/// Digits of a tag: of 128 bits.
const TAG_BYTES: usize = 16;

/// Gives an answer to a GET its tag, which is strong and of the whole body, and answers 304 where the client has it already.
pub(super) async fn conditional(request: Request, next: Next) -> Response {
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    let given = request.headers().get_all(IF_NONE_MATCH).into_iter().cloned().collect::<Vec<_>>();
    let response = next.run(request).await;
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !is_read || response.status() != StatusCode::OK || !is_json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // It is in memory already.
    let Ok(body) = to_bytes(body, usize::MAX).await else { return Problem::failed().into_response() };
    let tag = tag(&body);
    let body = if is_known(&given, &tag) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers = HeaderMap::new();
        // With a length of its own it would be announced, and only that of the body which is not sent may be (RFC 9110, 8.6).
        Body::from_stream(stream::empty::<Result<Bytes, Infallible>>())
    } else {
        Body::from(body)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, tag);
    }
    parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Response::from_parts(parts, body)
}

fn tag(body: &Bytes) -> String {
    let mut tag = String::from("\"");
    for byte in &Sha256::digest(body)[..TAG_BYTES] {
        // Writing to a String does not fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag + "\""
}

/// Whether If-None-Match names this tag, or any. The comparison is the weak one, as RFC 9110, 13.1.2, has it.
fn is_known(given: &[HeaderValue], tag: &str) -> bool {
    let lists = given.iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_where_one_of_those_that_are_named_is_the_same() {
        let tag = tag(&Bytes::from_static(b"{}"));
        assert_eq!(tag.len(), 34);
        let values = |texts: &[&str]| texts.iter().map(|text| HeaderValue::from_str(text).unwrap()).collect::<Vec<_>>();
        for (given, expected) in [
            (values(&[]), false),
            (values(&["*"]), true),
            (values(&[&tag]), true),
            (values(&[&format!("W/{tag}")]), true),
            (values(&[&format!("\"a\", {tag}")]), true),
            (values(&["\"a\"", &tag]), true),
            (values(&["\"a\"", ""]), false),
            (values(&[tag.trim_matches('"')]), false),
        ] {
            assert_eq!(is_known(&given, &tag), expected, "{given:?}");
        }
    }
}
