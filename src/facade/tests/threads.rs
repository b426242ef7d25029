//! Threads and their Messages.

use super::reads::{DAY, facade, ids, needs_ack, object};
use serde_json::{Value, json};

#[tokio::test]
async fn threads_are_listed_filtered_and_sorted() {
    let facade = facade();
    for (query, expected) in [
        ("", vec!["t-talk", "t-critical", "t-low"]),
        ("?sort=severity", vec!["t-critical", "t-low", "t-talk"]),
        ("?state=open", vec!["t-talk", "t-low"]),
        ("?state=closed", vec!["t-critical"]),
        ("?agent=A1", vec!["t-critical", "t-low"]),
        ("?agent=vigia", vec!["t-talk"]),
        ("?finding_id=f-low", vec!["t-low"]),
        ("?finding_id=none", vec![]),
        ("?finding_id=f-low&state=closed", vec![]),
    ] {
        let answer = facade.get(&format!("/threads{query}")).await;
        assert_eq!((answer.status, ids(&answer.body)), (200, expected), "{query}");
    }
    for (query, expected) in [
        ("state=Open", "state: \"Open\" is not one of open, closed"),
        ("agent=nobody", "agent: \"nobody\" is not the id or name of an Agent; there is A1, vigia"),
        ("sort=x", "sort: \"x\" is not one of created, severity"),
        ("finding=f-low", "finding: not a parameter here; there is state, agent, finding_id, sort, limit, cursor"),
    ] {
        let answer = facade.get(&format!("/threads?{query}")).await;
        assert!(answer.problem(400).starts_with(expected), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_thread_has_the_fields_of_the_contract() {
    let items = facade().get("/threads").await.body["items"].clone();
    let low = json!({"id": "t-low", "subject": "Desk", "agent": {"id": "A1", "name": "Pulso"}, "finding_id": "f-low",
        "severity": "low", "state": "open", "message_count": 3, "pending_count": 1, "last_message_at": DAY[3],
        "created_at": DAY[0]});
    let talk = json!({"id": "t-talk", "subject": "Oi", "agent": {"id": "vigia", "name": "Vigia"}, "finding_id": null,
        "severity": null, "state": "open", "message_count": 0, "pending_count": 0, "last_message_at": null,
        "created_at": DAY[2]});
    assert_eq!((&items[2], &items[0], &items[1]["state"]), (&low, &talk, &json!("closed")));
}

fn message(name: &str, day: usize, sequence: Option<u32>) -> Value {
    let spec = json!({"thread": "t-low", "author": {"kind": "person", "name": "ana"}, "body": "oi", "at": DAY[day]});
    let status = sequence.map_or(Value::Null, |sequence| json!({"sequence": sequence}));
    object("Message", name, DAY[4], spec, status)
}

#[tokio::test]
async fn messages_are_in_the_order_of_their_thread() {
    let facade = facade();
    for message in [
        message("m-c", 0, None),
        message("m-b", 2, Some(2)),
        message("m-a", 3, Some(1)),
        message("m-e", 1, None),
        message("m-d", 1, None),
        message("m-f", 0, Some(2)),
    ] {
        facade.add("messages", message);
    }
    needs_ack(&facade, "m-other", "t-talk", DAY[0], json!({}));
    let expected = ["m-a", "m-f", "m-b", "m-c", "m-d", "m-e"];
    assert_eq!(ids(&facade.get("/threads/t-low/messages").await.body), expected);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = facade.get(&format!("/threads/t-low/messages?limit=2{cursor}")).await.body;
        seen.extend(ids(&page).into_iter().map(String::from));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, expected);
    assert_eq!(ids(&facade.get("/threads/t-critical/messages").await.body), Vec::<&str>::new());
}

#[tokio::test]
async fn a_page_goes_on_after_a_message_that_has_got_its_place_meanwhile() {
    let facade = facade();
    for name in ["m-1", "m-2", "m-3"] {
        facade.add("messages", message(name, 0, None));
    }
    let first = facade.get("/threads/t-low/messages?limit=2").await.body;
    for (name, sequence) in [("m-1", 1), ("m-2", 2), ("m-3", 3), ("m-4", 4)] {
        facade.add("messages", message(name, 0, Some(sequence)));
    }
    let next = facade.get(&format!("/threads/t-low/messages?cursor={}", first["next"].as_str().unwrap())).await.body;
    assert_eq!((ids(&first), ids(&next)), (vec!["m-1", "m-2"], vec!["m-3", "m-4"]));
}

#[tokio::test]
async fn a_message_has_the_fields_of_the_contract() {
    let facade = facade();
    let spec = json!({"thread": "t-low", "author": {"kind": "person", "name": "ana"}, "body": "status"});
    facade.add(
        "messages",
        object(
            "Message",
            "m-1",
            DAY[0],
            spec,
            json!({"sequence": 1, "proven": true,
        "answer": {"phase": "Queued", "position": 2, "since": DAY[1]}}),
        ),
    );
    let spec = json!({"thread": "t-low", "author": {"kind": "agent", "name": "pulso"}, "body": "Caiu.", "inReplyTo": "m-1",
        "recipients": ["ops_lead"], "needsAck": true, "at": "2026-01-01T00:00:00.000006Z", "tier": "T0", "grounded": true, "reason": "Opened",
        "severity": "high", "citations": [{"spec": "desk", "section": "Passos", "quote": "reinicie"}, {"spec": "b", "quote": "c"}],
        "acknowledgement": {"by": "rui", "note": "x"}});
    let acknowledgement =
        json!({"by": "ana", "note": "vendo", "at": DAY[2], "until": DAY[3], "ofFinding": true, "proven": true});
    let status = json!({"sequence": 2, "phase": "Acknowledged", "acknowledgement": acknowledgement});
    facade.add("messages", object("Message", "m-2", DAY[0], spec.clone(), status));
    facade.add("messages", object("Message", "m-3", DAY[0], spec.clone(), json!({"sequence": 3})));
    let mut of_the_operator = object("Message", "m-4", DAY[0], spec.clone(), json!({"sequence": 4}));
    of_the_operator["metadata"]["annotations"] = json!({"agentic.ligbox.io/recorded-by": "operator"});
    facade.add("messages", of_the_operator);
    let later = json!({"thread": "t-low", "author": {"kind": "person", "name": "ana"}, "body": "x", "at": DAY[3]});
    facade.add("messages", object("Message", "m-5", DAY[0], later, json!({"sequence": 5})));
    let items = facade.get("/threads/t-low/messages").await.body["items"].clone();
    let person = json!({"id": "m-1", "thread_id": "t-low", "author": {"kind": "person", "name": "ana"}, "proven": true,
        "body": "status", "tier": null, "citations": [], "grounded": null, "in_reply_to": null, "recipients": [], "reason": null,
        "severity": null, "needs_ack": false, "phase": null, "acknowledgement": null, "created_at": DAY[0],
        "answer": {"phase": "queued", "position": 2, "since": DAY[1]}});
    assert_eq!(items[0], person);
    let agent = json!({"id": "m-2", "thread_id": "t-low", "author": {"kind": "agent", "name": "Pulso"}, "proven": false,
        "body": "Caiu.", "tier": "T0", "grounded": true, "in_reply_to": "m-1", "recipients": ["ops_lead"], "reason": "Opened",
        "citations": [{"spec": "desk", "section": "Passos", "quote": "reinicie"}, {"spec": "b", "section": null, "quote": "c"}],
        "severity": "high", "needs_ack": true, "phase": "acknowledged", "answer": null, "created_at": "2026-01-01T00:00:00.000006Z",
        "acknowledgement": {"by": "ana", "note": "vendo", "at": DAY[2], "until": DAY[3], "of_finding": true, "proven": true}});
    assert_eq!(items[1], agent);
    // Before the operator has taken it in.
    let written = json!({"by": "rui", "note": "x", "at": null, "until": null, "of_finding": false, "proven": false});
    assert_eq!((&items[2]["acknowledgement"], &items[2]["phase"]), (&written, &json!("acknowledged")));
    assert_eq!(
        (&items[2]["proven"], &items[3]["proven"]),
        (&json!(false), &json!(true)),
        "by hand, and of the operator"
    );
    assert_eq!(items[4]["created_at"], "2026-01-01T00:05:00Z", "not later than it was created");
}

#[tokio::test]
async fn the_messages_of_a_thread_that_does_not_exist_are_not_found() {
    let facade = facade();
    needs_ack(&facade, "m-1", "t-none", DAY[0], json!({}));
    assert_eq!(facade.get("/threads/t-none/messages").await.problem(404), "no Thread is named \"t-none\"");
    let answer = facade.get("/threads/t-low/messages?sort=severity").await;
    assert_eq!(answer.problem(400), "sort: not a parameter here; there is limit, cursor");
}
