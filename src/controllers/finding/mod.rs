//! The Finding controller: what people write into `spec.acknowledgement` and `spec.owner` is copied to the status for the current
//! occurrence, and votes on advice by annotation become Actions.
//!
//! 1. Follow the Findings, with a subscription of its own.
//! 2. Remember those whose spec and status differ, those with a vote, and those that cannot be decoded.
//! 3. While this replica leads, make them agree, and repair what cannot be decoded, each in a task of its own.

mod acknowledgement;
mod repair;
mod summary;
mod votes;
mod work;
mod writer;

pub use summary::{FindingSummary, resolved_at};
pub use writer::FindingWriter;

use super::context::Context;
use crate::api::Finding;
use crate::runtime::guard::InvalidObject;
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry::{self, Retry};
use crate::runtime::watch::{Cache, Change, Subscription};
use crate::runtime::write::WriteError;
use acknowledgement::Acknowledgements;
use kube::ResourceExt as _;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use work::{Reconciled, Work};

/// The clocks of the write fence are checked this often.
const FENCE_CHECK: Duration = Duration::from_secs(1);
/// Results of tasks that wait to be processed.
const DONE_MAX: usize = 64;

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let findings = context.caches.findings.clone();
    let (done, finished) = mpsc::channel(DONE_MAX);
    let controller = Controller {
        acknowledgements: Acknowledgements::new(context),
        fence: context.fence.clone(),
        work: Work::default(),
        done,
        cache: findings.clone(),
    };
    let (changes, stopped) = (findings.subscribe(), context.stopped());
    tokio::spawn(async move {
        tokio::select! {
            () = controller.run(changes, finished) => {}
            _ = stopped => {}
        }
    })
}

struct Controller {
    acknowledgements: Acknowledgements,
    fence: WriteFence,
    cache: Cache<Finding>,
    work: Work,
    done: mpsc::Sender<(String, Reconciled)>,
}

impl Controller {
    async fn run(mut self, mut changes: Subscription<Finding>, mut finished: mpsc::Receiver<(String, Reconciled)>) {
        let mut fence = self.fence.clone();
        let mut fence_check = tokio::time::interval(FENCE_CHECK);
        fence_check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                change = changes.next() => self.finding_changed(change),
                Some((name, result)) = finished.recv() => {
                    self.work.ended(&name, result);
                    self.begin(&name);
                }
                () = fence.changed() => self.begin_all(),
                _ = fence_check.tick() => self.begin_all(),
            }
        }
    }

    fn finding_changed(&mut self, change: Change<Finding>) {
        match change {
            Change::Applied(finding) => self.finding_applied(&finding),
            Change::Deleted(name, _) => self.work.seen(&name, false),
            Change::Undecodable(object) => self.finding_undecodable(&object),
            Change::Resynchronise => {
                self.work.forget_all();
                let (findings, undecodable) = self.cache.snapshot();
                for finding in findings {
                    self.finding_applied(&finding);
                }
                for object in undecodable {
                    self.finding_undecodable(&object);
                }
            }
        }
    }

    fn finding_applied(&mut self, finding: &Finding) {
        let name = finding.name_any();
        self.work.seen(&name, self.acknowledgements.is_due(finding));
        self.begin(&name);
    }

    /// Reading it repairs it.
    fn finding_undecodable(&mut self, object: &InvalidObject) {
        let Some(name) = &object.metadata.name else { return };
        self.work.seen(name, true);
        self.begin(name);
    }

    fn begin_all(&mut self) {
        for name in self.work.due() {
            self.begin(&name);
        }
    }

    /// Starts a task that makes spec and status of a Finding agree, where they differ and this replica leads.
    fn begin(&mut self, name: &str) {
        if !self.fence.is_open() || !self.work.take(name) {
            return;
        }
        let (acknowledgements, fence) = (self.acknowledgements.clone(), self.fence.clone());
        let (name, done) = (name.to_string(), self.done.clone());
        tokio::spawn(async move {
            let result = reconcile(&acknowledgements, &fence, &name).await;
            let _ = done.send((name, result)).await;
        });
    }
}

/// Tries until spec and status agree, the Finding is gone, trying again would change nothing, or this replica no longer leads.
async fn reconcile(acknowledgements: &Acknowledgements, fence: &WriteFence, name: &str) -> Reconciled {
    let mut failures = 0;
    while fence.is_open() {
        let error = match acknowledgements.reconcile(name).await {
            Ok(()) => return Reconciled::Done,
            Err(error) => error,
        };
        if let WriteError::Undecodable { .. } = &error {
            tracing::error!(finding = name, %error, "Finding not repaired: delete it, and the next failure creates it anew");
            return Reconciled::Done;
        }
        match retry::ACKNOWLEDGEMENTS.decide(&error, failures) {
            Retry::Stop => {
                tracing::warn!(finding = name, %error, "acknowledgement not copied: the API server refuses it");
                return Reconciled::Done;
            }
            Retry::WaitForLeadership => return Reconciled::NotLeading,
            Retry::After(interval) => {
                if !interval.is_zero() {
                    tracing::warn!(finding = name, %error, "acknowledgement not copied yet");
                }
                tokio::time::sleep(interval).await;
            }
        }
        failures += 1;
    }
    Reconciled::NotLeading
}
