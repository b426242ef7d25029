//! What to do about a lease, and what to write: no clock and no network.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use std::time::{Duration, Instant};

/// The others wait no longer than this for a holder that does not renew.
const LEASE_MAX: Duration = Duration::from_secs(300);

/// A lease, and when it was first seen in its present form. Clocks of different machines are never compared: only that the
/// holder changed the lease counts, not the time that it wrote.
#[derive(Clone, Debug)]
pub struct Seen {
    pub lease: Lease,
    pub since: Instant,
}

impl Seen {
    /// The lease as read again; a change of its spec restarts its time.
    pub fn again(before: Option<Seen>, lease: Lease, now: Instant) -> Seen {
        match before {
            Some(before) if before.lease.spec == lease.spec => Seen { lease, since: before.since },
            _ => Seen { lease, since: now },
        }
    }
}

/// What to do about a lease.
#[derive(Clone, Debug, PartialEq)]
pub enum LeaseAction {
    Create,
    /// It has no holder, or was not renewed for its duration.
    Take,
    Renew,
    Wait {
        holder: String,
        left: Duration,
    },
}

/// What `me` does about the lease as it was seen, at `now`. `lease_time` counts where the lease names none.
pub fn next_action(seen: Option<&Seen>, me: &str, lease_time: Duration, now: Instant) -> LeaseAction {
    let Some(seen) = seen else { return LeaseAction::Create };
    let spec = seen.lease.spec.as_ref();
    let holder = spec.and_then(|s| s.holder_identity.as_deref()).unwrap_or_default();
    if holder == me {
        return LeaseAction::Renew;
    }
    let named = spec.and_then(|s| s.lease_duration_seconds).and_then(|s| u64::try_from(s).ok()).filter(|s| *s > 0);
    let lasts = named.map_or(lease_time, Duration::from_secs).min(LEASE_MAX);
    let left = lasts.saturating_sub(now.saturating_duration_since(seen.since));
    if holder.is_empty() || left.is_zero() {
        return LeaseAction::Take;
    }
    LeaseAction::Wait { holder: holder.to_string(), left }
}

/// Annotation with the address at which other replicas reach the holder.
pub const ADDRESS: &str = "agentic.ligbox.io/address";

/// Who holds a lease, for the other replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// That of a pod, with a part of its own for each process.
    pub identity: String,
    /// Where it serves, if it says so.
    pub address: Option<String>,
}

impl Holder {
    /// The holder of a lease, if there is one.
    pub fn of(lease: &Lease) -> Option<Holder> {
        let identity = lease.spec.as_ref()?.holder_identity.clone().filter(|identity| !identity.is_empty())?;
        let address = lease.metadata.annotations.as_ref().and_then(|all| all.get(ADDRESS)).cloned();
        Some(Holder { identity, address })
    }
}

/// The lease with the address at which its holder is reached, and without that of an earlier one.
pub fn reached_at(mut lease: Lease, address: Option<&str>) -> Lease {
    let annotations = lease.metadata.annotations.get_or_insert_default();
    match address {
        Some(address) => drop(annotations.insert(ADDRESS.into(), address.into())),
        None => drop(annotations.remove(ADDRESS)),
    }
    lease
}

/// The lease with `me` as its holder, renewed at `now`; the resource version of what was read stays in it.
pub fn held(before: Option<&Lease>, name: &str, me: &str, lease_time: Duration, now: Timestamp) -> Lease {
    let mut lease = before.cloned().unwrap_or_default();
    let spec = lease.spec.clone().unwrap_or_default();
    let is_mine = spec.holder_identity.as_deref() == Some(me);
    let transitions = spec.lease_transitions.unwrap_or(0);
    let transitions = match (before, is_mine) {
        (Some(_), false) => transitions.saturating_add(1),
        _ => transitions,
    };
    lease.spec = Some(LeaseSpec {
        holder_identity: Some(me.to_string()),
        lease_duration_seconds: i32::try_from(lease_time.as_secs()).ok(),
        acquire_time: if is_mine { spec.acquire_time.clone() } else { Some(MicroTime(now)) },
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(transitions),
        ..spec
    });
    lease.metadata = ObjectMeta { name: Some(name.to_string()), managed_fields: None, ..lease.metadata };
    lease
}

