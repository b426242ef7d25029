//! What protects the pages: the headers of every answer, and where a form may come from.

use super::backend::Options;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use url::Url;

/// Of the request as the proxy in front of the program received it.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Which pages may send forms here and show this in a frame, and the headers that say so.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Origins besides its own.
    origins: Vec<HeaderValue>,
    /// The origin of AGENTIC_DESK_URL.
    own: Option<HeaderValue>,
    policy: HeaderValue,
    is_https: bool,
}

impl Guard {
    pub fn new(options: &Options) -> Guard {
        let url = Url::parse(&options.url).ok();
        let own = url.as_ref().and_then(|url| HeaderValue::from_str(&url.origin().ascii_serialization()).ok());
        let policy = HeaderValue::from_str(&policy(&options.frame_ancestors));
        Guard {
            origins: options.origins.clone(),
            own,
            policy: policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'")),
            is_https: url.is_some_and(|url| url.scheme() == "https"),
        }
    }

    /// Whether a form of the request comes from a page of the panel, or of an origin that was named. Browsers send the origin with
    /// every POST.
    pub fn is_from_here(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else { return false };
        let authority =
            origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let is_host =
            matches!((authority, host), (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host));
        is_host || self.own.as_ref() == Some(origin) || self.origins.contains(origin)
    }

    /// Whether the reader's browser talks to it by TLS, so that cookies are sent by TLS only.
    pub fn is_secure(&self, headers: &HeaderMap) -> bool {
        let forwarded = headers.get(FORWARDED_PROTO).and_then(|proto| proto.to_str().ok());
        let first = forwarded.and_then(|proto| proto.split(',').next()).map(str::trim);
        first.map_or(self.is_https, |proto| proto.eq_ignore_ascii_case("https"))
    }
}

/// The policy of the pages: everything is a file of this program, and nothing is written into the page.
fn policy(frame_ancestors: &[String]) -> String {
    let ancestors = [&["'self'".to_string()], frame_ancestors].concat().join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )
}

/// Adds the headers that an answer does not have yet.
pub async fn headers(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let same_origin = HeaderName::from_static("cross-origin-opener-policy");
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, guard.policy.clone()),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // With no referrer at all, browsers would not tell the origin of a form, either.
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (VARY, HeaderValue::from_static("Cookie, Accept-Language, HX-Request")),
        (same_origin, HeaderValue::from_static("same-origin")),
    ] {
        headers.entry(name).or_insert(value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::texts::Language;
    use jiff::tz::TimeZone;

    fn guard(url: &str, origins: &[&'static str], frames: &[&str]) -> Guard {
        Guard::new(&Options {
            url: url.into(),
            namespace: "ops".into(),
            language: Language::Portuguese,
            zone: TimeZone::UTC,
            runbooks: None,
            origins: origins.iter().map(|origin| HeaderValue::from_static(origin)).collect(),
            frame_ancestors: frames.iter().map(|frame| frame.to_string()).collect(),
            secret: None,
            instance: String::new(),
        })
    }

    fn asked(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        headers.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn a_form_comes_from_the_same_host_or_from_an_origin_that_was_named() {
        let guard = guard("https://ops.example.com", &["https://desk.example.com"], &[]);
        for (origin, host, expected) in [
            (Some("http://127.0.0.1:8180"), "127.0.0.1:8180", true),
            (Some("https://ops.example.com"), "10.0.0.1:8180", true),
            (Some("https://desk.example.com"), "ops.example.com", true),
            (Some("http://127.0.0.1:8192"), "127.0.0.1:8180", false),
            (Some("https://evil.example"), "ops.example.com", false),
            (Some("https://desk.example.com.evil.example"), "ops.example.com", false),
            (Some("null"), "ops.example.com", false),
            (Some(""), "ops.example.com", false),
            (None, "ops.example.com", false),
        ] {
            let headers: HeaderMap = origin.map(|origin| asked(&[("origin", origin)])).unwrap_or_default();
            let mut headers = headers;
            headers.insert(HOST, HeaderValue::from_static(host));
            assert_eq!(guard.is_from_here(&headers), expected, "{origin:?} {host}");
        }
    }

    #[test]
    fn a_cookie_is_secure_behind_tls() {
        for (url, proto, expected) in [
            ("http://127.0.0.1:8180", None, false),
            ("https://ops.example.com", None, true),
            ("http://127.0.0.1:8180", Some("https"), true),
            ("http://127.0.0.1:8180", Some("https, http"), true),
            ("https://ops.example.com", Some("http"), false),
        ] {
            let headers = proto.map(|proto| asked(&[(FORWARDED_PROTO, proto)])).unwrap_or_default();
            assert_eq!(guard(url, &[], &[]).is_secure(&headers), expected, "{url} {proto:?}");
        }
    }

    #[test]
    fn the_policy_allows_files_of_the_program_alone() {
        let own = guard("", &[], &[]).policy;
        let own = own.to_str().unwrap();
        assert!(own.starts_with("default-src 'none'; ") && own.ends_with("frame-ancestors 'self'"), "{own}");
        assert!(!own.contains("unsafe") && !own.contains("data:") && !own.contains('*'), "{own}");
        let framed = guard("", &[], &["https://desk.example.com"]).policy;
        assert!(framed.to_str().unwrap().ends_with("frame-ancestors 'self' https://desk.example.com"));
    }
}
