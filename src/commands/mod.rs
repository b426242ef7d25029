//! What a person can do, whatever the interface: acknowledge a Finding or a Message and take it back, take a Finding over and release
//! it, tell what fixed it, request a run, request advice and vote on it, make or end a Silence, say that a past failure was
//! maintenance, reply in a Thread, ask an Agent, tick.
//!
//! A command takes typed input and a [`Context`], returns a typed result or a [`CommandError`], and records the Action: before it
//! changes anything ([`Intent`]), and again with the result. It uses no HTTP: REST, the panel, agents and mail translate to and
//! from it. What a process leaves without a result when it ends is completed by the next one ([`Recovery`]).

mod acknowledge;
mod acknowledge_message;
mod caller;
mod change;
mod conversation;
mod error;
mod explain;
mod finding;
mod intent;
mod joined;
mod rate;
mod reclassify;
mod recovery;
mod release;
mod request;
mod request_advice;
mod run;
mod sign_out;
mod silence;
mod take_over;
#[cfg(test)]
pub mod tests;
mod tick;
mod unacknowledge;
mod vote_advice;

pub use acknowledge::{Acknowledge, NOTE as PARAMETER_NOTE, NOTE_MAX, Note};
pub use acknowledge_message::AcknowledgeMessage;
pub use caller::{CALLER_NAME_MAX, Caller, Interface};
pub use conversation::{ANSWER_WAIT_MAX, AnswerWait, Chat, ChatInput, Reply, TEXT_MAX, Text};
pub use error::CommandError;
pub use explain::Explain;
pub use intent::{Earlier, Intent, look_up};
pub use joined::JoinedRuns;
pub use rate::{BULK_MAX, CommandRate, Objects, Permit};
pub use reclassify::Reclassify;
pub use recovery::{Recovery, RecoveryState};
pub use release::Release;
pub use request::{ProcessId, RequestId};
pub use request_advice::RequestAdvice;
pub use run::{RequestRun, RunProgress, WAIT_DEFAULT, WAIT_MAX, look_up_run};
pub use sign_out::SignOut;
pub use silence::{EndSilence, MakeSilence, NewSilence, REASON_MAX, end_silence_as_read};
pub use take_over::TakeOver;
pub use tick::{Scheduler, scheduler_is_elsewhere, tick};
pub use unacknowledge::Unacknowledge;
pub use vote_advice::VoteAdvice;

use crate::api::ActionReply;
use crate::domain::redact::KnownSecrets;
use crate::telemetry::Metrics;
use crate::views::Resources;
use kube::Client;
use std::sync::Arc;
use std::time::Instant;

/// What a command works with. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Writes to the Kubernetes API.
    pub client: Client,
    /// The cached resources, and the namespace of all of them.
    pub resources: Resources,
    /// Who gives the command.
    pub caller: Caller,
    /// The request that it was given by.
    pub request: RequestId,
    /// This process.
    pub process: ProcessId,
    /// The commands of everybody in the last minute.
    pub rate: Arc<CommandRate>,
    /// The requests of everybody to run a Scenario that are being written.
    pub joined: Arc<JoinedRuns>,
    pub metrics: Arc<Metrics>,
    /// What is redacted in what is recorded.
    pub secrets: KnownSecrets,
}

/// The response to be stored for a result, so that the same request under the same key gets it again; `None` where it is not to be
/// stored.
pub type Stored<T> = dyn Fn(&Result<T, CommandError>) -> Option<ActionReply> + Send + Sync;

/// One thing that a person can do.
pub trait Command: Send + 'static {
    type Output: Send + 'static;

    /// Does it, and records the Action. `earlier` is the Action of the same request where it was recorded before and never
    /// answered: then only what is left of it is done.
    fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<Self::Output>,
    ) -> impl Future<Output = Result<Self::Output, CommandError>> + Send;
}

impl Context {
    /// Counts a command of the caller, before anything is done. TooMany where they gave too many in the last minute.
    pub fn admit(&self, objects: Objects) -> Result<Permit, CommandError> {
        self.rate.admit(&self.caller.name, objects, Instant::now()).map_err(|refused| {
            self.metrics.limit_reached(refused.limit, format_args!("of {}", self.caller.name));
            CommandError::TooMany { retry_after: refused.retry_after }
        })
    }

    /// The API of a kind in the namespace.
    fn api<K>(&self) -> kube::Api<K>
    where
        K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
    {
        kube::Api::namespaced(self.client.clone(), &self.resources.namespace)
    }
}
