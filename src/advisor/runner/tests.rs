//! One call at a time, by the breaker.

use super::*;
use crate::advisor::ollama::tests::{StandIn, answer, hanging, request};
use crate::net::testing::closed_tcp;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

/// The clock of a test: each has its own thread.
fn now() -> Timestamp {
    Timestamp::from_second(1_000_000 + NOW.with(|now| now.load(Ordering::Relaxed))).unwrap()
}

fn passed(seconds: i64) {
    NOW.with(|now| now.fetch_add(seconds, Ordering::Relaxed));
}

thread_local! {
    static NOW: AtomicI64 = const { AtomicI64::new(0) };
}

/// A server that works, or whose chat hangs while `is_hung`.
async fn server(is_hung: &Arc<AtomicBool>) -> StandIn {
    let is_hung = is_hung.clone();
    StandIn::start(move |path: &str, body: &Value| respond(path, body, is_hung.load(Ordering::Relaxed))).await
}

fn respond(path: &str, body: &Value, is_hung: bool) -> Response {
    match path {
        "/api/version" => axum::Json(json!({"version": "0.6.8"})).into_response(),
        "/api/tags" => axum::Json(json!({"models": [{"name": "m:1b", "digest": "abc"}]})).into_response(),
        _ if body["messages"] == json!([]) => axum::Json(json!({"done": true, "done_reason": "load"})).into_response(),
        _ if is_hung => hanging(&[]),
        _ if body["stream"] == json!(false) => {
            axum::Json(json!({"done": true, "done_reason": "length"})).into_response()
        }
        _ => answer("{}", "stop"),
    }
}

fn runner(server: &StandIn) -> Runner {
    Runner::new(server.client_with(|config| config.timeout = Duration::from_millis(300)), now)
}

/// What was asked since the last time: the path, `load` and `probe` by name.
fn asked(server: &StandIn, seen: &mut usize) -> Vec<String> {
    let all = server.asked();
    let name = |(path, body): &(String, Value)| match path.trim_start_matches("/api/") {
        "chat" if body["messages"] == json!([]) => "load".to_string(),
        "chat" if body["options"]["num_predict"] == json!(1) => "probe".to_string(),
        other => other.to_string(),
    };
    let new = all[*seen..].iter().map(name).collect();
    *seen = all.len();
    new
}

#[tokio::test]
async fn the_digest_is_read_and_the_model_loaded_before_each_call() {
    let server = server(&Arc::default()).await;
    let (mut runner, mut seen) = (runner(&server), 0);
    for _ in 0..2 {
        assert_eq!(runner.ready().await.unwrap().digest, "abc");
        assert_eq!(runner.ask(&request(), &|_| {}).await.unwrap().text, "{}");
        assert_eq!(asked(&server, &mut seen), ["version", "tags", "load", "chat"]);
    }
}

#[tokio::test]
async fn after_a_cancelled_call_nothing_is_asked_until_one_token_comes() {
    let is_hung = Arc::new(AtomicBool::new(true));
    let server = server(&is_hung).await;
    let (mut runner, mut seen) = (runner(&server), 0);
    runner.ready().await.unwrap();
    let timeout = NotDone::Fault(ModelFault::Timeout { seconds: 0 });
    assert_eq!(runner.ask(&request(), &|_| {}).await.unwrap_err(), timeout);
    asked(&server, &mut seen);

    let NotDone::Until(until) = runner.ready().await.unwrap_err() else { panic!("not held") };
    assert!(matches!(runner.ask(&request(), &|_| {}).await, Err(NotDone::Until(_))));
    assert_eq!(asked(&server, &mut seen), Vec::<String>::new());
    passed(until.duration_since(now()).as_secs());
    assert_eq!(runner.ready().await.unwrap_err(), timeout);
    assert_eq!(asked(&server, &mut seen), ["probe"]);

    is_hung.store(false, Ordering::Relaxed);
    passed(3600);
    assert!(runner.ready().await.is_ok() && *runner.breaker() == Breaker::default());
    assert_eq!(asked(&server, &mut seen), ["probe", "version", "tags"]);
    assert!(runner.ask(&request(), &|_| {}).await.is_ok());
}

#[tokio::test]
async fn a_call_whose_future_is_dropped_is_cancelled() {
    let server = server(&Arc::new(AtomicBool::new(true))).await;
    let mut runner = Runner::new(server.client(), now);
    runner.ready().await.unwrap();
    let began = tokio::sync::Notify::new();
    let told = |progress| {
        if progress == Progress::Reading {
            began.notify_one();
        }
    };
    let request = request();
    tokio::select! {
        biased;
        _ = runner.ask(&request, &told) => panic!("the server hangs"),
        () = began.notified() => {}
    }
    assert!(matches!(runner.ready().await, Err(NotDone::Until(_))));
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again_by_itself() {
    let nobody = closed_tcp();
    let server = server(&Arc::default()).await;
    let away = server.client_with(|config| config.base = url::Url::parse(&format!("http://{nobody}")).unwrap());
    let mut runner = Runner::new(away, now);
    assert!(matches!(runner.ready().await, Err(NotDone::Fault(ModelFault::Away { .. }))));
    let NotDone::Until(until) = runner.ready().await.unwrap_err() else { panic!("not held") };
    passed(until.duration_since(now()).as_secs());
    runner.client = server.client();
    // That it lists its models does not tell that it can load one.
    assert!(runner.ready().await.is_ok() && *runner.breaker() != Breaker::default());
    runner.ask(&request(), &|_| {}).await.unwrap();
    assert_eq!(*runner.breaker(), Breaker::default());
}
