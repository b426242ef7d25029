//! How late probes begin, counted where they begin, for those who report it.

use crate::domain::lateness::{Lateness, LatenessLimits, LatenessWindow};
use crate::probes::Prober;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The lateness of the probes of this process. Clones share it.
#[derive(Clone)]
pub struct ProbeLateness {
    counts: Arc<Mutex<Counts>>,
}

struct Counts {
    window: LatenessWindow,
    /// Runs that wait until they may begin, by number, each with the time at which it was due.
    waiting: BTreeMap<u64, Instant>,
    last: u64,
}

/// A run with probes that should begin at one time.
pub struct DueRun {
    lateness: ProbeLateness,
    at: Instant,
}

/// A run that waits, until it is dropped.
pub struct WaitingRun<'a> {
    lateness: &'a ProbeLateness,
    number: u64,
}

impl Default for ProbeLateness {
    fn default() -> ProbeLateness {
        ProbeLateness::new(LatenessLimits::default())
    }
}

impl ProbeLateness {
    pub fn new(limits: LatenessLimits) -> ProbeLateness {
        let counts = Counts { window: LatenessWindow::new(limits), waiting: BTreeMap::new(), last: 0 };
        ProbeLateness { counts: Arc::new(Mutex::new(counts)) }
    }

    /// The limits by which it counts.
    pub fn limits(&self) -> LatenessLimits {
        self.lock().window.limits()
    }

    /// The probes of the window that ends at `now`, with those that wait. Probes of targets that hang are not counted.
    pub fn at(&self, prober: &Prober, now: Instant) -> Lateness {
        let most = self.limits().max;
        let probes = prober.waiting_longer_than(most);
        let mut counts = self.lock();
        let runs = counts.waiting.values().filter(|at| now.saturating_duration_since(**at) > most).count();
        counts.window.at(probes + runs, now)
    }

    /// Forgets all probes: this process reads no targets any more.
    pub fn clear(&self) {
        self.lock().window.clear();
    }

    /// A run that should begin at this time.
    pub fn due(&self, at: Instant) -> DueRun {
        DueRun { lateness: self.clone(), at }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DueRun {
    /// A probe of it begins now.
    pub fn probe_began(&self) {
        let now = Instant::now();
        self.lateness.lock().window.began(now.saturating_duration_since(self.at), now);
    }

    /// It waits until it may begin.
    pub fn waits(&self) -> WaitingRun<'_> {
        let mut counts = self.lateness.lock();
        counts.last += 1;
        let number = counts.last;
        counts.waiting.insert(number, self.at);
        WaitingRun { lateness: &self.lateness, number }
    }
}

impl Drop for WaitingRun<'_> {
    fn drop(&mut self) {
        self.lateness.lock().waiting.remove(&self.number);
    }
}
