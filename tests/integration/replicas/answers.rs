//! Agents answer people in Threads that kubectl wrote: once, whichever replica leads and whatever is killed.

use super::cluster::{Cluster, Which, operator, operator_with};
use super::on_both;
use super::replica::Replica;
use crate::kit::kubectl;
use crate::kit::settings;
use crate::kit::wait::{TIMEOUT, eventually, succeeds_within, until};
use agentic_ops::api::{Action, AuthorKind, Message, RECORDED_BY, RECORDED_BY_FACADE, Thread, Tier};
use agentic_ops::controllers::context::Limits;
use k8s_openapi::api::core::v1::Event;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, Patch, PostParams};
use serde_json::json;

on_both!(
    a_message_by_kubectl_is_answered,
    a_message_without_a_thread_is_answered_once_there_is_one,
    the_result_of_a_command_is_told_from_its_action,
    two_replicas_answer_each_message_once,
    an_author_waits_for_answers_beyond_the_limit,
);

const THREAD: &str = "conversa-1";

fn thread(name: &str) -> serde_json::Value {
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "metadata": {"name": name},
        "spec": {"subject": "Ronda da noite", "agent": "pulso", "conversation": name, "participants": ["ana"]}})
}

fn message(name: &str, author: &str, body: &str) -> serde_json::Value {
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": name},
        "spec": {"thread": THREAD, "author": {"kind": "person", "name": author}, "body": body}})
}

/// Creates objects by kubectl.
async fn create(cluster: &Cluster, objects: &[serde_json::Value]) {
    let file = cluster.scratch.0.join("objects.json");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(&file, list.to_string()).unwrap();
    let arguments = ["-n", &cluster.namespace, "create", "-f", file.to_str().unwrap()];
    let created = kubectl::run(kubectl::command(&cluster.kubeconfig, &cluster.scratch.0, &arguments)).await;
    assert!(created.ok, "{}", created.err);
}

async fn make<K>(cluster: &Cluster, object: serde_json::Value)
where
    K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::Serialize
        + serde::de::DeserializeOwned,
{
    let object: K = serde_json::from_value(object).unwrap();
    cluster.api::<K>().create(&PostParams::default(), &object).await.unwrap();
}

/// The answers to a Message.
async fn answers(cluster: &Cluster, question: &str) -> Vec<Message> {
    let messages = cluster.api::<Message>().list(&Default::default()).await.unwrap();
    messages.into_iter().filter(|message| message.spec.in_reply_to.as_deref() == Some(question)).collect()
}

async fn answer(cluster: &Cluster, question: &str) -> Message {
    let answer = async || answers(cluster, question).await.pop();
    eventually(&format!("an answer to {question}"), answer).await
}

async fn a_message_by_kubectl_is_answered(which: Which) {
    let Some(cluster) = Cluster::start(which, "answers").await else { return };
    let _replica = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    create(&cluster, &[thread(THREAD), message("pergunta", "ana", "O que está aberto?")]).await;
    let said = answer(&cluster, "pergunta").await.spec;
    assert_eq!((said.thread.as_str(), said.author.kind, said.tier), (THREAD, AuthorKind::Agent, Some(Tier::T0)));
    assert_eq!(said.author.name, "maestro", "there is no Agent pulso");
    assert_eq!(said.body, "Nenhuma ocorrência aberta.");
    assert!(said.at.is_some() && said.recipients.is_empty() && !said.needs_ack);

    // A command by kubectl is not carried out: the answer says what to type.
    create(&cluster, &[message("comando", "ana", "rodar desk.api.health")]).await;
    let said = answer(&cluster, "comando").await.spec.body;
    let line = format!("kubectl -n {} annotate scn desk.api.health", cluster.namespace);
    assert!(said.contains("não foi executado") && said.contains(&line), "{said}");

    // In a Thread that has ended, too.
    let patch = Patch::Merge(json!({"spec": {"closed": true}}));
    cluster.api::<Thread>().patch(THREAD, &Default::default(), &patch).await.unwrap();
    let is_closed = async || {
        let name = format!("tarde-{}", uuid::Uuid::new_v4().simple());
        make::<Message>(&cluster, message(&name, "ana", "status")).await;
        answer(&cluster, &name).await.spec.body.contains("Esta conversa está encerrada")
    };
    until("an answer that says that it is closed", is_closed).await;
    cluster.stop().await;
}

async fn a_message_without_a_thread_is_answered_once_there_is_one(which: Which) {
    let Some(cluster) = Cluster::start(which, "answers-thread").await else { return };
    let _replica = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    create(&cluster, &[message("cedo", "ana", "ajuda")]).await;
    let is_told = async || {
        let events = cluster.api::<Event>().list(&Default::default()).await.unwrap();
        events.into_iter().any(|event| {
            event.reason.as_deref() == Some("ThreadNotFound") && event.involved_object.name.as_deref() == Some("cedo")
        })
    };
    until("an Event about the Message", is_told).await;
    assert!(answers(&cluster, "cedo").await.is_empty());
    create(&cluster, &[thread(THREAD)]).await;
    assert!(answer(&cluster, "cedo").await.spec.body.contains("abertos: as ocorrências abertas"));
    cluster.stop().await;
}

