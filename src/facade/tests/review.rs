use super::fake::{Facade, SECRET, View, bearer, config, request, signed};
use crate::api::Role;
use crate::facade::auth::AuthConfig;
use crate::facade::review::{Reviewer, parse_service_accounts};
use axum::http::{Method, Response, StatusCode};
use jiff::Timestamp;
use kube::client::Body;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// An API server that knows some tokens by name, and counts what it is asked.
fn facade() -> (Facade, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let service = tower::service_fn(move |request: axum::http::Request<Body>| {
        counter.fetch_add(1, SeqCst);
        async move {
            let body = request.into_body().collect_bytes().await.unwrap();
            let review: Value = serde_json::from_slice(&body).unwrap();
            let (status, answer) = answer(&review).await;
            let response = Response::builder().status(status).body(Body::from(answer.to_string().into_bytes()));
            Ok::<_, std::convert::Infallible>(response.unwrap())
        }
    });
    let accounts = parse_service_accounts("ops/bot=devops").unwrap();
    let reviewer = Reviewer::new(kube::Client::new(service, "default"), "agentic-ops".into(), accounts);
    let auth = AuthConfig { secret: Some(SECRET.to_vec()), reviewer: Some(reviewer), ..config() };
    (Facade::with(View::default(), auth, None), asked)
}

async fn answer(review: &Value) -> (StatusCode, Value) {
    let for_us = review["spec"]["audiences"] == json!(["agentic-ops"]);
    let user =
        |name: &str, groups: &[&str]| json!({"authenticated": true, "user": {"username": name, "groups": groups}});
    let token = review["spec"]["token"].as_str().unwrap();
    let status = match token {
        "bot" if for_us => user("system:serviceaccount:ops:bot", &["system:serviceaccounts"]),
        "kubectl" if !for_us => user("ana", &["agentic:ops_lead", "system:authenticated"]),
        "guest" if !for_us => user("rui", &["system:authenticated"]),
        // A user without the word that it holds is none.
        "half" => json!({"user": {"username": "ana", "groups": ["agentic:ops_lead"]}}),
        "hangs" => std::future::pending().await,
        "fails" => {
            let status = json!({"kind": "Status", "status": "Failure", "code": 500, "message": "etcd", "reason": "x"});
            return (StatusCode::INTERNAL_SERVER_ERROR, status);
        }
        _ => json!({"authenticated": false, "error": "unknown"}),
    };
    let whole = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {},
        "spec": review["spec"], "status": status});
    (StatusCode::CREATED, whole)
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
async fn a_token_of_the_cluster_opens_the_door_with_its_roles_only() {
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
async fn an_api_server_that_hangs_lets_nobody_pass() {
    let (facade, _) = facade();
    assert_eq!(status(&facade, "Bearer hangs").await, 503);
}

#[tokio::test]
async fn tokens_of_this_program_are_its_own_matter() {
    let (facade, asked) = facade();
    assert_eq!(status(&facade, &bearer("ana", &[Role::Devops])).await, 200);
    let now = Timestamp::now().as_second();
    let claims = |exp: i64, aud: &str| json!({"sub": "ana", "roles": ["devops"], "aud": aud, "exp": exp});
    assert_eq!(status(&facade, &signed(&claims(now - 600, "agentic-ops"), SECRET)).await, 401, "expired");
    assert_eq!(asked.load(SeqCst), 0);
    assert_eq!(status(&facade, &signed(&claims(now + 600, "agentic-ops"), b"somebody else's secret")).await, 401);
    assert!(asked.load(SeqCst) > 0, "it may be the cluster's");
}

#[tokio::test]
async fn the_cluster_is_asked_once_about_a_token_and_memory_is_bounded() {
    let (facade, asked) = facade();
    for _ in 0..3 {
        assert_eq!(status(&facade, "Bearer bot").await, 200);
    }
    assert_eq!(asked.load(SeqCst), 1);
    for _ in 0..3 {
        assert_eq!(status(&facade, "Bearer fails").await, 503, "what is not known is not remembered");
    }
    assert_eq!(asked.load(SeqCst), 4);
    for number in 0..1100 {
        assert_eq!(status(&facade, &format!("Bearer made-up-{number}")).await, 401);
    }
    let before = asked.load(SeqCst);
    assert_eq!(status(&facade, "Bearer bot").await, 200);
    assert_eq!(status(&facade, "Bearer made-up-1099").await, 401);
    assert_eq!(asked.load(SeqCst), before, "a token that holds outlasts made-up ones");
    assert_eq!(status(&facade, "Bearer made-up-0").await, 401);
    assert!(asked.load(SeqCst) > before, "the oldest made-up one was forgotten");
}
