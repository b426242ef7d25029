use super::fake::{Answered, COMMANDS_PER_MINUTE, Facade, SECRET, View, bearer, config, request};
use crate::api::Role;
use crate::facade::auth::AuthConfig;
use axum::http::Method;
use serde_json::{Value, json};

fn object(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind, "spec": spec,
        "metadata": {"name": name, "namespace": "agentic-ops", "resourceVersion": "1", "generation": 1,
            "uid": format!("uid-of-{name}"), "creationTimestamp": "2026-01-01T00:00:00Z"}})
}

/// Advice of the runbook.
pub fn advice() -> Value {
    json!({"tier": "T0", "text": "Reinicie.", "grounded": true, "at": "2026-01-01T00:00:00Z",
        "citations": [{"spec": "desk", "section": "O que fazer", "quote": "Reinicie."}],
        "basis": {"evidence": "0f1e2d3c4b5a6978", "runbooks": "8796a5b4c3d2e1f0", "prompt": 1}})
}

/// With a Finding, its Thread, a closed Thread, and a Message that needs an acknowledgement.
pub fn facade() -> Facade {
    add_objects(Facade::new())
}

fn add_objects(facade: Facade) -> Facade {
    facade.add_scenario("desk.api.health", false, "True");
    facade.add_finding(
        "f-1",
        json!({"phase": "Open", "severity": "high", "agent": "pulso", "occurrences": 1, "thread": "t-1"}),
    );
    facade.add_finding("f-2", json!({"phase": "Resolved", "severity": "high", "agent": "pulso", "occurrences": 1}));
    facade.add_finding("f-3", json!({"phase": "Resolved", "severity": "high", "agent": "pulso", "advice": advice()}));
    facade.add_finding("f-4", json!({"phase": "Resolved", "severity": "high", "agent": "pulso", "thread": "t-4"}));
    let thread =
        |finding: &str, closed: bool| json!({"subject": "API", "agent": "pulso", "finding": finding, "closed": closed});
    facade.add("threads", object("Thread", "t-1", thread("f-1", false)));
    facade.add("threads", object("Thread", "t-2", thread("f-2", true)));
    facade.add("threads", object("Thread", "t-4", thread("f-4", false)));
    let spec = json!({"thread": "t-1", "author": {"kind": "agent", "name": "vigia"}, "body": "recusou", "needsAck": true,
        "tier": "T0", "citations": [{"spec": "desk", "section": "O que fazer", "quote": "Reinicie."}]});
    facade.add("messages", object("Message", "m-1", spec));
    let spec = json!({"thread": "t-1", "author": {"kind": "person", "name": "rui"}, "body": "oi"});
    facade.add("messages", object("Message", "m-2", spec));
    facade
}

/// Checks that an object has these fields.
fn assert_has(object: &Value, fields: &Value) {
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(object[name], *value, "{name}");
    }
}

async fn post(facade: &Facade, path: &str, body: &str, key: Option<&str>) -> Answered {
    let builder = request(Method::POST, path).header("authorization", bearer("ana", &[Role::Technician]));
    facade.send(key.into_iter().fold(builder, |builder, key| builder.header("idempotency-key", key)), body).await
}

#[tokio::test]
async fn a_reply_has_the_fields_of_the_contract_and_is_stored_once_under_a_key() {
    let facade = facade();
    let body = json!({"body": "Vou ver.", "in_reply_to": "m-1"}).to_string();
    let first = post(&facade, "/threads/t-1/reply", &body, Some("k")).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert!(first.body["created_at"].as_str().unwrap().ends_with('Z') && first.body["id"].is_string());
    let expected = json!({"thread_id": "t-1", "author": {"kind": "person", "name": "ana"}, "proven": true,
        "body": "Vou ver.", "tier": null, "citations": [], "in_reply_to": "m-1", "needs_ack": false,
        "acknowledgement": null});
    assert_has(&first.body, &expected);
    for facade in [&facade, &facade.another()] {
        let again = post(facade, "/threads/t-1/reply", &body, Some("k")).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
    }
    assert_eq!(facade.actions().len(), 1);
    let other = json!({"body": "Outra coisa."}).to_string();
    assert!(post(&facade, "/threads/t-1/reply", &other, Some("k")).await.problem(422).starts_with("Idempotency-Key"));
    assert!(post(&facade, "/threads/t-2/reply", &other, None).await.problem(409).contains("start a new conversation"));
    post(&facade, "/threads/none/reply", &other, None).await.problem(404);
    post(&facade, "/threads/%ff/reply", &other, None).await.problem(400);
}

