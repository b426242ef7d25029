//! The search of the runbooks.

use crate::domain::texts::Language;

words! {
    title: "Buscar nos runbooks", "Search the runbooks";
    question: "O que está acontecendo", "What is happening";
    placeholder: "por exemplo: vm parada não sobe", "for example: vm stopped does not start";
    search: "Buscar", "Search";
    none: "Nenhum runbook fala disso", "No runbook is about this";
    none_more: "Tente outras palavras, ou o nome da máquina ou do serviço.", "Try other words, or the name of the machine or the service.";
    no_library: "Os runbooks não estão neste servidor", "The runbooks are not on this server";
    no_library_more: "Quem administra o programa indica a pasta deles em AGENTIC_SPECS_ROOT.",
        "An administrator of the program names their directory in AGENTIC_SPECS_ROOT.";
    failed: "Os runbooks não puderam ser lidos", "The runbooks could not be read";
    all: "Runbooks dos cenários", "Runbooks of the Scenarios";
    all_none: "Nenhum cenário indica um runbook.", "No Scenario names a runbook.";
    why: "Por quê", "Why";
    open: "Abrir a seção", "Open the section";
}

/// How many sections were found.
pub fn found(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 seção", "1 section"),
        _ => text!(language, "{count} seções", "{count} sections"),
    }
}
