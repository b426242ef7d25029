//! Whether the evidence of a Finding is still the same, as far as advice depends on it.

use super::fence::hex;
use crate::api::{FindingSpec, FindingStatus, Snapshot};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// Hash over check, key, severity, error classes, status codes and the message without digits: 16 hexadecimal digits. Counters, times and
/// latencies do not change it.
pub fn evidence_hash(spec: &FindingSpec, status: &FindingStatus) -> String {
    let failing = status.evidence.as_ref().and_then(|evidence| evidence.failing.as_ref());
    let message: String = status.message.as_deref().unwrap_or_default().chars().filter(|c| !c.is_numeric()).collect();
    let severity = status.severity.map(|severity| severity.as_str()).unwrap_or_default();
    let read: Vec<String> = failing.map(read).unwrap_or_default().into_iter().collect();
    let mut hash = Sha256::new();
    for part in [spec.check.as_str(), &spec.key, severity, &message].into_iter().chain(read.iter().map(String::as_str))
    {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// The error and the status of each reading, with its probe. They are the first lines of an excerpt; a body comes after them.
fn read(run: &Snapshot) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for reading in &run.readings {
        for name in ["error", "status", "rcode"] {
            let value = reading.reading.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            found.extend(value.map(|value| format!("{} {name} {}", reading.probe, value.trim())));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Evidence, Excerpt, Severity};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    fn spec(check: &str, key: &str) -> FindingSpec {
        FindingSpec {
            scenario: "desk.api.health".into(),
            check: check.into(),
            key: key.into(),
            fingerprint: "0123456789".into(),
            acknowledgement: None,
            owner: None,
        }
    }

    fn status(severity: Severity, message: &str, reading: &str) -> FindingStatus {
        let readings = vec![Excerpt { probe: "api".into(), reading: reading.into() }];
        let failing = Snapshot { at: Time("2026-11-23T12:00:00Z".parse().unwrap()), readings };
        FindingStatus {
            severity: Some(severity),
            message: Some(message.into()),
            evidence: Some(Evidence { failing: Some(failing), ..Evidence::default() }),
            ..FindingStatus::default()
        }
    }

    const READING: &str = "ok: true\nerror: \"\"\nstatus: 502\nlatencyMs: 5\nbody: <html>";

    fn usual(reading: &str) -> String {
        evidence_hash(&spec("status", "a"), &status(Severity::High, "answers 502 after 31 ms", reading))
    }

    #[test]
    fn counters_times_and_bodies_do_not_change_it() {
        let hash = usual(READING);
        assert!(hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{hash}");
        assert_eq!(hash, usual("ok: true\nerror: \"\"\nstatus: 502\nlatencyMs: 77\nbody: other\nstatus: 1"));
        let message = status(Severity::High, "answers 504 after 7 ms", READING);
        assert_eq!(hash, evidence_hash(&spec("status", "a"), &message));
    }

    #[test]
    fn what_advice_depends_on_changes_it() {
        let other = [
            evidence_hash(&spec("api", "a"), &status(Severity::High, "answers 502 after 31 ms", READING)),
            evidence_hash(&spec("status", "b"), &status(Severity::High, "answers 502 after 31 ms", READING)),
            evidence_hash(&spec("status", "a"), &status(Severity::Low, "answers 502 after 31 ms", READING)),
            evidence_hash(&spec("status", "a"), &status(Severity::High, "refuses 502 after 31 ms", READING)),
            usual("ok: false\nerror: timeout\nlatencyMs: 5"),
            usual("ok: true\nerror: \"\"\nstatus: 500\nlatencyMs: 5"),
            evidence_hash(&spec("status", "a"), &FindingStatus::default()),
        ];
        let all: BTreeSet<String> = other.into_iter().chain([usual(READING)]).collect();
        assert_eq!(all.len(), 8);
    }
}
