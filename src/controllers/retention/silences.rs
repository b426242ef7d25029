//! Silences that ended for good.

use super::Sweeper;
use crate::api::Silence;
use crate::domain::retention::{Finished, expired};
use crate::runtime::removal::ObjectVersion;
use crate::runtime::write::WriteError;
use crate::telemetry::Limit;
use jiff::Timestamp;

impl Sweeper {
    pub(super) async fn sweep_silences(&mut self, now: Timestamp) -> Result<usize, WriteError> {
        let retention = self.limits.retention;
        let silences = self.silences.objects();
        let ended = silences.iter().filter_map(|silence| {
            let at = ended_at(silence, now)?;
            Some(Finished { at, object: ObjectVersion::of(&silence.metadata), weight: 1 })
        });
        let expired = expired(ended.collect(), retention.age, retention.objects_max, now);
        self.remover.too_many::<Silence>(Limit::RetainedObjects, expired.beyond_count);
        self.remover.remove_all(&self.silence_api, &expired.objects).await
    }
}

/// When a Silence ended; `None` where it has not, or recurs. One that was over when it was created ended then: what applies it
/// again, such as GitOps, would otherwise create it each time that it is removed.
fn ended_at(silence: &Silence, now: Timestamp) -> Option<Timestamp> {
    let end = silence.spec.ends_at.as_ref().filter(|_| silence.spec.recurrence.is_none())?.0;
    let created = silence.metadata.creation_timestamp.as_ref().map_or(end, |at| at.0);
    (end <= now).then_some(end.max(created))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_silence_ended_at_its_end_or_when_it_was_created_after_it() {
        let of = |times: Value| {
            let mut spec = json!({"matchers": [], "author": "ana", "reason": "r"});
            json_patch::merge(&mut spec, &times);
            let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Silence", "spec": spec,
                "metadata": {"name": "x", "creationTimestamp": "2026-01-02T00:00:00Z"}});
            let silence: Silence = serde_json::from_value(object).unwrap();
            ended_at(&silence, "2026-02-01T00:00:00Z".parse().unwrap()).map(|at| at.to_string())
        };
        assert_eq!(of(json!({"endsAt": "2026-01-03T00:00:00Z"})).as_deref(), Some("2026-01-03T00:00:00Z"));
        assert_eq!(of(json!({"endsAt": "2026-01-01T00:00:00Z"})).as_deref(), Some("2026-01-02T00:00:00Z"));
        assert_eq!(of(json!({"endsAt": "2026-02-01T00:00:01Z"})), None);
        assert_eq!(of(json!({"recurrence": {"cron": "0 3 * * *", "duration": "1h"}})), None);
    }
}
