//! The inbox.

use crate::domain::texts::Language;
use crate::domain::texts::panel::times;
use jiff::SignedDuration;

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
    acknowledge: "Reconhecer", "Acknowledge";
    select_all: "Marcar todas", "Select all";
    until: "Até quando", "Until when";
    until_resolved: "até resolver", "until resolved";
    as_of: "Lista das", "List as of";
    undo: "Desfazer", "Undo";
    being_acknowledged: "a reconhecer", "to be acknowledged";
    taken_back: "Nada foi reconhecido", "Nothing was acknowledged";
    unread: "não lida", "unread";
    acknowledged_ones: "Reconhecidas, ainda abertas", "Acknowledged, still open";
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

/// The headline: how many are pending, how many of them have no owner.
pub fn counts(language: Language, pending: usize, without_owner: usize) -> String {
    let first = match pending {
        1 => text!(language, "1 pendente", "1 pending"),
        _ => text!(language, "{pending} pendentes", "{pending} pending"),
    };
    match without_owner {
        0 => first,
        count => format!("{first}, {}", self::without_owner(language, count)),
    }
}

/// How many nobody took.
pub fn without_owner(language: Language, count: usize) -> String {
    text!(language, "{count} sem dono", "{count} without an owner")
}

/// The number beside the word "Inbox", for those who do not see it.
pub fn pending(language: Language, count: usize) -> &'static str {
    match (language, count) {
        (Language::Portuguese, 1) => "pendente",
        (Language::Portuguese, _) => "pendentes",
        (Language::English, _) => "pending",
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

/// What the script says of one that it is about to acknowledge; `{}` is the headline.
pub fn acknowledging(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "Reconhecida: {}",
        Language::English => "Acknowledged: {}",
    }
}

/// The same of many; `{}` is the number.
pub fn acknowledging_many(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "{} reconhecidas",
        Language::English => "{} acknowledged",
    }
}

/// How many the script has ticked; `{}` is the number.
pub fn ticked(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "Marcadas: {}",
        Language::English => "Selected: {}",
    }
}

/// So many will be acknowledged in some seconds.
pub fn held(language: Language, count: usize, seconds: u64) -> String {
    match count {
        1 => text!(
            language,
            "1 mensagem será reconhecida em {seconds} s",
            "1 message will be acknowledged in {seconds} s"
        ),
        _ => text!(
            language,
            "{count} mensagens serão reconhecidas em {seconds} s",
            "{count} messages will be acknowledged in {seconds} s"
        ),
    }
}

/// That an acknowledgement holds for a while.
pub fn for_a_while(language: Language, span: SignedDuration) -> String {
    let span = times::span(language, span);
    text!(language, "por {span}", "for {span}")
}

/// That an acknowledgement holds until a time, which is written.
pub fn until_time(language: Language, time: &str) -> String {
    text!(language, "até {time}", "until {time}")
}

/// How many are acknowledged, and how many of them come back, the next one at this time.
pub fn counted(language: Language, all: usize, returning: usize, next: Option<&str>) -> String {
    let first = match all {
        1 => text!(language, "1 reconhecida", "1 acknowledged"),
        _ => text!(language, "{all} reconhecidas", "{all} acknowledged"),
    };
    match (returning, next) {
        (0, _) | (_, None) => first,
        (1, Some(next)) => text!(language, "{first}, 1 com prazo até {next}", "{first}, 1 until {next}"),
        (_, Some(next)) => text!(
            language,
            "{first}, {returning} com prazo, a próxima até {next}",
            "{first}, {returning} with an end, the next {next}"
        ),
    }
}

/// Who acknowledged, and when it comes back.
pub fn acknowledged_by(language: Language, by: &str, until: Option<&str>) -> String {
    match until {
        Some(until) => text!(language, "{by}, até {until}", "{by}, until {until}"),
        None => text!(language, "{by}, até resolver", "{by}, until resolved"),
    }
}

/// How many arrived since the page was made.
pub fn arrived(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 nova mensagem", "1 new message"),
        _ => text!(language, "{count} novas mensagens", "{count} new messages"),
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

/// That there are so many more than are on the page.
pub fn more(language: Language, count: usize) -> String {
    text!(language, "e mais {count}", "and {count} more")
}

/// The title of the window.
pub fn window(language: Language, pending: usize) -> String {
    match pending {
        0 => text!(language, "Caixa · Desk", "Inbox · Desk"),
        _ => text!(language, "({pending}) Caixa · Desk", "({pending}) Inbox · Desk"),
    }
}
