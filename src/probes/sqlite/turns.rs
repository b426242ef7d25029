//! Whose query runs next: shares of the workers for each file and each Scenario, so that a slow query delays no other's for long.

use crate::telemetry::{Limit, Metrics};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Most records of how queries went; beyond it all are forgotten.
const MAX_RECORDS: usize = 16_384;
/// A wait that is not worth mentioning.
const SHORT: Duration = Duration::from_millis(100);

/// How many queries may run at once.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    pub all: usize,
    pub file: usize,
}

impl Shares {
    /// Of a Scenario, on one file.
    fn scenario(self) -> usize {
        (self.file / 2).max(1)
    }

    /// Of those that did not answer in time last, or have not answered yet: half of all, and not all of a file's.
    fn unproven(self) -> usize {
        (self.all / 2).max(1)
    }

    fn unproven_of_file(self) -> usize {
        self.file.saturating_sub(1).max(1)
    }
}

/// Who asks: a Scenario, on a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asker {
    pub scenario: Arc<str>,
    pub file: PathBuf,
}

/// How the last query of an asker went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Record {
    Answered,
    /// It has not answered yet.
    New,
    TooSlow,
}

#[derive(Debug)]
struct Claim {
    id: u64,
    asker: Asker,
    deadline: Instant,
}

/// The decision: which of those that wait runs next.
struct Queue {
    shares: Shares,
    running: Vec<(Asker, bool)>,
    waiting: Vec<Claim>,
    records: HashMap<Asker, Record>,
}

impl Queue {
    fn new(shares: Shares) -> Queue {
        Queue { shares, running: Vec::new(), waiting: Vec::new(), records: HashMap::new() }
    }

    fn record(&self, asker: &Asker) -> Record {
        self.records.get(asker).copied().unwrap_or(Record::New)
    }

    fn count(&self, counts: impl Fn(&Asker, bool) -> bool) -> usize {
        self.running.iter().filter(|(asker, is_proven)| counts(asker, *is_proven)).count()
    }

    /// The limit that keeps a query of this asker from running now.
    fn blocked_by(&self, asker: &Asker) -> Option<Limit> {
        let (shares, is_unproven) = (self.shares, self.record(asker) != Record::Answered);
        let of_file = self.count(|other, _| other.file == asker.file);
        let unproven_of_file = self.count(|other, is_proven| !is_proven && other.file == asker.file);
        if self.running.len() >= shares.all || is_unproven && self.count(|_, is_proven| !is_proven) >= shares.unproven()
        {
            Some(Limit::SqliteWorkers)
        } else if of_file >= shares.file
            || self.count(|other, _| other == asker) >= shares.scenario()
            || is_unproven && unproven_of_file >= shares.unproven_of_file()
        {
            Some(Limit::SqliteWorkersPerFile)
        } else {
            None
        }
    }

    /// Takes out the one that runs next: those that answered last time first, then the one that can wait least.
    fn start_next(&mut self) -> Option<Claim> {
        let ready = self.waiting.iter().enumerate().filter(|(_, claim)| self.blocked_by(&claim.asker).is_none());
        let first = ready.min_by_key(|(_, claim)| (self.record(&claim.asker), claim.deadline, claim.id));
        let claim = first.map(|(at, _)| at).map(|at| self.waiting.remove(at))?;
        self.running.push((claim.asker.clone(), self.record(&claim.asker) == Record::Answered));
        Some(claim)
    }

    /// A turn has ended; `record` is `None` where nothing is known of the query, since it did not run or not for all of its time.
    fn ended(&mut self, asker: &Asker, was_proven: bool, record: Option<Record>) {
        if let Some(at) = self.running.iter().position(|running| *running == (asker.clone(), was_proven)) {
            self.running.swap_remove(at);
        }
        let Some(record) = record else { return };
        if self.records.len() >= MAX_RECORDS && !self.records.contains_key(asker) {
            self.records.clear();
        }
        self.records.insert(asker.clone(), record);
    }
}

struct State {
    queue: Queue,
    callers: HashMap<u64, oneshot::Sender<Turn>>,
    next_id: u64,
}

/// Hands out turns.
#[derive(Clone)]
pub struct Turns {
    state: Arc<Mutex<State>>,
    metrics: Arc<Metrics>,
}

