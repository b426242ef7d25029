//! What Agents tell in Threads of Findings.

use super::language::Language;
use super::notices::severity;
use super::panel::words::severity as grade;
use crate::api::Severity;
use crate::domain::duration::rounded;
use std::time::Duration;

/// Headings of runbooks under which stands what a failure means, and how to repair it; the first that a page has is quoted.
pub const MEANING_HEADINGS: [&str; 3] = ["O que significa", "What it means", "Meaning"];
pub const REPAIR_HEADINGS: [&str; 3] = ["Como reparar", "How to repair", "Repair"];

/// A severity in brackets, before what is wrong; nothing if there is none.
pub fn badge(language: Language, of: Option<Severity>) -> String {
    of.map(|of| format!("[{}] ", severity(language, of))).unwrap_or_default()
}

/// A Finding was opened for the first time.
pub fn opened(language: Language, headline: &str) -> String {
    text!(language, "Nova ocorrência: {headline}", "New Finding: {headline}")
}

/// A Finding was opened again.
pub fn reopened(language: Language, occurrence: u32, headline: &str) -> String {
    text!(
        language,
        "Voltou a falhar ({occurrence}ª abertura): {headline}",
        "Failing again (opening {occurrence}): {headline}",
    )
}

/// The severity changed.
pub fn severity_changed(language: Language, from: Severity, to: Severity, headline: &str) -> String {
    let (from, to) = (grade(language, from).to_lowercase(), grade(language, to).to_lowercase());
    text!(
        language,
        "A severidade passou de {from} para {to}: {headline}",
        "The severity changed from {from} to {to}: {headline}",
    )
}

/// Who acknowledged, and when.
pub fn acknowledged(language: Language, by: &str, moment: &str) -> String {
    text!(language, "Reconhecida por {by} em {moment}.", "Acknowledged by {by} at {moment}.")
}

/// The note of an acknowledgement.
pub fn note(language: Language, note: &str) -> String {
    text!(language, "Nota: {note}", "Note: {note}")
}

/// What the acknowledgement of a Finding brings about.
pub fn quiet_until_resolved(language: Language) -> String {
    text!(
        language,
        "Não haverá mais avisos sobre esta ocorrência até que ela seja resolvida.",
        "There are no further notices about this Finding until it is resolved.",
    )
}

/// The acknowledgement of a Finding was taken back.
pub fn acknowledgement_removed(language: Language, headline: &str) -> String {
    text!(
        language,
        "O reconhecimento foi retirado, e os avisos voltam. Continua aberta: {headline}",
        "The acknowledgement was withdrawn, and notices are sent again. Still open: {headline}",
    )
}

/// The acknowledgement of a Message has ended.
pub fn acknowledgement_expired(language: Language, by: &str, headline: &str) -> String {
    text!(
        language,
        "O prazo do reconhecimento de {by} terminou. Continua aberta: {headline}",
        "The acknowledgement by {by} has ended. Still open: {headline}",
    )
}

/// Nobody acknowledged a Finding.
pub fn escalated(language: Language, after: Duration, headline: &str) -> String {
    let after = rounded(after);
    text!(
        language,
        "Escalada: ninguém reconheceu em {after}. Continua aberta: {headline}",
        "Escalated: nobody acknowledged it within {after}. Still open: {headline}",
    )
}

/// A Finding flaps.
pub fn flapping(language: Language, headline: &str) -> String {
    text!(
        language,
        "Instável: abriu três vezes em uma hora. Até que o estado se mantenha por 15 minutos, nem toda mudança é contada aqui: {headline}",
        "Flapping: opened three times within an hour. Until it has been stable for 15 minutes, not every change is told here: {headline}",
    )
}

/// A Finding flapped, and has kept its phase since.
pub fn settled(language: Language, is_open: bool, headline: &str) -> String {
    match is_open {
        true => text!(
            language,
            "Estável de novo, há 15 minutos, e aberta: {headline}",
            "Stable again, for 15 minutes, and open: {headline}",
        ),
        false => text!(
            language,
            "Estável de novo, há 15 minutos, e resolvida: {headline}",
            "Stable again, for 15 minutes, and resolved: {headline}",
        ),
    }
}

/// A Finding was resolved, after this long.
pub fn resolved(language: Language, moment: Option<&str>, after: Option<Duration>) -> String {
    let when = moment.map(|moment| text!(language, " em {moment}", " at {moment}")).unwrap_or_default();
    match after.map(rounded) {
        Some(after) => text!(language, "Resolvida{when}, depois de {after}.", "Resolved{when}, after {after}."),
        None => text!(language, "Resolvida{when}.", "Resolved{when}."),
    }
}

/// A Finding ended since nothing is read for it any more.
pub fn unwatched(language: Language, moment: Option<&str>, after: Option<Duration>) -> String {
    let when = moment.map(|moment| text!(language, " desde {moment}", " since {moment}")).unwrap_or_default();
    match after.map(rounded) {
        Some(after) => text!(
            language,
            "Encerrada: não é mais monitorada{when}. Esteve aberta por {after}.",
            "Closed: no longer watched{when}. It was open for {after}.",
        ),
        None => text!(language, "Encerrada: não é mais monitorada{when}.", "Closed: no longer watched{when}."),
    }
}

/// The root of a group of open Findings, in one line.
pub fn root(language: Language, root: &str, others: usize) -> String {
    match others {
        1 => text!(
            language,
            "Causa provável: {root}. Mais 1 ocorrência aberta vem dela:",
            "Probable cause: {root}. 1 more open Finding comes from it:",
        ),
        _ => text!(
            language,
            "Causa provável: {root}. Mais {others} ocorrências abertas vêm dela:",
            "Probable cause: {root}. {others} more open Findings come from it:",
        ),
    }
}

/// A Finding of a group, with its Scenario.
pub fn of_scenario(language: Language, headline: &str, scenario: &str) -> String {
    text!(language, "{headline} (cenário {scenario})", "{headline} (Scenario {scenario})")
}

/// The heading of what is open besides, with the same root.
pub fn affected(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "O que mais está afetado",
        Language::English => "What else is affected",
    }
}

/// The root, among what is affected.
pub fn cause(language: Language, root: &str) -> String {
    text!(language, "causa provável: {root}", "probable cause: {root}")
}

/// Further Findings that are not listed.
pub fn more_findings(language: Language, count: usize) -> String {
    super::notices::not_listed(language, count)
}

/// Further values that are not listed.
pub fn more_values(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "e mais 1 valor", "and 1 more value"),
        _ => text!(language, "e mais {count} valores", "and {count} more values"),
    }
}

/// A value with nothing in it.
pub fn empty(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "vazio",
        Language::English => "empty",
    }
}

/// The page of a runbook could not be read, or has nothing to be quoted.
pub fn runbook_unread(language: Language, spec: &str) -> String {
    text!(
        language,
        "Runbook {spec}: não foi possível ler a página aqui.",
        "{spec} runbook: the page could not be read here.",
    )
}
