//! The pages that stand in for the panel.

use super::language::Language;

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page<'a> {
    /// What there is.
    Start,
    Threads,
    Findings,
    Finding(&'a str),
    Thread(&'a str),
}

/// The title of a page.
pub fn title(language: Language, page: Page<'_>) -> String {
    match page {
        Page::Start => text!(language, "Agentic Ops: início", "Agentic Ops: start"),
        Page::Threads => text!(language, "Conversas", "Threads"),
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

/// What a link of the start page leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Findings,
    Threads,
    Health,
    Document,
}

/// The text of a link.
pub fn link(language: Language, link: Link) -> String {
    match link {
        Link::Findings => {
            text!(language, "Ocorrências: como vê-las e reconhecê-las", "Findings: how to see and acknowledge them")
        }
        Link::Threads => {
            text!(language, "Conversas: como lê-las e responder", "Threads: how to read them and to reply")
        }
        Link::Health => text!(language, "Estado do programa", "State of the program"),
        Link::Document => text!(language, "API REST (OpenAPI)", "REST API (OpenAPI)"),
    }
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    List,
    ListThreads,
    See,
    Acknowledge,
    TakeBack,
    Messages,
    Reply,
    Begin,
}

/// The heading of a command.
pub fn step(language: Language, step: Step) -> String {
    match step {
        Step::List => text!(language, "Listar as ocorrências ativas", "List the active Findings"),
        Step::ListThreads => text!(language, "Listar as conversas", "List the Threads"),
        Step::See => text!(language, "Ver", "See it"),
        Step::Acknowledge => text!(language, "Reconhecer", "Acknowledge it"),
        Step::TakeBack => text!(language, "Retirar o reconhecimento", "Take the acknowledgement back"),
        Step::Messages => text!(language, "Ler as mensagens", "Read the messages"),
        Step::Reply => text!(language, "Responder, ou dar um comando", "Reply, or give a command"),
        Step::Begin => text!(language, "Começar uma conversa", "Begin a Thread"),
    }
}

/// What to put in for a name and a note in a command; without apostrophes.
pub fn placeholders(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Portuguese => ("SEU NOME", "o que está sendo feito"),
        Language::English => ("YOUR NAME", "what is being done"),
    }
}

/// What to put in for a question in a command; without apostrophes.
pub fn question(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "o que fazer?",
        Language::English => "what to do?",
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
