use super::events::{follow, next};
use super::fake::{Facade, SECRET, View, bearer, config, request, signed};
use crate::api::Role;
use crate::facade::auth::AuthConfig;
use crate::facade::token_review::{TokenReviewer, parse_service_accounts};
use axum::http::{Method, Response, StatusCode};
use jiff::Timestamp;
use kube::client::Body;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// An API server that knows some tokens by name and counts the reviews.
fn facade() -> (Facade, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let service = tower::service_fn(move |request: axum::http::Request<Body>| {
        let earlier = counter.fetch_add(1, SeqCst);
        async move {
            let body = request.into_body().collect_bytes().await.unwrap();
            let review: Value = serde_json::from_slice(&body).unwrap();
            let (status, answer) = answer(&review, earlier).await;
            let response = Response::builder().status(status).body(Body::from(answer.to_string().into_bytes()));
            Ok::<_, std::convert::Infallible>(response.unwrap())
        }
    });
    let accounts = parse_service_accounts("ops/bot=devops").unwrap();
    let reviewer = TokenReviewer::new(kube::Client::new(service, "default"), "agentic-ops".into(), accounts);
    let auth = AuthConfig { secret: Some(SECRET.to_vec()), reviewer: Some(reviewer), ..config() };
    (Facade::with(View::default(), auth, None), asked)
}

/// `earlier` is the number of reviews before.
async fn answer(review: &Value, earlier: usize) -> (StatusCode, Value) {
    let for_us = review["spec"]["audiences"] == json!(["agentic-ops"]);
    let user =
        |name: &str, groups: &[&str]| json!({"authenticated": true, "user": {"username": name, "groups": groups}});
    let token = review["spec"]["token"].as_str().unwrap();
    let status = match token {
        "bot" if for_us => user("system:serviceaccount:ops:bot", &["system:serviceaccounts"]),
        "revoked" if for_us && earlier == 0 => user("system:serviceaccount:ops:bot", &[]),
        "kubectl" if !for_us => user("ana", &["agentic:ops_lead", "system:authenticated"]),
        "guest" if !for_us => user("rui", &["system:authenticated"]),
        // A user without `authenticated` is not valid.
        "half" => json!({"user": {"username": "ana", "groups": ["agentic:ops_lead"]}}),
        "hangs" => std::future::pending().await,
        "fails" => {
            let status = json!({"kind": "Status", "status": "Failure", "code": 500, "message": "etcd", "reason": "x"});
            return (StatusCode::INTERNAL_SERVER_ERROR, status);
        }
        _ => json!({"authenticated": false, "error": "unknown"}),
    };
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {},
        "spec": review["spec"], "status": status});
    (StatusCode::CREATED, review)
}

async fn status(facade: &Facade, authorization: &str) -> u16 {
    let asking = request(Method::GET, "/scenarios").header("authorization", authorization);
    let answer = facade.send(asking, "").await;
    if answer.status == 503 {
        assert!(answer.headers.contains_key("retry-after"));
    }
    answer.status
}

#[tokio::test]
async fn a_token_of_the_cluster_has_its_roles_only() {
    let (facade, _) = facade();
    for (token, expected) in
        [("bot", 200), ("kubectl", 200), ("guest", 403), ("half", 401), ("made-up", 401), ("fails", 503)]
    {
        assert_eq!(status(&facade, &format!("Bearer {token}")).await, expected, "{token}");
    }
    facade.add_scenario("desk.api.health", false, "True");
    for (token, expected) in [("bot", 403), ("kubectl", 202)] {
        let run =
            request(Method::POST, "/runs/desk.api.health?wait=0").header("authorization", format!("Bearer {token}"));
        assert_eq!(facade.send(run, "").await.status, expected, "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_api_server_is_a_503() {
    let (facade, _) = facade();
    assert_eq!(status(&facade, "Bearer hangs").await, 503);
}

#[tokio::test]
async fn valid_and_expired_tokens_of_this_program_are_not_reviewed() {
    let (facade, asked) = facade();
    assert_eq!(status(&facade, &bearer("ana", &[Role::Devops])).await, 200);
    let now = Timestamp::now().as_second();
    let claims = |exp: i64, aud: &str| json!({"sub": "ana", "roles": ["devops"], "aud": aud, "exp": exp});
    assert_eq!(status(&facade, &signed(&claims(now - 600, "agentic-ops"), SECRET)).await, 401, "expired");
    assert_eq!(asked.load(SeqCst), 0);
    assert_eq!(status(&facade, &signed(&claims(now + 600, "agentic-ops"), b"another secret of the tests")).await, 401);
    assert!(asked.load(SeqCst) > 0, "it may be a token of the cluster");
}

#[tokio::test]
async fn a_token_is_reviewed_once_and_the_cache_is_bounded() {
    let (facade, asked) = facade();
    for _ in 0..3 {
        assert_eq!(status(&facade, "Bearer bot").await, 200);
    }
    assert_eq!(asked.load(SeqCst), 1);
    for _ in 0..3 {
        assert_eq!(status(&facade, "Bearer fails").await, 503, "a failed review is not cached");
    }
    assert_eq!(asked.load(SeqCst), 4);
    for number in 0..1100 {
        assert_eq!(status(&facade, &format!("Bearer made-up-{number}")).await, 401);
    }
    let before = asked.load(SeqCst);
    assert_eq!(status(&facade, "Bearer bot").await, 200);
    assert_eq!(status(&facade, "Bearer made-up-1099").await, 401);
    assert_eq!(asked.load(SeqCst), before, "a valid token is cached longer than invented ones");
    assert_eq!(status(&facade, "Bearer made-up-0").await, 401);
    assert!(asked.load(SeqCst) > before, "the oldest invented one was removed");
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_events_ends_once_its_token_is_no_longer_accepted() {
    let (facade, asked) = facade();
    let (status, _, mut stream) = follow(&facade, "Bearer revoked", None).await;
    assert_eq!(status, 200);
    next(&mut stream).await.unwrap();
    let began = tokio::time::Instant::now();
    while next(&mut stream).await.is_some() {
        assert!(began.elapsed().as_secs() < 120, "it goes on");
    }
    // It is reviewed again when what the cache has of it is a minute old.
    assert_eq!(began.elapsed().as_secs(), 60);
    assert!(asked.load(SeqCst) > 1);
}
