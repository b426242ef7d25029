//! The program as one process, with a model server, a registry and runbooks of the test.

use super::super::model::NAME;
use super::standin::StandIn;
use crate::kit::estate::INTERNAL_TOKEN;
use crate::kit::process::{self, Process};
use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, until};
use crate::kit::{api, ports};
use agentic_ops::api::{Finding, Message, Role};
use agentic_ops::cli::demo::estate::Estate;
use agentic_ops::cli::token::{issue, read_secret};
use futures::StreamExt as _;
use jiff::Timestamp;
use kube::api::{WatchEvent, WatchParams};
use kube::{Api, Client};
use reqwest::Method;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The Messages of Agents: those with advice by the names of their Threads, answers by those of the questions.
#[derive(Clone)]
struct Told {
    messages: Arc<Mutex<HashMap<String, Vec<Message>>>>,
    count: watch::Sender<usize>,
}

pub struct Program {
    process: Process,
    pub estate: Estate,
    _scratch: Scratch,
    listen: SocketAddr,
    pub client: Client,
    told: Told,
    following: JoinHandle<()>,
    http: reqwest::Client,
    secret: Vec<u8>,
}

/// What it is started with.
pub struct Files<'a> {
    pub registry: &'a str,
    /// By their names without `.md`.
    pub runbooks: &'a BTreeMap<String, String>,
    pub settings: &'a [(&'a str, &'a str)],
}

impl Program {
    /// Starts it, and waits until it is ready.
    pub async fn start(name: &str, model: &StandIn, files: Files<'_>) -> Program {
        let scratch = Scratch::new(name);
        let estate = Estate::start(&scratch.0, ports::any()).await.unwrap();
        let specs = scratch.0.join("specs");
        std::fs::create_dir_all(&specs).unwrap();
        for (spec, page) in files.runbooks {
            std::fs::write(specs.join(format!("{spec}.md")), page).unwrap();
        }
        let mut settings = estate.settings();
        let own = [
            ("OPS_INTERNAL_TOKEN", INTERNAL_TOKEN),
            ("AGENTIC_DIGEST_CRON", "0 0 29 2 *"),
            ("AGENTIC_SPECS_ROOT", specs.to_str().unwrap()),
            ("AGENTIC_LLM_ENABLED", "true"),
            ("AGENTIC_LLM_MODEL", NAME),
            ("OLLAMA_BASE_URL", &format!("http://{}", model.address)),
            ("AGENTIC_ACTIONS_PER_MINUTE", "10000"),
            ("AGENTIC_ANSWERS_PER_MINUTE", "1000"),
            ("AGENTIC_REQUESTS_PER_MINUTE", "1000000"),
            ("AGENTIC_ADVICE_PER_HOUR", "3600"),
        ];
        let all = own.iter().chain(files.settings);
        settings.extend(all.map(|(name, value)| (name.to_string(), value.to_string())));
        let settings = settings.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name}={value}");
            text
        });
        let env_file = scratch.file("settings.env", &settings);
        let registry = scratch.file("registry.yaml", files.registry);
        let (listen, data) = (ports::lasting(), scratch.0.join("data"));
        let mut command = process::command(["standalone", "--env-file", &env_file, "--kube-listen", "127.0.0.1:0"]);
        command.arg("--registry").arg(registry).arg("--data").arg(&data);
        command.args(["--listen", &listen.to_string(), "--desk-listen", "127.0.0.1:0"]).env_clear();
        let process = Process::spawn("standalone", &scratch, command);
        let ready = format!("http://{listen}/readyz");
        until("readiness", async || reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success())).await;
        let client = api::client_of_the_program(&data.join("kubeconfig")).await;
        let told = Told { messages: Arc::default(), count: watch::Sender::new(0) };
        let following = tokio::spawn(follow(Api::namespaced(client.clone(), api::NAMESPACE), told.clone()));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let secret = read_secret(&data.join("auth-secret")).unwrap();
        Program { process, estate, _scratch: scratch, listen, client, told, following, http, secret }
    }

    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), api::NAMESPACE)
    }

    /// A request of a person; the status and the body.
    pub async fn call(&self, method: Method, path: &str, person: &str, body: Option<&Value>) -> (u16, Value) {
        let token = issue(&self.secret, person, &[Role::OpsLead], Timestamp::now(), Duration::from_secs(3600)).unwrap();
        let mut request = self.http.request(method, format!("http://{}/api/v1/agents{path}", self.listen));
        request = request.bearer_auth(token);
        if let Some(body) = body {
            request = request.body(body.to_string()).header("content-type", "application/json");
            request = request.header("idempotency-key", uuid::Uuid::new_v4().to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    /// The Messages under a key: `Told`.
    pub fn told(&self, key: &str) -> Vec<Message> {
        self.told.messages.lock().unwrap().get(key).cloned().unwrap_or_default()
    }

    /// The Messages under a key, once there are so many.
    pub async fn told_at_least(&self, key: &str, count: usize) -> Vec<Message> {
        let mut counts = self.told.count.subscribe();
        let all = async {
            loop {
                let told = self.told(key);
                if told.len() >= count {
                    return told;
                }
                counts.changed().await.unwrap();
            }
        };
        // All questions wait for one model.
        tokio::time::timeout(3 * crate::kit::wait::TIMEOUT, all)
            .await
            .unwrap_or_else(|_| panic!("no {count} Messages of {key}: {:?}", self.told(key)))
    }

    /// The Finding of a Scenario's check, once it is like this. On a busy machine there may be one of the probe, too.
    pub async fn finding(&self, scenario: &str, is_it: impl Fn(&Finding) -> bool) -> Finding {
        eventually(&format!("the Finding of {scenario}"), async || {
            let all = self.api::<Finding>().list(&Default::default()).await.unwrap();
            all.items
                .into_iter()
                .find(|finding| finding.spec.scenario == scenario && finding.spec.check == "status" && is_it(finding))
        })
        .await
    }

    /// The body of `/health`.
    pub async fn health(&self) -> Value {
        self.call(Method::GET, "/health", "ana", None).await.1
    }

    pub async fn metrics(&self) -> String {
        let answer = self.http.get(format!("http://{}/metrics", self.listen)).send().await.unwrap();
        answer.text().await.unwrap()
    }

    pub async fn stop(mut self) {
        self.following.abort();
        self.process.stop().await;
        self.estate.shutdown().await;
    }
}

/// Takes note of the Messages, until it is aborted.
async fn follow(messages: Api<Message>, told: Told) {
    let mut version = "0".to_string();
    loop {
        let Ok(stream) = messages.watch(&WatchParams::default(), &version).await else { continue };
        let mut stream = stream.boxed();
        while let Some(Ok(event)) = stream.next().await {
            let WatchEvent::Added(message) = event else { continue };
            version = message.metadata.resource_version.clone().unwrap_or_default();
            let key = match (message.spec.reason.as_deref(), &message.spec.in_reply_to) {
                (Some("Advice"), _) => message.spec.thread.clone(),
                (_, Some(question)) => question.clone(),
                _ => continue,
            };
            told.messages.lock().unwrap().entry(key).or_default().push(message);
            told.count.send_modify(|count| *count += 1);
        }
    }
}
