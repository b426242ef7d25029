//! Messages are acknowledged, and acknowledgements of Findings taken back, once and with a record.

use super::commands::{lead, server};
use super::records::{keyed, leave_by, result};
use crate::commands::recovery::{Left, round};
use crate::commands::{
    AcknowledgeMessage, Command as _, CommandError, Context, Intent, Note, RequestId, Unacknowledge,
};
use crate::runtime::clock::now;
use crate::views::testing::ApiServer;
use crate::views::{FindingPhase, FindingView, MessageView};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;

const ANA: &str = "2026-01-01T00:00:00Z";

/// With the Message `asks`, of the Finding `open`, and others.
fn pending() -> Arc<ApiServer> {
    let server = server();
    for (thread, finding) in [("thread", "open"), ("thread-of-resolved", "resolved")] {
        server.put(
            "threads",
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread",
                "metadata": {"name": thread, "namespace": "agentic-ops"},
                "spec": {"subject": "API do Desk", "agent": "pulso", "finding": finding}}),
        );
    }
    let of_finding = json!({"by": "rui", "at": ANA, "ofFinding": true, "proven": true});
    for (name, change) in [
        ("asks", json!({})),
        ("tells", json!({"spec": {"needsAck": null}})),
        ("archived", json!({"status": {"phase": "Archived"}})),
        ("moot", json!({"spec": {"thread": "thread-of-resolved"}})),
        ("known", json!({"spec": {"acknowledgement": {"by": "rui", "at": ANA}}})),
        ("of-finding", json!({"status": {"phase": "Acknowledged", "acknowledgement": of_finding}})),
    ] {
        let mut message = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message",
            "metadata": {"name": name, "namespace": "agentic-ops", "resourceVersion": "1", "generation": 1,
                "uid": format!("uid-of-{name}"), "creationTimestamp": ANA},
            "spec": {"thread": "thread", "author": {"kind": "agent", "name": "vigia"}, "body": "recusou", "needsAck": true},
            "status": {"phase": "Pending"}});
        json_patch::merge(&mut message, &change);
        server.put("messages", message);
    }
    server
}

fn message(server: &ApiServer, name: &str) -> Value {
    server.cluster(|c| c.objects[&("messages".into(), name.into())].clone())
}

fn finding(server: &ApiServer) -> Value {
    server.cluster(|c| c.objects[&("findings".into(), "open".into())].clone())
}

fn edit(server: &ApiServer, plural: &str, name: &str, change: &Value) {
    server.cluster(|c| json_patch::merge(c.objects.get_mut(&(plural.into(), name.into())).unwrap(), change));
}

async fn acknowledge(context: &Context, name: &str, note: &str) -> Result<MessageView, CommandError> {
    let context = Context { request: RequestId::unique(), ..context.clone() };
    let command = AcknowledgeMessage { message: name.into(), note: Note::parse(note)?, until: None };
    command.execute(&context, None, &|_| None).await
}

async fn unacknowledge(context: &Context, earlier: Option<Intent>) -> Result<FindingView, CommandError> {
    Unacknowledge::new(&context.resources, "open")?.execute(context, earlier, &|_| None).await
}

fn results(server: &ApiServer) -> Vec<Value> {
    server.actions().iter().map(|action| action["status"]["result"].clone()).collect()
}

#[tokio::test]
async fn a_message_is_acknowledged_once_and_the_first_person_stays() {
    let server = pending();
    let context = lead(&server);
    let until = now() + SignedDuration::from_hours(2);
    let command =
        AcknowledgeMessage { message: "asks".into(), note: Note::parse("vendo").unwrap(), until: Some(until) };
    let first = command.execute(&context, None, &|_| None).await.unwrap();
    let by = first.acknowledgement.clone().unwrap();
    assert_eq!((by.by.as_str(), by.note.as_deref(), by.until), ("ana", Some("vendo"), Some(until)));
    assert!(by.proven && !by.of_finding);
    let action = &server.actions()[0];
    let written = &message(&server, "asks")["spec"]["acknowledgement"];
    assert_eq!(written["action"], action["metadata"]["name"]);
    assert_eq!((&action["spec"]["verb"], &action["status"]["result"]), (&json!("acknowledge-message"), &json!("done")));
    assert_eq!(action["spec"]["subject"], json!({"kind": "Message", "name": "asks"}));
    assert_eq!(action["spec"]["parameters"], json!({"note": "vendo", "until": until.to_string()}));
    // Again, by the same person and by another one.
    let rui =
        Context { caller: crate::commands::Caller { name: "rui".into(), ..context.caller.clone() }, ..context.clone() };
    for context in [&context, &rui] {
        assert_eq!(acknowledge(context, "asks", "eu também").await.unwrap().acknowledgement, first.acknowledgement);
    }
    let of_finding = acknowledge(&context, "of-finding", "").await.unwrap().acknowledgement.unwrap();
    assert!(of_finding.by == "rui" && of_finding.of_finding, "{of_finding:?}");
    assert_eq!(acknowledge(&context, "known", "").await.unwrap().acknowledgement.unwrap().by, "rui");
    assert_eq!(results(&server).iter().filter(|result| **result == "unchanged").count(), 4);
    // The Finding stays as it is.
    assert!(finding(&server)["spec"]["acknowledgement"].is_null());
}

