//! When the model server is called again after a call failed.

use jiff::{SignedDuration, Timestamp};

/// Time after the first failure until the server is tried again. It doubles with each further one.
const AWAY_FIRST: SignedDuration = SignedDuration::from_secs(5);
/// The longest such time.
const AWAY_MAX: SignedDuration = SignedDuration::from_mins(5);
/// Time after a call that was cancelled until the first one-token call. It doubles with each that does not answer.
const BUSY_FIRST: SignedDuration = SignedDuration::from_secs(15);
/// The longest such time.
const BUSY_MAX: SignedDuration = SignedDuration::from_mins(10);

/// Which call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Any one.
    Call,
    /// A one-token call, which tells whether the server is done with the call that was cancelled.
    Probe,
    /// None before this time.
    Wait(Timestamp),
}

/// Opens when the server is away or busy with a cancelled call, and lets one attempt pass after a while, which closes it if it succeeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// Attempts in a row that failed.
    failures: u32,
    /// Set while there are any.
    until: Option<Timestamp>,
    /// A call was cancelled, and no one-token call answered since.
    is_busy: bool,
}

impl Breaker {
    /// Which call may be made.
    pub fn may_call(&self, now: Timestamp) -> May {
        match self.until {
            Some(until) if now < until => May::Wait(until),
            _ if self.is_busy => May::Probe,
            _ => May::Call,
        }
    }

    /// The server answered: a call of any kind if none was cancelled before, else the one-token call.
    pub fn succeeded(&mut self) {
        *self = Breaker::default();
    }

    /// The server can't be used.
    pub fn failed(&mut self, now: Timestamp) {
        self.open(now, AWAY_FIRST, AWAY_MAX);
    }

    /// A call was ended before its answer was complete.
    pub fn cancelled(&mut self, now: Timestamp) {
        if !self.is_busy {
            self.failures = 0;
        }
        self.is_busy = true;
        self.open(now, BUSY_FIRST, BUSY_MAX);
    }

    /// When the next call may be made: `now` if one may.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        self.until.map_or(now, |until| until.max(now))
    }

    fn open(&mut self, now: Timestamp, first: SignedDuration, max: SignedDuration) {
        let wait = first.checked_mul(1 << self.failures.min(16)).map_or(max, |wait| wait.min(max));
        self.failures = self.failures.saturating_add(1);
        self.until = Some(now.saturating_add(wait).unwrap_or(Timestamp::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    #[test]
    fn a_server_that_is_away_is_tried_again_less_and_less_often() {
        let (mut breaker, mut now, mut waits) = (Breaker::default(), 0, Vec::new());
        assert_eq!(breaker.may_call(at(0)), May::Call);
        for _ in 0..9 {
            breaker.failed(at(now));
            let next = breaker.next(at(now));
            waits.push(next.duration_since(at(now)).as_secs());
            assert_eq!(breaker.may_call(at(now)), May::Wait(next));
            now += waits.last().unwrap();
            assert_eq!(breaker.may_call(at(now)), May::Call);
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        breaker.succeeded();
        assert_eq!((breaker.may_call(at(now)), breaker.next(at(now))), (May::Call, at(now)));
        breaker.failed(at(now));
        assert_eq!(breaker.next(at(now)), at(now + 5), "the next outage begins anew");
    }

    #[test]
    fn after_a_cancelled_call_only_a_one_token_call_is_made() {
        let mut breaker = Breaker::default();
        breaker.cancelled(at(0));
        assert_eq!(breaker.may_call(at(14)), May::Wait(at(15)));
        assert_eq!(breaker.may_call(at(15)), May::Probe);
        breaker.cancelled(at(20));
        assert_eq!(breaker.may_call(at(49)), May::Wait(at(50)));
        assert_eq!(breaker.may_call(at(50)), May::Probe);
        breaker.succeeded();
        assert_eq!(breaker.may_call(at(50)), May::Call);
    }

    #[test]
    fn an_outage_does_not_end_the_wait_for_a_cancelled_call() {
        let mut breaker = Breaker::default();
        breaker.cancelled(at(0));
        breaker.failed(at(20));
        assert_eq!(breaker.may_call(at(1000)), May::Probe);
        breaker.succeeded();
        assert_eq!(breaker.may_call(at(1000)), May::Call);
    }

    #[test]
    fn times_are_bounded_whatever_happens() {
        let mut breaker = Breaker::default();
        for _ in 0..1000 {
            breaker.cancelled(at(0));
        }
        assert_eq!(breaker.next(at(0)), at(600));
        breaker.failed(Timestamp::MAX);
        assert_eq!(breaker.next(Timestamp::MAX), Timestamp::MAX);
    }
}
