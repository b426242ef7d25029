//! Who holds the Lease, for a process that never leads.

use super::LEASE_NAME;
use crate::runtime::write::call;
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The Lease is read again after this time: whoever asks may do so without a token.
const FRESH: Duration = Duration::from_secs(5);
/// Nobody waits longer for it.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Reads the Lease.
pub struct LeaseHolder {
    api: Api<Lease>,
    last: Mutex<Option<(Instant, Option<String>)>>,
}

impl LeaseHolder {
    pub fn new(client: &Client, namespace: &str) -> LeaseHolder {
        LeaseHolder { api: Api::namespaced(client.clone(), namespace), last: Mutex::default() }
    }

    /// The identity that holds the Lease, that of a pod; some seconds old at most. `None` where nobody does, or it can't be read.
    pub async fn get(&self) -> Option<String> {
        tokio::time::timeout(TIMEOUT, self.read()).await.ok().flatten()
    }

    async fn read(&self) -> Option<String> {
        let mut last = self.last.lock().await;
        if let Some((_, holder)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return holder.clone();
        }
        // One that takes too long is not asked for again at once.
        *last = Some((Instant::now(), None));
        let lease = call(self.api.get_opt(LEASE_NAME)).await;
        let lease =
            lease.inspect_err(|error| tracing::warn!(%error, "Lease {LEASE_NAME} can't be read")).ok().flatten();
        let holder = lease.and_then(|lease| lease.spec).and_then(|spec| spec.holder_identity);
        let holder = holder.filter(|holder| !holder.is_empty());
        *last = Some((Instant::now(), holder.clone()));
        holder
    }
}
