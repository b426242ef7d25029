use super::fake::{Answered, COMMANDS_PER_MINUTE, Facade, bearer, request};
use crate::api::{RUN_REQUESTED_AT, Role};
use axum::http::Method;
use serde_json::json;

fn facade(answers_runs: bool) -> Facade {
    let facade = Facade::new();
    facade
        .add_scenario("desk.api.health", false, "True")
        .add_scenario("held", true, "False")
        .add_scenario("bad", false, "False");
    facade.cluster(|c| c.answers_runs = answers_runs);
    facade
}

async fn run(facade: &Facade, id: &str, query: &str) -> Answered {
    facade.call(Method::POST, &format!("/runs/{id}{query}"), Role::OpsLead, "").await
}

#[tokio::test]
async fn a_run_is_answered_with_its_results() {
    let facade = facade(true);
    let answer = run(&facade, "desk.api.health", "").await;
    let expected = json!({"scenario_id": "desk.api.health", "run_at": "2026-01-01T00:00:00Z", "health": "healthy",
        "checks": [{"name": "api", "key": "", "outcome": "fail", "message": "recusou"}], "opened": ["f-1"], "resolved": []});
    assert_eq!((answer.status, answer.body), (200, expected));
    let action = &facade.actions()[0];
    assert_eq!((&action["spec"]["verb"], &action["status"]["result"]), (&json!("run"), &json!("done")));
    let object = facade.cluster(|c| c.objects[&("scenarios".into(), "desk.api.health".into())].clone());
    let asked = &object["metadata"]["annotations"][RUN_REQUESTED_AT];
    assert_eq!(&action["spec"]["parameters"]["requested_at"], asked);
}

#[tokio::test]
async fn a_run_that_takes_longer_is_looked_up_at_its_location() {
    let facade = facade(false);
    let answer = run(&facade, "desk.api.health", "?wait=0").await;
    assert_eq!(answer.status, 202);
    let location = answer.headers["location"].to_str().unwrap().to_string();
    assert!(location.starts_with("/api/v1/agents/runs/desk.api.health?requested_at="), "{location}");
    let again = facade.call(Method::GET, &format!("!{location}"), Role::OpsLead, "").await;
    assert_eq!((again.status, again.headers["location"].to_str().unwrap()), (202, location.as_str()));
    // The run of a later request answers both.
    facade.cluster(|c| c.answers_runs = true);
    assert_eq!(run(&facade, "desk.api.health", "").await.status, 200);
    let again = facade.call(Method::GET, &format!("!{location}"), Role::OpsLead, "").await;
    assert_eq!((again.status, &again.body["run_at"]), (200, &json!("2026-01-01T00:00:00Z")));
}

#[tokio::test]
async fn a_conflict_with_another_client_is_retried() {
    let facade = facade(true);
    facade.cluster(|c| c.concurrent_patches = vec![json!({"status": {"openFindings": 1}})]);
    assert_eq!(run(&facade, "desk.api.health", "").await.status, 200);
}

#[tokio::test]
async fn only_the_run_roles_run_and_only_what_can_be_run() {
    let facade = facade(true);
    for role in Role::ALL {
        let expected = if role.may_run() { 200 } else { 403 };
        let answer = facade.call(Method::POST, "/runs/desk.api.health", role, "").await;
        assert_eq!(answer.status, expected, "{role:?}");
    }
    assert!(run(&facade, "held", "").await.problem(409).contains("suspended"));
    assert!(run(&facade, "bad", "").await.problem(409).contains("no such probe"), "the reason is in the answer");
    run(&facade, "none", "").await.problem(404);
    for wait in ["-1", "61", "x"] {
        assert!(run(&facade, "desk.api.health", &format!("?wait={wait}")).await.problem(400).starts_with("wait"));
    }
    let answer = facade.call(Method::GET, "/runs/desk.api.health?requested_at=today", Role::OpsLead, "").await;
    assert!(answer.problem(400).starts_with("requested_at"));
}

#[tokio::test]
async fn two_concurrent_requests_under_one_key_run_once() {
    let facade = facade(false);
    let post = || {
        let builder = request(Method::POST, "/runs/desk.api.health?wait=0");
        let builder =
            builder.header("authorization", bearer("ana", &[Role::SuperAdmin])).header("idempotency-key", "k");
        facade.send(builder, "")
    };
    let (one, other) = tokio::join!(post(), post());
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert!(statuses == [202, 202] || statuses == [202, 409], "{statuses:?}");
    let again = post().await;
    assert_eq!(again.status, 202);
    let first = if one.status == 202 { one } else { other };
    assert_eq!(again.headers["location"], first.headers["location"], "the same answer, with its location");
    assert_eq!(facade.actions().len(), 1);
}

#[tokio::test]
async fn more_commands_than_a_person_may_give_are_refused_until_later() {
    let facade = facade(false);
    let post = |name, key: Option<String>| {
        let builder = request(Method::POST, "/runs/desk.api.health?wait=0");
        let builder = builder.header("authorization", bearer(name, &[Role::OpsLead]));
        facade.send(key.into_iter().fold(builder, |builder, key| builder.header("idempotency-key", key)), "")
    };
    for i in 0..COMMANDS_PER_MINUTE {
        assert_eq!(post("ana", Some(i.to_string())).await.status, 202);
    }
    // What was answered before is answered again, and does not count.
    for _ in 0..3 {
        assert_eq!(post("ana", Some("0".into())).await.status, 202);
    }
    for _ in 0..2 {
        // Under the same key it may be sent again later: it was not carried out.
        let answer = post("ana", Some("one more".into())).await;
        answer.problem(429);
        let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    post("ana", None).await.problem(429);
    assert_eq!(facade.actions().len(), COMMANDS_PER_MINUTE);
    assert_eq!(facade.call(Method::GET, "/scenarios", Role::OpsLead, "").await.status, 200, "reads are no commands");
    assert_eq!(post("rui", None).await.status, 202);
    let metrics = facade.call(Method::GET, "!/metrics", Role::OpsLead, "").await.text;
    assert!(metrics.contains("agentic_ops_limit_reached_total{limit=\"actions_per_minute\"} 3"), "{metrics}");
}
