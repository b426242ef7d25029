//! Actions are recorded before anything is changed, and completed whatever happens.

use super::commands::{lead, server};
use crate::api::{ActionReply, RECORDED_BY, RUN_REQUESTED_AT};
use crate::commands::recovery::{Left, round};
use crate::commands::{
    Acknowledge, Command, CommandError, Context, Earlier, Note, RequestId, RequestRun, RunProgress, look_up,
};
use crate::views::FindingView;
use crate::views::testing::ApiServer;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The context of a request with this key.
pub fn keyed(server: &Arc<ApiServer>, key: &str) -> Context {
    let context = lead(server);
    let request = RequestId::keyed(&context.caller.name, key, &[b"the request"]);
    Context { request, ..context }
}

fn stored(result: &Result<FindingView, CommandError>) -> Option<ActionReply> {
    let body = match result {
        Ok(finding) => finding.id.clone(),
        Err(error) if error.is_final() => error.to_string(),
        Err(_) => return None,
    };
    Some(ActionReply::new(if result.is_ok() { 200 } else { 409 }, &body, None))
}

async fn acknowledge(context: &Context, finding: &str, note: &str) -> Result<FindingView, CommandError> {
    let earlier = match look_up(context).await? {
        Earlier::Answered(reply) => panic!("answered already: {reply:?}"),
        Earlier::Unanswered(intent) => Some(*intent),
        Earlier::None => None,
    };
    let command = Acknowledge::new(&context.resources, finding, Note::parse(note)?)?;
    command.execute(context, earlier, &stored).await
}

fn acknowledgement(server: &ApiServer, finding: &str) -> Value {
    let key = ("findings".to_string(), finding.to_string());
    server.cluster(|c| c.objects[&key]["spec"]["acknowledgement"].clone())
}

pub fn result(server: &ApiServer, name: &str) -> Value {
    let key = ("actions".to_string(), name.to_string());
    server.cluster(|c| c.objects[&key]["status"]["result"].clone())
}

/// An Action that a process recorded so long ago, and left without a result.
fn leave(server: &ApiServer, name: &str, verb: &str, (process, age): (&str, SignedDuration), parameters: Value) {
    let subject = if verb == "run" { ("Scenario", "desk.api.health") } else { ("Finding", "open") };
    leave_since(server, name, (verb, subject), (process, age), parameters);
}

/// An Action that the process before in this pod left without a result.
pub fn leave_by(server: &ApiServer, name: &str, verb: &str, subject: (&str, &str), parameters: Value) {
    leave_since(server, name, (verb, subject), ("pod-a/1", NOW), parameters);
}

fn leave_since(
    server: &ApiServer,
    name: &str,
    (verb, (kind, subject)): (&str, (&str, &str)),
    (process, age): (&str, SignedDuration),
    parameters: Value,
) {
    let created = Timestamp::from_second((Timestamp::now() - age).as_second()).unwrap();
    let annotations = json!({RECORDED_BY: "facade"});
    let before = json!({"uid": format!("uid-of-{subject}"), "generation": 1, "occurrence": 2});
    server.put(
        "actions",
        json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
            "metadata": {"name": name, "namespace": "agentic-ops", "resourceVersion": "1", "annotations": annotations,
                "creationTimestamp": created.to_string()},
            "spec": {"verb": verb, "subject": {"kind": kind, "name": subject}, "before": before, "parameters": parameters,
                "actor": {"name": "ana", "roles": ["ops_lead"], "via": "rest"}, "request": {"process": process}}}),
    );
}

const NOW: SignedDuration = SignedDuration::ZERO;

