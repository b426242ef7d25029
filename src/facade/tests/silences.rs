use super::fake::{Answered, Facade, bearer, request};
use crate::api::Role;
use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn now() -> Timestamp {
    crate::runtime::clock::now()
}

/// A Silence that was created an hour ago.
fn silence(name: &str, times: Value) -> Value {
    let mut spec =
        json!({"matchers": [{"name": "scenario", "op": "=", "value": "shop"}], "author": "ana", "reason": "disco"});
    json_patch::merge(&mut spec, &times);
    let created = now() - SignedDuration::from_hours(1);
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Silence",
        "metadata": {"name": name, "namespace": "agentic-ops", "resourceVersion": "1", "uid": format!("uid-of-{name}"),
            "generation": 1, "creationTimestamp": created.to_string()},
        "spec": spec, "status": {"active": true, "holding": ["f"], "holdingTotal": 1}})
}

fn in_minutes(minutes: i64) -> String {
    (now() + SignedDuration::from_mins(minutes)).to_string()
}

fn facade() -> Facade {
    let facade = Facade::new();
    let daily = |cron: &str| json!({"recurrence": {"cron": cron, "duration": "1m"}});
    for (name, times) in [
        ("a-running", json!({"endsAt": in_minutes(60)})),
        ("b-over", json!({"endsAt": in_minutes(-10)})),
        ("c-later", json!({"startsAt": in_minutes(30), "endsAt": in_minutes(60)})),
        ("d-always", daily("* * * * *")),
        ("e-never", daily("0 0 30 2 *")),
        ("f-wrong", json!({"endsAt": in_minutes(60), "matchers": [{"name": "key", "op": "=~", "value": "("}]})),
    ] {
        facade.add("silences", silence(name, times));
    }
    facade
}

fn stored(facade: &Facade, name: &str) -> Option<Value> {
    facade.cluster(|c| c.objects.get(&("silences".to_string(), name.to_string())).cloned())
}

