//! Answers to questions as server-sent events.

use super::conversation::facade;
use super::fake::{Answered, Facade, SECRET, bearer, request, signed};
use crate::api::Role;
use crate::domain::thread::names::model_answer_name;
use axum::body::Body;
use axum::http::Method;
use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};

const ASKED: &str = r#"{"message": "por que caiu?", "finding_id": "f-1"}"#;

fn asking(path: &str, key: &str) -> axum::http::request::Builder {
    let builder = request(Method::POST, path).header("authorization", bearer("ana", &[Role::Seo]));
    builder.header("accept", "text/event-stream").header("idempotency-key", key)
}

/// The names and data of events.
fn events(text: &str) -> Vec<(String, Value)> {
    let event = |text: &str| {
        let (name, data) = text.split_once('\n').unwrap();
        let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        (name.strip_prefix("event: ").unwrap().to_string(), data)
    };
    let blocks = text.trim_end().split("\n\n").filter(|block| !block.starts_with(':') && !block.is_empty());
    blocks.map(event).collect()
}

fn put_answer(facade: &Facade, name: &str, question: &str, change: Value) {
    let mut answer = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message",
        "metadata": {"name": name, "namespace": "agentic-ops", "resourceVersion": "1", "uid": format!("uid-of-{name}"),
            "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": {"agentic.ligbox.io/recorded-by": "operator"}},
        "spec": {"thread": "t-1", "author": {"kind": "agent", "name": "pulso"}, "tier": "T0", "grounded": true,
            "body": "Aberto.", "inReplyTo": question}});
    json_patch::merge(&mut answer, &change);
    facade.add("messages", answer);
}

/// Changes the progress of a question.
fn put_progress(facade: &Facade, question: &str, answer: Value) {
    let at = ("messages".to_string(), question.to_string());
    let mut message = facade.cluster(|cluster| cluster.objects[&at].clone());
    json_patch::merge(&mut message, &json!({"status": {"answer": answer}}));
    facade.add("messages", message);
}

/// A stream under way, read event by event.
struct Stream {
    body: axum::body::BodyDataStream,
    question: String,
    answer: String,
}

impl Stream {
    async fn begin(facade: &Facade, path: &str) -> Stream {
        let asked = asking(path, "k").body(Body::from(ASKED)).unwrap();
        let response = tower::ServiceExt::oneshot(facade.app.clone(), asked).await.unwrap();
        assert_eq!(response.status(), 200);
        let mut stream =
            Stream { body: response.into_body().into_data_stream(), question: String::new(), answer: String::new() };
        let (name, progress) = stream.next().await.unwrap();
        assert_eq!((name.as_str(), &progress["phase"]), ("progress", &json!("stored")));
        stream.question = progress["question_id"].as_str().unwrap().into();
        stream.answer = progress["answer_id"].as_str().unwrap().into();
        stream
    }

