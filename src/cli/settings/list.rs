//! The list of all settings, and the page that documents them.

use super::format::Format;
use crate::telemetry::Limit;

/// A setting of the program.
pub struct Setting {
    pub name: &'static str,
    /// May contain `${NAME}` of other settings. `None`: not set by default.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
    pub(super) format: Format,
}

const fn setting(name: &'static str, default: Option<&'static str>, format: Format, meaning: &'static str) -> Setting {
    Setting { name, default, meaning, format }
}

/// All settings, in the order of the documentation.
pub const SETTINGS: &[Setting] = &[
    setting(
        "AGENTIC_INTERVAL_SEC",
        Some("300"),
        Format::Integer(1, 86_400),
        "interval in seconds of Scenarios without `interval`",
    ),
    setting("AGENTIC_LANGUAGE", Some("pt-BR"), Format::Language, "language of texts for people on duty"),
    setting(
        "AGENTIC_REGISTRY_FILES_MAX",
        Some("1000"),
        Format::Integer(1, 100_000),
        "YAML files of a registry, and of `check`, that are read; more are an error, and nothing is deleted meanwhile",
    ),
    setting(
        "AGENTIC_REGISTRY_BYTES_MAX",
        Some("33554432"),
        Format::Integer(65_536, 1_073_741_824),
        "size of all files of a registry, and of `check`, together; files beyond it are errors, and nothing is deleted meanwhile",
    ),
    setting("AGENTIC_LLM_ENABLED", Some("true"), Format::Bool, "whether the local model is used"),
    setting("OLLAMA_BASE_URL", None, Format::Url, "URL of the model server; if unset, the local model is not used"),
    setting("AGENTIC_LLM_MODEL", Some("qwen2.5:7b-instruct"), Format::Any, "model for advice and answers"),
    setting("AGENTIC_EMBED_MODEL", Some("nomic-embed-text"), Format::Any, "model for embeddings"),
    setting("AGENTIC_SPECS_ROOT", Some("./specs"), Format::Any, "directory of the runbooks"),
    setting(
        "AGENTIC_RUNBOOK_URL",
        None,
        Format::RunbookBase,
        "address of that directory on the web, such as its page in a Git server: Findings have the address of their runbook, `<this>/<spec>.md#<section>`; if unset, they have none",
    ),
    setting(
        "AGENTIC_CRITICAL_VMIDS",
        None,
        Format::Any,
        "ids of the virtual machines that must run, separated by commas",
    ),
    setting("VM123_IP", None, Format::Any, "IP address of VM 123"),
    setting("OPENPANEL_BRIDGE_URL", None, Format::Url, "URL of the OpenPanel bridge"),
    setting("DESK_API_URL", None, Format::Url, "URL of the Desk's API"),
    setting("WIZARD_API_URL", None, Format::Url, "URL of the wizard's API"),
    setting("WIZARD_PORTAL_URL", None, Format::Url, "URL of the wizard's portal"),
    setting("PFSENSE_API_URL", None, Format::Url, "URL of the pfSense API, through Traefik"),
    setting("PFSENSE_API_KEY", None, Format::Any, "pfSense API key"),
    setting("PROXMOX_API_URL", None, Format::Url, "URL of the Proxmox VE API"),
    setting("PROXMOX_API_TOKEN", None, Format::Any, "Proxmox VE API token, `USER@REALM!TOKENID=UUID`"),
    setting("FOSS_URL", Some("http://${VM123_IP}:8085"), Format::Url, "URL of FOSSBilling; the default needs VM123_IP"),
    setting("ODOO_URL", Some("http://${VM123_IP}:8069"), Format::Url, "URL of Odoo; the default needs VM123_IP"),
    setting("DESK_DB_PATH", None, Format::Any, "path of the Desk's SQLite database, which probes can read"),
    setting(
        "AGENTIC_SQLITE_PATHS",
        None,
        Format::Any,
        "paths of further SQLite databases that probes can read, separated by commas",
    ),
    setting(
        "AGENTIC_SQLITE_WORKERS",
        Some("4"),
        Format::Integer(2, 64),
        "SQLite queries that run at once, each in a process; at most half of them are of Scenarios that did not answer in time last",
    ),
    setting(
        "AGENTIC_SQLITE_WORKERS_PER_FILE",
        Some("3"),
        Format::Integer(1, 64),
        "SQLite queries that run at once on one file; at most half of them are of one Scenario",
    ),
    setting(
        "AGENTIC_SQLITE_MEMORY_MIB",
        Some("32"),
        Format::Integer(4, 4096),
        "memory in MiB that SQLite may take for a query",
    ),
    setting(
        "AGENTIC_SQLITE_MAX_TIME",
        Some("30s"),
        Format::Duration,
        "longest time of an SQLite query, whatever the timeout of its probe is",
    ),
    setting(
        "AGENTIC_PROBE_SECRET_KEYS",
        None,
        Format::Any,
        "further keys of the Secret agentic-ops that Scenarios can use, separated by commas",
    ),
    setting(
        "AGENTIC_ALLOW_LINK_LOCAL",
        Some("false"),
        Format::Bool,
        "whether connections can be made to link-local addresses and to the metadata services of clouds",
    ),
    setting(
        "AGENTIC_DENY_NETWORKS",
        None,
        Format::Networks,
        "networks to which no connections are made; the system's own resolvers and the Kubernetes API are exempt",
    ),
    setting(
        "AGENTIC_ALLOW_NETWORKS",
        None,
        Format::Networks,
        "networks to which connections are made although AGENTIC_DENY_NETWORKS or AGENTIC_ALLOW_LINK_LOCAL refuses them",
    ),
    setting(
        "AGENTIC_CA_FILE",
        None,
        Format::File,
        "file with CA certificates in PEM that probes and channels trust in addition to those of the system",
    ),
    setting(
        "OPS_INTERNAL_TOKEN",
        None,
        Format::Any,
        "bearer token for /internal/tick; if unset, the route responds with 503",
    ),
    setting("DESK_ROOT_NOTIFY_EMAIL", None, Format::Emails, "recipients of mail, separated by commas"),
    setting(
        "SMTP_URL",
        None,
        Format::SmtpUrl,
        "URL of the mail server, `smtp://user:pass@host:port?tls=required`; tls is `required` (STARTTLS, the default), `opportunistic` or `none`; with `smtps://` TLS comes first",
    ),
    setting("MAIL_FROM", None, Format::Sender, "sender address of mail"),
    setting("DESK_OPS_NTFY_TOPIC", None, Format::Any, "ntfy topic; who knows it can read and write it"),
    setting("NTFY_BASE_URL", Some("https://ntfy.sh"), Format::Url, "URL of the ntfy server"),
    setting("NTFY_TOKEN", None, Format::Any, "access token for ntfy"),
    setting(
        "AGENTIC_WEBHOOK_URL",
        None,
        Format::Url,
        "URL of a receiver in the format of Alertmanager's webhooks, version 4",
    ),
    setting("AGENTIC_WEBHOOK_TOKEN", None, Format::Any, "bearer token for that receiver"),
    setting(
        "AGENTIC_HEARTBEAT_URL",
        None,
        Format::Url,
        "URL of a push monitor, called again and again while the program works: it raises an alarm if the calls end",
    ),
    setting(
        "AGENTIC_HEARTBEAT_INTERVAL",
        Some("60s"),
        Format::Duration,
        "time between two calls of the push monitor; writes that fail for this long end them",
    ),
    setting(
        "AGENTIC_LATENESS_MAX",
        Some("30s"),
        Format::Duration,
        "time after which a probe that has not begun is late; probes of targets that hang are not counted",
    ),
    setting(
        "AGENTIC_LATENESS_WINDOW",
        Some("2m"),
        Format::Duration,
        "time over which probes are counted: if more than one in a hundred is late, a Finding of Scenario `agentic-ops` is opened and the push monitor is not called; after as long in time it is resolved",
    ),
    setting("AGENTIC_MAIL_MIN_SEVERITY", Some("high"), Format::Severity, "least severity of Findings that are mailed"),
    setting(
        "AGENTIC_NTFY_MIN_SEVERITY",
        Some("high"),
        Format::Severity,
        "least severity of Findings that ntfy tells of",
    ),
    setting(
        "AGENTIC_WEBHOOK_MIN_SEVERITY",
        Some("high"),
        Format::Severity,
        "least severity of Findings that the webhook tells of",
    ),
    setting(
        "AGENTIC_GROUP_WAIT",
        Some("30s"),
        Format::DurationOrNone,
        "time that a notice waits for others, to be sent as one; at most 1s after the first critical one",
    ),
    setting(
        "AGENTIC_REMIND_AFTER",
        Some("4h"),
        Format::DurationOrNone,
        "time after which people are reminded of a critical or high Finding that is open and not acknowledged, again and again",
    ),
    setting(
        "AGENTIC_ESCALATE_AFTER",
        Some("15m"),
        Format::DurationOrNone,
        "time after which a critical Finding that is open and not acknowledged is told to AGENTIC_ESCALATE_EMAIL",
    ),
    setting("AGENTIC_ESCALATE_EMAIL", None, Format::Emails, "recipients of escalations, separated by commas"),
    setting("AGENTIC_DIGEST_CRON", Some("0 8 * * *"), Format::Cron, "when the daily digest is mailed"),
    setting(
        "AGENTIC_TIMEZONE",
        Some("America/Sao_Paulo"),
        Format::TimeZone,
        "time zone of AGENTIC_DIGEST_CRON, of Silences that name none, and of times in notices",
    ),
    setting(
        "AGENTIC_AUTH_SECRET_FILE",
        None,
        Format::File,
        "file with the secret for tokens signed by the Desk with HS256",
    ),
    setting(
        "AGENTIC_AUTH_JWKS_URL",
        None,
        Format::Url,
        "URL of the key set for tokens signed by the Desk with RS256 or ES256",
    ),
    setting(
        "AGENTIC_AUTH_SERVICE_ACCOUNTS",
        None,
        Format::ServiceAccounts,
        "roles of service accounts whose tokens the REST facade accepts",
    ),
    setting(
        "AGENTIC_AUTH_TOKEN_REVIEW",
        Some("false"),
        Format::Bool,
        "whether the REST facade accepts tokens of the cluster, by TokenReview; set by the chart",
    ),
    setting("AGENTIC_AUTH_ISSUER", None, Format::Any, "required issuer (`iss`) of tokens"),
    setting("AGENTIC_AUTH_AUDIENCE", Some("agentic-ops"), Format::Any, "required audience (`aud`) of tokens"),
    setting("AGENTIC_AUTH_ROLES_CLAIM", Some("roles"), Format::Any, "claim of tokens with the roles"),
    setting(
        "AGENTIC_NAMES_CHECKED",
        Some("false"),
        Format::Bool,
        "whether an admission policy of the API server verifies names, so that names written with kubectl are proven; set by the chart",
    ),
    setting(
        "AGENTIC_DESK_URL",
        None,
        Format::Url,
        "base URL of links in mail and ntfy; defaults to the address of --desk-listen, or else of --listen",
    ),
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

/// The page `docs/settings.md`: every setting with default, format and meaning.
pub fn reference() -> String {
    let mut page = String::from(REFERENCE_HEAD);
    for setting in SETTINGS {
        let default = setting.default.map_or("none".to_string(), |d| format!("`{d}`"));
        let Setting { name, meaning, format, .. } = setting;
        page.push_str(&format!("| `{name}` | {default} | {} | {meaning} |\n", format.describe()));
    }
    page.push_str(FIXED_HEAD);
    for (limit, meaning) in FIXED {
        page.push_str(&format!("| `{}` | {meaning} |\n", limit.as_str()));
    }
    page
}

/// The limits that no setting changes.
const FIXED: [(Limit, &str); 9] = [
    (Limit::PreparedRuns, "512 runs read their settings and Secrets from the Kubernetes API at once; the others wait"),
    (
        Limit::CountedPeople,
        "the requests, and the commands, of 10,000 people are counted at once; further people get 429 for a minute",
    ),
    (
        Limit::EventBacklog,
        "the last 1,000 changes are kept for streams of `/events`; one that is further behind is ended",
    ),
    (Limit::RenderedLists, "4 lists are rendered at once by the embedded API server; the others wait"),
    (Limit::MetricsResponses, "8 responses of /metrics are sent at once; further requests wait"),
    (
        Limit::RepliesOfThread,
        "a Thread with 10,000 Messages takes no further one by REST: the answer is 409, and says to start a new conversation",
    ),
    (
        Limit::JsonPatch,
        "a JSON patch has at most 10,000 operations and copies at most 3 MiB, as in kube-apiserver; it nests at most 100 levels and moves at most 20,000,000 values",
    ),
    (
        Limit::RequestBytes,
        "a request to the embedded API server has a body of at most 3 MiB, and an object at most 1,500,000 bytes",
    ),
    (
        Limit::KnownSecrets,
        "the values of 512 Secrets, and 64 KiB of values, are redacted in the readings of all Scenarios; a Scenario's own are always redacted. A value over 256 bytes counts an eighth",
    ),
];

const FIXED_HEAD: &str = "
## Fixed limits

These limits report as the others do, and no setting changes them.

| limit | meaning |
|---|---|
";

const REFERENCE_HEAD: &str = "\
# Settings

Settings come from the process environment, otherwise from `.env` (or `--env-file`), otherwise from their defaults; in a cluster
from the ConfigMap and the Secret `agentic-ops`. `standalone` creates these two objects at start. Settings that are
credentials go to the Secret, all others to the ConfigMap: those whose names end in _KEY, _TOKEN, _PASSWORD or _SECRET, those in
AGENTIC_PROBE_SECRET_KEYS, and SMTP_URL, AGENTIC_WEBHOOK_URL, AGENTIC_HEARTBEAT_URL and DESK_OPS_NTFY_TOPIC.
`.env` can contain further names; Scenarios use them as `${NAME}` and `env.NAME`.

No address has a default, so that nothing is contacted without settings. A Scenario that refers to a setting without a value is
unknown and names it. `.env.example` and `helm/agentic-ops/examples/ligbox.yaml` have the addresses of the site that the nine
Scenarios were written for.

`.env` is read as Docker Compose reads it: `NAME=value` lines, with `export`, comments after white space and `#`, single quotes
(literal) and double quotes (with `\\n`, `\\t` and so on), and `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?message}`,
`${NAME:+other}` outside of single quotes, from the process environment or the lines before; `$$` is a dollar sign. A variable
without a value is replaced by nothing, with a warning. A line that cannot be read, which includes text after a closing quote,
prevents the start; the error has its number.

A change of the ConfigMap takes effect for Scenarios at their next run, and for the settings of the program itself at its next
start. An invalid value prevents the start; the error names the setting and the expected format. This page is generated.

Where a setting is a limit, reaching it counts in the metric `agentic_ops_limit_reached_total`, with the label `limit`, and is logged
at most once a minute.

| name | default | format | meaning |
|---|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_a_setting_or_documented_as_fixed() {
        for limit in Limit::ALL {
            let is_fixed = FIXED.iter().any(|(fixed, _)| *fixed == limit);
            match limit.setting() {
                Some(name) => assert!(SETTINGS.iter().any(|setting| setting.name == name) && !is_fixed, "{limit:?}"),
                None => assert!(is_fixed, "{limit:?}"),
            }
        }
    }
}
