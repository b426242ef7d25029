//! Calls the model: one call at a time, by the breaker.

use super::ollama::{ChatAnswer, ChatRequest, ModelState, Ollama, Progress};
use crate::domain::advice::{Breaker, May};
use crate::domain::model::{Effect, ModelFault};
use jiff::Timestamp;

/// Why a job is not done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// An earlier call failed: nothing is asked before this time.
    Until(Timestamp),
    /// This call failed.
    Fault(ModelFault),
}

/// A model server, and whether it may be called. One call is made at a time, since each needs it exclusively. A future of it may be
/// dropped: the call is then one that was cancelled.
pub struct Runner {
    client: Ollama,
    breaker: Breaker,
    now: fn() -> Timestamp,
    /// A call is under way, or was when its future was dropped.
    is_calling: bool,
}

impl Runner {
    /// `now` is the clock.
    pub fn new(client: Ollama, now: fn() -> Timestamp) -> Runner {
        Runner { client, breaker: Breaker::default(), now, is_calling: false }
    }

    pub fn client(&self) -> &Ollama {
        &self.client
    }

    /// Whether, and when, the model may be called.
    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Asks the server for the digest of the model, which is part of what advice is made from. After a cancelled call, first makes sure
    /// that the server is done with it.
    pub async fn ready(&mut self) -> Result<ModelState, NotDone> {
        if std::mem::take(&mut self.is_calling) {
            self.breaker.cancelled((self.now)());
        }
        match self.breaker.may_call((self.now)()) {
            May::Wait(until) => return Err(NotDone::Until(until)),
            May::Probe => {
                let probed = self.client.probe().await;
                self.judge(probed)?;
                self.breaker.succeeded();
            }
            May::Call => {}
        }
        let state = self.client.state().await;
        self.judge(state)
    }

    /// Loads the model if needed, and asks it. Call [`Runner::ready`] right before.
    pub async fn ask(
        &mut self,
        request: &ChatRequest,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<ChatAnswer, NotDone> {
        if let wait @ (May::Wait(_) | May::Probe) = self.breaker.may_call((self.now)()) {
            let until = if let May::Wait(until) = wait { until } else { (self.now)() };
            return Err(NotDone::Until(until));
        }
        self.is_calling = true;
        let loaded = self.client.load().await;
        self.is_calling = false;
        self.judge(loaded)?;
        self.is_calling = true;
        let answer = Box::pin(self.client.chat(request, progress)).await;
        self.is_calling = false;
        let answer = self.judge(answer)?;
        // Only a call of the model tells that it works: a server may list models that it can't load.
        self.breaker.succeeded();
        Ok(answer)
    }

    /// Tells the breaker of a fault.
    fn judge<T>(&mut self, result: Result<T, ModelFault>) -> Result<T, NotDone> {
        result.map_err(|fault| {
            let now = (self.now)();
            match fault.effect() {
                Effect::Answered => {}
                Effect::Away => self.breaker.failed(now),
                Effect::Cancelled => self.breaker.cancelled(now),
            }
            NotDone::Fault(fault)
        })
    }
}

#[cfg(test)]
mod tests;
