//! What metrics say about a run.

use crate::api::CheckOutcome;
use crate::domain::detail::{Cause, TlsCause};
use crate::domain::outcome::Evaluation;
use crate::domain::reading::Reading;
use jiff::civil::{DateTime, date};
use serde_json::Value;

/// Whether every check passed; `None` where none failed and some could not be judged.
pub fn is_up(evaluation: &Evaluation) -> Option<bool> {
    let is_any = |result| evaluation.list.iter().any(|outcome| outcome.result == result);
    if is_any(CheckOutcome::Fail) {
        return Some(false);
    }
    (!is_any(CheckOutcome::Unknown) && !is_any(CheckOutcome::Held)).then_some(true)
}

/// When the first of the certificates that were read expires, in seconds since 1970; also the one for which a connection was refused
/// because it has expired.
pub fn certificate_expires(reading: &Reading) -> Option<i64> {
    if let Some(Cause::Tls(TlsCause::Expired { at: Some(at) })) =
        reading.error.as_ref().map(|error| &error.detail.cause)
    {
        return Some(at.as_second());
    }
    let chain = reading.fields.get("chain").and_then(Value::as_array).into_iter().flatten();
    let certificates = reading.fields.get("certificate").into_iter().chain(chain);
    certificates.filter_map(|certificate| seconds(certificate.get("notAfter")?.as_str()?)).min()
}

/// Certificates without an end are valid until a time that no [`jiff::Timestamp`] holds.
fn seconds(rfc3339: &str) -> Option<i64> {
    let at: DateTime = rfc3339.strip_suffix('Z')?.parse().ok()?;
    Some(at.duration_since(date(1970, 1, 1).at(0, 0, 0, 0)).as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Severity;
    use crate::domain::detail::Detail;
    use crate::domain::outcome::Outcome;
    use crate::domain::reading::ErrorKind;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn a_scenario_is_up_when_every_check_passes() {
        use CheckOutcome::{Fail, Held, Pass, Unknown};
        let outcome = |result| Outcome {
            check: "a".into(),
            key: String::new(),
            result,
            message: String::new(),
            severity: Severity::Low,
            probes: Default::default(),
            proof: None,
        };
        for (results, expected) in [
            (&[Pass, Pass][..], Some(true)),
            (&[Pass, Fail], Some(false)),
            (&[Fail, Held], Some(false)),
            (&[Unknown, Fail], Some(false)),
            (&[Pass, Unknown], None),
            (&[Pass, Held], None),
        ] {
            let evaluation = Evaluation { list: results.iter().copied().map(outcome).collect(), ..Default::default() };
            assert_eq!(is_up(&evaluation), expected, "{results:?}");
        }
    }

    #[test]
    fn the_certificate_that_expires_first_counts() {
        let read = |fields: Value| {
            let fields = fields.as_object().cloned().unwrap_or_default();
            certificate_expires(&Reading::read(Duration::ZERO, fields))
        };
        assert_eq!(read(json!({"certificate": {"notAfter": "1970-01-02T00:00:01Z"}})), Some(86_401));
        let chain = json!([{"notAfter": "2030-01-01T00:00:00Z"}, {"notAfter": "2029-01-01T00:00:00Z"}]);
        assert_eq!(
            read(json!({"certificate": {"notAfter": "2030-01-01T00:00:00Z"}, "chain": chain})),
            Some(1_861_920_000)
        );
        assert_eq!(read(json!({"certificate": {"notAfter": "9999-12-31T23:59:59Z"}})), Some(253_402_300_799));
        assert_eq!(read(json!({"certificate": {}, "chain": [{}], "status": 200})), None);
        let at = jiff::Timestamp::from_second(5).ok();
        let failed = |cause| Reading::failed(ErrorKind::Tls, Detail { subject: "a".into(), cause }, Duration::ZERO);
        assert_eq!(certificate_expires(&failed(Cause::Tls(TlsCause::Expired { at }))), Some(5));
        assert_eq!(certificate_expires(&failed(Cause::Tls(TlsCause::UnknownIssuer))), None);
    }
}
