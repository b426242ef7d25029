//! The limits that report when they are reached: by the metric `agentic_ops_limit_reached_total` and a log line.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Each limit is logged at most once in this time; the metric counts every time.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// A limit that protects the program, or others, from one target, author or client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Probes under way, of all targets.
    Probes,
    /// Probes under way of one target.
    ProbesOfTarget,
    /// Probes under way of slow targets together.
    ProbesOfSlowTargets,
    /// Findings of a check with `forEach`.
    FindingsPerCheck,
    /// Keys of a check with `forEach` that get a Finding within an hour.
    NewKeysPerHour,
    /// Resolved Findings, ended Silences, and closed Threads and their Messages.
    RetainedObjects,
    /// Actions that are kept.
    RetainedActions,
    /// Messages of the Thread of a Finding.
    ThreadMessages,
    /// Events that the embedded API server keeps.
    RetainedEvents,
    /// Actions of one person within a minute.
    ActionsPerMinute,
    /// Answers of Agents to one author within a minute.
    AnswersPerMinute,
    /// Open connections of clients, or file descriptors for them.
    Connections,
    /// Connections of clients without a valid token.
    UnauthenticatedConnections,
    /// Time for a TLS handshake or the head of a request.
    HeaderTimeout,
    /// Size of the head of a request.
    HeaderBytes,
    /// Time for a part of the body of a request, or for a response to be taken.
    TransferTimeout,
    /// Changes that the client of a watch does not read.
    WatchBacklog,
    /// Memory for the bodies of large requests.
    RequestBodies,
    /// Memory for large responses.
    Responses,
    /// SQLite queries that run at once.
    SqliteWorkers,
    /// SQLite queries that run at once on one file.
    SqliteWorkersPerFile,
    /// Memory of one SQLite query.
    SqliteMemory,
    /// Time of one SQLite query.
    SqliteTime,
    /// Memory for readings.
    Readings,
    /// Evaluations of Scenarios that keep a thread busy, at once.
    Evaluations,
    /// Runs that read their configuration at once.
    PreparedRuns,
    /// People whose commands are counted at once.
    CountedPeople,
    /// Lists that the embedded API server renders at once.
    RenderedLists,
    /// Operations, copied bytes, depth and work of a JSON patch.
    JsonPatch,
    /// Size of the body of a request, or of an object, of the embedded API server.
    RequestBytes,
    /// Files of a registry.
    RegistryFiles,
    /// Size of the files of a registry.
    RegistryBytes,
    /// Runbooks that are indexed.
    RunbookFiles,
    /// Size of the runbooks that are indexed.
    RunbookBytes,
    /// Secrets, and their values, that are redacted in the readings of all Scenarios.
    KnownSecrets,
    /// Responses with metrics that are sent at once.
    MetricsResponses,
    /// Requests of one identity within a minute.
    RequestsPerMinute,
    /// Streams of events that are open at once.
    EventStreams,
    /// Streams of events of one person.
    EventStreamsPerPerson,
    /// Events that a client does not read.
    EventBacklog,
    /// Messages of a Thread that people write by REST.
    RepliesOfThread,
    /// The cost of a CEL expression, or of all expressions of a Scenario in one run.
    Evaluation,
}

