//! What people write by REST is stored once, and their commands carried out once, whenever a replica ends.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::records::{finding, result, with_a_finding};
use super::replica::Replica;
use crate::kit::wait::eventually;
use agentic_ops::api::{Action, AuthorKind, Finding, Message, Thread};
use futures::future::join_all;
use kube::ResourceExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both!(replies_survive_a_kill_and_are_stored_once, questions_and_commands_are_stored_with_their_actions);

/// How many people's replies there are when the replica is killed, and in all.
const BEFORE_THE_KILL: usize = 5;
const REPLIES: usize = 30;

async fn post(replica: &Replica, bearer: &str, key: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
    let headers = [("authorization", bearer), ("idempotency-key", key)];
    let (status, _, text) = replica.send(Method::POST, path, &headers, &body.to_string()).await?;
    Some((status, serde_json::from_str(&text).unwrap_or_default()))
}

async fn reply(replica: &Replica, bearer: &str, path: &str, number: usize) -> Option<(u16, Value)> {
    let body = json!({"body": format!("resposta {number}")});
    post(replica, bearer, &number.to_string(), path, &body).await
}

/// The Messages of people, by their text.
async fn said(cluster: &Cluster) -> BTreeMap<String, Vec<Message>> {
    let mut said: BTreeMap<String, Vec<Message>> = BTreeMap::new();
    let messages = cluster.api::<Message>().list(&Default::default()).await.unwrap();
    for message in messages.items.into_iter().filter(|message| message.spec.author.kind == AuthorKind::Person) {
        said.entry(message.spec.body.clone()).or_default().push(message);
    }
    said
}

async fn action(cluster: &Cluster, message: &Message) -> Action {
    cluster.api::<Action>().get(message.spec.action.as_ref().unwrap()).await.unwrap()
}

async fn replies_survive_a_kill_and_are_stored_once(which: Which) {
    let Some((cluster, _target, bearer)) = with_a_finding(which, "replies").await else { return };
    let mut one = Replica::start(&cluster, "one", &cluster.kubeconfig).await;
    let two = Replica::start(&cluster, "two", &cluster.kubeconfig).await;
    let chat = json!({"message": "oi"});
    let (status, view) = post(&one, &bearer, "chat", "/api/v1/agents/chat?wait=0", &chat).await.unwrap();
    assert!(status == 200 && view["question_id"].is_string(), "{view}");
    // Another replica finds the Thread at once.
    let path = format!("/api/v1/agents/threads/{}/reply", view["thread_id"].as_str().unwrap());
    assert_eq!(reply(&two, &bearer, &path, 0).await.unwrap().0, 201);
    let all = join_all((1..REPLIES).map(|number| reply(&one, &bearer, &path, number)));
    let some = eventually("some replies", async || (said(&cluster).await.len() > BEFORE_THE_KILL).then_some(()));
    tokio::select! {
        _ = all => {}
        () = some => {}
    }
    one.kill();
    let one = Replica::start(&cluster, "one", &cluster.kubeconfig).await;
    let mut answers = Vec::new();
    for number in 0..REPLIES {
        let answer = eventually("the reply is stored", async || {
            let (status, view) = reply(&one, &bearer, &path, number).await?;
            // A request that has not ended elsewhere may be repeated.
            (status != 409).then_some((status, view))
        });
        let (status, view) = answer.await;
        assert_eq!((status, &view["body"]), (201, &json!(format!("resposta {number}"))), "{view}");
        answers.push(view);
    }
    let said = said(&cluster).await;
    assert_eq!(said.len(), REPLIES + 1);
    for view in answers {
        let stored = &said[view["body"].as_str().unwrap()];
        assert_eq!((stored.len(), view["id"].as_str()), (1, Some(stored[0].name_any().as_str())), "{view}");
        let action = action(&cluster, &stored[0]).await;
        assert_eq!((action.spec.verb.as_str(), result(&action)), ("reply", Some("done")));
        assert!(action.is_of_facade());
    }
    let actions = cluster.api::<Action>().list(&Default::default()).await.unwrap().items;
    assert_eq!(actions.len(), REPLIES + 1, "each is recorded once");
    cluster.stop().await;
}

async fn questions_and_commands_are_stored_with_their_actions(which: Which) {
    let Some((cluster, _target, bearer)) = with_a_finding(which, "commands").await else { return };
    let replica = Replica::start(&cluster, "one", &cluster.kubeconfig).await;
    let id = finding(&cluster).await.name_any();
    let ask = async |key: &str, message: &str| {
        let body = json!({"message": message, "finding_id": id});
        eventually("an answer other than that the Finding is not cached yet", async || {
            let (status, view) = post(&replica, &bearer, key, "/api/v1/agents/chat?wait=0", &body).await?;
            (status != 422).then_some((status, view))
        })
        .await
    };
    let (status, question) = ask("q", "o que houve?").await;
    assert_eq!(status, 200, "{question}");
    for _ in 0..2 {
        let (status, command) = ask("a", "ack vendo").await;
        assert_eq!(status, 200, "{command}");
    }
    let acknowledgement = cluster.api::<Finding>().get(&id).await.unwrap().spec.acknowledgement.unwrap();
    assert_eq!((acknowledgement.by.as_str(), acknowledgement.note.as_deref()), ("ana", Some("vendo")));
    let said = said(&cluster).await;
    for (text, verb, kind) in [("o que houve?", "chat", "Thread"), ("ack vendo", "acknowledge", "Finding")] {
        let [message] = said[text].as_slice() else { panic!("{text}: {said:?}") };
        let action = action(&cluster, message).await;
        assert_eq!((action.spec.verb.as_str(), action.spec.subject.kind.as_str()), (verb, kind));
        assert_eq!(result(&action), Some("done"));
        assert_eq!(action.spec.parameters["message"], message.name_any());
        let thread = cluster.api::<Thread>().get(&message.spec.thread).await.unwrap();
        assert!(thread.spec.finding == Some(id.clone()) || message.spec.finding == Some(id.clone()), "{message:?}");
    }
    assert_eq!(acknowledgement.action, said["ack vendo"][0].spec.action);
    let actions = cluster.api::<Action>().list(&Default::default()).await.unwrap().items;
    assert_eq!(actions.len(), 2, "{actions:?}");
    cluster.stop().await;
}
