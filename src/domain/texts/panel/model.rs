//! The self-test of the local model.

use crate::domain::texts::Language;

words! {
    title: "Modelo local", "Local model";
    lead: "A medida carrega o modelo, faz a pergunta mais longa que existe e diz se o tempo limite de produção basta. Enquanto dura, respostas T1 esperam.",
        "The self-test loads the model, asks the longest prompt that there is and tells whether the time limit of production is sufficient. Meanwhile T1 answers wait.";
    off: "O modelo local não é usado", "The local model is not used";
    off_more: "Sem ele tudo é T0: fatos medidos e trechos dos runbooks. Motivo:", "Without it everything is T0: measured facts and excerpts of the runbooks. The reason:";
    name: "Modelo", "Model";
    server: "Servidor", "Server";
    state: "Situação", "State of it";
    state_ok: "pode ser usado", "can be used";
    state_unknown: "ainda não se sabe", "not known yet";
    begin: "Medir agora", "Measure now";
    again: "Medir de novo", "Measure again";
    result: "Medida", "Measured";
    none: "Nada foi medido desde que este processo começou.", "Nothing was measured since this process began.";
    running: "Medindo", "Measuring";
    running_more: "Em um processador sem GPU leva alguns minutos. A página se atualiza.", "On a processor without a GPU it takes some minutes. The page refreshes itself.";
    refresh: "Atualizar", "Refresh";
    already: "Uma medida já está em andamento.", "A self-test is already under way.";
    no_rights: "Seus papéis não permitem medir. Peça a alguém com um destes:", "Your roles cannot begin the self-test. Ask a person with one of these:";
    by: "pedida por", "requested by";
    failed: "Não foi medido", "It was not measured";
}

/// Since when it runs.
pub fn for_so_long(language: Language, span: &str) -> String {
    text!(language, "há {span}", "for {span}")
}

/// What is wrong with the model, and since when, which is written.
pub fn since(language: Language, detail: &str, time: &str) -> String {
    text!(language, "{detail} (desde {time})", "{detail} (since {time})")
}
