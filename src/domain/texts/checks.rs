//! Messages and titles of Findings where a Scenario has no text of its own.

use super::expressions::evaluation;
use super::language::Language;
use crate::cel::EvalError;
use crate::domain::duration;
use crate::domain::lateness::Lateness;
use crate::domain::transition::ResolveReason;
use std::time::Duration;

/// The message of a check without one, or whose message cannot be evaluated.
pub fn check_failed(language: Language, check: &str, key: &str) -> String {
    let subject = if key.is_empty() { check.to_string() } else { format!("{check} ({key})") };
    text!(language, "A verificação {subject} falhou", "Check {subject} failed")
}

/// The standard phrase of a check whose `message` cannot be evaluated, with the reason.
pub fn message_failed(language: Language, phrase: &str, error: &EvalError) -> String {
    let reason = evaluation(language, error);
    text!(language, "{phrase} (erro em `message`: {reason})", "{phrase} (error in `message`: {reason})")
}

/// `show` of a check cannot be evaluated.
pub fn show_failed(language: Language, error: &EvalError) -> String {
    let reason = evaluation(language, error);
    text!(language, "erro em `show`: {reason}", "error in `show`: {reason}")
}

/// A check is held because a probe that it uses was not read.
pub fn held_by_probe(language: Language, probe: &str) -> String {
    text!(language, "não avaliada: a sonda {probe} não foi lida", "not evaluated: probe {probe} was not read")
}

/// A check is held because a probe that it requires was not read.
pub fn held_by_unread_requirement(language: Language, name: &str) -> String {
    text!(
        language,
        "não avaliada: a sonda {name}, indicada em requires, não foi lida",
        "not evaluated: probe {name}, named in requires, was not read",
    )
}

/// A check is held because a check that it requires is held, too.
pub fn held_by_held_requirement(language: Language, name: &str) -> String {
    text!(
        language,
        "não avaliada: a verificação {name}, indicada em requires, também não foi avaliada",
        "not evaluated: check {name}, named in requires, was not evaluated either",
    )
}

/// A check is held because a check that it requires does not pass.
pub fn held_by_requirement(language: Language, name: &str) -> String {
    text!(
        language,
        "não avaliada: a verificação {name}, indicada em requires, não passa",
        "not evaluated: check {name}, named in requires, does not pass",
    )
}

/// A probe is held because the first one of the same target fails.
pub fn held_by_target(language: Language, first: &str) -> String {
    text!(
        language,
        "não avaliada: a sonda {first}, do mesmo alvo, já falha",
        "not evaluated: probe {first}, of the same target, already fails",
    )
}

/// An item of `forEach` is the empty string; `index` counts from 0.
pub fn item_without_name(language: Language, check: &str, index: usize) -> String {
    text!(
        language,
        "{check}: o item {index} de forEach está vazio; cada item precisa de um nome",
        "{check}: item {index} of forEach is empty; each item needs a name",
    )
}

/// The condition of `given` is false.
pub fn not_given(language: Language, check: &str) -> String {
    text!(language, "{check}: a condição de `given` não foi atendida", "{check}: the condition of `given` is not met")
}

/// The message of the Finding `blind`.
pub fn blind(language: Language, reasons: &str) -> String {
    text!(language, "Não foi possível avaliar: {reasons}", "Cannot be evaluated: {reasons}")
}

/// Whether a message of the Finding `blind`, in either language, gives unset settings as its only reasons.
pub fn names_only_unset_settings(message: &str) -> bool {
    const MARK: &str = "\0";
    Language::ALL.into_iter().any(|language| {
        let unset = evaluation(language, &EvalError::UnsetSetting(MARK.into()));
        let (Some(reasons), Some((before, after))) =
            (message.strip_prefix(&blind(language, "")), unset.split_once(MARK))
        else {
            return false;
        };
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        reasons.split("; ").all(|reason| {
            let name = reason.strip_suffix(after).and_then(|reason| reason.rsplit_once(before));
            name.is_some_and(|(_, name)| is_name(name))
        })
    })
}

