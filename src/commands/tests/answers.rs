//! The answers to a question, as they come.

use super::conversation::talking;
use crate::commands::AnswerWait;
use crate::commands::conversation::wait_for_answers;
use crate::domain::thread::names::{answer_name, model_answer_name};
use crate::views::testing::{ApiServer, NAMESPACE};
use crate::views::{ChatAnswers, ChatRef, ProgressPhase};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const ASKED_AT: &str = "2026-01-02T03:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn first_name() -> String {
    answer_name("q", "uid-of-q")
}

fn model_name() -> String {
    model_answer_name("q", "uid-of-q")
}

fn put(server: &ApiServer, name: &str, change: Value) {
    let mut message = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message",
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": format!("uid-of-{name}"), "creationTimestamp": ASKED_AT},
        "spec": {"thread": "thread", "body": "por que caiu?", "author": {"kind": "person", "name": "ana"}}});
    json_patch::merge(&mut message, &change);
    server.put("messages", message);
}

fn answer(server: &ApiServer, name: &str, body: &str, change: Value) {
    let mut answer = json!({"metadata": {"annotations": {"agentic.ligbox.io/recorded-by": "operator"}},
        "spec": {"author": {"kind": "agent", "name": "pulso"}, "body": body, "tier": "T0", "grounded": true, "inReplyTo": "q"}});
    json_patch::merge(&mut answer, &change);
    put(server, name, answer);
}

fn follows() -> Value {
    json!({"metadata": {"annotations": {"agentic.ligbox.io/model-answer": "follows"}}})
}

/// With a question.
fn asked() -> Arc<ApiServer> {
    let server = talking();
    put(&server, "q", json!({}));
    server
}

fn answers(server: &ApiServer) -> ChatAnswers {
    server.resources.chat_answers(&ChatRef {
        thread_id: "thread".into(),
        question_id: "q".into(),
        answer_id: first_name(),
    })
}

#[test]
fn without_the_model_the_first_answer_is_all() {
    let server = asked();
    let now = at("2026-01-02T03:00:05Z");
    let pending = answers(&server).view(now);
    assert_eq!((pending.pending, pending.message, pending.tier, pending.model_answer_id), (true, None, None, None));
    answer(&server, &first_name(), "Caiu.", json!({"spec": {"grounded": false}}));
    let view = answers(&server).view(now);
    assert_eq!((view.pending, view.message.as_deref(), view.tier), (false, Some("Caiu."), Some("T0")));
    assert_eq!((view.grounded, view.model_answer_id), (false, None));
}

#[test]
fn what_a_person_wrote_in_the_name_of_an_agent_is_no_answer() {
    let server = asked();
    let now = at("2026-01-02T03:00:05Z");
    let by_hand = json!({"metadata": {"annotations": {"agentic.ligbox.io/recorded-by": null}}});
    answer(&server, &first_name(), "Falso.", by_hand.clone());
    assert!(answers(&server).is_pending(now));
    // The operator takes the next name.
    let second = format!("{}.2", first_name());
    answer(&server, &second, "Caiu.", follows());
    answer(&server, &model_name(), "Falso.", json!({"spec": {"tier": "T1"}, "metadata": by_hand["metadata"]}));
    let view = answers(&server).view(now);
    assert_eq!((view.message.as_deref(), view.answer_id, view.pending), (Some("Caiu."), second, true));
    answer(&server, &format!("{}.3", model_name()), "Outra.", json!({"spec": {"tier": "T1", "inReplyTo": "other"}}));
    assert!(answers(&server).is_pending(now), "it is the answer to another question");
}

#[test]
fn the_checked_answer_of_the_model_takes_the_place_of_the_first_one() {
    let server = asked();
    let now = at("2026-01-02T03:00:05Z");
    answer(&server, &first_name(), "Caiu.", follows());
    let view = answers(&server).view(now);
    assert_eq!((view.pending, view.message.as_deref(), view.tier), (true, Some("Caiu."), Some("T0")));
    assert_eq!(view.model_answer_id, Some(model_name()));
    let citation = json!({"spec": "desk-api-health", "section": "Como reparar", "quote": "Reinicie o serviço da API."});
    answer(&server, &model_name(), "Reinicie.", json!({"spec": {"tier": "T1", "citations": [citation]}}));
    let view = answers(&server).view(now);
    assert_eq!((view.pending, view.message.as_deref(), view.tier), (false, Some("Reinicie."), Some("T1")));
    assert_eq!((view.grounded, view.citations.len()), (true, 1));
    assert_eq!((view.answer_id, view.model_answer_id), (first_name(), Some(model_name())));
}

#[test]
fn where_the_model_did_not_answer_that_is_said_besides() {
    let server = asked();
    answer(&server, &first_name(), "Caiu.", follows());
    answer(&server, &model_name(), "O modelo local não respondeu.", json!({"spec": {"grounded": false}}));
    let view = answers(&server).view(at("2026-01-02T03:00:05Z"));
    let expected = Some("Caiu.\n\nO modelo local não respondeu.");
    assert_eq!((view.pending, view.message.as_deref(), view.tier, view.grounded), (false, expected, Some("T0"), true));
}

#[test]
fn progress_is_that_of_the_question_and_a_question_that_is_too_old_is_not_pending() {
    let server = asked();
    answer(&server, &first_name(), "Caiu.", follows());
    let (soon, late) = (at("2026-01-02T03:00:07.9Z"), at("2026-01-02T04:00:01Z"));
    let stored = answers(&server).chat_progress(soon);
    assert_eq!((stored.phase, stored.position, stored.elapsed_seconds), (ProgressPhase::Stored, None, 7));
    assert!(
        answers(&server).is_pending(soon) && answers(&server).is_pending(late),
        "that it was not asked is to be said"
    );
    assert!(!answers(&server).is_pending(at("2026-01-03T03:00:01Z")));
    let queued = json!({"status": {"answer": {"phase": "Queued", "position": 2, "since": ASKED_AT}}});
    put(&server, "q", queued);
    let progress = answers(&server).chat_progress(late);
    assert_eq!((progress.phase, progress.position, progress.elapsed_seconds), (ProgressPhase::Queued, Some(2), 3601));
    assert!(answers(&server).is_pending(late), "it was taken before");
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_is_waited_for_and_that_of_the_model_only_where_it_is_asked_for() {
    let server = asked();
    // Otherwise it is too old.
    put(&server, "q", json!({"metadata": {"creationTimestamp": Timestamp::now().to_string()}}));
    let reference = ChatRef { thread_id: "thread".into(), question_id: "q".into(), answer_id: first_name() };
    let waits = async |seconds: u64| {
        let began = tokio::time::Instant::now();
        let wait = AnswerWait::for_all(Duration::from_secs(seconds));
        let answers = wait_for_answers(&server.resources, &reference, wait).await;
        (began.elapsed().as_secs(), answers.count())
    };
    assert_eq!((waits(0).await, waits(20).await, waits(90).await), ((5, 0), (20, 0), (60, 0)));
    answer(&server, &first_name(), "Caiu.", follows());
    assert_eq!((waits(0).await, waits(20).await), ((0, 1), (20, 1)));
    answer(&server, &model_name(), "Reinicie.", json!({"spec": {"tier": "T1"}}));
    assert_eq!(waits(20).await, (0, 2));
}
