//! Writes `status.advice`, which no other controller does, and makes the Messages with advice.

use super::compose::{Answer, Composer, Facts, Why};
use crate::api::{Advice, Finding, FindingStatus, Thread, Tier};
use crate::controllers::context::Context;
use crate::controllers::making::{Made, Maker};
use crate::domain::advice::due::{Due, NO_RUNBOOK, Write, due, instead};
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
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
    Answer {
        answer: Arc<Answer>,
        /// It is told also if the evidence changed meanwhile: the person who asked does not wait for another one.
        is_last: bool,
    },
}

/// What came of a write.
pub enum Outcome {
    Stored(Box<Finding>),
    /// There is nothing to write: what is stored is what should be, or the Finding is gone.
    Unchanged,
}

/// What a Message tells.
enum Told {
    Nothing,
    /// The advice that is stored.
    Stored,
    /// Other advice.
    Other(Box<Advice>),
}

/// Where advice was told.
enum Place {
    /// There is no Thread about the Finding yet.
    NoThread,
    /// In the Message of this name; `None` where others have all of its names.
    Message(Option<String>),
}

/// Clones share everything.
#[derive(Clone)]
pub struct Writer {
    findings: Api<Finding>,
    guarded: Api<DeserializeGuard<Finding>>,
    threads: Api<DeserializeGuard<Thread>>,
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
            threads: Api::namespaced(client.clone(), namespace),
            maker: Maker::new(context),
            fence: context.fence.clone(),
            composer,
        }
    }

    /// Writes the advice on a Finding, which is decided anew whenever another writer was faster.
    pub async fn write(&self, finding: &Arc<Finding>, task: &Task) -> Result<Outcome, WriteError> {
        let (mut current, name) = (finding.clone(), finding.name_any());
        for _ in 0..TRIES {
            match self.try_write(&current, task).await {
                Err(WriteError::Conflict) => {}
                other => return other,
            }
            // One that can't be decoded is repaired by the Finding controller first.
            let read = call(self.guarded.get_opt(&name)).await?;
            let Some(read) = read.and_then(|object| object.0.ok()) else { return Ok(Outcome::Unchanged) };
            current = Arc::new(read);
        }
        Err(WriteError::Conflict)
    }

    async fn try_write(&self, finding: &Finding, task: &Task) -> Result<Outcome, WriteError> {
        let Some(facts) = self.composer.facts(finding) else { return Ok(Outcome::Unchanged) };
        let Some((mut advice, told)) = self.advice(finding, &facts, task).await else { return Ok(Outcome::Unchanged) };
        match told {
            Told::Nothing => {}
            Told::Stored => match self.tell(finding, &facts, &advice).await? {
                Place::Message(message) => advice.message = message,
                // The person who asked is answered once there is a Thread.
                Place::NoThread => {
                    let stored = facts.status.advice.as_ref();
                    advice.requested_at = stored.and_then(|stored| stored.requested_at.clone());
                    if stored.is_some_and(|stored| is_same(stored, &advice)) {
                        return Ok(Outcome::Unchanged);
                    }
                }
            },
            Told::Other(other) => drop(self.tell(finding, &facts, &other).await?),
        }
        let status = &facts.status;
        if status.advice.as_ref() == Some(&advice) {
            return Ok(Outcome::Unchanged);
        }
        let next = FindingStatus { advice: Some(advice), ..status.clone() };
        let patch = merge("status", Some(status), &next, finding.metadata.resource_version.as_deref())?;
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        let (name, patch) = (finding.name_any(), Patch::Merge(patch));
        let stored = self.fence.write(self.findings.patch_status(&name, &params, &patch)).await?;
        Ok(Outcome::Stored(Box::new(stored)))
    }

    /// The advice that is to be stored, and what is told; `None` where the stored one stays.
    async fn advice(&self, finding: &Finding, facts: &Facts, task: &Task) -> Option<(Advice, Told)> {
        let present = facts.present();
        let stored = facts.status.advice.as_ref();
        let (write, why) = match task {
            Task::Due { waits } => match due(&present) {
                Due { write: Some(Write::Fallback(None)), ask: true } => {
                    (Write::Fallback(*waits), waits.map(Why::from))
                }
                Due { write, .. } => {
                    let write = write?;
                    let why = match &write {
                        Write::Fallback(reason) => reason.map(Why::from),
                        Write::Refused(reason) => Some(Why::from(*reason)),
                        Write::Stale | Write::Again => None,
                    };
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
            Task::Answer { answer, is_last } => {
                if !facts.status.is_active() {
                    return None;
                }
                let advice = self.composer.answer(facts, answer);
                // The evidence changed while the model was asked, and another call is due: what is not so any more is not told.
                let told = if advice.stale && !is_last { Told::Nothing } else { Told::Stored };
                return Some((advice, told));
            }
        };
        match write {
            Write::Stale => Some((Advice { stale: true, ..stored?.clone() }, Told::Nothing)),
            Write::Again => {
                let before = stored?;
                let requested_at = present.request().map(|request| request.written.clone());
                let requested_at = requested_at.or_else(|| before.requested_at.clone());
                let is_told = facts.status.thread.as_deref().is_some_and(|thread| present.is_told_in(before, thread));
                let is_told = match before.tier {
                    Tier::T1 => is_told,
                    // It is told to who asks.
                    Tier::T0 => requested_at == before.requested_at,
                };
                let advice = Advice { stale: false, requested_at, ..before.clone() };
                Some((advice, if is_told { Told::Nothing } else { Told::Stored }))
            }
            Write::Refused(_) => {
                let before = stored?;
                // Once the model can be asked it is, if what came of it is not final.
                let is_final = why
                    .as_ref()
                    .is_none_or(|why| why.subject.is_none() || why.model.is_some() || why.reason == NO_RUNBOOK);
                let other = self.composer.fallback(finding, facts, why).await;
                let requested_at = if is_final { other.requested_at.clone() } else { None };
                let requested_at = requested_at.or_else(|| before.requested_at.clone());
                let told = if other.requested_at.is_some() { Told::Other(Box::new(other)) } else { Told::Nothing };
                Some((Advice { stale: false, requested_at, ..before.clone() }, told))
            }
            Write::Fallback(reason) => {
                let advice = self.composer.fallback(finding, facts, why).await;
                if stored.is_some_and(|stored| is_same(stored, &advice)) {
                    self.composer.compared.add(&finding.name_any(), &facts.runbooks);
                    return None;
                }
                let is_answered = stored.is_some_and(|stored| {
                    stored.reason.is_some()
                        && stored.requested_at.is_some()
                        && stored.requested_at == advice.requested_at
                });
                let tells = reason.is_some() && advice.requested_at.is_some() && !is_answered;
                Some((advice, if tells { Told::Stored } else { Told::Nothing }))
            }
        }
    }

    /// Makes the Message with the advice. What is told was decided from the newest Finding: nothing is told of one that is resolved, or
    /// whose evidence changed, meanwhile.
    async fn tell(&self, finding: &Finding, facts: &Facts, advice: &Advice) -> Result<Place, WriteError> {
        let (name, thread) = (facts.present().message_name(advice), facts.status.thread.as_deref());
        let (Some(name), Some(thread)) = (name, thread) else { return Ok(Place::NoThread) };
        let about = call(self.threads.get_opt(thread)).await?.and_then(|thread| thread.0.ok()?.spec.finding);
        if about.is_none() || about != finding.metadata.name {
            return Ok(Place::NoThread);
        }
        let newest = call(self.guarded.get_opt(&finding.name_any())).await?;
        let newest = newest.and_then(|newest| newest.0.ok()?.metadata.resource_version);
        if newest != finding.metadata.resource_version {
            return Err(WriteError::Conflict);
        }
        let made = self.maker.message(&name, &self.composer.message(facts, advice, thread)).await?;
        Ok(Place::Message(match made {
            Made::New(message) => Some(message.name_any()),
            Made::Before(name) => Some(name),
            Made::NoName => None,
        }))
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
