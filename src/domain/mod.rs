//! Pure decisions: no clock, no network, no Kubernetes client. Time and readings are arguments.
//!
//! `Scenario` spec -> [`validate`] -> [`prepare`] -> readings -> [`outcome`] -> [`streak`] -> [`desired`] -> [`pending`] -> [`transition`] -> Finding.

pub mod addition;
pub mod advice;
pub mod agents;
pub mod argument;
pub(crate) mod clip;
pub mod conversation;
pub mod desired;
pub mod desk_url;
pub mod detail;
pub mod difference;
pub mod duration;
pub mod evidence;
pub mod explained;
pub mod false_part;
pub mod fingerprint;
#[cfg(test)]
mod fixtures;
pub mod heartbeat;
pub mod history;
pub mod key_hosts;
pub mod keys;
pub mod lateness;
pub mod markdown;
pub mod model;
pub mod names;
pub mod notice;
pub mod outcome;
pub mod outgoing;
pub mod owner;
pub mod pending;
pub mod prepare;
pub mod printable;
pub mod probe_fields;
pub mod probe_targets;
pub mod reading;
pub mod recurrence;
pub mod redact;
pub mod refusal;
pub mod retention;
pub mod run_failure;
pub mod runbook;
pub mod runbook_section;
pub mod runbooks;
pub mod salvage;
pub mod schedule;
pub mod silence;
pub mod similar;
pub mod streak;
pub mod target;
pub mod template;
pub mod texts;
pub mod thread;
pub mod transition;
pub mod validate;
pub mod written_at;
