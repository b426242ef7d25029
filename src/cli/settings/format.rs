//! Formats of setting values, and their validation.

use crate::domain::texts::Language;
use crate::facade::token_review::parse_service_accounts;

/// The format of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Any,
    Seconds,
    Bool,
    Url,
    Emails,
    Language,
    File,
    ServiceAccounts,
    LeaseSeconds,
}

impl Format {
    /// The format as the documentation states it.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Any => "string",
            Format::Seconds => "integer from 1 to 86400",
            Format::Bool => "true or false",
            Format::Url => "absolute http or https URL",
            Format::Emails => "mail addresses, separated by commas",
            Format::Language => "pt-BR or en",
            Format::File => "path of an existing file",
            Format::ServiceAccounts => "`namespace/name=role+role`, separated by commas",
            Format::LeaseSeconds => "integer from 3 to 300",
        }
    }

    /// Validates a value. The error says what the value should be.
    pub fn validate(self, value: &str) -> Result<(), String> {
        let should = |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("should be {what}")) };
        match self {
            Format::Any => Ok(()),
            Format::Seconds => {
                let in_range = value.parse::<u64>().is_ok_and(|s| (1..=86_400).contains(&s));
                should(in_range, "a whole number of seconds from 1 to 86400")
            }
            Format::Bool => {
                let words = ["true", "false", "1", "0", "yes", "no", "on", "off"];
                should(words.contains(&value), "true or false")
            }
            Format::Url => {
                let url = url::Url::parse(value);
                let is_http = url.is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
                should(is_http, "an absolute URL, as http://host:port")
            }
            Format::Emails => {
                let is_mail = |m: &str| {
                    m.trim().split_once('@').is_some_and(|(l, d)| !l.is_empty() && d.contains('.') || d == "localhost")
                };
                should(value.split(',').all(is_mail), "mail addresses, separated by commas")
            }
            Format::LeaseSeconds => {
                let in_range = value.parse::<u64>().is_ok_and(|s| (3..=300).contains(&s));
                should(in_range, "a whole number of seconds from 3 to 300")
            }
            Format::ServiceAccounts => parse_service_accounts(value).map(drop),
            Format::Language => should(Language::parse(value).is_some(), "pt-BR or en"),
            Format::File => {
                std::fs::metadata(value).map(drop).map_err(|e| format!("should be the path of an existing file: {e}"))
            }
        }
    }
}
