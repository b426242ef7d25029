//! Agents: how many Findings each speaks for, counted again whenever one changes, by the replica that leads.

use crate::api::{Agent, Finding};
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use kube::api::{Patch, PatchParams};
use kube::runtime::reflector::Store;
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

/// A burst of changes is counted once.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps `status.openFindings` of every Agent, for ever. What is not listed yet is not none: begin when both kinds are.
pub async fn count_open(api: Api<Agent>, agents: Store<Agent>, findings: Store<Finding>, fence: WriteFence) {
    loop {
        tokio::time::sleep(PAUSE).await;
        if !fence.is_open() {
            continue;
        }
        let mut open: HashMap<String, u32> = HashMap::new();
        for finding in findings.state() {
            let Some(status) = &finding.status else { continue };
            if let (Some(agent), true) = (&status.agent, status.phase.is_some_and(|p| p.is_active())) {
                *open.entry(agent.clone()).or_default() += 1;
            }
        }
        for agent in agents.state() {
            let name = agent.name_any();
            let counted = open.get(&name).copied().unwrap_or(0);
            let stands = agent.status.as_ref();
            let is_said = stands.and_then(|s| s.open_findings) == Some(counted)
                && stands.and_then(|s| s.observed_generation) == agent.metadata.generation;
            if is_said {
                continue;
            }
            let patch = json!({
                "metadata": { "resourceVersion": agent.resource_version() },
                "status": { "openFindings": counted, "observedGeneration": agent.metadata.generation },
            });
            let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
            // A conflict is decided again at the next count, like everything else here.
            if let Err(error) = fence.write(api.patch_status(&name, &params, &Patch::Merge(patch))).await {
                tracing::debug!(agent = name, %error, "count not written yet");
            }
        }
    }
}
