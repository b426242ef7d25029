//! Two replicas and one model: the leader alone asks it, and whichever replica a person asks has the answers.

use super::hostile::faults::{agent, right, runbooks, watched};
use super::hostile::standin::StandIn;
use super::model::NAME;
use crate::integration::replicas::cluster::{Cluster, Which};
use crate::integration::replicas::replica::Replica;
use crate::integration::replicas::target::Target;
use crate::kit::wait::{eventually, until};
use agentic_ops::api::{Advice, Agent, Finding, Message, Role, Scenario, Tier};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use agentic_ops::domain::fingerprint::finding_name;
use kube::ResourceExt as _;
use kube::api::PostParams;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// A cluster with a broken target, the model and a runbook.
struct Estate {
    cluster: Cluster,
    target: Target,
    bearer: String,
}

impl Estate {
    async fn start(name: &str, model: &StandIn) -> Estate {
        let cluster = Cluster::start(Which::Embedded, name).await.unwrap();
        let specs = cluster.scratch.0.join("specs");
        std::fs::create_dir_all(&specs).unwrap();
        for (spec, page) in runbooks() {
            std::fs::write(specs.join(format!("{spec}.md")), page).unwrap();
        }
        let secret = load_or_make_secret(&cluster.scratch.0).unwrap();
        let file = cluster.scratch.0.join("auth-secret").display().to_string();
        let settings = [
            ("AGENTIC_AUTH_SECRET_FILE", file.as_str()),
            ("OLLAMA_BASE_URL", &format!("http://{}", model.address)),
            ("AGENTIC_LLM_MODEL", NAME),
            ("AGENTIC_SPECS_ROOT", specs.to_str().unwrap()),
        ];
        cluster.configure(&settings).await;
        for name in ["pulso", "maestro"] {
            let agent: Agent = serde_json::from_value(agent(name)).unwrap();
            cluster.api().create(&PostParams::default(), &agent).await.unwrap();
        }
        let target = Target::start().await;
        target.set(false);
        let token = issue(&secret, "ana", &[Role::OpsLead], jiff::Timestamp::now(), Duration::from_secs(600)).unwrap();
        Estate { cluster, target, bearer: format!("Bearer {token}") }
    }

    /// Two replicas; the first one leads.
    async fn two(&self) -> (Replica, Replica) {
        let first = Replica::start(&self.cluster, "replica-a", &self.cluster.kubeconfig).await;
        until("a leader", async || first.leads().await).await;
        let second = Replica::start(&self.cluster, "replica-b", &self.cluster.kubeconfig).await;
        (first, second)
    }

    async fn watch(&self, severity: &str) -> String {
        let scenario: Scenario = serde_json::from_value(watched("loja", severity, &self.target.url)).unwrap();
        self.cluster.api().create(&PostParams::default(), &scenario).await.unwrap();
        finding_name("loja", "status", "")
    }

    async fn advice(&self, finding: &str, is_it: impl Fn(&Advice) -> bool) -> Advice {
        eventually("the advice", async || {
            let finding = self.cluster.api::<Finding>().get_opt(finding).await.unwrap()?;
            finding.status?.advice.filter(|advice| is_it(advice))
        })
        .await
    }

    /// The Messages of the model.
    async fn told(&self) -> Vec<Message> {
        let mut all = self.cluster.api::<Message>().list(&Default::default()).await.unwrap().items;
        all.retain(|message| message.spec.tier == Some(Tier::T1));
        all
    }

