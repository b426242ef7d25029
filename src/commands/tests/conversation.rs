//! Messages of people are stored once, and their commands carried out once, whatever happens meanwhile.

mod commands_in_texts;

use super::commands::{context, lead, server};
use super::records::{keyed, leave_by, result};
use crate::api::{ActionReply, Role};
use crate::commands::recovery::{Left, round};
use crate::commands::{
    AnswerWait, Chat, ChatInput, Command, CommandError, Context, Earlier, Interface, ProcessId, Reply, Text, look_up,
};
use crate::domain::redact::Source;
use crate::domain::refusal::Refusal;
use crate::domain::thread::names::answer_name;
use crate::domain::thread::names::text_digest;
use crate::views::testing::ApiServer;
use crate::views::{ChatView, MessageView};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// With an open Thread of the Finding `open`, and a closed one.
pub fn talking() -> Arc<ApiServer> {
    let server = server();
    add_thread(&server, "thread", json!({"finding": "open"}));
    add_thread(&server, "over", json!({"finding": "resolved", "closed": true}));
    server
}

pub fn add_thread(server: &ApiServer, name: &str, change: Value) {
    let mut spec = json!({"subject": "API do Desk", "agent": "pulso"});
    json_patch::merge(&mut spec, &change);
    server.put(
        "threads",
        json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "spec": spec,
            "metadata": {"name": name, "namespace": "agentic-ops", "resourceVersion": "1", "generation": 1,
                "uid": format!("uid-of-{name}")}}),
    );
}

pub fn of_kind(server: &ApiServer, kind: &str) -> Vec<Value> {
    server.cluster(|c| c.objects.iter().filter(|((plural, _), _)| plural == kind).map(|(_, o)| o.clone()).collect())
}

fn messages(server: &ApiServer) -> Vec<Value> {
    of_kind(server, "messages")
}

fn text(text: &str) -> Text {
    Text::parse("body", text).unwrap()
}

fn kept<T: serde::Serialize>(result: &Result<T, CommandError>) -> Option<ActionReply> {
    match result {
        Ok(view) => Some(ActionReply::new(200, &serde_json::to_string(view).unwrap(), None)),
        Err(error) if error.is_final() => Some(ActionReply::new(409, &error.to_string(), None)),
        Err(_) => None,
    }
}

/// Gives a command as the facade does; `None` where its response was stored.
async fn send<C>(context: &Context, command: C) -> Option<Result<C::Output, CommandError>>
where
    C: Command,
    C::Output: serde::Serialize,
{
    let earlier = match look_up(context).await {
        Ok(Earlier::Answered(_)) => return None,
        Ok(Earlier::Unanswered(intent)) => Some(*intent),
        Ok(Earlier::None) => None,
        Err(error) => return Some(Err(error)),
    };
    Some(command.execute(context, earlier, &kept).await)
}

pub async fn reply(context: &Context, thread: &str, said: &str) -> Result<MessageView, CommandError> {
    let command = Reply { thread: thread.into(), text: text(said), in_reply_to: None };
    send(context, command).await.expect("not answered before")
}

async fn chat(context: &Context, said: &str, thread: Option<&str>, finding: Option<&str>) -> ChatView {
    let (thread, finding) = (thread.map(String::from), finding.map(String::from));
    let input = ChatInput { text: text(said), thread, finding, scenario: None, agent: None };
    send(context, Chat { input, wait: AnswerWait::NONE }).await.expect("not answered before").unwrap()
}

fn acknowledged_by(server: &ApiServer) -> Value {
    server.cluster(|c| c.objects[&("findings".into(), "open".into())]["spec"]["acknowledgement"]["by"].clone())
}

