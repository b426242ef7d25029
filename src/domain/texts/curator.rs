//! The weekly message of Curador.

use super::language::Language;

/// Subject of the Thread of a week.
pub fn subject(language: Language, week: &str) -> String {
    text!(language, "O que falta nos runbooks ({week})", "What the runbooks lack ({week})")
}

/// How many checks are covered.
pub fn summary(language: Language, covered: usize, checks: usize) -> String {
    text!(
        language,
        "Os runbooks cobrem {covered} de {checks} verificações.",
        "The runbooks cover {covered} of {checks} checks."
    )
}

/// The heading of Scenarios whose runbook is missing.
pub fn without_runbook(language: Language) -> String {
    text!(language, "Cenários sem runbook", "Scenarios without a runbook")
}

/// The heading of checks that are not covered.
pub fn uncovered_checks(language: Language) -> String {
    text!(language, "Verificações que o runbook não menciona", "Checks that the runbook does not name")
}

/// The heading of sections with wrong votes.
pub fn wrong_sections(language: Language) -> String {
    text!(
        language,
        "Seções que levaram a conselhos avaliados como errados nas últimas quatro semanas",
        "Sections that led to advice voted wrong within the last four weeks",
    )
}

/// The votes on advice that cited a section.
pub fn section_votes(language: Language, spec: &str, section: Option<&str>, wrong: u32, useful: u32) -> String {
    let section = section.map(|section| format!(" § {section}")).unwrap_or_default();
    text!(language, "{spec}{section}: errado {wrong}, útil {useful}", "{spec}{section}: wrong {wrong}, useful {useful}")
}

/// So many lines are left out.
pub fn and_more(language: Language, count: usize) -> String {
    text!(language, "e mais {count}", "and {count} more")
}

/// How a check is covered.
pub fn what_to_do(language: Language) -> String {
    text!(
        language,
        "Para cobrir uma verificação, escreva o nome dela entre crases no runbook do cenário.",
        "To cover a check, write its name in backquotes in the runbook of the Scenario.",
    )
}
