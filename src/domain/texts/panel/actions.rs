//! The action log.

use crate::domain::texts::Language;

words! {
    title: "Registro de ações", "Action log";
    lead: "O que as pessoas fizeram, por qual caminho, e o que resultou.", "What people did, by which interface, and what came of it.";
    at: "Quando", "When";
    actor: "Quem", "Who";
    verb: "O que fez", "What";
    subject: "Sobre", "On";
    via: "Por", "By";
    result: "Resultado", "Result";
    since: "Desde", "Since";
    name_of_person: "nome da pessoa", "name of the person";
    download: "Baixar CSV", "Download CSV";
    none: "Nenhuma ação registrada", "No Actions recorded";
    none_more: "Reconhecer, executar, silenciar e responder deixam um registro aqui, venham do painel, da API REST ou de uma conversa.",
        "Acknowledging, running, silencing and replying leave a record here, whether from the panel, the REST API or a Thread.";
    done: "feito", "done";
    unchanged: "já estava assim", "as it was";
    refused: "recusado", "refused";
    failed: "falhou", "failed";
    unknown: "resultado desconhecido", "result unknown";
    in_progress: "em andamento", "in progress";
    via_desk: "painel", "panel";
    via_rest: "API REST", "the REST API";
    via_agent: "conversa", "a Thread";
    via_mail: "e-mail", "mail";
    acknowledge: "reconheceu a ocorrência", "acknowledged the Finding";
    unacknowledge: "retirou o reconhecimento", "took the acknowledgement back";
    acknowledge_message: "reconheceu a mensagem", "acknowledged the Message";
    take_over: "assumiu a ocorrência", "took the Finding over";
    release: "devolveu a ocorrência", "released the Finding";
    explain: "contou o que resolveu", "told what fixed it";
    run: "pediu uma verificação", "asked for a check";
    request_advice: "pediu conselho", "asked for advice";
    vote: "votou no conselho", "voted on the advice";
    silence: "silenciou", "silenced";
    end_silence: "encerrou o silêncio", "ended the Silence";
    unsilence: "retirou o silêncio", "lifted the Silence";
    reply: "respondeu", "replied";
    chat: "perguntou", "asked";
    sign_out: "saiu do painel", "signed out";
    digest: "resumo do dia", "daily digest";
    reclassify: "reclassificou o período", "reclassified the time";
}

/// A word in a language.
type Word = fn(Language) -> &'static str;

/// What the verbs say that a person did, in the order of a choice.
pub const VERBS: [(&str, Word); 17] = [
    ("acknowledge", acknowledge),
    ("unacknowledge", unacknowledge),
    ("acknowledge-message", acknowledge_message),
    ("take-over", take_over),
    ("release", release),
    ("run", run),
    ("request-advice", request_advice),
    ("vote", vote),
    ("silence", silence),
    ("end-silence", end_silence),
    ("unsilence", unsilence),
    ("reply", reply),
    ("chat", chat),
    ("explain", explain),
    ("reclassify", reclassify),
    ("digest", digest),
    ("sign-out", sign_out),
];

/// What a verb says that a person did; `None` of one that has no word of its own.
pub fn did(language: Language, verb: &str) -> Option<&'static str> {
    VERBS.iter().find(|(known, _)| *known == verb).map(|(_, word)| word(language))
}

/// By which interface.
pub fn by(language: Language, via: &str) -> Option<&'static str> {
    let text = match via {
        "desk" => via_desk,
        "rest" => via_rest,
        "agent" => via_agent,
        "mail" => via_mail,
        _ => return None,
    };
    Some(text(language))
}

/// What came of it; `None` of a word that is not known here.
pub fn came(language: Language, result: Option<&str>) -> Option<&'static str> {
    let text = match result {
        None => in_progress,
        Some("done") => done,
        Some("unchanged") => unchanged,
        Some("refused") => refused,
        Some("failed") => failed,
        Some("unknown") => unknown,
        Some(_) => return None,
    };
    Some(text(language))
}

/// How many Actions there are.
pub fn count(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 ação", "1 Action"),
        _ => text!(language, "{count} ações", "{count} Actions"),
    }
}
