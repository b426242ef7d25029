//! What the replica that leads knows of the local model, as other processes tell it.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use crate::integration::advice::model::{Behaviour, NAME, StandIn};
use crate::kit::wait::eventually;
use agentic_ops::api::{Agent, ModelHealth};
use serde_json::{Value, json};

on_both!(every_process_knows_the_tier);

async fn tier(replica: &Replica) -> Option<String> {
    let (_, text) = replica.get("/api/v1/agents/health").await?;
    let health: Value = serde_json::from_str(&text).ok()?;
    health["tier"].as_str().map(String::from)
}

async fn until_tier(replica: &Replica, expected: &str) {
    let what = format!("{expected} of {}", replica.name);
    eventually(&what, async || (tier(replica).await? == expected).then_some(())).await;
}

async fn every_process_knows_the_tier(which: Which) {
    let Some(cluster) = Cluster::start(which, "model").await else { return };
    let model = StandIn::start(Behaviour::Answers(json!({}))).await;
    let url = format!("http://{}", model.address);
    let settings = [("OLLAMA_BASE_URL", url.as_str()), ("AGENTIC_LLM_MODEL", NAME), ("AGENTIC_EMBED_MODEL", "")];
    cluster.configure(&settings).await;
    for (name, tier) in [("pulso", "T1"), ("vigia", "T0")] {
        let agent = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent", "metadata": {"name": name},
            "spec": {"displayName": name, "codename": name, "tier": tier}});
        let agent: Agent = serde_json::from_value(agent).unwrap();
        cluster.api::<Agent>().create(&Default::default(), &agent).await.unwrap();
    }
    let mut first = Replica::start(&cluster, "first", &cluster.kubeconfig).await;
    eventually("the first to lead", async || first.leads().await.then_some(())).await;
    let mut second = Replica::start(&cluster, "second", &cluster.kubeconfig).await;
    let mut facade = Replica::start_part(&cluster, "facade").await;
    for replica in [&first, &second, &facade] {
        until_tier(replica, "T1").await;
    }
    assert!(first.leads().await && !second.leads().await);
    let status = async |name: &str| cluster.api::<Agent>().get(name).await.unwrap().status.unwrap_or_default().model;
    let known = status("pulso").await.expect("the model of an Agent that can ask it");
    assert_eq!((known.name.as_str(), known.state, status("vigia").await), (NAME, ModelHealth::Ok, None));
    // A facade alone tells what another process knows only while one leads.
    first.stop().await;
    second.stop().await;
    assert_eq!(status("pulso").await, Some(known), "it is what was known last");
    until_tier(&facade, "T0").await;
    facade.stop().await;
    cluster.stop().await;
}
