//! Lateness of probes: which part of those that began recently began too late, and whether that is a Finding.
//!
//! A target that hangs delays its own probes. They are not counted: they say nothing about this program.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Parts of a window. What began earlier is forgotten part by part.
const SLOTS: u32 = 12;

/// When probes are late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatenessLimits {
    /// A probe that begins more than this after its time is late.
    pub max: Duration,
    /// The time over which probes are counted. Probes as a whole are late when more than one in a hundred is.
    pub window: Duration,
}

impl Default for LatenessLimits {
    fn default() -> LatenessLimits {
        LatenessLimits { max: Duration::from_secs(30), window: Duration::from_secs(120) }
    }
}

/// The probes of one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// All that began, and those that should have begun and wait.
    pub probes: u64,
    /// Those of them that are late.
    pub late: u64,
}

impl Lateness {
    /// Whether the 99th percentile of the lateness, by nearest rank, is above the limit.
    pub fn is_above(self) -> bool {
        self.late > self.probes / 100
    }
}

/// Counts the probes of the last window. It takes the same memory however many there are.
#[derive(Debug)]
pub struct LatenessWindow {
    limits: LatenessLimits,
    slots: VecDeque<Slot>,
}

#[derive(Debug)]
struct Slot {
    begins_at: Instant,
    counted: Lateness,
}

impl LatenessWindow {
    pub fn new(limits: LatenessLimits) -> LatenessWindow {
        LatenessWindow { limits, slots: VecDeque::new() }
    }

    /// The limits by which it counts.
    pub fn limits(&self) -> LatenessLimits {
        self.limits
    }

    /// A probe began `lateness` after its time.
    pub fn began(&mut self, lateness: Duration, now: Instant) {
        self.forget(now);
        let length = self.limits.window / SLOTS;
        let newest = self.slots.back().map(|slot| slot.begins_at);
        if newest.is_none_or(|begins_at| now.saturating_duration_since(begins_at) >= length) {
            self.slots.push_back(Slot { begins_at: now, counted: Lateness::default() });
        }
        if let Some(Slot { counted, .. }) = self.slots.back_mut() {
            counted.probes += 1;
            counted.late += u64::from(lateness > self.limits.max);
        }
    }

    /// The probes of the window that ends now. `waiting` of them should have begun longer than the limit ago and still wait.
    pub fn at(&mut self, waiting: usize, now: Instant) -> Lateness {
        self.forget(now);
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        let none = Lateness { probes: waiting, late: waiting };
        self.slots.iter().fold(none, |sum, Slot { counted, .. }| Lateness {
            probes: sum.probes.saturating_add(counted.probes),
            late: sum.late.saturating_add(counted.late),
        })
    }

    /// Forgets all probes: this process begins none any more.
    pub fn clear(&mut self) {
        self.slots.clear();
    }

    fn forget(&mut self, now: Instant) {
        let window = self.limits.window;
        while self.slots.front().is_some_and(|slot| now.saturating_duration_since(slot.begins_at) >= window) {
            self.slots.pop_front();
        }
    }
}

/// What becomes of the Finding about lateness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatenessChange {
    Open(Lateness),
    Resolve,
}

/// Decides about the Finding: it is opened when probes were late over a whole window, and resolved when they have not been for as long.
#[derive(Debug)]
pub struct LatenessWatch {
    window: Duration,
    /// Since when probes are counted: since this process reads targets, or since the Finding was closed by hand.
    since: Instant,
    in_time_since: Option<Instant>,
}

impl LatenessWatch {
    /// A watch that begins now.
    pub fn new(limits: LatenessLimits, now: Instant) -> LatenessWatch {
        LatenessWatch { window: limits.window, since: now, in_time_since: None }
    }