#[tokio::test]
async fn a_reply_is_stored_as_it_was_written_with_its_action() {
    let server = talking();
    let context = lead(&server);
    context.secrets.set(Source::Program, ["hunter22-value".to_string()]);
    let view = reply(&context, "thread", "it said\u{7} hunter22-value\nok?").await.unwrap();
    let (action, message) = (&server.actions()[0], &messages(&server)[0]);
    assert_eq!(message["spec"]["body"], "it said\u{fffd} ***\nok?");
    assert_eq!(message["spec"]["author"], json!({"kind": "person", "name": "ana"}));
    assert_eq!(message["spec"]["action"], action["metadata"]["name"]);
    let at = message["spec"]["at"].as_str().unwrap();
    assert!(at.len() == "2026-01-01T00:00:00.000000Z".len() && at.ends_with('Z'), "{at}");
    assert_eq!(view.id, message["metadata"]["name"].as_str().unwrap());
    assert_eq!(action["spec"]["subject"], json!({"kind": "Thread", "name": "thread"}));
    let digest = text_digest("it said\u{fffd} ***\nok?");
    assert_eq!(action["spec"]["parameters"], json!({"message": view.id, "thread": "thread", "text-sha256": digest}));
    assert_eq!((&action["spec"]["verb"], &action["status"]["result"]), (&json!("reply"), &json!("done")));
}

#[tokio::test]
async fn what_cannot_be_replied_to_is_refused_with_words() {
    let server = talking();
    for thread in ["none", "../x", "", "A"] {
        let error = reply(&lead(&server), thread, "oi").await.unwrap_err();
        assert!(matches!(error, CommandError::NotFound(_)), "{error:?}");
    }
    assert!(server.actions().is_empty(), "what does not exist is not recorded");
    for said in ["oi", "ack"] {
        let error = reply(&lead(&server), "over", said).await.unwrap_err();
        let expected = "over is closed: start a new conversation";
        assert!(matches!(&error, CommandError::Conflict(_) if error.to_string() == expected), "{error:?}");
    }
    add_thread(&server, "full", json!({}));
    let full = ("threads".to_string(), "full".to_string());
    let change = json!({"status": {"messageCount": 10_000}});
    server.cluster(|c| json_patch::merge(c.objects.get_mut(&full).unwrap(), &change));
    let context = lead(&server);
    let error = reply(&context, "full", "oi").await.unwrap_err();
    assert!(
        matches!(&error, CommandError::Conflict(_) if error.to_string().contains("has 10000 Messages")),
        "{error:?}"
    );
    let metrics = context.metrics.encode();
    assert!(metrics.contains("limit_reached_total{limit=\"replies_of_thread\"} 1"), "{metrics}");
    let refused = |action: &Value| action["spec"]["verb"] == "reply" && action["status"]["result"] == "refused";
    assert!(server.actions().iter().all(refused) && messages(&server).is_empty());
    let first = reply(&lead(&server), "thread", "oi").await.unwrap();
    add_thread(&server, "other", json!({}));
    for (thread, to) in [("thread", "none"), ("thread", "no/such"), ("other", first.id.as_str())] {
        let command = Reply { thread: thread.into(), text: text("oi"), in_reply_to: Some(to.into()) };
        let error = command.execute(&lead(&server), None, &|_| None).await.unwrap_err();
        assert!(matches!(&error, CommandError::Invalid { field, .. } if field == "in_reply_to"), "{error:?}");
    }
    let command = Reply { thread: "thread".into(), text: text("oi"), in_reply_to: Some(first.id.clone()) };
    let second = command.execute(&lead(&server), None, &|_| None).await.unwrap();
    assert_eq!(second.in_reply_to, Some(first.id));
}

/// Which requests fail, by what is asked.
type Fails = fn(&str) -> bool;

const STEPS: [(&str, Fails); 5] = [
    ("the Action", |asked| asked.starts_with("POST") && asked.ends_with("/actions")),
    ("the Thread", |asked| asked.starts_with("POST") && asked.ends_with("/threads")),
    ("the Message", |asked| asked.starts_with("POST") && asked.ends_with("/messages")),
    ("the change", |asked| asked.starts_with("PATCH") && asked.ends_with("/findings/open")),
    ("the result", |asked| asked.starts_with("PATCH") && asked.ends_with("/status")),
];

