//! A simulated replica. Effects are carried out at once, except where a test holds them back.

mod objects;

use super::super::*;
use crate::api::{CheckOutcome, Finding, RUN_REQUESTED_AT, Scenario, ScenarioStatus};
use crate::controllers::finding::FindingSummary;
use crate::controllers::scenario::WatchStates;
use crate::domain::fingerprint::finding_name;
use crate::domain::keys::{KeyLimit, KeyLimits};
use crate::domain::texts::Language;
use crate::domain::validate::{ProbePolicy, ValidationError};
use crate::runtime::guard::Outline;
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The wall clock at the start, in Unix seconds.
pub const START: i64 = 1_800_000_000;

pub use CheckOutcome::{Fail, Held, Pass, Unknown};

/// What a run finds.
#[derive(Clone)]
pub enum Found {
    /// The outcome of the check `status`.
    Status(CheckOutcome),
    /// Outcomes by check and key, and the keys of each list that was read.
    Outcomes(Vec<(&'static str, &'static str, CheckOutcome)>, Vec<(&'static str, Vec<&'static str>)>),
    /// Items of a check with `forEach` that fail; its list has no others.
    Failing(&'static str, Vec<String>),
    Refused(Vec<ValidationError>),
    Failed,
}

/// How the simulated API answers writes.
#[derive(Clone, Copy, PartialEq)]
pub enum Api {
    Up,
    /// Nothing is stored.
    Down,
    /// Writes are stored and their answers are lost.
    AnswersLost,
    /// Writes stay under way until [`World::release`].
    Held,
    /// Every write is refused as invalid.
    Refusing,
}

pub struct World {
    pub state: State,
    pub start: Instant,
    elapsed: Duration,
    pub stored: Stored,
    pub found: BTreeMap<String, Found>,
    pub api: Api,
    pub held: Vec<Effect>,
    /// Runs that wait for [`World::end_run`].
    pub running: Vec<RunOrder>,
    pub events: VecDeque<Event>,
    /// What can be read of objects that can't be decoded.
    pub outline: Outline,
    pub log: Log,
}

/// The objects that the simulated API has.
#[derive(Default)]
pub struct Stored {
    pub version: u64,
    pub scenarios: BTreeMap<String, Scenario>,
    pub findings: BTreeMap<String, Finding>,
    pub findings_created: usize,
    /// The watch does not show writes of Findings.
    pub watch_is_silent: bool,
}

/// What the state asked for.
#[derive(Default)]
pub struct Log {
    /// Scenario and second of each run that was started.
    pub runs: Vec<(String, u64)>,
    /// Seconds at which updates of Findings, or a status, were to be written.
    pub finding_writes: Vec<(String, u64)>,
    pub status_writes: Vec<(String, u64)>,
    pub cancelled: usize,
    /// Runs that were ended one by one.
    pub cancelled_runs: Vec<RunId>,
    /// The next run of each Scenario since the start, as readers of the schedule see it.
    pub next: BTreeMap<String, Duration>,
    pub ticks: BTreeMap<u64, Option<TickReport>>,
    /// Checks whose keys reached a limit.
    pub key_limits: Vec<(String, KeyLimit)>,
    /// Scenario, state and problem, as logged.
    pub states: Vec<(String, &'static str, Option<String>)>,
    /// The states of all Scenarios as told last.
    pub known: Option<WatchStates>,
}

impl World {
    pub fn new() -> World {
        let start = Instant::now();
        let policy = ProbePolicy {
            secret_keys: BTreeSet::new(),
            sqlite_paths: Vec::new(),
            default_interval: Duration::from_secs(60),
            runbooks: None,
            evaluation_steps: 8_000_000,
            check_query: |_, _| Ok(()),
            check_certificates: |_| Ok(()),
        };
        let key_limits = KeyLimits { findings_per_check: 5, new_keys_per_hour: 3 };
        let settings = Settings { policy: Arc::new(policy), language: Language::English, key_limits };
        let now = Now { monotonic: start, wall: Timestamp::from_second(START).unwrap() };
        World {
            state: State::new(settings, now),
            start,
            elapsed: Duration::ZERO,
            stored: Stored::default(),
            found: BTreeMap::new(),
            api: Api::Up,
            held: Vec::new(),
            running: Vec::new(),
            events: VecDeque::new(),
            outline: Outline::default(),
            log: Log::default(),
        }
    }

    /// A replica that leads and has listed everything, with the Scenario `shop`, which passes.
    pub fn leading() -> World {
        let mut world = World::new();
        world.agent("pulso", false);
        world.find("shop", Pass);
        world.scenario("shop", json!({}));
        world.list();
        world.lead(1);
        world
    }

    /// A replica that starts with what the API has.
    pub fn restarted(self) -> World {
        let mut world = World { start: self.start, elapsed: self.elapsed, ..World::new() };
        world.stored = self.stored;
        world.found = self.found;
        world.agent("pulso", false);
        world.list();
        world.lead(2);
        world
    }