#[tokio::test]
async fn of_two_people_who_acknowledge_a_message_at_once_the_first_one_stays() {
    let server = pending();
    server.cluster(|c| c.concurrent_patches = vec![json!({"spec": {"acknowledgement": {"by": "rui", "at": ANA}}})]);
    assert_eq!(acknowledge(&lead(&server), "asks", "").await.unwrap().acknowledgement.unwrap().by, "rui");
    let server = pending();
    server.cluster(|c| c.concurrent_patches = vec![json!({"status": {"phase": "Archived"}})]);
    let error = acknowledge(&lead(&server), "asks", "").await.unwrap_err();
    assert!(matches!(&error, CommandError::Conflict(_) if error.to_string().contains("archived")), "{error:?}");
    // Another change is none of the acknowledgement.
    let server = pending();
    server.cluster(|c| c.concurrent_patches = vec![json!({"status": {"sequence": 7}})]);
    assert_eq!(acknowledge(&lead(&server), "asks", "").await.unwrap().acknowledgement.unwrap().by, "ana");
}

#[tokio::test]
async fn a_message_that_cannot_be_acknowledged_is_refused_with_words() {
    let server = pending();
    let context = lead(&server);
    for (name, part) in [
        ("tells", "needs no acknowledgement"),
        ("archived", "is archived: what it is about was resolved"),
        ("moot", "the Finding of moot is resolved"),
    ] {
        let error = acknowledge(&context, name, "").await.unwrap_err();
        assert!(matches!(&error, CommandError::Conflict(_) if error.to_string().contains(part)), "{name}: {error:?}");
    }
    assert_eq!(results(&server), vec![json!("refused"); 3]);
    for name in ["none", "a/b", ""] {
        assert!(matches!(acknowledge(&context, name, "").await, Err(CommandError::NotFound(_))), "{name}");
    }
    let command = AcknowledgeMessage { message: "asks".into(), note: None, until: Some(now()) };
    let error = command.execute(&context, None, &|_| None).await.unwrap_err();
    assert!(matches!(&error, CommandError::Invalid { field, .. } if field == "until"), "{error:?}");
    assert_eq!(server.actions().len(), 3, "what does not exist or is not valid is not recorded");
}

#[tokio::test]
async fn a_message_can_be_acknowledged_while_its_finding_flaps_and_is_resolved() {
    let server = pending();
    let change = |minutes: i64, to: &str, reason: &str| json!({"at": (now() - SignedDuration::from_mins(minutes)).to_string(), "to": to, "reason": reason});
    let transitions = json!([
        change(5, "Open", "Opened"),
        change(4, "Resolved", "Recovered"),
        change(3, "Open", "Reopened"),
        change(2, "Resolved", "Recovered"),
        change(1, "Open", "Reopened"),
        change(0, "Resolved", "Recovered"),
    ]);
    server.add_finding("resolved", json!({"phase": "Resolved", "occurrences": 3, "transitions": transitions}));
    assert_eq!(acknowledge(&lead(&server), "moot", "").await.unwrap().acknowledgement.unwrap().by, "ana");
}

#[tokio::test]
async fn an_acknowledgement_is_taken_back_and_taking_it_back_again_is_the_same() {
    let server = pending();
    let status = json!({"phase": "Acknowledged", "occurrences": 2,
        "acknowledgement": {"by": "rui", "at": ANA, "occurrence": 2, "proven": true}});
    server.add_finding("open", status);
    edit(&server, "findings", "open", &json!({"spec": {"acknowledgement": {"by": "rui", "at": ANA}}}));
    for (expected, by) in [("done", json!("rui")), ("unchanged", Value::Null)] {
        let context = lead(&server);
        let view = unacknowledge(&context, None).await.unwrap();
        assert_eq!((view.phase, view.acknowledgement), (Some(FindingPhase::Open), None));
        assert!(finding(&server)["spec"]["acknowledgement"].is_null());
        assert_eq!(result(&server, context.request.action()), expected);
        let key = ("actions".to_string(), context.request.action().to_string());
        let action = server.cluster(|c| c.objects[&key].clone());
        assert_eq!(action["spec"]["verb"], "unacknowledge");
        assert_eq!(action["spec"]["parameters"]["by"], by);
    }
    server.add_finding("open", json!({"phase": "Resolved"}));
    let error = unacknowledge(&lead(&server), None).await.unwrap_err();
    assert!(matches!(&error, CommandError::Conflict(_) if error.to_string().contains("is resolved")), "{error:?}");
}