#[tokio::test]
async fn a_body_that_is_wrong_names_the_field() {
    let facade = facade();
    let (long, wide) = ("x".repeat(16_385), "🙂".repeat(12_289));
    for path in ["/threads/t-1/reply", "/chat"] {
        let field = if path == "/chat" { "message" } else { "body" };
        let with = |text: &str| json!({field: text}).to_string();
        for (body, status, detail) in [
            (String::new(), 400, "the body: ".to_string()),
            ("[]".into(), 400, "the body should be".into()),
            ("{}".into(), 422, format!("{field}: is missing")),
            (json!({field: 5}).to_string(), 422, format!("{field}: should be a string")),
            (with(" \n\t"), 422, format!("{field}: is blank, should be 1 to 16384 characters")),
            (with(&long), 422, format!("{field}: 16385 characters")),
            (with(&wide), 422, format!("{field}: 49156 bytes")),
            (json!({field: "oi", "author": "rui"}).to_string(), 422, "author: not a field here".into()),
            (json!({field: "oi", "thread_id": 5, "in_reply_to": 5}).to_string(), 422, String::new()),
        ] {
            let answer = post(&facade, path, &body, None).await;
            assert!(answer.problem(status).starts_with(&detail), "{path}: {}", answer.text);
        }
        post(&facade, path, &with(&"x".repeat(170_000)), None).await.problem(413);
    }
    facade.add_scenario("other", false, "True");
    for (body, detail) in [
        (json!({"message": "oi", "thread_id": "none"}), "thread_id: no Thread is named \"none\""),
        (json!({"message": "oi", "finding_id": "none"}), "finding_id: no Finding"),
        (json!({"message": "oi", "scenario_id": "none"}), "scenario_id: no Scenario"),
        (
            json!({"message": "oi", "finding_id": "f-1", "scenario_id": "other"}),
            "scenario_id: \"other\" is not the Scenario of Finding \"f-1\"",
        ),
    ] {
        let answer = post(&facade, "/chat", &body.to_string(), None).await;
        assert!(answer.problem(422).starts_with(detail), "{}", answer.text);
    }
    let answer = post(&facade, "/threads/t-1/reply", r#"{"body": "oi", "in_reply_to": "none"}"#, None).await;
    assert!(answer.problem(422).starts_with("in_reply_to: \"none\" is not a Message of t-1"), "{}", answer.text);
    for wait in ["-1", "61", "x"] {
        let answer = post(&facade, &format!("/chat?wait={wait}"), r#"{"message": "oi"}"#, None).await;
        assert!(answer.problem(400).starts_with("wait"), "{}", answer.text);
    }
    for (body, status, detail) in [
        ("[]", 400, "the body"),
        (r#"{"by": "rui"}"#, 422, "by: not a field here; there is note, until"),
        (r#"{"until": "soon"}"#, 422, "until: \"soon\" is not a time"),
        (r#"{"until": "2026-01-01T00:00:00Z"}"#, 422, "until: 2026-01-01T00:00:00Z is over"),
    ] {
        let answer = post(&facade, "/messages/m-1/ack", body, None).await;
        assert!(answer.problem(status).starts_with(detail), "{}", answer.text);
    }
    assert!(facade.actions().is_empty());
}

#[tokio::test]
async fn a_message_is_acknowledged_once() {
    let facade = facade();
    let body = r#"{"note": "vendo", "until": "2300-01-02T03:04:05.5Z"}"#;
    let first = post(&facade, "/messages/m-1/ack", body, Some("k")).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let mut view = first.body.clone();
    assert!(view["acknowledgement"]["at"].take().is_string());
    let acknowledgement = json!({"by": "ana", "note": "vendo", "at": null, "until": "2300-01-02T03:04:05Z",
        "of_finding": false, "proven": true});
    let citation = json!({"spec": "desk", "section": "O que fazer", "quote": "Reinicie."});
    let expected = json!({"id": "m-1", "thread_id": "t-1", "author": {"kind": "agent", "name": "vigia"},
        "body": "recusou", "tier": "T0", "citations": [citation], "in_reply_to": null, "needs_ack": true,
        "acknowledgement": acknowledgement, "created_at": "2026-01-01T00:00:00Z"});
    assert_has(&view, &expected);
    for key in [Some("k"), None] {
        let again = post(&facade, "/messages/m-1/ack", body, key).await;
        assert_eq!((again.status, &again.body["acknowledgement"]), (200, &first.body["acknowledgement"]));
    }
    assert!(post(&facade, "/messages/m-2/ack", "", None).await.problem(409).contains("needs no acknowledgement"));
    post(&facade, "/messages/none/ack", "", None).await.problem(404);
}

#[tokio::test]
async fn an_acknowledgement_is_taken_back() {
    let facade = facade();
    assert_eq!(post(&facade, "/findings/f-1/ack", "", None).await.status, 200);
    for _ in 0..2 {
        let answer = facade.call(Method::DELETE, "/findings/f-1/ack", Role::Seo, "").await;
        assert_eq!((answer.status, &answer.body["phase"]), (200, &json!("open")), "{}", answer.text);
        assert!(answer.body["acknowledgement"].is_null());
    }
    facade.call(Method::DELETE, "/findings/f-2/ack", Role::Seo, "").await.problem(409);
    facade.call(Method::DELETE, "/findings/none/ack", Role::Seo, "").await.problem(404);
    facade.call(Method::DELETE, "/findings/%ff/ack", Role::Seo, "").await.problem(400);
}

#[tokio::test]
async fn of_two_people_who_acknowledge_at_once_the_first_one_stays_or_the_finding_has_moved_on() {
    for (change, status) in [
        (json!({"spec": {"acknowledgement": {"by": "rui", "at": "2026-01-01T00:00:00Z"}}}), [200, 409]),
        (json!({"status": {"phase": "Resolved"}}), [409, 409]),
    ] {
        let facade = facade();
        facade.cluster(|c| c.concurrent_patches = vec![change.clone()]);
        let answer = post(&facade, "/findings/f-1/ack", r#"{"note": "eu"}"#, None).await;
        assert!(status.contains(&answer.status), "{change}: {}", answer.text);
        // A client that asks again gets the first one's.
        let again = post(&facade, "/findings/f-1/ack", r#"{"note": "eu"}"#, None).await;
        match again.status {
            200 => assert_eq!(again.body["acknowledgement"]["by"], "rui"),
            other => assert_eq!((other, status), (409, [409, 409])),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_chat_says_where_the_answer_will_be_while_it_is_pending() {
    let facade = facade();
    let body = json!({"message": "o que houve?", "finding_id": "f-1"}).to_string();
    let first = post(&facade, "/chat?wait=0", &body, Some("k")).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let ids = (first.body["question_id"].clone(), first.body["answer_id"].clone());
    let expected = json!({"thread_id": "t-1", "message": null, "tier": null, "grounded": false, "citations": [],
        "pending": true, "question_id": ids.0, "answer_id": ids.1, "model_answer_id": null});
    assert_eq!(first.body, expected);
    let again = post(&facade, "/chat?wait=0", &body, Some("k")).await;
    assert_eq!((again.status, again.body), (200, expected));
    assert!(
        post(&facade, "/chat", r#"{"message": "oi", "thread_id": "t-2"}"#, None).await.problem(409).contains("closed")
    );
}

/// Each status that any of these routes can answer besides those above.
#[tokio::test(start_paused = true)]
async fn these_routes_are_bounded_and_say_when_the_api_is_not_available() {
    let routes = [
        (Method::POST, "/findings/f-1/advice", ""),
        (Method::POST, "/findings/f-3/advice/vote", r#"{"vote": "wrong"}"#),
        (Method::POST, "/threads/t-1/reply", r#"{"body": "oi"}"#),
        (Method::POST, "/chat?wait=0", r#"{"message": "oi"}"#),
        (Method::POST, "/messages/m-1/ack", ""),
        (Method::DELETE, "/findings/f-1/ack", ""),
    ];
    for (method, path, body) in routes {
        let facade = facade();
        facade.cluster(|c| c.fails = Some(|asked| !asked.is_empty()));
        let answer = facade.call(method.clone(), path, Role::Seo, body).await;
        answer.problem(503);
        assert!(answer.headers.contains_key("retry-after"), "{path}");
        facade.cluster(|c| c.fails = None);
        let mut last = 0;
        for _ in 0..=COMMANDS_PER_MINUTE {
            let answer = facade.call(method.clone(), path, Role::Seo, body).await;
            assert!(matches!(answer.status, 200..=202 | 429), "{path}: {}", answer.text);
            last = answer.status;
        }
        assert_eq!(last, 429, "{path}");
        let nobody = facade.send(request(method.clone(), path), body).await;
        nobody.problem(401);
    }
    let apart = View { is_standby: true, ..View::default() };
    let standby = add_objects(Facade::with(apart, AuthConfig { secret: Some(SECRET.to_vec()), ..config() }, None));
    let answer = standby.call(Method::POST, "/threads/t-1/reply", Role::Seo, r#"{"body": "oi"}"#).await;
    assert_eq!(answer.status, 201, "people's writes need no leader");
}
