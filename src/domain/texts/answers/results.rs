//! What came of commands.

use crate::api::CheckOutcome;
use crate::domain::texts::Language;

/// A command that the facade carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did<'a> {
    Acknowledge {
        finding: &'a str,
        by: &'a str,
    },
    Unacknowledge {
        finding: &'a str,
    },
    /// `from`: the owner before, where there was one.
    TakeOver {
        finding: &'a str,
        by: &'a str,
        from: Option<&'a str>,
    },
    Release {
        finding: &'a str,
        /// The owner before; `None` where there was none, so that nothing changed.
        from: Option<&'a str>,
    },
    Advise {
        finding: &'a str,
    },
    Run {
        scenario: &'a str,
    },
    Silence {
        name: &'a str,
        about: About<'a>,
        until: Option<&'a str>,
        /// The end that it had before, where it was there.
        before: Option<&'a str>,
    },
    /// With the names of the Silences that were ended.
    Unsilence {
        about: About<'a>,
        ended: &'a [String],
    },
    /// By its verb.
    Other {
        verb: &'a str,
        subject: &'a str,
    },
}

/// What a Silence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'a> {
    /// With its matchers.
    Finding(&'a str, &'a str),
    /// All of its Findings.
    Scenario(&'a str),
    Matchers(&'a str),
}

/// The notices that a Silence holds back.
fn notices_about(language: Language, about: About<'_>) -> String {
    match about {
        About::Finding(finding, matchers) => text!(
            language,
            "os avisos da ocorrência {finding}, e só dela ({matchers})",
            "notices about Finding {finding}, and no other ({matchers})",
        ),
        About::Scenario(scenario) => text!(
            language,
            "os avisos de todas as ocorrências do cenário {scenario}",
            "notices about all Findings of Scenario {scenario}",
        ),
        About::Matchers(matchers) => text!(language, "os avisos com {matchers}", "notices with {matchers}"),
    }
}

/// A command was carried out.
pub fn done(language: Language, did: &Did<'_>) -> String {
    match did {
        Did::Acknowledge { finding, by } => text!(
            language,
            "Feito: {by} reconheceu a ocorrência {finding}.",
            "Done: {by} acknowledged Finding {finding}.",
        ),
        Did::Unacknowledge { finding } => text!(
            language,
            "Feito: o reconhecimento da ocorrência {finding} foi retirado.",
            "Done: the acknowledgement of Finding {finding} was withdrawn.",
        ),
        Did::TakeOver { finding, by, from: None } => {
            text!(language, "Feito: {by} assumiu a ocorrência {finding}.", "Done: {by} took Finding {finding} over.")
        }
        Did::TakeOver { finding, by, from: Some(from) } => text!(
            language,
            "Feito: {by} assumiu a ocorrência {finding}, que estava com {from}.",
            "Done: {by} took Finding {finding} over from {from}.",
        ),
        Did::Release { finding, from } => {
            let from = from.unwrap_or_default();
            text!(
                language,
                "Feito: a ocorrência {finding}, que estava com {from}, foi devolvida.",
                "Done: Finding {finding}, which {from} had taken over, was released.",
            )
        }
        Did::Advise { finding } => text!(
            language,
            "Feito: foi pedido um conselho sobre a ocorrência {finding}; ele chega na conversa dela.",
            "Done: advice on Finding {finding} was requested; it arrives in its Thread.",
        ),
        Did::Run { scenario } => {
            text!(
                language,
                "Feito: a execução do cenário {scenario} foi pedida.",
                "Done: a run of Scenario {scenario} was requested."
            )
        }
        Did::Silence { name, about, until, before } => silence_done(language, name, *about, *until, *before),
        Did::Unsilence { about, ended } => {
            let (names, notices) = (ended.join(", "), notices_about(language, *about));
            match ended.len() {
                1 => text!(
                    language,
                    "Feito: o silêncio {names} foi encerrado, e não retém mais {notices}.",
                    "Done: Silence {names} was ended, and no longer holds back {notices}.",
                ),
                _ => text!(
                    language,
                    "Feito: os silêncios {names} foram encerrados, e não retêm mais {notices}.",
                    "Done: Silences {names} were ended, and no longer hold back {notices}.",
                ),
            }
        }
        Did::Other { verb, subject } => text!(language, "Feito: {verb} {subject}.", "Done: {verb} {subject}."),
    }
}

fn silence_done(language: Language, name: &str, about: About<'_>, until: Option<&str>, before: Option<&str>) -> String {
    let notices = notices_about(language, about);
    let before = before.filter(|before| until != Some(before)).map(|before| {
        text!(
            language,
            " Esse prazo substitui o anterior, que ia até {before}.",
            " That end replaces the one before, which was {before}.",
        )
    });
    let before = before.unwrap_or_default();
    let until = until.map(|until| text!(language, " até {until}", " until {until}")).unwrap_or_default();
    text!(
        language,
        "Feito: o silêncio {name} retém {notices}{until}.{before}",
        "Done: Silence {name} holds back {notices}{until}.{before}",
    )
}

/// What a person who took a Finding over may do next.
pub fn notices_go_on(language: Language) -> String {
    text!(
        language,
        "Os avisos continuam; ack os encerra. Para devolver a ocorrência: devolver.",
        "Notices go on; ack ends them. To release the Finding: release it.",
    )
}

/// The reason of a Silence.
pub fn reason_is(language: Language, reason: &str) -> String {
    text!(language, "Motivo: {reason}", "Reason: {reason}")
}

/// The state was already the wanted one.
pub fn unchanged(language: Language, did: &Did<'_>) -> String {
    match did {
        Did::Acknowledge { finding, .. } => text!(
            language,
            "Nada mudou: a ocorrência {finding} já estava reconhecida.",
            "Nothing changed: Finding {finding} was acknowledged already.",
        ),
        Did::Unacknowledge { finding } => text!(
            language,
            "Nada mudou: a ocorrência {finding} não estava reconhecida.",
            "Nothing changed: Finding {finding} was not acknowledged.",
        ),
        Did::TakeOver { finding, by, .. } => text!(
            language,
            "Nada mudou: a ocorrência {finding} já estava com {by}.",
            "Nothing changed: {by} had taken Finding {finding} over already.",
        ),
        Did::Release { finding, .. } => text!(
            language,
            "Nada mudou: a ocorrência {finding} não estava com ninguém.",
            "Nothing changed: nobody had taken Finding {finding} over.",
        ),
        Did::Unsilence { about, .. } => {
            let notices = notices_about(language, *about);
            text!(
                language,
                "Nada mudou: nenhum silêncio ativo retém {notices}.",
                "Nothing changed: no active Silence holds back {notices}.",
            )
        }
        Did::Advise { .. } | Did::Run { .. } | Did::Silence { .. } | Did::Other { .. } => {
            text!(language, "Nada mudou: o estado já era esse.", "Nothing changed: the state was that already.")
        }
    }
}

/// A command was refused; the reason is a part of a sentence.
pub fn refused(language: Language, reason: &str) -> String {
    text!(language, "Recusado, e nada foi alterado: {reason}.", "Refused, and nothing was changed: {reason}.")
}

/// Whether a command was carried out is not known.
pub fn uncertain(language: Language, reason: &str) -> String {
    text!(
        language,
        "Não se sabe se foi feito: {reason}. Peça status para ver o estado de agora.",
        "It is not known whether it was done: {reason}. Ask for status to see the state now.",
    )
}

/// A command has no result yet.
pub fn under_way(language: Language, action: &str) -> String {
    text!(
        language,
        "O comando ainda está em andamento. O resultado vai estar na Action {action}.",
        "The command is still in progress. Its result is going to be in Action {action}.",
    )
}

/// The result of a requested run is there.
pub fn ran(language: Language, moment: &str, checks: usize) -> String {
    match checks {
        1 => text!(language, "Executado em {moment}, com 1 verificação", "It ran at {moment}, with 1 check"),
        _ => text!(
            language,
            "Executado em {moment}, com {checks} verificações",
            "It ran at {moment}, with {checks} checks"
        ),
    }
}

/// The result of a requested run is not there yet.
pub fn not_run_yet(language: Language) -> String {
    text!(
        language,
        "O resultado ainda não chegou: peça status para vê-lo.",
        "Its result is not there yet: ask for status to see it.",
    )
}

/// So many checks had an outcome.
pub fn outcome(language: Language, outcome: CheckOutcome, count: usize) -> String {
    let word = match (language, outcome) {
        (Language::Portuguese, CheckOutcome::Pass) if count == 1 => "normal",
        (Language::Portuguese, CheckOutcome::Pass) => "normais",
        (Language::Portuguese, CheckOutcome::Fail) => "com falha",
        (Language::Portuguese, CheckOutcome::Unknown) => "sem resposta",
        (Language::Portuguese, CheckOutcome::Held) if count == 1 => "não avaliada",
        (Language::Portuguese, CheckOutcome::Held) => "não avaliadas",
        (Language::English, CheckOutcome::Pass) => "passed",
        (Language::English, CheckOutcome::Fail) => "failed",
        (Language::English, CheckOutcome::Unknown) => "unknown",
        (Language::English, CheckOutcome::Held) => "held",
    };
    format!("{word}: {count}")
}

/// How a command is taken back.
pub fn undo_acknowledge(language: Language) -> String {
    text!(language, "Para retirar: desfazer ack.", "To withdraw it: unack.")
}

/// How a Silence is ended: that of a Finding, or of the Scenario of this name.
pub fn how_to_end(language: Language, scenario: Option<&str>) -> String {
    match scenario {
        None => text!(
            language,
            "Para encerrar antes: reativar. Para todo o cenário: silenciar cenário 2h.",
            "To end it before: unsilence. For the whole Scenario: silence scenario 2h.",
        ),
        Some(name) => text!(
            language,
            "Para encerrar antes: reativar cenário {name}.",
            "To end it before: unsilence scenario {name}.",
        ),
    }
}

/// The heading of further Silences that hold back the same notices.
pub fn still_silenced(language: Language) -> String {
    text!(
        language,
        "Outros silêncios continuam a reter esses avisos (reativar cenário encerra o de todo o cenário)",
        "Other Silences still hold back these notices (unsilence scenario ends that of the whole Scenario)",
    )
}
