//! From the spec of a Silence to a [`ValidatedSilence`]: everything that the CRD's schema does not check.

use super::error::{SilenceError, SilenceField, SilenceProblem};
use super::matcher::{Matchers, Subject};
use super::window::{Times, Window};
use crate::api::{Recurrence, SilenceSpec};
use crate::domain::duration;
use crate::domain::recurrence::Schedule;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Shortest time that a recurring Silence is active.
pub const DURATION_MIN: Duration = Duration::from_secs(1);
/// Longest time that it is active from one start.
pub const DURATION_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

/// A Silence that can hold notices back.
#[derive(Clone, Debug)]
pub struct ValidatedSilence {
    matchers: Matchers,
    times: Times,
}

impl ValidatedSilence {
    /// Checks the spec of a Silence that was created at `created`. `default_zone` is the time zone of a recurrence that names none.
    /// Errors are in the order of the fields.
    pub fn parse(
        spec: &SilenceSpec,
        created: Timestamp,
        default_zone: &str,
    ) -> Result<ValidatedSilence, Vec<SilenceError>> {
        let matchers = Matchers::parse(&spec.matchers);
        let times = times(spec, created, default_zone).and_then(|times| {
            let first = times.window(spec.starts_at.as_ref().map_or(created, |at| at.0));
            match &spec.recurrence {
                Some(recurrence) if !first.active && first.start.is_none() => {
                    let problem = SilenceProblem::NeverActive { text: recurrence.cron.clone() };
                    Err(vec![SilenceError { field: SilenceField::Cron, problem }])
                }
                _ => Ok(times),
            }
        });
        match (matchers, times) {
            (Ok(matchers), Ok(times)) => Ok(ValidatedSilence { matchers, times }),
            (matchers, times) => Err([matchers.err(), times.err()].into_iter().flatten().flatten().collect()),
        }
    }

    /// Whether a Silence with this spec holds notices back at `now`, which one that is not valid never does. Does not compile regular
    /// expressions of those that are not due.
    pub fn is_active_at(spec: &SilenceSpec, created: Timestamp, default_zone: &str, now: Timestamp) -> bool {
        let is_due = times(spec, created, default_zone).is_ok_and(|times| times.is_active(now));
        is_due && Matchers::parse(&spec.matchers).is_ok()
    }

    /// Whether it is about a Finding, at whatever time.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.matchers.matches(subject)
    }

    /// Whether it is active at `now`, since when and until when; else when it is active next.
    pub fn window(&self, now: Timestamp) -> Window {
        self.times.window(now)
    }

    /// Whether it holds notices back at `now`.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.times.is_active(now)
    }

    /// The first time after `now` at which [`ValidatedSilence::window`] has to be asked again; `None` where it stays as it is.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.times.next_change(now)
    }

    /// When it ended, or will end, for good; `None` where it recurs.
    pub fn final_end(&self) -> Option<Timestamp> {
        self.times.final_end()
    }
}

fn times(spec: &SilenceSpec, created: Timestamp, default_zone: &str) -> Result<Times, Vec<SilenceError>> {
    let start = spec.starts_at.as_ref().map(|at| at.0);
    let error = |problem| Err(vec![SilenceError { field: SilenceField::EndsAt, problem }]);
    match (&spec.ends_at, &spec.recurrence) {
        (None, None) => error(SilenceProblem::NoEnd),
        (Some(_), Some(_)) => error(SilenceProblem::TwoEnds),
        (Some(end), None) => match (start, end.0) {
            (Some(start), end) if end <= start => error(SilenceProblem::EndNotAfterStart { start, end }),
            (_, end) if end <= created => error(SilenceProblem::OverAtCreation { created, end }),
            (start, end) => Ok(Times::once(start.unwrap_or(created), end)),
        },
        (None, Some(recurrence)) => recurring(recurrence, start.unwrap_or(created), default_zone),
    }
}

