//! Formats of setting values, and their validation.

use crate::api::Severity;
use crate::channels;
use crate::domain::duration;
use crate::domain::notice::SmtpUrl;
use crate::domain::recurrence::Schedule;
use crate::domain::runbook::RunbookBase;
use crate::domain::texts::Language;
use crate::facade::parse_origins;
use crate::facade::token_review::parse_service_accounts;
use crate::net::networks::parse_networks;
use std::time::Duration;

/// The format of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Any,
    Bool,
    Url,
    /// The address of the runbooks.
    RunbookBase,
    Emails,
    /// One mail address, with or without a name.
    Sender,
    Language,
    File,
    ServiceAccounts,
    /// Networks in CIDR notation, separated by commas.
    Networks,
    /// Origins as browsers send them, separated by commas.
    Origins,
    /// An integer from the first to the second, both included.
    Integer(u64, u64),
    /// A duration as Go writes it, such as 90s or 2160h, of at least a second.
    Duration,
    /// A duration as Go writes it; 0s is none.
    DurationOrNone,
    Severity,
    /// A cron expression of five fields.
    Cron,
    /// A time zone of the IANA database.
    TimeZone,
    /// The URL of a mail server.
    SmtpUrl,
}

impl Format {
    /// The format as the documentation states it.
    pub fn describe(self) -> String {
        match self {
            Format::Any => "string".into(),
            Format::Bool => "true or false".into(),
            Format::Url => "absolute http or https URL".into(),
            Format::RunbookBase => "absolute http or https URL without user, query and fragment".into(),
            Format::Emails => "mail addresses, separated by commas".into(),
            Format::Sender => "mail address, as ops@example.com or `Ops <ops@example.com>`".into(),
            Format::Language => "pt-BR or en".into(),
            Format::File => "path of an existing file".into(),
            Format::ServiceAccounts => "`namespace/name=role+role`, separated by commas".into(),
            Format::Networks => "networks such as 10.0.0.0/8, separated by commas".into(),
            Format::Origins => "origins such as `https://desk.example.com`, separated by commas".into(),
            Format::Integer(least, most) => format!("integer from {least} to {most}"),
            Format::Duration => "duration such as 90s or 2160h".into(),
            Format::DurationOrNone => "duration such as 90s or 4h; 0s is never".into(),
            Format::Severity => "critical, high, medium, low or info".into(),
            Format::Cron => "cron expression of five fields".into(),
            Format::TimeZone => "name of a time zone".into(),
            Format::SmtpUrl => "`smtp://` or `smtps://` URL".into(),
        }
    }

    /// Validates a value. The error says what the value should be.
    pub fn validate(self, value: &str) -> Result<(), String> {
        let should = |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("should be {what}")) };
        match self {
            Format::Any => Ok(()),
            Format::Integer(least, most) => {
                let in_range = value.parse::<u64>().is_ok_and(|number| (least..=most).contains(&number));
                should(in_range, &format!("a whole number from {least} to {most}"))
            }
            Format::Duration => {
                let is_long = duration::parse(value).is_ok_and(|d| d >= Duration::from_secs(1));
                should(is_long, "a duration of at least 1s, such as 90s, 30m or 2160h")
            }
            Format::DurationOrNone => {
                should(duration::parse(value).is_ok(), "a duration such as 90s or 4h, or 0s for never")
            }
            Format::Severity => {
                let names = Severity::ALL.map(Severity::as_str);
                should(names.contains(&value), "critical, high, medium, low or info")
            }
            Format::Cron => Schedule::check_cron(value),
            Format::TimeZone => Schedule::check_time_zone(value),
            Format::SmtpUrl => SmtpUrl::parse(value).map(drop),
            Format::Bool => {
                let words = ["true", "false", "1", "0", "yes", "no", "on", "off"];
                should(words.contains(&value), "true or false")
            }
            Format::Url => {
                let url = url::Url::parse(value);
                let is_http = url.is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
                should(is_http, "an absolute URL, as http://host:port")
            }
            Format::RunbookBase => RunbookBase::parse(value).map(drop),
            Format::Emails => {
                let are_mail = value.split(',').all(|address| channels::address(address).is_some());
                should(are_mail, "mail addresses such as ana@example.com, separated by commas")
            }
            Format::Sender => should(
                channels::address(value).is_some(),
                "one mail address, such as ops@example.com or Ops <ops@example.com>",
            ),
            Format::ServiceAccounts => parse_service_accounts(value).map(drop),
            Format::Networks => parse_networks(value).map(drop),
            Format::Origins => parse_origins(value).map(drop),
            Format::Language => should(Language::parse(value).is_some(), "pt-BR or en"),
            Format::File => {
                std::fs::metadata(value).map(drop).map_err(|e| format!("should be the path of an existing file: {e}"))
            }
        }
    }
}
