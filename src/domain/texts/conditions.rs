//! Messages of conditions, transitions and Events.

use super::language::Language;
use crate::domain::duration;
use crate::domain::run_failure::RunFailure;
use crate::domain::transition::ResolveReason;
use std::time::Duration;

/// Ready: the spec is valid.
pub fn spec_valid(language: Language) -> String {
    text!(language, "a especificação é válida", "the spec is valid")
}

/// Ready: the Scenario is suspended.
pub fn suspended_spec(language: Language) -> String {
    text!(
        language,
        "nenhuma leitura é feita enquanto spec.suspend estiver em true",
        "nothing is read while spec.suspend is true"
    )
}

/// Ready: the object does not have the schema of this version. `error` is the decoder's message.
pub fn undecodable(language: Language, error: &str) -> String {
    text!(language, "não foi possível ler o objeto: {error}", "the object cannot be read: {error}")
}

/// Healthy: these checks have an open Finding.
pub fn findings_open(language: Language, checks: &str) -> String {
    text!(language, "ocorrências abertas: {checks}", "open: {checks}")
}

/// Healthy: what keeps the Scenario from being watched, and the checks that have an open Finding.
pub fn not_watched_and_open(language: Language, problem: &str, checks: &str) -> String {
    text!(language, "{problem}; ocorrências abertas: {checks}", "{problem}; open: {checks}")
}

/// Healthy, and the Finding `blind`: no run has been completed for two intervals of this length; `failure` says why the last one
/// read nothing, if that is known.
pub fn late(language: Language, interval: Duration, failure: Option<&str>) -> String {
    let interval = duration::show(interval);
    match failure {
        None => text!(
            language,
            "nenhuma execução terminou em dois intervalos de {interval}; as sondas ou a avaliação podem estar aguardando a vez: consulte o log",
            "no run has been completed for two intervals of {interval}; its probes or its evaluation may be waiting for their turn: see the log",
        ),
        Some(failure) => text!(
            language,
            "nenhuma execução terminou em dois intervalos de {interval}: {failure}",
            "no run has been completed for two intervals of {interval}: {failure}",
        ),
    }
}

/// Healthy: the Scenario is suspended.
pub fn suspended(language: Language) -> String {
    text!(language, "nenhuma leitura é feita enquanto o cenário estiver suspenso", "nothing is read while suspended")
}

/// Healthy: not every check was evaluated since the last edit or restart.
pub fn not_evaluated_yet(language: Language, reason: Option<&str>) -> String {
    match reason {
        None => text!(language, "ainda não avaliado", "not evaluated yet"),
        Some(reason) => text!(language, "ainda não avaliado: {reason}", "not evaluated yet: {reason}"),
    }
}

/// Healthy: these checks failed, but not often enough in a row for a Finding, and neither passed before.
pub fn failures_not_confirmed(language: Language, checks: &str) -> String {
    text!(
        language,
        "avaliado, mas com falhas ainda não confirmadas em execuções seguidas: {checks}",
        "evaluated, with failures that are not confirmed by consecutive runs yet: {checks}"
    )
}

/// Healthy: the Finding `blind` is open, for this reason.
pub fn cannot_evaluate(language: Language, reason: &str) -> String {
    text!(language, "não foi possível avaliar: {reason}", "cannot be evaluated: {reason}")
}

/// Healthy: the Finding `blind` is open, and the last run had no reason for it.
pub fn cannot_evaluate_recently(language: Language) -> String {
    text!(language, "não foi possível avaliar nas últimas execuções", "could not be evaluated in recent runs")
}

/// Healthy: every check passes.
pub fn checks_pass(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 verificação passou", "1 check passes"),
        _ => text!(language, "{count} verificações passaram", "{count} checks pass"),
    }
}

/// The note of the Event about a Scenario that is neither invalid nor late any more.
pub fn watched_again(language: Language) -> String {
    text!(language, "o cenário voltou a ser lido", "the Scenario is read again")
}

