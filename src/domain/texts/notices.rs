//! Notices: what mail, ntfy and the webhook say.

use super::language::Language;
use crate::api::Severity;
use crate::domain::duration::rounded;
use jiff::tz::TimeZone;
use jiff::{Timestamp, tz};
use std::time::Duration;

/// A severity, as people read it.
pub fn severity(language: Language, severity: Severity) -> &'static str {
    match (language, severity) {
        (Language::Portuguese, Severity::Critical) => "crítico",
        (Language::Portuguese, Severity::High) => "alto",
        (Language::Portuguese, Severity::Medium) => "médio",
        (Language::Portuguese, Severity::Low) => "baixo",
        (Language::Portuguese, Severity::Info) => "informativo",
        (Language::English, severity) => severity.as_str(),
    }
}

/// A time in a time zone, without the zone: `26/11/2026 10:08`.
pub fn moment(language: Language, at: Timestamp, zone: &TimeZone) -> String {
    let format = match language {
        Language::Portuguese => "%d/%m/%Y %H:%M",
        Language::English => "%Y-%m-%d %H:%M",
    };
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

/// A time in a time zone, with the zone: `26/11/2026 10:08 -03`.
pub fn moment_of_zone(language: Language, at: Timestamp, zone: &TimeZone) -> String {
    format!("{} {}", moment(language, at, zone), at.to_zoned(zone.clone()).strftime("%Z"))
}

/// A time in a time zone to the second, without the zone: `26/11/2026 10:08:12`.
pub fn second(language: Language, at: Timestamp, zone: &TimeZone) -> String {
    format!("{}{}", moment(language, at, zone), at.to_zoned(zone.clone()).strftime(":%S"))
}

/// A date: `26/11/2026`.
pub fn date(language: Language, date: jiff::civil::Date) -> String {
    let format = match language {
        Language::Portuguese => "%d/%m/%Y",
        Language::English => "%Y-%m-%d",
    };
    date.strftime(format).to_string()
}

/// How long ago something was.
pub fn ago(language: Language, span: Duration) -> String {
    let span = rounded(span);
    text!(language, "há {span}", "{span} ago")
}

/// The end of a subject that names one of several Findings.
pub fn and_more(language: Language, count: usize) -> String {
    text!(language, "(e mais {count})", "(and {count} more)")
}

/// State: resolved, and when.
pub fn resolved_at(language: Language, moment: Option<&str>) -> String {
    match moment {
        Some(moment) => text!(language, "Resolvida em {moment}", "Resolved at {moment}"),
        None => text!(language, "Resolvida", "Resolved"),
    }
}

/// State: the check, the Scenario or the item is no longer watched.
pub fn no_longer_watched(language: Language) -> String {
    text!(language, "Não é mais monitorado", "No longer watched")
}

/// State: acknowledged, with whether the name is proven.
pub fn acknowledged_by(language: Language, by: &str, is_proven: bool, note: Option<&str>) -> String {
    let by = person(language, by, is_proven);
    match note {
        Some(note) => text!(language, "Reconhecida por {by}: {note}", "Acknowledged by {by}: {note}"),
        None => text!(language, "Reconhecida por {by}", "Acknowledged by {by}"),
    }
}

/// State: acknowledged, by whom is not known.
pub fn acknowledged(language: Language) -> String {
    text!(language, "Reconhecida", "Acknowledged")
}

/// The name of a person, with whether it is proven.
pub fn person(language: Language, name: &str, is_proven: bool) -> String {
    match is_proven {
        true => name.to_string(),
        false => text!(language, "{name} (nome não comprovado)", "{name} (name not proven)"),
    }
}

/// State: still open, since when.
pub fn still_open(language: Language, since: Option<&str>) -> String {
    match since {
        Some(since) => text!(language, "Ainda aberta desde {since}", "Still open since {since}"),
        None => text!(language, "Ainda aberta", "Still open"),
    }
}

/// State: escalated.
pub fn escalated(language: Language, since: Option<&str>) -> String {
    match since {
        Some(since) => text!(
            language,
            "Escalada: ninguém reconheceu; aberta desde {since}",
            "Escalated: nobody acknowledged it; open since {since}",
        ),
        None => text!(language, "Escalada: ninguém reconheceu", "Escalated: nobody acknowledged it"),
    }
}

/// State: flapping.
pub fn flapping(language: Language) -> String {
    text!(language, "Instável: abriu três vezes em uma hora", "Flapping: opened three times within an hour",)
}

/// State: the local model advised.
pub fn advised(language: Language) -> String {
    text!(
        language,
        "Orientação do modelo local, conferida com os runbooks",
        "Advice of the local model, checked against the runbooks",
    )
}

/// What follows a notice that says flapping.
pub fn flapping_next(language: Language) -> String {
    text!(
        language,
        "O próximo aviso vem quando o estado se mantiver por 15 minutos.",
        "The next notice comes when it has been stable for 15 minutes.",
    )
}

/// The first line of a message about several Findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    Opened,
    Flapping,
    Acknowledged,
    StillOpen,
    Escalated,
    Advised,
    Resolved,
    /// So many ended; the others are still open.
    Mixed {
        ended: usize,
    },
    /// Some are resolved, so many are no longer watched.
    Ended {
        unwatched: usize,
    },
    Unwatched,
}