impl Limit {
    /// All limits.
    pub const ALL: [Limit; 42] = [
        Limit::Probes,
        Limit::ProbesOfTarget,
        Limit::ProbesOfSlowTargets,
        Limit::FindingsPerCheck,
        Limit::NewKeysPerHour,
        Limit::RetainedObjects,
        Limit::RetainedActions,
        Limit::ThreadMessages,
        Limit::RetainedEvents,
        Limit::ActionsPerMinute,
        Limit::AnswersPerMinute,
        Limit::Connections,
        Limit::UnauthenticatedConnections,
        Limit::HeaderTimeout,
        Limit::HeaderBytes,
        Limit::TransferTimeout,
        Limit::WatchBacklog,
        Limit::RequestBodies,
        Limit::Responses,
        Limit::SqliteWorkers,
        Limit::SqliteWorkersPerFile,
        Limit::SqliteMemory,
        Limit::SqliteTime,
        Limit::Readings,
        Limit::Evaluations,
        Limit::PreparedRuns,
        Limit::CountedPeople,
        Limit::RenderedLists,
        Limit::JsonPatch,
        Limit::RequestBytes,
        Limit::RegistryFiles,
        Limit::RegistryBytes,
        Limit::RunbookFiles,
        Limit::RunbookBytes,
        Limit::KnownSecrets,
        Limit::MetricsResponses,
        Limit::RequestsPerMinute,
        Limit::EventStreams,
        Limit::EventStreamsPerPerson,
        Limit::EventBacklog,
        Limit::RepliesOfThread,
        Limit::Evaluation,
    ];

