//! Whether the push monitor is called: while this replica leads, its writes are stored and its probes are in time.

use std::time::{Duration, Instant};

/// What came of the writes of this replica.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteRecord {
    /// When one succeeded last.
    pub succeeded_at: Option<Instant>,
    /// Since when all have failed because the API server did not answer or could not store them.
    pub failing_since: Option<Instant>,
}

impl WriteRecord {
    /// A write succeeded.
    pub fn succeeded(&mut self, now: Instant) {
        *self = WriteRecord { succeeded_at: Some(now), failing_since: None };
    }

    /// A write failed, whatever object it was about.
    pub fn failed(&mut self, now: Instant) {
        self.failing_since.get_or_insert(now);
    }

    /// What it says about the writes of the last `fresh`.
    pub fn standing(&self, fresh: Duration, now: Instant) -> WriteStanding {
        let is_fresh = |at: Instant| now.saturating_duration_since(at) < fresh;
        match (self.succeeded_at, self.failing_since) {
            (_, Some(since)) if !is_fresh(since) => WriteStanding::Failing,
            (Some(at), None) if is_fresh(at) => WriteStanding::Succeeding,
            _ => WriteStanding::Unknown,
        }
    }
}

/// Whether writes succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStanding {
    Succeeding,
    Failing,
    /// There was none lately, or one has failed just now: only another write tells.
    Unknown,
}

/// What the decision depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    pub leads: bool,
    /// Why writes are not stored, if so.
    pub write_error: Option<String>,
    /// Whether the probes of the last minutes were late.
    pub is_late: bool,
}

/// Why the push monitor is not called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    #[error("this replica does not lead")]
    NotLeading,
    #[error("writes are not stored: {0}")]
    NotStored(String),
    #[error("probes are late")]
    Late,
}

/// Whether the push monitor is called. Error: why not.
pub fn decide(vitals: Vitals) -> Result<(), Withheld> {
    match vitals {
        Vitals { leads: false, .. } => Err(Withheld::NotLeading),
        Vitals { write_error: Some(error), .. } => Err(Withheld::NotStored(error)),
        Vitals { is_late: true, .. } => Err(Withheld::Late),
        Vitals { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_called_by_the_leader_whose_writes_are_stored_and_whose_probes_are_in_time() {
        let error = || Some("disk full".to_string());
        let cases = [
            (true, None, false, Ok(())),
            (false, None, false, Err(Withheld::NotLeading)),
            (false, error(), true, Err(Withheld::NotLeading)),
            (true, error(), false, Err(Withheld::NotStored("disk full".into()))),
            (true, error(), true, Err(Withheld::NotStored("disk full".into()))),
            (true, None, true, Err(Withheld::Late)),
        ];
        for (leads, write_error, is_late, expected) in cases {
            let vitals = Vitals { leads, write_error, is_late };
            assert_eq!(decide(vitals.clone()), expected, "{vitals:?}");
        }
    }

    #[test]
    fn writes_are_known_to_succeed_for_a_minute_and_to_fail_after_one() {
        let (start, fresh) = (Instant::now(), Duration::from_secs(60));
        let at = |second| start + Duration::from_secs(second);
        let mut record = WriteRecord::default();
        assert_eq!(record.standing(fresh, start), WriteStanding::Unknown);
        record.succeeded(start);
        assert_eq!(record.standing(fresh, at(59)), WriteStanding::Succeeding);
        assert_eq!(record.standing(fresh, at(60)), WriteStanding::Unknown, "that was long ago");
        record.failed(at(70));
        record.failed(at(100));
        assert_eq!(record.standing(fresh, at(129)), WriteStanding::Unknown);
        assert_eq!(record.standing(fresh, at(130)), WriteStanding::Failing, "since the first failure");
        record.succeeded(at(140));
        assert_eq!(record.standing(fresh, at(150)), WriteStanding::Succeeding);
        record.failed(at(151));
        assert_eq!(record.standing(fresh, at(152)), WriteStanding::Unknown, "the last one failed");
    }
}