    pub fn now(&self) -> Now {
        let wall = Timestamp::from_second(START + self.elapsed.as_secs() as i64).unwrap();
        Now { monotonic: self.start + self.elapsed, wall }
    }

    pub fn seconds(&self) -> u64 {
        self.elapsed.as_secs()
    }

    /// A time as the API keeps it.
    pub fn at(second: u64) -> Timestamp {
        Timestamp::from_second(START + second as i64).unwrap()
    }

    pub fn on(&mut self, event: Event) {
        self.events.push_back(event);
        let mut followed = 0;
        while let Some(event) = self.events.pop_front() {
            followed += 1;
            assert!(followed < 10_000, "one event leads to the next without end");
            let now = self.now();
            for effect in self.state.on(event, now) {
                self.carry_out(effect);
            }
        }
    }

    /// Lets time pass; timers fire when they are due.
    pub fn advance(&mut self, seconds: u64) {
        let until = self.elapsed + Duration::from_secs(seconds);
        let mut at_once = 0;
        loop {
            let next = self.state.next_timer().saturating_duration_since(self.start);
            if next > until {
                break;
            }
            at_once = if next > self.elapsed { 0 } else { at_once + 1 };
            assert!(at_once < 1000, "the timer is due again and again");
            self.elapsed = self.elapsed.max(next);
            self.on(Event::Timer);
        }
        self.elapsed = until;
    }

    /// Nothing of this process runs for a while; then it goes on.
    pub fn pause(&mut self, seconds: u64) {
        self.elapsed += Duration::from_secs(seconds);
        self.on(Event::Timer);
    }

    /// Lets time pass until half a second before the next run of the Scenario.
    pub fn until_almost_due(&mut self, scenario: &str) {
        let at = self.log.next[scenario] - Duration::from_millis(500);
        while self.elapsed + Duration::from_secs(1) < at {
            self.advance(1);
        }
        self.elapsed = at;
    }

    /// Lets time pass until the Scenario has run this often in all.
    pub fn until_runs(&mut self, scenario: &str, count: usize) {
        for _ in 0..100_000 {
            if self.runs_of(scenario).len() >= count {
                return;
            }
            self.advance(1);
        }
        panic!("{scenario} ran {:?}", self.runs_of(scenario));
    }

    pub fn runs_of(&self, scenario: &str) -> Vec<u64> {
        self.log.runs.iter().filter(|(name, _)| name == scenario).map(|(_, at)| *at).collect()
    }

    // Leadership

    pub fn lead(&mut self, term: u64) {
        self.on(Event::Leadership { term: Some(term), may_write: true });
    }

    /// It can't renew the lease.
    pub fn doubt(&mut self, term: u64) {
        self.on(Event::Leadership { term: Some(term), may_write: false });
    }

    pub fn follow(&mut self) {
        self.on(Event::Leadership { term: None, may_write: false });
    }

    // Objects

    /// All kinds are listed.
    pub fn list(&mut self) {
        self.list_scenarios();
        self.list_findings();
        self.list_agents();
    }

    pub fn list_scenarios(&mut self) {
        let all = self.stored.scenarios.values().cloned().map(|scenario| Arc::new(scenario.into())).collect();
        self.on(Event::Scenario(ObjectChange::Resynchronised(all, Vec::new())));
    }

    pub fn list_findings(&mut self) {
        let all = self.stored.findings.values().map(FindingSummary::of).collect();
        self.on(Event::Finding(ObjectChange::Resynchronised(all, Vec::new())));
    }

    pub fn list_agents(&mut self) {
        let all = self.state.agents.iter();
        let all = all.map(|(name, suspended)| AgentSummary { name: name.clone(), is_suspended: *suspended }).collect();
        self.on(Event::Agent(ObjectChange::Resynchronised(all, Vec::new())));
    }

    // Targets

    /// Runs of the Scenario end at once and find this for the check `status`.
    pub fn find(&mut self, scenario: &str, outcome: CheckOutcome) {
        self.found.insert(scenario.into(), Found::Status(outcome));
    }

    pub fn find_all(&mut self, scenario: &str, found: Found) {
        self.found.insert(scenario.into(), found);
    }

    /// Runs of the Scenario stay under way until [`World::end_run`].
    pub fn hang(&mut self, scenario: &str) {
        self.found.remove(scenario);
    }

    /// Ends the oldest run of the Scenario that is under way.
    pub fn end_run(&mut self, scenario: &str, outcome: CheckOutcome) {
        let place = self.running.iter().position(|run| &*run.scenario == scenario).expect("a run is under way");
        let order = self.running.remove(place);
        let event = self.ended(&order, &Found::Status(outcome));
        self.on(event);
    }

    /// Whether the oldest run of the Scenario that was started has been cancelled.
    pub fn is_cancelled(&self, scenario: &str) -> bool {
        let oldest = self.running.iter().find(|run| &*run.scenario == scenario);
        oldest.is_some_and(|run| self.log.cancelled_runs.contains(&run.id))
    }

    pub fn is_running(&self, scenario: &str) -> bool {
        self.running.iter().any(|run| &*run.scenario == scenario)
    }
}
