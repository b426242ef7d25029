//! The Agent controller: what each Agent has to do, and when it last wrote, counted again whenever that may have changed.

use super::context::Context;
use crate::api::{Agent, AgentStatus, Finding, Message, Thread};
use crate::domain::thread::authorship::is_own;
use crate::domain::thread::told::{at, second};
use crate::runtime::caches::Caches;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::watch::{Change, Subscription};
use crate::runtime::write::merge;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
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
        let messages = caches.messages.subscribe();
        tokio::select! {
            () = run(&api, &caches, &fence, messages) => {}
            _ = stopped => {}
        }
    })
}

/// Keeps the status of every Agent. It begins once all kinds are listed: what is not listed yet is not zero.
async fn run(api: &Api<Agent>, caches: &Caches, fence: &WriteFence, mut messages: Subscription<Message>) {
    caches.progress.until_listed(&["Agent", "Finding", "Thread", "Message"]).await;
    let mut activity = Activity::default();
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            change = messages.next() => activity.changed(change, caches),
            _ = interval.tick() => if fence.is_open() {
                count(api, caches, fence, &activity).await;
            },
        }
    }
}

async fn count(api: &Api<Agent>, caches: &Caches, fence: &WriteFence, activity: &Activity) {
    let open = open_findings(&caches.findings.objects());
    let pending = pending_messages(&caches.threads.objects());
    for agent in caches.agents.objects() {
        let name = agent.name_any();
        let before = agent.status.clone().unwrap_or_default();
        let last = activity.0.get(&name).copied().max(before.last_activity_at.as_ref().map(|at| at.0));
        let next = AgentStatus {
            observed_generation: agent.metadata.generation,
            open_findings: Some(open.get(&name).copied().unwrap_or(0)),
            pending_messages: Some(pending.get(&name).copied().unwrap_or(0)),
            last_activity_at: last.map(Time),
        };
        if agent.status.as_ref() == Some(&next) {
            continue;
        }
        let Ok(patch) = merge("status", Some(&before), &next, agent.metadata.resource_version.as_deref()) else {
            continue;
        };
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        // Whatever the error, the next count decides again.
        if let Err(error) = fence.write(api.patch_status(&name, &params, &Patch::Merge(patch))).await {
            tracing::debug!(agent = name, %error, "count not written yet");
        }
    }
}

/// When each Agent wrote last. A Message that is removed changes nothing.
#[derive(Default)]
struct Activity(HashMap<String, Timestamp>);

impl Activity {
    fn changed(&mut self, change: Change<Message>, caches: &Caches) {
        match change {
            Change::Applied(message) => self.seen(&message),
            Change::Undecodable(_) | Change::Deleted(..) => {}
            Change::Resynchronise => {
                self.0.clear();
                caches.messages.objects().iter().for_each(|message| self.seen(message));
            }
        }
    }

    fn seen(&mut self, message: &Message) {
        if !is_own(message) {
            return;
        }
        let author = &message.spec.author;
        let written = second(at(message));
        let last = self.0.entry(author.name.clone()).or_insert(written);
        *last = written.max(*last);
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

/// Messages that await acknowledgement, by the Agent of their Thread.
fn pending_messages(threads: &[Arc<Thread>]) -> HashMap<String, u32> {
    let mut pending: HashMap<String, u32> = HashMap::new();
    for thread in threads {
        let count = thread.status.as_ref().and_then(|status| status.pending_count).unwrap_or(0);
        if count > 0 {
            let total = pending.entry(thread.spec.agent.clone()).or_default();
            *total = total.saturating_add(count);
        }
    }
    pending
}
