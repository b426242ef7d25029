//! Limits of what the program does, holds and keeps, and of its clients.

use super::{Setting, setting};
use crate::cli::settings::format::Format;

pub const SETTINGS: &[Setting] = &[
    setting(
        "AGENTIC_LEASE_SEC",
        None,
        Format::Integer(3, 300),
        "duration in seconds of the leader election Lease: a leader that stops renewing it is replaced after this time; defaults to 15",
    ),
    setting(
        "AGENTIC_PROBES_MAX",
        Some("1024"),
        Format::Integer(16, 65_536),
        "probes under way at once; the others wait for their turn. By the recent time of their probes, targets that take 63 ms or more together use at most 7/8 of it, those that take 250 ms or more 6/8, a second or more 5/8, and those that were never read or that timed out the last time half",
    ),
    setting(
        "AGENTIC_PROBES_PER_TARGET",
        Some("128"),
        Format::Integer(1, 65_536),
        "probes of one target (host and port, or file) under way at once; of a target that takes 250 ms or more half of this, a second or more a quarter, and of one that was never read or that timed out the last time an eighth",
    ),
    setting(
        "AGENTIC_READINGS_BYTES",
        Some("67108864"),
        Format::Integer(4_194_304, 17_179_869_184),
        "memory that readings take until they are judged, in bytes; a quarter is for readings of at most 64 KiB. A reading beyond it is the error `memory`. The JSON of one Scenario may take half of it once it is parsed, which is about 13 times its text",
    ),
    setting(
        "AGENTIC_CONNECTIONS_MAX",
        Some("512"),
        Format::Integer(16, 65_536),
        "open connections of each server, the facade and the embedded API server; at most a quarter of the files that the process may open",
    ),
    setting(
        "AGENTIC_UNAUTHENTICATED_CONNECTIONS_MAX",
        Some("128"),
        Format::Integer(4, 65_536),
        "those of them without a request with a valid token, at most half; beyond it the oldest one is closed for a new one",
    ),
    setting(
        "AGENTIC_HEADER_TIMEOUT",
        Some("10s"),
        Format::Duration,
        "time that a client has for a TLS handshake and the head of a request",
    ),
    setting(
        "AGENTIC_HEADER_BYTES_MAX",
        Some("65536"),
        Format::Integer(8_192, 1_048_576),
        "size of the head of a request; larger ones, and more than 100 headers, are answered with 431",
    ),
    setting(
        "AGENTIC_TRANSFER_TIMEOUT",
        Some("30s"),
        Format::Duration,
        "time that a client has to send the body of a request, or 8 KiB more of it, and to take a part of a response",
    ),
    setting(
        "AGENTIC_IDLE_TIMEOUT",
        Some("90s"),
        Format::Duration,
        "time after which a connection without a request is closed",
    ),
    setting(
        "AGENTIC_WATCH_BACKLOG_BYTES",
        Some("1048576"),
        Format::Integer(65_536, 1_073_741_824),
        "size of the changes after which a watch of the embedded API server is ended whose client takes nothing",
    ),
    setting(
        "AGENTIC_REQUEST_BODIES_BYTES",
        Some("33554432"),
        Format::Integer(4_194_304, 1_073_741_824),
        "size of all request bodies over 64 KiB that the embedded API server handles at once; further ones are answered with 429",
    ),
    setting(
        "AGENTIC_RESPONSES_BYTES",
        Some("67108864"),
        Format::Integer(4_194_304, 1_073_741_824),
        "size of all responses over 64 KiB that the embedded API server sends at once; further ones are answered with 429, and one that is larger than this with 413",
    ),
    setting(
        "AGENTIC_EVALUATIONS_MAX",
        Some("2"),
        Format::Integer(2, 64),
        "evaluations at once of Scenarios whose expressions can take long, each of which keeps a processor busy; at most half of them are of Scenarios that took more than 400,000 steps the last time, or more than 40,000 of their first evaluation",
    ),
    setting(
        "AGENTIC_EVALUATION_STEPS",
        Some("8000000"),
        Format::Integer(100_000, 1_000_000_000),
        "steps that all expressions of a Scenario may take together in one run; the checks beyond it are unknown",
    ),
    setting(
        "AGENTIC_RETENTION",
        Some("2160h"),
        Format::Duration,
        "age at which resolved Findings, ended Silences, closed Threads with their Messages, and Actions are removed",
    ),
    setting(
        "AGENTIC_RETENTION_MAX",
        Some("10000"),
        Format::Integer(0, 1_000_000),
        "resolved Findings, ended Silences, closed Threads and Messages of closed Threads that are kept at most, of each kind; the oldest are removed first",
    ),
    setting(
        "AGENTIC_THREAD_RECUR_WITHIN",
        Some("24h"),
        Format::Duration,
        "time after its resolution within which a Finding that opens again goes on in its Thread",
    ),
    setting(
        "AGENTIC_THREAD_CLOSE_AFTER",
        Some("24h"),
        Format::Duration,
        "time after the resolution of its Finding at which a Thread is closed",
    ),
    setting(
        "AGENTIC_CONVERSATION_CLOSE_AFTER",
        Some("168h"),
        Format::Duration,
        "time after its last Message at which a conversation without a Finding is closed",
    ),
    setting(
        "AGENTIC_THREAD_MESSAGES_MAX",
        Some("1000"),
        Format::Integer(10, 10_000),
        "Messages of a Thread at which a Finding that opens again begins a new one",
    ),
    setting(
        "AGENTIC_ACTIONS_MAX",
        Some("100000"),
        Format::Integer(1, 10_000_000),
        "Actions that are kept at most; the oldest are removed first",
    ),
    setting(
        "AGENTIC_EVENT_TTL",
        Some("1h"),
        Format::Duration,
        "age at which the API server of standalone removes Events",
    ),
    setting(
        "AGENTIC_EVENTS_MAX",
        Some("10000"),
        Format::Integer(100, 1_000_000),
        "Events that the API server of standalone keeps at most; the oldest are removed first",
    ),
    setting(
        "AGENTIC_FINDINGS_PER_CHECK",
        Some("200"),
        Format::Integer(1, 10_000),
        "Findings of a check with `forEach` that are kept, resolved ones included; further failing items are counted in one Finding",
    ),
    setting(
        "AGENTIC_NEW_KEYS_PER_HOUR",
        Some("100"),
        Format::Integer(1, 10_000),
        "items of a check with `forEach` that get a Finding for the first time within an hour; further failing items are counted in one Finding",
    ),
    setting(
        "AGENTIC_ACTIONS_PER_MINUTE",
        Some("60"),
        Format::Integer(1, 10_000),
        "commands of one person within a minute, by each replica; further ones are refused with 429",
    ),
    setting(
        "AGENTIC_ANSWERS_PER_MINUTE",
        Some("60"),
        Format::Integer(1, 1_000),
        "answers of Agents to one author within a minute; one more says so, and further Messages wait until the limit allows, an hour at most",
    ),
    setting(
        "AGENTIC_REQUESTS_PER_MINUTE",
        Some("600"),
        Format::Integer(10, 1_000_000),
        "REST requests of one identity with a valid token within a minute, by each replica, whatever they do; further ones are refused with 429",
    ),
    setting(
        "AGENTIC_EVENT_STREAMS_MAX",
        Some("64"),
        Format::Integer(1, 10_000),
        "streams of `/events` that are open at once, by each replica, and at most half of the connections that only clients with a valid token can have; further ones are refused with 429",
    ),
    setting(
        "AGENTIC_EVENT_STREAMS_PER_PERSON",
        Some("4"),
        Format::Integer(1, 1_000),
        "those of one person; further ones are refused with 429",
    ),
    setting(
        "AGENTIC_CORS_ORIGINS",
        None,
        Format::Origins,
        "origins whose pages may call the REST routes from a browser, separated by commas; none if unset",
    ),
];
