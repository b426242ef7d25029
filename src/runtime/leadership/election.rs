//! The loop that acquires, renews and releases the lease.

use super::lease::{LeaseAction, Seen, held, next_action, reached_at, released};
use super::{DualInstant, LEASE_NAME, Leadership, LeadershipState, WriteFence};
use crate::runtime::backoff::jittered;
use crate::runtime::write::WriteError;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::PostParams;
use kube::{Api, Client};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// Tries within one attempt, where other replicas change the lease meanwhile.
const TRIES: usize = 3;

/// The parameters of the election.
#[derive(Clone, Debug)]
pub struct Election {
    /// The identity of this replica; every process has its own.
    pub identity: String,
    /// How long a lease is valid without a renewal; whole seconds.
    pub lease_time: Duration,
    /// Where other replicas reach this one, if they do.
    pub address: Option<String>,
}

impl Election {
    /// For the pod or machine of this name; a container that restarts in its pod gets another identity.
    pub fn new(place: &str, lease_time: Duration) -> Election {
        let token = uuid::Uuid::new_v4().simple().to_string();
        Election { identity: format!("{place}_{}", &token[..8]), lease_time, address: None }
    }

    /// The same, of a replica that is reached at this address.
    pub fn reached_at(self, address: Option<String>) -> Election {
        Election { address, ..self }
    }

    /// The interval at which the holder renews.
    fn renew(&self) -> Duration {
        self.lease_time / 3
    }

    /// Writes end this long after a renewal: well before another replica may take over.
    fn write_period(&self) -> Duration {
        self.lease_time * 2 / 3
    }

    /// The interval at which the others check the lease, and at which the holder retries.
    fn retry_interval(&self) -> Duration {
        self.lease_time / 15
    }

    /// The timeout of one attempt.
    fn request_timeout(&self) -> Duration {
        self.lease_time / 5
    }
}

/// The running election.
pub struct ElectionTask {
    stop: oneshot::Sender<()>,
    working: JoinHandle<()>,
}

impl ElectionTask {
    /// Starts it; the write fence follows its result.
    pub fn start(client: Client, namespace: &str, election: Election) -> (ElectionTask, WriteFence) {
        let (state, fence) = WriteFence::elected();
        let (stop, stopped) = oneshot::channel();
        let api = Api::namespaced(client, namespace);
        let candidate = Candidate { api, election, state, seen: None, term: 0, failing: false };
        let working = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            candidate.run(stopped).await;
        });
        (ElectionTask { stop, working }, fence)
    }

    /// Releases the lease, if this replica holds it.
    pub async fn shutdown(self) {
        let _ = self.stop.send(());
        let _ = self.working.await;
    }
}

struct Candidate {
    api: Api<Lease>,
    election: Election,
    state: watch::Sender<LeadershipState>,
    seen: Option<Seen>,
    term: u64,
    /// The last attempt failed.
    failing: bool,
}

/// The result of an attempt.
enum Attempt {
    /// This replica holds the lease; `newly` where it did not hold it before.
    Held {
        newly: bool,
    },
    HeldBy {
        holder: String,
        left: Duration,
    },
}

impl Candidate {
    async fn run(mut self, stopped: impl Future<Output = ()>) {
        tokio::pin!(stopped);
        loop {
            let requested = DualInstant::now();
            let request_timeout = self.election.request_timeout();
            let state = self.state.clone();
            let attempt = tokio::time::timeout(request_timeout, self.attempt());
            let attempt = until_expired(&state, attempt).await.unwrap_or(Err(WriteError::Timeout));
            let pause = self.take(attempt, requested);
            tokio::select! {
                () = &mut stopped => break,
                () = until_expired(&state, tokio::time::sleep(pause)) => {}
            }
        }
        self.release().await;
    }

