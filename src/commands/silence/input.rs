//! What a person says of a new Silence, and the spec that it makes.

use crate::api::{Matcher, Recurrence, SilenceSpec};
use crate::commands::CommandError;
use crate::domain::duration;
use crate::domain::printable::printable;
use crate::domain::refusal::InvalidInput;
use crate::domain::silence::{InputError, InputField, InputProblem, SilenceField, ValidatedSilence};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 1024;

/// A new Silence, as a person describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewSilence {
    pub matchers: Vec<Matcher>,
    /// Now, where it is not given.
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    /// The time from the start to the end, in the format of Go.
    pub duration: Option<String>,
    pub recurrence: Option<Recurrence>,
    pub reason: String,
}

impl NewSilence {
    /// The spec of this Silence at `now`; the error is the first one, unless it is a Silence that has not ended.
    pub fn spec(self, author: &str, default_zone: &str, now: Timestamp) -> Result<SilenceSpec, InputError> {
        let reason = printable(&self.reason).trim().to_string();
        let chars = reason.chars().count();
        if !(1..=REASON_MAX).contains(&chars) {
            return Err(of(InputField::Reason, InputProblem::ReasonLength { chars, max: REASON_MAX }));
        }
        let (starts_at, ends_at) = (self.starts_at.map(whole_second), self.ends_at.map(whole_second));
        let given = [self.ends_at.is_some(), self.duration.is_some(), self.recurrence.is_some()];
        if given.into_iter().filter(|given| *given).count() != 1 {
            return Err(of(InputField::Spec(SilenceField::EndsAt), InputProblem::NotOneEnd));
        }
        let ends_at = match &self.duration {
            Some(text) => Some(after(starts_at.unwrap_or(now), text, now)?),
            None => ends_at,
        };
        let spec = SilenceSpec {
            matchers: self.matchers,
            starts_at: starts_at.map(Time),
            ends_at: ends_at.map(Time),
            recurrence: self.recurrence,
            author: author.to_string(),
            reason,
        };
        let checked = ValidatedSilence::parse(&spec, now, default_zone).map(drop);
        match checked.map_err(|errors| errors.into_iter().next()) {
            Err(Some(error)) => Err(error.into()),
            Ok(()) | Err(None) => Ok(spec),
        }
    }
}