/// The first line of a message about `count` Findings, of which there are at least two.
pub fn group(language: Language, state: GroupState, count: usize) -> String {
    match state {
        GroupState::Opened => text!(language, "{count} ocorrências abertas", "{count} Findings opened"),
        GroupState::Flapping => text!(
            language,
            "Instáveis: {count} ocorrências abriram três vezes em uma hora",
            "Flapping: {count} Findings opened three times within an hour",
        ),
        GroupState::Acknowledged => {
            text!(language, "Reconhecidas: {count} ocorrências", "Acknowledged: {count} Findings")
        }
        GroupState::StillOpen => {
            text!(language, "Ainda abertas: {count} ocorrências", "Still open: {count} Findings")
        }
        GroupState::Escalated => text!(
            language,
            "Escalada: ninguém reconheceu {count} ocorrências",
            "Escalated: nobody acknowledged {count} Findings",
        ),
        GroupState::Advised => text!(
            language,
            "Orientação do modelo local: {count} ocorrências",
            "Advice of the local model: {count} Findings",
        ),
        GroupState::Resolved => text!(language, "Resolvidas: {count} ocorrências", "Resolved: {count} Findings"),
        GroupState::Mixed { ended } => {
            let open = count.saturating_sub(ended);
            text!(language, "Ainda abertas: {open}; encerradas: {ended}", "Still open: {open}; ended: {ended}")
        }
        GroupState::Ended { unwatched } => {
            let resolved = count.saturating_sub(unwatched);
            text!(
                language,
                "Resolvidas: {resolved}; não são mais monitoradas: {unwatched}",
                "Resolved: {resolved}; no longer watched: {unwatched}",
            )
        }
        GroupState::Unwatched => {
            text!(language, "Não são mais monitoradas: {count} ocorrências", "No longer watched: {count} Findings",)
        }
    }
}

/// What has become of the Findings of one opening, for a message about some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartOfNotice {
    /// Number of all, where it is known.
    pub told: Option<usize>,
    /// Those that have not ended, acknowledged or not.
    pub open: usize,
    /// Those of them that are acknowledged.
    pub acknowledged: usize,
}

/// How many of the Findings of one opening are still open; "notice" is the message that told of it.
pub fn of_same_notice(language: Language, part: &PartOfNotice) -> String {
    let PartOfNotice { told, open, acknowledged } = *part;
    let still = match (told, open) {
        (Some(2), 0) => {
            return text!(language, "as duas do mesmo aviso estão encerradas", "both of the same notice have ended");
        }
        (Some(told), 0) => {
            return text!(
                language,
                "todas as {told} do mesmo aviso estão encerradas",
                "all {told} of the same notice have ended",
            );
        }
        (None, 0) => {
            return text!(
                language,
                "nenhuma outra do mesmo aviso continua aberta",
                "no other of the same notice is open"
            );
        }
        (Some(told), 1) => {
            text!(
                language,
                "1 de {told} do mesmo aviso continua aberta",
                "1 of {told} of the same notice is still open"
            )
        }
        (Some(told), _) => text!(
            language,
            "{open} de {told} do mesmo aviso continuam abertas",
            "{open} of {told} of the same notice are still open",
        ),
        (None, 1) => text!(language, "1 do mesmo aviso continua aberta", "1 of the same notice is still open"),
        (None, _) => {
            text!(language, "{open} do mesmo aviso continuam abertas", "{open} of the same notice are still open")
        }
    };
    match acknowledged {
        0 => still,
        1 => text!(language, "{still}, 1 reconhecida", "{still}, 1 acknowledged"),
        _ => text!(language, "{still}, {acknowledged} reconhecidas", "{still}, {acknowledged} acknowledged"),
    }
}

