//! The Finding controller: what people write into `spec.acknowledgement` is copied to the status for the current occurrence.
//!
//! 1. Follow the Findings, with a subscription of its own.
//! 2. Remember those whose spec and status differ.
//! 3. While this replica leads, make them agree, each in a task of its own.

mod acknowledgement;
mod summary;
mod writer;

pub use summary::FindingSummary;
pub use writer::FindingWriter;

use super::context::Context;
use crate::api::Finding;
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry::{self, Retry};
use crate::runtime::watch::{Cache, Change, Subscription};
use acknowledgement::Acknowledgements;
use kube::ResourceExt as _;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The clocks of the write fence are checked this often.
const FENCE_CHECK: Duration = Duration::from_secs(1);
/// Results of tasks that wait to be processed.
const DONE_MAX: usize = 64;

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let findings = context.caches.findings.clone();
    let (done, finished) = mpsc::channel(DONE_MAX);
    let controller = Controller {
        acknowledgements: Acknowledgements::new(FindingWriter::new(context), context.names_are_checked),
        fence: context.fence.clone(),
        due: BTreeSet::new(),
        busy: BTreeSet::new(),
        done,
        cache: findings.clone(),
    };
    let (changes, stopped) = (findings.subscribe(), context.stopped());
    tokio::spawn(async move {
        tokio::select! {
            () = controller.run(changes, finished) => {}
            () = stopped => {}
        }
    })
}

struct Controller {
    acknowledgements: Acknowledgements,
    fence: WriteFence,
    cache: Cache<Finding>,
    /// Findings whose spec and status differ, as last seen.
    due: BTreeSet<String>,
    /// Findings that a task works on.
    busy: BTreeSet<String>,
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
                    self.busy.remove(&name);
                    if result == Reconciled::NotLeading {
                        self.due.insert(name.clone());
                    }
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
            Change::Deleted(name) => drop(self.due.remove(&*name)),
            Change::Undecodable(_) => {}
            Change::Resynchronise => {
                self.due.clear();
                for finding in self.cache.objects() {
                    self.finding_applied(&finding);
                }
            }
        }
    }

    fn finding_applied(&mut self, finding: &Finding) {
        let name = finding.name_any();
        if self.acknowledgements.is_due(finding) {
            self.due.insert(name.clone());
            self.begin(&name);
        } else {
            self.due.remove(&name);
        }
    }

    fn begin_all(&mut self) {
        if !self.due.is_empty() && self.fence.is_open() {
            for name in self.due.clone() {
                self.begin(&name);
            }
        }
    }

    /// Makes spec and status of a Finding agree, unless a task works on it already. It is due again only if a change is seen
    /// meanwhile.
    fn begin(&mut self, name: &str) {
        if !self.fence.is_open() || self.busy.contains(name) || !self.due.remove(name) {
            return;
        }
        self.busy.insert(name.to_string());
        let (acknowledgements, fence) = (self.acknowledgements.clone(), self.fence.clone());
        let (name, done) = (name.to_string(), self.done.clone());
        tokio::spawn(async move {
            let result = reconcile(&acknowledgements, &fence, &name).await;
            let _ = done.send((name, result)).await;
        });
    }
}

/// The result of making spec and status of a Finding agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reconciled {
    /// They agree, the Finding is gone, or trying again would change nothing.
    Done,
    NotLeading,
}

/// Tries until spec and status agree, the Finding is gone, trying again would change nothing, or this replica no longer leads.
async fn reconcile(acknowledgements: &Acknowledgements, fence: &WriteFence, name: &str) -> Reconciled {
    let mut failures = 0;
    while fence.is_open() {
        let error = match acknowledgements.reconcile(name).await {
            Ok(()) => return Reconciled::Done,
            Err(error) => error,
        };
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
