//! Roster, inbox and action log, and what all lists have in common.

use super::fake::Facade;
use serde_json::{Value, json};

pub fn object(kind: &str, name: &str, created: &str, spec: Value, status: Value) -> Value {
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind, "spec": spec, "status": status,
        "metadata": {"name": name, "namespace": "agentic-ops", "resourceVersion": "1", "creationTimestamp": created}})
}

pub fn ids(body: &Value) -> Vec<&str> {
    body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

pub const DAY: [&str; 5] = [
    "2026-01-01T00:00:00Z",
    "2026-01-02T00:00:00Z",
    "2026-01-03T00:00:00Z",
    "2026-01-04T00:00:00Z",
    "2026-01-05T00:00:00Z",
];

/// Agents Pulso and Vigia, Findings `f-low` and `f-critical` of Pulso, a Thread about each, and a conversation with Vigia.
pub fn facade() -> Facade {
    let facade = Facade::new();
    let agent = json!({"displayName": "Vigia", "codename": "sentinel", "tier": "T1", "suspend": true,
        "inboxRoles": ["ops_lead", "devops"]});
    facade.add("agents", object("Agent", "vigia", DAY[0], agent, Value::Null));
    facade.add_scenario("desk.api.health", false, "True").add_scenario("a.scenario", false, "True");
    for (name, severity, phase) in [("f-low", "low", "Open"), ("f-critical", "critical", "Acknowledged")] {
        let status =
            json!({"phase": phase, "severity": severity, "agent": "pulso", "openedAt": DAY[0], "occurrences": 1});
        facade.add_finding(name, status);
    }
    facade.add_finding("f-over", json!({"phase": "Resolved", "severity": "high", "agent": "pulso"}));
    let thread = |name: &str, day: usize, spec: Value, status: Value| {
        facade.add("threads", object("Thread", name, DAY[day], spec, status));
    };
    let status = json!({"messageCount": 3, "pendingCount": 1, "lastMessageAt": DAY[3]});
    thread("t-low", 0, json!({"subject": "Desk", "agent": "pulso", "finding": "f-low"}), status);
    let spec = json!({"subject": "Cluster", "agent": "pulso", "finding": "f-critical", "closed": true});
    thread("t-critical", 1, spec, Value::Null);
    thread("t-talk", 2, json!({"subject": "Oi", "agent": "vigia", "conversation": "c"}), Value::Null);
    facade
}

/// A Message that needs an acknowledgement, to the operations lead.
pub fn needs_ack(facade: &Facade, name: &str, thread: &str, at: &str, more: Value) {
    let mut message = object(
        "Message",
        name,
        DAY[4],
        json!({"thread": thread, "author": {"kind": "agent", "name": "pulso"}, "body": "Caiu.", "at": at,
            "needsAck": true, "recipients": ["ops_lead"], "tier": "T0"}),
        Value::Null,
    );
    json_patch::merge(&mut message, &more);
    facade.add("messages", message);
}

#[tokio::test]
async fn the_roster_counts_what_belongs_to_each_agent() {
    let facade = facade();
    needs_ack(&facade, "m-1", "t-low", DAY[0], json!({}));
    needs_ack(&facade, "m-2", "t-low", DAY[0], json!({"status": {"phase": "Archived"}}));
    let body = facade.get("/roster").await.body;
    let pulso = json!({"id": "A1", "name": "Pulso", "codename": "node_health", "tier": "T0", "inbox": [],
        "scenarios": ["a.scenario", "desk.api.health"], "open_findings": 2, "pending_messages": 1, "suspended": false});
    let vigia = json!({"id": "vigia", "name": "Vigia", "codename": "sentinel", "tier": "T1",
        "inbox": ["ops_lead", "devops"], "scenarios": [], "open_findings": 0, "pending_messages": 0, "suspended": true});
    assert_eq!(body, json!({"items": [pulso, vigia], "next": null}));
    let first = facade.get("/roster?limit=1").await.body;
    let second = facade.get(&format!("/roster?cursor={}", first["next"].as_str().unwrap())).await.body;
    assert_eq!((ids(&first), ids(&second)), (vec!["A1"], vec!["vigia"]));
}

#[tokio::test]
async fn an_inbox_has_the_messages_that_are_pending() {
    let facade = facade();
    let acknowledgement = json!({"by": "ana"});
    for (name, more, is_pending) in [
        ("m-new", json!({}), true),
        ("m-pending", json!({"status": {"phase": "Pending", "sequence": 1}}), true),
        ("m-numbered", json!({"status": {"sequence": 2}}), true),
        ("m-acked", json!({"spec": {"acknowledgement": acknowledgement}}), false),
        ("m-acknowledged", json!({"status": {"phase": "Acknowledged"}}), false),
        ("m-archived", json!({"status": {"phase": "Archived"}}), false),
        ("m-plain", json!({"spec": {"needsAck": false}}), false),
        // The operator has not taken the acknowledgement in yet.
        ("m-late", json!({"spec": {"acknowledgement": acknowledgement}, "status": {"phase": "Pending"}}), false),
    ] {
        needs_ack(&facade, name, "t-low", DAY[0], more);
        let inbox = facade.get("/inbox").await;
        assert_eq!(ids(&inbox.body).contains(&name), is_pending, "{name}: {}", inbox.text);
    }
}

#[tokio::test]
async fn an_inbox_item_has_the_fields_of_the_contract() {
    let facade = facade();
    needs_ack(&facade, "m-1", "t-critical", "2026-01-02T03:04:05.000006Z", json!({"spec": {"severity": "high"}}));
    let expected = json!({"id": "m-1", "thread_id": "t-critical", "subject": "Cluster",
        "agent": {"id": "A1", "name": "Pulso"}, "recipients": ["ops_lead"], "body": "Caiu.", "severity": "high",
        "finding_id": "f-critical", "owner": null, "created_at": "2026-01-02T03:04:05.000006Z"});
    assert_eq!(facade.get("/inbox").await.body, json!({"items": [expected], "next": null}));
    let facade = self::facade();
    needs_ack(&facade, "m-2", "t-none", DAY[0], json!({"spec": {"at": null, "recipients": null}}));
    let expected = json!({"id": "m-2", "thread_id": "t-none", "subject": null, "agent": null, "recipients": [],
        "body": "Caiu.", "severity": null, "finding_id": null, "owner": null, "created_at": DAY[4]});
    assert_eq!(facade.get("/inbox").await.body, json!({"items": [expected], "next": null}));
}

#[tokio::test]
async fn an_inbox_is_filtered_and_sorted() {
    let facade = facade();
    // The first two have the severity of the Finding of their Thread.
    needs_ack(&facade, "m-low", "t-low", DAY[3], json!({}));
    needs_ack(&facade, "m-critical", "t-critical", DAY[2], json!({"spec": {"recipients": ["devops", "ana"]}}));
    needs_ack(&facade, "m-old", "t-talk", DAY[0], json!({"spec": {"severity": "critical"}}));
    needs_ack(&facade, "m-none", "t-talk", DAY[1], json!({}));
    for (query, expected) in [
        ("", vec!["m-low", "m-critical", "m-none", "m-old"]),
        ("?sort=created", vec!["m-low", "m-critical", "m-none", "m-old"]),
        ("?sort=severity", vec!["m-old", "m-critical", "m-low", "m-none"]),
        ("?role=devops", vec!["m-critical"]),
        ("?role=seo", vec![]),
        ("?agent=A1", vec!["m-low", "m-critical"]),
        ("?agent=vigia&role=ops_lead", vec!["m-none", "m-old"]),
        ("?severity=critical", vec!["m-critical", "m-old"]),
        ("?severity=low&agent=pulso", vec!["m-low"]),
    ] {
        let answer = facade.get(&format!("/inbox{query}")).await;
        assert_eq!((answer.status, ids(&answer.body)), (200, expected), "{query}");
    }
    for (query, expected) in [
        ("role=boss", "role: \"boss\" is not one of super_admin, ops_lead"),
        ("severity=bad", "severity: \"bad\" is not one of critical, high"),
        ("agent=A9", "agent: \"A9\" is not the id or name of an Agent; there is A1, vigia"),
        ("sort=name", "sort: \"name\" is not one of created, severity"),
        ("roles=devops", "roles: not a parameter here; there is role, agent, severity, sort, limit, cursor"),
    ] {
        let answer = facade.get(&format!("/inbox?{query}")).await;
        assert!(answer.problem(400).starts_with(expected), "{}", answer.text);
    }
}

#[tokio::test]
async fn the_pages_of_a_sort_follow_one_another_and_take_no_other_cursor() {
    let facade = facade();
    for name in ["m-1", "m-2", "m-3"] {
        needs_ack(&facade, name, "t-low", DAY[0], json!({}));
    }
    for list in ["/inbox?", "/threads?", "/findings?phase=active&"] {
        for (sort, other) in [("created", "severity"), ("severity", "created")] {
            let all = facade.get(&format!("{list}sort={sort}")).await.body;
            let first = facade.get(&format!("{list}sort={sort}&limit=1")).await.body;
            let cursor = first["next"].as_str().unwrap();
            let rest = facade.get(&format!("{list}sort={sort}&cursor={cursor}")).await.body;
            assert_eq!([ids(&first), ids(&rest)].concat(), ids(&all), "{list} {sort}");
            let wrong = facade.get(&format!("{list}sort={other}&cursor={cursor}")).await;
            assert!(wrong.problem(400).starts_with("cursor: it is of the list"), "{}", wrong.text);
        }
    }
}

#[tokio::test]
async fn findings_are_sorted_by_severity_and_then_the_oldest_first() {
    let facade = Facade::new();
    for (name, severity, day) in
        [("a", "low", 0), ("b", "critical", 3), ("c", "high", 1), ("d", "critical", 2), ("e", "info", 4)]
    {
        let status = json!({"phase": "Open", "severity": severity, "openedAt": DAY[day]});
        facade.add_finding(name, status);
    }
    assert_eq!(ids(&facade.get("/findings?sort=severity").await.body), ["d", "b", "c", "a", "e"]);
    assert_eq!(ids(&facade.get("/findings?sort=created").await.body), ["e", "b", "d", "c", "a"]);
}

#[tokio::test]
async fn the_action_log_is_newest_first_and_filtered() {
    let facade = Facade::new();
    for (name, day, verb, actor, result) in [
        ("a-1", 0, "acknowledge", "ana", Some("done")),
        ("a-2", 2, "run", "rui", None),
        ("a-3", 1, "run", "ana", Some("refused")),
    ] {
        let spec = json!({"verb": verb, "subject": {"kind": "Finding", "name": "f-1"},
            "actor": {"name": actor, "roles": ["ops_lead"], "via": "rest"}});
        let status = result.map_or(Value::Null, |result| json!({"result": result, "message": "why"}));
        facade.add("actions", object("Action", name, DAY[day], spec, status));
    }
    for (query, expected) in [
        ("", vec!["a-2", "a-3", "a-1"]),
        ("?verb=run", vec!["a-2", "a-3"]),
        ("?actor=ana", vec!["a-3", "a-1"]),
        ("?actor=ana&verb=run", vec!["a-3"]),
        ("?verb=chat", vec![]),
        ("?since=2026-01-02T00:00:00Z", vec!["a-2", "a-3"]),
        ("?since=2026-01-02T01:00:00%2B01:00", vec!["a-2", "a-3"]),
        ("?since=2026-01-02T00:00:01Z", vec!["a-2"]),
        ("?limit=1", vec!["a-2"]),
    ] {
        let answer = facade.get(&format!("/action-log{query}")).await;
        assert_eq!((answer.status, ids(&answer.body)), (200, expected), "{query}");
    }
    let expected = json!({"id": "a-2", "at": DAY[2], "verb": "run", "subject": {"kind": "Finding", "name": "f-1"},
        "actor": {"name": "rui", "roles": ["ops_lead"], "via": "rest"}, "proven": false, "result": null,
        "message": null});
    assert_eq!(facade.get("/action-log?limit=1").await.body["items"][0], expected);
    for (query, expected) in [
        ("since=today", "since: \"today\" is not a time such as"),
        ("verb=Run", "verb: \"Run\" is not a verb such as acknowledge"),
        ("verb=", "verb: \"\" is not a verb"),
        ("sort=created", "sort: not a parameter here"),
    ] {
        let answer = facade.get(&format!("/action-log?{query}")).await;
        assert!(answer.problem(400).starts_with(expected), "{}", answer.text);
    }
}
