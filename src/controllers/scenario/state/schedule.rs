//! When each Scenario runs next: a heap, so that ten thousand Scenarios cost one timer.
//!
//! Runs that come due start together in slots of 50 ms, since a run that starts alone costs several wake-ups. A slot with many runs has
//! several batches, so that none waits long for the processor; runs of one target are dealt to different ones. Batches that are less than a
//! millisecond apart, of more than 1,600 runs in a slot, may start together.

use foldhash::fast::RandomState;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The length of a slot.
const SLOT: Duration = Duration::from_millis(50);
/// Runs of a batch.
const BATCH_MAX: usize = 32;

/// Each Scenario's next run.
pub struct Schedule {
    /// Slots are counted from here.
    start: Instant,
    /// By the time at which runs start. Entries are never removed early: only the one with the number in `next` counts.
    heap: BinaryHeap<Reverse<(Instant, u64, Arc<str>)>>,
    next: HashMap<Arc<str>, Planned, RandomState>,
    numbers: u64,
}

struct Planned {
    due_at: Instant,
    /// When it was to start; the heap has when it will, which is later where the runs of its slot were taken late.
    starts_at: Instant,
    /// Whether it has its place in a batch, or needs none.
    is_placed: bool,
    number: u64,
}

/// A run that is to start now.
#[derive(Debug, PartialEq, Eq)]
pub struct PlannedRun {
    pub name: Arc<str>,
    /// By its interval. The next run is due an interval after this, so that slots do not change the rate.
    pub due_at: Instant,
    /// When it was to start: later by less than two slots, however late it starts.
    pub starts_at: Instant,
}

impl Schedule {
    pub fn new(start: Instant) -> Schedule {
        Schedule { start, heap: BinaryHeap::new(), next: HashMap::default(), numbers: 0 }
    }

    /// Plans the next run of a Scenario, in place of the one planned before: in the first slot that begins when it is due or later.
    pub fn plan(&mut self, name: Arc<str>, due_at: Instant) {
        let starts_at = self.slot(due_at);
        self.add(name, (due_at, starts_at), starts_at, false);
    }

    /// Plans the next run of a Scenario for this time, whatever the slots are.
    pub fn plan_exactly(&mut self, name: Arc<str>, at: Instant) {
        self.add(name, (at, at), at, true);
    }

    fn add(&mut self, name: Arc<str>, (due_at, starts_at): (Instant, Instant), at: Instant, is_placed: bool) {
        self.numbers += 1;
        self.heap.push(Reverse((at, self.numbers, name.clone())));
        self.next.insert(name, Planned { due_at, starts_at, is_placed, number: self.numbers });
    }

    /// The beginning of the first slot that does not begin before this time.
    fn slot(&self, at: Instant) -> Instant {
        let since = at.saturating_duration_since(self.start).as_nanos();
        let slots = since.div_ceil(SLOT.as_nanos());
        u32::try_from(slots).ok().and_then(|slots| self.start.checked_add(SLOT * slots)).unwrap_or(at)
    }

    /// Plans no further run of any Scenario.
    pub fn clear(&mut self) {
        *self = Schedule { numbers: self.numbers, ..Schedule::new(self.start) };
    }

    /// Plans no further run.
    pub fn cancel(&mut self, name: &str) {
        self.next.remove(name);
    }

    /// When the next run of any Scenario starts; it may be too early where that run was planned anew.
    pub fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes the runs that start now. `target` is something that Scenarios of one target have in common.
    pub fn take_due<'a>(&mut self, now: Instant, target: impl Fn(&str) -> &'a str) -> Vec<PlannedRun> {
        let (mut ready, mut waiting) = (Vec::new(), Vec::new());
        while self.next_at().is_some_and(|at| at <= now) {
            let Some(Reverse((_, number, name))) = self.heap.pop() else { break };
            let Some(planned) = self.next.get(&name).filter(|planned| planned.number == number) else { continue };
            let Planned { due_at, starts_at, is_placed, .. } = *planned;
            self.next.remove(&name);
            let run = PlannedRun { name, due_at, starts_at };
            if is_placed { ready.push(run) } else { waiting.push(run) }
        }
        let mut batches = dealt(waiting, target).into_iter();
        ready.extend(batches.next().into_iter().flatten());
        let pause = SLOT / u32::try_from(batches.len() + 1).unwrap_or(u32::MAX);
        let mut after = Duration::ZERO;
        for batch in batches {
            after += pause;
            for PlannedRun { name, due_at, starts_at } in batch {
                self.add(name, (due_at, starts_at + after), now + after, true);
            }
        }
        ready
    }

    /// Whether a Scenario's run is due at this time at the latest.
    pub fn is_due_by(&self, name: &str, by: Instant) -> bool {
        self.next.get(name).is_some_and(|planned| planned.due_at <= by)
    }
}

/// Batches of about the same size, those of one target spread over them.
fn dealt<'a>(mut runs: Vec<PlannedRun>, target: impl Fn(&str) -> &'a str) -> Vec<Vec<PlannedRun>> {
    let count = runs.len().div_ceil(BATCH_MAX);
    if count > 1 {
        runs.sort_by_cached_key(|run| target(&run.name));
    }
    let mut batches: Vec<Vec<PlannedRun>> = (0..count).map(|_| Vec::with_capacity(BATCH_MAX)).collect();
    for (at, run) in runs.into_iter().enumerate() {
        batches[at % count].push(run);
    }
    batches
}

#[cfg(test)]
mod tests;
