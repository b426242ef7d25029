//! The loop that takes, renews and gives back the lease.

use super::lease::{Decision, Seen, decide, held, released};
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

/// Within one turn a lease that others keep changing is looked at this often.
const TRIES: usize = 3;

/// How an election is held.
#[derive(Clone, Debug)]
pub struct Election {
    /// Who this replica is; no other process may ever be called the same.
    pub identity: String,
    /// How long a lease lasts that is not renewed; whole seconds.
    pub lease_time: Duration,
}

impl Election {
    /// For the pod, or the machine, of this name; a container that starts again in its pod is somebody else.
    pub fn new(place: &str, lease_time: Duration) -> Election {
        let token = uuid::Uuid::new_v4().simple().to_string();
        Election { identity: format!("{place}_{}", &token[..8]), lease_time }
    }

    /// The holder renews this often.
    fn renew(&self) -> Duration {
        self.lease_time / 3
    }

    /// Without a renewal effects end after this: well before anybody else may take over.
    fn effects(&self) -> Duration {
        self.lease_time * 2 / 3
    }

    /// How often others look, and how soon the holder tries again.
    fn look(&self) -> Duration {
        self.lease_time / 15
    }

    /// How long one request may take.
    fn patience(&self) -> Duration {
        self.lease_time / 5
    }
}

/// The elector, at work.
pub struct ElectionTask {
    stop: oneshot::Sender<()>,
    working: JoinHandle<()>,
}

impl ElectionTask {
    /// Starts it; the gate says what comes of it.
    pub fn start(client: Client, namespace: &str, election: Election) -> (ElectionTask, WriteFence) {
        let (told, fence) = WriteFence::elected();
        let (stop, stopped) = oneshot::channel();
        let api = Api::namespaced(client, namespace);
        let candidate = Candidate { api, election, told, seen: None, term: 0, failing: false };
        let working = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            candidate.stand(stopped).await;
        });
        (ElectionTask { stop, working }, fence)
    }

    /// Gives the lease back, if this replica holds it.
    pub async fn shutdown(self) {
        let _ = self.stop.send(());
        let _ = self.working.await;
    }
}

struct Candidate {
    api: Api<Lease>,
    election: Election,
    told: watch::Sender<LeadershipState>,
    seen: Option<Seen>,
    term: u64,
    /// The last turn came to nothing.
    failing: bool,
}

/// What a turn came to.
enum Turn {
    /// The lease is this replica's; `anew` where it was not just before.
    Held {
        anew: bool,
    },
    HeldBy {
        holder: String,
        left: Duration,
    },
}

impl Candidate {
    async fn stand(mut self, stopped: impl Future<Output = ()>) {
        tokio::pin!(stopped);
        loop {
            let asked = DualInstant::now();
            let patience = self.election.patience();
            let told = self.told.clone();
            let turn = tokio::time::timeout(patience, self.turn());
            let turn = minding_the_time(&told, turn).await.unwrap_or(Err(WriteError::Timeout));
            let pause = self.take(turn, asked);
            tokio::select! {
                () = &mut stopped => break,
                () = minding_the_time(&told, tokio::time::sleep(pause)) => {}
            }
        }
        self.release().await;
    }

