//! The status of one Silence, from its spec, the Findings and the time.

use crate::api::{Finding, Severity, SilenceStatus};
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
    parsed: Result<&ValidatedSilence, &[SilenceError]>,
    generation: Option<i64>,
    candidates: &[Candidate<'_>],
    language: Language,
    now: Timestamp,
) -> SilenceStatus {
    let silence = match parsed {
        Ok(silence) => silence,
        Err(errors) => {
            let message = silence_errors(language, errors).chars().take(MESSAGE_MAX).collect();
            return SilenceStatus { observed_generation: generation, message: Some(message), ..Default::default() };
        }
    };
    let Window { active, start, end } = silence.window(now);
    let matching = || candidates.iter().filter(|candidate| active && silence.matches(&candidate.subject));
    SilenceStatus {
        observed_generation: generation,
        active,
        next_start: start.map(whole_second),
        ends: end.map(whole_second),
        message: None,
        holding: matching().take(HOLDING_MAX).map(|candidate| candidate.name.clone()).collect(),
        holding_total: u32::try_from(matching().count()).unwrap_or(u32::MAX),
    }
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
        let parsed = ValidatedSilence::parse(&spec, at("2026-01-01T00:00:00Z"), "UTC");
        let candidates = sorted(findings.iter().map(Candidate::of).collect());
        status(parsed.as_ref().map_err(Vec::as_slice), Some(3), &candidates, Language::English, at(now))
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
        let ended = SilenceStatus { observed_generation: Some(3), ..Default::default() };
        assert_eq!(after, ended);
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
