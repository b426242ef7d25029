//! Silences: what is wrong with one, and the output of `agentic-ops silence`.

use super::language::Language;
use super::panel;
use crate::api::Severity;
use crate::domain::duration::show;
use crate::domain::silence::{InputProblem, SilenceError, SilenceProblem};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What is wrong with a Silence: all errors, each with its field.
pub fn silence_errors(language: Language, errors: &[SilenceError]) -> String {
    let of = |error: &SilenceError| {
        format!("{}: {}", error.field.path(), silence_problem(language, &TimeZone::UTC, &error.problem))
    };
    errors.iter().map(of).collect::<Vec<_>>().join("; ")
}

/// A time as people read it in their zone; in UTC as in the API.
fn exact(language: Language, at: &Timestamp, zone: &TimeZone) -> String {
    match *zone == TimeZone::UTC {
        true => at.to_string(),
        false => panel::times::exact(language, *at, zone),
    }
}

/// What is wrong with one field of a Silence, and what would be right. Times are in this zone.
pub fn silence_problem(language: Language, zone: &TimeZone, problem: &SilenceProblem) -> String {
    match problem {
        SilenceProblem::MatcherCount { count, max } => {
            text!(language, "há {count}, deve haver de 1 a {max}", "there are {count}, should be 1 to {max}")
        }
        SilenceProblem::MatchesEmpty => text!(
            language,
            "todas as condições aceitam o texto vazio: pelo menos uma deve exigir algo, como scenario=proxmox.cluster",
            "all of them match the empty text: at least one should not, such as scenario=proxmox.cluster",
        ),
        SilenceProblem::ValueTooLong { chars, max } => {
            text!(language, "tem {chars} caracteres, o máximo são {max}", "has {chars} characters, at most {max}")
        }
        SilenceProblem::NotAPattern { text } => text!(
            language,
            "{text:?} não é uma expressão regular (RE2), como 11[0-9]",
            "{text:?} is not a regular expression (RE2), such as 11[0-9]",
        ),
        SilenceProblem::PatternTooLarge { text } => text!(
            language,
            "a expressão regular {text:?} é grande demais: use uma mais simples, com menos repetições",
            "the regular expression {text:?} is too large: use a simpler one, with fewer repetitions",
        ),
        SilenceProblem::NotASeverity { text } => {
            let all = Severity::ALL.map(Severity::as_str).join(", ");
            text!(
                language,
                "{text:?} não corresponde a nenhuma severidade: use {all}",
                "{text:?} matches no severity: use {all}",
            )
        }
        SilenceProblem::NeverActive { text } => {
            text!(
                language,
                "{text:?} não tem nenhuma data, como 30 de fevereiro",
                "{text:?} has no date, such as 30 February"
            )
        }
        SilenceProblem::NoEnd => {
            text!(language, "falta: defina endsAt ou recurrence", "is missing: set endsAt or recurrence")
        }
        SilenceProblem::TwoEnds => {
            text!(language, "defina endsAt ou recurrence, não ambos", "set endsAt or recurrence, not both")
        }
        SilenceProblem::EndNotAfterStart { start, end } => {
            let (start, end) = (exact(language, start, zone), exact(language, end, zone));
            text!(language, "{end} deve vir depois do início, {start}", "{end} should be after the start, {start}")
        }
        SilenceProblem::OverAtCreation { created, end } => {
            let (created, end) = (exact(language, created, zone), exact(language, end, zone));
            text!(
                language,
                "{end} já passou: deve vir depois da criação, {created}",
                "{end} is over: should be after the creation, {created}",
            )
        }
        SilenceProblem::NotACron { text } => text!(
            language,
            "{text:?} não é uma expressão cron de cinco campos, como `0 3 * * SUN`",
            "{text:?} is not a cron expression of five fields, such as `0 3 * * SUN`",
        ),
        SilenceProblem::NotATimeZone { text } => text!(
            language,
            "{text:?} não é um fuso horário, como America/Sao_Paulo",
            "{text:?} is not a time zone, such as America/Sao_Paulo",
        ),
        SilenceProblem::NotADuration { text } => text!(
            language,
            "{text:?} não é uma duração: use um formato como 30m, 2h ou 1h30m",
            "{text:?} is not a duration: use a format such as 30m, 2h or 1h30m",
        ),
        SilenceProblem::DurationOutOfRange { text, min, max } => {
            let (min, max) = (show(*min), show(*max));
            text!(language, "{text:?} não está entre {min} e {max}", "{text:?} is not between {min} and {max}")
        }
    }
}

