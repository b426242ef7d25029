//! Requests for advice, votes on it, and similar past occurrences.

use super::conversation::{advice, facade};
use super::fake::{Answered, Facade, bearer, request};
use crate::api::Role;
use axum::http::Method;
use serde_json::{Value, json};

async fn post(facade: &Facade, who: &str, path: &str, body: &Value, key: Option<&str>) -> Answered {
    let builder = request(Method::POST, path).header("authorization", bearer(who, &[Role::Technician]));
    let builder = key.into_iter().fold(builder, |builder, key| builder.header("idempotency-key", key));
    facade.send(builder, &body.to_string()).await
}

fn annotations(facade: &Facade, finding: &str) -> Value {
    let key = ("findings".to_string(), finding.to_string());
    facade.cluster(|c| c.objects[&key]["metadata"]["annotations"].clone())
}

#[tokio::test]
async fn a_request_for_advice_is_annotations_of_the_finding_and_an_action() {
    let facade = facade();
    let body = json!({"note": "já reiniciei"});
    let first = post(&facade, "ana", "/findings/f-1/advice", &body, Some("k")).await;
    assert_eq!(first.status, 202, "{}", first.text);
    let at = first.body["requested_at"].clone();
    assert_eq!(first.body, json!({"finding_id": "f-1", "requested_at": at, "thread_id": "t-1"}));
    let written = annotations(&facade, "f-1");
    assert_eq!(written["agentic.ligbox.io/advice-requested-at"], at);
    assert_eq!(written["agentic.ligbox.io/advice-note"], "já reiniciei");
    let action = &facade.actions()[0];
    assert_eq!(action["spec"]["verb"], "request-advice");
    assert_eq!(action["spec"]["parameters"], json!({"note": "já reiniciei", "requested_at": at}));
    assert_eq!((&action["spec"]["actor"]["name"], &action["status"]["result"]), (&json!("ana"), &json!("done")));
    for facade in [&facade, &facade.another()] {
        let again = post(facade, "ana", "/findings/f-1/advice", &body, Some("k")).await;
        assert_eq!((again.status, &again.body), (202, &first.body), "it is requested once under a key");
    }
    assert_eq!(facade.actions().len(), 1);
    // A later request without a note removes that of the earlier one.
    let later = post(&facade, "rui", "/findings/f-1/advice", &json!({}), None).await;
    assert_eq!(
        annotations(&facade, "f-1"),
        json!({"agentic.ligbox.io/advice-requested-at": later.body["requested_at"]})
    );
}

#[tokio::test]
async fn a_request_that_another_change_overtakes_is_written_all_the_same_unless_the_finding_is_resolved() {
    let asked = "agentic.ligbox.io/advice-requested-at";
    let facade = facade();
    facade.cluster(|c| c.concurrent_patches = vec![json!({"status": {"message": "x"}})]);
    let answer = post(&facade, "ana", "/findings/f-1/advice", &json!({}), None).await;
    assert_eq!((answer.status, &annotations(&facade, "f-1")[asked]), (202, &answer.body["requested_at"]));
    // Another person asked later: that advice answers this request, too.
    let later = json!({"metadata": {"annotations": {asked: "2999-01-01T00:00:00Z"}}});
    facade.cluster(|c| c.concurrent_patches = vec![later]);
    assert_eq!(post(&facade, "ana", "/findings/f-1/advice", &json!({}), None).await.status, 202);
    assert_eq!(annotations(&facade, "f-1")[asked], "2999-01-01T00:00:00Z");
    let facade = self::facade();
    facade.cluster(|c| c.concurrent_patches = vec![json!({"status": {"phase": "Resolved"}})]);
    let answer = post(&facade, "ana", "/findings/f-1/advice", &json!({}), None).await;
    assert!(answer.problem(409).contains("nothing to advise on"), "{}", answer.text);
}

fn votes(useful: u32, wrong: u32, own: Option<&str>) -> Value {
    json!({"useful": useful, "wrong": wrong, "own": own})
}