#[tokio::test]
async fn a_request_that_is_repeated_after_a_failure_of_any_step_is_done_once() {
    for said in ["o que houve?", "ack vendo"] {
        for (step, fails) in STEPS {
            for is_lost in [false, true] {
                let server = talking();
                let of = |name: &str| (keyed(&server, name), format!("{said}: {step} {is_lost}"));
                server.cluster(|c| if is_lost { c.loses_answer = Some(fails) } else { c.fails = Some(fails) });
                let input = ChatInput {
                    text: text(said),
                    thread: None,
                    finding: Some("open".into()),
                    scenario: None,
                    agent: None,
                };
                let (context, what) = of("k");
                // The Thread that the Finding gets meanwhile changes nothing.
                let first = send(&context, Chat { input: input.clone(), wait: AnswerWait::NONE }).await.unwrap();
                server.cluster(|c| (c.fails, c.loses_answer) = (None, None));
                server.add_finding("open", {
                    let key = ("findings".into(), "open".into());
                    let mut status = server.cluster(|c| c.objects[&key]["status"].clone());
                    status["thread"] = "thread".into();
                    status
                });
                let again = send(&context, Chat { input: input.clone(), wait: AnswerWait::NONE }).await;
                let again = match (&first, again) {
                    (Err(_), Some(Err(CommandError::Conflict(Refusal::RequestInProgress)))) => {
                        panic!("{what}: in progress")
                    }
                    (_, Some(again)) => again.unwrap_or_else(|error| panic!("{what}: {error}")),
                    (Ok(first), None) => first.clone(),
                    (Err(error), None) => panic!("{what}: {error} was stored"),
                };
                let (actions, messages) = (server.actions(), messages(&server));
                assert_eq!((actions.len(), messages.len()), (1, 1), "{what}");
                assert_eq!(actions[0]["status"]["result"], "done", "{what}");
                assert_eq!(messages[0]["metadata"]["name"], again.question_id, "{what}");
                assert_eq!(messages[0]["spec"]["thread"], again.thread_id, "{what}");
                let conversations = of_kind(&server, "threads").len() - 2;
                assert!(conversations <= 1, "{what}");
                if let Ok(first) = first {
                    assert_eq!(first, again, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_conversation_is_in_the_thread_of_its_finding_or_in_a_new_one() {
    let server = talking();
    let view = chat(&lead(&server), "o que houve?\nconta", None, None).await;
    let thread = of_kind(&server, "threads").into_iter().find(|t| t["metadata"]["name"] == view.thread_id).unwrap();
    let spec = &thread["spec"];
    assert_eq!((&spec["agent"], &spec["subject"]), (&json!("maestro"), &json!("o que houve?")));
    assert_eq!(spec["participants"], json!(["ana", "maestro"]));
    assert_eq!(spec["conversation"], server.actions()[0]["metadata"]["name"]);
    // In one that the person names, and about a Finding besides.
    let again = chat(&lead(&server), "e agora?", Some(&view.thread_id), Some("open")).await;
    assert_eq!(again.thread_id, view.thread_id);
    let message = messages(&server).into_iter().find(|m| m["metadata"]["name"] == again.question_id).unwrap();
    assert_eq!(message["spec"]["finding"], "open");
    // A later command there is about the same, if the operator found that the Message is theirs.
    reply(&lead(&server), &view.thread_id, "ack").await.unwrap();
    assert_eq!(acknowledged_by(&server), Value::Null);
    let mut proven = message.clone();
    proven["status"] = json!({"proven": true, "sequence": 2});
    server.put("messages", proven.clone());
    let mut of_another = proven;
    of_another["metadata"]["name"] = json!("later");
    of_another["spec"]["author"]["name"] = json!("eva");
    of_another["spec"]["finding"] = json!("another");
    of_another["status"]["sequence"] = json!(3);
    server.put("messages", of_another);
    reply(&lead(&server), &view.thread_id, "ack").await.unwrap();
    assert_eq!(acknowledged_by(&server), "ana");

    // The Finding has no Thread, an open one, a closed one, and one that does not exist any more.
    for (thread, expected) in
        [(None, None), (Some("thread"), Some("thread")), (Some("over"), None), (Some("gone"), None)]
    {
        let status = json!({"phase": "Open", "severity": "high", "agent": "pulso", "occurrences": 2, "thread": thread});
        server.add_finding("open", status);
        let view = chat(&lead(&server), "status", None, Some("open")).await;
        assert_eq!(view.thread_id == "thread", expected.is_some(), "{thread:?}");
        let made = of_kind(&server, "threads").into_iter().find(|t| t["metadata"]["name"] == view.thread_id).unwrap();
        assert_eq!(made["spec"]["agent"], "pulso", "{thread:?}");
        let message = messages(&server).into_iter().find(|m| m["metadata"]["name"] == view.question_id).unwrap();
        assert_eq!(message["spec"]["finding"].is_null(), expected.is_some(), "{thread:?}");
    }
    for (field, input) in [
        ("thread_id", json!(["none", null, null])),
        ("finding_id", json!([null, "none", null])),
        ("scenario_id", json!([null, null, "none"])),
    ] {
        let name = |at: usize| input[at].as_str().map(String::from);
        let input = ChatInput { text: text("oi"), thread: name(0), finding: name(1), scenario: name(2), agent: None };
        let error = Chat { input, wait: AnswerWait::NONE }.execute(&lead(&server), None, &|_| None).await.unwrap_err();
        assert!(matches!(&error, CommandError::Invalid { field: named, .. } if named == field), "{error:?}");
    }
}

#[tokio::test]
async fn a_chat_waits_for_the_answer() {
    let server = talking();
    let context = lead(&server);
    let pending = chat(&context, "status", Some("thread"), None).await;
    assert!(pending.pending && pending.message.is_none() && pending.tier.is_none() && !pending.grounded);
    let uid = format!("uid-of-{}", pending.question_id);
    assert_eq!(pending.answer_id, answer_name(&pending.question_id, &uid));

    let asking = {
        let context = Context { request: crate::commands::RequestId::unique(), ..context };
        let input = ChatInput {
            text: text("como está?"),
            thread: Some("thread".into()),
            finding: None,
            scenario: None,
            agent: None,
        };
        let wait = AnswerWait { first: Duration::from_secs(30), ..AnswerWait::NONE };
        tokio::spawn(async move { Chat { input, wait }.execute(&context, None, &|_| None).await.unwrap() })
    };
    let question = loop {
        let asked = messages(&server).into_iter().find(|m| m["spec"]["body"] == "como está?");
        if let Some(asked) = asked {
            break asked["metadata"]["name"].as_str().unwrap().to_string();
        }
        tokio::task::yield_now().await;
    };
    let name = answer_name(&question, &format!("uid-of-{question}"));
    let citation = json!({"spec": "desk-api-health", "section": "O que fazer", "quote": "Reinicie."});
    server.put(
        "messages",
        json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message",
            "metadata": {"name": name, "namespace": "agentic-ops",
                "annotations": {"agentic.ligbox.io/recorded-by": "operator"}},
            "spec": {"thread": "thread", "author": {"kind": "agent", "name": "pulso"}, "body": "Tudo bem.",
                "tier": "T0", "citations": [citation], "inReplyTo": question}}),
    );
    let view = asking.await.unwrap();
    assert_eq!((view.message.as_deref(), view.tier, view.pending), (Some("Tudo bem."), Some("T0"), false));
    assert!(view.grounded && view.citations.len() == 1 && view.answer_id == name);
}

#[tokio::test]
async fn what_a_process_left_is_completed_by_whether_the_message_is_there() {
    for verb in ["reply", "chat"] {
        for (is_stored, expected) in [(true, "done"), (false, "refused")] {
            let server = talking();
            let parameters = json!({"message": "message-1", "thread": "thread"});
            leave_by(&server, "left", verb, ("Thread", "thread"), parameters);
            if is_stored {
                let spec = json!({"thread": "thread", "author": {"kind": "person", "name": "ana"}, "body": "oi",
                    "action": "left"});
                server.put(
                    "messages",
                    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "spec": spec,
                        "metadata": {"name": "message-1", "namespace": "agentic-ops"}}),
                );
            }
            assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing);
            assert_eq!(result(&server, "left"), expected, "{verb}");
        }
    }
}

#[tokio::test]
async fn a_request_is_answered_again_by_another_replica_and_with_one_that_is_too_long_to_be_stored() {
    let server = talking();
    // Each quote counts twice in the stored response.
    let long = "\"".repeat(16_384);
    let context = keyed(&server, "long");
    let first = reply(&context, "thread", &long).await.unwrap();
    let elsewhere = Context { process: ProcessId::new(Some("pod-b")), ..context.clone() };
    let again = reply(&elsewhere, "thread", &long).await.unwrap();
    assert_eq!((first.id, messages(&server).len()), (again.id, 1));
}
