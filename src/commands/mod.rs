//! What a person can do, whatever the interface: acknowledge a Finding, request a run, tick.
//!
//! A command takes typed input and a [`Context`], returns a typed result or a [`CommandError`], and records the Action. It uses
//! no HTTP: REST, the panel, agents and mail translate to and from it.

mod acknowledge;
mod action;
mod caller;
mod error;
mod rate;
mod run;
#[cfg(test)]
pub mod tests;
mod tick;

pub use acknowledge::{Acknowledge, NOTE_MAX, Note};
pub use caller::{CALLER_NAME_MAX, Caller, Interface};
pub use error::CommandError;
pub use rate::{BULK_MAX, CommandRate, Objects, Permit};
pub use run::{RequestRun, RunProgress, WAIT_DEFAULT, WAIT_MAX, look_up_run};
pub use tick::{Scheduler, require_scheduler, tick};

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
    /// The commands of everybody in the last minute.
    pub rate: Arc<CommandRate>,
    pub metrics: Arc<Metrics>,
    /// What is redacted in what is recorded.
    pub secrets: KnownSecrets,
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