    /// A question of a person to a replica; the body of the answer.
    async fn ask(&self, replica: &Replica, finding: &str, accept: &str) -> String {
        let body = json!({"message": "como reinicio o serviço da loja?", "finding_id": finding}).to_string();
        let key = uuid::Uuid::new_v4().to_string();
        let headers = [("authorization", self.bearer.as_str()), ("idempotency-key", &key), ("accept", accept)];
        eventually("an answer other than that the Finding is not cached yet", async || {
            let (status, _, text) = replica.send(Method::POST, "/api/v1/agents/chat?wait=15", &headers, &body).await?;
            assert!([200, 422].contains(&status), "{status} {text}");
            (status == 200).then_some(text)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leadership_that_is_lost_in_the_middle_of_a_call_leaves_one_answer() {
    let model = StandIn::start(right(false)).await;
    model.hold(true);
    let estate = Estate::start("advice-lost", &model).await;
    let (leader, follower) = estate.two().await;
    let finding = estate.watch("high").await;
    until("a call", async || model.asked().len() == 1).await;
    leader.signal("-STOP");
    until("the other replica to lead", async || follower.leads().await).await;
    until("a call of its own", async || model.asked().len() == 2).await;
    model.hold(false);
    let is_told = |advice: &Advice| advice.tier == Tier::T1 && advice.message.is_some();
    let advice = estate.advice(&finding, is_told).await;
    // The answer to the first replica is there, too, which may not write any more.
    leader.signal("-CONT");
    leader.until("/metrics", 200, "agentic_ops_leading 0").await;
    estate.target.seen(5).await;
    let told = estate.told().await;
    assert_eq!(
        told.iter().map(|message| Some(message.name_any())).collect::<Vec<_>>(),
        std::slice::from_ref(&advice.message)
    );
    assert_eq!(estate.advice(&finding, |_| true).await, advice);
    assert_eq!(model.asked().len(), 2);
    estate.cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_killed_in_the_middle_of_a_call_leaves_the_question_to_the_next_one() {
    let model = StandIn::start(right(true)).await;
    model.hold(true);
    let estate = Estate::start("advice-killed", &model).await;
    let (mut leader, follower) = estate.two().await;
    let finding = estate.watch("low").await;
    estate.advice_is_not_asked(&model).await;
    let asked = estate.ask_without_waiting(&leader, &finding).await;
    until("a call", async || model.asked().len() == 1).await;
    leader.kill();
    until("the other replica to lead", async || follower.leads().await).await;
    until("a call of its own", async || model.asked().len() == 2).await;
    model.hold(false);
    let told = eventually("the answer", async || estate.told().await.pop()).await;
    assert_eq!(told.spec.in_reply_to, asked["question_id"].as_str().map(String::from));
    estate.target.seen(3).await;
    assert_eq!((estate.told().await.len(), model.asked().len()), (1, 2));
    estate.cluster.stop().await;
}

impl Estate {
    /// Nobody asked.
    async fn advice_is_not_asked(&self, model: &StandIn) {
        self.target.seen(2).await;
        assert!(model.asked().is_empty());
    }

    async fn ask_without_waiting(&self, replica: &Replica, finding: &str) -> Value {
        let body = json!({"message": "como reinicio o serviço da loja?", "finding_id": finding}).to_string();
        let headers = [("authorization", self.bearer.as_str()), ("idempotency-key", "q")];
        eventually("an answer other than that the Finding is not cached yet", async || {
            let (status, _, text) = replica.send(Method::POST, "/api/v1/agents/chat", &headers, &body).await?;
            (status == 200).then(|| serde_json::from_str(&text).unwrap())
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_to_a_replica_that_follows_is_answered_by_the_model() {
    let model = StandIn::start(right(true)).await;
    let estate = Estate::start("advice-follower", &model).await;
    let (_leader, follower) = estate.two().await;
    let finding = estate.watch("low").await;
    estate.target.seen(2).await;
    assert!(!follower.leads().await);
    let view: Value = serde_json::from_str(&estate.ask(&follower, &finding, "application/json").await).unwrap();
    assert_eq!(
        (&view["tier"], &view["pending"], &view["grounded"]),
        (&json!("T1"), &json!(false), &json!(true)),
        "{view}"
    );
    let told = estate.told().await;
    assert_eq!((told.len(), view["model_answer_id"].as_str()), (1, Some(told[0].name_any().as_str())));
    // As server-sent events: the first answer, progress, and the checked answer.
    let events = estate.ask(&follower, &finding, "text/event-stream").await;
    let data: Vec<Value> =
        events.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok()).collect();
    let tiers: Vec<&str> = data.iter().filter_map(|data| data["tier"].as_str()).collect();
    assert!(tiers.first() == Some(&"T0") && tiers.last() == Some(&"T1"), "{events}");
    estate.cluster.stop().await;
}