/// Why a Finding is resolved.
pub fn resolved(language: Language, reason: ResolveReason) -> &'static str {
    use ResolveReason::{CheckRemoved, ItemRemoved, Recovered, ScenarioRemoved};
    match (language, reason) {
        (Language::Portuguese, Recovered) => "voltou ao normal",
        (Language::Portuguese, ItemRemoved) => "o item não está mais na lista",
        (Language::Portuguese, CheckRemoved) => "a verificação não existe mais no cenário",
        (Language::Portuguese, ScenarioRemoved) => "o cenário não existe mais",
        (Language::English, Recovered) => "recovered",
        (Language::English, ItemRemoved) => "the item is no longer in the list",
        (Language::English, CheckRemoved) => "the check is no longer in the Scenario",
        (Language::English, ScenarioRemoved) => "the Scenario no longer exists",
    }
}

/// The note of Event AcknowledgementRefused.
pub fn acknowledgement_refused(language: Language, by: &str) -> String {
    text!(
        language,
        "{by} reconheceu uma ocorrência já resolvida; o reconhecimento foi removido",
        "{by} acknowledged a Finding that is resolved; the acknowledgement was removed",
    )
}

/// The note of Event OwnerRefused.
pub fn owner_refused(language: Language, by: &str) -> String {
    text!(
        language,
        "{by} assumiu uma ocorrência já resolvida; o responsável foi removido",
        "{by} took a Finding over that is resolved; the owner was removed",
    )
}

/// The note of Event TakenOver.
pub fn taken_over(language: Language, by: &str) -> String {
    text!(language, "{by} assumiu a ocorrência", "{by} took the Finding over")
}

/// The note of Event Released: whose the Finding was.
pub fn released(language: Language, by: &str) -> String {
    text!(language, "a ocorrência não está mais com {by}", "{by} does not work on the Finding any more")
}

/// The note of Event VoteRefused: what was written is no vote.
pub fn vote_invalid(language: Language, value: &str) -> String {
    text!(
        language,
        "o voto {value:?} não serve, e foi removido: escreva useful ou wrong",
        "the vote {value:?} is not valid, and was removed: write useful or wrong",
    )
}

/// The note of Event VoteRefused: there is nothing to vote on.
pub fn vote_without_advice(language: Language) -> String {
    text!(
        language,
        "não há conselho para avaliar; o voto foi removido",
        "there is no advice to vote on; the vote was removed",
    )
}

/// The note of Event VoteRefused: the advice is newer than the vote.
pub fn vote_on_earlier_advice(language: Language) -> String {
    text!(
        language,
        "o conselho mudou depois do voto, que era sobre o anterior e foi removido; para avaliar o atual, vote de novo",
        "the advice changed after the vote, which was on the earlier one and was removed; to vote on the present one, vote again",
    )
}

/// The note of Event AcknowledgementRemoved.
pub fn acknowledgement_removed(language: Language) -> String {
    text!(language, "o reconhecimento foi retirado", "the acknowledgement was withdrawn")
}

/// The note of Event Repaired: these fields of a Finding were removed.
pub fn finding_repaired(language: Language, fields: &str) -> String {
    text!(
        language,
        "não foi possível ler estes campos, que foram removidos: {fields}",
        "these fields cannot be read and were removed: {fields}",
    )
}

/// Why a run read nothing.
pub fn run_failure(language: Language, failure: &RunFailure) -> String {
    match failure {
        RunFailure::ShuttingDown => text!(language, "o programa está encerrando", "the program is shutting down"),
        RunFailure::ConfigurationTimedOut(timeout) => {
            let timeout = language.seconds(*timeout);
            text!(
                language,
                "a API do Kubernetes não forneceu as configurações ou os Secrets em {timeout}",
                "the Kubernetes API did not return the settings or Secrets within {timeout}",
            )
        }
        RunFailure::ConfigurationUnreadable(error) => text!(
            language,
            "não foi possível ler as configurações ou os Secrets na API do Kubernetes: {error}",
            "the settings or Secrets cannot be read from the Kubernetes API: {error}",
        ),
        RunFailure::EvaluationPanicked => text!(
            language,
            "erro interno ao avaliar as verificações: consulte o log",
            "internal error in the evaluation of the checks: see the log",
        ),
        RunFailure::Panicked => {
            text!(language, "erro interno na execução: consulte o log", "internal error in the run: see the log")
        }
    }
}