impl Turns {
    pub fn new(shares: Shares, metrics: Arc<Metrics>) -> Turns {
        let state = State { queue: Queue::new(shares), callers: HashMap::new(), next_id: 0 };
        Turns { state: Arc::new(Mutex::new(state)), metrics }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn; `None` where none will come. Among equals, the one with the earliest deadline comes first.
    pub async fn take(&self, asker: Asker, deadline: Instant) -> Option<Turn> {
        let (sender, mut receiver) = oneshot::channel();
        let (id, blocked) = {
            let mut state = self.lock();
            let (id, blocked) = (state.next_id, state.queue.blocked_by(&asker));
            state.next_id += 1;
            state.queue.waiting.push(Claim { id, asker: asker.clone(), deadline });
            state.callers.insert(id, sender);
            (id, blocked)
        };
        let _abandoned_when_dropped = Place { turns: self.clone(), id };
        self.start_ready();
        if let Ok(turn) = tokio::time::timeout(SHORT, &mut receiver).await {
            return turn.ok();
        }
        if let Some(limit) = blocked {
            self.metrics.limit_reached(limit, asker.file.display());
        }
        receiver.await.ok()
    }

    /// Starts whatever may run now.
    fn start_ready(&self) {
        loop {
            let (caller, asker, was_proven) = {
                let mut state = self.lock();
                let Some(claim) = state.queue.start_next() else { return };
                let was_proven = state.queue.running.last().is_some_and(|(_, is_proven)| *is_proven);
                (state.callers.remove(&claim.id), claim.asker, was_proven)
            };
            // Without a caller the turn ends here. The lock is free, since the end of a turn takes it.
            let turn = Turn { turns: self.clone(), asker, was_proven, runs_until: None, record: None };
            if let Some(caller) = caller {
                let _ = caller.send(turn);
            }
        }
    }
}

/// A place in the queue.
struct Place {
    turns: Turns,
    id: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        state.queue.waiting.retain(|claim| claim.id != self.id);
        let caller = state.callers.remove(&self.id);
        drop(state);
        drop(caller);
    }
}

/// The right to use a worker, until it is dropped.
pub struct Turn {
    turns: Turns,
    asker: Asker,
    was_proven: bool,
    /// The end of the time of its query; `None` before it runs.
    runs_until: Option<Instant>,
    record: Option<Record>,
}

impl Turn {
    /// The query runs now. If the turn ends after `until` without an answer, the query was too slow; if it ends earlier, the query was
    /// cancelled, which says nothing of it.
    pub fn runs(&mut self, until: Instant) {
        self.runs_until = Some(until);
    }

    /// The query gave an answer in time.
    pub fn answered(&mut self) {
        self.record = Some(Record::Answered);
    }

