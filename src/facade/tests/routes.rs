use super::fake::{Facade, SECRET, View, config, request};
use crate::api::WatchState::{Invalid, Late, Ready, Suspended};
use crate::api::{Channel, Role};
use crate::controllers::channel_states::ChannelStates;
use crate::controllers::model_standing::Standing;
use crate::controllers::scenario::WatchStates;
use crate::domain::advice::due::{Model, ModelId};
use crate::domain::model::ModelFault;
use crate::facade::auth::AuthConfig;
use crate::facade::{ProcessState, router_of_controllers};
use crate::views::{RegistryState, StoreState};
use axum::http::Method;
use jiff::Timestamp;
use serde_json::json;
use std::time::Duration;
use tower::ServiceExt as _;

fn with(view: View, internal_token: Option<&str>) -> Facade {
    Facade::with(view, AuthConfig { secret: Some(SECRET.to_vec()), ..config() }, internal_token)
}

#[tokio::test]
async fn every_error_is_a_problem() {
    let facade = Facade::new();
    facade.get("/nothing").await.problem(404);
    facade.get("!/nothing").await.problem(404);
    let answer = facade.call(Method::DELETE, "/findings", Role::SuperAdmin, "").await;
    answer.problem(405);
    assert!(answer.headers["allow"].to_str().unwrap().contains("GET"), "{:?}", answer.headers);
    let long = "x".repeat((160 << 10) + 1);
    facade.add_finding("a-1", json!({"phase": "Open"}));
    facade.call(Method::POST, "/findings/a-1/ack", Role::SuperAdmin, &long).await.problem(413);
    facade.get("/findings/%ff").await.problem(400);
    facade.get("/findings?limit=%ff").await.problem(400);
}

#[tokio::test]
async fn health_is_public_and_has_details_with_a_token() {
    let late = View { lateness: Duration::from_secs(31), ..View::default() };
    let waiting = View { waiting_for: vec!["the first list".into()], ..View::default() };
    for (view, status) in [(View::default(), "ok"), (late, "degraded"), (waiting, "down")] {
        let facade = with(view, None);
        let answer = facade.send(request(Method::GET, "/health"), "").await;
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(answer.body, json!({"status": status, "tier": "T0", "version": version}));
    }
    let facade = Facade::new();
    facade.add_scenario("desk.api.health", false, "True");
    facade.add_finding("a-1", json!({"phase": "Open", "severity": "high"}));
    let body = facade.get("/health").await.body;
    assert_eq!(body["scenarios"], json!({"total": 1, "healthy": 1, "failing": 0, "unknown": 0}));
    assert_eq!((&body["open_findings"]["high"], &body["open_findings"]["low"]), (&json!(1), &json!(0)));
    let wrong = request(Method::GET, "/health").header("authorization", "Bearer x");
    facade.send(wrong, "").await.problem(401);
}

#[tokio::test]
async fn health_shows_the_channels_and_is_degraded_once_one_fails_for_five_minutes() {
    let channels = ChannelStates::new([Channel::Mail, Channel::Webhook]);
    let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
    channels.failed(Channel::Mail, at(0), "connection refused");
    channels.succeeded(Channel::Webhook, at(60));
    for (second, status) in [(299, "ok"), (300, "degraded")] {
        let facade = with(View { channels: Some(channels.at(at(second))), ..View::default() }, None);
        let health = facade.get("/health").await.body;
        assert_eq!(health["status"], status, "{health}");
        let expected = json!([
            {"channel": "mail", "state": "failing", "since": "2027-01-15T08:00:00Z", "last_error": "connection refused"},
            {"channel": "ntfy", "state": "off", "since": null, "last_error": null},
            {"channel": "webhook", "state": "ok", "since": "2027-01-15T08:01:00Z", "last_error": null},
        ]);
        assert_eq!(health["channels"], expected);
        let public = facade.send(request(Method::GET, "/health"), "").await.body;
        assert!(public["channels"].is_null() && public["status"] == status, "{public}");
    }
}