#[tokio::test]
async fn nothing_is_changed_unless_it_is_recorded_first() {
    let server = server();
    let context = lead(&server);
    server.cluster(|c| c.fails = Some(|asked| asked.starts_with("POST")));
    let error = acknowledge(&context, "open", "x").await.unwrap_err();
    assert!(matches!(error, CommandError::Unavailable { .. }), "{error:?}");
    let run = RequestRun { scenario: "desk.api.health".into(), wait: Duration::ZERO };
    let error = run.execute(&context, None, &|_| None).await.unwrap_err();
    assert!(matches!(error, CommandError::Unavailable { .. }), "{error:?}");
    let writes: Vec<String> =
        server.cluster(|c| c.requests.iter().filter(|r| r.starts_with("PATCH")).cloned().collect());
    assert_eq!(writes, Vec::<String>::new());
}

#[tokio::test]
async fn a_result_that_could_not_be_written_is_written_in_the_next_round() {
    let server = server();
    let context = lead(&server);
    server.cluster(|c| c.fails = Some(|asked| asked.starts_with("PATCH") && asked.ends_with("/status")));
    acknowledge(&context, "open", "x").await.unwrap();
    let name = context.request.action();
    assert_eq!(result(&server, name), Value::Null);
    server.cluster(|c| c.fails = None);
    assert_eq!(round(&context).await.unwrap(), Left::Running, "it may be in progress");
    assert_eq!(result(&server, name), Value::Null);
    // The next process of the pod.
    let next = lead(&server);
    assert_eq!(round(&next).await.unwrap(), Left::Nothing);
    assert_eq!(
        (result(&server, name), acknowledgement(&server, "open")["action"].as_str()),
        (json!("done"), Some(name))
    );
}

#[tokio::test]
async fn what_a_process_left_is_done_or_found_to_be_done() {
    let elsewhere = |minutes| ("pod-b/1", SignedDuration::from_mins(minutes));
    let edited = json!({"acknowledgement": null});
    for (what, left, edit, expected, by) in [
        ("by the process before in this pod", ("pod-a/1", NOW), json!({}), Some("done"), Some("ana")),
        ("long ago, wherever it was", elsewhere(4), json!({}), Some("done"), Some("ana")),
        ("just now, elsewhere: it may be in progress", elsewhere(0), json!({}), None, None),
        (
            "the change was made",
            ("pod-a/1", NOW),
            json!({"spec": {"acknowledgement": {"by": "ana", "note": "x", "action": "left"}},
            "metadata": {"generation": 2}}),
            Some("done"),
            Some("ana"),
        ),
        (
            "the change was made, and the operator copied it",
            ("pod-a/1", NOW),
            json!({"metadata": {"generation": 3},
            "status": {"acknowledgement": {"by": "ana", "at": "2026-01-01T00:00:00Z", "occurrence": 2, "action": "left"}}}),
            Some("done"),
            None,
        ),
        (
            "it was changed since",
            ("pod-a/1", NOW),
            json!({"spec": edited, "metadata": {"generation": 3}}),
            Some("unknown"),
            None,
        ),
        ("it was resolved since", ("pod-a/1", NOW), json!({"status": {"phase": "Resolved"}}), Some("refused"), None),
        ("it was opened again since", ("pod-a/1", NOW), json!({"status": {"occurrences": 3}}), Some("refused"), None),
        ("it is another object", ("pod-a/1", NOW), json!({"metadata": {"uid": "another"}}), Some("unknown"), None),
    ] {
        let server = server();
        leave(&server, "left", "acknowledge", left, json!({"note": "x"}));
        server.cluster(|c| {
            json_patch::merge(c.objects.get_mut(&("findings".into(), "open".into())).unwrap(), &edit);
        });
        let rest = round(&lead(&server)).await.unwrap();
        assert_eq!(rest == Left::Running, expected.is_none(), "{what}");
        assert_eq!(result(&server, "left").as_str(), expected, "{what}");
        assert_eq!(acknowledgement(&server, "open")["by"].as_str(), by, "{what}");
        let writes =
            server.cluster(|c| c.requests.iter().filter(|r| r.starts_with("PATCH") && r.contains("findings")).count());
        assert_eq!(writes, usize::from(what.starts_with("by the") || what.starts_with("long")), "{what}");
    }
}

