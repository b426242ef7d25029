//! What clients may do: conditional requests, requests within a minute, pages of other origins.

use super::fake::{Facade, access, bearer, request};
use crate::api::Role;
use crate::facade::{Access, RequestRate, parse_origins};
use axum::http::Method;
use serde_json::json;
use std::sync::Arc;

fn get(path: &str) -> axum::http::request::Builder {
    request(Method::GET, path).header("authorization", bearer("ana", &[Role::Seo]))
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let facade = Facade::new();
    facade.add_finding("a-1", json!({"phase": "Open", "severity": "high"}));
    for path in
        ["/findings", "/findings/a-1", "/scenarios", "/silences", "/roster", "/inbox", "/threads", "/action-log"]
    {
        let first = facade.send(get(path), "").await;
        let tag = first.headers["etag"].to_str().unwrap();
        assert!(tag.starts_with('"') && tag.len() == 34, "{path}: {tag}");
        assert_eq!(first.headers["cache-control"], "private, no-cache", "{path}");
        let again = facade.send(get(path).header("if-none-match", format!("\"x\", {tag}")), "").await;
        assert_eq!(
            (again.status, again.text.as_str(), &again.headers["etag"]),
            (304, "", &first.headers["etag"]),
            "{path}"
        );
        assert_eq!(again.headers["cache-control"], "private, no-cache", "{path}");
        assert!(!again.headers.contains_key("content-type") && !again.headers.contains_key("content-length"), "{path}");
        let head = request(Method::HEAD, path).header("authorization", bearer("ana", &[Role::Seo]));
        let head = facade.send(head, "").await;
        assert_eq!(
            (head.status, head.text.as_str(), &head.headers["etag"]),
            (200, "", &first.headers["etag"]),
            "{path}"
        );
        let other = facade.send(get(path).header("if-none-match", "\"x\""), "").await;
        assert_eq!((other.status, other.text), (200, first.text), "{path}");
    }
    let before = facade.send(get("/findings"), "").await.headers["etag"].clone();
    facade.add_finding("a-1", json!({"phase": "Acknowledged", "severity": "high"}));
    let after = facade.send(get("/findings").header("if-none-match", before.clone()), "").await;
    assert!(after.status == 200 && after.headers["etag"] != before, "{}", after.text);
}

#[tokio::test]
async fn errors_and_commands_have_no_tag() {
    let facade = Facade::new();
    let any = |path: &str| get(path).header("if-none-match", "*");
    for (path, status) in [("/findings?bad=x", 400), ("/findings/none", 404), ("/health", 200)] {
        let answer = facade.send(any(path), "").await;
        assert_eq!((answer.status, answer.headers.get("etag")), (status, None), "{path}");
    }
    let unknown = facade.send(request(Method::GET, "/findings").header("if-none-match", "*"), "").await;
    unknown.problem(401);
    facade.add_finding("a-1", json!({"phase": "Open", "severity": "high"}));
    let ack = request(Method::POST, "/findings/a-1/ack").header("authorization", bearer("ana", &[Role::Seo]));
    let ack = facade.send(ack.header("if-none-match", "*"), "").await;
    assert_eq!((ack.status, ack.headers.get("etag")), (200, None), "{}", ack.text);
}

#[tokio::test]
async fn an_identity_sends_a_limited_number_of_requests() {
    let facade = Facade::for_clients(Access { requests: Arc::new(RequestRate::new(3)), ..access() });
    for path in ["/findings", "/health", "/findings/none"] {
        assert_ne!(facade.send(get(path), "").await.status, 429, "{path}");
    }
    for path in ["/findings", "/health", "/events", "/threads/x/messages"] {
        let refused = facade.send(get(path), "").await;
        assert!(refused.problem(429).starts_with("more than 3 requests within a minute"), "{}", refused.text);
        let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    let rui = request(Method::GET, "/findings").header("authorization", bearer("rui", &[Role::Seo]));
    assert_eq!(facade.send(rui, "").await.status, 200, "others are not held up");
    assert_eq!(facade.send(request(Method::GET, "/health"), "").await.status, 200, "without a token nobody is counted");
    let metrics = facade.send(request(Method::GET, "!/metrics"), "").await.text;
    let line = "agentic_ops_limit_reached_total{limit=\"requests_per_minute\"} 4\n";
    assert!(metrics.contains(line), "{metrics}");
}

fn from_origin(method: Method, path: &str, origin: &str) -> axum::http::request::Builder {
    request(method, path).header("origin", origin)
}

#[tokio::test]
async fn other_origins_are_allowed_only_where_they_are_named() {
    let origins = parse_origins("https://desk.test,http://127.0.0.1:8192").unwrap();
    let (open, closed) = (Facade::for_clients(Access { origins, ..access() }), Facade::new());
    let allowed = |answer: &super::fake::Answered| {
        answer.headers.get("access-control-allow-origin").map(|origin| origin.to_str().unwrap().to_string())
    };
    for (origin, path, expected) in [
        ("https://desk.test", "/findings", Some("https://desk.test")),
        ("http://127.0.0.1:8192", "/findings", Some("http://127.0.0.1:8192")),
        ("https://desk.test:8443", "/findings", None),
        ("http://desk.test", "/findings", None),
        ("https://desk.test.evil.test", "/findings", None),
        ("null", "/findings", None),
        ("https://desk.test", "!/metrics", None),
        ("https://desk.test", "!/livez", None),
    ] {
        let token = bearer("ana", &[Role::Seo]);
        let answer = open.send(from_origin(Method::GET, path, origin).header("authorization", &token), "").await;
        assert_eq!(allowed(&answer).as_deref(), expected, "{origin} {path}");
        let answer = closed.send(from_origin(Method::GET, path, origin).header("authorization", &token), "").await;
        assert_eq!(allowed(&answer), None, "{origin} {path}");
    }
    let refused = open.send(from_origin(Method::GET, "/findings", "https://desk.test"), "").await;
    refused.problem(401);
    assert_eq!(allowed(&refused).as_deref(), Some("https://desk.test"), "the page can read why");
    let exposed = refused.headers["access-control-expose-headers"].to_str().unwrap().to_ascii_lowercase();
    assert_eq!(exposed, "etag,location,retry-after");
}

#[tokio::test]
async fn a_preflight_names_what_may_be_sent() {
    let origins = parse_origins("https://desk.test").unwrap();
    let facade = Facade::for_clients(Access { origins, ..access() });
    let asked = from_origin(Method::OPTIONS, "/findings/a-1/ack", "https://desk.test")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,idempotency-key");
    let answer = facade.send(asked, "").await;
    assert_eq!(
        (answer.status, &answer.headers["access-control-allow-origin"]),
        (200, &"https://desk.test".parse().unwrap())
    );
    let list = |name: &str| {
        let mut words: Vec<_> =
            answer.headers[name].to_str().unwrap().split(',').map(|word| word.trim().to_ascii_lowercase()).collect();
        words.sort();
        words
    };
    assert_eq!(list("access-control-allow-methods"), ["delete", "get", "post", "put"]);
    let headers = ["authorization", "content-type", "idempotency-key", "if-none-match", "last-event-id"];
    assert_eq!(list("access-control-allow-headers"), headers);
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    let closed = from_origin(Method::OPTIONS, "/findings", "https://desk.test");
    Facade::new().send(closed, "").await.problem(405);
}
