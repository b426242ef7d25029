//! How a person ends a Silence.

use crate::api::SilenceSpec;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// A Silence that ends in the second in which it was made ends with this second: times in the API are whole seconds, and an end is
/// after its start. Who ends it waits this long at most, so that it is over once that is said.
pub const END_WAIT_MAX: Duration = Duration::from_secs(1);

/// What ends a Silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It has ended.
    Ended,
    /// Its `endsAt` is set to this time: it holds notices back, and stays for the record.
    At(Timestamp),
    /// It is deleted: it recurs, or has not held anything back yet.
    Delete,
}

/// What ends a Silence that was created at `created`.
pub fn ending(spec: &SilenceSpec, created: Timestamp, now: Timestamp) -> Ending {
    let start = spec.starts_at.as_ref().map_or(created, |at| at.0);
    match &spec.ends_at {
        Some(end) if spec.recurrence.is_none() && end.0 <= now => Ending::Ended,
        // Only an end after the start, and after the creation, is valid.
        Some(end) if spec.recurrence.is_none() && start <= now => {
            let after_start = start.max(created).saturating_add(SignedDuration::from_secs(1)).unwrap_or(now);
            Ending::At(now.max(after_start).min(end.0))
        }
        _ => Ending::Delete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_has_started_is_kept_with_its_end_and_anything_else_is_deleted() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let ended_by = |times: Value| {
            let mut spec = json!({"matchers": [], "author": "ana", "reason": "r"});
            json_patch::merge(&mut spec, &times);
            let spec: SilenceSpec = serde_json::from_value(spec).unwrap();
            ending(&spec, at("2026-01-01T00:00:00Z"), at("2026-01-01T12:00:00Z"))
        };
        for (times, expected) in [
            (json!({"endsAt": "2026-01-02T00:00:00Z"}), Ending::At(at("2026-01-01T12:00:00Z"))),
            (json!({"endsAt": "2026-01-01T12:00:00Z"}), Ending::Ended),
            (json!({"endsAt": "2025-01-01T12:00:00Z"}), Ending::Ended),
            (json!({"startsAt": "2026-01-01T12:00:01Z", "endsAt": "2026-01-02T00:00:00Z"}), Ending::Delete),
            (
                json!({"startsAt": "2026-01-01T12:00:00Z", "endsAt": "2026-01-02T00:00:00Z"}),
                Ending::At(at("2026-01-01T12:00:01Z")),
            ),
            (json!({"recurrence": {"cron": "* * * * *", "duration": "1h"}}), Ending::Delete),
            (json!({}), Ending::Delete),
        ] {
            assert_eq!(ended_by(times.clone()), expected, "{times}");
        }
    }
}
