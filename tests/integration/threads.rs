//! The Thread of a Finding: what is told in it, what awaits acknowledgement, and how it ends.

use super::replicas::cluster::{Cluster, Which, operator};
use super::replicas::on_both;
use super::replicas::replica::Replica;
use super::replicas::target::Target;
use crate::kit::wait::{eventually, until};
use agentic_ops::api::{Agent, AuthorKind, Finding, Message, MessagePhase, Thread};
use agentic_ops::domain::fingerprint::{finding_name, finding_spec};
use agentic_ops::domain::thread::names::{answer_name, story_name, thread_name};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use std::collections::BTreeSet;

on_both!(story_of_an_occurrence, names_that_are_taken, old_threads, two_leaders_at_once, leaders_killed);

const HOUR: i64 = 3600;

fn merge(patch: Value) -> Patch<Value> {
    Patch::Merge(patch)
}

async fn make_agents(cluster: &Cluster) {
    for (name, role) in [("pulso", "ops_lead"), ("vigia", "devops"), ("maestro", "agentic_operator")] {
        let agent = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent", "metadata": {"name": name},
            "spec": {"displayName": name, "codename": name, "tier": "T0", "inboxRoles": [role]}});
        cluster.api::<Agent>().create(&PostParams::default(), &serde_json::from_value(agent).unwrap()).await.unwrap();
    }
}

/// The Messages of a Thread in their order; `None` while one has no place yet.
async fn messages(cluster: &Cluster, thread: &str) -> Option<Vec<Message>> {
    let all = cluster.api::<Message>().list(&Default::default()).await.unwrap();
    let mut of: Vec<Message> = all.items.into_iter().filter(|message| message.spec.thread == thread).collect();
    let sequence = |message: &Message| message.status.as_ref().and_then(|status| status.sequence);
    of.sort_by_key(sequence);
    of.iter().all(|message| sequence(message).is_some()).then_some(of)
}

/// Reason, author and phase of each.
fn outline(messages: &[Message]) -> Vec<(String, String, Option<MessagePhase>)> {
    let phase = |message: &Message| message.status.as_ref().and_then(|status| status.phase);
    let one = |m: &Message| (m.spec.reason.clone().unwrap_or_default(), m.spec.author.name.clone(), phase(m));
    messages.iter().map(one).collect()
}

/// Waits until the Thread of the Finding tells this.
async fn told(
    cluster: &Cluster,
    finding: &str,
    expected: &[(&str, &str, Option<MessagePhase>)],
) -> (String, Vec<Message>) {
    let expected: Vec<_> = expected.iter().map(|(r, a, p)| ((*r).to_string(), (*a).to_string(), *p)).collect();
    eventually(&format!("{expected:?}"), || async {
        let found = cluster.api::<Finding>().get_opt(finding).await.unwrap()?;
        let thread = found.status?.thread?;
        let messages = messages(cluster, &thread).await?;
        (outline(&messages) == expected).then_some((thread, messages))
    })
    .await
}

