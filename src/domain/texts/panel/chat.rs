//! Questions to Copiloto, who knows the page that the question is asked from.

use crate::domain::texts::Language;

words! {
    title: "Perguntar ao Copiloto", "Ask Copiloto";
    lead: "A resposta T0 vem na hora, do que foi medido e dos runbooks. Com o modelo local ligado, a conferida chega depois, aqui mesmo.",
        "The T0 answer comes at once, from what was measured and from the runbooks. Where the local model is on, the checked one follows here.";
    about: "Sobre", "About";
    about_nothing: "Nada em particular. Aberto a partir de uma ocorrência ou de um cenário, o Copiloto sabe de qual se trata.",
        "Nothing in particular. Opened from a Finding or a Scenario, Copiloto knows which one it is.";
    forget: "Perguntar sem este assunto", "Ask without this subject";
    question: "Sua pergunta", "Your question";
    placeholder: "por exemplo: o que está aberto?", "for example: what is open?";
    help: "Comandos como ack, rodar ou silenciar 2h são executados com os seus papéis.",
        "Commands such as ack, run or silence 2h are carried out with your roles.";
    try_one: "Ou comece por uma destas", "Or begin with one of these";
    ask_open: "o que está aberto?", "open";
    ask_status: "como está?", "status";
    ask_do: "o que fazer?", "what to do";
    ask_before: "já aconteceu?", "seen before?";
    ask_help: "ajuda", "help";
    recent: "Suas conversas recentes", "Your recent conversations";
    new: "Nova conversa", "New conversation";
    refresh: "Atualizar", "Refresh";
    no_copilot: "O agente Copiloto não está disponível; responde o agente do assunto, ou o Maestro.",
        "The Agent Copiloto is not available; the Agent of the subject answers, or Maestro.";
    gone: "O assunto deste endereço não existe mais. A pergunta fica sem ele.",
        "The subject of this address no longer exists. The question has none.";
    log: "Perguntas e respostas", "Questions and answers";
}

/// The name of a Scenario as the subject.
pub fn of_scenario(language: Language, name: &str) -> String {
    text!(language, "o cenário {name}", "the Scenario {name}")
}
