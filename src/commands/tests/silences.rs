//! Silences are made and ended once, and recorded, whatever happens meanwhile.

use super::commands::{lead, server};
use crate::api::{Matcher, MatcherName, MatcherOp, RECORDED_BY};
use crate::commands::recovery::{Left, round};
use crate::commands::{Command as _, CommandError, Context, EndSilence, MakeSilence, NewSilence};
use crate::runtime::clock::now;
use crate::views::SilenceView;
use crate::views::testing::ApiServer;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;

fn new() -> NewSilence {
    let matcher = Matcher { name: MatcherName::Key, op: MatcherOp::Equal, value: "112".into() };
    NewSilence { matchers: vec![matcher], duration: Some("2h".into()), reason: "disco".into(), ..NewSilence::default() }
}

async fn make(context: &Context) -> Result<SilenceView, CommandError> {
    MakeSilence(new()).execute(context, None, &|_| None).await
}

async fn end(context: &Context, name: &str) -> Result<SilenceView, CommandError> {
    EndSilence::new(&context.resources, name)?.execute(context, None, &|_| None).await
}

fn silences(server: &ApiServer) -> Vec<Value> {
    server.cluster(|c| {
        c.objects.iter().filter(|((plural, _), _)| plural == "silences").map(|(_, object)| object.clone()).collect()
    })
}

fn results(server: &ApiServer) -> Vec<Value> {
    server.actions().iter().map(|action| action["status"]["result"].clone()).collect()
}

/// A Silence that ends so many minutes from now.
fn add(server: &ApiServer, name: &str, minutes: i64) {
    let ends_at = (now() + SignedDuration::from_mins(minutes)).to_string();
    let spec = json!({"matchers": [{"name": "key", "op": "=", "value": "112"}], "endsAt": ends_at, "author": "ana", "reason": "r"});
    let metadata = json!({"name": name, "namespace": "agentic-ops", "uid": format!("uid-of-{name}"), "generation": 1,
        "resourceVersion": "1", "creationTimestamp": (now() - SignedDuration::from_hours(9)).to_string()});
    let object =
        json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Silence", "metadata": metadata, "spec": spec});
    server.put("silences", object);
}

/// An Action that the process before in this pod left without a result.
fn leave(server: &ApiServer, verb: &str, silence: &str) {
    server.put(
        "actions",
        json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
            "metadata": {"name": "left", "namespace": "agentic-ops", "resourceVersion": "1",
                "annotations": {RECORDED_BY: "facade"}, "creationTimestamp": now().to_string()},
            "spec": {"verb": verb, "subject": {"kind": "Silence", "name": silence}, "before": {"uid": "uid-of-a"},
                "actor": {"name": "ana", "roles": ["ops_lead"], "via": "rest"}, "request": {"process": "pod-a/1"}}}),
    );
}

#[tokio::test]
async fn nothing_is_made_or_ended_unless_it_is_recorded_first() {
    let server = server();
    add(&server, "a", 60);
    server.cluster(|c| c.fails = Some(|asked| asked.starts_with("POST") && asked.ends_with("/actions")));
    let before = silences(&server);
    for result in [make(&lead(&server)).await, end(&lead(&server), "a").await] {
        assert!(matches!(result, Err(CommandError::Unavailable { .. })), "{result:?}");
    }
    assert_eq!(silences(&server), before);
}

#[tokio::test]
async fn a_silence_whose_answer_was_lost_was_made() {
    let server = server();
    server.cluster(|c| c.loses_answer = Some(|asked| asked.starts_with("POST") && asked.ends_with("/silences")));
    let made = make(&lead(&server)).await.unwrap();
    assert_eq!(
        (silences(&server).len(), silences(&server)[0]["metadata"]["name"].as_str()),
        (1, Some(made.id.as_str()))
    );
    assert_eq!(results(&server), [json!("done")]);
}

#[tokio::test]
async fn a_silence_that_was_not_made_is_recorded_as_refused() {
    let server = server();
    server.cluster(|c| c.fails = Some(|asked| asked.starts_with("POST") && asked.ends_with("/silences")));
    assert!(matches!(make(&lead(&server)).await, Err(CommandError::Unavailable { .. })));
    assert_eq!((silences(&server).len(), results(&server)), (0, vec![json!("refused")]));
}

#[tokio::test]
async fn what_a_process_left_is_completed_by_what_the_silence_says() {
    for (what, verb, minutes, result, are_left) in [
        ("it was made", "silence", Some(60), "done", 1),
        ("it was not made, and is not made any more", "silence", None, "refused", 0),
        ("it was not ended: it is now", "end-silence", Some(60), "done", 1),
        ("it was ended", "end-silence", Some(-1), "unchanged", 1),
        ("it was deleted", "end-silence", None, "done", 0),
    ] {
        let server = server();
        if let Some(minutes) = minutes {
            add(&server, "a", minutes);
        }
        leave(&server, verb, "a");
        assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing, "{what}");
        assert_eq!((results(&server), silences(&server).len()), (vec![json!(result)], are_left), "{what}");
        if verb == "end-silence" {
            let is_running = |silence: &Value| silence["spec"]["endsAt"].as_str().unwrap() > now().to_string().as_str();
            assert!(!silences(&server).iter().any(is_running), "{what}");
        }
    }
    // It was created anew since: that is another one.
    let server = server();
    add(&server, "b", 60);
    leave(&server, "end-silence", "b");
    round(&lead(&server)).await.unwrap();
    assert_eq!(results(&server), [json!("refused")]);
}

#[tokio::test]
async fn reasons_and_actions_show_no_secret() {
    let server: Arc<ApiServer> = server();
    let context = lead(&server);
    context.secrets.set(crate::domain::redact::Source::Program, ["hunter22-value".to_string()]);
    let new = NewSilence { reason: "it said hunter22-value".into(), ..new() };
    let made = MakeSilence(new).execute(&context, None, &|_| None).await.unwrap();
    assert_eq!(
        (made.reason.as_str(), &server.actions()[0]["spec"]["parameters"]["reason"]),
        ("it said ***", &json!("it said ***"))
    );
}
