//! The request that follows a redirect.

use super::super::failure::failure;
use super::shown::shown;
use crate::domain::detail::HttpCause;
use crate::domain::prepare::credential_of;
use crate::domain::reading::{ErrorKind, ReadError};
use bytes::Bytes;
use reqwest::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderValue, LOCATION,
    PROXY_AUTHORIZATION,
};
use reqwest::{Method, StatusCode};
use std::sync::Arc;
use url::Url;

/// One request of a chain of redirects. The values of secret headers are marked sensitive.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    pub url: Arc<Url>,
    pub method: Method,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
}

impl Hop {
    /// Whether this request has a credential, which a redirect may have removed: then 401 and 403 are about the credential, not about
    /// the target.
    pub fn has_credential(&self) -> bool {
        self.headers.values().any(HeaderValue::is_sensitive) || credential_of(&self.url).is_some()
    }
}

/// The request after the answer to `hop`; `None` where that is not a redirect. Errors: the location is not a URL of http or https.
pub(super) fn follow(status: StatusCode, answer: &HeaderMap, hop: &Hop) -> Result<Option<Hop>, ReadError> {
    let followed = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    let Some(location) = answer.get(LOCATION).filter(|_| followed.contains(&status)) else {
        return Ok(None);
    };
    let invalid = |cause: HttpCause| failure(ErrorKind::Redirects, shown(&hop.url), cause);
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| invalid(HttpCause::RedirectToNoUrl))?;
    let mut url = hop.url.join(location).map_err(|_| invalid(HttpCause::RedirectToNoUrl))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(HttpCause::RedirectToOtherScheme));
    }
    url.set_fragment(None);
    let mut next = Hop { url: Arc::new(url), ..hop.clone() };
    change_to_get(status, &mut next);
    if next.url.origin() != hop.url.origin() {
        remove_secrets(&mut next);
    } else if next.url.username().is_empty() && next.url.password().is_none() {
        keep_credentials(Arc::make_mut(&mut next.url), &hop.url);
    }
    Ok(Some(next))
}

/// As browsers do (Fetch standard, "HTTP-redirect fetch"): 303 always, 301 and 302 of a POST.
fn change_to_get(status: StatusCode, next: &mut Hop) {
    let posted = next.method == Method::POST;
    let moved = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND);
    let other = status == StatusCode::SEE_OTHER && next.method != Method::HEAD;
    if other || (moved && posted) {
        next.method = Method::GET;
        next.body = None;
        for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING] {
            next.headers.remove(name);
        }
    }
}

fn remove_secrets(next: &mut Hop) {
    let secret = |headers: &HeaderMap| {
        let names = headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone());
        names.collect::<Vec<_>>()
    };
    for name in secret(&next.headers) {
        next.headers.remove(name);
    }
    for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, HOST] {
        next.headers.remove(name);
    }
    // They come from the target. This cannot fail for http and https.
    let url = Arc::make_mut(&mut next.url);
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

fn keep_credentials(next: &mut Url, from: &Url) {
    // This cannot fail for http and https.
    let _ = next.set_username(from.username());
    let _ = next.set_password(from.password());
}
