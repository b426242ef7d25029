//! Questions of people: whether the local model answers one besides the Agent, for how long it is tried, and what is told meanwhile.

use crate::api::{AnswerPhase, AnswerProgress, Tier};
use crate::domain::model::{Effect, ModelFault};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// A question waits for a server that is away until it is so old; then the Agent's own answer is all.
pub const AWAY_MAX: SignedDuration = SignedDuration::from_mins(10);
/// A question waits so long for a server that an earlier call keeps busy.
const BUSY_MAX: SignedDuration = SignedDuration::from_mins(30);
/// The progress of an answer is written at most once in this time.
pub const WRITE_INTERVAL: SignedDuration = SignedDuration::from_secs(1);

/// What is known when the Agent answers a Message.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// A model server is configured, and T1 is not turned off.
    pub is_model_on: bool,
    /// Tier of the Agent that answers.
    pub tier: Tier,
    /// It is a question in the person's own words.
    pub is_free: bool,
    /// The index has a section that fits.
    pub is_found: bool,
    /// It is about a Finding or Scenario that has a runbook.
    pub has_runbook: bool,
}

/// Whether the answer of the model follows. Each line of it has to quote a runbook: where none fits, and the question is about nothing that
/// has one, the model is not asked, and the Agent's own answer says that nothing was found.
pub fn follows(asked: &Asked) -> bool {
    asked.is_model_on && asked.tier == Tier::T1 && asked.is_free && (asked.is_found || asked.has_runbook)
}

/// Whether a fault ends a question that was created at `made`: the same call would give the same answer, or the person waited long enough.
pub fn is_final(fault: &ModelFault, made: Timestamp, now: Timestamp) -> bool {
    fault.effect() != Effect::Away || now.duration_since(made) > AWAY_MAX
}

/// Whether a question that was created at `made`, and could not be asked, waited long enough.
pub fn is_given_up(made: Timestamp, now: Timestamp) -> bool {
    now.duration_since(made) > BUSY_MAX
}

/// What an answer is waiting for, without the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub phase: AnswerPhase,
    /// Place in the queue, 1 for the next one; `None` unless it is queued.
    pub position: Option<u32>,
}

/// The progress to be written, where it says something new; `written` is what the Message has, `last` when one was written last. An
/// error is the time at which to decide again.
pub fn progress(
    step: Step,
    written: Option<&AnswerProgress>,
    last: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<AnswerProgress>, Timestamp> {
    let is_same = |written: &AnswerProgress| written.phase == step.phase && written.position == step.position;
    if written.is_some_and(is_same) {
        return Ok(None);
    }
    let next = last.and_then(|last| last.checked_add(WRITE_INTERVAL).ok()).filter(|next| *next > now);
    if let Some(next) = next {
        return Err(next);
    }
    let since =
        written.filter(|written| written.phase == step.phase).map_or(Time(now), |written| written.since.clone());
    Ok(Some(AnswerProgress { phase: step.phase, position: step.position, since }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_model_is_asked_where_it_is_on_and_something_supports_an_answer() {
        let all = Asked { is_model_on: true, tier: Tier::T1, is_free: true, is_found: true, has_runbook: true };
        assert!(follows(&all));
        assert!(follows(&Asked { is_found: false, ..all }));
        assert!(follows(&Asked { has_runbook: false, ..all }));
        for none in [
            Asked { is_model_on: false, ..all },
            Asked { tier: Tier::T0, ..all },
            Asked { is_free: false, ..all },
            Asked { is_found: false, has_runbook: false, ..all },
        ] {
            assert!(!follows(&none), "{none:?}");
        }
    }

    #[test]
    fn a_question_waits_for_a_server_that_is_away_and_for_nothing_else() {
        let away = ModelFault::Away { error: "refused".into() };
        assert!(!is_final(&away, at(0), at(600)) && is_final(&away, at(0), at(601)));
        for fault in [
            ModelFault::Missing { model: "m".into() },
            ModelFault::Timeout { seconds: 600 },
            ModelFault::Empty,
            ModelFault::Cut { reason: "length".into() },
        ] {
            assert!(is_final(&fault, at(0), at(0)), "{fault:?}");
        }
        assert!(!is_given_up(at(0), at(1_800)) && is_given_up(at(0), at(1_801)));
    }

    #[test]
    fn progress_is_written_when_it_changes_and_at_most_once_a_second() {
        let queued = |position| Step { phase: AnswerPhase::Queued, position: Some(position) };
        let reading = Step { phase: AnswerPhase::Reading, position: None };
        let first = progress(queued(3), None, None, at(10)).unwrap().unwrap();
        assert_eq!((first.phase, first.position, first.since.0), (AnswerPhase::Queued, Some(3), at(10)));
        assert_eq!(progress(queued(3), Some(&first), Some(at(10)), at(90)), Ok(None));
        assert_eq!(progress(queued(2), Some(&first), Some(at(10)), at(10)), Err(at(11)));
        let second = progress(queued(2), Some(&first), Some(at(10)), at(11)).unwrap().unwrap();
        assert_eq!((second.position, second.since.0), (Some(2), at(10)), "it is in the same phase");
        let third = progress(reading, Some(&second), Some(at(11)), at(40)).unwrap().unwrap();
        assert_eq!((third.phase, third.position, third.since.0), (AnswerPhase::Reading, None, at(40)));
    }
}
