//! Which of the waiting probes start: a decision without a clock.
//!
//! Targets are fast, slow or silent. Silent targets (never read, or timed out the last time) together hold at most half of the pool,
//! slow ones a quarter, so that targets that hang never keep those that answer waiting. One target holds at most its share, a slow one
//! half of that, a silent one an eighth. Among targets of one speed, turns go round, so that no target waits for all probes of another.

use super::super::ProbeLimits;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Targets remembered while no probe of them is under way or waiting. Beyond this all are forgotten and count as never read.
const TARGETS_MAX: usize = 65_536;
/// The part of the pool that is kept for others than fast targets while they wait, as a divisor.
const RESERVE: usize = 8;

/// How fast a target answered the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speed {
    Fast,
    /// It took longer than a second.
    Slow,
    /// Not within the timeout, or it was never read.
    Silent,
}

impl Speed {
    const ALL: [Speed; 3] = [Speed::Fast, Speed::Slow, Speed::Silent];

    /// The part of the pool that all targets of this speed may hold together, as a divisor.
    fn part(self) -> usize {
        match self {
            Speed::Fast => 1,
            Speed::Slow => 4,
            Speed::Silent => 2,
        }
    }

    /// The part of a target's share that one of this speed may hold, as a divisor.
    fn part_of_target(self) -> usize {
        match self {
            Speed::Fast => 1,
            Speed::Slow => 2,
            Speed::Silent => 8,
        }
    }
}

/// What keeps a probe waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolBound {
    /// As many probes are under way as the pool allows.
    Total,
    /// As many of this target.
    Target,
    /// As many of slow targets, or of silent ones.
    SlowTargets,
}

/// The place of a waiting probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// A probe whose turn it is.
#[derive(Debug)]
pub(super) struct Admitted<W> {
    pub target: Arc<str>,
    /// The speed that it counts as until it ends.
    pub speed: Speed,
    pub waiter: W,
}

/// The pool's state. `W` notifies a waiting probe when its turn comes.
pub(super) struct Admission<W> {
    limits: ProbeLimits,
    targets: HashMap<Arc<str>, Target<W>>,
    groups: [Group; 3],
    tickets: u64,
}

/// The targets of one speed.
#[derive(Default)]
struct Group {
    under_way: usize,
    /// Targets with waiting probes whose turn comes next, in order. An entry may be outdated.
    turns: VecDeque<Arc<str>>,
}

struct Target<W> {
    speed: Speed,
    under_way: usize,
    waiting: VecDeque<Waiting<W>>,
    /// Whether it is in `turns` of its group.
    has_turn: bool,
}

struct Waiting<W> {
    ticket: Ticket,
    since: Instant,
    waiter: W,
}

impl<W> Admission<W> {
    pub fn new(limits: ProbeLimits) -> Admission<W> {
        Admission { limits, targets: HashMap::new(), groups: Default::default(), tickets: 0 }
    }

