//! The status of one Silence, from its spec, the Findings and the time.

use crate::api::{Finding, Severity, Silence, SilenceStatus};
use crate::domain::silence::{SilenceError, Subject, ValidatedSilence, Window};
use crate::domain::texts::{Language, silence_errors};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;

/// Names of Findings that a status has at most.
const HOLDING_MAX: usize = 20;
/// Longest message, in characters.
const MESSAGE_MAX: usize = 512;

/// A Finding that a Silence may match.
pub struct Candidate<'a> {
    name: String,
    severity: Option<Severity>,
    subject: Subject<'a>,
}

impl<'a> Candidate<'a> {
    pub fn of(finding: &'a Finding) -> Candidate<'a> {
        let severity = finding.status.as_ref().and_then(|status| status.severity);
        Candidate { name: finding.name_any(), severity, subject: Subject::of(finding) }
    }
}

/// The most severe first, those without a severity last, then by name.
pub fn sorted(mut candidates: Vec<Candidate<'_>>) -> Vec<Candidate<'_>> {
    let rank = |candidate: &Candidate<'_>| (candidate.severity.is_none(), candidate.severity);
    candidates.sort_unstable_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name)));
    candidates
}

/// What the status should be at `now`. `candidates` are sorted, and all of them Open or Acknowledged.
pub fn status(
    silence: &Silence,
    parsed: Result<&ValidatedSilence, &[SilenceError]>,
    candidates: &[Candidate<'_>],
    language: Language,
    now: Timestamp,
) -> SilenceStatus {
    let observed_generation = silence.metadata.generation;
    let (fixed_start, fixed_end) = fixed_times(silence);
    let silence = match parsed {
        Ok(silence) => silence,
        Err(errors) => {
            let message = silence_errors(language, errors).chars().take(MESSAGE_MAX).collect();
            let (starts, ends) = (fixed_start.map(whole_second), fixed_end.map(whole_second));
            return SilenceStatus { observed_generation, message: Some(message), starts, ends, ..Default::default() };
        }
    };
    let Window { active, start, end } = silence.window(now);
    let matching = || candidates.iter().filter(|candidate| active && silence.matches(&candidate.subject));
    SilenceStatus {
        observed_generation,
        active,
        next_start: start.map(whole_second),
        starts: start.or(fixed_start).map(whole_second),
        ends: end.or(fixed_end).map(whole_second),
        message: None,
        holding: matching().take(HOLDING_MAX).map(|candidate| candidate.name.clone()).collect(),
        holding_total: u32::try_from(matching().count()).unwrap_or(u32::MAX),
    }
}

/// Start and end of a Silence that does not recur, whether or not it has ended.
fn fixed_times(silence: &Silence) -> (Option<Timestamp>, Option<Timestamp>) {
    let spec = &silence.spec;
    let Some(end) = spec.ends_at.as_ref().filter(|_| spec.recurrence.is_none()) else { return (None, None) };
    let start = spec.starts_at.as_ref().or(silence.metadata.creation_timestamp.as_ref());
    (start.map(|at| at.0), Some(end.0))
}

/// The API keeps no more; anything else would be written again and again.
fn whole_second(at: Timestamp) -> Time {
    Time(Timestamp::from_second(at.as_second()).unwrap_or(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SilenceSpec;
    use crate::domain::fingerprint::{finding_name, finding_spec};
    use serde_json::{Value, json};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn finding(key: &str, severity: Value) -> Finding {
        let mut finding = Finding::new(&finding_name("shop", "vm", key), finding_spec("shop", "vm", key));
        finding.status = serde_json::from_value(json!({"phase": "Open", "severity": severity})).unwrap();
        finding
    }

    fn status_of(times: Value, findings: &[Finding], now: &str) -> SilenceStatus {
        let mut spec =
            json!({"matchers": [{"name": "key", "op": "=~", "value": "1.*"}], "author": "ana", "reason": "r"});
        json_patch::merge(&mut spec, &times);
        let spec: SilenceSpec = serde_json::from_value(spec).unwrap();
        let mut silence = Silence::new("s", spec);
        silence.metadata.generation = Some(3);
        silence.metadata.creation_timestamp = Some(Time(at("2026-01-01T00:00:00Z")));
        let parsed = ValidatedSilence::parse(&silence.spec, at("2026-01-01T00:00:00Z"), "UTC");
        let candidates = sorted(findings.iter().map(Candidate::of).collect());
        status(&silence, parsed.as_ref().map_err(Vec::as_slice), &candidates, Language::English, at(now))
    }

    #[test]
    fn an_active_silence_names_the_most_severe_findings_that_it_matches() {
        let times = json!({"startsAt": "2026-01-01T01:00:00.5Z", "endsAt": "2026-01-01T02:00:00Z"});
        let mut findings: Vec<_> = (0..25).map(|i| finding(&format!("1{i:02}"), json!("low"))).collect();
        findings.push(finding("2", json!("critical")));
        findings.push(finding("15", json!("critical")));
        findings.push(finding("16", json!("medium")));
        findings.push(finding("17", Value::Null));
        let before = status_of(times.clone(), &findings, "2026-01-01T00:30:00Z");
        assert_eq!((before.active, before.holding_total, before.holding.len()), (false, 0, 0));
        let during = status_of(times.clone(), &findings, "2026-01-01T01:30:00Z");
        assert_eq!((during.active, during.holding_total, during.holding.len()), (true, 28, HOLDING_MAX));
        assert_eq!(during.holding[..2], [finding_name("shop", "vm", "15"), finding_name("shop", "vm", "16")]);
        assert!(!during.holding.contains(&finding_name("shop", "vm", "17")), "without a severity it is the last");
        assert_eq!(during.next_start, Some(Time(at("2026-01-01T01:00:00Z"))));
        assert_eq!((during.observed_generation, during.message), (Some(3), None));
        let after = status_of(times, &findings, "2026-01-01T02:00:00Z");
        let starts = Some(Time(at("2026-01-01T01:00:00Z")));
        let ends = Some(Time(at("2026-01-01T02:00:00Z")));
        let ended = SilenceStatus { observed_generation: Some(3), starts, ends, ..Default::default() };
        assert_eq!(after, ended, "when it was stays");
    }

    #[test]
    fn one_that_recurs_says_its_times_and_one_that_was_over_from_the_beginning_that_it_was() {
        let daily = json!({"recurrence": {"cron": "0 3 * * *", "duration": "1h"}});
        let status = status_of(daily, &[], "2026-01-01T05:00:00Z");
        assert_eq!((status.starts.clone(), status.ends), (status.next_start, Some(Time(at("2026-01-02T04:00:00Z")))));
        assert_eq!(status.starts, Some(Time(at("2026-01-02T03:00:00Z"))));
        let over = status_of(json!({"endsAt": "2025-12-31T00:00:00Z"}), &[], "2026-01-01T05:00:00Z");
        let message = "spec.endsAt: 2025-12-31T00:00:00Z is over: should be after the creation, 2026-01-01T00:00:00Z";
        assert_eq!((over.message.as_deref(), over.active), (Some(message), false));
        assert_eq!(over.ends, Some(Time(at("2025-12-31T00:00:00Z"))));
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_is_held_back() {
        let times = json!({"recurrence": {"cron": "0 3 * *", "duration": "x".repeat(600)}});
        let wrong = status_of(times, &[finding("1", json!("critical"))], "2026-01-01T03:00:00Z");
        let message = wrong.message.clone().unwrap();
        assert!(message.starts_with("spec.recurrence.cron: \"0 3 * *\" is not a cron expression"), "{message}");
        assert_eq!(message.chars().count(), MESSAGE_MAX);
        assert!(!wrong.active && wrong.holding.is_empty() && wrong.next_start.is_none() && wrong.ends.is_none());
    }
}