/// The title of the Finding `blind`, from that of the Scenario.
pub fn blind_title(language: Language, title: &str) -> String {
    text!(language, "{title}: sem visibilidade", "{title}: blind")
}

/// The message of the Finding that counts the surplus keys of a check; `examples` names some of them. A check has at most `most`
/// Findings, and `hourly` new ones an hour.
pub fn surplus(language: Language, check: &str, count: usize, examples: &str, most: usize, hourly: usize) -> String {
    match count {
        1 => text!(
            language,
            "{check}: 1 item com falha não tem ocorrência própria: {examples} (limites por verificação: {most} ocorrências, {hourly} itens novos por hora)",
            "{check}: 1 failing item has no Finding of its own: {examples} (limits of each check: {most} Findings, {hourly} new items an hour)",
        ),
        _ => text!(
            language,
            "{check}: {count} itens com falha não têm ocorrência própria, por exemplo {examples} (limites por verificação: {most} ocorrências, {hourly} itens novos por hora)",
            "{check}: {count} failing items have no Finding of their own, for example {examples} (limits of each check: {most} Findings, {hourly} new items an hour)",
        ),
    }
}

/// The title of that Finding, from that of the Scenario.
pub fn surplus_title(language: Language, title: &str) -> String {
    text!(language, "{title}: itens sem ocorrência própria", "{title}: items without a Finding of their own")
}

/// The title of the Finding that says that probes are late.
pub fn late_probes_title(language: Language) -> String {
    text!(language, "Agentic Ops: sondas atrasadas", "Agentic Ops: probes are late")
}

/// Its message: how many probes of the last `window` began more than `max` after their time.
pub fn late_probes(language: Language, lateness: Lateness, max: Duration, window: Duration) -> String {
    let (Lateness { probes, late }, max, window) = (lateness, duration::show(max), duration::show(window));
    let of = match probes {
        1 => text!(language, "1 sonda", "1 probe"),
        _ => text!(language, "{probes} sondas", "{probes} probes"),
    };
    let began = match late {
        1 => text!(language, "começou ou espera", "began or waits"),
        _ => text!(language, "começaram ou esperam", "began or wait"),
    };
    text!(
        language,
        "{late} de {of} dos últimos {window} {began} mais de {max} além da hora marcada, e as falhas são descobertas tarde. Dê mais CPU ao programa, aumente o limite que o log dele indica ou monitore com menos frequência",
        "{late} of {of} of the last {window} {began} more than {max} after they were due, so that failures are found late. Give the program more CPU, raise the limit that its log names, or watch less often",
    )
}

/// The message of a resolved Finding: how it ended after `open_for`, and what `was` its message. What is no longer watched may still be
/// so: its message is called the last one.
pub fn resolved_message(
    language: Language,
    reason: ResolveReason,
    open_for: Option<Duration>,
    was: Option<&str>,
) -> String {
    let end = match (reason, open_for.map(duration::rounded)) {
        (ResolveReason::Recovered, Some(after)) => {
            text!(language, "Voltou ao normal depois de {after}", "Recovered after {after}")
        }
        (ResolveReason::Recovered, None) => text!(language, "Voltou ao normal", "Recovered"),
        (ResolveReason::ItemRemoved, Some(after)) => {
            text!(language, "Não está mais na lista, depois de {after}", "No longer in the list, after {after}")
        }
        (ResolveReason::ItemRemoved, None) => text!(language, "Não está mais na lista", "No longer in the list"),
        (ResolveReason::CheckRemoved, _) => text!(
            language,
            "Não é mais monitorado: a verificação não existe mais no cenário",
            "No longer watched: the check is no longer in the Scenario",
        ),
        (ResolveReason::ScenarioRemoved, _) => text!(
            language,
            "Não é mais monitorado: o cenário não existe mais",
            "No longer watched: the Scenario no longer exists",
        ),
    };
    match (was, reason) {
        (None, _) => end,
        (Some(was), ResolveReason::Recovered) => text!(language, "{end}. Era: {was}", "{end}. It was: {was}"),
        (Some(was), _) => text!(language, "{end}. Última mensagem: {was}", "{end}. Last message: {was}"),
    }
}
