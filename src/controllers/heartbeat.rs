//! The heartbeat controller: calls a push monitor while this replica leads, its writes are stored and its probes are in time. The
//! monitor raises an alarm once the calls end, whatever ends them.

use super::context::Context;
use super::monitoring::{HeartbeatOptions, StoreError};
use super::probe_lateness::ProbeLateness;
use crate::domain::heartbeat::{Vitals, Withheld, WriteStanding, decide};
use crate::probes::Prober;
use crate::runtime::clock;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::write::WriteError;
use crate::telemetry::Metrics;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinHandle;

/// The Lease that is written where nothing else was written lately: it shows that the store can be written.
const LEASE_NAME: &str = "agentic-ops-heartbeat";
/// A call that failed is repeated after this part of the interval: a monitor waits for little more than one.
const RETRY_PART: u32 = 4;

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let Some(options) = context.monitoring.heartbeat.clone() else { return tokio::spawn(async {}) };
    let controller = Controller {
        options,
        leases: Api::namespaced(context.client.clone(), &context.namespace),
        lateness: context.monitoring.lateness.clone(),
        store_error: context.monitoring.store_error.clone(),
        prober: context.prober.clone(),
        fence: context.fence.clone(),
        metrics: context.metrics.clone(),
        logged: None,
    };
    let (progress, stopped) = (context.caches.progress.clone(), context.stopped());
    tokio::spawn(async move {
        let calling = async {
            progress.until_listed(&["Scenario", "Finding", "Agent"]).await;
            controller.run().await;
        };
        tokio::select! {
            () = calling => {}
            _ = stopped => {}
        }
    })
}

struct Controller {
    options: HeartbeatOptions,
    leases: Api<Lease>,
    lateness: ProbeLateness,
    store_error: Option<StoreError>,
    prober: Arc<Prober>,
    fence: WriteFence,
    metrics: Arc<Metrics>,
    /// Why there is no heartbeat, as logged last.
    logged: Option<String>,
}

impl Controller {
    async fn run(mut self) {
        let interval = self.options.interval;
        let mut fence = self.fence.clone();
        loop {
            let term = self.fence.leadership().term();
            let pause = if self.beat().await { interval } else { interval / RETRY_PART };
            let mut pause = std::pin::pin!(tokio::time::sleep(pause));
            // A new leader calls at once.
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    () = fence.changed() => {
                        if self.fence.leadership().term() != term {
                            break;
                        }
                    }
                }
            }
        }
    }

    /// Calls the monitor, if all is well. False where that is to be tried again soon.
    async fn beat(&mut self) -> bool {
        let vitals = self.vitals(Instant::now()).await;
        let result = match decide(vitals) {
            Ok(()) => {
                self.options.monitor.beat().await.map_err(|error| format!("the monitor was not reached: {error}"))
            }
            Err(Withheld::NotLeading) => {
                self.logged = None;
                return true;
            }
            Err(withheld) => {
                self.metrics.heartbeat("withheld");
                self.log(Some(format!("withheld: {withheld}")));
                return false;
            }
        };
        self.metrics.heartbeat(if result.is_ok() { "sent" } else { "failed" });
        let is_sent = result.is_ok();
        self.log(result.err());
        is_sent
    }

    /// A problem is logged once, and that it is gone.
    fn log(&mut self, problem: Option<String>) {
        match &problem {
            Some(problem) if self.logged.is_none() => tracing::warn!(problem, "no heartbeat"),
            None if self.logged.is_some() => tracing::info!("the heartbeat is sent again"),
            _ => {}
        }
        self.logged = problem;
    }

    async fn vitals(&self, now: Instant) -> Vitals {
        if !self.fence.is_open() {
            return Vitals::default();
        }
        let is_late = self.lateness.at(&self.prober, now).is_above();
        Vitals { leads: true, write_error: self.write_error(now).await, is_late }
    }

    /// Why writes are not stored, if so. Where nothing was written for an interval, something is.
    async fn write_error(&self, now: Instant) -> Option<String> {
        if let Some(error) = self.store_error.as_ref().and_then(|error| error()) {
            return Some(error);
        }
        match self.fence.record().standing(self.options.interval, now) {
            WriteStanding::Succeeding => None,
            WriteStanding::Failing => Some("the API server does not store what is written".into()),
            // The Lease of the election is renewed by writing.
            WriteStanding::Unknown if self.fence.holds_lease() => None,
            WriteStanding::Unknown => self.write().await.err().map(|error| error.to_string()),
        }
    }

    /// Writes the time into a Lease.
    async fn write(&self) -> Result<(), WriteError> {
        let spec = json!({"spec": {"renewTime": MicroTime(clock::now())}});
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        match self.fence.probe(self.leases.patch(LEASE_NAME, &params, &Patch::Merge(&spec))).await {
            Err(WriteError::Gone) => {}
            written => return written.map(drop),
        }
        let mut lease = Lease::default();
        lease.metadata.name = Some(LEASE_NAME.into());
        let params = PostParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        self.fence.probe(self.leases.create(&params, &lease)).await.map(drop)
    }
}