fn of(field: InputField, problem: InputProblem) -> InputError {
    InputError { field, problem }
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The end that follows a start by this length.
fn after(start: Timestamp, text: &str, now: Timestamp) -> Result<Timestamp, InputError> {
    let invalid = |problem| of(InputField::Length, problem);
    let text = text.to_string();
    let Ok(length) = duration::parse(&text) else { return Err(invalid(InputProblem::NotALength { text })) };
    if length.as_secs() == 0 {
        return Err(invalid(InputProblem::TooShort { text }));
    }
    let end = SignedDuration::try_from(length).ok().and_then(|length| start.checked_add(length).ok()).map(whole_second);
    match end {
        None => Err(invalid(InputProblem::TooLong { text })),
        Some(end) if end <= now => Err(invalid(InputProblem::LengthIsOver { text, end, now })),
        Some(end) => Ok(end),
    }
}

impl From<InputError> for CommandError {
    /// The error with the name of the field in the body of the request.
    fn from(error: InputError) -> CommandError {
        let name = match error.field {
            InputField::Spec(SilenceField::Matchers) => "matchers".into(),
            InputField::Spec(SilenceField::MatcherValue(index)) => format!("matchers[{index}].value"),
            InputField::Spec(SilenceField::EndsAt) => "ends_at".into(),
            InputField::Spec(SilenceField::Cron) => "recurrence.cron".into(),
            InputField::Spec(SilenceField::Duration) => "recurrence.duration".into(),
            InputField::Spec(SilenceField::TimeZone) => "recurrence.timezone".into(),
            InputField::Length => "duration".into(),
            InputField::Reason => "reason".into(),
        };
        CommandError::invalid(name, InvalidInput::Silence(error.problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{MatcherName, MatcherOp};

    const NOW: &str = "2026-01-01T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn matcher(value: &str) -> Matcher {
        Matcher { name: MatcherName::Scenario, op: MatcherOp::Matches, value: value.into() }
    }

    fn valid() -> NewSilence {
        NewSilence {
            matchers: vec![matcher("proxmox.*")],
            duration: Some("2h".into()),
            reason: " troca\u{7} de disco ".into(),
            ..NewSilence::default()
        }
    }

    fn recurrence(cron: &str, duration: &str, timezone: Option<&str>) -> Option<Recurrence> {
        Some(Recurrence { cron: cron.into(), duration: duration.into(), timezone: timezone.map(String::from) })
    }

    #[test]
    fn a_duration_counts_from_the_start() {
        for (starts_at, end) in
            [(None, "2026-01-01T14:00:00Z"), (Some("2026-01-02T00:00:00.9Z"), "2026-01-02T02:00:00Z")]
        {
            let new = NewSilence { starts_at: starts_at.map(at), ..valid() };
            let spec = new.spec("ana", "UTC", at(NOW)).unwrap();
            assert_eq!(spec.ends_at, Some(Time(at(end))));
            assert_eq!((spec.author.as_str(), spec.reason.as_str()), ("ana", "troca\u{fffd} de disco"));
        }
    }

    #[test]
    fn what_is_wrong_names_the_field_and_what_would_be_right() {
        let with = |change: fn(&mut NewSilence)| {
            let mut new = valid();
            change(&mut new);
            new
        };
        for (new, field, part) in [
            (with(|new| new.reason = " \n".into()), "reason", "1 to 1024"),
            (with(|new| new.reason = "x".repeat(1025)), "reason", "1025 characters"),
            (with(|new| new.duration = None), "ends_at", "exactly one of"),
            (with(|new| new.ends_at = Some(at("2027-01-01T00:00:00Z"))), "ends_at", "exactly one of"),
            (with(|new| new.duration = Some("1d".into())), "duration", "1h30m"),
            (with(|new| new.duration = Some("0.5s".into())), "duration", "1s at least"),
            (with(|new| new.duration = Some("99999999999h".into())), "duration", "too long"),
            (with(|new| new.matchers.clear()), "matchers", "1 to 16"),
            (with(|new| new.matchers = vec![matcher(".*")]), "matchers", "empty text"),
            (with(|new| new.matchers.push(matcher("("))), "matchers[1].value", "RE2"),
            (
                with(|new| (new.duration, new.ends_at) = (None, Some(at("2026-01-01T12:00:00.9Z")))),
                "ends_at",
                "2026-01-01T12:00:00Z is over: should be after",
            ),
            (
                with(|new| {
                    (new.starts_at, new.duration) = (Some(at("2026-01-01T00:00:00Z")), None);
                    new.ends_at = Some(at("2026-01-01T01:00:00Z"));
                }),
                "ends_at",
                "2026-01-01T01:00:00Z is over: should be after",
            ),
            (
                with(|new| {
                    (new.starts_at, new.duration) = (Some(at("2026-01-02T00:00:00Z")), None);
                    new.ends_at = Some(at("2026-01-02T00:00:00Z"));
                }),
                "ends_at",
                "2026-01-02T00:00:00Z should be after the start, 2026-01-02T00:00:00Z",
            ),
            (
                with(|new| new.starts_at = Some(at("2026-01-01T10:00:00Z"))),
                "duration",
                "\"2h\" from the start ends at 2026-01-01T12:00:00Z, which is over: should end after now",
            ),
            (
                with(|new| (new.duration, new.recurrence) = (None, recurrence("0 3 * *", "1h", None))),
                "recurrence.cron",
                "five fields",
            ),
            (
                with(|new| (new.duration, new.recurrence) = (None, recurrence("0 3 * * *", "1x", None))),
                "recurrence.duration",
                "1h30m",
            ),
            (
                with(|new| (new.duration, new.recurrence) = (None, recurrence("0 3 * * *", "1h", Some("Mars")))),
                "recurrence.timezone",
                "America/Sao_Paulo",
            ),
        ] {
            match new.clone().spec("ana", "UTC", at(NOW)).map_err(CommandError::from) {
                Err(error @ CommandError::Invalid { .. }) => {
                    let text = error.to_string();
                    let is_right = text.starts_with(&format!("{field}: ")) && text.contains(part);
                    assert!(is_right, "{text}, expected {field}: {part}");
                }
                other => panic!("{new:?}: {other:?}"),
            }
        }
    }
}
