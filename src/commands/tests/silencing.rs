//! Silences by commands in the text of Messages: one for each person and what they are about, and all of it is ended by one command.

use super::commands::{context, lead};
use super::conversation::{add_thread, of_kind, reply, talking};
use crate::api::{RECORDED_BY, Role};
use crate::commands::recovery::{Left, round};
use crate::commands::{Context, Interface};
use crate::runtime::clock::now;
use crate::views::testing::ApiServer;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

/// The Silences that have not ended: author, number of matchers, and the minutes until their ends.
fn active(server: &ApiServer) -> Vec<(String, usize, i64)> {
    let mut active: Vec<_> = of_kind(server, "silences")
        .iter()
        .map(|silence| {
            let end: Timestamp = silence["spec"]["endsAt"].as_str().unwrap().parse().unwrap();
            let minutes = (end.duration_since(now()).as_secs() + 30) / 60;
            let matchers = silence["spec"]["matchers"].as_array().unwrap().len();
            (silence["spec"]["author"].as_str().unwrap().to_string(), matchers, minutes)
        })
        .filter(|(_, _, minutes)| *minutes > 0)
        .collect();
    active.sort();
    active
}

fn of(name: &str, matchers: usize, minutes: i64) -> (String, usize, i64) {
    (name.to_string(), matchers, minutes)
}

fn rui(server: &Arc<ApiServer>) -> Context {
    context(server, "rui", Role::Seo, Interface::Rest)
}

fn last_action(server: &ApiServer, verb: &str, result: &str) -> Value {
    let is_one = |action: &Value| action["spec"]["verb"] == verb && action["status"]["result"] == result;
    server.actions().into_iter().rfind(is_one).unwrap_or_else(|| panic!("{verb} {result}: {:?}", server.actions()))
}

#[tokio::test]
async fn the_same_person_has_one_silence_of_the_same_with_the_last_end() {
    let server = talking();
    reply(&lead(&server), "thread", "silenciar 2h troca de disco").await.unwrap();
    reply(&lead(&server), "thread", "silenciar 1h").await.unwrap();
    assert_eq!(active(&server), [of("ana", 3, 60)], "it replaces the one before");
    let silence = of_kind(&server, "silences").remove(0);
    assert_eq!(silence["spec"]["reason"], "troca de disco", "no other reason was given");
    let renewal =
        server.actions().into_iter().find(|action| !action["spec"]["parameters"]["ended_at"].is_null()).unwrap();
    assert_eq!(renewal["spec"]["subject"]["name"], silence["metadata"]["name"]);
    assert_eq!(renewal["spec"]["parameters"]["finding"], "open");
    assert_eq!(renewal["status"]["result"], "done");
    reply(&lead(&server), "thread", "silenciar 3h outro motivo").await.unwrap();
    assert_eq!(of_kind(&server, "silences").remove(0)["spec"]["reason"], "outro motivo");
    // Another person, and the whole Scenario.
    reply(&rui(&server), "thread", "silenciar 4h").await.unwrap();
    reply(&lead(&server), "thread", "silenciar cenário 5h").await.unwrap();
    assert_eq!(active(&server), [of("ana", 1, 300), of("ana", 3, 180), of("rui", 3, 240)]);
    // Also after it was ended.
    reply(&lead(&server), "thread", "reativar").await.unwrap();
    reply(&lead(&server), "thread", "silenciar 2h").await.unwrap();
    assert_eq!(active(&server), [of("ana", 1, 300), of("ana", 3, 120)]);
}

#[tokio::test]
async fn a_silence_is_ended_by_a_command_for_what_it_is_about() {
    let server = talking();
    reply(&lead(&server), "thread", "reativar").await.unwrap();
    assert!(last_action(&server, "unsilence", "unchanged")["spec"]["parameters"]["silences"].is_null());
    for context in [lead(&server), rui(&server)] {
        reply(&context, "thread", "silenciar 2h").await.unwrap();
    }
    reply(&lead(&server), "thread", "silenciar cenário 2h").await.unwrap();
    reply(&rui(&server), "thread", "fim do silêncio").await.unwrap();
    assert_eq!(active(&server), [of("ana", 1, 120)], "that of the Scenario stays");
    let action = last_action(&server, "unsilence", "done");
    assert_eq!(action["spec"]["subject"], json!({"kind": "Finding", "name": "open"}));
    assert_eq!(action["spec"]["parameters"]["silences"].as_str().unwrap().split(", ").count(), 2);
    reply(&lead(&server), "thread", "unsilence scenario desk.api.health").await.unwrap();
    assert_eq!(active(&server), []);
    add_thread(&server, "talk", json!({}));
    for (text, reason) in [("reativar", "NotAboutScenario"), ("silenciar cenário none 2h", "NoSuchObject")] {
        reply(&lead(&server), "talk", text).await.unwrap();
        let refused = server.actions().into_iter().filter(|action| action["status"]["result"] == "refused");
        assert!(refused.map(|action| action["status"]["reason"].clone()).any(|seen| seen == reason), "{text}");
    }
    assert_eq!(active(&server), []);
}

/// A Silence, and an Action about it that the process before in this pod left without a result.
fn leave(server: &ApiServer, verb: &str, before: Value, ends_at: Timestamp) {
    let matchers = json!([{"name": "scenario", "op": "=", "value": "desk.api.health"}]);
    let created = (now() - SignedDuration::from_hours(1)).to_string();
    let metadata = json!({"name": "a", "namespace": "agentic-ops", "uid": "uid-of-a", "generation": 1,
        "resourceVersion": "1", "creationTimestamp": created});
    let ended_at = (now() + SignedDuration::from_hours(1)).to_string();
    let spec = json!({"matchers": matchers, "endsAt": ended_at.clone(), "author": "ana", "reason": "r"});
    let kind = |kind: &str, metadata: Value, spec: Value| json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec});
    server.put("silences", kind("Silence", metadata, spec));
    let metadata = json!({"name": "left", "namespace": "agentic-ops", "resourceVersion": "1",
        "annotations": {RECORDED_BY: "facade"}, "creationTimestamp": now().to_string()});
    let spec = json!({"verb": verb, "subject": {"kind": "Silence", "name": "a"}, "before": before,
        "parameters": {"silences": "a", "ends_at": ends_at.to_string(), "ended_at": ended_at, "reason": "r"},
        "actor": {"name": "ana", "roles": ["ops_lead"], "via": "rest"}, "request": {"process": "pod-a/1"}});
    server.put("actions", kind("Action", metadata, spec));
}

#[tokio::test]
async fn what_a_process_left_is_completed() {
    let later = now() + SignedDuration::from_hours(2);
    for (verb, before, result, minutes) in
        [("silence", json!({"uid": "uid-of-a"}), "refused", 60), ("unsilence", json!({}), "done", 0)]
    {
        let server = talking();
        leave(&server, verb, before, later);
        assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing);
        assert_eq!(server.actions()[0]["status"]["result"], result, "{verb}");
        let expected = if minutes > 0 { vec![of("ana", 1, minutes)] } else { Vec::new() };
        assert_eq!(active(&server), expected, "{verb}");
    }
}
