//! Each documented status of the GET routes occurs.

use super::fake::{Facade, View, access, bearer, config, request};
use super::reads;
use crate::api::Role;
use crate::facade::auth::AuthConfig;
use crate::facade::{Access, RequestRate, TIMEOUT, bounded, openapi};
use axum::Router;
use axum::http::Method;
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The paths of lists and objects, with objects that are there and that are not.
const PATHS: [(&str, &str, Option<&str>); 11] = [
    ("/findings", "/findings", None),
    ("/findings/{id}", "/findings/f-low", Some("/findings/none")),
    ("/findings/{id}/similar", "/findings/f-low/similar", Some("/findings/none/similar")),
    ("/scenarios", "/scenarios", None),
    ("/silences", "/silences", None),
    ("/roster", "/roster", None),
    ("/inbox", "/inbox", None),
    ("/threads", "/threads", None),
    ("/threads/{id}/messages", "/threads/t-low/messages", Some("/threads/none/messages")),
    ("/action-log", "/action-log", None),
    ("/events", "/events", None),
];

async fn status(facade: &Facade, path: &str, headers: &[(&str, &str)]) -> u16 {
    let asked = headers.iter().fold(request(Method::GET, path), |asked, (name, value)| asked.header(*name, *value));
    // Of a stream there is no end to wait for.
    let response = tower::ServiceExt::oneshot(facade.app.clone(), asked.body(axum::body::Body::empty()).unwrap());
    response.await.unwrap().status().as_u16()
}

#[tokio::test]
async fn each_documented_status_of_the_reads_occurs() {
    let document: Value = serde_json::from_str(&openapi::document()).unwrap();
    let limited = Facade::for_clients(Access { requests: Arc::new(RequestRate::new(1)), ..access() });
    // Nothing listens there.
    let jwks_url = Some("http://127.0.0.1:9/jwks".to_string());
    let down = Facade::with(View::default(), AuthConfig { jwks_url, ..config() }, None);
    let facade = reads::facade();
    let ana = bearer("ana", &[Role::Seo]);
    assert_eq!(status(&limited, "/findings", &[("authorization", &ana)]).await, 200);
    let rs256 = {
        let header = json!({"alg": "RS256", "kid": "k"}).to_string();
        let encode = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
        format!("Bearer {}.{}.{}", encode(&header), encode("{}"), encode("x"))
    };
    for (template, path, absent) in PATHS {
        let mut seen = BTreeSet::new();
        seen.insert(status(&facade, path, &[("authorization", &ana)]).await);
        let bad = match template.strip_prefix("/findings/{id}") {
            Some(rest) => format!("/findings/%ff{rest}"),
            None => format!("{path}?bad=x"),
        };
        seen.insert(status(&facade, &bad, &[("authorization", &ana)]).await);
        seen.insert(status(&facade, path, &[("authorization", &ana), ("if-none-match", "*")]).await);
        seen.insert(status(&facade, path, &[]).await);
        seen.insert(status(&facade, path, &[("authorization", &bearer("ana", &[]))]).await);
        seen.insert(status(&limited, path, &[("authorization", &ana)]).await);
        seen.insert(status(&down, path, &[("authorization", &rs256)]).await);
        if let Some(absent) = absent {
            seen.insert(status(&facade, absent, &[("authorization", &ana)]).await);
        }
        // Of all routes: the test below.
        seen.extend([500, 504]);
        let responses = document["paths"][format!("/api/v1/agents{template}")]["get"]["responses"].as_object().unwrap();
        let documented: BTreeSet<u16> = responses.keys().map(|status| status.parse().unwrap()).collect();
        assert_eq!(seen, documented, "{template}");
    }
    let known: BTreeSet<_> = PATHS.iter().map(|(template, ..)| format!("/api/v1/agents{template}")).collect();
    let others = ["/health", "/runs/{scenario_id}", "/openapi.json"].map(|path| format!("/api/v1/agents{path}"));
    let paths = document["paths"].as_object().unwrap().iter();
    let gets: BTreeSet<_> = paths.filter(|(_, item)| item["get"].is_object()).map(|(path, _)| path.clone()).collect();
    assert_eq!(&known | &others.into(), gets, "no GET is left out");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_or_hangs_is_answered() {
    #[allow(clippy::panic, reason = "this is what is tested")]
    async fn fails() {
        panic!("as if there were an error")
    }
    let routes = Router::new().route("/fails", get(fails)).route("/hangs", get(std::future::pending::<()>));
    let metrics = Arc::default();
    let app = bounded(routes, "no such path", metrics);
    let began = tokio::time::Instant::now();
    for (path, expected) in [("/fails", 500), ("/hangs", 504)] {
        let asked = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(app.clone(), asked).await.unwrap();
        assert_eq!(response.status().as_u16(), expected);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    assert_eq!(began.elapsed(), TIMEOUT);
}
