//! A story from its beginning to its end, as REST, kubectl and mail tell it.

use super::notices::{ANA, NO_DIGEST, scenario, smtp_url, watch};
use super::replicas::target::Target;
use super::running::{Running, start_with};
use crate::kit::kubectl;
use crate::kit::mailpit::{Mailpit, Received};
use crate::kit::scratch::Scratch;
use crate::kit::wait::eventually;
use agentic_ops::api::Role;
use agentic_ops::cli::token::{issue, load_or_make_secret};
use agentic_ops::domain::fingerprint::finding_name;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// Three Agents: the one that owns the Finding, the one that tells what was read, and the one of the operators.
const AGENTS: &str = "{apiVersion: agentic.ligbox.io/v1alpha1, kind: Agent, metadata: {name: pulso}, \
    spec: {id: A1, displayName: Pulso, codename: node_health, tier: T0, inboxRoles: [ops_lead]}}\n---\n\
    {apiVersion: agentic.ligbox.io/v1alpha1, kind: Agent, metadata: {name: vigia}, \
    spec: {displayName: Vigia, codename: sentinel, tier: T0}}\n---\n\
    {apiVersion: agentic.ligbox.io/v1alpha1, kind: Agent, metadata: {name: maestro}, \
    spec: {id: A0, displayName: Maestro, codename: orchestrator, tier: T0, inboxRoles: [agentic_operator]}}\n";
const BROKEN: &str = "a loja respondeu 500";

/// The program with a mail server, and one person who uses REST and kubectl.
struct Site {
    running: Running,
    mailpit: Mailpit,
    token: String,
    client: reqwest::Client,
    _registry: Scratch,
}