/// The lease without a holder: no replica has to wait until it expires.
pub fn released(before: &Lease, now: Timestamp) -> Lease {
    let mut lease = before.clone();
    let spec = lease.spec.unwrap_or_default();
    lease.spec = Some(LeaseSpec {
        // As client-go writes it.
        holder_identity: Some(String::new()),
        lease_duration_seconds: Some(1),
        renew_time: Some(MicroTime(now)),
        ..spec
    });
    lease.metadata.managed_fields = None;
    lease
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(15);

    fn lease(holder: Option<&str>, seconds: Option<i32>) -> Lease {
        let spec = LeaseSpec {
            holder_identity: holder.map(String::from),
            lease_duration_seconds: seconds,
            ..LeaseSpec::default()
        };
        let metadata = ObjectMeta { resource_version: Some("7".into()), ..ObjectMeta::default() };
        Lease { metadata, spec: Some(spec) }
    }

    #[test]
    fn a_lease_is_taken_when_it_is_free_or_was_not_seen_to_change_for_its_time() {
        let wait = |left| LeaseAction::Wait { holder: "other".into(), left: Duration::from_secs(left) };
        let other = |seconds| Some(lease(Some("other"), seconds));
        let cases = [
            ("absent", None, 0, LeaseAction::Create),
            ("mine", Some(lease(Some("me"), Some(15))), 0, LeaseAction::Renew),
            ("mine, unrenewed for long", Some(lease(Some("me"), Some(15))), 999, LeaseAction::Renew),
            ("released", Some(lease(Some(""), Some(1))), 0, LeaseAction::Take),
            ("no holder", Some(lease(None, None)), 0, LeaseAction::Take),
            ("no spec", Some(Lease::default()), 0, LeaseAction::Take),
            ("just seen", other(Some(15)), 0, wait(15)),
            ("almost over", other(Some(15)), 14, wait(1)),
            ("over", other(Some(15)), 15, LeaseAction::Take),
            ("its own time counts, not mine", other(Some(40)), 20, wait(20)),
            ("it names no time", other(None), 10, wait(5)),
            ("a time that makes no sense", other(Some(-3)), 10, wait(5)),
            ("a time without end", other(Some(i32::MAX)), 299, wait(1)),
        ];
        for (name, lease, unchanged, expected) in cases {
            let since = Instant::now();
            let seen = lease.map(|lease| Seen { lease, since });
            let now = since + Duration::from_secs(unchanged);
            assert_eq!(next_action(seen.as_ref(), "me", TIME, now), expected, "{name}");
        }
    }

    #[test]
    fn only_what_the_holder_writes_starts_the_time_anew() {
        let start = Instant::now();
        let later = start + Duration::from_secs(9);
        let first = Seen::again(None, lease(Some("other"), Some(15)), start);
        let mut labelled = first.lease.clone();
        labelled.metadata.resource_version = Some("8".into());
        assert_eq!(Seen::again(Some(first.clone()), labelled, later).since, start);
        let mut renewed = first.lease.clone();
        // A clock that is wrong by years is news all the same.
        renewed.spec.as_mut().unwrap().renew_time = Some(MicroTime(Timestamp::UNIX_EPOCH));
        assert_eq!(Seen::again(Some(first), renewed, later).since, later);
    }

    #[test]
    fn what_is_written_carries_what_was_read_and_counts_changes_of_holder() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let fields = |lease: &Lease| {
            let spec = lease.spec.clone().unwrap();
            (spec.holder_identity.unwrap_or_default(), spec.lease_duration_seconds, spec.lease_transitions)
        };
        let made = held(None, "l", "me", TIME, now);
        assert_eq!(fields(&made), ("me".into(), Some(15), Some(0)));
        assert_eq!((made.metadata.name.as_deref(), made.metadata.resource_version), (Some("l"), None));
        let taken = held(Some(&lease(Some("other"), Some(40))), "l", "me", TIME, now);
        assert_eq!(fields(&taken), ("me".into(), Some(15), Some(1)));
        assert_eq!(taken.metadata.resource_version.as_deref(), Some("7"));
        let later = Timestamp::from_second(1_800_000_005).unwrap();
        let renewed = held(Some(&taken), "l", "me", TIME, later);
        assert_eq!(fields(&renewed), fields(&taken));
        let times = |lease: &Lease| {
            let spec = lease.spec.clone().unwrap();
            (spec.acquire_time.map(|t| t.0), spec.renew_time.map(|t| t.0))
        };
        assert_eq!(times(&renewed), (Some(now), Some(later)));
        let holder = |lease: Lease, address| Holder::of(&reached_at(lease, address)).unwrap().address;
        let reached = reached_at(renewed.clone(), Some("10.0.0.7:8180"));
        assert_eq!(holder(renewed.clone(), Some("10.0.0.7:8180")).as_deref(), Some("10.0.0.7:8180"));
        assert_eq!(holder(reached, None), None, "that of the holder before");
        let given = released(&renewed, later);
        assert_eq!(Holder::of(&given), None);
        assert_eq!(fields(&given), (String::new(), Some(1), Some(1)));
        let seen = Seen { lease: given, since: Instant::now() };
        assert_eq!(next_action(Some(&seen), "next", TIME, seen.since), LeaseAction::Take);
    }
}