    /// The query was ended because it took too long, or its worker ended.
    pub fn too_slow(&mut self) {
        self.record = Some(Record::TooSlow);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let took_all_time = self.runs_until.is_some_and(|until| Instant::now() >= until);
        let record = self.record.or(took_all_time.then_some(Record::TooSlow));
        self.turns.lock().queue.ended(&self.asker, self.was_proven, record);
        self.turns.start_ready();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Waiting {
        queue: Queue,
        start: Instant,
        ids: u64,
    }

    impl Waiting {
        fn new(all: usize, file: usize) -> Waiting {
            Waiting { queue: Queue::new(Shares { all, file }), start: Instant::now(), ids: 0 }
        }

        fn asks(&mut self, scenario: &str, file: &str, seconds: u64) {
            self.ids += 1;
            let asker = Asker { scenario: scenario.into(), file: file.into() };
            let deadline = self.start + Duration::from_secs(seconds);
            self.queue.waiting.push(Claim { id: self.ids, asker, deadline });
        }

        /// The Scenarios that start now.
        fn started(&mut self) -> Vec<String> {
            std::iter::from_fn(|| self.queue.start_next().map(|claim| claim.asker.scenario.to_string())).collect()
        }

        fn ends(&mut self, scenario: &str, in_time: bool) {
            let running = self.queue.running.iter().find(|(asker, _)| &*asker.scenario == scenario);
            let (asker, was_proven) = running.expect("it runs").clone();
            self.queue.ended(&asker, was_proven, Some(if in_time { Record::Answered } else { Record::TooSlow }));
        }

        fn has_answered(&mut self, scenario: &str, file: &str) {
            self.asks(scenario, file, 1);
            assert_eq!(self.started(), [scenario]);
            self.ends(scenario, true);
        }
    }

    #[test]
    fn a_scenario_takes_one_worker_and_the_others_run() {
        let mut waiting = Waiting::new(4, 3);
        waiting.has_answered("shop", "desk");
        for _ in 0..8 {
            waiting.asks("endless", "desk", 3600);
        }
        waiting.asks("shop", "desk", 10);
        assert_eq!(waiting.started(), ["shop", "endless"]);
        waiting.ends("endless", false);
        assert_eq!(waiting.started(), ["endless"]);
    }

    #[test]
    fn what_has_not_answered_leaves_workers_to_what_has() {
        let mut waiting = Waiting::new(4, 3);
        waiting.has_answered("shop", "desk");
        for scenario in ["a", "b", "c", "d"] {
            waiting.asks(scenario, "desk", 3600);
        }
        assert_eq!(waiting.started(), ["a", "b"]);
        waiting.asks("shop", "desk", 10);
        assert_eq!(waiting.started(), ["shop"]);
        waiting.asks("other", "other", 10);
        assert!(waiting.started().is_empty(), "half of the workers are for those that have answered");
        waiting.ends("a", false);
        assert_eq!(waiting.started(), ["other"]);
        // One that was too slow comes after one that is new.
        waiting.asks("a", "desk", 1);
        waiting.ends("b", false);
        assert_eq!(waiting.started(), ["c"]);
    }

    #[test]
    fn a_file_leaves_workers_to_other_files() {
        let mut waiting = Waiting::new(4, 3);
        for scenario in ["a", "b", "c", "d"] {
            waiting.has_answered(scenario, "desk");
        }
        for scenario in ["a", "b", "c", "d"] {
            waiting.asks(scenario, "desk", 10);
        }
        assert_eq!(waiting.started(), ["a", "b", "c"]);
        waiting.has_answered("other", "other");
    }

    #[tokio::test]
    async fn a_turn_passes_to_the_next_and_the_abandoned_are_skipped() {
        let turns = Turns::new(Shares { all: 1, file: 1 }, Arc::default());
        let asker = |scenario: &str| Asker { scenario: scenario.into(), file: "desk".into() };
        let deadline = Instant::now() + Duration::from_secs(60);
        let first = turns.take(asker("a"), deadline).await.unwrap();
        let abandoned = tokio::spawn({
            let (turns, asker) = (turns.clone(), asker("b"));
            async move { turns.take(asker, deadline).await.map(drop) }
        });
        let next = tokio::spawn({
            let (turns, asker) = (turns.clone(), asker("c"));
            async move { turns.take(asker, deadline).await.map(drop) }
        });
        while turns.lock().queue.waiting.len() < 2 {
            tokio::task::yield_now().await;
        }
        abandoned.abort();
        assert!(abandoned.await.is_err());
        assert_eq!(turns.lock().queue.waiting.len(), 1);
        drop(first);
        assert!(next.await.unwrap().is_some());
        let state = turns.lock();
        assert!(state.queue.running.is_empty() && state.callers.is_empty());
    }

    /// What is known of an asker whose first query ended like this.
    async fn record_after(ended: impl FnOnce(&Turns, Turn)) -> Record {
        let turns = Turns::new(Shares { all: 2, file: 2 }, Arc::default());
        let asker = Asker { scenario: "a".into(), file: "desk".into() };
        let deadline = Instant::now() + Duration::from_secs(60);
        let turn = turns.take(asker.clone(), deadline).await.unwrap();
        ended(&turns, turn);
        let record = turns.lock().queue.record(&asker);
        assert!(turns.lock().queue.running.is_empty());
        record
    }

    #[tokio::test]
    async fn only_a_query_that_ran_for_all_of_its_time_is_too_slow() {
        let (past, future) = (Instant::now(), Instant::now() + Duration::from_secs(60));
        assert_eq!(record_after(|_, turn| drop(turn)).await, Record::New, "it did not run");
        let cancelled = |_: &Turns, mut turn: Turn| turn.runs(future);
        assert_eq!(record_after(cancelled).await, Record::New, "it was cancelled");
        assert_eq!(record_after(|_, mut turn| turn.runs(past)).await, Record::TooSlow);
        assert_eq!(record_after(|_, mut turn| turn.too_slow()).await, Record::TooSlow);
        assert_eq!(record_after(|_, mut turn| turn.answered()).await, Record::Answered);
        let abandoned = |turns: &Turns, turn: Turn| {
            // The turn passes to a claim whose caller has gone.
            let claim = Claim { id: 99, asker: turn.asker.clone(), deadline: future };
            turns.lock().queue.waiting.push(claim);
            drop(turn);
        };
        assert_eq!(record_after(abandoned).await, Record::New, "nobody waited for it any more");
    }
}
