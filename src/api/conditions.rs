//! Condition types and reasons.
//!
//! The conditions follow the Kubernetes API conventions, so that kstatus and `kubectl wait` understand them. Types are in
//! positive polarity: True is the normal state. `lastTransitionTime` changes only when the status changes.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// Condition of a Scenario: whether its spec is valid.
///
/// - True: the spec is valid. Its probes run, unless the Scenario is suspended.
/// - False: the spec has validation errors, which the message names, or cannot be decoded. No probe runs.
/// - Unknown: not used. The condition is absent until the operator has observed the Scenario.
pub const READY: &str = "Ready";
/// Condition of a Scenario: whether its checks pass.
///
/// - True: every check that could be evaluated passes.
/// - False: at least one Finding other than `blind` is in phase Open or Acknowledged.
/// - Unknown: the checks were not evaluated yet or cannot be evaluated, no probe runs (suspended, or not Ready), or no run was
///   completed lately.
///
/// The message says what keeps the Scenario from being watched, whatever the status is.
pub const HEALTHY: &str = "Healthy";
/// Condition of a Finding: whether the problem is resolved.
///
/// - True: the phase is Resolved.
/// - False: the phase is Open or Acknowledged.
/// - Unknown: not used.
pub const RESOLVED: &str = "Resolved";
/// Condition of a Finding: whether a person has acknowledged the current occurrence.
///
/// - True: the current occurrence is acknowledged; the message is the name of the person.
/// - False: the current occurrence is not acknowledged, or the Finding is resolved.
/// - Unknown: not used.
pub const ACKNOWLEDGED: &str = "Acknowledged";

/// Reason of Ready=True: the spec is valid and its probes run.
pub const REASON_READY: &str = "Validated";
/// Reason of Ready=True and of Healthy=Unknown: the spec is valid, and `spec.suspend` is true.
pub const REASON_SUSPENDED: &str = "Suspended";
/// Reason of Ready=False: the object cannot be decoded as a Scenario. Validation errors in a Scenario that can be decoded
/// have the reasons of `domain::validate`.
pub const REASON_UNDECODABLE: &str = "Undecodable";

/// Reason of Healthy=True: every check that could be evaluated passes.
pub const REASON_PASSING: &str = "AllChecksPass";
/// Reason of Healthy=False: a Finding other than `blind` is Open or Acknowledged; the message names the checks.
pub const REASON_FAILING: &str = "FindingsOpen";
/// Reason of Healthy=Unknown: the Finding `blind` is Open or Acknowledged; the message says what cannot be evaluated.
pub const REASON_BLIND: &str = "CannotJudge";
/// Reason of Healthy=Unknown: the checks were not evaluated since the spec changed, or failed but not often enough in a row for a
/// Finding; the message says which.
pub const REASON_NOT_JUDGED: &str = "NotJudgedYet";
/// Reason of Healthy=Unknown: Ready is False, so that no probe runs. The message is that of Ready.
pub const REASON_NOT_READY: &str = "NotReady";
/// Reason of Healthy=Unknown: no run has been completed for two intervals of the Scenario, as where its probes wait for their turn.
pub const REASON_LATE: &str = "Late";

/// Reason of Resolved=False: the failure threshold was reached for the first time.
pub const REASON_OPENED: &str = "Opened";
/// Reason of Resolved=False: the failure threshold was reached again after a resolution.
pub const REASON_REOPENED: &str = "Reopened";
/// Reason of Resolved=False and of Acknowledged=True: a person acknowledged the current occurrence.
pub const REASON_ACKNOWLEDGED: &str = "Acknowledged";
/// Reason of Resolved=False: a person removed the acknowledgement of the current occurrence.
pub const REASON_ACKNOWLEDGEMENT_REMOVED: &str = "AcknowledgementRemoved";
/// Reason of Resolved=True: the recovery threshold was reached.
pub const REASON_RECOVERED: &str = "Recovered";
/// Reason of Resolved=True: the Scenario no longer has the check or probe.
pub const REASON_CHECK_REMOVED: &str = "CheckRemoved";
/// Reason of Resolved=True: the Scenario was deleted.
pub const REASON_SCENARIO_REMOVED: &str = "ScenarioRemoved";
/// Reason of Acknowledged=False: the current occurrence is not acknowledged.
pub const REASON_NOT_ACKNOWLEDGED: &str = "NotAcknowledged";
/// Reason of Acknowledged=False: the Finding is resolved.
pub const REASON_RESOLVED: &str = "Resolved";

/// Maximum length of a condition's message, in bytes. Longer messages are cut, so that a status stays within its bound.
pub const MESSAGE_MAX: usize = 1024;

/// The status of a condition as a string: `Some(true)` is True, `Some(false)` is False, `None` is Unknown.
pub fn status_word(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "True",
        Some(false) => "False",
        None => "Unknown",
    }
}

/// Sets a condition in the list, or adds it. `lastTransitionTime` changes to `now` only if the status changes. `message` is
/// cut at [`MESSAGE_MAX`] bytes.
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

/// The condition of a type.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.type_ == type_)
}

/// Whether a text is `whole`, cut as [`bounded`] cuts a message.
pub fn is_bounded(text: &str, whole: &str) -> bool {
    if whole.len() <= MESSAGE_MAX { text == whole } else { text == bounded(whole, MESSAGE_MAX) }
}

/// `text`, cut at a character boundary to at most `max` bytes. A text that was cut ends in `…`.
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