    /// Adds a probe of `target` to those that wait; a target that was never read is presumed to have this speed.
    pub fn wait(&mut self, target: &str, presumed: Speed, waiter: W, now: Instant) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let known = self.targets.get_key_value(target).map(|(name, _)| name.clone());
        let name = known.unwrap_or_else(|| self.add_target(target, presumed));
        if let Some(entry) = self.targets.get_mut(&name) {
            entry.waiting.push_back(Waiting { ticket, since: now, waiter });
        }
        self.give_turn(&name);
        ticket
    }

    /// The next probe that starts; it is under way until [`Admission::end`]. `None`: none may.
    pub fn next(&mut self) -> Option<Admitted<W>> {
        if self.under_way() >= self.limits.total {
            return None;
        }
        Speed::ALL.into_iter().find_map(|speed| {
            let may_start = self.group(speed).under_way < self.most(speed);
            may_start.then(|| self.next_of(speed)).flatten()
        })
    }

    /// How many probes of targets of this speed may be under way.
    fn most(&self, speed: Speed) -> usize {
        let total = self.limits.total;
        let others_wait = self.groups[1..].iter().any(|group| !group.turns.is_empty());
        let reserve = if speed == Speed::Fast && others_wait { total / RESERVE } else { 0 };
        (total / speed.part() - reserve).max(1)
    }

    fn under_way(&self) -> usize {
        self.groups.iter().map(|group| group.under_way).sum()
    }

    /// A probe has ended; `seen` is how fast the target was, `None` if that is not known.
    pub fn end(&mut self, target: &str, counted_as: Speed, seen: Option<Speed>) {
        let group = self.group(counted_as);
        group.under_way = group.under_way.saturating_sub(1);
        let Some(entry) = self.targets.get_mut(target) else { return };
        entry.under_way = entry.under_way.saturating_sub(1);
        if let Some(seen) = seen.filter(|seen| *seen != entry.speed) {
            // Its entry in the other group is outdated now.
            entry.speed = seen;
            entry.has_turn = false;
        }
        self.give_turn(target);
    }

    /// The probe does not wait any more.
    pub fn forget(&mut self, target: &str, ticket: Ticket) {
        if let Some(entry) = self.targets.get_mut(target) {
            entry.waiting.retain(|waiting| waiting.ticket != ticket);
        }
    }

    /// What keeps the probes of `target` waiting.
    pub fn bound(&self, target: &str) -> PoolBound {
        let at_share = |entry: &Target<W>| entry.under_way >= share(self.limits, entry.speed);
        if self.targets.get(target).is_some_and(at_share) {
            PoolBound::Target
        } else if self.under_way() >= self.limits.total {
            PoolBound::Total
        } else {
            PoolBound::SlowTargets
        }
    }

    /// For how long the probe that waits longest has been waiting.
    pub fn longest_wait(&self, now: Instant) -> Duration {
        let first = self.targets.values().filter_map(|target| target.waiting.front()).map(|w| w.since).min();
        first.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    fn add_target(&mut self, target: &str, speed: Speed) -> Arc<str> {
        if self.targets.len() >= TARGETS_MAX {
            self.targets.retain(|_, entry| entry.under_way > 0 || !entry.waiting.is_empty());
        }
        let name: Arc<str> = target.into();
        let entry = Target { speed, under_way: 0, waiting: VecDeque::new(), has_turn: false };
        self.targets.insert(name.clone(), entry);
        name
    }

    /// Puts a target at the end of its group, if probes of it wait and its share allows one more.
    fn give_turn(&mut self, target: &str) {
        let limits = self.limits;
        let Some(name) = self.targets.get_key_value(target).map(|(name, _)| name.clone()) else { return };
        let Some(entry) = self.targets.get_mut(target) else { return };
        if entry.has_turn || entry.waiting.is_empty() || entry.under_way >= share(limits, entry.speed) {
            return;
        }
        entry.has_turn = true;
        let speed = entry.speed;
        self.group(speed).turns.push_back(name);
    }

    fn next_of(&mut self, speed: Speed) -> Option<Admitted<W>> {
        loop {
            let target = self.group(speed).turns.pop_front()?;
            let Some(entry) = self.targets.get_mut(&target) else { continue };
            if entry.speed != speed || !entry.has_turn {
                continue;
            }
            entry.has_turn = false;
            // Those that waited may be gone.
            let Some(Waiting { waiter, .. }) = entry.waiting.pop_front() else { continue };
            entry.under_way += 1;
            self.group(speed).under_way += 1;
            self.give_turn(&target);
            return Some(Admitted { target, speed, waiter });
        }
    }

    fn group(&mut self, speed: Speed) -> &mut Group {
        &mut self.groups[speed as usize]
    }
}

/// Probes of one target that may be under way at once.
fn share(limits: ProbeLimits, speed: Speed) -> usize {
    (limits.of_target / speed.part_of_target()).max(1)
}
