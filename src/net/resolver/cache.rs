//! Addresses that were found are kept for their time to live, and not for long, so that a changed address is noticed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Addresses are kept no longer.
const MAX_TTL: Duration = Duration::from_secs(30);
const MAX_NAMES: usize = 1024;

/// Addresses by name.
#[derive(Default)]
pub struct Cache {
    names: HashMap<String, Entry>,
}

struct Entry {
    addresses: Vec<IpAddr>,
    until: Instant,
}

impl Cache {
    /// The addresses of `name` that are still valid at `now`.
    pub fn get(&self, name: &str, now: Instant) -> Option<Vec<IpAddr>> {
        self.names.get(name).filter(|entry| entry.until > now).map(|entry| entry.addresses.clone())
    }

    /// Keeps the addresses for `ttl` seconds, at most 30. Where there is no room, all names are dropped.
    pub fn put(&mut self, name: &str, addresses: Vec<IpAddr>, ttl: u32, now: Instant) {
        if self.names.len() >= MAX_NAMES {
            self.names.retain(|_, entry| entry.until > now);
        }
        if self.names.len() >= MAX_NAMES {
            self.names.clear();
        }
        let until = now + Duration::from_secs(ttl.into()).min(MAX_TTL);
        self.names.insert(name.to_string(), Entry { addresses, until });
    }

    pub fn clear(&mut self) {
        self.names.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_for_their_time_to_live_at_most_30_seconds() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let ip: IpAddr = "192.0.2.1".parse().unwrap();
        for (ttl, kept) in [(1, 1), (7, 7), (86400, 30)] {
            cache.put("web1", vec![ip], ttl, now);
            let after = |seconds| now + Duration::from_secs(seconds);
            assert_eq!(cache.get("web1", after(kept)), None, "{ttl}");
            assert_eq!(cache.get("web1", after(kept) - Duration::from_millis(1)), Some(vec![ip]), "{ttl}");
        }
        for number in 0..3 * MAX_NAMES {
            cache.put(&number.to_string(), vec![ip], 9, now);
            assert!(cache.names.len() <= MAX_NAMES);
        }
    }
}