#[tokio::test]
async fn a_later_vote_of_a_person_takes_the_place_of_the_earlier_one() {
    let facade = facade();
    let vote = async |who: &str, vote: &str| {
        let answer = post(&facade, who, "/findings/f-3/advice/vote", &json!({ "vote": vote }), None).await;
        assert_eq!((answer.status, &answer.body["finding_id"]), (200, &json!("f-3")), "{}", answer.text);
        // The watch shows them.
        for action in facade.actions() {
            facade.add("actions", action);
        }
        answer.body["votes"].clone()
    };
    assert_eq!(vote("ana", "useful").await, votes(1, 0, Some("useful")));
    assert_eq!(vote("rui", "useful").await, votes(2, 0, Some("useful")));
    assert_eq!(vote("ana", "wrong").await, votes(1, 1, Some("wrong")));
    let shown = async |who: &str| {
        let asked = request(Method::GET, "/findings/f-3").header("authorization", bearer(who, &[Role::Seo]));
        facade.send(asked, "").await.body["advice"]["votes"].clone()
    };
    assert_eq!(shown("ana").await, votes(1, 1, Some("wrong")));
    assert_eq!(shown("eva").await, votes(1, 1, None));
    let listed = facade.get("/findings?phase=resolved").await.body;
    let of = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == "f-3").unwrap();
    assert_eq!(of["advice"]["votes"]["wrong"], 1);
    let action = &facade.actions()[0];
    let parameters = &action["spec"]["parameters"];
    assert_eq!((&action["spec"]["verb"], &parameters["section-1"]), (&json!("vote"), &json!("desk#O que fazer")));
    assert_eq!(parameters["advice"], "2026-01-01T00:00:00Z/0f1e2d3c4b5a6978");
    // Newer advice has no votes yet.
    let mut newer = advice();
    newer["at"] = json!("2026-01-02T00:00:00Z");
    facade.add_finding("f-3", json!({"phase": "Open", "severity": "high", "agent": "pulso", "advice": newer}));
    assert_eq!(shown("ana").await, votes(0, 0, None));
}

#[tokio::test]
async fn a_vote_on_a_finding_without_advice_is_a_conflict_and_recorded_as_refused() {
    let facade = facade();
    let answer = post(&facade, "ana", "/findings/f-1/advice/vote", &json!({"vote": "wrong"}), Some("k")).await;
    assert!(answer.problem(409).contains("no advice"), "{}", answer.text);
    assert_eq!(facade.actions()[0]["status"]["result"], "refused");
    let again = post(&facade, "ana", "/findings/f-1/advice/vote", &json!({"vote": "wrong"}), Some("k")).await;
    assert_eq!((again.status, again.text), (409, answer.text));
}

#[tokio::test]
async fn similar_past_occurrences_are_listed_with_what_people_wrote() {
    let facade = facade();
    let transition = |at: &str, to: &str, reason: &str| json!({"at": format!("2026-01-01T{at}:00Z"), "to": to, "reason": reason, "message": "recusou"});
    let status = json!({"phase": "Open", "severity": "high", "agent": "pulso", "occurrences": 2, "transitions": [
        transition("00:00", "Open", "Opened"), transition("00:20", "Resolved", "Recovered"),
        transition("02:00", "Open", "Reopened")]});
    facade.add_finding("f-1", status);
    let answer = facade.get("/findings/f-1/similar").await;
    let note = json!({"by": "rui", "text": "oi", "at": "2026-01-01T00:00:00Z", "proven": false, "explains": false});
    let first = json!({"finding_id": "f-1", "scenario_id": "desk.api.health", "closeness": "same_finding",
        "message": "recusou", "opened_at": "2026-01-01T00:00:00Z", "resolved_at": "2026-01-01T00:20:00Z",
        "seconds": 1200, "notes": [note]});
    for (name, value) in first.as_object().unwrap() {
        assert_eq!(answer.body["items"][0][name], *value, "{name}");
    }
    assert!(answer.body["next"].is_null());
    facade.get("/findings/none/similar").await.problem(404);
}
