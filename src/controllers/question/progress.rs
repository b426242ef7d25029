//! Writes how far the answers of the local model have come.

use super::open::Open;
use crate::api::{AnswerProgress, Message};
use crate::controllers::context::Context;
use crate::controllers::open_questions::Steps;
use crate::domain::advice::questions::progress;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry::{self, Retry};
use crate::runtime::watch::Cache;
use crate::runtime::write::WriteError;
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

/// Progress that the API server refuses is written again after this time.
const REFUSED_AGAIN: Duration = Duration::from_secs(60);

/// The progress in the statuses of questions: `status.answer`, which no other controller writes.
pub struct Progress {
    messages: Cache<Message>,
    api: Api<Message>,
    fence: WriteFence,
    /// When that of a question was written last.
    last: HashMap<String, Timestamp>,
    /// Attempts that failed in a row, and until when that of a question is not written again.
    held: HashMap<String, (u32, Timestamp)>,
}

impl Progress {
    pub fn new(context: &Context) -> Progress {
        Progress {
            messages: context.caches.messages.clone(),
            api: Api::namespaced(context.client.clone(), &context.namespace),
            fence: context.fence.clone(),
            last: HashMap::new(),
            held: HashMap::new(),
        }
    }

    /// Writes what has changed. What is not due yet is decided anew at the next call, and what fails at growing intervals.
    pub async fn write(&mut self, open: &Open, steps: &Steps, now: Timestamp) {
        self.last.retain(|name, _| open.asked.contains_key(name));
        self.held.retain(|name, _| open.asked.contains_key(name) || open.clear.contains(name));
        for (name, step) in steps.iter().filter(|(name, _)| open.asked.contains_key(*name)) {
            let Some(question) = self.messages.get(name) else { continue };
            let written = question.status.as_ref().and_then(|status| status.answer.as_ref());
            if let Ok(Some(next)) = progress(*step, written, self.last.get(name).copied(), now)
                && self.write_one(&question, Some(&next), now).await
            {
                self.last.insert(name.clone(), now);
            }
        }
        for name in &open.clear {
            if let Some(question) = self.messages.get(name) {
                self.write_one(&question, None, now).await;
            }
        }
    }

    /// Writes that of one question, unless it is too early after a failure; returns whether it is written.
    async fn write_one(&mut self, question: &Message, next: Option<&AnswerProgress>, now: Timestamp) -> bool {
        let name = question.name_any();
        if self.held.get(&name).is_some_and(|(_, until)| now < *until) {
            return false;
        }
        let Err(error) = self.patch(question, next).await else {
            self.held.remove(&name);
            return true;
        };
        tracing::debug!(message = name, %error, "progress not written");
        let failures = self.held.get(&name).map_or(0, |(failures, _)| *failures);
        self.held.insert(name, (failures.saturating_add(1), held_until(&error, failures, now)));
        false
    }

    /// A merge patch of that part alone, with the version that was read.
    async fn patch(&self, question: &Message, next: Option<&AnswerProgress>) -> Result<(), WriteError> {
        let answer = match next {
            // A position of before is removed.
            Some(next) => json!({ "phase": next.phase, "position": next.position, "since": next.since }),
            None => json!(null),
        };
        let patch =
            json!({ "metadata": { "resourceVersion": question.resource_version() }, "status": { "answer": answer } });
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        let name = question.name_any();
        self.fence.write(self.api.patch_status(&name, &params, &Patch::Merge(patch))).await.map(drop)
    }
}

/// When the progress of a question is written again, after that many failures before this one.
fn held_until(error: &WriteError, failures: u32, now: Timestamp) -> Timestamp {
    let interval = match retry::WRITES.decide(error, failures) {
        Retry::After(interval) => interval,
        Retry::Stop => REFUSED_AGAIN,
        Retry::WaitForLeadership => Duration::ZERO,
    };
    now.checked_add(interval).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_that_can_not_be_written_is_left_alone_for_a_while() {
        let now = Timestamp::from_second(100).unwrap();
        assert_eq!(held_until(&WriteError::Conflict, 0, now), now, "it is decided anew at once");
        assert!(held_until(&WriteError::Conflict, 1, now) > now);
        assert!(held_until(&WriteError::Timeout, 0, now) > now);
        assert_eq!(held_until(&WriteError::Gone, 0, now), Timestamp::from_second(160).unwrap());
        assert_eq!(held_until(&WriteError::NotLeading, 5, now), now);
    }
}