    /// The value of the metric's label `limit`.
    pub fn as_str(self) -> &'static str {
        match self {
            Limit::Probes => "probes",
            Limit::ProbesOfTarget => "probes_per_target",
            Limit::ProbesOfSlowTargets => "probes_of_slow_targets",
            Limit::FindingsPerCheck => "findings_per_check",
            Limit::NewKeysPerHour => "new_keys_per_hour",
            Limit::RetainedObjects => "retained_objects",
            Limit::RetainedActions => "retained_actions",
            Limit::ThreadMessages => "thread_messages",
            Limit::RetainedEvents => "retained_events",
            Limit::ActionsPerMinute => "actions_per_minute",
            Limit::AnswersPerMinute => "answers_per_minute",
            Limit::Connections => "connections",
            Limit::UnauthenticatedConnections => "unauthenticated_connections",
            Limit::HeaderTimeout => "header_timeout",
            Limit::HeaderBytes => "header_bytes",
            Limit::TransferTimeout => "transfer_timeout",
            Limit::WatchBacklog => "watch_backlog",
            Limit::RequestBodies => "request_bodies",
            Limit::Responses => "responses",
            Limit::SqliteWorkers => "sqlite_workers",
            Limit::SqliteWorkersPerFile => "sqlite_workers_per_file",
            Limit::SqliteMemory => "sqlite_memory",
            Limit::SqliteTime => "sqlite_time",
            Limit::Readings => "readings",
            Limit::Evaluations => "evaluations",
            Limit::PreparedRuns => "prepared_runs",
            Limit::CountedPeople => "counted_people",
            Limit::RenderedLists => "rendered_lists",
            Limit::JsonPatch => "json_patch",
            Limit::RequestBytes => "request_bytes",
            Limit::RegistryFiles => "registry_files",
            Limit::RegistryBytes => "registry_bytes",
            Limit::RunbookFiles => "runbook_files",
            Limit::RunbookBytes => "runbook_bytes",
            Limit::KnownSecrets => "known_secrets",
            Limit::MetricsResponses => "metrics_responses",
            Limit::RequestsPerMinute => "requests_per_minute",
            Limit::EventStreams => "event_streams",
            Limit::EventStreamsPerPerson => "event_streams_per_person",
            Limit::EventBacklog => "event_backlog",
            Limit::RepliesOfThread => "replies_of_thread",
            Limit::Evaluation => "evaluation",
        }
    }

    /// The setting that changes it; `None` where it is fixed.
    pub fn setting(self) -> Option<&'static str> {
        Some(match self {
            Limit::Probes | Limit::ProbesOfSlowTargets => "AGENTIC_PROBES_MAX",
            Limit::ProbesOfTarget => "AGENTIC_PROBES_PER_TARGET",
            Limit::FindingsPerCheck => "AGENTIC_FINDINGS_PER_CHECK",
            Limit::NewKeysPerHour => "AGENTIC_NEW_KEYS_PER_HOUR",
            Limit::RetainedObjects => "AGENTIC_RETENTION_MAX",
            Limit::RetainedActions => "AGENTIC_ACTIONS_MAX",
            Limit::ThreadMessages => "AGENTIC_THREAD_MESSAGES_MAX",
            Limit::RetainedEvents => "AGENTIC_EVENTS_MAX",
            Limit::ActionsPerMinute => "AGENTIC_ACTIONS_PER_MINUTE",
            Limit::AnswersPerMinute => "AGENTIC_ANSWERS_PER_MINUTE",
            Limit::Connections => "AGENTIC_CONNECTIONS_MAX",
            Limit::UnauthenticatedConnections => "AGENTIC_UNAUTHENTICATED_CONNECTIONS_MAX",
            Limit::HeaderTimeout => "AGENTIC_HEADER_TIMEOUT",
            Limit::HeaderBytes => "AGENTIC_HEADER_BYTES_MAX",
            Limit::TransferTimeout => "AGENTIC_TRANSFER_TIMEOUT",
            Limit::WatchBacklog => "AGENTIC_WATCH_BACKLOG_BYTES",
            Limit::RequestBodies => "AGENTIC_REQUEST_BODIES_BYTES",
            Limit::Responses => "AGENTIC_RESPONSES_BYTES",
            Limit::SqliteWorkers => "AGENTIC_SQLITE_WORKERS",
            Limit::SqliteWorkersPerFile => "AGENTIC_SQLITE_WORKERS_PER_FILE",
            Limit::SqliteMemory => "AGENTIC_SQLITE_MEMORY_MIB",
            Limit::SqliteTime => "AGENTIC_SQLITE_MAX_TIME",
            Limit::Readings => "AGENTIC_READINGS_BYTES",
            Limit::Evaluations => "AGENTIC_EVALUATIONS_MAX",
            Limit::RegistryFiles => "AGENTIC_REGISTRY_FILES_MAX",
            Limit::RegistryBytes => "AGENTIC_REGISTRY_BYTES_MAX",
            Limit::RunbookFiles => "AGENTIC_SPECS_FILES_MAX",
            Limit::RunbookBytes => "AGENTIC_SPECS_BYTES_MAX",
            Limit::RequestsPerMinute => "AGENTIC_REQUESTS_PER_MINUTE",
            Limit::EventStreams => "AGENTIC_EVENT_STREAMS_MAX",
            Limit::EventStreamsPerPerson => "AGENTIC_EVENT_STREAMS_PER_PERSON",
            Limit::Evaluation => "AGENTIC_EVALUATION_STEPS",
            Limit::PreparedRuns
            | Limit::CountedPeople
            | Limit::RenderedLists
            | Limit::JsonPatch
            | Limit::RequestBytes
            | Limit::KnownSecrets
            | Limit::MetricsResponses
            | Limit::EventBacklog
            | Limit::RepliesOfThread => return None,
        })
    }
}

/// When each limit was logged last.
#[derive(Default)]
pub(super) struct Throttle {
    logged: Mutex<HashMap<Limit, Instant>>,
}

impl Throttle {
    /// Whether the limit may be logged at `now`; if so, it counts as logged.
    pub fn is_due(&self, limit: Limit, now: Instant) -> bool {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = logged.get(&limit).is_none_or(|last| now.saturating_duration_since(*last) >= LOG_INTERVAL);
        if is_due {
            logged.insert(limit, now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_limits_are_listed_once_in_order() {
        for (at, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!(limit as usize, at, "{limit:?}");
        }
        assert_eq!(Limit::ALL.last(), Some(&Limit::Evaluation), "the last of the list");
    }

    #[test]
    fn a_limit_is_logged_once_a_minute() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let due = |seconds| throttle.is_due(Limit::Probes, start + Duration::from_secs(seconds));
        assert_eq!([0, 1, 59, 60, 61, 120].map(due), [true, false, false, true, false, true]);
    }
}
