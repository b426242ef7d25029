//! What is said in Threads besides what Agents tell of a Finding.

use super::language::Language;
use super::notices::moment;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What follows from the acknowledgement of a Message, whose Finding was not acknowledged.
pub fn message_acknowledged(language: Language, zone: &TimeZone, until: Option<Timestamp>) -> String {
    match until.map(|until| moment(language, until, zone)) {
        Some(until) => text!(
            language,
            "Vale para a mensagem, até {until}; a ocorrência continua aberta. Se ela ainda estiver aberta depois disso, uma nova mensagem pede atenção.",
            "This is about the message, until {until}; the Finding stays open. If it is still open after that, a new message asks for attention.",
        ),
        None => text!(
            language,
            "Vale para a mensagem; a ocorrência continua aberta.",
            "This is about the message; the Finding stays open.",
        ),
    }
}