/// Further Findings of a message, which it does not list.
pub fn not_listed(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "e mais 1 ocorrência", "and 1 more Finding"),
        _ => text!(language, "e mais {count} ocorrências", "and {count} more Findings"),
    }
}

/// Names of facts and of parts of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    Scenario,
    Check,
    Item,
    Agent,
    OpenSince,
    OpenedAt,
    ResolvedAt,
    LastGood,
    Times,
    Acknowledged,
    Shown,
    Expression,
    Values,
    WhatToDo,
    OpenFinding,
    OpenThread,
    OpenRunbook,
    AllFindings,
}

/// The word for a fact or a part of a message.
pub fn label(language: Language, label: Label) -> &'static str {
    let (portuguese, english) = match label {
        Label::Scenario => ("Cenário", "Scenario"),
        Label::Check => ("Verificação", "Check"),
        Label::Item => ("Item", "Item of the check"),
        Label::Agent => ("Agente", "Agent"),
        Label::OpenSince => ("Aberta desde", "Open since"),
        Label::OpenedAt => ("Aberta em", "Opened at"),
        Label::ResolvedAt => ("Resolvida em", "Resolved at"),
        Label::LastGood => ("Última vez normal", "Last good"),
        Label::Times => ("Aberturas", "Times opened"),
        Label::Acknowledged => ("Reconhecida por", "Acknowledged by"),
        Label::Shown => ("O que a verificação mostra", "What the check shows"),
        Label::Expression => ("Condição que falhou", "Condition that failed"),
        Label::Values => ("Valores lidos", "Values read"),
        Label::WhatToDo => ("O que fazer", "Next steps"),
        Label::OpenFinding => ("Abrir a ocorrência", "Open the Finding"),
        Label::OpenThread => ("Abrir a conversa", "Open the Thread"),
        Label::OpenRunbook => ("Abrir o runbook", "Open the runbook"),
        Label::AllFindings => ("Todas as ocorrências", "All Findings"),
    };
    match language {
        Language::Portuguese => portuguese,
        Language::English => english,
    }
}

/// What to do about an open Finding that nobody acknowledged, besides its runbook.
pub fn acknowledge_it(language: Language) -> String {
    text!(
        language,
        "Quem cuidar dela reconhece a ocorrência pelo link, para que os demais saibam.",
        "The person who takes care of it acknowledges the Finding by the link, so that the others know.",
    )
}

/// The Scenario names no runbook, or the file could not be read.
pub fn no_runbook(language: Language) -> String {
    text!(language, "O cenário não indica um runbook.", "The Scenario names no runbook.")
}

/// The runbook and its section.
pub fn runbook(language: Language, spec: &str, section: Option<&str>) -> String {
    match section {
        Some(section) => text!(language, "Runbook {spec}, seção “{section}”", "Runbook {spec}, section “{section}”"),
        None => text!(language, "Runbook {spec}", "{spec} runbook"),
    }
}

/// The end of every mail: nobody reads answers.
pub fn not_read(language: Language) -> String {
    text!(
        language,
        "Enviado por agentic-ops. Esta caixa não é lida: respostas não chegam a ninguém.",
        "Sent by agentic-ops. This mailbox is not read: answers reach nobody.",
    )
}

/// In which time zone times are given.
pub fn zone(language: Language, zone: &TimeZone, at: Timestamp) -> String {
    let name = zone_name(zone, at);
    text!(language, "Fuso horário: {name}.", "Time zone: {name}.")
}

/// The name of a time zone; its offset at a time where it has none.
pub fn zone_name(zone: &TimeZone, at: Timestamp) -> String {
    zone.iana_name().map_or_else(|| offset(zone.to_offset(at)), String::from)
}

fn offset(offset: tz::Offset) -> String {
    match offset.seconds() {
        0 => "UTC".to_string(),
        _ => format!("UTC{offset}"),
    }
}
