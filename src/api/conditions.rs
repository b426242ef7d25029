//! Condition types and reasons, each with what its values mean, readable by kstatus and `kubectl wait`.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// Scenario. True: the spec is understood and runs. False: the spec has a mistake, named in the message, and nothing is read.
pub const READY: &str = "Ready";
/// Scenario. True: everything judged passes. False: a Finding other than `blind` is open. Unknown: not judged (yet).
pub const HEALTHY: &str = "Healthy";
/// Finding. True: whole again. False: still wrong.
pub const RESOLVED: &str = "Resolved";
/// Finding. True: a person has taken note of this occurrence. False: nobody has.
pub const ACKNOWLEDGED: &str = "Acknowledged";

/// Reasons of `Ready`; those of a mistake in the spec come from `domain::validate`.
pub const REASON_READY: &str = "Validated";
pub const REASON_SUSPENDED: &str = "Suspended";
pub const REASON_UNDECODABLE: &str = "Undecodable";

/// Reasons of `Healthy`.
pub const REASON_PASSING: &str = "AllChecksPass";
pub const REASON_FAILING: &str = "FindingsOpen";
pub const REASON_BLIND: &str = "CannotJudge";
pub const REASON_NOT_JUDGED: &str = "NotJudgedYet";
pub const REASON_NOT_READY: &str = "NotReady";

/// Messages are cut at this many bytes, so that no status outgrows its bound.
pub const MESSAGE_MAX: usize = 1024;

/// The three values of a condition's status, as Kubernetes spells them.
pub fn status_word(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "True",
        Some(false) => "False",
        None => "Unknown",
    }
}

/// Puts a condition into the list. `lastTransitionTime` moves only when the status changes.
pub fn set(
    conditions: &mut Vec<Condition>,
    type_: &str,
    value: Option<bool>,
    reason: &str,
    message: &str,
    generation: Option<i64>,
    now: Timestamp,
) {
    let status = status_word(value).to_string();
    let message = bounded(message, MESSAGE_MAX);
    let reason = reason.to_string();
    match conditions.iter_mut().find(|c| c.type_ == type_) {
        Some(c) => {
            if c.status != status {
                c.last_transition_time = Time(now);
            }
            (c.status, c.reason, c.message, c.observed_generation) = (status, reason, message, generation);
        }
        None => conditions.push(Condition {
            type_: type_.to_string(),
            status,
            reason,
            message,
            observed_generation: generation,
            last_transition_time: Time(now),
        }),
    }
}

/// The condition of this type, if it is there.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.type_ == type_)
}

/// `text` cut at a character boundary so that it takes at most `max` bytes, ending in `…` where something is missing.
pub fn bounded(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_string();
    }
    let mut end = max.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}
