//! Messages and titles of Findings where a Scenario has no text of its own.

use super::language::Language;

/// The message of a check without one, or whose message cannot be evaluated.
pub fn check_failed(language: Language, check: &str, key: &str) -> String {
    let subject = if key.is_empty() { check.to_string() } else { format!("{check} ({key})") };
    text!(language, "A verificação {subject} falhou", "Check {subject} failed")
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

/// The title of the Finding `blind`, from that of the Scenario.
pub fn blind_title(language: Language, title: &str) -> String {
    text!(language, "{title}: sem visibilidade", "{title}: blind")
}