async fn ids(facade: &Facade, query: &str) -> Vec<String> {
    let answer = facade.get(&format!("/silences{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body["items"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap().to_string()).collect()
}

async fn make(facade: &Facade, key: Option<&str>, change: Value) -> Answered {
    let matcher = json!({"name": "key", "op": "=~", "value": "11.*"});
    let mut body = json!({"matchers": [matcher], "duration": "2h", "reason": "troca de disco"});
    json_patch::merge(&mut body, &change);
    let mut request = request(Method::POST, "/silences").header("authorization", bearer("rui", &[Role::Technician]));
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    facade.send(request, &body.to_string()).await
}

async fn end(facade: &Facade, name: &str) -> Answered {
    facade.call(Method::DELETE, &format!("/silences/{name}"), Role::Seo, "").await
}

#[tokio::test]
async fn silences_are_listed_in_pages_and_by_whether_they_are_active() {
    let facade = facade();
    let all = ["a-running", "b-over", "c-later", "d-always", "e-never", "f-wrong"];
    assert_eq!(ids(&facade, "").await, all);
    assert_eq!(ids(&facade, "?active=true").await, ["a-running", "d-always"]);
    assert_eq!(ids(&facade, "?active=false").await, ["b-over", "c-later", "e-never", "f-wrong"]);
    let first = facade.get("/silences?limit=4").await.body;
    let next = format!("?limit=4&cursor={}", first["next"].as_str().unwrap());
    assert_eq!(ids(&facade, &next).await, all[4..]);
    let view = |name: &str| {
        let at = all.iter().position(|other| *other == name).unwrap();
        first["items"][at].clone()
    };
    assert_eq!(view("a-running")["holding"], 1);
    let over = view("b-over");
    assert_eq!((&over["active"], &over["holding"]), (&json!(false), &json!(0)), "whatever its status says still");
    for query in ["active=yes", "limit=0", "phase=open"] {
        let answer = facade.get(&format!("/silences?{query}")).await;
        assert!(answer.problem(400).starts_with(query.split('=').next().unwrap()), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_silence_is_made_by_the_caller_and_recorded() {
    let facade = Facade::new();
    let made = make(&facade, None, json!({})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let name = made.body["id"].as_str().unwrap();
    assert_eq!((&made.body["author"], &made.body["active"]), (&json!("rui"), &json!(true)));
    assert_eq!(made.body["matchers"], json!([{"name": "key", "op": "=~", "value": "11.*"}]));
    let ends_at: Timestamp = made.body["ends_at"].as_str().unwrap().parse().unwrap();
    assert!((ends_at - now()).total(jiff::Unit::Minute).unwrap() > 119.0, "{}", made.text);
    let spec = stored(&facade, name).unwrap()["spec"].clone();
    assert_eq!((&spec["author"], &spec["reason"]), (&json!("rui"), &json!("troca de disco")));
    let actions = facade.actions();
    let action = &actions[0];
    assert_eq!((action["spec"]["verb"].as_str(), action["status"]["result"].as_str()), (Some("silence"), Some("done")));
    assert_eq!(action["spec"]["subject"], json!({"kind": "Silence", "name": name}));
    let parameters = &action["spec"]["parameters"];
    assert_eq!((&parameters["matchers"], &parameters["ends_at"]), (&json!("key=~11.*"), &made.body["ends_at"]));
    assert_eq!(ids(&facade, "?active=true").await, [name]);
}

#[tokio::test]
async fn a_request_that_is_repeated_makes_one_silence() {
    let facade = Facade::new();
    let first = make(&facade, Some("k"), json!({})).await;
    let again = make(&facade.another(), Some("k"), json!({})).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert!(make(&facade, Some("k"), json!({"duration": "3h"})).await.problem(422).starts_with("Idempotency-Key"));
    // The response was lost with the process, as was the result.
    let name = facade.actions()[0]["metadata"]["name"].as_str().unwrap().to_string();
    facade.cluster(|c| {
        let action = c.objects.get_mut(&("actions".to_string(), name)).unwrap();
        action.as_object_mut().unwrap().remove("status");
        action["spec"]["request"]["process"] = "pod-a/before".into();
    });
    let again = make(&facade, Some("k"), json!({})).await;
    assert_eq!(
        (again.status, &again.body["id"], &again.body["ends_at"]),
        (201, &first.body["id"], &first.body["ends_at"])
    );
    assert_eq!((ids(&facade, "").await.len(), facade.actions().len()), (1, 1));
}

#[tokio::test]
async fn what_is_wrong_names_the_field_and_makes_nothing() {
    let facade = Facade::new();
    let recurrence = |cron: &str| json!({"duration": null, "recurrence": {"cron": cron, "duration": "1h"}});
    for (change, field) in [
        (json!({"author": "ana"}), "author"),
        (json!({"reason": "  "}), "reason"),
        (json!({"matchers": [{"name": "key", "op": "=~", "value": ".*"}]}), "matchers"),
        (json!({"matchers": [{"name": "key", "op": "=~", "value": "("}]}), "matchers[0].value"),
        (json!({"duration": "2 hours"}), "duration"),
        (json!({"ends_at": "2030-01-01T00:00:00Z"}), "ends_at"),
        (json!({"duration": null, "ends_at": "2020-01-01T00:00:00Z"}), "ends_at"),
        (json!({"starts_at": "yesterday"}), "starts_at"),
        (recurrence("0 3 * *"), "recurrence.cron"),
    ] {
        let answer = make(&facade, None, change.clone()).await;
        assert!(answer.problem(422).starts_with(&format!("{field}: ")), "{change}: {}", answer.text);
    }
    assert_eq!((facade.actions().len(), ids(&facade, "").await.len()), (0, 0));
    let anonymous = facade.send(request(Method::POST, "/silences"), "{}").await;
    assert_eq!(anonymous.status, 401);
}

#[tokio::test]
async fn what_has_started_is_kept_with_its_end_and_anything_else_is_deleted() {
    let facade = facade();
    for (name, result, is_kept) in [
        ("a-running", "done", true),
        ("b-over", "unchanged", true),
        ("c-later", "done", false),
        ("d-always", "done", false),
        ("e-never", "done", false),
        ("f-wrong", "done", true),
    ] {
        let before = facade.actions().len();
        let ended = end(&facade, name).await;
        assert_eq!(
            (ended.status, &ended.body["active"], &ended.body["holding"]),
            (200, &json!(false), &json!(0)),
            "{name}"
        );
        assert_eq!(stored(&facade, name).is_some(), is_kept, "{name}");
        let actions = facade.actions();
        let of_this = |action: &&Value| action["spec"]["subject"]["name"] == name;
        let action = actions.iter().find(of_this).unwrap();
        assert_eq!(
            (&action["spec"]["verb"], &action["status"]["result"]),
            (&json!("end-silence"), &json!(result)),
            "{name}"
        );
        assert_eq!(actions.len(), before + 1);
    }
    let end_of = |name: &str| -> Timestamp {
        stored(&facade, name).unwrap()["spec"]["endsAt"].as_str().unwrap().parse().unwrap()
    };
    assert!(end_of("a-running") <= now() && end_of("b-over") < now() - SignedDuration::from_mins(9));
    assert!(end(&facade, "c-later").await.problem(404).contains("no Silence"));
    assert!(end(&facade, "none").await.problem(404).contains("\"none\""));
}

#[tokio::test]
async fn a_silence_that_is_changed_at_the_same_time_is_ended_all_the_same() {
    let facade = facade();
    facade.cluster(|c| c.concurrent_patches = vec![json!({"spec": {"reason": "changed"}})]);
    assert_eq!(end(&facade, "a-running").await.status, 200);
    let spec = stored(&facade, "a-running").unwrap()["spec"].clone();
    let ends_at: Timestamp = spec["endsAt"].as_str().unwrap().parse().unwrap();
    assert!(spec["reason"] == "changed" && ends_at <= now(), "{spec}");
}
