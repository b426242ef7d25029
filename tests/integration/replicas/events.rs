//! A client that follows events with one facade and goes on with another one.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use crate::integration::events::{Client, talk};
use crate::kit::wait::within;
use agentic_ops::api::Thread;
use agentic_ops::cli::token::load_or_make_secret;
use kube::api::PostParams;
use serde_json::json;

on_both!(a_client_goes_on_with_another_replica);

async fn a_client_goes_on_with_another_replica(which: Which) {
    let Some(cluster) = Cluster::start(which, "events").await else { return };
    load_or_make_secret(&cluster.scratch.0).unwrap();
    let secret = cluster.scratch.0.join("auth-secret").display().to_string();
    cluster.configure(&[("AGENTIC_AUTH_SECRET_FILE", &secret)]).await;
    let (mut one, mut other) =
        (Replica::start_part(&cluster, "facade").await, Replica::start_part(&cluster, "facade").await);
    let client = |replica: &Replica| Client::of(&replica.base, &cluster.scratch.0, 600);
    let create = async |name: &str| {
        cluster.api::<Thread>().create(&PostParams::default(), &talk(name)).await.unwrap();
    };
    let mut stream = client(&one).follow(None).await;
    // The other one follows the same changes.
    let mut watching = client(&other).follow(None).await;
    create("talk-1").await;
    let first = stream.until("thread", "id", json!("talk-1")).await;
    assert_eq!(first["agent"]["id"], "pulso", "{first}");
    let last = stream.id.clone();
    // At once, whether the other one knows of the change already or not.
    let mut moved = client(&other).follow(Some(&last)).await;
    one.stop().await;
    while stream.next().await.is_some() {}
    create("talk-2").await;
    create("talk-3").await;
    for name in ["talk-1", "talk-2", "talk-3"] {
        watching.until("thread", "id", json!(name)).await;
    }
    let mut resumed = client(&other).follow(Some(&last)).await;
    for stream in [&mut moved, &mut resumed] {
        for name in ["talk-2", "talk-3"] {
            let (event, data) = within(stream.next()).await.unwrap();
            assert_eq!((event.as_str(), &data["id"]), ("thread", &json!(name)), "each once, and no reset");
        }
    }
    other.stop().await;
}