#[tokio::test]
async fn health_is_of_tier_t1_only_while_the_model_can_be_used() {
    let id = ModelId { name: "m:7b".into(), digest: "0f1e".into() };
    let missing = ModelFault::Missing { model: "m:7b".into() };
    let refused = Some("no JSON".to_string());
    for (model, refused, tier, state, digest) in [
        (Model::Usable(id.clone()), None, "T1", "ok", json!("0f1e")),
        (Model::Usable(id), refused, "T0", "failing", json!(null)),
        (Model::Unknown, None, "T0", "unknown", json!(null)),
        (Model::Faulty(missing), None, "T0", "failing", json!(null)),
        (Model::Off, None, "T0", "off", json!(null)),
    ] {
        let detail = Some("ollama pull m:7b".to_string());
        let standing = Standing { name: Some("m:7b".into()), off: None, model, detail, since: None, refused };
        let facade = with(View { model: Some(standing), ..View::default() }, None);
        let health = facade.get("/health").await.body;
        let expected = json!({"name": "m:7b", "state": state, "digest": digest, "detail": "ollama pull m:7b"});
        assert_eq!((&health["tier"], &health["model"], &health["status"]), (&json!(tier), &expected, &json!("ok")));
        let public = facade.send(request(Method::GET, "/health"), "").await.body;
        assert!(public["model"].is_null() && public["tier"] == tier, "{public}");
    }
}

#[tokio::test]
async fn scenarios_have_the_fields_of_the_contract() {
    let facade = Facade::new();
    facade.add_scenario("desk.api.health", false, "True");
    let expected = json!({"id": "desk.api.health", "title": "API do Desk", "agent": {"id": "A1", "name": "Pulso"},
        "severity": "high", "interval_seconds": 300, "suspended": false, "ready": true, "state": "ready",
        "health": "healthy", "message": null,
        "open_findings": 0, "last_run_at": null, "next_run_at": "2027-01-15T08:00:00Z"});
    assert_eq!(facade.get("/scenarios").await.body, json!({"items": [expected], "next": null}));
}

