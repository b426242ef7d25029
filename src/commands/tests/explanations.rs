//! What fixed a Finding is kept in its Thread, once, and is no command.

use super::commands::{lead, server};
use super::records::keyed;
use crate::commands::{Command as _, CommandError, Context, Earlier, Explain, RequestId, Text, look_up};
use crate::views::MessageView;
use crate::views::testing::ApiServer;
use serde_json::{Value, json};
use std::sync::Arc;

/// With the Finding `resolved` and its Thread.
fn resolved() -> Arc<ApiServer> {
    let server = server();
    server.add_finding("resolved", json!({"phase": "Resolved", "occurrences": 2, "thread": "resolved-t"}));
    server.put(
        "threads",
        json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread",
            "metadata": {"name": "resolved-t", "namespace": "agentic-ops"},
            "spec": {"subject": "API", "agent": "pulso", "finding": "resolved"}}),
    );
    server
}

async fn explain(context: &Context, finding: &str, text: &str) -> Result<MessageView, CommandError> {
    let command = Explain::new(&context.resources, finding, Text::parse("body", text)?)?;
    command.execute(context, None, &|_| None).await
}

fn messages(server: &ApiServer) -> Vec<Value> {
    server.cluster(|c| c.objects.iter().filter(|((of, _), _)| of == "messages").map(|(_, m)| m.clone()).collect())
}

#[tokio::test]
async fn what_fixed_it_is_a_message_of_its_own_kind_and_no_command() {
    let server = resolved();
    let context = lead(&server);
    let view = explain(&context, "resolved", "ack o disco encheu").await.unwrap();
    assert_eq!((view.reason.as_deref(), view.needs_ack, view.proven), (Some("Explained"), false, true));
    assert_eq!((view.thread_id.as_str(), view.body.as_str()), ("resolved-t", "ack o disco encheu"));
    let actions = server.actions();
    let spec = &actions[0]["spec"];
    assert_eq!((actions.len(), &spec["verb"], &actions[0]["status"]["result"]), (1, &json!("explain"), &json!("done")));
    assert_eq!(spec["subject"], json!({"kind": "Finding", "name": "resolved"}));
    assert_eq!((&spec["parameters"]["message"], spec["before"]["occurrence"].as_u64()), (&json!(view.id), Some(2)));
    let stored = messages(&server);
    assert_eq!((stored.len(), &stored[0]["spec"]["reason"]), (1, &json!("Explained")));
}

#[tokio::test]
async fn a_finding_that_is_open_or_without_a_thread_has_none() {
    let server = resolved();
    for (finding, part) in [("open", "is not resolved"), ("bare", "has no Thread"), ("lost", "has no Thread")] {
        server.add_finding("bare", json!({"phase": "Resolved"}));
        server.add_finding("lost", json!({"phase": "Resolved", "thread": "removed"}));
        let error = explain(&lead(&server), finding, "x").await.unwrap_err();
        assert!(matches!(&error, CommandError::Conflict(_) if error.to_string().contains(part)), "{finding}: {error}");
    }
    for finding in ["none", "a/b"] {
        assert!(matches!(explain(&lead(&server), finding, "x").await, Err(CommandError::NotFound(_))), "{finding}");
    }
    assert!(messages(&server).is_empty() && server.actions().is_empty());
}

#[tokio::test]
async fn a_repeated_request_stores_it_once() {
    let server = resolved();
    server.cluster(|c| c.fails = Some(|asked| asked.starts_with("POST") && asked.ends_with("/messages")));
    let context = keyed(&server, "k");
    assert!(explain(&context, "resolved", "troquei o disco").await.is_err());
    server.cluster(|c| c.fails = None);
    for _ in 0..2 {
        let Earlier::Unanswered(intent) = look_up(&context).await.unwrap() else { panic!("not found") };
        let text = Text::parse("body", "troquei o disco").unwrap();
        let command = Explain::new(&context.resources, "resolved", text).unwrap();
        // Reopened since: what was recorded is carried out all the same.
        server.add_finding("resolved", json!({"phase": "Open", "occurrences": 3, "thread": "resolved-t"}));
        command.execute(&context, Some(*intent), &|_| None).await.unwrap();
    }
    assert_eq!((messages(&server).len(), server.actions().len()), (1, 1));
    assert_ne!(RequestId::unique(), context.request);
}
