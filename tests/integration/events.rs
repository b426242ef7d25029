//! `/events` and the lists of Threads and Messages over HTTP, on the whole program.

use super::running::{Running, start};
use crate::kit::real;
use crate::kit::wait::{eventually, within};
use agentic_ops::api::{Finding, Message, Role, Thread};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::api::PostParams;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

fn registry() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml")
}

/// A client of a facade.
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    fn new(running: &Running, ttl: u64) -> Client {
        Self::of(&format!("http://{}", running.address), &running.scratch.0, ttl)
    }

    /// A client of the facade at this URL, with a token of so many seconds by the secret in a directory.
    pub fn of(url: &str, directory: &Path, ttl: u64) -> Client {
        let secret = load_or_make_secret(directory).unwrap();
        let token = issue(&secret, "ana", &[Role::OpsLead], Timestamp::now(), Duration::from_secs(ttl)).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Client { http, base: format!("{url}/api/v1/agents"), token }
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    pub async fn follow(&self, last: Option<&str>) -> Stream {
        let mut request = self.http.get(format!("{}/events", self.base)).bearer_auth(&self.token);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        Stream { response, text: String::new(), id: String::new() }
    }
}

/// A Thread of Pulso.
pub fn talk(name: &str) -> Thread {
    let thread = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Thread", "metadata": {"name": name},
        "spec": {"subject": "Backup", "agent": "pulso", "conversation": name}});
    serde_json::from_value(thread).unwrap()
}

/// A stream of events, read as browsers read it.
pub struct Stream {
    response: reqwest::Response,
    text: String,
    /// The last id.
    pub id: String,
}

impl Stream {
    /// Name and data of the next event; `None` at the end.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(String::from);
                let (name, data, id) = (field("event: "), field("data: "), field("id: "));
                self.text = rest.to_string();
                self.id = id.expect("an id");
                if let (Some(name), Some(data)) = (name, data) {
                    return Some((name, serde_json::from_str(&data).unwrap()));
                }
            }
            // An end is one that the server makes, not a connection that is cut.
            let part = within(self.response.chunk()).await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&part).unwrap());
        }
    }

    /// The next event of this name that has this field.
    pub async fn until(&mut self, name: &str, field: &str, value: Value) -> Value {
        let [found] = self.until_all([(name, field, value)]).await;
        found
    }

    /// The next event of each of these names with these fields. Events of several kinds come in any order.
    async fn until_all<const N: usize>(&mut self, wanted: [(&str, &str, Value); N]) -> [Value; N] {
        let mut found = [const { None }; N];
        while found.iter().any(Option::is_none) {
            let (name, data) = self.next().await.expect("the stream goes on");
            assert_ne!(name, "reset", "nothing is missing");
            let is_it = |(n, field, value): &(&str, &str, Value)| *n == name && data[*field] == *value;
            if let Some(at) = wanted.iter().position(is_it) {
                found[at].get_or_insert(data);
            }
        }
        found.map(Option::unwrap)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_followed_and_a_client_that_was_away_misses_none() {
    let running = start("events", &registry()).await;
    let client = Client::new(&running, 600);
    eventually("nine healthy Scenarios", || async {
        let body = client.get("/scenarios").await;
        let healthy = body["items"].as_array()?.iter().filter(|scenario| scenario["health"] == "healthy").count();
        (healthy == 9).then_some(())
    })
    .await;
    let mut stream = client.follow(None).await;
    running.estate.break_part("quorum").unwrap();
    let wanted = [("finding", "phase", json!("open")), ("scenario", "health", json!("failing"))];
    let [opened, failing] = stream.until_all(wanted).await;
    assert_eq!((&opened["scenario_id"], &failing["id"]), (&json!("proxmox.cluster"), &json!("proxmox.cluster")));
    let id = opened["id"].as_str().unwrap().to_string();
    let last = stream.id.clone();
    drop(stream);

    running.estate.heal_part("quorum").unwrap();
    eventually("the Finding resolved", || async {
        (client.get(&format!("/findings/{id}")).await["phase"] == "resolved").then_some(())
    })
    .await;
    let mut stream = client.follow(Some(&last)).await;
    let wanted = [("finding", "phase", json!("resolved")), ("scenario", "health", json!("healthy"))];
    let [resolved, healthy] = stream.until_all(wanted).await;
    assert_eq!((&resolved["id"], &healthy["id"]), (&json!(id), &json!("proxmox.cluster")));

    let mut unknown = client.follow(Some("of another program")).await;
    assert_eq!(unknown.next().await, Some(("reset".into(), json!({}))));
    running.api::<Finding>().delete(&id, &Default::default()).await.unwrap();
    let deleted = unknown.until("finding", "deleted", json!(true)).await;
    assert_eq!(deleted["id"], json!(id));
    if real::kubeconfig().is_some() {
        // The program is another process there, and is killed.
        return running.stop().await;
    }
    // Both streams end, and do not keep the program from ending.
    let ends = tokio::spawn(async move {
        while stream.next().await.is_some() {}
        while unknown.next().await.is_some() {}
    });
    running.stop().await;
    within(ends).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_its_token_expires() {
    let running = start("events-token", &registry()).await;
    let client = Client::new(&running, 3);
    let mut stream = client.follow(None).await;
    while stream.next().await.is_some() {}
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_awaits_people_is_in_the_inbox_and_in_its_thread() {
    let running = start("inbox", &registry()).await;
    let client = Client::new(&running, 600);
    eventually("the Agents", || async { (client.get("/roster").await["items"].as_array()?.len() == 10).then_some(()) })
        .await;
    let mut stream = client.follow(None).await;
    running.api::<Thread>().create(&PostParams::default(), &talk("talk-1")).await.unwrap();
    let message = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": "talk-1-m"},
        "spec": {"thread": "talk-1", "author": {"kind": "agent", "name": "pulso"}, "body": "Falta espaço.",
            "needsAck": true, "recipients": ["ops_lead"], "severity": "high", "at": "2026-01-02T03:04:05.000006Z"}});
    let message: Message = serde_json::from_value(message).unwrap();
    let created = running.api::<Message>().create(&PostParams::default(), &message).await.unwrap();
    assert_eq!(created.name_any(), "talk-1-m");
    let event = stream.until("message", "id", json!("talk-1-m")).await;
    assert_eq!((&event["thread_id"], &event["phase"]), (&json!("talk-1"), &json!("pending")));
    let item = eventually("the Message in the inbox", || async {
        let inbox = client.get("/inbox?role=ops_lead&agent=A1&severity=high").await;
        inbox["items"].as_array()?.iter().find(|item| item["id"] == "talk-1-m").cloned()
    })
    .await;
    let expected = json!({"id": "talk-1-m", "thread_id": "talk-1", "subject": "Backup",
        "agent": {"id": "A1", "name": "Pulso"}, "recipients": ["ops_lead"], "body": "Falta espaço.", "severity": "high",
        "finding_id": null, "owner": null, "created_at": "2026-01-02T03:04:05.000006Z"});
    assert_eq!(item, expected);
    let threads = client.get("/threads?agent=pulso&state=open").await;
    assert!(threads["items"].as_array().unwrap().iter().any(|thread| thread["id"] == "talk-1"), "{threads}");
    let messages = client.get("/threads/talk-1/messages").await;
    let ids: Vec<_> = messages["items"].as_array().unwrap().iter().map(|message| message["id"].clone()).collect();
    assert!(ids.contains(&json!("talk-1-m")), "{messages}");
    drop(stream);
    running.stop().await;
}