#[tokio::test]
async fn a_tick_takes_its_own_token() {
    let tick = |query: &str, token: Option<&str>| {
        let builder = request(Method::POST, &format!("/internal/tick{query}"));
        token.into_iter().fold(builder, |b, t| b.header("x-ops-internal-token", t))
    };
    let unset = with(View::default(), None);
    assert!(unset.send(tick("", Some("")), "").await.problem(503).contains("OPS_INTERNAL_TOKEN"));
    let facade = Facade::new();
    facade.send(tick("", None), "").await.problem(401);
    facade.send(tick("", Some("tick-toc")), "").await.problem(401);
    let answer = facade.send(tick("", Some("tick-tock")), "").await;
    assert_eq!((&answer.body["due"], &answer.body["ran"]), (&json!(1), &json!(1)), "{}", answer.text);
    let forced = facade.send(tick("?force=true", Some("tick-tock")), "").await.body;
    let results = forced["results"].as_array().unwrap();
    assert_eq!((&forced["ran"], results.len(), &results[0]["scenario_id"]), (&json!(600), 500, &json!("s599")));
    assert!(facade.send(tick("?force=1", Some("tick-tock")), "").await.problem(400).starts_with("force"));
    let standby = with(View { is_standby: true, ..View::default() }, Some("tick-tock"));
    let answer = standby.send(tick("", Some("tick-tock")), "").await;
    assert!(answer.problem(503).contains("this replica follows: pod-b holds Lease agentic-ops"));
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn process_endpoints_need_no_token() {
    let facade = Facade::new();
    facade.add_finding("a-1", json!({"phase": "Open", "severity": "high"}));
    for path in ["!/livez", "!/readyz"] {
        assert_eq!(facade.send(request(Method::GET, path), "").await.status, 200, "{path}");
    }
    let metrics = facade.send(request(Method::GET, "!/metrics"), "").await;
    assert!(metrics.text.contains("agentic_ops_open_findings{severity=\"high\"} 1\n"), "{}", metrics.text);
    let waiting = with(View { waiting_for: vec!["the first list".into()], ..View::default() }, None);
    let answer = waiting.send(request(Method::GET, "!/readyz"), "").await;
    assert_eq!((answer.status, answer.text.as_str()), (503, "waiting for the first list\n"));
    assert_eq!(waiting.send(request(Method::GET, "!/livez"), "").await.status, 200);
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_not_ready_and_a_damaged_object_is_only_named() {
    let facade = |write_error: Option<&str>, damaged: &[&str]| {
        let damaged = damaged.iter().map(|text| text.to_string()).collect();
        let store = StoreState { write_error: write_error.map(String::from), damaged };
        with(View { store: Some(store), ..View::default() }, None)
    };
    for (write_error, damaged, status, ready) in [
        (None, [].as_slice(), "ok", 200),
        (Some("disk is full"), &[], "degraded", 503),
        (None, &["findings/ops/a: not JSON"], "degraded", 200),
    ] {
        let facade = facade(write_error, damaged);
        let public = facade.send(request(Method::GET, "/health"), "").await.body;
        assert_eq!((&public["status"], public.get("store")), (&json!(status), None));
        let store = facade.get("/health").await.body["store"].clone();
        let (writable, total) = (write_error.is_none(), damaged.len());
        let expected = json!({"writable": writable, "error": write_error, "damaged": damaged, "damaged_total": total});
        assert_eq!(store, expected);
        let readyz = facade.send(request(Method::GET, "!/readyz"), "").await;
        assert_eq!(readyz.status, ready, "{}", readyz.text);
        assert!(ready == 200 || readyz.text == "the store cannot be written\n", "{}", readyz.text);
        let metrics = facade.send(request(Method::GET, "!/metrics"), "").await.text;
        for line in [
            format!("agentic_ops_store_writable {}\n", u8::from(writable)),
            format!("agentic_ops_store_damaged_objects {total}\n"),
            "agentic_ops_store_errors_total 0\n".into(),
        ] {
            assert!(metrics.contains(&line), "{line} is not in\n{metrics}");
        }
    }
    let elsewhere = Facade::new();
    assert_eq!(elsewhere.get("/health").await.body.get("store"), None);
    let metrics = elsewhere.send(request(Method::GET, "!/metrics"), "").await.text;
    assert!(!metrics.contains("agentic_ops_store_writable "), "{metrics}");
}

#[tokio::test]
async fn scenarios_that_are_not_watched_are_counted_and_named() {
    let mut states = WatchStates::default();
    for (state, name) in
        [(Ready, "a"), (Ready, "b"), (Suspended, "c"), (Invalid, "broken"), (Late, "slow"), (Late, "slower")]
    {
        states.add(state, name, || format!("why {name}"));
    }
    let facade = with(View { states, ..View::default() }, None);
    let public = facade.send(request(Method::GET, "/health"), "").await.body;
    assert_eq!((&public["status"], public.get("scenario_states")), (&json!("degraded"), None));
    let expected = json!({
        "ready": 2, "invalid": 1, "suspended": 1, "late": 2,
        "first_invalid": [{"id": "broken", "message": "why broken"}],
        "first_late": [{"id": "slow", "message": "why slow"}, {"id": "slower", "message": "why slower"}],
    });
    assert_eq!(facade.get("/health").await.body["scenario_states"], expected);
    let metrics = facade.send(request(Method::GET, "!/metrics"), "").await.text;
    for (state, count) in [("ready", 2), ("invalid", 1), ("suspended", 1), ("late", 2)] {
        let line = format!("agentic_ops_scenario_states{{state=\"{state}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line} is not in\n{metrics}");
    }
    let mut suspended = WatchStates::default();
    suspended.add(Suspended, "c", String::new);
    let facade = with(View { states: suspended, ..View::default() }, None);
    assert_eq!(facade.get("/health").await.body["status"], json!("ok"), "that is on purpose");
    assert!(facade.send(request(Method::GET, "!/metrics"), "").await.text.contains("states{state=\"invalid\"} 0\n"));
}

#[tokio::test]
async fn errors_of_the_registry_are_shown_and_bounded() {
    let facade = |errors: &[&str], errors_total| {
        let errors = errors.iter().map(|error| error.to_string()).collect();
        with(View { registry: Some(RegistryState { errors, errors_total }), ..View::default() }, None)
    };
    let (long, well) = (format!("a.yaml:3: {}", "x".repeat(5000)), facade(&[], 0));
    assert_eq!(well.get("/health").await.body["registry"], json!({"errors": [], "errors_total": 0}));
    assert_eq!(well.get("/health").await.body["status"], json!("ok"));
    let facade = facade(&["a.yaml:1: \u{7}why", &long], 300);
    let health = facade.get("/health").await.body;
    assert_eq!((&health["status"], &health["registry"]["errors_total"]), (&json!("degraded"), &json!(300)));
    let lengths =
        |errors: &serde_json::Value| errors.as_array().unwrap().iter().map(|e| e.as_str().unwrap().len()).max();
    assert!(lengths(&health["registry"]["errors"]) <= Some(512), "{health}");
    assert!(!health.to_string().contains("\\u0007"), "{health}");
    assert_eq!(Facade::new().get("/health").await.body.get("registry"), None);
}

#[tokio::test]
async fn health_shows_the_leadership_of_a_replica() {
    for (is_standby, is_uncertain, status, standing) in
        [(false, false, "ok", "leading"), (true, false, "ok", "following"), (false, true, "degraded", "uncertain")]
    {
        let facade = with(View { is_standby, is_uncertain, ..View::default() }, None);
        let health = facade.get("/health").await.body;
        assert_eq!((&health["status"], &health["replica"]["standing"]), (&json!(status), &json!(standing)), "{health}");
        let metrics = facade.send(request(Method::GET, "!/metrics"), "").await;
        let leads = u8::from(standing == "leading");
        assert!(metrics.text.contains(&format!("agentic_ops_leading {leads}\n")), "{}", metrics.text);
    }
}

#[tokio::test]
async fn a_facade_without_the_controllers_reports_neither_leadership_nor_lateness() {
    let apart = View { is_apart: true, lateness: Duration::from_secs(31), ..View::default() };
    // With a token to compare, too: there is nothing to run.
    for token in [None, Some("tick-tock")] {
        let facade = with(apart.clone(), token);
        let health = facade.get("/health").await.body;
        assert_eq!(health["status"], "ok", "{health}");
        assert!(health["replica"].is_null() && health["scheduler_lateness_seconds"].is_null(), "{health}");
        let tick = request(Method::POST, "/internal/tick").header("x-ops-internal-token", "tick-tock");
        let answer = facade.send(tick, "").await;
        let detail = answer.problem(503);
        assert!(
            detail.contains("this process is the facade alone") && detail.contains("pod-b holds Lease"),
            "{detail}"
        );
        assert!(answer.headers.contains_key("retry-after"));
        let metrics = facade.send(request(Method::GET, "!/metrics"), "").await;
        assert!(metrics.text.contains("agentic_ops_leading 0\n"), "{}", metrics.text);
    }
}

#[tokio::test]
async fn the_controllers_alone_answer_a_tick_and_no_other_route() {
    let server = crate::views::testing::ApiServer::new();
    let view = std::sync::Arc::new(View::default());
    let process = ProcessState {
        resources: server.resources.clone(),
        operator: view.clone(),
        scheduler: Some(view),
        metrics: Default::default(),
    };
    for token in [None, Some("tick-tock".to_string())] {
        let app = router_of_controllers(process.clone(), token.clone());
        let ask = async |method: Method, path: &str, given: &str| {
            let request = request(method, path).header("x-ops-internal-token", given).body(axum::body::Body::empty());
            let response = app.clone().oneshot(request.unwrap()).await.unwrap();
            let is_problem = response.headers()["content-type"] == "application/problem+json";
            (response.status().as_u16(), is_problem)
        };
        let expected = if token.is_some() { (200, false) } else { (503, true) };
        assert_eq!(ask(Method::POST, "/internal/tick", "tick-tock").await, expected);
        assert_eq!(ask(Method::POST, "/internal/tick", "tick-toc").await.0, if token.is_some() { 401 } else { 503 });
        assert_eq!(ask(Method::GET, "/internal/tick", "tick-tock").await, (405, true));
        assert_eq!(ask(Method::GET, "/findings", "tick-tock").await, (404, true));
    }
}