async fn story_of_an_occurrence(which: Which) {
    let Some(cluster) = Cluster::start(which, "story").await else { return };
    make_agents(&cluster).await;
    let operator = operator(&cluster, cluster.client.clone(), None);
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let finding = finding_name("shop", "status", "");
    let opened = ("Opened", "vigia", Some(MessagePhase::Pending));
    let (thread, first) = told(&cluster, &finding, &[opened]).await;
    assert_eq!(first[0].spec.recipients, ["ops_lead"]);
    let status = cluster.api::<Finding>().get(&finding).await.unwrap().status.unwrap();
    assert_eq!(thread, thread_name(&finding, status.opened_at.unwrap().0));
    let made = cluster.api::<Thread>().get(&thread).await.unwrap();
    assert_eq!((made.spec.agent.as_str(), made.spec.finding.as_ref()), ("pulso", Some(&finding)));
    eventually("what the Agents have to do", || async {
        let pulso = cluster.api::<Agent>().get("pulso").await.unwrap().status?;
        let vigia = cluster.api::<Agent>().get("vigia").await.unwrap().status?;
        (pulso.open_findings == Some(1) && pulso.pending_messages == Some(1) && vigia.last_activity_at.is_some())
            .then_some(())
    })
    .await;

    // The acknowledgement of a Message is not that of its Finding.
    let until = Timestamp::now() + jiff::SignedDuration::from_secs(3);
    let acknowledged =
        merge(json!({"spec": {"acknowledgement": {"by": "ana", "note": "vejo já", "until": until.to_string()}}}));
    cluster.api::<Message>().patch(&first[0].name_any(), &PatchParams::default(), &acknowledged).await.unwrap();
    let opened = ("Opened", "vigia", Some(MessagePhase::Acknowledged));
    let by = ("Acknowledged", "pulso", None);
    let expired = |phase| ("AcknowledgementExpired", "pulso", Some(phase));
    let (_, messages) = told(&cluster, &finding, &[opened, by, expired(MessagePhase::Pending)]).await;
    let recorded = messages[0].status.clone().unwrap().acknowledgement.unwrap();
    assert_eq!((recorded.by.as_str(), recorded.of_finding, recorded.proven), ("ana", false, false));
    assert!(messages[2].spec.needs_ack);

    let acknowledged = merge(json!({"spec": {"acknowledgement": {"by": "bia"}}}));
    cluster.api::<Finding>().patch(&finding, &PatchParams::default(), &acknowledged).await.unwrap();
    let so_far = [opened, by, expired(MessagePhase::Acknowledged), by];
    let (_, messages) = told(&cluster, &finding, &so_far).await;
    let recorded = messages[2].status.clone().unwrap().acknowledgement.unwrap();
    assert_eq!((recorded.by.as_str(), recorded.of_finding), ("bia", true));

    target.set(true);
    let resolved = ("Resolved", "vigia", None);
    told(&cluster, &finding, &[&so_far[..], &[resolved]].concat()).await;
    target.set(false);
    let reopened = ("Reopened", "vigia", Some(MessagePhase::Pending));
    let (same, _) = told(&cluster, &finding, &[&so_far[..], &[resolved, reopened]].concat()).await;
    assert_eq!(same, thread, "within a day it goes on in the same Thread");
    target.set(true);
    let reopened = ("Reopened", "vigia", Some(MessagePhase::Archived));
    told(&cluster, &finding, &[&so_far[..], &[resolved, reopened, resolved]].concat()).await;
    eventually("the counts", || async {
        let status = cluster.api::<Thread>().get(&thread).await.unwrap().status?;
        (status.message_count == Some(7) && status.pending_count == Some(0)).then_some(())
    })
    .await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// An Agent's Message by hand.
fn by_hand(name: &str, thread: &str, reason: &str) -> Message {
    let spec = json!({"thread": thread, "author": {"kind": "agent", "name": "vigia"}, "body": "b", "reason": reason});
    let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": name}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

async fn names_that_are_taken(which: Which) {
    let Some(cluster) = Cluster::start(which, "names-taken").await else { return };
    make_agents(&cluster).await;
    let finding = finding_name("shop", "status", "");
    // The client that makes them knows when the Finding will open.
    let now = Timestamp::now().as_second();
    let names: Vec<String> =
        (0..120).map(|s| thread_name(&finding, Timestamp::from_second(now + s).unwrap())).collect();
    for (name, second) in names.iter().zip(now..) {
        let spec = json!({"subject": "s", "agent": "pulso"});
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "metadata": {"name": name}, "spec": spec});
        cluster.api::<Thread>().create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
        let second_name = format!("{name}.2");
        let opened = story_name(&second_name, "Opened", Timestamp::from_second(second).unwrap());
        let message = by_hand(&opened, &second_name, "Opened");
        cluster.api::<Message>().create(&PostParams::default(), &message).await.unwrap();
    }
    let operator = operator(&cluster, cluster.client.clone(), None);
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let (thread, opened) = eventually("the Message of the operator", || async {
        let found = cluster.api::<Finding>().get_opt(&finding).await.unwrap()?;
        let thread = found.status?.thread?;
        let messages = messages(&cluster, &thread).await?;
        let own = messages.iter().find(|message| message.status.as_ref().is_some_and(|status| status.proven))?;
        let pending = own.status.as_ref()?.phase == Some(MessagePhase::Pending);
        pending.then(|| (thread.clone(), messages.clone()))
    })
    .await;
    assert!(thread.ends_with(".2") && names.contains(&thread.replace(".2", "")), "{thread}");
    let marks: Vec<_> = opened.iter().map(|m| (m.name_any().ends_with(".2"), m.status.clone().unwrap())).collect();
    assert_eq!(marks.len(), 2, "{marks:?}");
    for (is_second, status) in &marks {
        assert_eq!((status.proven, status.manager.is_none()), (*is_second, *is_second), "{marks:?}");
    }
    let is_told = async || {
        let events = cluster.api::<Event>().list(&Default::default()).await.unwrap();
        let about: BTreeSet<_> = events
            .into_iter()
            .filter(|event| event.reason.as_deref() == Some("NameTaken"))
            .filter_map(|event| event.involved_object.kind)
            .collect();
        about.into_iter().eq(["Message", "Thread"])
    };
    until("Events about both", is_told).await;
    // The answer has a name that follows from the question.
    let question = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": "pergunta"},
        "spec": {"thread": "cedo", "author": {"kind": "person", "name": "ana"}, "body": "status"}});
    let question: Message = serde_json::from_value(question).unwrap();
    let question = cluster.api::<Message>().create(&PostParams::default(), &question).await.unwrap();
    let mut taken = by_hand(&answer_name("pergunta", &question.uid().unwrap()), "cedo", "Opened");
    taken.spec.in_reply_to = Some("pergunta".into());
    cluster.api::<Message>().create(&PostParams::default(), &taken).await.unwrap();
    let asked = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "metadata": {"name": "cedo"},
        "spec": {"subject": "s", "agent": "pulso"}});
    cluster.api::<Thread>().create(&PostParams::default(), &serde_json::from_value(asked).unwrap()).await.unwrap();
    eventually("an answer", || async {
        let all = cluster.api::<Message>().list(&Default::default()).await.unwrap();
        let is_answer = |message: &Message| message.spec.in_reply_to.as_deref() == Some("pergunta");
        all.into_iter().find(|message| is_answer(message) && message.name_any() == format!("{}.2", taken.name_any()))
    })
    .await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// Stores a Finding that was resolved so many hours ago, with its Thread.