/// What is wrong with what a person says of a new Silence, and what would be right.
pub fn silence_input(language: Language, zone: &TimeZone, problem: &InputProblem) -> String {
    match problem {
        InputProblem::Spec(problem) => silence_problem(language, zone, problem),
        InputProblem::ReasonLength { chars, max } => text!(
            language,
            "tem {chars} caracteres, deve ter de 1 a {max} que digam por quê",
            "{chars} characters, should be 1 to {max} that say why",
        ),
        InputProblem::NotOneEnd => text!(
            language,
            "deve ser indicado exatamente um de ends_at, duration e recurrence",
            "exactly one of ends_at, duration, recurrence should be given",
        ),
        InputProblem::NotALength { text } => text!(
            language,
            "{text:?} não é uma duração: use um formato como 30m, 2h ou 1h30m",
            "{text:?} is not a duration: use a format such as 30m, 2h or 1h30m",
        ),
        InputProblem::TooShort { text } => {
            text!(
                language,
                "{text:?} é curto demais, deve ser 1s no mínimo",
                "{text:?} is too short, should be 1s at least"
            )
        }
        InputProblem::TooLong { text } => text!(
            language,
            "{text:?} é longo demais: termina depois do ano 9999",
            "{text:?} is too long: it ends after the year 9999",
        ),
        InputProblem::LengthIsOver { text, end, now } => {
            let (end, now) = (exact(language, end, zone), exact(language, now, zone));
            text!(
                language,
                "{text:?} a partir do início termina em {end}, que já passou: deve terminar depois de agora, {now}",
                "{text:?} from the start ends at {end}, which is over: should end after now, {now}",
            )
        }
    }
}

/// What is wrong with an option of `agentic-ops silence`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SilenceArgument {
    /// Not a property, an operator and a value.
    NotAMatcher {
        text: String,
    },
    /// A matcher on something else than these properties.
    UnknownProperty {
        name: String,
        known: String,
    },
    NotATime {
        text: String,
    },
}

/// What is wrong with an option, and what would be right.
pub fn silence_argument(language: Language, argument: &SilenceArgument) -> String {
    match argument {
        SilenceArgument::NotAMatcher { text } => text!(
            language,
            "{text:?} não é uma condição: use um formato como scenario=proxmox.cluster, com um de =, !=, =~, !~",
            "{text:?} is not a matcher: use a format such as scenario=proxmox.cluster, with one of =, !=, =~, !~",
        ),
        SilenceArgument::UnknownProperty { name, known } => {
            text!(language, "{name:?} não é um destes: {known}", "{name:?} is not one of {known}")
        }
        SilenceArgument::NotATime { text } => text!(
            language,
            "{text:?} não é um horário: use um formato como 18:00, 2026-01-31T18:00 ou 2026-01-31T18:00:00Z",
            "{text:?} is not a time: use a format such as 18:00, 2026-01-31T18:00 or 2026-01-31T18:00:00Z",
        ),
    }
}

/// There is no Silence of this name.
pub fn no_such_silence(language: Language, name: &str) -> String {
    text!(language, "nenhum silêncio tem o nome {name:?}", "no Silence is named {name:?}")
}

/// A Silence was made. `from` and `until` are the times in which it is active, now or else next.
pub fn silence_made(language: Language, name: &str, from: &str, until: Option<&str>) -> String {
    match until {
        Some(until) => text!(
            language,
            "silêncio {name} criado: de {from} até {until}",
            "Silence {name} was made: from {from} until {until}",
        ),
        None => {
            text!(language, "silêncio {name} criado: a partir de {from}", "Silence {name} was made: from {from} on")
        }
    }
}

/// When a Silence of this name is active again, and that it has no end by itself.
pub fn silence_recurs(language: Language, name: &str, cron: &str) -> String {
    text!(
        language,
        "ele se repete ({cron}) até ser encerrado: agentic-ops silence end {name}",
        "it recurs ({cron}) until it is ended: agentic-ops silence end {name}",
    )
}

/// How many open and acknowledged Findings a new Silence matches.
pub fn silence_matches(language: Language, count: usize) -> String {
    match count {
        0 => text!(
            language,
            "nenhuma ocorrência aberta corresponde a ele agora",
            "no open Finding matches it at the moment",
        ),
        1 => text!(language, "1 ocorrência aberta corresponde a ele agora", "1 open Finding matches it at the moment",),
        _ => text!(
            language,
            "{count} ocorrências abertas correspondem a ele agora",
            "{count} open Findings match it at the moment",
        ),
    }
}

/// A Silence was ended, and is kept.
pub fn silence_ended(language: Language, name: &str) -> String {
    text!(language, "silêncio {name} encerrado", "Silence {name} was ended")
}

/// A Silence was deleted.
pub fn silence_deleted(language: Language, name: &str) -> String {
    text!(language, "silêncio {name} excluído", "Silence {name} was deleted")
}

/// A Silence had ended before.
pub fn silence_over(language: Language, name: &str) -> String {
    text!(language, "silêncio {name} já estava encerrado", "Silence {name} had ended already")
}

/// There is nothing to list.
pub fn no_silence(language: Language) -> String {
    text!(language, "nenhum silêncio", "no Silence")
}

/// The column headings of `agentic-ops silence list`.
pub fn silence_columns(language: Language) -> [&'static str; 8] {
    match language {
        Language::Portuguese => ["NOME", "ATIVO", "RETIDAS", "CONDIÇÕES", "INÍCIO", "FIM", "AUTOR", "MOTIVO"],
        Language::English => ["NAME", "ACTIVE", "HOLDING", "MATCHERS", "STARTS", "ENDS", "AUTHOR", "REASON"],
    }
}

/// A word of a list.
pub fn yes_or_no(language: Language, is_so: bool) -> &'static str {
    match (language, is_so) {
        (Language::Portuguese, true) => "sim",
        (Language::Portuguese, false) => "não",
        (Language::English, true) => "yes",
        (Language::English, false) => "no",
    }
}