#[tokio::test]
async fn a_run_that_was_left_is_requested_unless_it_was() {
    let at = "2026-03-01T12:00:00Z";
    for (what, edit, writes) in [
        ("not requested", json!({}), 1),
        ("of another object", json!({"metadata": {"uid": "another"}}), 0),
        ("requested", json!({"metadata": {"annotations": {RUN_REQUESTED_AT: at}}}), 0),
        ("requested later", json!({"metadata": {"annotations": {RUN_REQUESTED_AT: "2026-03-01T12:00:01Z"}}}), 0),
        ("answered", json!({"status": {"lastRequestedRun": {"requestedAt": at, "runAt": at}}}), 0),
    ] {
        let server = server();
        leave(&server, "left", "run", ("pod-a/1", NOW), json!({"requested_at": at}));
        server.cluster(|c| {
            json_patch::merge(c.objects.get_mut(&("scenarios".into(), "desk.api.health".into())).unwrap(), &edit);
        });
        assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing);
        let expected = if what == "of another object" { "refused" } else { "done" };
        assert_eq!(result(&server, "left"), expected, "{what}");
        let count = |r: &&String| r.starts_with("PATCH") && r.contains("scenarios");
        assert_eq!(server.cluster(|c| c.requests.iter().filter(count).count()), writes, "{what}");
    }
}

#[tokio::test]
async fn what_the_facade_did_not_record_is_not_completed() {
    let server = server();
    leave(&server, "forged", "acknowledge", ("pod-a/1", NOW), json!({}));
    leave(&server, "later", "delegate", ("pod-a/1", NOW), json!({}));
    let key = ("actions".to_string(), "forged".to_string());
    server.cluster(|c| c.objects.get_mut(&key).unwrap()["metadata"]["annotations"] = Value::Null);
    assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing);
    assert_eq!((result(&server, "forged"), result(&server, "later")), (Value::Null, json!("unknown")));
    assert_eq!(acknowledgement(&server, "open"), Value::Null);
}

#[tokio::test]
async fn an_api_that_is_not_available_leaves_actions_to_the_next_round() {
    let server = server();
    leave(&server, "left", "acknowledge", ("pod-a/1", NOW), json!({}));
    server.cluster(|c| c.fails = Some(|asked| asked.contains("/findings/")));
    assert!(round(&lead(&server)).await.is_err());
    assert_eq!(result(&server, "left"), Value::Null);
    server.cluster(|c| c.fails = None);
    assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing);
    assert_eq!(result(&server, "left"), "done");
}

#[tokio::test]
async fn an_object_that_cannot_be_decoded_leaves_the_other_actions_to_be_completed() {
    let server = server();
    leave(&server, "a", "acknowledge", ("pod-a/1", NOW), json!({}));
    leave_by(&server, "b", "acknowledge", ("Finding", "other"), json!({}));
    server.add_finding("other", json!({"phase": "Open", "occurrences": 2}));
    let key = ("findings".to_string(), "open".to_string());
    server.cluster(|c| c.objects.get_mut(&key).unwrap()["status"]["openedAt"] = json!("+99:99"));
    assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing);
    assert_eq!((result(&server, "a"), result(&server, "b")), (Value::Null, json!("done")));
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_told_from_one_that_failed() {
    let is_write: fn(&str) -> bool = |asked| asked.starts_with("PATCH") && asked.ends_with("/findings/open");
    let server = server();
    server.cluster(|c| c.loses_answer = Some(is_write));
    let context = keyed(&server, "lost");
    assert_eq!(acknowledge(&context, "open", "x").await.unwrap().acknowledgement.unwrap().by, "ana");
    assert_eq!(result(&server, context.request.action()), "done");

    let server = self::server();
    server.cluster(|c| c.fails = Some(is_write));
    let context = keyed(&server, "failed");
    assert!(matches!(acknowledge(&context, "open", "x").await, Err(CommandError::Unavailable { .. })));
    assert_eq!(
        (result(&server, context.request.action()), acknowledgement(&server, "open")),
        (json!("refused"), Value::Null)
    );
    // Under the same key it is carried out once that is possible.
    server.cluster(|c| c.fails = None);
    assert!(acknowledge(&context, "open", "x").await.is_ok());
    let ended = server.actions()[0]["status"].clone();
    assert_eq!((&ended["result"], &ended["message"], &ended["reason"]), (&json!("done"), &Value::Null, &Value::Null));
    assert!(matches!(look_up(&context).await, Ok(Earlier::Answered(reply)) if reply.code == 200));
    assert_eq!(server.actions().len(), 1);
}

