//! The writes of the controller: each through the write fence, and each change of an object with the version that was read.

use crate::api::{Finding, Message, MessageStatus, Thread, ThreadStatus};
use crate::controllers::context::Context;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::write::{WriteError, call, merge};
use kube::api::{Patch, PatchParams};
use kube::core::DeserializeGuard;
use kube::{Api, ResourceExt as _};
use serde_json::json;

/// A decision that other writers keep overtaking is postponed after this many tries.
const TRIES: usize = 5;

/// Clones are cheap.
#[derive(Clone)]
pub struct Writer {
    findings: Api<Finding>,
    guarded: Api<DeserializeGuard<Finding>>,
    threads: Api<Thread>,
    messages: Api<Message>,
    fence: WriteFence,
}

impl Writer {
    pub fn new(context: &Context) -> Writer {
        let (client, namespace) = (&context.client, &context.namespace);
        Writer {
            findings: Api::namespaced(client.clone(), namespace),
            guarded: Api::namespaced(client.clone(), namespace),
            threads: Api::namespaced(client.clone(), namespace),
            messages: Api::namespaced(client.clone(), namespace),
            fence: context.fence.clone(),
        }
    }

    /// Has a Finding name its Thread, where it still is in the occurrence that was decided on. `None` where it is not, or is gone.
    pub async fn refer(&self, finding: &Finding, thread: &str) -> Result<Option<Finding>, WriteError> {
        let name = finding.name_any();
        let decided_on = |other: &Finding| {
            let of = |finding: &Finding| {
                finding.status.as_ref().map(|s| (s.thread.clone(), s.opened_at.clone(), s.phase.is_some()))
            };
            other.metadata.uid == finding.metadata.uid && of(other) == of(finding)
        };
        let mut version = finding.resource_version();
        for _ in 0..TRIES {
            let patch = json!({ "metadata": { "resourceVersion": version }, "status": { "thread": thread } });
            match self.fence.write(self.findings.patch_status(&name, &patched(), &Patch::Merge(patch))).await {
                Ok(written) => return Ok(Some(written)),
                Err(WriteError::Conflict) => {}
                Err(WriteError::Gone) => return Ok(None),
                Err(error) => return Err(error),
            }
            // One that can't be decoded is repaired by the Finding controller first.
            let Some(current) = call(self.guarded.get_opt(&name)).await?.and_then(|object| object.0.ok()) else {
                return Ok(None);
            };
            if !decided_on(&current) {
                return Ok(None);
            }
            version = current.resource_version();
        }
        Err(WriteError::Conflict)
    }

    /// Whether no Finding of this name exists.
    pub async fn is_finding_gone(&self, name: &str) -> Result<bool, WriteError> {
        match call(self.guarded.get_metadata(name)).await {
            Ok(_) => Ok(false),
            Err(WriteError::Gone) => Ok(true),
            Err(error) => Err(error),
        }
    }

    pub async fn write_thread_status(&self, thread: &Thread, next: &ThreadStatus) -> Result<Thread, WriteError> {
        let patch = merge("status", thread.status.as_ref(), next, thread.metadata.resource_version.as_deref())?;
        self.fence.write(self.threads.patch_status(&thread.name_any(), &patched(), &Patch::Merge(patch))).await
    }

    pub async fn close(&self, thread: &Thread) -> Result<Thread, WriteError> {
        let patch = json!({ "metadata": { "resourceVersion": thread.resource_version() }, "spec": { "closed": true } });
        self.fence.write(self.threads.patch(&thread.name_any(), &patched(), &Patch::Merge(patch))).await
    }

    pub async fn write_message_status(&self, message: &Message, next: &MessageStatus) -> Result<Message, WriteError> {
        let patch = merge("status", message.status.as_ref(), next, message.metadata.resource_version.as_deref())?;
        self.fence.write(self.messages.patch_status(&message.name_any(), &patched(), &Patch::Merge(patch))).await
    }
}

fn patched() -> PatchParams {
    PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() }
}