    /// Reads the lease, decides and writes; after a conflict it is read again.
    async fn attempt(&mut self) -> Result<Attempt, WriteError> {
        let me = self.election.identity.clone();
        let mut is_current = self.seen.as_ref().is_some_and(|seen| holder(&seen.lease) == Some(&me));
        for _ in 0..TRIES {
            // The holder renews without reading: if another replica took the lease, the write is a conflict.
            if !is_current {
                let found = self.api.get_opt(LEASE_NAME).await?;
                self.seen = found.map(|lease| Seen::again(self.seen.take(), lease, Instant::now()));
            }
            is_current = false;
            let decision = next_action(self.seen.as_ref(), &me, self.election.lease_time, Instant::now());
            if let LeaseAction::Wait { holder, left } = decision {
                return Ok(Attempt::HeldBy { holder, left });
            }
            match self.write().await {
                Ok(lease) => {
                    self.seen = Some(Seen { lease, since: Instant::now() });
                    return Ok(Attempt::Held { newly: decision != LeaseAction::Renew });
                }
                Err(WriteError::Conflict | WriteError::Exists | WriteError::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        Err(WriteError::Conflict)
    }

    async fn write(&self) -> Result<Lease, WriteError> {
        let Election { identity, lease_time, address } = &self.election;
        let before = self.seen.as_ref().map(|seen| &seen.lease);
        let wanted = held(before, LEASE_NAME, identity, *lease_time, Timestamp::now());
        let wanted = reached_at(wanted, address.as_deref());
        let params =
            PostParams { field_manager: Some(crate::runtime::field_managers::OPERATOR.into()), ..Default::default() };
        Ok(match before {
            Some(_) => self.api.replace(LEASE_NAME, &params, &wanted).await?,
            None => self.api.create(&params, &wanted).await?,
        })
    }

    /// Publishes the result of an attempt, and gives the interval before the next.
    fn take(&mut self, attempt: Result<Attempt, WriteError>, requested: DualInstant) -> Duration {
        let leadership = self.state.borrow().leadership.clone();
        let failed = std::mem::replace(&mut self.failing, attempt.is_err());
        match attempt {
            Ok(Attempt::Held { newly }) => {
                if newly || leadership.term().is_none() {
                    self.term += 1;
                }
                self.publish(
                    Leadership::Leading { term: self.term },
                    Some(requested.after(self.election.write_period())),
                );
                self.election.renew().saturating_sub(requested.monotonic.elapsed())
            }
            Ok(Attempt::HeldBy { holder, left }) => {
                self.publish(Leadership::Following { holder: Some(holder) }, None);
                jittered(self.election.retry_interval()).min(left)
            }
            Err(error) => {
                if !failed {
                    tracing::warn!(%error, "Lease {LEASE_NAME} can't be read or renewed, retrying");
                }
                jittered(self.election.retry_interval())
            }
        }
    }

    fn publish(&self, leadership: Leadership, until: Option<DualInstant>) {
        self.state.send_if_modified(|state| {
            state.until = until;
            let is_new = state.leadership != leadership;
            if is_new {
                tracing::info!(identity = self.election.identity, "{leadership}");
                state.leadership = leadership;
            }
            is_new
        });
    }

    /// Releases the lease, so that no replica has to wait until it expires.
    async fn release(mut self) {
        let held_lease = self.state.borrow().leadership.term().is_some();
        self.publish(Leadership::Following { holder: None }, None);
        let Some(seen) = self.seen.take().filter(|_| held_lease) else { return };
        let params =
            PostParams { field_manager: Some(crate::runtime::field_managers::OPERATOR.into()), ..Default::default() };
        let given = released(&seen.lease, Timestamp::now());
        let giving = self.api.replace(LEASE_NAME, &params, &given);
        match tokio::time::timeout(self.election.request_timeout(), giving).await {
            Ok(Ok(_)) => tracing::info!("Lease {LEASE_NAME} released"),
            Ok(Err(error)) => tracing::warn!(%error, "Lease {LEASE_NAME} not released; it expires by itself"),
            Err(_) => tracing::warn!("Lease {LEASE_NAME} not released in time; it expires by itself"),
        }
    }
}

fn holder(lease: &Lease) -> Option<&String> {
    lease.spec.as_ref()?.holder_identity.as_ref()
}

/// Waits for `work`. When the time for writes expires meanwhile, that is published at once.
async fn until_expired<T>(state: &watch::Sender<LeadershipState>, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    loop {
        let ends = match &*state.borrow() {
            LeadershipState { leadership: Leadership::Leading { term }, until: Some(until) } => {
                Some((*term, until.monotonic))
            }
            _ => None,
        };
        let Some((term, until)) = ends else { return work.await };
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(until.into()) => {
                let leadership = Leadership::Uncertain { term };
                tracing::warn!("{leadership}: targets are still read, nothing is written");
                state.send_modify(|state| state.leadership = leadership);
            }
            done = &mut work => return done,
        }
    }
}