    /// What is to be done about the Finding, which is open or not. It may be one that was opened before a restart.
    pub fn decide(&mut self, lateness: Lateness, is_open: bool, now: Instant) -> Option<LatenessChange> {
        let has_lasted = |since: Instant| now.saturating_duration_since(since) >= self.window;
        if lateness.is_above() {
            self.in_time_since = None;
            return (!is_open && has_lasted(self.since)).then_some(LatenessChange::Open(lateness));
        }
        let in_time_since = *self.in_time_since.get_or_insert(now);
        (is_open && has_lasted(in_time_since)).then_some(LatenessChange::Resolve)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: LatenessLimits = LatenessLimits { max: Duration::from_secs(30), window: Duration::from_secs(120) };

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn the_99th_percentile_is_above_the_limit_when_more_than_one_in_a_hundred_is_late() {
        let cases = [(0, 0, false), (1, 0, false), (1, 1, true), (99, 1, true), (100, 1, false), (100, 2, true)];
        for (probes, late, expected) in cases.into_iter().chain([(10_000, 100, false), (10_000, 101, true)]) {
            let start = Instant::now();
            let mut window = LatenessWindow::new(LIMITS);
            for number in 0..probes {
                let lateness = if number < late { seconds(31) } else { seconds(30) };
                window.began(lateness, start + Duration::from_millis(number * 10));
            }
            let lateness = window.at(0, start + seconds(100));
            assert_eq!((lateness, lateness.is_above()), (Lateness { probes, late }, expected));
        }
    }

    #[test]
    fn only_the_last_two_minutes_count_and_those_that_wait() {
        let start = Instant::now();
        let mut window = LatenessWindow::new(LIMITS);
        for second in 0..300 {
            let lateness = if second < 100 { seconds(40) } else { Duration::ZERO };
            window.began(lateness, start + seconds(second));
            assert!(window.slots.len() <= SLOTS as usize, "{}", window.slots.len());
        }
        let late = |window: &mut LatenessWindow, waiting, second| window.at(waiting, start + seconds(second)).late;
        assert_eq!(late(&mut window, 0, 299), 0);
        assert_eq!(window.at(0, start + seconds(299)).probes, 120);
        assert_eq!(late(&mut window, 3, 299), 3, "they wait for longer than the limit");
        assert_eq!(window.at(2, start + seconds(600)), Lateness { probes: 2, late: 2 });
        window.began(seconds(31), start + seconds(601));
        window.clear();
        assert_eq!(window.at(0, start + seconds(601)), Lateness::default());
    }

    /// The seconds at which the Finding is opened (true) and resolved (false), while probes are late in these seconds.
    fn changes(late: &[(u64, u64)], was_open: bool) -> Vec<(u64, bool)> {
        let start = Instant::now();
        let (mut watch, mut is_open, mut changes) = (LatenessWatch::new(LIMITS, start), was_open, Vec::new());
        for second in 0..1000 {
            let count = u64::from(late.iter().any(|(from, to)| (*from..*to).contains(&second)));
            match watch.decide(Lateness { probes: 10, late: count }, is_open, start + seconds(second)) {
                Some(LatenessChange::Open(lateness)) => {
                    assert!(!is_open && lateness.is_above());
                    is_open = true;
                }
                Some(LatenessChange::Resolve) => is_open = false,
                None => continue,
            }
            changes.push((second, is_open));
        }
        changes
    }

    #[test]
    fn the_finding_opens_after_a_window_and_is_resolved_after_one_in_time() {
        let (open, resolved) = (true, false);
        assert_eq!(changes(&[], false), []);
        assert_eq!(changes(&[(0, 1000)], false), [(120, open)], "not before a whole window was seen");
        assert_eq!(changes(&[(0, 119)], false), []);
        assert_eq!(changes(&[(200, 300)], false), [(200, open), (420, resolved)]);
        // In time for less than a window: it stays open.
        assert_eq!(changes(&[(200, 300), (419, 420)], false), [(200, open), (540, resolved)]);
        // It was open before the start.
        assert_eq!(changes(&[], true), [(120, resolved)]);
        assert_eq!(changes(&[(0, 500)], true), [(620, resolved)]);
    }
}