#[tokio::test]
async fn an_acknowledgement_that_changes_at_the_same_time_is_not_taken_back() {
    for (change, part) in [
        (json!({"spec": {"acknowledgement": {"by": "eva"}}}), Some("was changed at the same time")),
        (json!({"status": {"phase": "Resolved"}}), Some("is resolved")),
        (json!({"status": {"occurrences": 3}}), Some("was opened again")),
        (json!({"status": {"message": "outra"}}), None),
        (json!({"spec": {"acknowledgement": null}}), None),
    ] {
        let server = pending();
        edit(&server, "findings", "open", &json!({"spec": {"acknowledgement": {"by": "rui", "at": ANA}}}));
        server.cluster(|c| c.concurrent_patches = vec![change.clone()]);
        match (unacknowledge(&lead(&server), None).await, part) {
            (Err(error @ CommandError::Conflict(_)), Some(part)) => {
                assert!(error.to_string().contains(part), "{change}: {error}");
            }
            (Ok(view), None) => assert!(view.acknowledgement.is_none(), "{change}"),
            (other, _) => panic!("{change}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_told_from_one_that_failed() {
    type Fails = fn(&str) -> bool;
    let of_message: Fails = |asked| asked.starts_with("PATCH") && asked.ends_with("/messages/asks");
    let of_finding: Fails = |asked| asked.starts_with("PATCH") && asked.ends_with("/findings/open");
    for is_lost in [true, false] {
        let server = pending();
        edit(&server, "findings", "open", &json!({"spec": {"acknowledgement": {"by": "rui", "at": ANA}}}));
        let set = |fails: Fails| {
            server.cluster(|c| if is_lost { c.loses_answer = Some(fails) } else { c.fails = Some(fails) })
        };
        set(of_message);
        assert_eq!(acknowledge(&lead(&server), "asks", "").await.is_ok(), is_lost);
        set(of_finding);
        let context = keyed(&server, "k");
        assert_eq!(unacknowledge(&context, None).await.is_ok(), is_lost);
        let expected = if is_lost { "done" } else { "refused" };
        assert_eq!(results(&server), [json!(expected), json!(expected)]);
        if !is_lost {
            server.cluster(|c| c.fails = None);
            let crate::commands::Earlier::Unanswered(intent) = crate::commands::look_up(&context).await.unwrap() else {
                panic!("not found");
            };
            assert!(unacknowledge(&context, Some(*intent)).await.unwrap().acknowledgement.is_none());
            assert_eq!(result(&server, context.request.action()), "done");
        }
    }
}

#[tokio::test]
async fn what_a_process_left_is_done_or_found_to_be_done() {
    for (what, verb, change, expected) in [
        ("not made: it is now", "acknowledge-message", json!({}), "done"),
        ("made", "acknowledge-message", json!({"spec": {"acknowledgement": {"by": "ana", "action": "left"}}}), "done"),
        ("by another person", "acknowledge-message", json!({"spec": {"acknowledgement": {"by": "rui"}}}), "unchanged"),
        ("too late", "acknowledge-message", json!({"status": {"phase": "Archived"}}), "refused"),
        ("another one", "acknowledge-message", json!({"metadata": {"uid": "another"}}), "refused"),
        ("not made: it is now", "unacknowledge", json!({"spec": {"acknowledgement": {"by": "rui"}}}), "done"),
        ("made", "unacknowledge", json!({}), "done"),
        ("acknowledged again", "unacknowledge", json!({"spec": {"acknowledgement": {"by": "eva"}}}), "refused"),
        ("resolved", "unacknowledge", json!({"status": {"phase": "Resolved"}}), "refused"),
    ] {
        let server = pending();
        let (plural, subject) = match verb {
            "unacknowledge" => ("findings", ("Finding", "open")),
            _ => ("messages", ("Message", "asks")),
        };
        edit(&server, plural, subject.1, &change);
        leave_by(&server, "left", verb, subject, json!({"by": "rui"}));
        assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing, "{what}");
        assert_eq!(result(&server, "left"), expected, "{verb}, {what}");
        if expected == "done" {
            assert!(finding(&server)["spec"]["acknowledgement"].is_null(), "{what}");
            let by = message(&server, "asks")["spec"]["acknowledgement"]["by"].clone();
            assert_eq!(by == "ana", verb == "acknowledge-message", "{what}");
        }
    }
}