/// Only of the embedded server, which lets a test change when a Message was created.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_older_than_an_hour_is_not_answered() {
    let mut cluster = Cluster::start(Which::Embedded, "answers-old").await.unwrap();
    make::<Thread>(&cluster, thread(THREAD)).await;
    for name in ["velha", "nova"] {
        make::<Message>(&cluster, message(name, "ana", "status")).await;
    }
    let address = cluster.stop_embedded().await;
    let database = rusqlite::Connection::open(cluster.scratch.0.join("api/controlplane.db")).unwrap();
    let created =
        (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(61)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let age = "UPDATE objects SET json = json_set(json, '$.metadata.creationTimestamp', ?1) WHERE name = 'velha'";
    assert_eq!(database.execute(age, [created]).unwrap(), 1);
    drop(database);
    cluster.restart_embedded(address).await;
    let operator = operator(&cluster, cluster.client.clone(), None);
    // The oldest is answered first.
    answer(&cluster, "nova").await;
    assert!(answers(&cluster, "velha").await.is_empty());
    operator.shutdown().await;
    cluster.stop().await;
}

async fn the_result_of_a_command_is_told_from_its_action(which: Which) {
    let Some(cluster) = Cluster::start(which, "answers-action").await else { return };
    let _replica = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    let action = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
        "metadata": {"name": "acao-1", "annotations": {(RECORDED_BY): RECORDED_BY_FACADE}},
        "spec": {"verb": "acknowledge", "subject": {"kind": "Finding", "name": "shop-0123456789"},
            "actor": {"name": "ana", "roles": ["devops"], "via": "rest"}, "parameters": {"message": "da-ana"}}});
    make::<Action>(&cluster, action).await;
    let result = json!({"status": {"result": "refused", "message": "shop is resolved", "at": "2026-01-01T00:00:00Z"}});
    cluster.api::<Action>().patch_status("acao-1", &Default::default(), &Patch::Merge(result)).await.unwrap();
    make::<Thread>(&cluster, thread(THREAD)).await;
    for (name, author, expected) in [
        ("da-ana", "ana", "Recusado, e nada foi alterado: shop is resolved"),
        // The Action is of another person, or for another Message: it proves nothing of these.
        ("do-rui", "rui", "Este comando não foi executado"),
        ("outra-da-ana", "ana", "Este comando não foi executado"),
    ] {
        let mut question = message(name, author, "ack");
        question["spec"]["action"] = json!("acao-1");
        make::<Message>(&cluster, question).await;
        let said = answer(&cluster, name).await.spec.body;
        assert!(said.starts_with(expected), "{name}: {said}");
    }
    cluster.stop().await;
}

async fn two_replicas_answer_each_message_once(which: Which) {
    let Some(cluster) = Cluster::start(which, "answers-replicas").await else { return };
    let mut leader = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    until("a leader", async || leader.leads().await).await;
    let follower = Replica::start(&cluster, "replica-b", &cluster.kubeconfig).await;
    make::<Thread>(&cluster, thread(THREAD)).await;
    let names: Vec<String> = (0..24).map(|number| format!("pergunta-{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        make::<Message>(&cluster, message(name, "ana", "status")).await;
        if number == 11 {
            leader.kill();
        }
    }
    until("the follower to lead", async || follower.leads().await).await;
    for name in &names {
        answer(&cluster, name).await;
    }
    // It starts anew, and the other one goes: there is nothing to be answered again.
    let again = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    drop(follower);
    until("the other to lead", async || again.leads().await).await;
    make::<Message>(&cluster, message("depois", "rui", "status")).await;
    answer(&cluster, "depois").await;
    let all = cluster.api::<Message>().list(&Default::default()).await.unwrap();
    assert_eq!(all.items.len(), 2 * (names.len() + 1), "{:?}", all.iter().map(|m| m.name_any()).collect::<Vec<_>>());
    for name in &names {
        assert_eq!(answers(&cluster, name).await.len(), 1, "{name}");
    }
    cluster.stop().await;
}

async fn an_author_waits_for_answers_beyond_the_limit(which: Which) {
    let Some(cluster) = Cluster::start(which, "answers-loop").await else { return };
    let limits = Limits { answers_per_minute: 3, ..settings::nowhere(&[]).limits() };
    let operator = operator_with(&cluster, cluster.client.clone(), None, limits);
    make::<Thread>(&cluster, thread(THREAD)).await;
    for number in 0..4 {
        let name = format!("robo-{number}");
        make::<Message>(&cluster, message(&name, "robo", "status")).await;
        let said = answer(&cluster, &name).await.spec.body;
        assert_eq!(said.contains("já recebeu 3 respostas em um minuto"), number == 3, "{said}");
    }
    make::<Message>(&cluster, message("robo-4", "robo", "status")).await;
    // Messages are answered in their order: once that of another author is, this one waits.
    make::<Message>(&cluster, message("pessoa", "ana", "status")).await;
    answer(&cluster, "pessoa").await;
    assert!(answers(&cluster, "robo-4").await.is_empty());
    // Nor is what an Agent wrote.
    let mut other = message("agente", "pulso", "status");
    other["spec"]["author"]["kind"] = json!("agent");
    make::<Message>(&cluster, other).await;
    make::<Message>(&cluster, message("outra", "ana", "status")).await;
    answer(&cluster, "outra").await;
    assert!(answers(&cluster, "agente").await.is_empty());
    // It is answered without a restart once the limit allows.
    let waited = async || answers(&cluster, "robo-4").await.pop().ok_or("not yet");
    let said = succeeds_within(2 * TIMEOUT, "the answer that waited", waited).await.spec.body;
    assert_eq!(said, "Nenhuma ocorrência aberta.");
    operator.shutdown().await;
    let _ = cluster.api::<Thread>().delete(THREAD, &DeleteParams::default()).await;
    cluster.stop().await;
}
