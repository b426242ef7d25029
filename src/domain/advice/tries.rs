//! Calls of the model for a Finding that gave no answer, and when it is asked about it again.

use jiff::{SignedDuration, Timestamp};

/// Calls that time out or break off, for the same evidence and the same request.
const FAILED_MAX: u32 = 2;
/// Answers for the same request during which the evidence changed: the last of them is told.
const OVERTAKEN_MAX: u32 = 3;
/// Time after a call that the server could not do. It doubles with each further one.
const AWAY_FIRST: SignedDuration = SignedDuration::from_mins(1);
/// The longest such time.
const AWAY_MAX: SignedDuration = SignedDuration::from_hours(1);

/// What the model was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Hash over the evidence.
    pub evidence: String,
    /// Hash over the runbooks.
    pub runbooks: String,
    /// Time of the request of a person that the prompt had, as it is written.
    pub requested_at: Option<String>,
}

impl Subject {
    /// Whether calls for the one count for the other. The runbooks don't matter: a call that timed out does so with others, too.
    fn is_same(&self, other: &Subject) -> bool {
        (&self.evidence, &self.requested_at) == (&other.evidence, &other.requested_at)
    }
}

/// When the model may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    Now,
    At(Timestamp),
    /// Not about this evidence and request.
    Never,
}

/// The calls for one Finding that gave no answer.
#[derive(Clone, Debug, Default)]
pub struct Tries {
    subject: Subject,
    failed: u32,
    away: u32,
    not_before: Option<Timestamp>,
}

impl Tries {
    /// A call timed out or broke off.
    pub fn failed(&mut self, subject: Subject) {
        self.begin(subject);
        self.failed = self.failed.saturating_add(1);
    }

    /// The server could not do a call.
    pub fn away(&mut self, subject: Subject, now: Timestamp) {
        self.begin(subject);
        let wait = AWAY_FIRST.checked_mul(1 << self.away.min(8)).map_or(AWAY_MAX, |wait| wait.min(AWAY_MAX));
        self.away = self.away.saturating_add(1);
        self.not_before = Some(now.saturating_add(wait).unwrap_or(Timestamp::MAX));
    }

    /// When the model may be asked about this.
    pub fn again(&self, subject: &Subject, now: Timestamp) -> Again {
        if !self.subject.is_same(subject) {
            return Again::Now;
        }
        match self.not_before {
            _ if self.failed >= FAILED_MAX => Again::Never,
            Some(at) if now < at => Again::At(at),
            _ => Again::Now,
        }
    }

    fn begin(&mut self, subject: Subject) {
        if !self.subject.is_same(&subject) {
            *self = Tries { subject, ..Tries::default() };
        }
    }
}

/// The answers for one request of a person during which the evidence changed.
#[derive(Clone, Debug, Default)]
pub struct Overtaken {
    requested_at: String,
    answers: u32,
}

impl Overtaken {
    /// The evidence changed during an answer for this request.
    pub fn note(&mut self, requested_at: &str) {
        if self.requested_at != requested_at {
            *self = Overtaken { requested_at: requested_at.to_string(), answers: 0 };
        }
        self.answers = self.answers.saturating_add(1);
    }

    /// Whether the next answer for this request is told also if the evidence changed during it.
    pub fn is_last(&self, requested_at: &str) -> bool {
        self.requested_at == requested_at && self.answers.saturating_add(1) >= OVERTAKEN_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn subject(evidence: &str, requested_at: Option<&str>) -> Subject {
        Subject { evidence: evidence.into(), runbooks: "r".into(), requested_at: requested_at.map(String::from) }
    }

    #[test]
    fn a_second_failed_call_is_the_last_one_until_the_evidence_changes_or_a_person_asks() {
        let (mut tries, first) = (Tries::default(), subject("e", None));
        tries.failed(first.clone());
        assert_eq!(tries.again(&first, at(0)), Again::Now);
        tries.failed(first.clone());
        assert_eq!(tries.again(&first, at(100_000)), Again::Never);
        let requested = subject("e", Some("noon"));
        assert_eq!(tries.again(&requested, at(0)), Again::Now, "a person asks");
        assert_eq!(tries.again(&subject("f", None), at(0)), Again::Now);
        tries.failed(requested.clone());
        assert_eq!(tries.again(&requested, at(0)), Again::Now, "counted anew");
    }

    #[test]
    fn the_third_answer_that_the_evidence_overtakes_is_the_last_for_a_request() {
        let mut overtaken = Overtaken::default();
        let mut next = |requested_at| {
            let is_last = overtaken.is_last(requested_at);
            overtaken.note(requested_at);
            is_last
        };
        assert_eq!([0; 4].map(|_| next("noon")), [false, false, true, true]);
        assert_eq!([0; 3].map(|_| next("one")), [false, false, true], "counted anew");
    }

    #[test]
    fn calls_that_the_server_can_not_do_become_rarer() {
        let (mut tries, mut now, mut waits) = (Tries::default(), 0, Vec::new());
        for _ in 0..8 {
            tries.away(subject("e", None), at(now));
            let Again::At(next) = tries.again(&subject("e", None), at(now)) else { panic!("now") };
            waits.push(next.duration_since(at(now)).as_secs() / 60);
            now = next.duration_since(at(0)).as_secs();
            assert_eq!(tries.again(&subject("e", None), at(now)), Again::Now);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