async fn make_old(cluster: &Cluster, key: &str, hours: i64, with_thread: bool) -> String {
    let name = finding_name("old", "vm", key);
    let now = Timestamp::now().as_second();
    let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
    let (opened, resolved) = (at(now - (hours + 1) * HOUR), at(now - hours * HOUR));
    let thread = thread_name(&name, opened);
    let findings = cluster.api::<Finding>();
    findings.create(&PostParams::default(), &Finding::new(&name, finding_spec("old", "vm", key))).await.unwrap();
    let transition = |at: Timestamp, to: &str, reason: &str| json!({"at": at.to_string(), "to": to, "reason": reason});
    let status = json!({"phase": "Resolved", "observedGeneration": 1, "severity": "high", "agent": "pulso", "message": "m",
        "openedAt": opened.to_string(), "resolvedAt": resolved.to_string(), "occurrences": 1,
        "thread": with_thread.then_some(&thread),
        "transitions": [transition(opened, "Open", "Opened"), transition(resolved, "Resolved", "Recovered")]});
    findings.patch_status(&name, &PatchParams::default(), &merge(json!({ "status": status }))).await.unwrap();
    if with_thread {
        let spec = json!({"subject": "s", "agent": "pulso", "finding": name});
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "metadata": {"name": thread}, "spec": spec});
        cluster.api::<Thread>().create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
    }
    thread
}

