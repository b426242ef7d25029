//! Texts of advice on Findings.

use super::language::Language;

/// No section of a runbook says what to do.
pub fn no_section(language: Language) -> String {
    text!(language, "Nenhuma seção de um runbook trata disto.", "No section of a runbook is about this.",)
}

/// Before a section that the search found, where no runbook is named.
pub fn of_another(language: Language) -> String {
    text!(
        language,
        "O cenário não indica um runbook que se possa ler. O trecho mais próximo dos outros, que pode não ser deste assunto:",
        "The Scenario names no runbook that can be read. The closest section of the others, which may be about something else:",
    )
}

/// Why there is no answer of the local model.
pub fn without_model(language: Language, why: &str) -> String {
    text!(language, "Sem resposta do modelo local: {why}.", "No answer of the local model: {why}.")
}

/// The Agent is of tier T0.
pub fn agent_without_model(language: Language, agent: &str) -> String {
    text!(
        language,
        "o agente {agent} não usa o modelo (spec.tier: T0)",
        "the Agent {agent} does not use the model (spec.tier: T0)",
    )
}

/// The model was asked as often as it may be.
pub fn budget_spent(language: Language) -> String {
    text!(
        language,
        "o limite de consultas por hora foi atingido (AGENTIC_ADVICE_PER_HOUR)",
        "the limit of calls in an hour was reached (AGENTIC_ADVICE_PER_HOUR)",
    )
}

/// The model has nothing to quote.
pub fn no_runbook_fits(language: Language) -> String {
    text!(language, "nenhuma seção de um runbook se aplica", "no section of a runbook applies")
}

/// No line of the model's answer was backed.
pub fn not_grounded(language: Language) -> String {
    text!(
        language,
        "a resposta foi descartada, pois nada nela está nos runbooks",
        "the answer was dropped, since nothing in it stands in the runbooks",
    )
}
