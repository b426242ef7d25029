//! Writes how far the answers of the local model have come.

use super::open::Open;
use crate::api::{AnswerProgress, Message};
use crate::controllers::context::Context;
use crate::controllers::open_questions::Steps;
use crate::domain::advice::questions::progress;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::watch::Cache;
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::HashMap;

/// The progress in the statuses of questions: `status.answer`, which nobody else writes.
pub struct Progress {
    messages: Cache<Message>,
    api: Api<Message>,
    fence: WriteFence,
    /// When that of a question was written last.
    last: HashMap<String, Timestamp>,
}

impl Progress {
    pub fn new(context: &Context) -> Progress {
        Progress {
            messages: context.caches.messages.clone(),
            api: Api::namespaced(context.client.clone(), &context.namespace),
            fence: context.fence.clone(),
            last: HashMap::new(),
        }
    }

    /// Writes what has changed. What fails, or is not due yet, is decided anew at the next call.
    pub async fn write(&mut self, open: &Open, steps: &Steps, now: Timestamp) {
        self.last.retain(|name, _| open.asked.contains_key(name));
        for (name, step) in steps.iter().filter(|(name, _)| open.asked.contains_key(*name)) {
            let Some(question) = self.messages.get(name) else { continue };
            let written = question.status.as_ref().and_then(|status| status.answer.as_ref());
            if let Ok(Some(next)) = progress(*step, written, self.last.get(name).copied(), now)
                && self.patch(&question, Some(&next)).await
            {
                self.last.insert(name.clone(), now);
            }
        }
        for name in &open.clear {
            if let Some(question) = self.messages.get(name) {
                self.patch(&question, None).await;
            }
        }
    }

    /// A merge patch of that part alone, with the version that was read.
    async fn patch(&self, question: &Message, next: Option<&AnswerProgress>) -> bool {
        let answer = match next {
            // A position of before is removed.
            Some(next) => json!({ "phase": next.phase, "position": next.position, "since": next.since }),
            None => json!(null),
        };
        let patch =
            json!({ "metadata": { "resourceVersion": question.resource_version() }, "status": { "answer": answer } });
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        let name = question.name_any();
        let written = self.fence.write(self.api.patch_status(&name, &params, &Patch::Merge(patch))).await;
        written.inspect_err(|error| tracing::debug!(message = name, %error, "progress not written")).is_ok()
    }
}
