use super::fake::{Facade, bearer, request};
use crate::api::Role;
use axum::http::Method;
use serde_json::{Value, json};

fn status(phase: &str, opened: &str, severity: &str) -> Value {
    json!({"phase": phase, "severity": severity, "agent": "pulso", "title": "API do Desk", "message": "recusou",
        "openedAt": opened, "occurrences": 2, "runbook": {"spec": "desk", "url": "https://git.test/desk.md"}})
}

fn facade() -> Facade {
    let facade = Facade::new();
    facade
        .add_finding("a-1", status("Open", "2026-01-01T00:00:00Z", "high"))
        .add_finding("b-2", status("Acknowledged", "2026-01-03T00:00:00Z", "critical"))
        .add_finding("c-3", status("Resolved", "2026-01-02T00:00:00Z", "high"));
    facade
}

fn ids(body: &Value) -> Vec<&str> {
    body["items"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect()
}

async fn ack(facade: &Facade, id: &str, who: &str, body: &str) -> super::fake::Answered {
    let path = format!("/findings/{id}/ack");
    facade.send(request(Method::POST, &path).header("authorization", bearer(who, &[Role::Seo])), body).await
}

#[tokio::test]
async fn findings_are_listed_newest_first_and_by_filter() {
    let facade = facade();
    for (query, expected) in [
        ("", vec!["b-2", "a-1"]),
        ("?phase=active", vec!["b-2", "a-1"]),
        ("?phase=resolved", vec!["c-3"]),
        ("?phase=open", vec!["a-1"]),
        ("?severity=critical", vec!["b-2"]),
        ("?agent=A1", vec!["b-2", "a-1"]),
        ("?agent=pulso", vec!["b-2", "a-1"]),
        ("?agent=Pulso", vec!["b-2", "a-1"]),
        ("?scenario=else", vec![]),
        ("?scenario=desk.api.health&limit=1", vec!["b-2"]),
    ] {
        let answer = facade.get(&format!("/findings{query}")).await;
        assert_eq!((answer.status, ids(&answer.body)), (200, expected), "{query}");
    }
    for query in ["phase=Open", "severity=bad", "limit=0", "limit=501", "cursor=%25", "pahse=open", "agent=A2"] {
        let answer = facade.get(&format!("/findings?{query}")).await;
        let name = query.split('=').next().unwrap();
        assert!(answer.problem(400).starts_with(name), "{}", answer.text);
    }
}

#[tokio::test]
async fn pages_follow_one_another() {
    let facade = facade();
    let first = facade.get("/findings?limit=1").await.body;
    let second = facade.get(&format!("/findings?limit=1&cursor={}", first["next"].as_str().unwrap())).await.body;
    assert_eq!((ids(&first), ids(&second), &second["next"]), (vec!["b-2"], vec!["a-1"], &Value::Null));
}

#[tokio::test]
async fn a_finding_has_the_fields_of_the_contract() {
    let answer = facade().get("/findings/a-1").await;
    let fields: Vec<_> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "id",
        "scenario_id",
        "check",
        "key",
        "agent",
        "title",
        "message",
        "runbook",
        "severity",
        "phase",
        "opened_at",
        "resolved_at",
        "occurrences",
        "acknowledgement",
        "owner",
        "evidence",
        "advice",
        "thread_id",
        "notices",
    ];
    expected.sort_unstable();
    let mut fields = fields;
    fields.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!(answer.body["agent"], json!({"id": "A1", "name": "Pulso"}));
    assert_eq!((&answer.body["phase"], &answer.body["opened_at"]), (&json!("open"), &json!("2026-01-01T00:00:00Z")));
    assert_eq!(answer.body["runbook"], json!({"spec": "desk", "section": null, "url": "https://git.test/desk.md"}));
    facade().get("/findings/none").await.problem(404);
}