async fn old_threads(which: Which) {
    let Some(cluster) = Cluster::start(which, "old-threads").await else { return };
    make_agents(&cluster).await;
    let old = make_old(&cluster, "1", 25, true).await;
    let recent = make_old(&cluster, "2", 1, true).await;
    let before = make_old(&cluster, "3", 25, false).await;
    let operator = operator(&cluster, cluster.client.clone(), None);
    let threads = cluster.api::<Thread>();
    eventually("the old Thread to be closed", || async { threads.get(&old).await.unwrap().spec.closed.then_some(()) })
        .await;
    for thread in [&old, &recent] {
        let told =
            eventually("the story", || async { messages(&cluster, thread).await.filter(|told| told.len() == 2) }).await;
        let archived = Some(MessagePhase::Archived);
        let expected = [("Opened", "vigia", archived), ("Resolved", "vigia", None)];
        assert_eq!(outline(&told), expected.map(|(r, a, p)| (r.to_string(), a.to_string(), p)));
    }
    assert!(!threads.get(&recent).await.unwrap().spec.closed);
    assert!(threads.get_opt(&before).await.unwrap().is_none(), "it was resolved before there were Threads");
    operator.shutdown().await;
    cluster.stop().await;
}

/// Every opening and resolution that the Finding has is told once.
async fn complete(cluster: &Cluster, scenario: &str) {
    let name = finding_name(scenario, "status", "");
    eventually(&format!("the whole story of {scenario}"), || async {
        let status = cluster.api::<Finding>().get_opt(&name).await.unwrap()?.status?;
        let reasons: Vec<String> = status
            .transitions
            .iter()
            .map(|t| if t.reason == "Recovered" { "Resolved".to_string() } else { t.reason.clone() })
            .collect();
        let messages = messages(cluster, &status.thread?).await?;
        assert!(messages.len() <= reasons.len(), "nothing is told twice: {:?}", outline(&messages));
        assert!(messages.iter().all(|message| message.spec.author.kind == AuthorKind::Agent));
        let told: Vec<String> = messages.iter().filter_map(|message| message.spec.reason.clone()).collect();
        let pending =
            messages.iter().filter(|m| m.status.as_ref().and_then(|s| s.phase) == Some(MessagePhase::Pending));
        (told == reasons && pending.count() == usize::from(status.phase.is_some_and(|p| p.is_active()))).then_some(())
    })
    .await;
}

async fn two_leaders_at_once(which: Which) {
    let Some(cluster) = Cluster::start(which, "two-leaders").await else { return };
    make_agents(&cluster).await;
    // Neither knows of the other.
    let operators =
        [operator(&cluster, cluster.client.clone(), None), operator(&cluster, cluster.client.clone(), None)];
    let target = Target::start().await;
    let names: Vec<String> = (0..8).map(|number| format!("shop{number}")).collect();
    for name in &names {
        cluster.watch_target(name, &target.url).await;
    }
    for is_healthy in [false, true, false] {
        target.set(is_healthy);
        for name in &names {
            eventually("the transition", || async {
                let last = cluster.transitions(name).await.last()?.0;
                (last.is_active() != is_healthy).then_some(())
            })
            .await;
        }
    }
    for name in &names {
        complete(&cluster, name).await;
    }
    for operator in operators {
        operator.shutdown().await;
    }
    cluster.stop().await;
}

async fn leaders_killed(which: Which) {
    let Some(cluster) = Cluster::start(which, "story-killed").await else { return };
    make_agents(&cluster).await;
    let target = Target::start().await;
    let names: Vec<String> = (0..12).map(|number| format!("shop{number}")).collect();
    for name in &names {
        cluster.watch_target(name, &target.url).await;
    }
    let mut replicas = vec![Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await];
    eventually("a leader", || async { replicas[0].leads().await.then_some(()) }).await;
    replicas.push(Replica::start(&cluster, "replica-b", &cluster.kubeconfig).await);
    for (round, is_healthy) in [false, true, false].into_iter().enumerate() {
        target.set(is_healthy);
        eventually("a transition", || async {
            let last = cluster.transitions(&names[0]).await.last()?.0;
            (last.is_active() != is_healthy).then_some(())
        })
        .await;
        // In the middle of telling of the others.
        let at = round % 2;
        replicas[at].kill();
        replicas[at] = Replica::spawn(&cluster, ["replica-a", "replica-b"][at], &cluster.kubeconfig);
        for name in &names {
            eventually("the transition", || async {
                let last = cluster.transitions(name).await.last()?.0;
                (last.is_active() != is_healthy).then_some(())
            })
            .await;
        }
    }
    for name in &names {
        complete(&cluster, name).await;
    }
    cluster.stop().await;
}