    /// The next event other than a comment; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            let bytes = self.body.next().await?.unwrap();
            if let Some(event) = events(std::str::from_utf8(&bytes).unwrap()).pop() {
                return Some(event);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn events_tell_the_first_answer_then_progress_then_the_checked_answer_of_the_model() {
    let facade = facade();
    let mut stream = Stream::begin(&facade, "/chat").await;
    let (question, answer) = (stream.question.clone(), stream.answer.clone());
    let follows = json!({"metadata": {"annotations": {"agentic.ligbox.io/model-answer": "follows"}}});
    put_answer(&facade, &answer, &question, follows);
    let (name, first) = stream.next().await.unwrap();
    let model = model_answer_name(&question, &format!("uid-of-{question}"));
    let expected = json!({"thread_id": "t-1", "message": "Aberto.", "tier": "T0", "grounded": true, "citations": [],
        "pending": true, "question_id": question, "answer_id": answer, "model_answer_id": model});
    assert_eq!((name.as_str(), first), ("message", expected));
    for (phase, position) in
        [("Queued", json!(2)), ("Queued", json!(1)), ("Loading", json!(null)), ("Writing", json!(null))]
    {
        put_progress(
            &facade,
            &question,
            json!({"phase": phase, "position": position, "since": "2026-01-01T00:00:00Z"}),
        );
        let (name, progress) = stream.next().await.unwrap();
        assert_eq!((name.as_str(), &progress["position"]), ("progress", &position));
        assert_eq!(progress["phase"], json!(phase.to_lowercase()));
        assert!(progress["elapsed_seconds"].is_u64(), "{progress}");
    }
    // Nothing changed: the elapsed time is told.
    let (name, progress) = stream.next().await.unwrap();
    assert_eq!((name.as_str(), &progress["phase"]), ("progress", &json!("writing")));
    // What is not of the operator is not shown.
    let by_hand = json!({"spec": {"tier": "T1", "body": "Falso."}, "metadata": {"annotations": null}});
    put_answer(&facade, &model, &question, by_hand);
    assert_eq!(stream.next().await.unwrap().0, "progress");
    put_answer(&facade, &model, &question, json!({"spec": {"tier": "T1", "body": "Reinicie."}}));
    let (name, last) = stream.next().await.unwrap();
    assert_eq!((name.as_str(), &last["message"], &last["tier"]), ("message", &json!("Reinicie."), &json!("T1")));
    assert_eq!((&last["pending"], &last["model_answer_id"]), (&json!(false), &json!(model)));
    assert_eq!(stream.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_when_it_comes() {
    let facade = facade();
    let mut stream = Stream::begin(&facade, "/chat").await;
    let began = tokio::time::Instant::now();
    let (question, answer) = (stream.question.clone(), stream.answer.clone());
    // By then the stream waits.
    let answering = async {
        put_answer(&facade, &answer, &question, json!({}));
        // As the caches do, of which this one is a stand-in.
        facade.events.change(|_| {});
    };
    let (event, ()) = tokio::join!(stream.next(), answering);
    assert_eq!(event.unwrap().0, "message");
    assert!(began.elapsed().as_secs() < 1, "without the wait for the elapsed time: {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn events_end_with_the_first_answer_where_the_model_is_not_asked() {
    let facade = facade();
    let mut stream = Stream::begin(&facade, "/chat").await;
    put_answer(&facade, &stream.answer.clone(), &stream.question.clone(), json!({}));
    let (name, only) = stream.next().await.unwrap();
    assert_eq!((name.as_str(), &only["pending"], &only["model_answer_id"]), ("message", &json!(false), &json!(null)));
    assert_eq!(stream.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn events_end_after_the_wait_and_say_at_least_that_the_answer_is_pending() {
    let facade = facade();
    let ask = async |wait: &str| -> Answered { facade.send(asking(&format!("/chat?wait={wait}"), wait), ASKED).await };
    let told = events(&ask("0").await.text);
    assert_eq!((told[0].0.as_str(), told[1].0.as_str(), told.len()), ("progress", "message", 2));
    assert_eq!((&told[0].1["thread_id"], &told[1].1["pending"]), (&json!("t-1"), &json!(true)));
    let began = tokio::time::Instant::now();
    let told = events(&ask("25").await.text);
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        (names.as_slice(), began.elapsed().as_secs()),
        (["progress", "progress", "progress", "message"].as_slice(), 25)
    );
    // The same request, once the answer is there.
    let (question, answer) = (told[0].1["question_id"].as_str().unwrap(), told[0].1["answer_id"].as_str().unwrap());
    put_answer(&facade, answer, question, json!({"spec": {"body": "Aberto.\nDesde ontem."}}));
    let again = events(&ask("25").await.text);
    assert_eq!((again.len(), &again[1].1["message"]), (2, &json!("Aberto.\nDesde ontem.")));
}

#[tokio::test(start_paused = true)]
async fn streams_of_answers_are_limited() {
    let facade = facade();
    // What is refused is a problem.
    facade.send(asking("/chat", "bad"), r#"{"message": " "}"#).await.problem(422);
    let open = async |key: &str| {
        let asked = asking("/chat", key).body(Body::from(ASKED)).unwrap();
        tower::ServiceExt::oneshot(facade.app.clone(), asked).await.unwrap()
    };
    let (first, _second) = (open("k-1").await, open("k-2").await);
    let stored = facade.actions().len();
    let refused = facade.send(asking("/chat", "k-3"), ASKED).await;
    assert_eq!(refused.problem(429), "2 streams of events of one person are open already");
    assert_eq!(facade.actions().len(), stored, "nothing is stored");
    drop(first);
    assert_eq!(facade.send(asking("/chat?wait=0", "k-3"), ASKED).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_answers_ends_with_its_token() {
    let facade = facade();
    let expires = Timestamp::now().as_second() + 100;
    let claims = json!({"sub": "ana", "roles": ["seo"], "aud": "agentic-ops", "exp": expires});
    let asked = request(Method::POST, "/chat").header("authorization", signed(&claims, SECRET));
    let began = tokio::time::Instant::now();
    let told = events(&facade.send(asked.header("accept", "text/event-stream"), ASKED).await.text);
    assert!(told.iter().all(|(name, _)| name == "progress"), "{told:?}");
    assert!((98..=100).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}
