//! The pages that stand in for the panel.

use super::language::Language;

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page<'a> {
    Findings,
    Finding(&'a str),
    Thread(&'a str),
}

/// The title of a page.
pub fn title(language: Language, page: Page<'_>) -> String {
    match page {
        Page::Findings => text!(language, "Ocorrências", "Findings"),
        Page::Finding(name) => text!(language, "Ocorrência {name}", "Finding {name}"),
        Page::Thread(name) => text!(language, "Conversa {name}", "Thread {name}"),
    }
}

/// What the page is.
pub fn introduction(language: Language) -> String {
    text!(
        language,
        "Esta página não mostra dados: ela traz os comandos para ver e reconhecer o que o link indica.",
        "This page shows no data: it has the commands to see and to acknowledge what the link refers to.",
    )
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    List,
    See,
    Acknowledge,
    TakeBack,
    Messages,
}

/// The heading of a command.
pub fn step(language: Language, step: Step) -> String {
    match step {
        Step::List => text!(language, "Listar as ocorrências ativas", "List the active Findings"),
        Step::See => text!(language, "Ver", "See it"),
        Step::Acknowledge => text!(language, "Reconhecer", "Acknowledge it"),
        Step::TakeBack => text!(language, "Retirar o reconhecimento", "Take the acknowledgement back"),
        Step::Messages => text!(language, "Ler as mensagens", "Read the messages"),
    }
}

/// What to put in for a name and a note in a command; without apostrophes.
pub fn placeholders(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Portuguese => ("SEU NOME", "o que está sendo feito"),
        Language::English => ("YOUR NAME", "what is being done"),
    }
}

/// With kubectl.
pub fn with_kubectl(language: Language) -> String {
    text!(
        language,
        "Pelo kubectl (no modo standalone, com --kubeconfig DADOS/kubeconfig)",
        "By kubectl (in standalone mode, with --kubeconfig DATA/kubeconfig)",
    )
}

/// With curl.
pub fn with_curl(language: Language) -> String {
    text!(language, "Pela API REST, com o token em $TOKEN", "By the REST API, with a token in $TOKEN")
}

/// The name in the address is none of an object.
pub fn not_a_name(language: Language) -> String {
    text!(
        language,
        "Endereço inválido: não é o nome de um objeto",
        "Invalid address: this is not the name of an object"
    )
}
