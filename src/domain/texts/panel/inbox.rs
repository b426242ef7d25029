//! The inbox.

use crate::domain::texts::Language;

words! {
    title: "Caixa", "Inbox";
    filter: "Filtrar a caixa", "Filter the inbox";
    apply: "Filtrar", "Filter";
    role: "Papel", "Role";
    agent: "Agente", "Agent";
    severity: "Severidade", "Severity";
    list: "Mensagens pendentes", "Pending messages";
    nobody: "ninguém assumiu", "nobody took it";
    conversation: "conversa", "conversation";
    acknowledge: "Reconhecer marcadas", "Acknowledge selected";
    select_all: "Marcar todas", "Select all";
    empty: "Nada pendente", "Nothing pending";
    empty_more: "Nenhuma mensagem espera por você. O que chegar aparece aqui.",
        "No message waits for you. What arrives appears here.";
    empty_filtered: "Nada com este filtro", "Nothing with this filter";
    all: "Mostrar todas", "Show all";
    show: "Mostrar", "Show";
    changed: "A lista mudou", "The list has changed";
    none_selected: "Marque pelo menos uma mensagem", "Select at least one message";
    no_severity: "Sem severidade", "Without a severity";
}

/// The headline: how many are pending, how many of them nobody took.
pub fn counts(language: Language, pending: usize, without_owner: usize) -> String {
    let first = match pending {
        1 => text!(language, "1 pendente", "1 pending"),
        _ => text!(language, "{pending} pendentes", "{pending} pending"),
    };
    match without_owner {
        0 => first,
        _ => text!(language, "{first}, {without_owner} sem dono", "{first}, {without_owner} without an owner"),
    }
}

/// The number beside the word "Inbox", for those who do not see it.
pub fn pending(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "pendentes",
        Language::English => "pending",
    }
}

/// The label of a checkbox.
pub fn select(language: Language, headline: &str) -> String {
    text!(language, "Selecionar: {headline}", "Select: {headline}")
}

/// What was done with so many.
pub fn acknowledged(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 mensagem reconhecida", "1 message acknowledged"),
        _ => text!(language, "{count} mensagens reconhecidas", "{count} messages acknowledged"),
    }
}

/// How many arrived since the page was made.
pub fn arrived(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 mensagem nova", "1 new message"),
        _ => text!(language, "{count} mensagens novas", "{count} new messages"),
    }
}

/// That only the first of many are on the page.
pub fn first_of(language: Language, shown: usize, all: usize) -> String {
    text!(
        language,
        "As primeiras {shown} de {all}. Filtre para ver outras.",
        "The first {shown} of {all}. Filter to see others."
    )
}

/// The title of the window.
pub fn window(language: Language, pending: usize) -> String {
    match pending {
        0 => text!(language, "Caixa · Desk", "Inbox · Desk"),
        _ => text!(language, "({pending}) Caixa · Desk", "({pending}) Inbox · Desk"),
    }
}
