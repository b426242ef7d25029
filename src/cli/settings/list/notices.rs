//! Notices: channels, when they are sent, and the heartbeat.

use super::{Setting, setting};
use crate::cli::settings::format::Format;

pub const SETTINGS: &[Setting] = &[
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
];
