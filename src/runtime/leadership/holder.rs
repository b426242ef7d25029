//! Who holds the Lease, for a process that does not.

use super::LEASE_NAME;
use super::lease::Holder;
use crate::runtime::clock;
use crate::runtime::write::call;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::{Api, Client};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The Lease is read again after this time: clients may ask without a token.
const FRESH: Duration = Duration::from_secs(5);
/// A holder that renewed the Lease this much later than it had to may still lead: clocks differ.
const CLOCKS: SignedDuration = SignedDuration::from_secs(30);
/// A caller does not wait longer for it.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Reads the Lease.
pub struct LeaseHolder {
    api: Api<Lease>,
    last: Mutex<Option<(Instant, Option<Holder>)>>,
}

impl LeaseHolder {
    pub fn new(client: &Client, namespace: &str) -> LeaseHolder {
        LeaseHolder { api: Api::namespaced(client.clone(), namespace), last: Mutex::default() }
    }

    /// The identity that holds the Lease, that of a pod; some seconds old at most. `None` where there is none, or it can't be read.
    pub async fn get(&self) -> Option<String> {
        self.holder().await.map(|holder| holder.identity)
    }

    /// As [`LeaseHolder::get`], with the address at which it is reached.
    pub async fn holder(&self) -> Option<Holder> {
        tokio::time::timeout(TIMEOUT, self.read()).await.ok().flatten()
    }

    async fn read(&self) -> Option<Holder> {
        let mut last = self.last.lock().await;
        if let Some((_, holder)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return holder.clone();
        }
        // One that takes too long is not asked for again at once.
        *last = Some((Instant::now(), None));
        let lease = call(self.api.get_opt(LEASE_NAME)).await;
        let lease =
            lease.inspect_err(|error| tracing::warn!(%error, "Lease {LEASE_NAME} can't be read")).ok().flatten();
        let is_held = |lease: &Lease| lease.spec.as_ref().is_some_and(|spec| is_held(spec, clock::now()));
        let holder = lease.filter(is_held).as_ref().and_then(Holder::of);
        *last = Some((Instant::now(), holder.clone()));
        holder
    }
}

/// Whether the holder may still lead: one that ended without giving the Lease up stays in it.
fn is_held(spec: &LeaseSpec, now: Timestamp) -> bool {
    let Some(renewed) = &spec.renew_time else { return true };
    let duration = SignedDuration::from_secs(spec.lease_duration_seconds.unwrap_or(0).into());
    now.duration_since(renewed.0) <= duration.saturating_add(CLOCKS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

    #[test]
    fn a_lease_that_was_not_renewed_for_long_is_not_held() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let spec = LeaseSpec {
            renew_time: Some(MicroTime(at(100))),
            lease_duration_seconds: Some(15),
            ..LeaseSpec::default()
        };
        assert!(is_held(&spec, at(100)) && is_held(&spec, at(145)) && is_held(&spec, at(0)));
        assert!(!is_held(&spec, at(146)));
        assert!(is_held(&LeaseSpec::default(), at(146)), "it does not say when");
    }
}