#[tokio::test]
async fn a_finding_is_shown_and_acknowledged_once_it_has_a_phase() {
    let facade = facade();
    for (name, status) in [("d-4", Value::Null), ("e-5", json!({})), ("f-6", json!({"severity": "high"}))] {
        facade.add_finding(name, status);
        for phase in ["", "?phase=open", "?phase=resolved"] {
            let listed = facade.get(&format!("/findings{phase}")).await;
            assert!(!ids(&listed.body).contains(&name), "{name}: {}", listed.text);
        }
        facade.get(&format!("/findings/{name}")).await.problem(404);
        ack(&facade, name, "ana", "").await.problem(404);
    }
    let health = facade.get("/health").await;
    assert_eq!(health.body["open_findings"]["high"], 1, "{}", health.text);
    let metrics = facade.get("!/metrics").await;
    assert!(metrics.text.contains("agentic_ops_open_findings{severity=\"high\"} 1"), "{}", metrics.text);
}

#[tokio::test]
async fn an_acknowledgement_is_written_answered_and_recorded() {
    let facade = facade();
    let answer = ack(&facade, "a-1", "ana", r#"{"note": "vendo"}"#).await;
    assert_eq!((answer.status, &answer.body["phase"]), (200, &json!("acknowledged")), "{}", answer.text);
    assert_eq!(
        (&answer.body["acknowledgement"]["by"], &answer.body["acknowledgement"]["note"]),
        (&json!("ana"), &json!("vendo"))
    );
    let written = facade.cluster(|c| c.objects[&("findings".into(), "a-1".into())]["spec"]["acknowledgement"].clone());
    assert_eq!((&written["by"], &written["note"]), (&json!("ana"), &json!("vendo")));
    let actions = facade.actions();
    assert_eq!(actions.len(), 1);
    assert_eq!(actions[0]["spec"]["verb"], "acknowledge");
    assert_eq!(actions[0]["spec"]["subject"], json!({"kind": "Finding", "name": "a-1"}));
    assert_eq!(actions[0]["spec"]["actor"], json!({"name": "ana", "roles": ["seo"], "via": "rest"}));
    assert_eq!(
        (&actions[0]["spec"]["parameters"]["note"], &actions[0]["status"]["result"]),
        (&json!("vendo"), &json!("done"))
    );
}

#[tokio::test]
async fn acknowledging_again_changes_nothing() {
    let facade = facade();
    assert_eq!(ack(&facade, "a-1", "ana", "").await.status, 200);
    for who in ["ana", "rui"] {
        let answer = ack(&facade, "a-1", who, "").await;
        assert_eq!((answer.status, &answer.body["acknowledgement"]["by"]), (200, &json!("ana")), "{who}");
        assert_eq!(answer.body["phase"], "acknowledged");
    }
    let results: Vec<_> = facade.actions().iter().map(|a| a["status"]["result"].clone()).collect();
    assert_eq!(results.iter().filter(|r| *r == "unchanged").count(), 2, "{results:?}");
}

#[tokio::test]
async fn a_concurrent_edit_is_retried_and_who_is_slower_gets_the_acknowledgement_of_the_first() {
    let facade = facade();
    facade.cluster(|c| {
        c.concurrent_patches = vec![json!({"status": {"message": "a"}}), json!({"status": {"message": "b"}})]
    });
    assert_eq!(ack(&facade, "a-1", "ana", "").await.status, 200);
    assert!(facade.cluster(|c| c.concurrent_patches.is_empty()));

    let facade = self::facade();
    facade.cluster(|c| c.concurrent_patches = vec![json!({"spec": {"acknowledgement": {"by": "rui"}}})]);
    let answer = ack(&facade, "a-1", "ana", "").await;
    assert_eq!((answer.status, &answer.body["acknowledgement"]["by"]), (200, &json!("rui")));
    assert_eq!(facade.actions()[0]["status"]["result"], "unchanged");

    let facade = self::facade();
    facade.cluster(|c| c.concurrent_patches = (0..20).map(|i| json!({"status": {"message": i.to_string()}})).collect());
    ack(&facade, "a-1", "ana", "").await.problem(409);
}

#[tokio::test]
async fn a_resolved_or_absent_finding_is_not_acknowledged() {
    let facade = facade();
    assert!(ack(&facade, "c-3", "ana", "").await.problem(409).contains("resolved"));
    let before = facade.cluster(|c| std::mem::take(&mut c.requests)).len();
    assert!(before > 0);
    for id in ["none", "a-1%2Fstatus", "..%2Fscenarios%2Fx", "a-1%3Fx"] {
        ack(&facade, id, "ana", "").await.problem(404);
    }
    assert_eq!(
        facade.cluster(|c| c.requests.clone()),
        Vec::<String>::new(),
        "the API server gets no request for such names"
    );
    assert!(ack(&facade, "a-1", "ana", r#"{"note": 1}"#).await.problem(422).starts_with("note"));
    ack(&facade, "a-1", "ana", "{").await.problem(400);
}

#[tokio::test]
async fn a_key_is_answered_once_also_by_another_facade() {
    let facade = facade();
    let post = |id: &str, key: &str| {
        let builder = request(Method::POST, &format!("/findings/{id}/ack"));
        builder.header("authorization", bearer("ana", &[Role::Seo])).header("idempotency-key", key)
    };
    let answers = async |facade: &Facade| {
        let acknowledged = facade.send(post("a-1", "k"), r#"{"note": "x"}"#).await;
        let refused = facade.send(post("c-3", "refused"), "").await;
        refused.problem(409);
        [acknowledged, refused].map(|answer| (answer.status, answer.headers["content-type"].clone(), answer.text))
    };
    let first = answers(&facade).await;
    // What it became since is not told: the answer is the same.
    facade.cluster(|c| c.objects.remove(&("findings".into(), "a-1".into())));
    let actions = facade.actions();
    for facade in [&facade, &facade.another()] {
        assert_eq!(answers(facade).await, first);
        assert_eq!(facade.actions(), actions, "done once");
        for (id, query, body) in
            [("a-1", "", r#"{"note": "y"}"#), ("b-2", "", r#"{"note": "x"}"#), ("a-1", "?x=1", r#"{"note": "x"}"#)]
        {
            let builder = request(Method::POST, &format!("/findings/{id}/ack{query}"));
            let builder = builder.header("authorization", bearer("ana", &[Role::Seo])).header("idempotency-key", "k");
            let answer = facade.send(builder, body).await;
            assert!(
                answer.problem(422).starts_with("Idempotency-Key: was used for another request"),
                "{}",
                answer.text
            );
        }
    }
    for key in [&"k".repeat(256), "", "  ", "chave-\u{e7}"] {
        assert!(facade.send(post("a-1", key), "").await.problem(400).starts_with("Idempotency-Key"), "{key:?}");
    }
    // The same key of another person is another request.
    let other = request(Method::POST, "/findings/b-2/ack").header("idempotency-key", "k");
    assert_eq!(facade.send(other.header("authorization", bearer("rui", &[Role::Seo])), "").await.status, 200);
}

#[tokio::test]
async fn an_answer_that_is_too_long_to_be_stored_is_made_anew() {
    let facade = facade();
    let long = "x".repeat(30_000);
    let evidence = json!({"failing": {"at": "2026-01-02T04:00:00Z", "readings": [{"probe": "a", "reading": long}, {"probe": "b", "reading": long}]}});
    facade.add_finding("a-1", json!({"phase": "Open", "severity": "high", "evidence": evidence}));
    let post = || {
        let builder = request(Method::POST, "/findings/a-1/ack").header("idempotency-key", "k");
        builder.header("authorization", bearer("ana", &[Role::Seo]))
    };
    let first = facade.send(post(), "").await;
    assert!(first.status == 200 && first.text.len() > 60_000, "{}", first.text);
    let action = &facade.actions()[0];
    assert!(action["status"]["reply"]["code"] == 200 && action["status"]["reply"]["body"].is_null(), "{action}");
    let again = facade.another().send(post(), "").await;
    assert_eq!((again.status, again.text == first.text, facade.actions().len()), (200, true, 1));
}
