//! Writes `status.advice`, which no other controller does, and makes the Messages with advice.

use super::compose::{Composer, Facts, Why};
use crate::api::{Advice, AdviceModel, Citation, Finding, FindingStatus, Thread, Tier};
use crate::controllers::context::Context;
use crate::controllers::making::{Made, Maker};
use crate::domain::advice::due::{Due, Write, due, instead};
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::watch::Cache;
use crate::runtime::write::{WriteError, call, merge};
use kube::api::{Patch, PatchParams};
use kube::core::DeserializeGuard;
use kube::{Api, ResourceExt as _};
use std::sync::Arc;

/// A decision that other writers keep overtaking is postponed after this many tries.
const TRIES: usize = 5;

/// What is to be written.
#[derive(Clone)]
pub enum Task {
    /// What is due.
    Due {
        /// The reason of a first advice that waits for the budget.
        waits: Option<&'static str>,
    },
    /// What takes the place of the answer of the model.
    Instead(Why),
    /// A checked answer of the model.
    Answer(Arc<Answer>),
}

/// A checked answer of the model.
pub struct Answer {
    /// Hash of the evidence that it is about.
    pub evidence: String,
    pub text: String,
    pub citations: Vec<Citation>,
    pub model: AdviceModel,
}

/// Clones share everything.
#[derive(Clone)]
pub struct Writer {
    findings: Api<Finding>,
    guarded: Api<DeserializeGuard<Finding>>,
    threads: Cache<Thread>,
    maker: Maker,
    fence: WriteFence,
    composer: Composer,
}

impl Writer {
    pub fn new(context: &Context, composer: Composer) -> Writer {
        let (client, namespace) = (&context.client, &context.namespace);
        Writer {
            findings: Api::namespaced(client.clone(), namespace),
            guarded: Api::namespaced(client.clone(), namespace),
            threads: context.caches.threads.clone(),
            maker: Maker::new(context),
            fence: context.fence.clone(),
            composer,
        }
    }

    /// Writes the advice on a Finding, which is decided anew whenever another writer was faster; `None` where nothing is to be written.
    pub async fn write(&self, finding: &Arc<Finding>, task: &Task) -> Result<Option<Finding>, WriteError> {
        let (mut current, name) = (finding.clone(), finding.name_any());
        for _ in 0..TRIES {
            match self.try_write(&current, task).await {
                Err(WriteError::Conflict) => {}
                other => return other,
            }
            // One that can't be decoded is repaired by the Finding controller first.
            let read = call(self.guarded.get_opt(&name)).await?;
            let Some(read) = read.and_then(|object| object.0.ok()) else { return Ok(None) };
            current = Arc::new(read);
        }
        Err(WriteError::Conflict)
    }

    async fn try_write(&self, finding: &Finding, task: &Task) -> Result<Option<Finding>, WriteError> {
        let Some(facts) = self.composer.facts(finding) else { return Ok(None) };
        let Some((mut advice, tells)) = self.advice(finding, &facts, task).await else { return Ok(None) };
        if tells {
            self.tell(finding, &facts, &mut advice).await?;
        }
        let status = &facts.status;
        if status.advice.as_ref() == Some(&advice) {
            return Ok(None);
        }
        let next = FindingStatus { advice: Some(advice), ..status.clone() };
        let patch = merge("status", Some(status), &next, finding.metadata.resource_version.as_deref())?;
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        let (name, patch) = (finding.name_any(), Patch::Merge(patch));
        self.fence.write(self.findings.patch_status(&name, &params, &patch)).await.map(Some)
    }

    /// The advice that is to be stored, and whether a Message has it; `None` where the stored one stays.
    async fn advice(&self, finding: &Finding, facts: &Facts, task: &Task) -> Option<(Advice, bool)> {
        let present = facts.present();
        let stored = facts.status.advice.as_ref();
        let (write, why) = match task {
            Task::Due { waits } => match due(&present) {
                Due { write: Some(Write::Fallback(None)), ask: true } => {
                    (Write::Fallback(*waits), waits.map(Why::from))
                }
                Due { write, .. } => {
                    let write = write?;
                    let why = if let Write::Fallback(reason) = &write { reason.map(Why::from) } else { None };
                    (write, why)
                }
            },
            Task::Instead(why) => {
                let write = instead(&present, why.reason);
                // That the model was asked is new, though the reason is the same.
                let is_final = why.model.is_some() && stored.is_some_and(|stored| stored.tier == Tier::T0);
                let write = write
                    .or_else(|| (is_final && facts.status.is_active()).then_some(Write::Fallback(Some(why.reason))));
                (write?, Some(why.clone()))
            }
            Task::Answer(answer) => {
                if !facts.status.is_active() {
                    return None;
                }
                let mut advice =
                    self.composer.answer(facts, &answer.text, answer.citations.clone(), answer.model.clone());
                // It changed while the model was asked.
                advice.stale = answer.evidence != advice.basis.evidence;
                advice.basis.evidence.clone_from(&answer.evidence);
                return Some((advice, true));
            }
        };
        match write {
            Write::Stale => Some((Advice { stale: true, ..stored?.clone() }, false)),
            Write::Again => {
                let before = stored?;
                let requested_at = present.request().map(|request| request.written.clone());
                let requested_at = requested_at.or_else(|| before.requested_at.clone());
                let told = facts.status.thread.as_deref().is_some_and(|thread| present.is_told_in(before, thread));
                let advice = Advice { stale: false, requested_at, ..before.clone() };
                Some((advice, before.tier == Tier::T1 && !told))
            }
            Write::Fallback(reason) => {
                let advice = self.composer.fallback(finding, facts, why).await;
                if stored.is_some_and(|stored| is_same(stored, &advice)) {
                    return None;
                }
                let is_answered = stored.is_some_and(|stored| {
                    stored.reason.is_some()
                        && stored.requested_at.is_some()
                        && stored.requested_at == advice.requested_at
                });
                Some((advice, reason.is_some() && present.request().is_some() && !is_answered))
            }
        }
    }

    /// Makes the Message with the advice, if there is a Thread about the Finding.
    async fn tell(&self, finding: &Finding, facts: &Facts, advice: &mut Advice) -> Result<(), WriteError> {
        let (name, thread) = (facts.present().message_name(advice), facts.status.thread.as_deref());
        let (Some(name), Some(thread)) = (name, thread) else { return Ok(()) };
        let is_about = |thread: &Thread| thread.spec.finding.as_deref() == finding.metadata.name.as_deref();
        if !self.threads.get(thread).is_some_and(|thread| is_about(&thread)) {
            return Ok(());
        }
        advice.message = match self.maker.message(&name, &self.composer.message(facts, advice, thread)).await? {
            Made::New(message) => Some(message.name_any()),
            Made::Before(name) => Some(name),
            Made::NoName => None,
        };
        Ok(())
    }
}

/// Whether it says the same, whenever it was made and whatever the other runbooks say.
fn is_same(stored: &Advice, advice: &Advice) -> bool {
    let of = |advice: &Advice| Advice {
        at: stored.at.clone(),
        message: None,
        basis: crate::api::AdviceBasis { runbooks: String::new(), ..advice.basis.clone() },
        ..advice.clone()
    };
    of(stored) == of(advice)
}
