//! The Agent controller: how many Findings each Agent has, counted again whenever one changes.

use super::context::Context;
use crate::api::{Agent, Finding};
use crate::runtime::caches::Caches;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The interval of counting: changes in quick succession are counted once.
const INTERVAL: Duration = Duration::from_secs(1);

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let (caches, fence, stopped) = (context.caches.clone(), context.fence.clone(), context.stopped());
    let api = Api::namespaced(context.client.clone(), &context.namespace);
    tokio::spawn(async move {
        tokio::select! {
            () = run(&api, &caches, &fence) => {}
            _ = stopped => {}
        }
    })
}

/// Keeps `status.openFindings` of every Agent. It begins once both kinds are listed: what is not listed yet is not zero.
async fn run(api: &Api<Agent>, caches: &Caches, fence: &WriteFence) {
    caches.progress.until_listed(&["Agent", "Finding"]).await;
    loop {
        tokio::time::sleep(INTERVAL).await;
        if fence.is_open() {
            count(api, caches, fence).await;
        }
    }
}

async fn count(api: &Api<Agent>, caches: &Caches, fence: &WriteFence) {
    let open = open_findings(&caches.findings.objects());
    for agent in caches.agents.objects() {
        let name = agent.name_any();
        let counted = open.get(&name).copied().unwrap_or(0);
        let status = agent.status.as_ref();
        let is_written = status.and_then(|s| s.open_findings) == Some(counted)
            && status.and_then(|s| s.observed_generation) == agent.metadata.generation;
        if is_written {
            continue;
        }
        let patch = json!({
            "metadata": { "resourceVersion": agent.resource_version() },
            "status": { "openFindings": counted, "observedGeneration": agent.metadata.generation },
        });
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        // Whatever the error, the next count decides again.
        if let Err(error) = fence.write(api.patch_status(&name, &params, &Patch::Merge(patch))).await {
            tracing::debug!(agent = name, %error, "count not written yet");
        }
    }
}

/// Findings that are Open or Acknowledged, by Agent.
fn open_findings(findings: &[Arc<Finding>]) -> HashMap<String, u32> {
    let mut open: HashMap<String, u32> = HashMap::new();
    for status in findings.iter().filter_map(|finding| finding.status.as_ref()) {
        if let (Some(agent), true) = (&status.agent, status.is_active()) {
            *open.entry(agent.clone()).or_default() += 1;
        }
    }
    open
}