#[tokio::test]
async fn a_repeated_request_is_answered_by_its_action_wherever_it_comes() {
    let server = server();
    let first = keyed(&server, "k");
    acknowledge(&first, "open", "x").await.unwrap();
    let refused = keyed(&server, "refused");
    let error = acknowledge(&refused, "resolved", "").await.unwrap_err();
    for (context, code, body) in [(&first, 200, "open".to_string()), (&refused, 409, error.to_string())] {
        let again = Context { process: crate::commands::ProcessId::new(Some("pod-b")), ..context.clone() };
        let Earlier::Answered(reply) = look_up(&again).await.unwrap() else { panic!("not answered") };
        assert_eq!((reply.code, reply.body), (code, Some(body)));
    }
    // Another request under the same key.
    let request = RequestId::keyed("ana", "k", &[b"another request"]);
    let error = look_up(&Context { request, ..first.clone() }).await.unwrap_err();
    assert!(matches!(&error, CommandError::Invalid { field, .. } if field == "Idempotency-Key"), "{error:?}");
    // One that another process may be carrying out, and has left after a while.
    let second = keyed(&server, "second");
    let age = |minutes| ("pod-b/1", SignedDuration::from_mins(minutes));
    for (left, is_in_progress) in [(age(0), true), (age(4), false), (("pod-a/1", NOW), false)] {
        leave(&server, second.request.action(), "acknowledge", left, json!({}));
        let key = ("actions".to_string(), second.request.action().to_string());
        server
            .cluster(|c| c.objects.get_mut(&key).unwrap()["spec"]["request"]["digest"] = json!(second.request.digest));
        let found = look_up(&second).await;
        assert_eq!(matches!(found, Err(CommandError::Conflict(_))), is_in_progress, "{left:?} {found:?}");
        assert_eq!(matches!(found, Ok(Earlier::Unanswered(_))), !is_in_progress, "{left:?} {found:?}");
    }
}

#[tokio::test]
async fn requests_to_run_that_come_together_join_and_each_has_its_action() {
    let server = server();
    server.cluster(|c| c.answers_runs = true);
    // Another client edits the Scenario all the time.
    server.cluster(|c| c.concurrent_patches = (0..6).map(|i| json!({"status": {"openFindings": i}})).collect());
    let base = lead(&server);
    let ask = |_| {
        let context = Context { request: RequestId::unique(), ..base.clone() };
        async move {
            let run = RequestRun { scenario: "desk.api.health".into(), wait: Duration::from_secs(30) };
            run.execute(&context, None, &|_| None).await
        }
    };
    for result in futures::future::join_all((0..50).map(ask)).await {
        assert!(matches!(result, Ok(RunProgress::Finished(_))), "{result:?}");
    }
    let key = ("scenarios".to_string(), "desk.api.health".to_string());
    let asked: Timestamp = server
        .cluster(|c| c.objects[&key]["metadata"]["annotations"][RUN_REQUESTED_AT].as_str().unwrap().parse().unwrap());
    let actions = server.actions();
    assert_eq!(actions.len(), 50);
    for action in actions {
        let at: Timestamp = action["spec"]["parameters"]["requested_at"].as_str().unwrap().parse().unwrap();
        assert!(at <= asked && action["status"]["result"] == "done", "{action}");
    }
}