    /// Looks, decides, writes; what somebody else wrote meanwhile is looked at again.
    async fn turn(&mut self) -> Result<Turn, WriteError> {
        let me = self.election.identity.clone();
        let mut is_current = self.seen.as_ref().is_some_and(|seen| holder(&seen.lease) == Some(&me));
        for _ in 0..TRIES {
            // Whoever holds the lease need not read it to renew it: if somebody took it, the write is a conflict.
            if !is_current {
                let found = self.api.get_opt(LEASE_NAME).await?;
                self.seen = found.map(|lease| Seen::again(self.seen.take(), lease, Instant::now()));
            }
            is_current = false;
            let decision = decide(self.seen.as_ref(), &me, self.election.lease_time, Instant::now());
            if let Decision::Wait { holder, left } = decision {
                return Ok(Turn::HeldBy { holder, left });
            }
            match self.write().await {
                Ok(lease) => {
                    self.seen = Some(Seen { lease, since: Instant::now() });
                    return Ok(Turn::Held { anew: decision != Decision::Renew });
                }
                Err(WriteError::Conflict | WriteError::Exists | WriteError::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        Err(WriteError::Conflict)
    }

    async fn write(&self) -> Result<Lease, WriteError> {
        let Election { identity, lease_time, .. } = &self.election;
        let before = self.seen.as_ref().map(|seen| &seen.lease);
        let wanted = held(before, LEASE_NAME, identity, *lease_time, Timestamp::now());
        let params =
            PostParams { field_manager: Some(crate::runtime::field_managers::OPERATOR.into()), ..Default::default() };
        Ok(match before {
            Some(_) => self.api.replace(LEASE_NAME, &params, &wanted).await?,
            None => self.api.create(&params, &wanted).await?,
        })
    }

    /// Tells what came of a turn, and gives the pause before the next.
    fn take(&mut self, turn: Result<Turn, WriteError>, asked: DualInstant) -> Duration {
        let standing = self.told.borrow().standing.clone();
        let failed = std::mem::replace(&mut self.failing, turn.is_err());
        match turn {
            Ok(Turn::Held { anew }) => {
                if anew || standing.term().is_none() {
                    self.term += 1;
                }
                self.tell(Leadership::Leading { term: self.term }, Some(asked.after(self.election.effects())));
                self.election.renew().saturating_sub(asked.steady.elapsed())
            }
            Ok(Turn::HeldBy { holder, left }) => {
                self.tell(Leadership::Following { holder: Some(holder) }, None);
                jittered(self.election.look()).min(left)
            }
            Err(error) => {
                if !failed {
                    tracing::warn!(%error, "Lease {LEASE_NAME} can't be read or renewed; trying on");
                }
                jittered(self.election.look())
            }
        }
    }

    fn tell(&self, standing: Leadership, until: Option<DualInstant>) {
        self.told.send_if_modified(|told| {
            told.until = until;
            let is_news = told.standing != standing;
            if is_news {
                tracing::info!(identity = self.election.identity, "{standing}");
                told.standing = standing;
            }
            is_news
        });
    }

    /// Gives the lease back, so that nobody has to wait for its time.
    async fn release(mut self) {
        let held_it = self.told.borrow().standing.term().is_some();
        self.tell(Leadership::Following { holder: None }, None);
        let Some(seen) = self.seen.take().filter(|_| held_it) else { return };
        let params =
            PostParams { field_manager: Some(crate::runtime::field_managers::OPERATOR.into()), ..Default::default() };
        let given = released(&seen.lease, Timestamp::now());
        let giving = self.api.replace(LEASE_NAME, &params, &given);
        match tokio::time::timeout(self.election.patience(), giving).await {
            Ok(Ok(_)) => tracing::info!("Lease {LEASE_NAME} given back"),
            Ok(Err(error)) => tracing::warn!(%error, "Lease {LEASE_NAME} not given back; it ends by itself"),
            Err(_) => tracing::warn!("Lease {LEASE_NAME} not given back in time; it ends by itself"),
        }
    }
}

fn holder(lease: &Lease) -> Option<&String> {
    lease.spec.as_ref()?.holder_identity.as_ref()
}

/// Waits for `work`; when the time for effects is over meanwhile, that is told at once.
async fn minding_the_time<T>(told: &watch::Sender<LeadershipState>, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    loop {
        let ends = match &*told.borrow() {
            LeadershipState { standing: Leadership::Leading { term }, until: Some(until) } => {
                Some((*term, until.steady))
            }
            _ => None,
        };
        let Some((term, until)) = ends else { return work.await };
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(until.into()) => {
                let standing = Leadership::Uncertain { term };
                tracing::warn!("{standing}: targets are still read, nothing is written");
                told.send_modify(|told| told.standing = standing);
            }
            done = &mut work => return done,
        }
    }
}