impl Site {
    async fn start(name: &str) -> Site {
        let registry = Scratch::new(&format!("{name}-registry"));
        let file = registry.0.join("registry.yaml");
        std::fs::write(&file, AGENTS).unwrap();
        let mailpit = Mailpit::start(&[], &[]).await;
        let smtp = smtp_url(mailpit.smtp);
        let settings = [
            NO_DIGEST,
            ("SMTP_URL", smtp.as_str()),
            ("MAIL_FROM", "Agentic Ops <ops@example.com>"),
            ("DESK_ROOT_NOTIFY_EMAIL", ANA),
            ("AGENTIC_GROUP_WAIT", "1s"),
            ("AGENTIC_ESCALATE_AFTER", "3s"),
        ];
        let running = start_with(name, &file, &settings).await;
        let secret = load_or_make_secret(&running.scratch.0).unwrap();
        let token = issue(&secret, "ana", &[Role::OpsLead], Timestamp::now(), Duration::from_secs(600)).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Site { running, mailpit, token, client, _registry: registry }
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("http://{}/api/v1/agents{path}", self.running.address);
        let answer = self.client.get(url).bearer_auth(&self.token).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let url = format!("http://{}/api/v1/agents{path}", self.running.address);
        let request = self.client.post(url).bearer_auth(&self.token).header("Idempotency-Key", key);
        let answer = request.header("Content-Type", "application/json").body(body.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    async fn kubectl(&self, arguments: &[&str]) -> String {
        let scratch = &self.running.scratch.0;
        let done = kubectl::run(kubectl::command(&scratch.join("kubeconfig"), scratch, arguments)).await;
        assert!(done.ok, "{arguments:?}: {}", done.err);
        done.out
    }

    /// The Messages of a Thread by REST, once they are as expected.
    async fn told(&self, thread: &str, what: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        eventually(what, || async {
            let page = self.get(&format!("/threads/{thread}/messages?limit=500")).await;
            page["items"].as_array().cloned().filter(|items| holds(items))
        })
        .await
    }

    /// The Messages of a Thread by kubectl, in their order.
    async fn by_kubectl(&self, thread: &str) -> Vec<Value> {
        let selector = format!("spec.thread={thread}");
        let out = self.kubectl(&["get", "messages", "--field-selector", &selector, "-o", "json"]).await;
        let mut items = serde_json::from_str::<Value>(&out).unwrap()["items"].as_array().cloned().unwrap();
        items.sort_by_key(|message| message["status"]["sequence"].as_u64());
        items
    }

    /// The names of pending Messages of an inbox.
    async fn inbox(&self, role: &str) -> Vec<String> {
        let page = self.get(&format!("/inbox?role={role}")).await;
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_string()).collect()
    }

    async fn mail(&self, what: &str, is_it: impl Fn(&Received) -> bool) -> Received {
        eventually(what, || async { self.mailpit.mails(0).await.into_iter().find(&is_it) }).await
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The answer to a Message, if there is one.
fn answer_to<'a>(messages: &'a [Value], id: &str) -> Option<&'a Value> {
    messages.iter().find(|message| message["in_reply_to"] == id && text(message, "/author/kind") == "agent")
}

/// REST and kubectl show the same Messages, in the same order, and the Thread counts them.
async fn is_shown_alike(site: &Site, thread: &str, finding: &str, stored: &[Value]) {
    let count = stored.len();
    // They are in their order once each has its sequence.
    let names: Vec<&str> = stored.iter().map(|message| text(message, "/metadata/name")).collect();
    let in_order = |all: &[Value]| all.iter().map(|message| text(message, "/id")).eq(names.iter().copied());
    let shown = site.told(thread, "all Messages in their order", in_order).await;
    for (shown, stored) in shown.iter().zip(stored) {
        assert_eq!(text(shown, "/body"), text(stored, "/spec/body"));
        assert_eq!(text(shown, "/author/name").to_lowercase(), text(stored, "/spec/author/name"));
        assert!(!text(shown, "/body").contains("{\""), "no raw JSON: {shown}");
    }
    let listed = eventually("the count of the Thread", || async {
        let page = site.get(&format!("/threads?finding_id={finding}")).await;
        let listed = page["items"][0].clone();
        (listed["message_count"] == count && listed["pending_count"] == 0).then_some(listed)
    })
    .await;
    assert_eq!(
        (text(&listed, "/id"), text(&listed, "/finding_id"), text(&listed, "/state")),
        (thread, finding, "open")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_told_alike_by_rest_kubectl_and_mail() {
    let site = Site::start("story").await;
    let target = Target::start().await;
    target.set(false);
    watch(&site.running.api(), &scenario("shop", "critical", &[&target.url])).await;
    let finding = finding_name("shop", "web0", "");
    let shown = eventually("a Finding with a Thread", || async {
        let shown = site.get(&format!("/findings/{finding}")).await;
        shown["thread_id"].is_string().then_some(shown)
    })
    .await;
    let thread = text(&shown, "/thread_id").to_string();
    assert!(thread.starts_with(&format!("{finding}-")), "{thread}");

    // It opened: in the Thread, in the inbox of those on duty, in the mail.
    let messages = site.told(&thread, "the opening", |all| !all.is_empty()).await;
    let opening = text(&messages[0], "/id").to_string();
    assert_eq!((text(&messages[0], "/author/name"), &messages[0]["needs_ack"]), ("Vigia", &json!(true)));
    assert!(text(&messages[0], "/body").contains(BROKEN), "{}", messages[0]);
    eventually("the opening in the inbox", || async { site.inbox("ops_lead").await.contains(&opening).then_some(()) })
        .await;
    let mail = site.mail("the mail of the opening", |mail| mail.header("Message-Id").starts_with("<opened.")).await;
    assert!(text(&mail.content, "/Text").contains(BROKEN));

    // Nobody acknowledged it: it is escalated, to the operators besides.
    let escalated = eventually("the escalation", || async {
        let all = site.by_kubectl(&thread).await;
        all.into_iter().find(|message| message["spec"]["reason"] == "Escalated")
    })
    .await;
    let escalated = text(&escalated, "/metadata/name").to_string();
    eventually("the escalation in the inbox", || async {
        site.inbox("agentic_operator").await.contains(&escalated).then_some(())
    })
    .await;

    // Ana asks by REST, twice under one key, and is answered once; Rui asks by kubectl.
    let (status, first) = site.post(&format!("/threads/{thread}/reply"), "k-1", &json!({"body": "status?"})).await;
    assert_eq!(status, 201, "{first}");
    let (status, again) = site.post(&format!("/threads/{thread}/reply"), "k-1", &json!({"body": "status?"})).await;
    assert_eq!((status, &again), (201, &first));
    let question = text(&first, "/id").to_string();
    let body = format!(
        "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Message\nmetadata: {{name: from-rui}}\n\
         spec: {{thread: {thread}, author: {{kind: person, name: rui}}, body: 'o que fazer?'}}\n"
    );
    let file = site.running.scratch.file("message.yaml", &body);
    site.kubectl(&["create", "-f", &file]).await;
    let both = |all: &[Value]| answer_to(all, &question).is_some() && answer_to(all, "from-rui").is_some();
    let messages = site.told(&thread, "two answers", both).await;
    let answer = answer_to(&messages, &question).unwrap();
    assert!(text(answer, "/author/name") == "Pulso" && text(answer, "/body").contains(BROKEN), "{answer}");
    assert_eq!(messages.iter().filter(|message| message["in_reply_to"] == question.as_str()).count(), 1);

    let place = |id: &str| messages.iter().position(|message| text(message, "/id") == id);
    assert!(place(&question) < place(text(answer, "/id")), "an answer follows its question");

    // Ana has seen the escalation: her name is proven, and the Finding stays open.
    let (status, seen) = site.post(&format!("/messages/{escalated}/ack"), "k-3", &json!({"note": "vi"})).await;
    assert_eq!((status, &seen["acknowledgement"]["by"]), (200, &json!("ana")), "{seen}");
    eventually("a proven acknowledgement of the Message", || async {
        let all = site.by_kubectl(&thread).await;
        let message = all.into_iter().find(|message| text(message, "/metadata/name") == escalated)?;
        (message["status"]["acknowledgement"]["proven"] == true).then_some(())
    })
    .await;
    assert_eq!(site.get(&format!("/findings/{finding}")).await["phase"], "open");

    // Ana acknowledges it in the conversation.
    let (status, said) =
        site.post("/chat?wait=30", "k-2", &json!({"message": "ack estou vendo", "thread_id": thread})).await;
    assert_eq!((status, &said["thread_id"], &said["pending"]), (200, &json!(thread), &json!(false)), "{said}");
    eventually("an acknowledged Finding", || async {
        let shown = site.get(&format!("/findings/{finding}")).await;
        (shown["acknowledgement"]["by"] == "ana" && shown["acknowledgement"]["proven"] == true).then_some(())
    })
    .await;
    for role in ["ops_lead", "agentic_operator"] {
        eventually("an empty inbox", || async { site.inbox(role).await.is_empty().then_some(()) }).await;
    }
    let mail = site
        .mail("the mail of the acknowledgement", |mail| mail.header("Message-Id").starts_with("<acknowledged."))
        .await;
    assert!(text(&mail.content, "/Text").contains("estou vendo"));

    // It ends, and everybody is told.
    target.set(true);
    site.mail("the mail of the end", |mail| mail.header("Message-Id").starts_with("<resolved.")).await;
    let reasons = |all: &[Value]| -> Vec<String> {
        all.iter()
            .map(|message| text(message, "/spec/reason").to_string())
            .filter(|reason| !reason.is_empty())
            .collect()
    };
    let stored = eventually("the end in the Thread", || async {
        let all = site.by_kubectl(&thread).await;
        (reasons(&all).last().map(String::as_str) == Some("Resolved")).then_some(all)
    })
    .await;
    assert_eq!(reasons(&stored), ["Opened", "Escalated", "Acknowledged", "Acknowledged", "Resolved"]);

    is_shown_alike(&site, &thread, &finding, &stored).await;
    let actions = site.get("/action-log?actor=ana").await;
    let mut verbs: Vec<&str> =
        actions["items"].as_array().unwrap().iter().map(|action| text(action, "/verb")).collect();
    // Within a second they are in no order.
    verbs.sort_unstable();
    assert_eq!(verbs, ["acknowledge", "acknowledge-message", "reply"], "each once");
    site.running.stop().await;
}