fn recurring(recurrence: &Recurrence, from: Timestamp, default_zone: &str) -> Result<Times, Vec<SilenceError>> {
    let mut errors = Vec::new();
    let mut add = |field, problem| errors.push(SilenceError { field, problem });
    let (cron, zone) = (&recurrence.cron, recurrence.timezone.as_deref().unwrap_or(default_zone));
    let schedule = Schedule::parse(cron, zone);
    if Schedule::check_cron(cron).is_err() {
        add(SilenceField::Cron, SilenceProblem::NotACron { text: cron.clone() });
    }
    let text = || recurrence.duration.clone();
    let length = match duration::parse(&recurrence.duration) {
        Err(_) => {
            add(SilenceField::Duration, SilenceProblem::NotADuration { text: text() });
            None
        }
        Ok(length) if !(DURATION_MIN..=DURATION_MAX).contains(&length) => {
            let (min, max) = (DURATION_MIN, DURATION_MAX);
            add(SilenceField::Duration, SilenceProblem::DurationOutOfRange { text: text(), min, max });
            None
        }
        Ok(length) => SignedDuration::try_from(length).ok(),
    };
    if Schedule::check_time_zone(zone).is_err() {
        add(SilenceField::TimeZone, SilenceProblem::NotATimeZone { text: zone.to_string() });
    }
    match (schedule, length) {
        (Ok(schedule), Some(length)) if errors.is_empty() => Ok(Times::recurring(schedule, length, from)),
        _ => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::silence::SilenceProblem as P;
    use serde_json::{Value, json};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn parse(change: Value) -> Result<ValidatedSilence, Vec<(String, P)>> {
        let mut spec =
            json!({"matchers": [{"name": "scenario", "op": "=", "value": "a"}], "author": "ana", "reason": "r"});
        json_patch::merge(&mut spec, &change);
        let spec: SilenceSpec = serde_json::from_value(spec).unwrap();
        ValidatedSilence::parse(&spec, at("2026-01-01T00:00:00Z"), "America/Sao_Paulo")
            .map_err(|errors| errors.into_iter().map(|error| (error.field.path(), error.problem)).collect())
    }

    #[test]
    fn a_silence_ends_or_recurs() {
        let silence = parse(json!({"endsAt": "2026-01-01T02:00:00Z"})).unwrap();
        assert_eq!(silence.final_end(), Some(at("2026-01-01T02:00:00Z")));
        let weekly = json!({"cron": "0 3 * * SUN", "duration": "2h", "timezone": "UTC"});
        assert_eq!(parse(json!({"recurrence": weekly})).unwrap().final_end(), None);
    }

    #[test]
    fn what_is_wrong_names_the_field_and_the_value() {
        let (start, end) = ("2026-01-02T00:00:00Z", "2026-01-01T12:00:00Z");
        let text = |text: &str| text.to_string();
        let recurrence = |cron: &str, duration: &str, zone: &str| json!({"recurrence": {"cron": cron, "duration": duration, "timezone": zone}});
        let over =
            |end: &str| vec![("spec.endsAt", P::OverAtCreation { created: at("2026-01-01T00:00:00Z"), end: at(end) })];
        let cron = || vec![("spec.recurrence.cron", P::NotACron { text: text("0 3 * *") })];
        let out_of_range = |duration: &str| {
            let problem = P::DurationOutOfRange { text: text(duration), min: DURATION_MIN, max: DURATION_MAX };
            vec![("spec.recurrence.duration", problem)]
        };
        for (change, expected) in [
            (json!({}), vec![("spec.endsAt", P::NoEnd)]),
            (
                json!({"endsAt": end, "recurrence": {"cron": "0 3 * * *", "duration": "1h"}}),
                vec![("spec.endsAt", P::TwoEnds)],
            ),
            (
                json!({"startsAt": start, "endsAt": end}),
                vec![("spec.endsAt", P::EndNotAfterStart { start: at(start), end: at(end) })],
            ),
            (
                json!({"startsAt": start, "endsAt": start}),
                vec![("spec.endsAt", P::EndNotAfterStart { start: at(start), end: at(start) })],
            ),
            (json!({"endsAt": "2026-01-01T00:00:00Z"}), over("2026-01-01T00:00:00Z")),
            (
                json!({"startsAt": "2025-01-01T00:00:00Z", "endsAt": "2025-01-02T00:00:00Z"}),
                over("2025-01-02T00:00:00Z"),
            ),
            (recurrence("0 3 * *", "1h", "UTC"), cron()),
            (
                recurrence("0 3 30 2 *", "1h", "UTC"),
                vec![("spec.recurrence.cron", P::NeverActive { text: text("0 3 30 2 *") })],
            ),
            (
                recurrence("0 3 * * *", "two hours", "UTC"),
                vec![("spec.recurrence.duration", P::NotADuration { text: text("two hours") })],
            ),
            (recurrence("0 3 * * *", "0s", "UTC"), out_of_range("0s")),
            (recurrence("0 3 * * *", "1000h", "UTC"), out_of_range("1000h")),
            (
                recurrence("0 3 * *", "1d", "Mars/Olympus"),
                cron()
                    .into_iter()
                    .chain([
                        ("spec.recurrence.duration", P::NotADuration { text: text("1d") }),
                        ("spec.recurrence.timezone", P::NotATimeZone { text: text("Mars/Olympus") }),
                    ])
                    .collect(),
            ),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(field, problem)| (field.to_string(), problem)).collect();
            assert_eq!(parse(change.clone()).map(drop), Err(expected), "{change}");
        }
        let both = parse(json!({"matchers": [{"name": "key", "op": "=", "value": ""}]})).unwrap_err();
        assert_eq!(both, [("spec.matchers".into(), P::MatchesEmpty), ("spec.endsAt".into(), P::NoEnd)]);
    }
}
