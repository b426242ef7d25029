//! Which of the waiting probes start: a decision without a clock.
//!
//! What a target costs is the time for which its probes hold a place in the pool: places held = probes a second × time of a probe. So
//! targets are grouped by their recent time. The slower a group is, the more of the pool it leaves to those that are faster; a free
//! place goes to the group that holds the fewest. Targets that hold few places, because they answer fast, so never wait for those that
//! answer late, however many there are. One target holds at most its share, slower ones a part of it. Among targets of one group,
//! turns go round, so that no target waits for all probes of another.

use super::super::ProbeLimits;
use foldhash::fast::RandomState;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Targets remembered while no probe of them is under way or waiting. Beyond this all are forgotten and count as never read.
const TARGETS_MAX: usize = 65_536;
/// Longer times count as this, so that a target that hung counts as slow for a few probes only.
const HELD_MAX: Duration = Duration::from_secs(4);

/// How long probes of a target took recently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speed {
    /// Less than 1/16 s.
    Fast,
    /// Less than 1/4 s.
    Moderate,
    /// Less than 1 s.
    Slow,
    VerySlow,
    /// It timed out the last time, or was never read.
    Silent,
}

impl Speed {
    const ALL: [Speed; 5] = [Speed::Fast, Speed::Moderate, Speed::Slow, Speed::VerySlow, Speed::Silent];

    fn of(held: Duration) -> Speed {
        match held.as_millis() {
            0..63 => Speed::Fast,
            63..250 => Speed::Moderate,
            250..1000 => Speed::Slow,
            _ => Speed::VerySlow,
        }
    }

    /// The part of the pool that all targets of this speed and slower ones may hold together, in eighths.
    fn eighths(self) -> usize {
        8 - self as usize
    }

    /// The part of a target's share that one of this speed may hold, as a divisor.
    fn part_of_target(self) -> usize {
        match self {
            Speed::Fast | Speed::Moderate => 1,
            Speed::Slow => 2,
            Speed::VerySlow => 4,
            Speed::Silent => 8,
        }
    }
}

/// How a probe ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub held: Duration,
    /// Whether it ended before its timeout.
    pub in_time: bool,
}

/// What keeps a probe waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolBound {
    /// As many probes are under way as the pool allows.
    Total,
    /// As many of this target.
    Target,
    /// As many of targets that are as slow or slower.
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
    targets: HashMap<Arc<str>, Target<W>, RandomState>,
    groups: [Group; 5],
    under_way: usize,
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
    /// The recent time of its probes; `None` if it was never read.
    held: Option<Duration>,
    under_way: usize,
    waiting: VecDeque<Waiting<W>>,
    /// Whether it is in `turns` of each group.
    has_turn: [bool; 5],
}

impl<W> Target<W> {
    /// The recent time rises faster than it falls, so that a target which is slow now and then counts as slow.
    fn saw(&mut self, seen: Seen) {
        let held = seen.held.min(HELD_MAX);
        let recent = match self.held {
            None => held,
            Some(before) if held > before => before + (held - before) / 4,
            Some(before) => before - (before - held) / 8,
        };
        self.held = Some(recent);
        self.speed = if seen.in_time { Speed::of(recent) } else { Speed::Silent };
    }
}

struct Waiting<W> {
    ticket: Ticket,
    since: Instant,
    waiter: W,
}

impl<W> Admission<W> {
    pub fn new(limits: ProbeLimits) -> Admission<W> {
        Admission { limits, targets: HashMap::default(), groups: Default::default(), under_way: 0, tickets: 0 }
    }

