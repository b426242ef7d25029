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

/// An object that is not of the operator has a name that the operator gives; what was to have it is stored under another.
pub fn name_taken(language: Language, kind: &str, instead: &str) -> String {
    text!(
        language,
        "Este nome é um dos que o operador dá, e este {kind} não é dele. O do operador foi gravado como {instead}.",
        "This name is one of those that the operator gives, and this {kind} is not of the operator. That of the operator is stored as {instead}.",
    )
}

/// As [`name_taken`], where others have all names.
pub fn names_taken(language: Language, kind: &str) -> String {
    text!(
        language,
        "Este nome é um dos que o operador dá, e este {kind} não é dele. O do operador não foi gravado: todos os nomes estão ocupados.",
        "This name is one of those that the operator gives, and this {kind} is not of the operator. That of the operator is not stored: all names are taken.",
    )
}