    /// Adds a probe of `target` to those that wait; a target that was never read is presumed to have this speed.
    /// Returns the target's name, too, which all its probes share.
    pub fn wait(&mut self, target: &str, presumed: Speed, waiter: W, now: Instant) -> (Ticket, Arc<str>) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let known = self.targets.get_key_value(target).map(|(name, _)| name.clone());
        let name = known.unwrap_or_else(|| self.add_target(target, presumed));
        if let Some(entry) = self.targets.get_mut(&name) {
            entry.waiting.push_back(Waiting { ticket, since: now, waiter });
        }
        self.give_turn(&name);
        (ticket, name)
    }

    /// The next probe that starts; it is under way until [`Admission::end`]. `None`: none may.
    pub fn next(&mut self) -> Option<Admitted<W>> {
        while let Some(speed) = self.next_group() {
            let admitted = self.next_of(speed);
            if admitted.is_some() {
                return admitted;
            }
        }
        None
    }

    /// The group whose turn it is: of those that wait and may start more, the one with the fewest probes under way.
    fn next_group(&self) -> Option<Speed> {
        if self.under_way >= self.limits.total {
            return None;
        }
        let mut next: Option<(usize, Speed)> = None;
        let mut of_slower = 0;
        for speed in Speed::ALL.into_iter().rev() {
            let Group { under_way, turns } = &self.groups[speed as usize];
            of_slower += under_way;
            if of_slower >= self.most(speed) {
                // What is left is for faster ones.
                next = None;
            } else if !turns.is_empty() && next.is_none_or(|(fewest, _)| *under_way <= fewest) {
                next = Some((*under_way, speed));
            }
        }
        next.map(|(_, speed)| speed)
    }

    /// How many probes of targets of this speed and slower ones may be under way.
    fn most(&self, speed: Speed) -> usize {
        (self.limits.total * speed.eighths() / 8).max(1)
    }

    /// A probe has ended; `seen` is `None` if nothing is known of the target.
    pub fn end(&mut self, target: &str, counted_as: Speed, seen: Option<Seen>) {
        self.under_way = self.under_way.saturating_sub(1);
        let group = self.group(counted_as);
        group.under_way = group.under_way.saturating_sub(1);
        let Some(entry) = self.targets.get_mut(target) else { return };
        entry.under_way = entry.under_way.saturating_sub(1);
        if let Some(seen) = seen {
            entry.saw(seen);
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
        } else if self.under_way >= self.limits.total {
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

    /// How many probes have been waiting for longer than `most`, without those of targets that timed out the last time or were never
    /// read.
    pub fn waiting_longer_than(&self, most: Duration, now: Instant) -> usize {
        let counted = self.targets.values().filter(|target| target.speed != Speed::Silent);
        let waiting = counted.flat_map(|target| &target.waiting);
        waiting.filter(|waiting| now.saturating_duration_since(waiting.since) > most).count()
    }

    fn add_target(&mut self, target: &str, speed: Speed) -> Arc<str> {
        if self.targets.len() >= TARGETS_MAX {
            self.targets.retain(|_, entry| entry.under_way > 0 || !entry.waiting.is_empty());
        }
        let name: Arc<str> = target.into();
        let entry = Target { speed, held: None, under_way: 0, waiting: VecDeque::new(), has_turn: [false; 5] };
        self.targets.insert(name.clone(), entry);
        name
    }

    /// Puts a target at the end of its group, if probes of it wait and its share allows one more.
    fn give_turn(&mut self, target: &str) {
        let limits = self.limits;
        let Some(name) = self.targets.get_key_value(target).map(|(name, _)| name.clone()) else { return };
        let Some(entry) = self.targets.get_mut(target) else { return };
        let speed = entry.speed;
        let has_turn = &mut entry.has_turn[speed as usize];
        if *has_turn || entry.waiting.is_empty() || entry.under_way >= share(limits, speed) {
            return;
        }
        *has_turn = true;
        self.group(speed).turns.push_back(name);
    }

    fn next_of(&mut self, speed: Speed) -> Option<Admitted<W>> {
        loop {
            let target = self.group(speed).turns.pop_front()?;
            let Some(entry) = self.targets.get_mut(&target) else { continue };
            entry.has_turn[speed as usize] = false;
            // It may have another speed now, and those that waited may be gone.
            if entry.speed != speed {
                continue;
            }
            let Some(Waiting { waiter, .. }) = entry.waiting.pop_front() else { continue };
            entry.under_way += 1;
            self.under_way += 1;
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
